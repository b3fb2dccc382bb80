package suggest_test

import (
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/suggest"
	"referworks/protocol"
)

func TestPreviewSaysWhatThePartnerWillSee(t *testing.T) {
	var r protocol.Referral
	r.Person.Names = []protocol.Name{{Given: protocol.Of[protocol.Text]("Rosa"), Family: protocol.Of[protocol.Text]("Lima")}}
	r.Person.Pronouns = protocol.Of[protocol.Text]("she")
	r.Person.Veteran = protocol.FlagOf(false)
	r.Narrative.Summary = protocol.Of[protocol.Long]("what happened")
	keeps := &protocol.Keeps{Fields: []string{"person.names[].given", "person.veteran"}, Text: true}
	want := map[string]suggest.Standing{
		"person.names[0].given": suggest.AsField, "person.names[0].family": suggest.AsText,
		"person.pronouns": suggest.AsText, "person.veteran": suggest.Withheld, "narrative.summary": suggest.Withheld,
	}
	got := suggest.Preview(&r, keeps, []string{"person.veteran", "narrative"})
	if len(got) != len(want) {
		t.Errorf("%d lines for %d values", len(got), len(want))
	}
	for _, l := range got {
		if l.Standing != want[l.Path] || l.Label == "" {
			t.Errorf("%s: %s %q, want %s", l.Path, l.Standing, l.Label, want[l.Path])
		}
	}
	if r.Person.Veteran.Absent() != "" {
		t.Error("the preview changed the referral")
	}
	keeps.Text = false
	for _, l := range suggest.Preview(&r, keeps, nil) {
		if l.Path == "person.pronouns" && l.Standing != suggest.NotCarried {
			t.Errorf("without a place for text: %s", l.Standing)
		}
	}
	for _, l := range suggest.Preview(&r, nil, nil) {
		if l.Standing != suggest.Unknown {
			t.Errorf("without a list: %s", l.Standing)
		}
	}
}

func TestRedraftAddsWhatIsNewAndKeepsTheRest(t *testing.T) {
	old := intake()
	d, err := suggest.Draft(suggest.Head{ID: "x", Name: "X"}, old, suggest.Chosen(suggest.Fields(old, suggest.Options{})), suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	was, err := d.Document.Hash()
	if err != nil {
		t.Fatal(err)
	}
	pronouns := suggest.Field{Path: "pronouns", Examples: []string{"she/her"}}
	wheel := suggest.Field{Path: "legal_problem_code", Values: []suggest.Word{{Text: "Divorce", Count: 3}, {Text: "qqzz", Count: 1}}}
	fields := append(old[:len(old):len(old)], pronouns, suggest.Field{Path: "given_name"})
	next, all, err := suggest.Redraft(d.Document, fields, []suggest.Change{
		{Kind: suggest.New, Field: pronouns}, {Kind: suggest.New, Field: fields[len(fields)-1]},
		{Kind: suggest.Gone, Field: suggest.Field{Path: "zip"}}, {Kind: suggest.NewValues, Field: wheel},
	}, suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || len(next.Document.Rules) != len(d.Document.Rules)+1 {
		t.Errorf("%d suggestions, %d rules after %d: %q", len(all), len(next.Document.Rules), len(d.Document.Rules), next.Notes)
	}
	rows := 0
	for _, table := range next.Document.ValueTables {
		for _, row := range table.Rows {
			if row.Ours == "Divorce" && row.Code == "32" {
				rows++
			}
		}
	}
	if rows != 1 {
		t.Errorf("the new value has %d rows", rows)
	}
	notes := strings.Join(next.Notes, "\n")
	for _, want := range []string{"zip is gone", "given_name is new", "new value without a code"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
	if _, err := mapping.Compile(next.Document); err != nil {
		t.Error(err)
	}
	if again, err := d.Document.Hash(); err != nil || again != was {
		t.Error("the old document was changed")
	}
}
