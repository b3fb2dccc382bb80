package suggest_test

import (
	"slices"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/suggest"
	"referworks/protocol"
)

// Every place is one of the standard, and every field that people see has a place.
func TestPlacesAreTheStandard(t *testing.T) {
	has := map[string]bool{}
	seen := map[string]bool{}
	for _, p := range suggest.Places() {
		f, ok := protocol.FieldAt(p.Place)
		if !ok || f.Path != p.Standard || f.Technical || seen[p.Place] {
			t.Errorf("%+v is no place of its own", p)
		}
		has[p.Standard], seen[p.Place] = true, true
	}
	for _, f := range protocol.Fields() {
		if !f.Technical && !has[f.Path] {
			t.Errorf("%s has no place", f.Path)
		}
	}
	if !seen["people[role=adverse].names[].given"] {
		t.Error("the other side has no first name")
	}
}

func TestCodesOfAField(t *testing.T) {
	codes := func(standard, system string) []string {
		list, ok := suggest.CodesOf(standard, system)
		if !ok || len(list.Codes) == 0 {
			t.Fatalf("%s has no codes", standard)
		}
		var out []string
		for _, c := range list.Codes {
			out = append(out, c.Code)
		}
		return out
	}
	if !slices.Contains(codes("needs[].codes[]", ""), "63") || slices.Equal(codes("needs[].codes[]", ""), codes("needs[].codes[]", "sdohcc")) {
		t.Error("needs take two lists, legal problems first")
	}
	if all := codes("urgency.level", ""); !slices.Contains(all, "urgent") {
		t.Errorf("urgency: %v", all)
	}
	if all := codes("person.languages[].tag", ""); !slices.Contains(all, "es") {
		t.Errorf("languages: %v", all)
	}
	if _, ok := suggest.CodesOf("person.names[].given", ""); ok {
		t.Error("a first name is no code")
	}
}

// A match made later comes into the document that is there, with its function and the group of its list.
func TestExtend(t *testing.T) {
	fields := []suggest.Field{
		{Path: "first", Examples: []string{"Ann"}}, {Path: "born", Kind: "text", Examples: []string{"03/14/1980"}},
		{Path: "others[].name", Examples: []string{"Bo"}}, {Path: "others[].mail", Examples: []string{"bo@example.org"}},
	}
	first, err := suggest.Draft(suggest.Head{ID: "ours", Name: "Ours"}, fields, []suggest.Match{{Local: "first", Standard: "person.names[].given"}}, suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	first.Document.Rules[0].Label = "by hand"
	next, err := suggest.Extend(first.Document, fields, []suggest.Match{
		{Local: "born", Standard: "person.birthDate.value"}, {Local: "others[].name", Standard: "people[role=household].names[].given"}, {Local: "others[].mail", Standard: "people[role=household].contact.email"},
	}, suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc := next.Document
	if len(doc.Rules) != 4 || doc.Rules[0].Label != "by hand" || len(doc.Groups) != 1 || doc.Rules[1].Via[0].Fn != "date" || len(next.Carried) != 0 {
		t.Errorf("%+v, carried %v, notes %v", doc, next.Carried, next.Notes)
	}
	if _, err := mapping.Compile(doc); err != nil {
		t.Error(err)
	}
	if len(first.Document.Rules) != 1 {
		t.Error("the document that was there has changed")
	}
	broken := *first.Document
	broken.Rules = append(slices.Clone(broken.Rules), mapping.Rule{ID: "x", Local: mapping.Paths{"x"}, Standard: "no.such"})
	if _, err := suggest.Extend(&broken, fields, nil, suggest.Options{}); err == nil {
		t.Error("a document with mistakes is extended")
	}
}
