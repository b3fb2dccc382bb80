package suggest_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/mapping"
	"referworks/bridges/suggest"
)

var names = rapid.OneOf(
	rapid.SampledFrom([]string{"first_name", "LastName", "DOB", "phone", "phone2", "email", "client.zip", "adverse_parties[].name", "income",
		"notes", "gender", "city", "mailing_city", "Fecha de nacimiento", "ssn", "status", "type", "id", "caseworker.email", "urgency", "x", "a.b.c[]", "[]"}),
	rapid.StringN(0, 30, 60),
)

func schemas() *rapid.Generator[[]suggest.Field] {
	field := rapid.Custom(func(t *rapid.T) suggest.Field {
		return suggest.Field{
			Path:     names.Draw(t, "path"),
			Label:    rapid.OneOf(rapid.Just(""), names).Draw(t, "label"),
			Kind:     rapid.SampledFrom([]string{"", "text", "number", "bool", "date", "other"}).Draw(t, "kind"),
			Examples: rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"a@b.org", "617-555-0101", "02139", "2/3/50", "Yes", "MA", "12.50"}), rapid.String()), 0, 4).Draw(t, "examples"),
		}
	})
	return rapid.Custom(func(t *rapid.T) []suggest.Field {
		return rapid.SliceOfNDistinct(field, 0, 25, func(f suggest.Field) string { return f.Path }).Draw(t, "fields")
	})
}

func TestSuggestionsAreSaneAndTheSameEachTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fields := schemas().Draw(rt, "schema")
		all := suggest.Fields(fields, suggest.Options{})
		sane(t, "random", fields, all)
		if again := suggest.Fields(fields, suggest.Options{}); !reflect.DeepEqual(all, again) {
			rt.Fatal("the same schema gave other suggestions")
		}
	})
}

func TestRejectionsNeverComeBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fields := schemas().Draw(rt, "schema")
		var o suggest.Options
		o.Learnt = []suggest.Accepted{{System: "a", Local: "status", Standard: "person.maritalStatus"}, {System: "b", Local: "x", Standard: "person.gender[]"}}
		for range 3 {
			for _, s := range suggest.Fields(fields, o) {
				for _, c := range s.Candidates {
					for _, r := range o.Rejected {
						if r.Local == s.Local && r.Standard == c.Standard {
							rt.Fatalf("%q was offered %s again", s.Local, c.Standard)
						}
					}
				}
				if len(s.Candidates) > 0 {
					o.Rejected = append(o.Rejected, suggest.Rejection{Local: s.Local, Standard: s.Candidates[0].Standard})
				}
			}
		}
	})
}

func TestEveryDraftCompilesAndForgetsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fields := schemas().Draw(rt, "schema")
		var matches []suggest.Match
		for _, s := range suggest.Fields(fields, suggest.Options{}) {
			if len(s.Candidates) > 0 {
				i := rapid.IntRange(0, len(s.Candidates)-1).Draw(rt, "candidate")
				matches = append(matches, suggest.Match{Local: s.Local, Standard: s.Candidates[i].Place})
			}
		}
		d, err := suggest.Draft(suggest.Head{}, fields, matches, suggest.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := mapping.Compile(d.Document); err != nil {
			rt.Fatal(err)
		}
		b, err := json.Marshal(d.Document)
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := mapping.Parse(b); err != nil {
			rt.Fatalf("the draft cannot be read back: %v\n%s", err, b)
		}
		places := len(d.Carried)
		for _, r := range d.Document.Rules {
			places += len(r.Local)
		}
		if places != len(fields) {
			rt.Fatalf("%d fields, but %d are in rules or carried", len(fields), places)
		}
	})
}

func FuzzFields(f *testing.F) {
	f.Add("client.first_name", "First Name", "Rosa")
	f.Add("a[].b[x=y].\"c d\"", "¿Nombre?", "02/03/1950")
	f.Add("\xff..[", "\x00", "\xff@")
	f.Fuzz(func(t *testing.T, path, label, example string) {
		fields := []suggest.Field{{Path: path, Label: label, Examples: []string{example}}, {Path: label, Label: path}}
		sane(t, path, fields, suggest.Fields(fields, suggest.Options{}))
	})
}

func FuzzValues(f *testing.F) {
	f.Add("lsc", "63 Private Landlord/Tenant")
	f.Add("", "Comida / ropa (urgente)")
	f.Add("language", "\xff-")
	f.Fuzz(func(t *testing.T, system, word string) {
		for _, s := range suggest.Values(suggest.Goal{System: system}, []suggest.Word{{Text: word}}, suggest.Options{}) {
			if s.Chosen != (s.Band == suggest.Sure) {
				t.Errorf("%q: chosen %v although %s", word, s.Chosen, s.Band)
			}
			for _, c := range s.Candidates {
				if c.Reason == "" {
					t.Errorf("%q: %s has no reason", word, c.Code)
				}
			}
		}
	})
}
