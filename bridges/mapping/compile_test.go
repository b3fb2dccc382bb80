package mapping_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
)

// document wraps rules, and anything else, into a document that is right apart from them.
func document(t testing.TB, rules string, more ...string) []byte {
	t.Helper()
	s := `{"v":1,"id":"m","standard":"referral/1","name":"M","side":{"format":"json","region":"US","zone":"America/New_York"},"rules":[` + rules + `]`
	for _, m := range more {
		s += "," + m
	}
	return []byte(s + "}")
}

// mistakes compiles a document and returns its mistakes.
func mistakes(t testing.TB, doc []byte) []mapping.Problem {
	t.Helper()
	d, err := mapping.Parse(doc)
	if err == nil {
		_, err = mapping.Compile(d)
	}
	var p *mapping.Problems
	if err != nil && !errors.As(err, &p) {
		t.Fatalf("not a list of mistakes: %v", err)
	}
	if p == nil {
		return nil
	}
	return p.All
}

func TestMistakesAreNamedInPlainSentences(t *testing.T) {
	for _, c := range []struct{ name, doc, want string }{
		{"unknown place", string(document(t, `{"id":"r","label":"First Name","local":"first","standard":"person.names[].givn"}`)),
			`The rule "r" ("First Name" with "person.names[].givn"): the standard has no place "person.names[].givn"; did you mean "person.names[].given"?`},
		{"no brackets", string(document(t, `{"id":"r","local":"first","standard":"person.names.given"}`)), `write "person.names[]"`},
		{"brackets too many", string(document(t, `{"id":"r","local":"a","standard":"person[].veteran"}`)), `is no list in the standard`},
		{"two write one", string(document(t, `{"id":"a","label":"First","local":"a","standard":"person.names[].given"},{"id":"b","label":"Given","local":"b","standard":"person.names[].given"}`)),
			`The rule "b" ("Given" with "Referred person - First name"): the standard's "Referred person - First name" is already written by the rule "a"`},
		{"two write one of ours", string(document(t, `{"id":"a","local":"x","standard":"person.names[].given"},{"id":"b","local":"x","standard":"person.names[].family"}`)), `our place "x" is already written by the rule "a"`},
		{"function and rule write one", string(document(t, `{"id":"a","local":"x","standard":"person.names[]","via":[{"fn":"name"}]},{"id":"b","local":"y","standard":"person.names[].family"}`)), `already written by the rule "a"`},
		{"inside a value", string(document(t, `{"id":"a","local":"x","standard":"person.names[].given"},{"id":"b","local":"x.y","standard":"person.names[].family"}`)), `lies inside "x"`},
		{"no way back", string(document(t, `{"id":"a","standard":"urgency.level","via":[{"fn":"constant","value":"soon"}]}`)), `no way back`},
		{"constant does not fit", string(document(t, `{"id":"a","standard":"urgency.level","direction":"in","via":[{"fn":"constant","value":"later"}]}`)), `fills in`},
		{"unknown function", string(document(t, `{"id":"a","local":"x","standard":"urgency.level","via":[{"fn":"vlaue","table":"t"}]}`)), `"vlaue" is not known here; did you mean "value"?`},
		{"unknown argument", string(document(t, `{"id":"a","local":"x","standard":"person.birthDate.value","via":[{"fn":"date","format":"YYYY"}]}`)), `a member "format" that is not known; did you mean "formats"?`},
		{"bad date format", string(document(t, `{"id":"a","local":"x","standard":"person.birthDate.value","via":[{"fn":"date","formats":["MM/DD"]}]}`)), `needs a year`},
		{"unknown table", string(document(t, `{"id":"a","local":"x","standard":"needs[].codes[]","via":[{"fn":"value","table":"helf"}]}`, `"valueTables":{"help":{"rows":[]}}`)), `"helf" is not in the document; did you mean "help"?`},
		{"two words one code", string(document(t, ``, `"valueTables":{"help":{"system":"lsc","rows":[{"ours":"A","code":"1"},{"ours":"B","code":"1"}]}}`)), `"A" and "B" both stand for the code "1"`},
		{"one word two codes", string(document(t, ``, `"valueTables":{"help":{"system":"lsc","rows":[{"ours":"A","code":"1"},{"ours":" a ","code":"2"}]}}`)), `stands twice`},
		{"several places", string(document(t, `{"id":"a","local":["x","y"],"standard":"person.pronouns"}`)), `need the function join or list`},
		{"group of fields", string(document(t, `{"id":"a","local":"x","standard":"person.names[]"}`)), `is a group of fields`},
		{"function for a group", string(document(t, `{"id":"a","local":"x","standard":"person.names[].full","via":[{"fn":"name"}]}`)), `write "person.names[]"`},
		{"list for one value", string(document(t, `{"id":"a","local":"x[].y","standard":"person.pronouns"}`)), `no list left for it`},
		{"makes a list", string(document(t, `{"id":"a","local":"x","standard":"person.pronouns","via":[{"fn":"split","separator":";"}]}`)), `it makes a list`},
		{"government number", string(document(t, `{"id":"a","local":"x","standard":"person.governmentIds[].value"}`)), `never list`},
		{"node's own field", string(document(t, `{"id":"a","local":"x","standard":"attachments[].key"}`)), `cannot be mapped`},
		{"condition without a test", string(document(t, `{"id":"a","local":"x","standard":"person.pronouns","when":{"local":[{"path":"y"}]}}`)), `exactly one of is, not and empty`},
		{"condition that cannot hold", string(document(t, `{"id":"a","local":"x","standard":"people[role=enemy].alert"}`)), `cannot hold`},
		{"a condition's own member", string(document(t, `{"id":"a","local":"x","standard":"risks[kind=violence].kind"}`)), `its condition already says`},
		{"direction", string(document(t, `{"id":"a","local":"x","standard":"person.pronouns","direction":"inn"}`)), `direction must be both, in or out`},
		{"same id", string(document(t, `{"id":"a","local":"x","standard":"person.pronouns"},{"id":"a","local":"y","standard":"person.ageBand"}`)), `an id of its own`},
		{"path", string(document(t, `{"id":"a","local":"x..y","standard":"person.pronouns"}`)), `our path cannot be read`},
		{"unknown member", string(document(t, ``, `"rulez":[]`)), `a member "rulez" that is not known; did you mean "rules"?`},
		{"wrong kind", string(document(t, `{"id":5}`)), `rules[0].id must be a text in quotation marks, but is a number.`},
		{"version", strings.Replace(string(document(t, ``)), `"v":1`, `"v":2`, 1), `must be 1`},
		{"group without a date", string(document(t, ``, `"groups":[{"id":"g","local":"x[]","standard":"needs[]","pick":"newest"}]`)), `by names the rule that has the date`},
		{"group without rules", string(document(t, ``, `"groups":[{"id":"g","local":"x[]","standard":"needs[]","pick":"last"}]`)), `nothing to choose`},
		{"circle", string(document(t, ``, `"valueTables":{"t":{"rows":[],"parents":{"a":"b","b":"c","c":"a"}}}`)), `in a circle`},
		{"no way back", string(document(t, `{"id":"a","local":["x","y"],"standard":"person.pronouns","via":[{"fn":"concat"}]}`)), `has no way back`},
		{"absent", strings.Replace(string(document(t, ``)), `"region"`, `"absent":{"X":"dunno"},"region"`, 1), `must stand for unknown, declined`},
	} {
		all := mistakes(t, []byte(c.doc))
		found := false
		for _, p := range all {
			found = found || strings.Contains(p.Sentence, c.want)
		}
		if !found {
			t.Errorf("%s: %q is not among %+v", c.name, c.want, all)
		}
	}
}

func TestAllMistakesComeAtOnce(t *testing.T) {
	doc := document(t, `{"id":"a","local":"x","standard":"person.nope"},{"id":"b","local":"y","standard":"person.nope2","via":[{"fn":"zzz"}]},{"id":"c","local":"[","standard":"urgency.level"}`)
	if all := mistakes(t, doc); len(all) < 4 {
		t.Errorf("only %d mistakes: %+v", len(all), all)
	}
}

func TestHashNamesTheContent(t *testing.T) {
	hash := func(b []byte) string { return compile(t, b).Hash().String() }
	doc := example(t, "mappings/elm-street.json")
	n := decodeJSON(t, doc)
	for i, j := 0, len(n.Children)-1; i < j; i, j = i+1, j-1 {
		n.Children[i], n.Children[j] = n.Children[j], n.Children[i]
	}
	turned, err := record.IndentJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	if hash(doc) != hash(turned) {
		t.Error("layout and order of members change the hash")
	}
	if hash(doc) == hash([]byte(strings.Replace(string(doc), "Client First Name", "Client first name", 1))) {
		t.Error("a changed label does not change the hash")
	}
	d, err := mapping.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if hash(doc) != hash(again) {
		t.Error("a document that was written again has another hash")
	}
}

func TestExampleDocumentsKeepTheirPromises(t *testing.T) {
	for _, name := range []string{"harbor-legalserver", "harbor-county-housing", "harbor-child-protection", "elm-street", "court-help-center", "st-brigid"} {
		m := compiled(t, name)
		for _, f := range m.RunTests(harbor()) {
			t.Errorf("%s: %s", name, f)
		}
		if len(m.Kept()) < 10 {
			t.Errorf("%s keeps only %q", name, m.Kept())
		}
	}
}

// FuzzCompile: no document makes the compiler or a conversion panic.
func FuzzCompile(f *testing.F) {
	f.Add(document(f, notesRules, `"groups":[{"id":"g","local":"notes[]","standard":"notes[]","pick":"newest","by":"day","each":"referral","key":{"local":"notes[].text","standard":"notes[].text"},"when":{"local":[{"path":"notes[].kind","is":["open"]}]}}]`))
	f.Add(document(f, `{"id":"a","local":["s","c"],"standard":"person.addresses[use=home]","via":[{"fn":"address","parts":["lines","city"]}]},{"id":"e","local":"x","standard":"person.pronouns","direction":"in","when":{"expr":"at(\"x\") != \"\""},"via":[{"fn":"expr","code":"upper(value)"}]}`))
	for _, name := range []string{"harbor-legalserver", "elm-street", "st-brigid"} {
		f.Add(example(f, "mappings/"+name+".json"))
	}
	f.Add(document(f, `{"id":"a","local":["x[]","y"],"standard":"person.names[use=legal]","via":[{"fn":"join","separator":","},{"fn":"name"}]}`))
	f.Add(document(f, `{"id":"a","local":"[]","standard":"needs[].codes[]"},{"id":"b","local":"x[a=b].c","standard":"contact.points[kind=phone]","via":[{"fn":"phone"}]}`))
	rec := decodeJSON(f, example(f, "legalserver-matter.json"))
	ref, _ := sent(f, "legalserver-matter")
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := mapping.Parse(doc)
		if err != nil {
			return
		}
		m, err := mapping.Compile(d)
		if err != nil {
			return
		}
		m.Recipients(rec)
		_, _, _ = m.ToReferral(rec, harbor())
		_, _, _ = m.FromReferral(ref, elsewhere())
		_, _, _ = m.Letter(ref, elsewhere())
		refs, _, _ := m.ToReferrals(rec, harbor())
		_, _, _ = m.FromReferrals(refs, harbor())
	})
}

// FuzzToReferral: no record makes a conversion panic, and every leaf is accounted for.
func FuzzToReferral(f *testing.F) {
	for sample := range samples {
		f.Add(example(f, sample+".json"))
	}
	f.Add([]byte(`{"first":{"a":1},"adverse_parties":"x","court_dates":[[1]],"home_street":[],"last":null}`))
	m := compiled(f, "harbor-legalserver")
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := record.DecodeJSON(b, record.Limits{})
		if err != nil || rec.Kind != record.Object {
			return
		}
		ref, report, _ := m.ToReferral(rec, harbor())
		accounted(t, m, rec, ref, report)
		_, _, _ = m.FromReferral(ref, harbor())
	})
}
