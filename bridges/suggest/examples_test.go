package suggest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/suggest"
	"referworks/protocol"
)

// TestPublishedMappingsWouldHaveBeenSuggested takes the example mappings, which people wrote before there were
// suggestions, as right answers: names and labels only, without values and without anything learnt. The bar is low: several of them chose one of two fitting fields, and one
// codes its values by numbers.
func TestPublishedMappingsWouldHaveBeenSuggested(t *testing.T) {
	docs, err := filepath.Glob("../../examples/mappings/*.json")
	if err != nil || len(docs) == 0 {
		t.Fatal("no example mappings", err)
	}
	var n, first, sure, wrong, words, found int
	for _, name := range docs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := mapping.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		var fields []suggest.Field
		var want []string
		for _, r := range d.Rules {
			std := general(r.Standard)
			if std == "" || len(r.Local) == 0 {
				continue
			}
			for _, l := range r.Local {
				fields = append(fields, suggest.Field{Path: l, Label: r.Label})
				want = append(want, std)
			}
			w, f := valuesOf(t, d, r, std)
			words, found = words+w, found+f
		}
		for i, s := range suggest.Fields(fields, suggest.Options{}) {
			n++
			got := ""
			if len(s.Candidates) > 0 {
				got = s.Candidates[0].Standard
			}
			right := got == want[i] || strings.HasPrefix(got, want[i]+".")
			if right {
				first++
			} else {
				t.Logf("%s: %s (%s) %s: %q, not %q", filepath.Base(name), s.Local, s.Label, s.Band, got, want[i])
			}
			if s.Chosen {
				sure++
				if !right {
					wrong++
				}
			}
		}
	}
	t.Logf("fields: %d of %d first right, %d chosen, %d of them wrong; values: %d of %d", first, n, sure, wrong, found, words)
	if 100*first < 82*n || 100*found < 82*words || 20*wrong > sure {
		t.Error("the suggestions became worse")
	}
}

// general gives the general path of a rule's place, also of a group that a function fills.
func general(place string) string {
	var b strings.Builder
	in := false
	for _, r := range place {
		if r == ']' {
			in = false
		}
		if !in {
			b.WriteRune(r)
		}
		if r == '[' {
			in = true
		}
	}
	if _, ok := protocol.FieldAt(b.String()); ok {
		return b.String()
	}
	return strings.TrimSuffix(b.String(), ".")
}

func valuesOf(t *testing.T, d *mapping.Document, r mapping.Rule, std string) (words, found int) {
	goal, ok := suggest.GoalOf(std)
	if !ok {
		return 0, 0
	}
	for _, step := range r.Via {
		if step.Fn != "value" {
			continue
		}
		table := d.ValueTables[step.Args.Children[0].Text]
		if table.System != "" && goal.System != table.System {
			goal = suggest.Goal{System: table.System}
		}
		for _, row := range table.Rows {
			s := suggest.Values(goal, []suggest.Word{{Text: row.Ours}}, suggest.Options{})[0]
			words++
			if len(s.Candidates) > 0 && s.Candidates[0].Code == row.Code {
				found++
			} else {
				t.Logf("%s: %q is %s: %+v", std, row.Ours, row.Code, s.Candidates)
			}
		}
	}
	return words, found
}
