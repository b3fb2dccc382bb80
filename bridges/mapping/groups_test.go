package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

func expression(code string) mapping.Step {
	return mapping.Step{Fn: "expr", Args: record.NewObject(record.NewText(code).Named("code"))}
}

func recordOf(name, value string) *record.Node {
	return record.NewObject(record.NewText(value).Named(name))
}

func groupDocument(t testing.TB, rules, groups string) *mapping.Mapping {
	t.Helper()
	return compile(t, document(t, `{"id":"n","local":"_n","standard":"person.organizationName"},{"id":"w","local":"_w","standard":"contact.points[label=_].value"},`+rules, `"groups":[`+groups+`]`))
}

func toReferral(t testing.TB, m *mapping.Mapping, rec string) (*protocol.Referral, *mapping.Report) {
	t.Helper()
	ref, report, err := m.ToReferral(decodeJSON(t, []byte(rec)), harbor())
	if err != nil {
		t.Fatal(err)
	}
	return ref, report
}

const notesRules = `{"id":"need","local":"need","standard":"needs[].text"},{"id":"note","local":"notes[].text","standard":"notes[].text"},` +
	`{"id":"day","local":"notes[].day","standard":"notes[].at","via":[{"fn":"datetime"}]}`

const notesRecord = `{"_n":"Org","_w":"1","need":"Help","notes":[{"text":"one","day":"2025-03-01 10:00","kind":"open"},{"text":"two","day":"2026-02-01 10:00","kind":"shut"},{"text":"three","day":"2025-12-31 10:00","kind":"open"}]}`

func TestGroupChoosesItems(t *testing.T) {
	for _, c := range []struct {
		group, want string
		carried     int
	}{
		{`"pick":"first"`, "one", 7},
		{`"pick":"last"`, "three", 7},
		{`"pick":"newest","by":"day"`, "two", 7},
		{`"when":{"local":[{"path":"notes[].kind","is":["open"]}]}`, "one three", 5},
		{`"pick":"newest","by":"day","when":{"local":[{"path":"notes[].kind","is":["open"]}]}`, "three", 7},
	} {
		m := groupDocument(t, notesRules, `{"id":"g","local":"notes[]","standard":"notes[]",`+c.group+`}`)
		ref, report := toReferral(t, m, notesRecord)
		var got []string
		for i := range ref.Notes {
			got = append(got, ref.Notes[i].Text.Text())
		}
		if strings.Join(got, " ") != c.want || len(report.Carried) != c.carried {
			t.Errorf("%s: notes %v and %d carried, want %s and %d", c.group, got, len(report.Carried), c.want, c.carried)
		}
	}
}

func TestGroupChoosesItemsOnTheWayOut(t *testing.T) {
	all := groupDocument(t, notesRules, "")
	ref, _ := toReferral(t, all, notesRecord)
	m := groupDocument(t, notesRules, `{"id":"g","local":"notes[]","standard":"notes[]","pick":"newest","by":"day"}`)
	rec, report, err := m.FromReferral(ref, elsewhere())
	if err != nil || at(rec, "notes[0].text") != "two" || at(rec, "notes[1].text") != "" {
		t.Errorf("%v, %v", rec, err)
	}
	if len(report.Dropped) < 4 {
		t.Errorf("the notes that were not picked must be reported, got %v", report.Dropped)
	}
}

func TestItemsOfOneKeyAreOneItem(t *testing.T) {
	m := groupDocument(t, `{"id":"need","local":"need","standard":"needs[].text"},`+
		`{"id":"k1","local":"kin[].id","standard":"people[].ref"},{"id":"kn","local":"kin[].name","standard":"people[].names[].full"},`+
		`{"id":"k2","local":"calls[].who","standard":"people[].ref"},{"id":"kp","local":"calls[].number","standard":"people[].contact.phone"},`+
		`{"id":"kr","standard":"people[].role","direction":"in","via":[{"fn":"constant","value":"family"}]}`,
		`{"id":"a","local":"kin[]","standard":"people[]","key":{"local":"kin[].id","standard":"people[].ref"}},{"id":"b","local":"calls[]","standard":"people[]","key":{"local":"calls[].who","standard":"people[].ref"}}`)
	rec := `{"_n":"Org","_w":"1","need":"Help","kin":[{"id":"a1","name":"Ana Paz"},{"id":"b2","name":"Ben Paz"}],"calls":[{"who":"b2","number":"617-555-0102"},{"who":"a1","number":"617-555-0101"}]}`
	ref, _ := toReferral(t, m, rec)
	if len(ref.People) != 2 {
		t.Fatalf("%d people, want 2", len(ref.People))
	}
	for i, want := range []string{"Ana Paz 617-555-0101", "Ben Paz 617-555-0102"} {
		if got := ref.People[i].Names[0].Full.Text() + " " + ref.People[i].Contact.Phone.Text(); got != want {
			t.Errorf("person %d is %q, want %q", i+1, got, want)
		}
	}
	back, _, err := m.FromReferral(ref, harbor())
	if err != nil || at(back, "calls[who=b2].number") != "617-555-0102" || at(back, "kin[id=b2].name") != "Ben Paz" {
		t.Errorf("the way back: %v", err)
	}
}

// Two lists of the standard meet in one list of ours, by key.
func TestItemsOfOurListMeetByKey(t *testing.T) {
	apart := groupDocument(t, `{"id":"need","local":"needs[].id","standard":"needs[].id"},{"id":"t","local":"needs[].text","standard":"needs[].text"},`+
		`{"id":"p","local":"people[].id","standard":"people[].ref"},{"id":"pn","local":"people[].name","standard":"people[].names[].full"},`+
		`{"id":"pr","standard":"people[].role","direction":"in","via":[{"fn":"constant","value":"family"}]}`, "")
	ref, _ := toReferral(t, apart, `{"_n":"Org","_w":"1","needs":[{"id":"a1","text":"Food"},{"id":"b2","text":"Rent"}],"people":[{"id":"b2","name":"Ben Paz"}]}`)
	m := compile(t, document(t, `{"id":"k","local":"rows[].id","standard":"needs[].id"},{"id":"t","local":"rows[].text","standard":"needs[].text"},`+
		`{"id":"p","local":"rows[].name","standard":"people[].names[].full","direction":"out"},{"id":"pk","local":"rows[].id","standard":"people[].ref"}`+`,{"id":"pr","standard":"people[].role","direction":"in","via":[{"fn":"constant","value":"family"}]}`,
		`"groups":[{"id":"a","local":"rows[]","standard":"needs[]","key":{"local":"rows[].id","standard":"needs[].id"}},{"id":"b","local":"rows[]","standard":"people[]","key":{"local":"rows[].id","standard":"people[].ref"}}]`))
	rec, _, err := m.FromReferral(ref, elsewhere())
	if err != nil || at(rec, "rows[1].name") != "Ben Paz" || at(rec, "rows[1].text") != "Rent" || at(rec, "rows[2].id") != "" {
		b, _ := record.EncodeJSON(rec)
		t.Errorf("%s, %v", b, err)
	}
}

// One record of several services becomes a referral for each, and they become the record again.
func TestOneNeedOneReferralAndBack(t *testing.T) {
	m := groupDocument(t, `{"id":"need","local":"services[].name","standard":"needs[].text"}`, `{"id":"g","local":"services[]","standard":"needs[]","each":"referral"}`)
	rec := decodeJSON(t, []byte(`{"_n":"Org","_w":"1","risk":3,"services":[{"name":"Food","uuid":"a"},{"name":"Rent","uuid":"b"},{"name":"Work","uuid":"c"}]}`))
	refs, report, err := m.ToReferrals(rec, harbor())
	if err != nil || len(refs) != 3 {
		t.Fatalf("%d referrals, %v", len(refs), err)
	}
	for i, want := range []string{"Food", "Rent", "Work"} {
		if len(refs[i].Needs) != 1 || refs[i].Needs[0].Text.Text() != want || len(refs[i].Extra) != 2 {
			b, _ := json.Marshal(refs[i])
			t.Errorf("referral %d: %s", i, b)
		}
	}
	if report.Fields[2].Times != 3 {
		t.Errorf("the report must count all: %+v", report.Fields[2])
	}
	back, report, err := m.FromReferrals(refs, harbor())
	if err != nil || differences(report) != 0 {
		t.Fatal(err, report.Dropped)
	}
	for _, path := range []string{"services[0].name", "services[1].uuid", "services[2].name", "services[2].uuid", "risk", "_n"} {
		if at(back, path) != at(rec, path) {
			t.Errorf("%s is %q after the way there and back, want %q", path, at(back, path), at(rec, path))
		}
	}
	refs[1].Person.OrganizationName = protocol.Of[protocol.Text]("Another")
	if _, report, _ = m.FromReferrals(refs, harbor()); differences(report) != 1 {
		t.Errorf("a difference must be reported, got %v", report.Dropped)
	}
}

func differences(r *mapping.Report) int {
	n := 0
	for _, p := range r.Dropped {
		if strings.Contains(p.Reason, "differ") {
			n++
		}
	}
	return n
}
