package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compile(t testing.TB, document []byte) *mapping.Mapping {
	t.Helper()
	d, err := mapping.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func compiled(t testing.TB, name string) *mapping.Mapping {
	t.Helper()
	return compile(t, example(t, "mappings/"+name+".json"))
}

func decodeJSON(t testing.TB, b []byte) *record.Node {
	t.Helper()
	n, err := record.DecodeJSON(b, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const someID protocol.ReferralID = "urn:uuid:01926b3a-7b1c-7c3a-9d3e-2f6f2f5a9c77"

// harbor is the context of Harbor Legal Aid's conversions.
func harbor() mapping.Context {
	return mapping.Context{
		Now:              time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC),
		Organization:     protocol.OrgIDOf(protocol.Hash{1}),
		OrganizationName: "Harbor Legal Aid",
		NewID:            func() protocol.ReferralID { return someID },
		Contact:          &mapping.ContactStatement{Name: "Intake desk", Phone: "617-555-0100"},
		Consent: &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodSigned, Capacity: protocol.CapacitySelf,
			Days: 90, Purposes: []string{"referral"}},
	}
}

// elsewhere is the context of an organization that received a referral from Harbor Legal Aid.
func elsewhere() mapping.Context {
	return mapping.Context{Now: harbor().Now, Organization: protocol.OrgIDOf(protocol.Hash{2})}
}

// samples are Harbor's example records with the mappings for them.
var samples = map[string]string{
	"legalserver-matter": "harbor-legalserver", "county-housing": "harbor-county-housing", "child-protection": "harbor-child-protection",
}

func sent(t testing.TB, sample string) (*protocol.Referral, *mapping.Report) {
	t.Helper()
	ref, report, err := compiled(t, samples[sample]).ToReferral(decodeJSON(t, example(t, sample+".json")), harbor())
	if err != nil {
		t.Fatalf("%s: %v", sample, err)
	}
	return ref, report
}

// at returns the text at a path of a record, or "" when there is none.
func at(n *record.Node, path string) string {
	if found := n.First(record.MustPath(path)); found != nil {
		return found.Text
	}
	return ""
}

func line(l *mapping.Letter, label string) mapping.Line {
	for _, one := range l.Lines {
		if one.Label == label && !one.Heading {
			return one
		}
	}
	return mapping.Line{}
}

// The story the product exists for: A writes "Elder Care", B reads an e-mail and C and D get a document, each with
// "Guardianship" under a name of their own.
func TestElderCareIsGuardianshipElsewhere(t *testing.T) {
	ref, _ := sent(t, "legalserver-matter")

	letter, report, err := compiled(t, "elm-street").Letter(ref, elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string]string{
		"Referred By": "Harbor Legal Aid", "Client First Name": "María Elena", "Client Last Name": "de la Cruz Obando", "Date of Birth": "06/1948",
		"Birth Date Is a Guess": "Yes", "Type of Help": "Guardianship", "Zip Code": "02118", "Street": "418 Tremont Street, Apt 3R",
		"Referred person - Address postal code (2)": "02139", "Victim of domestic violence": "true", "Adverse party 1 - Zip code": "02143",
	} {
		if got := line(letter, label).Value; got != want {
			t.Errorf("letter: %s is %q, want %q", label, got, want)
		}
	}
	for label, want := range map[string]protocol.Class{"Client First Name": protocol.P1, "Type of Help": protocol.P2, "Safe to Use": protocol.P3,
		"Warning": protocol.P3, "Victim of domestic violence": protocol.P3, "Adverse party 1 - Zip code": protocol.P3} {
		if got := line(letter, label).Class; got != want {
			t.Errorf("letter: %s is of class %s, want %s", label, got, want)
		}
	}
	if i := slices.IndexFunc(report.Values, func(v mapping.ValueReport) bool { return v.Rule == "help" }); i < 0 || report.Values[i].Outcome != "equivalent" {
		t.Errorf("the report does not say that the kind of help has an equivalent: %+v", report.Values)
	}

	c, _, err := compiled(t, "court-help-center").FromReferral(ref, elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"First": "María Elena", "Matter.Kind": "Guardianship", "Address.Zip": "02118", "Phones[0].Number": "+16175550142",
		"Phones[1].MayCall": "false", "Dates[0].On": "2026-04-02", "Parties[0].Last": "Obando", "Channel": "referworks"} {
		if got := at(c, path); got != want {
			t.Errorf("C: %s is %q, want %q", path, got, want)
		}
	}

	brigid := compiled(t, "st-brigid")
	d, _, err := brigid.FromReferral(ref, elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := record.EncodeXML(d, []byte(brigid.Document().Side.Sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<sb:Intake xmlns:sb="urn:stbrigid:intake:2" version="2">`, "<sb:FirstName>María Elena</sb:FirstName>",
		"<sb:Help>Guardianship</sb:Help>", "<sb:Zip>02118</sb:Zip>", `<sb:Phone safe="no" note="Her son answers this phone">+16175550177</sb:Phone>`} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("D: %s is not in the document", want)
		}
	}
	if strings.Contains(string(doc), "Sample") {
		t.Error("D: a value of the sample was sent")
	}
}

// D's own XML is read again by D's mapping, and what D sends arrives at A in A's words.
func TestXMLComesBack(t *testing.T) {
	ref, _ := sent(t, "legalserver-matter")
	brigid := compiled(t, "st-brigid")
	out, _, err := brigid.FromReferral(ref, elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := record.EncodeXML(out, []byte(brigid.Document().Side.Sample))
	if err != nil {
		t.Fatal(err)
	}
	in, err := record.DecodeXML(doc, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	back, report, err := brigid.ToReferral(in, harbor())
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := compiled(t, "harbor-legalserver").FromReferral(back, elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"first": "María Elena", "last": "de la Cruz Obando", "date_of_birth": "1948-06", "legal_problem_code": "Elder Care", "language": "Spanish"} {
		if got := at(a, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if !slices.ContainsFunc(report.Carried, func(p mapping.PlaceReport) bool { return p.Local == "Remarks" }) {
		t.Errorf("the remarks are not reported as carried: %+v", report.Carried)
	}
}

// Whatever comes in, goes home as it was: what a rule converts up to normalizing, what is carried exactly, and all the rest
// is named in the report.
func TestSamplesComeHome(t *testing.T) {
	// Places whose rules go one way, or that are the recipients, and normalized values with what they become.
	oneWay := []string{"prescreen_program", "refer_to", "referred_to", "consent_date"}
	normalized := map[string]string{"incomes[0].amount": "1214.00", "court_dates[1].date": "2026-03-30", "case_notes[0].date_posted": "2026-03-09T10:42:00-04:00"}
	for sample, document := range samples {
		ref, report := sent(t, sample)
		rec := decodeJSON(t, example(t, sample+".json"))
		home, _, err := compiled(t, document).FromReferral(ref, harbor())
		if err != nil {
			t.Fatal(err)
		}
		dropped := map[string]bool{}
		for _, p := range report.Dropped {
			dropped[p.Local] = true
		}
		rec.Leaves(func(p record.Path, leaf *record.Node) {
			path := p.String()
			if leaf.Text == "" || dropped[path] || slices.Contains(oneWay, p[0].Name) {
				return
			}
			want := *leaf
			if text, ok := normalized[path]; ok {
				want.Text = text
			}
			got := home.First(p)
			if got == nil || got.Kind != want.Kind || got.Text != want.Text {
				t.Errorf("%s: %s did not come home", sample, path)
			}
		})
	}
}

func TestExtraFactsStayAwayFromOthers(t *testing.T) {
	ref, _ := sent(t, "legalserver-matter")
	other := harbor()
	other.Organization = protocol.OrgIDOf(protocol.Hash{9})
	rec, report, err := compiled(t, "harbor-legalserver").FromReferral(ref, other)
	if err != nil {
		t.Fatal(err)
	}
	if at(rec, "custom_fields.pension_fund_3") != "" || at(rec, "case_title") != "" {
		t.Error("another organization's extra facts were written into our own places")
	}
	if !slices.ContainsFunc(report.Dropped, func(p mapping.PlaceReport) bool { return p.Label == "Pension fund" && p.Reason != "" }) {
		t.Error("an extra fact vanished without a word")
	}
}

func TestRecipients(t *testing.T) {
	got := compiled(t, "harbor-legalserver").Recipients(decodeJSON(t, example(t, "legalserver-matter.json")))
	if want := []string{"Elm Street", "Court Help Center"}; !slices.Equal(got, want) {
		t.Errorf("recipients %q, want %q", got, want)
	}
}

// A conversion of the same record in the same context gives the same bytes.
func TestConversionIsDeterministic(t *testing.T) {
	for sample := range samples {
		first := ""
		for range 5 {
			ref, report := sent(t, sample)
			b, err := json.Marshal(struct {
				Ref    *protocol.Referral
				Report *mapping.Report
			}{ref, report})
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(b)
			}
			if string(b) != first {
				t.Fatalf("%s: two conversions differ", sample)
			}
		}
	}
}

// Reports and errors name fields and never repeat values: with a canary in every text, also where words and dates
// were expected, none of it shows.
func TestReportsHoldNoValues(t *testing.T) {
	for sample, document := range samples {
		rec := decodeJSON(t, example(t, sample+".json"))
		for _, canary := range []bool{true, false} {
			if canary {
				rec.Leaves(func(_ record.Path, leaf *record.Node) {
					if leaf.Kind == record.Text {
						leaf.Text = "canary " + leaf.Text
					}
				})
			}
			m := compiled(t, document)
			ref, in, hold := m.ToReferral(rec, harbor())
			_, out, _ := compiled(t, "elm-street").FromReferral(ref, elsewhere())
			_, letter, _ := compiled(t, "elm-street").Letter(ref, elsewhere())
			b, err := json.Marshal([]*mapping.Report{in, out, letter})
			if err != nil {
				t.Fatal(err)
			}
			text := string(b) + strings.Join(in.Sentences(), "\n") + strings.Join(out.Sentences(), "\n")
			if hold != nil {
				text += hold.Error()
			}
			if strings.Contains(text, "canary") {
				t.Errorf("%s: a report or an error holds a value", sample)
			}
		}
	}
}

// The organizations' own records from elsewhere, where nobody here wrote the shape.
func TestRealMatterIsAccountedFor(t *testing.T) {
	dir := os.Getenv("REFERWORKS_SAMPLES")
	if dir == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "legalserver/matter_get.example.json"))
	if err != nil {
		t.Fatal(err)
	}
	rec := decodeJSON(t, b)
	m := compiled(t, "harbor-legalserver")
	ref, report, err := m.ToReferral(rec, harbor())
	if err == nil {
		t.Error("a matter without a legal problem was let through")
	}
	accounted(t, m, rec, ref, report)
}
