package fakes_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/internal/fakes"
	"referworks/internal/sample"
	"referworks/protocol"
)

// What our people decide in their system comes back as news of the very record that was made, once, in a word of the preset's
// status map.
func TestDecisionsComeBack(t *testing.T) {
	for preset, c := range map[string]struct {
		decide func(fake, string)
		want   protocol.Status
	}{
		"legalserver": {func(f fake, _ string) {
			for _, m := range f.(*fakes.LegalServer).Matters() {
				m["case_disposition"] = "Rejected"
			}
		}, protocol.StatusDeclined},
		"civicrm":    {func(f fake, ref string) { f.(*fakes.CiviCRM).SetStatus(fakes.ActivityOf(ref), "Completed", "") }, protocol.StatusAccepted},
		"salesforce": {func(f fake, _ string) { f.(*fakes.Salesforce).Decide("Accepted") }, protocol.StatusAccepted},
		"commcare":   {func(f fake, _ string) { f.(*fakes.CommCare).Decide("declined") }, protocol.StatusDeclined},
		"fhir":       {func(f fake, _ string) { f.(*fakes.FHIR).Decide("rejected", "No capacity") }, protocol.StatusDeclined},
		"odoo":       {func(f fake, _ string) { f.(*fakes.Odoo).Decide("Qualified") }, protocol.StatusAccepted},
		"airtable":   {func(f fake, _ string) { f.(*fakes.Airtable).Decide("Referrals", "Accepted") }, protocol.StatusAccepted},
		"clio":       {func(f fake, _ string) { _, _ = f.(*fakes.Clio).Decide("Open") }, protocol.StatusAccepted},
	} {
		t.Run(preset, func(t *testing.T) {
			p := start(t, systemOf(t, preset))
			b := p.open(t)
			out, err := b.(bridges.Sink).Deliver(t.Context(), delivery(t, p.kind, sample.Full(), 1))
			if err != nil {
				t.Fatal(err)
			}
			x := &taken{}
			if err := poll(t, b, x); err != nil || len(x.all) != 0 {
				t.Fatalf("before anybody decided: %v, %+v", err, x.all)
			}
			c.decide(p.fake, out.Reference)
			for range 2 { // and after a restart it is not told again
				b = p.open(t)
				if err := poll(t, b, x); err != nil {
					t.Fatal(err)
				}
			}
			if len(x.all) != 1 || x.all[0].News == nil || x.all[0].News.Reference != out.Reference {
				t.Fatalf("got %+v, want one piece of news of %s", x.all, out.Reference)
			}
			i := slices.IndexFunc(p.kind.Statuses, func(w bridges.StatusWord) bool { return w.Word == x.all[0].News.Word })
			if i < 0 || p.kind.Statuses[i].Status != c.want {
				t.Errorf("the word %q does not mean %s", x.all[0].News.Word, c.want)
			}
		})
	}
}

// Matters that are marked leave LegalServer once, also over a restart; what the node could not take comes again.
func TestLegalServerSends(t *testing.T) {
	p := start(t, systemOf(t, "legalserver"))
	legal := p.fake.(*fakes.LegalServer)
	for i := range 250 { // three pages
		m := map[string]any{"first": "Ada", "last": fmt.Sprintf("Byrne %d", i), "case_disposition": "Open"}
		if i%100 == 7 {
			m["refer_to"] = []any{"Elm Street"}
		}
		legal.Add(m)
	}
	x := &taken{fail: &bridges.Error{Class: bridges.Temporary, Sentence: "The disk is full."}}
	if err := poll(t, p.open(t), x); err == nil {
		t.Error("what could not be taken was not told")
	}
	x.fail = nil
	for range 2 {
		if err := poll(t, p.open(t), x); err != nil {
			t.Fatal(err)
		}
	}
	if len(x.all) != 3 || len(x.keys) != 3 || !strings.Contains(string(x.all[0].Document.Bytes), "Byrne 7") || len(x.all[0].Evidence) == 0 {
		t.Errorf("%d taken, %d different", len(x.all), len(x.keys))
	}
}

// A decision is told to LegalServer as one note, however often, and whatever gets lost.
func TestLegalServerIsTold(t *testing.T) {
	p := start(t, systemOf(t, "legalserver"))
	legal := p.fake.(*fakes.LegalServer)
	id := legal.Add(map[string]any{"first": "Ada", "last": "Byrne"})
	n := bridges.News{Referral: sample.ReferralID(1), Reference: id, Status: protocol.StatusAccepted, Word: "Open", Partner: bridges.Party{Name: "Elm Street"}, Step: protocol.Step{Text: "Tuesday at ten."}, At: time.Now(), Key: "k1"}
	lost := true
	p.server.Set(func(r *http.Request) fakes.Trouble {
		if r.Method == http.MethodPost && lost {
			lost = false
			return fakes.Lost
		}
		return fakes.Fine
	}, nil)
	told := 0
	for range 4 {
		if p.open(t).(bridges.Teller).Tell(t.Context(), n) == nil {
			told++
		}
	}
	notes := legal.Notes(id)
	if told != 3 || len(notes) != 1 || !strings.Contains(notes[0]["subject"].(string), "Accepted") || !strings.Contains(notes[0]["body"].(string), "Elm Street") {
		t.Errorf("told %d times, notes %v", told, notes)
	}
}

// Kobo's REST service tells of new submissions; what it did not tell is in the list. Both together are taken once.
func TestKobo(t *testing.T) {
	kobo := &fakes.Kobo{Token: "t", Page: 2}
	p := start(t, system{preset: "kobo", settings: map[string]string{"form": "aForm"}, secrets: map[string]string{"token": "t", "hook": "secret"}, fake: func() fake { return counted{kobo} }})
	begin := time.Now().Add(-time.Hour)
	fields := map[string]any{"first_name": "Ada", "last_name": "Byrne", "phone": "617-555-0101", "need": "Food Insecurity"}
	post := func(b any, body []byte, secret string) int {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("X-Referworks-Token", secret)
		w := httptest.NewRecorder()
		b.(bridges.Receiver).Serve(w, r, p.accept)
		return w.Code
	}
	first := kobo.Submit(begin, fields)
	b := p.open(t)
	if code := post(b, first, "wrong"); code != http.StatusUnauthorized || len(p.got.all) != 0 {
		t.Errorf("with another secret: %d", code)
	}
	if code := post(b, first, "secret"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	for i := range 4 { // lost on the way
		kobo.Submit(begin.Add(time.Duration(i)*time.Minute), fields)
	}
	for range 2 {
		if err := poll(t, p.open(t), &p.got); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.got.keys) != 5 || len(p.got.all) != 6 {
		t.Errorf("%d submissions came %d times, want 5 in 6", len(p.got.keys), len(p.got.all))
	}
	kobo.Submit(begin.Add(-10*time.Minute), fields) // kept on a phone until now
	if err := poll(t, p.open(t), &p.got); err != nil || len(p.got.keys) != 6 {
		t.Errorf("what was submitted late: %d, %v", len(p.got.keys), err)
	}
	p.got.fail = errors.New("full")
	if code := post(b, first, "secret"); code != http.StatusServiceUnavailable {
		t.Errorf("what could not be kept was answered with %d", code)
	}
}

// counted is a fake that counts nothing.
type counted struct{ http.Handler }

func (counted) Counts() map[string]int { return nil }

// Clio: handshake, signature, renewal before 31 days.
func TestClioWebhook(t *testing.T) {
	p := start(t, systemOf(t, "clio"))
	clio := p.fake.(*fakes.Clio)
	clio.Now = p.clock.now
	var bridge any
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bridge.(bridges.Receiver).Serve(w, r, p.accept)
	}))
	t.Cleanup(hook.Close)
	p.config.Address = hook.URL
	bridge = p.open(t)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("X-Hook-Secret", "somebody-else-somebody-else")
	w := httptest.NewRecorder()
	bridge.(bridges.Receiver).Serve(w, r, p.accept)
	if w.Code != http.StatusForbidden {
		t.Errorf("a handshake that nobody asked for: %d", w.Code)
	}
	out, err := bridge.(bridges.Sink).Deliver(t.Context(), delivery(t, p.kind, sample.Full(), 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := poll(t, bridge, &p.got); err != nil || len(clio.Hooks()) != 1 {
		t.Fatalf("%v, hooks %v", err, clio.Hooks())
	}
	before := clio.Hooks()["1"]
	if code, err := clio.Decide("Open"); err != nil || code != http.StatusOK || len(p.got.all) != 1 || p.got.all[0].News.Reference != out.Reference || p.got.all[0].News.Word != "Open" {
		t.Fatalf("%d %v, %+v", code, err, p.got.all)
	}
	forged := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"data":{"id":1,"status":"Closed","client_reference":"x"}}`))
	forged.Header.Set("X-Hook-Signature", strings.Repeat("0", 64))
	w = httptest.NewRecorder()
	bridge.(bridges.Receiver).Serve(w, forged, p.accept)
	if w.Code != http.StatusUnauthorized || len(p.got.all) != 1 {
		t.Errorf("a forged post: %d", w.Code)
	}
	p.clock.wait(21 * 24 * time.Hour)
	bridge = p.open(t) // after a restart
	if err := poll(t, bridge, &taken{}); err != nil || len(clio.Hooks()) != 1 || !clio.Hooks()["1"].After(before.Add(20*24*time.Hour)) {
		t.Errorf("it was not renewed: %v; hooks %v, before %v", err, clio.Hooks(), before)
	}
}

// Standard Webhooks: signed over id, time and body, and not older than five minutes.
func TestStandardWebhook(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	p := start(t, system{preset: "generic-webhook", secrets: map[string]string{"secret": "whsec_" + base64.StdEncoding.EncodeToString(key)}, fake: func() fake { return counted{http.NotFoundHandler()} }})
	b := p.open(t).(bridges.Receiver)
	if _, ok := p.open(t).(bridges.Sink); ok {
		t.Error("what only receives can deliver")
	}
	const doc = `{"id": "26-1", "person": {"last_name": "Byrne"}}`
	for name, c := range map[string]struct {
		age  time.Duration
		sign string
		body string
		want int
	}{
		"good":          {0, doc, doc, 200},
		"too old":       {10 * time.Minute, doc, doc, 401},
		"from tomorrow": {-10 * time.Minute, doc, doc, 401},
		"changed":       {0, doc, strings.Replace(doc, "Byrne", "Other", 1), 401},
		"no JSON":       {0, "<x/>", "<x/>", 200},
	} {
		p.got = taken{}
		stamp := fmt.Sprint(p.clock.now().Add(-c.age).Unix())
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("msg_1." + stamp + "." + c.sign))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("webhook-id", "msg_1")
		r.Header.Set("webhook-timestamp", stamp)
		r.Header.Set("webhook-signature", "v1,b3RoZXI= v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		w := httptest.NewRecorder()
		b.Serve(w, r, p.accept)
		if w.Code != c.want || (len(p.got.all) == 1) != (c.want == 200) {
			t.Errorf("%s: %d, %d taken", name, w.Code, len(p.got.all))
			continue
		}
		if name == "good" && (p.got.all[0].Key != "26-1" || string(p.got.all[0].Document.Bytes) != doc) || name == "no JSON" && p.got.all[0].Unread == "" {
			t.Errorf("%s: %+v", name, p.got.all[0])
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		w := httptest.NewRecorder()
		b.Serve(w, httptest.NewRequest(method, "/", nil), p.accept)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// A referral without a case number of its sender is one of ours all the same: what becomes of it goes back.
func TestDecisionsWithoutACaseNumber(t *testing.T) {
	p := start(t, systemOf(t, "legalserver"))
	p.fake.(*fakes.LegalServer).Problems = nil // any word
	b := p.open(t)
	if _, err := b.(bridges.Sink).Deliver(t.Context(), delivery(t, p.kind, sample.Minimal(), 1)); err != nil {
		t.Fatal(err)
	}
	p.fake.(*fakes.LegalServer).Matters()[0]["case_disposition"] = "Open"
	if err := poll(t, b, &p.got); err != nil || len(p.got.all) != 1 || p.got.all[0].News == nil {
		t.Errorf("%v, %+v", err, p.got.all)
	}
}
