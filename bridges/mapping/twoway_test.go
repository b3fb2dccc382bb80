package mapping_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
)

// twoWay are rules with values that they take; every function with a way back is among them.
var twoWay = []struct {
	name, standard, via, values string
	exact                       bool // our value comes back as it was
}{
	{"none", "person.pronouns", ``, `[a-z0]{1,9}`, true},
	{"text", "person.pronouns", `{"fn":"text","collapse":true}`, ` ?[A-Za-z]{1,5}  ?[a-z]{0,4}`, false},
	{"name", "person.names[use=legal]", `{"fn":"name"}`, `[A-Z][a-z]{1,5}( de la [A-Z][a-z]{1,4})?(, [A-Z][a-z]{1,4})?`, true},
	{"part of a name", "person.names[use=legal]", `{"fn":"name","part":"family"}`, `[A-Z][a-z]{1,5}( [A-Z][a-z]{1,4})?`, true},
	{"date", "person.birthDate.value", `{"fn":"date","birth":true,"formats":["MM/DD/YYYY","M/D/YY","MM/YYYY","YYYY"]}`, `(1?[1-9]/[12]?[1-9]/(19[0-9]{2}|[0-9]{2}))|(0[1-9]/19[0-9]{2})|(19[0-9]{2})`, false},
	{"phone", "contact.points[label=x]", `{"fn":"phone"}`, `\(?[2-9][0-9]{2}\)? [2-9][0-9]{2}-[0-9]{4}( x[0-9]{1,4})?`, true},
	{"international", "contact.points[label=x]", `{"fn":"phone","format":"e164"}`, `\+1[2-9][0-9]{2}[2-9][0-9]{6}`, true},
	{"bool", "person.veteran", `{"fn":"bool","true":["Yes","Y"],"false":["No","N"]}`, `Yes|No|y|N`, false},
	{"number", "eligibility.income[].amount", `{"fn":"number","prefix":"$"}`, `\$?[1-9][0-9]{0,2}(,[0-9]{3}){0,2}(\.[0-9]{2})?`, false},
	{"money", "eligibility.income[]", `{"fn":"money"}`, `\$[1-9][0-9]{0,2}(,[0-9]{3})?(\.[0-9]{2})?( per (week|month|year)|/month| weekly)?`, false},
	{"period", "eligibility.income[].per", `{"fn":"period"}`, `monthly|per week|biweekly|anual|once`, false},
	{"id", "person.identifiers[].value", `{"fn":"id"}`, `0{0,4}[0-9]{1,9}`, true},
	{"padded id", "person.identifiers[].value", `{"fn":"id","width":8,"bare":true}`, `[1-9][0-9]{0,7}`, true},
	{"address", "person.addresses[use=home]", `{"fn":"address"}`, `[1-9][0-9]? [A-Z][a-z]{1,6} St(, Apt [0-9])?(, [A-Z][a-z]{2,6}, [A-Z]{2} 0[0-9]{4})?(, US)?`, true},
	{"value", "person.maritalStatus", `{"fn":"value","table":"t"}`, `Married|single|Free Union|[a-z]{1,6}`, false},
	{"split", "person.raceEthnicity[]", `{"fn":"split","separator":";"}`, `[a-c]{1,3}(; ?[d-f]{1,3}){0,3}`, false},
}

const marital = `"valueTables":{"t":{"system":"own","rows":[{"ours":"Married","code":"m"},{"ours":"Single","code":"s"},{"ours":"Free union","code":"m","relation":"broader","direction":"in"}]}}`

// out(in(x)) is x, or another form of it that means the same: what it means is the same again. That is also in(out(r)) = r
// on what rules of both directions can say.
func TestEveryFunctionComesBack(t *testing.T) {
	for _, c := range twoWay {
		via := `,"via":[` + c.via + `]`
		m := compile(t, document(t, least+`{"id":"r","local":"x","standard":"`+c.standard+`"`+via+`}`, marital))
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			x := rapid.StringMatching(c.values).Draw(t, "x")
			rec := record.NewObject(record.NewText("Org").Named("_n"), record.NewText("Help").Named("_need"), record.NewText("1").Named("_way"), record.NewText(x).Named("x"))
			first, _, err := m.ToReferral(rec, harbor())
			if err != nil {
				t.Fatal(err)
			}
			home, _, err := m.FromReferral(first, harbor())
			if err != nil {
				t.Fatal(err)
			}
			if got := at(home, "x"); c.exact && got != x {
				t.Fatalf("%q came back as %q", x, got)
			}
			again, _, err := m.ToReferral(home, harbor())
			if err != nil {
				t.Fatal(err)
			}
			a, b := asJSON(t, first), asJSON(t, again)
			if a != b && c.name != "value" { // of a value our own word is kept as it was written, and the way back has it from the table
				t.Fatalf("%q means something else on its second way:\n%s\n%s", x, a, b)
			}
			if replay, _, _ := m.ToReferral(rec, harbor()); asJSON(t, replay) != a {
				t.Fatalf("the same record gave other bytes")
			}
		}))
	}
}

func asJSON(t fatal, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b)
}

// One record of any number of items becomes referrals and a record again, whatever stands in it.
func TestSplitAndJoinedIsTheSame(t *testing.T) {
	m := compile(t, document(t, `{"id":"n","local":"_n","standard":"person.organizationName"},{"id":"w","local":"_w","standard":"contact.points[label=_].value"},`+
		`{"id":"need","local":"s[].name","standard":"needs[].text"}`, `"groups":[{"id":"g","local":"s[]","standard":"needs[]","each":"referral"}]`))
	rapid.Check(t, func(t *rapid.T) {
		rec := record.NewObject(record.NewText("Org").Named("_n"), record.NewText("1").Named("_w"))
		items := record.NewList()
		for i := range rapid.IntRange(1, 5).Draw(t, "items") {
			item := items.Append(record.NewObject(record.NewText(string(rune('A' + i))).Named("name")))
			for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d]`), 0, 3, rapid.ID[string]).Draw(t, "members") {
				item.Add(name, record.NewNumber(rapid.StringMatching(`[1-9][0-9]{0,5}`).Draw(t, "number")))
			}
		}
		rec.Add("s", items)
		refs, _, err := m.ToReferrals(rec, harbor())
		if err != nil || len(refs) != len(items.Children) {
			t.Fatalf("%d referrals of %d items: %v", len(refs), len(items.Children), err)
		}
		back, _, err := m.FromReferrals(refs, harbor())
		if err != nil {
			t.Fatal(err)
		}
		want, got := leaves(rec), leaves(back)
		for path, text := range want {
			if got[path] != text {
				t.Fatalf("%s is %q, want %q", path, got[path], text)
			}
		}
	})
}

// The examples of docs/mapping.md that no other test has.
func TestExamplesOfTheDocumentation(t *testing.T) {
	for _, c := range []struct{ standard, via, ours, place, standards, again string }{
		{"person.pronouns", `{"fn":"text","collapse":true}`, "  Ann   Paz ", "person.pronouns", "Ann Paz", "Ann Paz"},
		{"notes[].at", `{"fn":"datetime","zone":"America/New_York"}`, "2026-03-12 09:30", "notes[0].at", "2026-03-12T09:30:00-04:00", "2026-03-12T09:30:00-04:00"},
		{"referrer.contact.email", `{"fn":"email"}`, "Ann@Example.ORG", "referrer.contact.email", "Ann@example.org", "Ann@example.org"},
		{"person.veteran", `{"fn":"bool","true":["Yes","Y"],"false":["No","N"]}`, "y", "person.veteran", "true", "Yes"},
		{"eligibility.income[].amount", `{"fn":"number","prefix":"$"}`, "$1,214.00", "eligibility.income[0].amount", "1214.00", "$1214.00"},
	} {
		rule := `{"id":"r","local":"x","standard":"` + c.standard + `","via":[` + c.via + `]}`
		in, again, status, err := through(t, rule, c.ours, c.place)
		if err != nil || in != c.standards || again != c.again || status != mapping.Normalized {
			t.Errorf("%q: %q, again %q, %s, %v", c.ours, in, again, status, err)
		}
	}
}
