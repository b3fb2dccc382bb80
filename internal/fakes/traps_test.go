package fakes_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/record"
	"referworks/internal/fakes"
	"referworks/internal/sample"
)

func systemOf(t *testing.T, preset string) system {
	t.Helper()
	for _, s := range systems() {
		if s.preset == preset {
			return s
		}
	}
	t.Fatalf("no system for the preset %s", preset)
	return system{}
}

// spoil puts a value into a document of ours.
func spoil(t *testing.T, doc []byte, place, value string) []byte {
	t.Helper()
	n := read(t, doc)
	path := record.MustPath(place)
	if at := n.First(path); at != nil {
		*at = *record.NewText(value).Named(at.Name)
	} else if parent := n.First(path[:len(path)-1]); parent != nil {
		parent.Add(path[len(path)-1].Name, record.NewText(value))
	}
	b, err := record.EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What a system says of a field is said at our field, through the mapping; the value itself is not repeated.
func TestFieldErrorsStandAtOurField(t *testing.T) {
	const canary = "canary-value"
	for preset, c := range map[string]struct{ place, value, label string }{
		"legalserver":  {"date_of_birth", canary, "Date of birth"},
		"civicrm":      {"contact.birth_date", canary, "Date of birth"},
		"salesforce":   {"Birthdate__c", canary, "Date of birth"},
		"primero":      {"date_of_birth", canary, "Date of birth"},
		"fhir":         {"patient.birthDate", canary, "Date of birth"},
		"dhis2":        {"attributes[attribute=GEN_FAM_NAME].attribute", "GEN_BIRTH_DATE", "Date of birth"},
		"clio":         {"contact.date_of_birth", canary, "Date of birth"},
		"odoo":         {"email_from", canary, "E-mail"},
		"airtable":     {"Email", canary, "E-mail"},
		"generic-rest": {"person.last_name", "", "Last name"},
	} {
		t.Run(preset, func(t *testing.T) {
			p := start(t, systemOf(t, preset))
			d := delivery(t, p.kind, sample.Full(), 1)
			d.Document.Bytes = spoil(t, d.Document.Bytes, c.place, c.value)
			_, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d)
			var be *bridges.Error
			if !errors.As(err, &be) || be.Class != bridges.Permanent || be.Field == "" {
				t.Fatalf("got %v, %+v", err, be)
			}
			if label, _, ok := compiled(t, p.kind.Mapping).Label(be.Field); !ok || label != c.label {
				t.Errorf("their field %q is our %q, want %q", be.Field, label, c.label)
			}
			if strings.Contains(be.Sentence, canary) {
				t.Errorf("the error repeats the value: %s", be.Sentence)
			}
		})
	}
}

// The traps are real: whoever does not know them falls in. Else the tests of the presets would prove nothing.
func TestCarelessClientsFallIn(t *testing.T) {
	ask := func(h http.Handler, method, path, media, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	legal := &fakes.LegalServer{Token: "t"}
	for range 2 {
		ask(legal, "POST", "/api/v2/matters", "application/json", `{"first":"A","last":"B","case_disposition":"Prescreen","external_id":"1"}`, "Authorization", "Bearer t")
	}
	if n := legal.Counts()["matters"]; n != 2 {
		t.Errorf("LegalServer: the same external id twice makes %d matters", n)
	}
	civi := &fakes.CiviCRM{Key: "k"}
	w := ask(civi, "POST", "/civicrm/ajax/api4/Contact/save", "application/json", `{"records":[{"last_name":"B"}]}`, "X-Civi-Auth", "Bearer k", "X-Requested-With", "XMLHttpRequest")
	if w.Code != 200 || civi.Counts()["Contact"] != 0 {
		t.Errorf("CiviCRM: a JSON body gives %d and %v", w.Code, civi.Counts())
	}
	fhir := &fakes.FHIR{Token: "t"}
	for range 2 {
		ask(fhir, "POST", "/Patient", "application/fhir+json", `{"resourceType":"Patient","identifier":[{"system":"s","value":"1"}]}`, "Authorization", "Bearer t")
	}
	if n := fhir.Counts()["Patient"]; n != 2 {
		t.Errorf("FHIR: unconditional creates make %d patients", n)
	}
	odoo := &fakes.Odoo{Key: "k"}
	for range 2 {
		ask(odoo, "POST", "/json/2/crm.lead/create", "application/json", `{"vals_list":[{"name":"x","referred":"1"}]}`, "Authorization", "bearer k")
	}
	if n := odoo.Counts()["leads"]; n != 2 {
		t.Errorf("Odoo: two creates make %d leads", n)
	}
	clio := &fakes.Clio{Client: "c", Secret: "s", Refresh: "r"}
	ask(clio, "POST", "/oauth/token", "application/x-www-form-urlencoded", url.Values{"grant_type": {"refresh_token"}, "client_id": {"c"}, "client_secret": {"s"}, "refresh_token": {"r"}}.Encode())
	if w := ask(clio, "POST", "/api/v4/matters.json", "application/json", `{"data":{"client_reference":"1"}}`, "Authorization", "Bearer access"); strings.Contains(w.Body.String(), "client_reference") {
		t.Errorf("Clio: without fields it answers %s", w.Body)
	}
}

// A look-up that cannot be understood holds: nothing is sent.
func TestUnclearLookUpHolds(t *testing.T) {
	for name, answer := range map[string]string{"an error inside 200": `{"error": "search is being rebuilt"}`, "no JSON": `<html>maintenance</html>`, "another shape": `{"data": [{"id": 1}]}`, "several": `{"data": [{"external_id": "EXT", "matter_uuid": "1"}, {"external_id": "EXT", "matter_uuid": "2"}]}`} {
		posted := 0
		p := start(t, systemOf(t, "legalserver"))
		p.server.Close()
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				posted++
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, strings.ReplaceAll(answer, "EXT", r.URL.Query().Get("external_id")))
		}))
		p.config.Settings["address"] = other.URL
		_, err := p.open(t).(bridges.Sink).Deliver(t.Context(), delivery(t, p.kind, sample.Full(), 1))
		other.Close()
		var be *bridges.Error
		if !errors.As(err, &be) || be.Class != bridges.Hold || posted != 0 {
			t.Errorf("%s: %v, %d posted", name, err, posted)
		}
	}
}

// Two of one CommCare upsert at the same time would be two cases: one waits for the other.
func TestCommCareIsAskedOneByOne(t *testing.T) {
	p := start(t, systemOf(t, "commcare"))
	p.fake.(*fakes.CommCare).Slow = 100 * time.Millisecond
	d := delivery(t, p.kind, sample.Full(), 1)
	done := make(chan error, 8)
	for range 8 {
		b := p.open(t).(bridges.Sink) // of connections of their own
		go func() { _, err := b.Deliver(t.Context(), d); done <- err }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := p.fake.Counts()["cases"]; n != 1 {
		t.Errorf("one referral is %d cases", n)
	}
}

func TestDHIS2IsTriedDry(t *testing.T) {
	p := start(t, systemOf(t, "dhis2"))
	d := delivery(t, p.kind, sample.Full(), 1)
	good := d.Document.Bytes
	d.Document.Bytes = spoil(t, good, "attributes[attribute=GEN_FAM_NAME].attribute", "NO_SUCH_CODE")
	if _, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d); err == nil || p.fake.Counts()["entities"] != 0 {
		t.Errorf("an unknown attribute: %v, %v", err, p.fake.Counts())
	}
	d.Document.Bytes = good
	if _, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d); err != nil || p.fake.(*fakes.DHIS2).Validated() != 1 {
		t.Errorf("%v, %d dry runs", err, p.fake.(*fakes.DHIS2).Validated())
	}
}

// Twenty-five other people go to Airtable in three calls, not in one that is refused and not in twenty-five.
func TestAirtableTakesTenACall(t *testing.T) {
	p := start(t, systemOf(t, "airtable"))
	d := delivery(t, p.kind, sample.Full(), 1)
	n := read(t, d.Document.Bytes)
	people := n.First(record.MustPath("people"))
	one := people.Children[0]
	for len(people.Children) < 25 {
		people.Children = append(people.Children, one)
	}
	b, err := record.EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	d.Document.Bytes = b
	if _, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := p.fake.Counts(); got["People"] != 25 || got["Referrals"] != 1 || p.fake.(*fakes.Airtable).Calls() != 4 {
		t.Errorf("%v in %d calls", got, p.fake.(*fakes.Airtable).Calls())
	}
}

// A token that ended in between is got anew, and nothing is made twice by it.
func TestTokensThatEnd(t *testing.T) {
	for _, preset := range []string{"primero", "salesforce"} {
		s := systemOf(t, preset)
		p := start(t, s)
		b := p.open(t).(bridges.Sink)
		for i := range uint64(3) {
			if _, err := b.Deliver(t.Context(), delivery(t, p.kind, sample.Full(), i+1)); err != nil {
				t.Errorf("%s: %v", preset, err)
			}
			p.fake.(interface{ Expire() }).Expire()
		}
		if n := p.fake.Counts()[s.main]; n != 3 {
			t.Errorf("%s: three referrals are %d", preset, n)
		}
	}
}

// A newer version of a referral changes the record that is there.
func TestUpdates(t *testing.T) {
	p := start(t, systemOf(t, "legalserver"))
	d := delivery(t, p.kind, sample.Full(), 1)
	b := p.open(t).(bridges.Sink)
	if _, err := b.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	d.Update, d.Key = true, d.Key+"2"
	d.Document.Bytes = spoil(t, d.Document.Bytes, "first", "Marisol")
	if _, err := b.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if m := p.fake.(*fakes.LegalServer).Matters(); len(m) != 1 || m[0]["first"] != "Marisol" || m[0]["case_disposition"] != "Prescreen" {
		t.Errorf("%d matters, %v", len(m), m[0]["first"])
	}
}

// Values of the live system, for the Values step.
func TestValueLists(t *testing.T) {
	p := start(t, systemOf(t, "legalserver"))
	l := p.open(t).(bridges.Lister)
	got, err := l.Values(t.Context(), "problem_code")
	if err != nil || len(got) < 50 || got[0].Word == "" || got[0].Label == "" {
		t.Errorf("%d values: %v", len(got), err)
	}
	if len(l.Lists()) != 4 {
		t.Errorf("lists %v", l.Lists())
	}
	if _, err := l.Values(t.Context(), "nothing"); err == nil {
		t.Error("a list that is none")
	}
}
