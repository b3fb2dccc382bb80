package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

// least are rules that every referral needs beside the one under test.
const least = `{"id":"least-name","local":"_n","standard":"person.organizationName"},{"id":"least-need","local":"_need","standard":"needs[].text"},` +
	`{"id":"least-way","local":"_way","standard":"contact.points[label=_].value"},`

// through converts one value of ours by a rule at "x" and returns the text at a place of the standard, the value on its way back
// to "x", and the status of the rule on the way in.
func through(t testing.TB, rule, value, place string, more ...string) (in, back string, status mapping.Status, err error) {
	t.Helper()
	m := compile(t, document(t, least+rule, more...))
	rec := record.NewObject(record.NewText("Org").Named("_n"), record.NewText("Help").Named("_need"), record.NewText("1").Named("_way"), record.NewText(value).Named("x"))
	ref, report, err := m.ToReferral(rec, harbor())
	for _, f := range report.Fields {
		if f.Rule == "r" {
			status = f.Status
		}
	}
	if place != "" && err == nil {
		slot, err := ref.At(place)
		if err != nil {
			t.Fatal(err)
		}
		in = slot.Text()
	}
	home, _, _ := m.FromReferral(ref, harbor())
	return in, at(home, "x"), status, err
}

func TestDates(t *testing.T) {
	const place = "person.birthDate.value"
	rule := func(args string) string {
		return `{"id":"r","local":"x","standard":"` + place + `","via":[{"fn":"date","birth":true,"formats":[` + args + `]}]}`
	}
	const american, both = `"MM/DD/YYYY","M/D/YY","MM/YYYY","YYYY"`, `"MM/DD/YYYY","DD/MM/YYYY"`
	for _, c := range []struct {
		formats, value, in, back string
		status                   mapping.Status
	}{
		{american, "02/13/1950", "1950-02-13", "02/13/1950", mapping.Normalized},
		{american, "2/3/50", "1950-02-03", "02/03/1950", mapping.Normalized},
		{american, "3/12/26", "2026-03-12", "03/12/2026", mapping.Normalized}, // today
		{american, "3/13/26", "1926-03-13", "03/13/1926", mapping.Normalized}, // tomorrow is no birthday
		{american, "1950", "1950", "1950", mapping.OK},
		{american, "06/1948", "1948-06", "06/1948", mapping.Normalized},
		{american, "02/30/1950", "", "02/30/1950", mapping.Flagged}, // no such day: it travels as an extra fact and comes home
		{american, "soon", "", "soon", mapping.Flagged},
		{american, "03/13/2030", "", "03/13/2030", mapping.Flagged},
		{american, "13/02/1950", "", "13/02/1950", mapping.Flagged},
		{both, "13/02/1950", "1950-02-13", "02/13/1950", mapping.Normalized},
		{both, "02/13/1950", "1950-02-13", "02/13/1950", mapping.Normalized},
		{both, "02/03/1950", "", "02/03/1950", mapping.Flagged}, // ambiguous: nobody guesses
		{both, "03/03/1950", "1950-03-03", "03/03/1950", mapping.Normalized},
		{`"D MMMM YYYY"`, "3 Sept. 1950", "1950-09-03", "3 September 1950", mapping.Normalized},
		{`"MM/DD/YYYY"`, "1950", "", "1950", mapping.Flagged},
	} {
		in, back, status, err := through(t, rule(c.formats), c.value, place)
		if err != nil || in != c.in || back != c.back || status != c.status {
			t.Errorf("%s as %s: %q, back %q, %s, %v", c.value, c.formats, in, back, status, err)
		}
	}
}

// A partial date that no format of the receiver's can show is shown as it is, and never filled up.
func TestPartialDateStaysPartial(t *testing.T) {
	ref, _ := sent(t, "child-protection")
	m := compile(t, document(t, `{"id":"r","local":"born","standard":"person.birthDate.value","via":[{"fn":"date","formats":["MM/DD/YYYY"]}]}`))
	rec, report, err := m.FromReferral(ref, elsewhere())
	if err != nil || at(rec, "born") != "2017" || report.Fields[0].Status != mapping.Flagged {
		t.Errorf("born %q, %+v, %v", at(rec, "born"), report.Fields[0], err)
	}
}

func TestNames(t *testing.T) {
	const whole = `{"id":"r","local":"x","standard":"person.names[]","via":[{"fn":"name"}]}`
	for _, c := range []struct{ value, given, middle, family, suffix string }{
		{"Maria de la Cruz", "Maria", "", "de la Cruz", ""},
		{"de la Cruz, Maria Elena", "Maria", "Elena", "de la Cruz", ""},
		{"Dr. Ludwig van der Berg Jr.", "Ludwig", "", "van der Berg", "Jr."},
		{"Ana Bo, Jr.", "Ana", "", "Bo", "Jr."},
		{"John Q Public", "John", "Q", "Public", ""},
		{"Sukarno", "", "", "", ""},
		{"សុខា", "", "", "", ""},
		{"  Ana   Bo ", "Ana", "", "Bo", ""},
	} {
		for part, want := range map[string]string{"given": c.given, "middle": c.middle, "family": c.family, "suffix": c.suffix} {
			got, back, status, err := through(t, whole, c.value, "person.names[0]."+part)
			if err != nil || got != want || back != strings.Join(strings.Fields(c.value), " ") {
				t.Errorf("%s: %s is %q, want %q; whole name %q, %v", c.value, part, got, want, back, err)
			}
			if guessed := c.given != ""; guessed != (status == mapping.Flagged) {
				t.Errorf("%s: status %s", c.value, status)
			}
		}
	}
}

// A part that is guessed from a whole name is flagged, and the whole name travels beside it.
func TestGuessedPartsAreFlagged(t *testing.T) {
	in := compile(t, document(t, least+`{"id":"r","local":"x","standard":"person.names[].full"}`))
	out := compile(t, document(t, `{"id":"f","local":"first","standard":"person.names[]","via":[{"fn":"name","part":"given"}]},
		{"id":"l","local":"last","standard":"person.names[]","via":[{"fn":"name","part":"family"}]}`, `"unmapped":{"out":"notes"}`))
	for name, want := range map[string][2]string{"Maria de la Cruz": {"Maria", "de la Cruz"}, "Sukarno": {"", "Sukarno"}} {
		ref, _, err := in.ToReferral(record.NewObject(record.NewText("O").Named("_n"), record.NewText("H").Named("_need"), record.NewText("1").Named("_way"), record.NewText(name).Named("x")), harbor())
		if err != nil {
			t.Fatal(err)
		}
		rec, report, err := out.FromReferral(ref, elsewhere())
		if err != nil || at(rec, "first") != want[0] || at(rec, "last") != want[1] {
			t.Errorf("%s: %q and %q, %v", name, at(rec, "first"), at(rec, "last"), err)
		}
		if report.Count(mapping.Flagged) == 0 || !strings.Contains(at(rec, "notes"), "Full name: "+name) {
			t.Errorf("%s: not flagged, or the whole name is not in the notes", name)
		}
	}
}

func TestPhones(t *testing.T) {
	const rule = `{"id":"r","local":"x","standard":"contact.points[kind=phone,label=home]","via":[{"fn":"phone"}]}`
	for _, c := range []struct {
		value, e164, extension string
		status                 mapping.Status
	}{
		{"(617) 555-0142", "+16175550142", "", mapping.Normalized},
		{"+16175550142", "+16175550142", "", mapping.OK},
		{"1 617 555 0142", "+16175550142", "", mapping.Normalized},
		{"617-555-0142 ext. 45", "+16175550142", "45", mapping.Normalized},
		{"617-555-0142 x45", "+16175550142", "45", mapping.Normalized},
		{"+44 20 7946 0958", "+442079460958", "", mapping.Normalized},
		{"call my sister", "", "", mapping.Flagged},
		{"555-01", "", "", mapping.Flagged},
		{"İİİİİİİx45", "", "", mapping.Flagged},
	} {
		for place, want := range map[string]string{"value": c.value, "e164": c.e164, "extension": c.extension} {
			got, back, status, err := through(t, rule, c.value, "contact.points[0]."+place)
			if place == "value" && got == "1" { // the least point came first
				got, _, _, _ = through(t, rule, c.value, "contact.points[1]."+place)
			} else if place != "value" {
				got, _, _, _ = through(t, rule, c.value, "contact.points[1]."+place)
			}
			if err != nil || got != want || back != c.value || status != c.status {
				t.Errorf("%s: %s is %q, want %q; back %q, %s, %v", c.value, place, got, want, back, status, err)
			}
		}
	}
}

const helpTable = `"valueTables":{"help":{"system":"lsc","parents":{"331":"33"},"rows":[
	{"ours":"Elder Care","code":"33","label":"Adult Guardianship","default":true},{"ours":"Guardianship","code":"33"},
	{"ours":"Any housing","code":"63","relation":"narrower"}]%s}}`

func help(unknown string) string {
	if unknown != "" {
		unknown = `,"unknown":` + unknown
	}
	return strings.Replace(helpTable, "%s", unknown, 1)
}

func TestValueTables(t *testing.T) {
	const rule = `{"id":"r","local":"x","standard":"needs[].codes[]","via":[{"fn":"value","table":"help"}]}`
	for _, c := range []struct {
		value, unknown, in, back string
		status                   mapping.Status
	}{
		{"Elder Care", "", "Adult Guardianship", "Elder Care", mapping.OK},
		{"  elder  CARE ", "", "Adult Guardianship", "Elder Care", mapping.OK},
		{"Guardianship", "", "Adult Guardianship/Conserv.", "Guardianship", mapping.OK}, // its own word comes home, not the default
		{"Any housing", "", "Private Landlord/Tenant", "Any housing", mapping.OK},
		{"Ghosts", "", "Ghosts", "Ghosts", mapping.Flagged},
		{"Ghosts", `{"in":{"policy":"fixed","value":"33"}}`, "Ghosts", "Elder Care", mapping.Flagged},
	} {
		in, back, status, err := through(t, rule, c.value, "needs[0].codes[0]", help(c.unknown))
		if err != nil || in != c.in || back != c.back || status != c.status {
			t.Errorf("%s: %q, back %q, %s, %v", c.value, in, back, status, err)
		}
	}
	_, _, status, err := through(t, rule, "Ghosts", "", help(`{"in":{"policy":"hold"}}`))
	var hold *mapping.Hold
	if !errors.As(err, &hold) || status != mapping.Held || !strings.Contains(err.Error(), "not in the value table") {
		t.Errorf("an unknown value that should wait for a person: %s, %v", status, err)
	}
}

func TestCodesOfOthers(t *testing.T) {
	ref, _ := sent(t, "legalserver-matter")
	for _, c := range []struct{ code, unknown, back, outcome string }{
		{"33", "", "Elder Care", "equivalent"},
		{"63", "", "Any housing", "broader"},
		{"331", `{"out":{"policy":"parent"}}`, "Elder Care", "broader"},
		{"99", `{"out":{"policy":"parent"}}`, "Theirs", "kept"},
		{"99", `{"out":{"policy":"fixed","value":"Other"}}`, "Other", "fixed"},
		{"99", "", "Theirs", "kept"},
	} {
		ref.Needs[0].Codes[0] = protocol.CodedAs(protocol.Coding{System: "lsc", Code: c.code, Label: "Theirs", Original: "Wort"})
		m := compile(t, document(t, `{"id":"r","local":"x","standard":"needs[].codes[]","via":[{"fn":"value","table":"help"}]}`, help(c.unknown)))
		rec, report, err := m.FromReferral(ref, elsewhere())
		if err != nil || at(rec, "x") != c.back || report.Values[0].Outcome != c.outcome {
			t.Errorf("code %s: %q, %+v, %v", c.code, at(rec, "x"), report.Values, err)
		}
	}
}

func TestPostcodesKeepTheirZeros(t *testing.T) {
	in, back, status, err := through(t, `{"id":"r","local":"x","standard":"person.addresses[].postalCode"}`, "02139", "person.addresses[0].postalCode")
	if err != nil || in != "02139" || back != "02139" || status != mapping.OK {
		t.Errorf("%q, back %q, %s, %v", in, back, status, err)
	}
}

// in(out(r)) is r on the domain of two-way rules, and out(in(x)) is x.
func TestThereAndBack(t *testing.T) {
	m := compiled(t, "court-help-center")
	word := rapid.StringMatching(`[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8}){0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		rec := record.NewObject()
		put := func(path, text string) {
			if err := rec.Set(record.MustPath(path), record.NewText(text)); err != nil {
				t.Fatal(err)
			}
		}
		put("First", word.Draw(t, "first"))
		put("Last", word.Draw(t, "last"))
		put("Born", rapid.SampledFrom([]string{"1950", "1950-02", "1950-02-13"}).Draw(t, "born"))
		put("Matter.Kind", rapid.SampledFrom([]string{"Guardianship", "Custody", "Wills"}).Draw(t, "kind"))
		put("Address.Zip", rapid.StringMatching(`0[0-9]{4}`).Draw(t, "zip"))
		for i := range rapid.IntRange(1, 3).Draw(t, "phones") {
			put("Phones["+string(rune('0'+i))+"].Number", rapid.StringMatching(`\+1617555[0-9]{4}`).Draw(t, "number"))
		}
		ref, _, err := m.ToReferral(rec, harbor())
		if err != nil {
			t.Fatal(err)
		}
		home, _, err := m.FromReferral(ref, harbor())
		if err != nil {
			t.Fatal(err)
		}
		rec.Leaves(func(p record.Path, leaf *record.Node) {
			if got := home.First(p); got == nil || got.Text != leaf.Text {
				t.Fatalf("%s did not come home", p)
			}
		})
		again, _, err := m.ToReferral(home, harbor())
		if err != nil {
			t.Fatal(err)
		}
		a, b := ref.Leaves(), again.Leaves()
		for _, p := range a {
			slot, err := again.At(p.Path)
			// What says where the referral comes from is the way itself.
			if p.Field.Path != "target.organization.name" && !strings.HasPrefix(p.Path, "extra") && (err != nil || slot.Text() != p.Leaf.Text()) {
				t.Fatalf("%s is not the same the second time (%d and %d leaves)", p.Path, len(a), len(b))
			}
		}
	})
}

// A field of several values is a list of codes, and comes home as it was written.
func TestListsOfCodes(t *testing.T) {
	const rule = `{"id":"r","local":"x","standard":"person.access[]","via":[{"fn":"split","separator":"; "},{"fn":"value","table":"needs"}]}`
	const table = `"valueTables":{"needs":{"system":"access-need","rows":[{"ours":"Wheelchair user","code":"wheelchair"},{"ours":"Deaf","code":"sign-language"}]}}`
	for place, want := range map[string]string{"person.access[0]": "Wheelchair", "person.access[1]": "Sign language", "person.access[2]": "Ghosts"} {
		in, back, status, err := through(t, rule, "Wheelchair user; Deaf; Ghosts", place, table)
		if err != nil || in != want || back != "Wheelchair user; Deaf; Ghosts" || status != mapping.Flagged {
			t.Errorf("%s is %q, back %q, %s, %v", place, in, back, status, err)
		}
	}
}
