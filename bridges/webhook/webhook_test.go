package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/webhook"
	"referworks/protocol"
)

const canary = "Zyxwvut"

var now = time.Date(2026, 11, 23, 8, 12, 0, 0, time.UTC)

// program is an organization's own program as the docs tell to write it: it verifies, takes an id once, then answers.
type program struct {
	*httptest.Server
	secret string
	answer func(w http.ResponseWriter, n int) bool // before it takes effect; true: it has answered
	lose   func(r *http.Request) bool              // after it took effect

	mu     sync.Mutex
	posts  int
	forged []string
	taken  map[string]string // id -> the body that took effect
	last   map[string]any
	head   http.Header
}

func newProgram(t *testing.T, secret string) *program {
	t.Helper()
	p := &program{secret: secret, taken: map[string]string{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.posts
	p.posts++
	if p.answer != nil && p.answer(w, n) {
		return
	}
	if why := verify(p.secret, r.Header, body); why != "" {
		p.forged = append(p.forged, why)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	id := r.Header.Get("Webhook-Id")
	p.head, p.last = r.Header.Clone(), nil
	if err := json.Unmarshal(body, &p.last); err != nil {
		p.forged = append(p.forged, err.Error())
	}
	if _, known := p.taken[id]; !known {
		p.taken[id] = string(body)
	}
	if p.lose != nil && p.lose(r) {
		panic(http.ErrAbortHandler)
	}
}

// verify checks a post by the convention alone, with nothing of the package.
func verify(secret string, h http.Header, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err.Error()
	}
	at, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return "the time is " + h.Get("webhook-timestamp")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("webhook-id"), at, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, got := range strings.Split(h.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(got), []byte(want)) {
			return ""
		}
	}
	return "no signature fits"
}

// open opens a connection to the program.
func (p *program) open(t *testing.T, settings map[string]string, secrets ...string) *webhook.Hook {
	t.Helper()
	all := map[string]string{"url": p.URL + "/hook"}
	for name, v := range settings {
		all[name] = v
	}
	if len(secrets) == 0 {
		secrets = []string{p.secret}
	}
	h, err := webhook.Open(bridges.Config{Settings: all, AllowPrivate: true, Now: func() time.Time { return now }, Secrets: func(name string) (string, bool) {
		i := map[string]int{"secret": 0, "secret-2": 1}[name]
		if i >= len(secrets) {
			return "none", false
		}
		return secrets[i], true
	}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func delivery(n int) bridges.Delivery {
	id := protocol.ReferralID(fmt.Sprintf("urn:uuid:0192f0c4-7a1e-7c3b-9d55-%012d", n))
	return bridges.Delivery{
		Referral: id, Key: "rw1abc/" + string(id) + "/1", Reference: id.Reference(), Attempt: 1,
		From: bridges.Party{Name: "Harbor Legal Aid"}, Letter: bridges.Letter{Lines: []bridges.Line{{Label: "First", Value: canary}}},
		Files:    []bridges.File{{Name: canary + ".pdf"}},
		Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{"First": "` + canary + `", "n": 12345678901234567890}`)},
	}
}

func TestThinEventHoldsNothingOfThePerson(t *testing.T) {
	p := newProgram(t, webhook.NewSecret())
	h := p.open(t, nil)
	d := delivery(7)
	d.Practice = true
	out, err := h.Deliver(context.Background(), d)
	if err != nil || out.Blind {
		t.Fatalf("%+v, %v", out, err)
	}
	data := p.last["data"].(map[string]any)
	if p.last["type"] != "referral.received" || p.last["timestamp"] != "2026-11-23T08:12:00Z" || data["id"] != string(d.Referral) || data["reference"] != d.Reference ||
		data["url"] != "/v1/referrals/"+string(d.Referral) || data["practice"] != true || len(data) != 4 || p.head.Get("Webhook-Id") != d.Key {
		t.Errorf("event %v under %s", p.last, p.head.Get("Webhook-Id"))
	}
	n := bridges.News{Referral: d.Referral, Key: "rw1abc/" + string(d.Referral) + "/2", Kind: protocol.KindAccept, At: now, Step: protocol.Step{Text: canary}, Reference: canary, Word: canary}
	if err := h.Tell(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	if p.last["type"] != "referral.accept" {
		t.Errorf("event %v", p.last)
	}
	n.Key, n.Kind, n.Transport = "rw1abc/"+string(d.Referral)+"/0", "", protocol.Undeliverable
	if err := h.Tell(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	if p.last["type"] != "referral.undeliverable" || len(p.taken) != 3 {
		t.Errorf("event %v, %d taken", p.last, len(p.taken))
	}
	for _, body := range p.taken {
		if strings.Contains(body, canary) || strings.Contains(body, "Harbor") {
			t.Errorf("it says too much: %s", body)
		}
	}
	if len(p.forged) > 0 {
		t.Error(p.forged)
	}
}

func TestDocumentGoesAlong(t *testing.T) {
	p := newProgram(t, webhook.NewSecret())
	h := p.open(t, map[string]string{"payload": "document"})
	d := delivery(1)
	if _, err := h.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if got := p.taken[d.Key]; !strings.Contains(got, `"document":{"First":"`+canary+`","n":12345678901234567890}`) {
		t.Errorf("posted %s", got)
	}
	d = delivery(2)
	d.Update, d.Document = true, bridges.Document{Format: "xml", Bytes: []byte("<a>" + canary + "</a>")}
	if _, err := h.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if data := p.last["data"].(map[string]any); p.last["type"] != "referral.update" || data["text"] != "<a>"+canary+"</a>" {
		t.Errorf("posted %v", p.last)
	}
}

func TestEachOfTwoSecretsFits(t *testing.T) {
	old, fresh := webhook.NewSecret(), webhook.NewSecret()
	for _, knows := range []string{old, fresh} {
		p := newProgram(t, knows)
		if err := p.open(t, nil, fresh, old).Test(context.Background()); err != nil || len(p.forged) > 0 || p.last["type"] != "ping" {
			t.Errorf("%v %v %v", err, p.forged, p.last)
		}
		if n := len(strings.Fields(p.head.Get("Webhook-Signature"))); n != 2 {
			t.Errorf("%d signatures", n)
		}
	}
	p := newProgram(t, fresh)
	if err := p.open(t, nil).Test(context.Background()); err != nil || len(strings.Fields(p.head.Get("Webhook-Signature"))) != 1 {
		t.Errorf("one secret: %v, %v", err, p.head)
	}
	p = newProgram(t, webhook.NewSecret())
	var e *bridges.Error
	if err := p.open(t, nil, fresh, old).Test(context.Background()); !errors.As(err, &e) || e.Class != bridges.Hold || !strings.Contains(e.Sentence, "secret") || len(p.taken) > 0 {
		t.Errorf("a third secret: %v", err)
	}
}

func TestAnswersHaveTheirClass(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	for _, c := range []struct {
		status    int
		name, val string
		want      bridges.Class
		says      string
		after     time.Duration
	}{
		{410, "", "", bridges.Permanent, "Pause the connection or remove it", 0},
		{301, "Location", other.URL, bridges.Hold, "301", 0},
		{307, "Location", other.URL, bridges.Hold, "307", 0},
		{429, "Retry-After", "120", bridges.Temporary, "429", 2 * time.Minute},
		{503, "Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat), bridges.Temporary, "503", 90 * time.Second},
		{500, "", "", bridges.Temporary, "500", 0},
		{504, "", "", bridges.Temporary, "same webhook-id", 0},
		{400, "", "", bridges.Permanent, "400", 0},
		{403, "", "", bridges.Hold, "signature", 0},
		{404, "", "", bridges.Hold, "address", 0},
		{409, "", "", bridges.Hold, "already", 0},
	} {
		p := newProgram(t, webhook.NewSecret())
		p.answer = func(w http.ResponseWriter, _ int) bool {
			if c.name != "" {
				w.Header().Set(c.name, c.val)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, canary)
			return true
		}
		_, err := p.open(t, nil).Deliver(context.Background(), delivery(1))
		var e *bridges.Error
		if !errors.As(err, &e) || e.Class != c.want || !strings.Contains(e.Sentence, c.says) || e.RetryAfter != c.after || strings.Contains(e.Sentence, canary) || p.posts != 1 {
			t.Errorf("%d: %+v, %d posts", c.status, e, p.posts)
		}
	}
	if elsewhere > 0 {
		t.Errorf("a redirect was followed %d times", elsewhere)
	}
	// A program may answer with what it likes, so long as it is 2xx.
	p := newProgram(t, webhook.NewSecret())
	p.answer = func(w http.ResponseWriter, _ int) bool {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	if _, err := p.open(t, nil).Deliver(context.Background(), delivery(1)); err != nil {
		t.Error(err)
	}
}

// Answers get lost, do not come, or are errors, in 50 orders. Everything takes effect, under one id each.
func TestNothingIsLostOrDoubled(t *testing.T) {
	const events, slow = 12, 10 // slow: runs in which one answer never comes
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := newProgram(t, webhook.NewSecret())
		p.answer = func(w http.ResponseWriter, _ int) bool {
			switch r.IntN(4) {
			case 0:
				w.WriteHeader([]int{500, 502, 503, 504, 429, 408}[r.IntN(6)])
				return true
			case 1:
				panic(http.ErrAbortHandler) // before it took effect
			}
			return false
		}
		stuck := seed >= slow
		p.lose = func(q *http.Request) bool {
			if !stuck {
				stuck = true
				<-q.Context().Done()
				return true
			}
			return r.IntN(3) == 0
		}
		h := p.open(t, nil)
		if seed < slow {
			h.Wait(200 * time.Millisecond)
		}
		for n := range events {
			d, done := delivery(n), false
			for !done {
				_, err := h.Deliver(context.Background(), d)
				var e *bridges.Error
				if done = err == nil; !done && (!errors.As(err, &e) || e.Class != bridges.Temporary) {
					t.Fatalf("run %d: %+v", seed, err)
				}
				d.Attempt++
				d.Unknown = true // a program knows the id: it does not matter
			}
			if _, there := p.taken[d.Key]; !there {
				t.Errorf("run %d: event %d was taken and took no effect", seed, n)
			}
		}
		if len(p.taken) != events || len(p.forged) > 0 {
			t.Errorf("run %d: %d effects of %d events; forged: %v", seed, len(p.taken), events, p.forged)
		}
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	good := webhook.NewSecret()
	for name, c := range map[string]struct {
		settings map[string]string
		secret   string
		want     string
	}{
		"plain":       {map[string]string{"url": "http://hooks.example.org/"}, good, "https://"},
		"no address":  {nil, good, "whole one"},
		"payload":     {map[string]string{"url": "https://h/", "payload": "all"}, good, "thin or document"},
		"too patient": {map[string]string{"url": "https://h/", "timeout": "31"}, good, "15 to 30"},
		"authority":   {map[string]string{"url": "https://h/", "ca": "hello"}, good, "PEM"},
		"no secret":   {map[string]string{"url": "https://h/"}, "", "missing"},
		"no prefix":   {map[string]string{"url": "https://h/"}, strings.TrimPrefix(good, "whsec_"), "whsec_"},
		"short":       {map[string]string{"url": "https://h/"}, "whsec_c2hvcnQ=", "24 to 64"},
	} {
		_, err := webhook.Kind().New(bridges.Config{Settings: c.settings, Secrets: func(n string) (string, bool) { return c.secret, n == "secret" && c.secret != "" }})
		if err == nil || !strings.Contains(err.Error(), c.want) || c.secret != "" && strings.Contains(err.Error(), c.secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := webhook.ParseSecret(good)
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), good[6:]) {
		t.Errorf("%v: the secret shows itself", err)
	}
}

// On a node whose operator did not allow private addresses, no connection leads into its own network.
func TestPrivateAddressIsRefused(t *testing.T) {
	p := newProgram(t, webhook.NewSecret())
	h, err := webhook.Open(bridges.Config{Settings: map[string]string{"url": strings.Replace(p.URL, "http:", "https:", 1)}, Secrets: func(n string) (string, bool) { return p.secret, n == "secret" }})
	if err != nil {
		t.Fatal(err)
	}
	var e *bridges.Error
	if err := h.Test(context.Background()); !errors.As(err, &e) || e.Class != bridges.Hold || !strings.Contains(e.Sentence, "private") || p.posts > 0 {
		t.Errorf("%v, %d posts", err, p.posts)
	}
}
