package mapping_test

import (
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

func TestFunctionsThereAndBack(t *testing.T) {
	table := `"valueTables":{"t":{"rows":[{"ours":"07","code":"North office"},{"ours":"08","code":"South office"}]}}`
	for _, c := range []struct {
		name, standard, via, value, place, in, back string
		status                                      mapping.Status
	}{
		{"address in one line", "person.addresses[use=home]", `{"fn":"address"}`, "418 Tremont St, Apt 3R, Boston, MA 02118", "person.addresses[0].postalCode", "02118", "418 Tremont St, Apt 3R, Boston, MA 02118", mapping.Flagged},
		{"address with country", "person.addresses[use=home]", `{"fn":"address"}`, "1 Main St, Salem, MA 01970-1234, US", "person.addresses[0].city", "Salem", "1 Main St, Salem, MA 01970-1234, US", mapping.Flagged},
		{"address nobody can split", "person.addresses[use=home]", `{"fn":"address"}`, "behind the old mill", "person.addresses[0].lines[0]", "behind the old mill", "behind the old mill", mapping.Flagged},
		{"money", "eligibility.income[]", `{"fn":"money"}`, "$1,214.50 per month", "eligibility.income[0].amount", "1214.50", "$1214.50 per month", mapping.Normalized},
		{"money of a currency", "eligibility.income[]", `{"fn":"money","currency":"USD"}`, "300/week", "eligibility.income[0].per", "week", "300 per week", mapping.Normalized},
		{"money in euros", "eligibility.income[]", `{"fn":"money","decimal":",","group":"."}`, "1.214,50 EUR mensual", "eligibility.income[0].currency", "EUR", "€1214,50 per month", mapping.Normalized},
		{"no money", "eligibility.income[]", `{"fn":"money"}`, "a little", "", "", "a little", mapping.Flagged},
		{"period", "eligibility.income[].per", `{"fn":"period"}`, "Bi-weekly", "eligibility.income[0].per", "fortnight", "every two weeks", mapping.Normalized},
		{"period in own words", "eligibility.income[].per", `{"fn":"period","words":{"month":"Cada mes"}}`, "cada mes", "eligibility.income[0].per", "month", "Cada mes", mapping.Normalized},
		{"lookup", "target.location", `{"fn":"lookup","table":"t"}`, "08", "target.location", "South office", "08", mapping.OK},
		{"lookup of the unknown", "target.location", `{"fn":"lookup","table":"t"}`, "99", "target.location", "99", "99", mapping.Flagged},
		{"id keeps zeros", "person.identifiers[].value", `{"fn":"id"}`, "000123", "person.identifiers[0].value", "000123", "000123", mapping.OK},
		{"padded code", "person.addresses[use=home].adminCodes[]", `{"fn":"id","width":8,"bare":true}`, "2020202", "person.addresses[0].adminCodes[0]", "02020202", "2020202", mapping.Normalized},
		{"prefix", "person.identifiers[].value", `{"fn":"id","prefix":"agency-"}`, "agency-cif", "person.identifiers[0].value", "cif", "agency-cif", mapping.Normalized},
		{"another prefix", "person.identifiers[].value", `{"fn":"id","prefix":"agency-"}`, "cif", "", "", "cif", mapping.Flagged},
		{"postal code", "person.addresses[use=home].postalCode", ``, "02139", "person.addresses[0].postalCode", "02139", "02139", mapping.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := `{"id":"r","local":"x","standard":"` + c.standard + `","via":[` + c.via + `]}`
			in, back, status, err := through(t, rule, c.value, c.place, table)
			if err != nil || in != c.in || back != c.back || status != c.status {
				t.Errorf("%q: %q, back %q, %s, %v", c.value, in, back, status, err)
			}
		})
	}
}

func TestAddressOfSeveralPlaces(t *testing.T) {
	m := compile(t, document(t, least+`{"id":"r","local":["s1","s2","c","r","z"],"standard":"person.addresses[use=home]","via":[{"fn":"address","parts":["lines","lines","city","region","postalCode"]}]}`))
	rec := decodeJSON(t, []byte(`{"_n":"Org","_need":"Help","_way":"1","s1":"1 Main St","s2":"Apt 2","c":"Salem","r":"MA","z":"01970"}`))
	ref, _, err := m.ToReferral(rec, harbor())
	if err != nil || len(ref.Person.Addresses) != 1 || len(ref.Person.Addresses[0].Lines) != 2 {
		t.Fatal(err)
	}
	ref.Person.Addresses[0].Lines = append(ref.Person.Addresses[0].Lines, protocol.Of[protocol.Text]("c/o Paz"))
	back, report, err := m.FromReferral(ref, elsewhere())
	if err != nil || at(back, "s1") != "1 Main St" || at(back, "s2") != "Apt 2, c/o Paz" || at(back, "z") != "01970" || report.Count(mapping.Narrowed) != 1 {
		b, _ := record.EncodeJSON(back)
		t.Errorf("%s, %v", b, err)
	}
}

func TestAttachmentGoesToTheNode(t *testing.T) {
	m := compile(t, document(t, least+`{"id":"r","local":["file.name","file.data"],"standard":"attachments[]","direction":"in","via":[{"fn":"attachment"}]}`))
	rec := decodeJSON(t, []byte(`{"_n":"Org","_need":"Help","_way":"1","file":{"name":"C:\\scans\\lease.PDF","data":"aGVsbG8="}}`))
	ctx := harbor()
	var id, got string
	ctx.Attach = func(i, name, kind string, content []byte) error {
		id, got = i, name+" "+kind+" "+string(content)
		return nil
	}
	ref, _, err := m.ToReferral(rec, ctx)
	if err != nil || got != "lease.PDF application/pdf hello" || len(ref.Attachments) != 1 || ref.Attachments[0].ID.Text() != id || ref.Attachments[0].Size.Text() != "5" {
		t.Errorf("%q, %v", got, err)
	}
	ref, _, err = m.ToReferral(rec, harbor())
	if err != nil || len(ref.Attachments) != 0 || len(ref.Extra) != 2 {
		t.Errorf("without a place for files, they must travel as extra facts: %d, %v", len(ref.Extra), err)
	}
}

func TestUnknownWordClimbsToItsParent(t *testing.T) {
	table := `"valueTables":{"t":{"system":"lsc","rows":[{"ours":"Family","code":"31"}],"unknown":{"in":{"policy":"parent"},"out":{"policy":"parent"}},"parents":{"Custody of twins":"Custody","custody":"family","38":"31"}}}`
	rule := `{"id":"r","local":"x","standard":"legal.problemCodes[]","via":[{"fn":"value","table":"t"}]}`
	in, back, status, err := through(t, strings.Replace(rule, "legal.problemCodes[]", "needs[].codes[]", 1), "custody of twins", "", table)
	if err != nil || status != mapping.Flagged || back != "Family" {
		t.Errorf("%q, %q, %s, %v", in, back, status, err)
	}
}

func TestDiffIsInSentences(t *testing.T) {
	old := document(t, `{"id":"a","label":"Nickname","local":"x","standard":"person.pronouns"},{"id":"b","local":"y","standard":"person.ageBand"}`, `"valueTables":{"t":{"system":"lsc","rows":[{"ours":"Food","code":"61"}]}}`)
	now := document(t, `{"id":"a","label":"Nickname","local":"z","standard":"person.pronouns","required":true},{"id":"c","local":"y","standard":"person.ageBand","via":[{"fn":"text"}]}`, `"valueTables":{"t":{"system":"lsc","rows":[{"ours":"Food","code":"62"}]}},"never":[{"local":"q"}]`)
	a, err := mapping.Parse(old)
	if err != nil {
		t.Fatal(err)
	}
	b, err := mapping.Parse(now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range mapping.Diff(a, b) {
		got = append(got, s.Text)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{`"Nickname": our place changes from "x" to "z".`, `"Nickname" is required now.`, `New: our "Y" goes with "Referred person - Age group".`,
		`Removed: our "Y" goes with`, `Value table "t", new: "Food" means lsc 62.`, `Value table "t", removed: "Food" means lsc 61.`, `New: "q" is never sent.`} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if same := mapping.Diff(a, a); len(same) != 0 {
		t.Errorf("a document differs from itself: %v", same)
	}
}

func TestPlansAreKeptByHash(t *testing.T) {
	plans := mapping.Plans{Most: 1}
	parse := func(rule string) *mapping.Document {
		d, err := mapping.Parse(document(t, rule))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one, err := plans.Compile(parse(`{"id":"a","local":"x","standard":"person.pronouns"}`))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := plans.Compile(parse(`{"standard":"person.pronouns","local":"x","id":"a"}`)); again != one {
		t.Error("the same document was compiled twice")
	}
	if _, err := plans.Compile(parse(`{"id":"b","local":"x","standard":"person.pronouns"}`)); err != nil {
		t.Fatal(err)
	}
	if plans.Get(one.Hash()) != nil {
		t.Error("more plans are kept than should be")
	}
}

// What stands for nothing is for our system to say: no place, null, or an empty text.
func TestBlank(t *testing.T) {
	for blank, want := range map[string]string{"": "", `,"blank":"null"`: "null ", `,"blank":"empty"`: "text "} {
		m := compile(t, document(t, least+`{"id":"r","local":"x","standard":"person.pronouns"`+blank+`}`))
		rec := decodeJSON(t, []byte(`{"_n":"Org","_need":"Help","_way":"1"}`))
		ref, _, err := m.ToReferral(rec, harbor())
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := m.FromReferral(ref, elsewhere())
		if err != nil || leaves(back)["x"] != want {
			t.Errorf("%s: %q, want %q, %v", blank, leaves(back)["x"], want, err)
		}
	}
	wantProblem(t, document(t, `{"id":"a","local":"x","standard":"person.pronouns","blank":"none"}`), "blank must be")
}
