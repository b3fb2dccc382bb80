package main

import (
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/suggest"
)

// FuzzSampleOfAnyFormat infers, suggests and drafts from any document: it may be refused, and nothing may panic. What is
// drafted compiles.
func FuzzSampleOfAnyFormat(f *testing.F) {
	f.Add("", []byte(`{"first_name": "Ana", "phones": [{"number": "617-555-0142"}], "x": [[1], {}]}`))
	f.Add("", []byte(`{"$schema": "s", "properties": {"a": {"$ref": "#/properties/a"}, "b": {"items": {"items": {"type": "string"}}}, "c": {"anyOf": [{"properties": {"d": {}}}]}}}`))
	f.Add("", []byte(`<Intake><Client id="1"><First>Ana</First><First>Bo</First></Client></Intake>`))
	f.Add("csv", []byte("First Name,Zip\nAna,02139\n"))
	f.Add("mail", []byte("First Name: Ana\nZip: 02139\n"))
	f.Fuzz(func(t *testing.T, format string, b []byte) {
		all, used, err := records(format, "", b)
		if err != nil {
			return
		}
		var fields []seenField
		if used == "json" && len(all) == 1 && isSchema(all[0]) {
			fields = schemaFields(all[0])
		} else {
			fields = inspect(all)
		}
		if len(fields) > 200 {
			return // long, and no different
		}
		for _, field := range fields {
			if _, err := record.ParsePath(field.Path); err != nil && len(field.Path) < 1000 {
				t.Fatalf("a field's place is no path: %v", err)
			}
		}
		found := suggest.Fields(forMatcher(fields), suggest.Options{})
		drafted, err := suggest.Draft(suggest.Head{Side: sideOf(used, b)}, forMatcher(fields), suggest.Chosen(found), suggest.Options{})
		if err != nil {
			return // its reasons are the drafter's
		}
		if _, err := mapping.Compile(drafted.Document); err != nil {
			t.Fatalf("the draft does not compile: %v", err)
		}
	})
}

func TestMaskedKeepsTheFormAlone(t *testing.T) {
	for in, want := range map[string]string{"Ana 02139": "Xxx 99999", "ana@example.org": "xxx@xxxxxxx.xxx", "Ünal-٣": "Xxxx-9"} {
		if got := masked(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestDifferencesNameEveryPart(t *testing.T) {
	base := func() *mapping.Document {
		return &mapping.Document{V: 1, ID: "m", Standard: mapping.Standard, Name: "M", Side: mapping.Side{Format: "json"},
			Rules:       []mapping.Rule{{ID: "a", Local: mapping.Paths{"a"}, Standard: "person.pronouns"}},
			ValueTables: map[string]mapping.ValueTable{"t": {Rows: []mapping.Row{{Ours: "x", Code: "1"}}}}}
	}
	for name, change := range map[string]func(*mapping.Document){
		"id":       func(d *mapping.Document) { d.ID = "n" },
		"name":     func(d *mapping.Document) { d.Name = "N" },
		"side":     func(d *mapping.Document) { d.Side.Region = "US" },
		"group":    func(d *mapping.Document) { d.Groups = []mapping.Group{{ID: "g"}} },
		"rule":     func(d *mapping.Document) { d.Rules[0].Required = true },
		"detail":   func(d *mapping.Document) { d.Rules[0].Default = "they" },
		"gone":     func(d *mapping.Document) { d.Rules = nil },
		"row":      func(d *mapping.Document) { d.ValueTables["t"].Rows[0].Code = "2" },
		"row gone": func(d *mapping.Document) { d.ValueTables["t"] = mapping.ValueTable{} },
		"relation": func(d *mapping.Document) { d.ValueTables["t"].Rows[0].Relation = "broader" },
		"table":    func(d *mapping.Document) { d.ValueTables = nil },
		"unmapped": func(d *mapping.Document) { d.Unmapped.Policy = "drop" },
		"never":    func(d *mapping.Document) { d.Never = []mapping.Never{{Local: "ssn"}} },
		"tests":    func(d *mapping.Document) { d.Tests = []mapping.Test{{Name: "t"}} },
	} {
		changed := base()
		change(changed)
		if lines := differences(base(), changed); len(lines) != 1 {
			t.Errorf("%s: %d sentences: %q", name, len(lines), lines)
		}
	}
	if lines := differences(base(), base()); len(lines) != 0 {
		t.Errorf("the same document differs from itself: %q", lines)
	}
}
