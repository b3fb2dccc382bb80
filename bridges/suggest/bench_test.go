package suggest_test

import (
	"fmt"
	"testing"

	"referworks/bridges/suggest"
)

// manyFields is a schema of n fields with values, as inference gives it.
func manyFields(n int) []suggest.Field {
	var out []suggest.Field
	for i := 0; len(out) < n; i++ {
		for _, f := range intake() {
			if i > 0 {
				f.Path = fmt.Sprintf("section_%d.%s", i, f.Path)
			}
			out = append(out, f)
		}
	}
	return out[:n]
}

func BenchmarkFields150(b *testing.B) {
	fields := manyFields(150)
	suggest.Fields(fields, suggest.Options{})
	for b.Loop() {
		suggest.Fields(fields, suggest.Options{})
	}
}

func BenchmarkValues20(b *testing.B) {
	var words []suggest.Word
	for _, w := range []string{"63 Private Landlord/Tenant", "Custody", "Elder Care", "Food Stamps", "unemploymnt comp"} {
		for range 4 {
			words = append(words, suggest.Word{Text: w})
		}
	}
	suggest.Values(suggest.Goal{System: "lsc"}, words, suggest.Options{})
	for b.Loop() {
		suggest.Values(suggest.Goal{System: "lsc"}, words, suggest.Options{})
	}
}

func BenchmarkDraft22(b *testing.B) {
	fields := intake()
	matches := suggest.Chosen(suggest.Fields(fields, suggest.Options{}))
	for b.Loop() {
		if _, err := suggest.Draft(suggest.Head{}, fields, matches, suggest.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
