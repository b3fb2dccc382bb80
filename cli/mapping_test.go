package main

import (
	"testing"

	"referworks/bridges/mapping"
)

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
