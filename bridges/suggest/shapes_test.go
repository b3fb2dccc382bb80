package suggest_test

import (
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
)

func side(format string, b []byte) mapping.Side {
	s := mapping.Side{Format: format, Language: "en"}
	if format == "xml" {
		s.Sample = string(b)
	}
	return s
}

// FuzzSampleOfAnyFormat infers, suggests and drafts from any document: it may be refused, and nothing may panic. What is
// drafted compiles.
func FuzzSampleOfAnyFormat(f *testing.F) {
	f.Add("", []byte(`{"first_name": "Ana", "phones": [{"number": "617-555-0142"}], "x": [[1], {}]}`))
	f.Add("", []byte(`{"$schema": "s", "properties": {"a": {"$ref": "#/properties/a"}, "b": {"items": {"items": {"type": "string"}}}, "c": {"anyOf": [{"properties": {"d": {}}}]}}}`))
	f.Add("", []byte(`<Intake><Client id="1"><First>Ana</First><First>Bo</First></Client></Intake>`))
	f.Add("csv", []byte("First Name,Zip\nAna,02139\n"))
	f.Add("mail", []byte("First Name: Ana\nZip: 02139\n"))
	f.Fuzz(func(t *testing.T, format string, b []byte) {
		shape, err := schema.Infer(schema.Sample{Format: format, Bytes: b})
		if err != nil {
			return
		}
		if len(shape.Fields) > 200 {
			return // long, and no different
		}
		if c := schema.Compare(shape, shape); len(c) != 0 {
			t.Fatalf("a shape differs from itself: %s", c[0].Sentence)
		}
		for _, field := range shape.Fields {
			if _, err := record.ParsePath(field.Path); err != nil && len(field.Path) < 1000 {
				t.Fatalf("a field's place is no path: %v", err)
			}
		}
		found := suggest.Fields(suggest.FieldsOf(shape), suggest.Options{})
		drafted, err := suggest.Draft(suggest.Head{Side: side(shape.Format, b)}, suggest.FieldsOf(shape), suggest.Chosen(found), suggest.Options{})
		if err != nil {
			return // its reasons are the drafter's
		}
		if _, err := mapping.Compile(drafted.Document); err != nil {
			t.Fatalf("the draft does not compile: %v", err)
		}
	})
}

// A new sample becomes changes, and those a draft: what is sure has a rule, what is gone stays, and both are told.
func TestDriftBecomesADraft(t *testing.T) {
	infer := func(doc string) *schema.Shape {
		t.Helper()
		s, err := schema.Infer(schema.Sample{Format: "csv", Bytes: []byte(doc)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	was := infer("First Name,Last Name,Fax\nAna,Torres,1\nLuis,Prado,2\n")
	now := infer("First Name,Last Name,Date of Birth\nAna,Torres,1950-03-02\nLuis,Prado,1961-12-24\n")
	o := suggest.Options{}
	first, err := suggest.Draft(suggest.Head{Name: "People", Side: side("csv", nil)}, suggest.FieldsOf(was), suggest.Chosen(suggest.Fields(suggest.FieldsOf(was), o)), o)
	if err != nil {
		t.Fatal(err)
	}
	changes := schema.Compare(was, now)
	next, _, err := suggest.Redraft(first.Document, suggest.FieldsOf(now), suggest.ChangesOf(changes), o)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range next.Document.Rules[len(first.Document.Rules):] {
		found = found || r.Standard == "person.birthDate.value"
	}
	if !found {
		t.Errorf("the date of birth has no rule: %v", next.Notes)
	}
	if len(changes) != 2 || !strings.Contains(changes[1].Sentence, "Fax is gone") {
		t.Errorf("changes: %+v", changes)
	}
}
