package connector_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/connector"
	"referworks/bridges/presets"
	"referworks/protocol"
)

// memory is a connection's state.
type memory struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (m *memory) Load(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[name], nil
}

func (m *memory) Save(_ context.Context, name string, b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[string][]byte{}
	}
	m.rows[name] = b
	return nil
}

// desk is one connection under test.
type desk struct {
	kind   bridges.Kind
	config bridges.Config
	now    time.Time
}

// preset reads a preset whose members are those of the smallest one and those of more.
func preset(t *testing.T, more string) *presets.Preset {
	t.Helper()
	if !strings.Contains(more, `"auth"`) {
		more += `, "auth": {"kind": "none"}`
	}
	text := `{"preset": 1, "name": "x", "title": "X", "vendor": ["A key."], "format": "json", "base": "{settings.url}", "settings": [
		{"name": "url", "label": "Address", "type": "url", "required": true}, {"name": "user", "label": "User", "type": "string"}, {"name": "key", "label": "Key", "type": "secret"}, {"name": "refresh", "label": "Refresh", "type": "secret"}],
		"test": {"method": "GET", "path": "/me"}, "mapping": {}` + more + `}`
	p, err := presets.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const create = `, "push": {"create": {"method": "POST", "path": "/r", "body": {"...": "{document}", "ours": "{referral.id}"}, "id": "id"}}`

func newDesk(t *testing.T, h http.Handler, more string) *desk {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	d := &desk{now: time.Now()}
	kinds, err := connector.Kinds([]*presets.Preset{preset(t, more)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.kind = kinds[0]
	d.config = bridges.Config{Settings: map[string]string{"url": s.URL, "user": "u"}, Secrets: func(name string) (string, bool) {
		v, ok := map[string]string{"key": "s3cret", "refresh": "r0"}[name]
		return v, ok
	}, AllowPrivate: true, Now: func() time.Time { return d.now }, State: &memory{}}
	return d
}

func (d *desk) open(t *testing.T) any {
	t.Helper()
	b, err := d.kind.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// delivery is another one each time.
func delivery() bridges.Delivery {
	return bridges.Delivery{Referral: "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071", Key: rand.Text(), Reference: "RW-2345-67", Attempt: 1, From: bridges.Party{ID: "rw1a"}, Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{"first": "Ada", "born": "x"}`)}}
}

func classOf(t *testing.T, err error) *bridges.Error {
	t.Helper()
	var be *bridges.Error
	if !errors.As(err, &be) {
		t.Fatalf("an error without a class: %v", err)
	}
	return be
}

// Tokens are asked for once, kept over a restart, renewed when they end and when they are refused.
func TestTokens(t *testing.T) {
	for name, auth := range map[string]string{
		"client credentials": `{"kind": "client-credentials", "url": "/token", "client": "{settings.user}", "secret": "{secrets.key}"}`,
		"refresh token":      `{"kind": "refresh-token", "url": "/token", "client": "{settings.user}", "refresh": "{secrets.refresh}"}`,
		"login":              `{"kind": "login", "url": "/token", "body": {"user": {"name": "{settings.user}", "password": "{secrets.key}"}}, "at": "token", "minutes": 55}`,
	} {
		t.Run(name, func(t *testing.T) {
			var tokens int
			valid, refresh := "", "r0"
			d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/token" {
					if r.Header.Get("Authorization") != "Bearer "+valid {
						w.WriteHeader(401)
						return
					}
					fmt.Fprint(w, `{}`)
					return
				}
				if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form") {
					if r.FormValue("client_id") != "u" || name == "refresh token" && r.FormValue("refresh_token") != refresh {
						w.WriteHeader(400)
						return
					}
				}
				tokens++
				valid, refresh = fmt.Sprintf("t%d", tokens), fmt.Sprintf("r%d", tokens)
				fmt.Fprintf(w, `{"token": %q, "access_token": %q, "expires_in": 3300, "refresh_token": %q}`, valid, valid, refresh)
			}), `, "auth": `+auth+create)
			try := func(what string, want int) {
				t.Helper()
				if err := d.open(t).(bridges.Tester).Test(t.Context()); err != nil || tokens != want {
					t.Errorf("%s: %v, %d tokens, want %d", what, err, tokens, want)
				}
			}
			try("first", 1)
			try("after a restart", 1)
			d.now = d.now.Add(time.Hour)
			try("when it has ended", 2)
			valid = "revoked"
			try("when it is refused", 3)
		})
	}
}

func TestJWT(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pemKey := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	asked := false
	d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			asked = strings.Count(r.FormValue("assertion"), ".") == 2 && strings.HasPrefix(r.FormValue("grant_type"), "urn:ietf")
			fmt.Fprint(w, `{"access_token": "t"}`)
			return
		}
		fmt.Fprint(w, `{}`)
	}), `, "auth": {"kind": "jwt-bearer", "url": "/token", "client": "{settings.user}", "secret": "{secrets.key}"}`+create)
	secret := pemKey
	d.config.Secrets = func(name string) (string, bool) {
		if name != "key" {
			return "", false // no certificate of ours
		}
		return secret, true
	}
	if err := d.open(t).(bridges.Tester).Test(t.Context()); err != nil || !asked {
		t.Errorf("%v, asked %t", err, asked)
	}
	secret = "no key"
	if _, err := d.kind.New(d.config); err == nil || strings.Contains(err.Error(), "no key") {
		t.Errorf("a key that is none: %v", err)
	}
}

// Signs in with what it has, in all the simple ways.
func TestSimpleSignIns(t *testing.T) {
	for auth, want := range map[string]string{
		`{"kind": "none"}`: "",
		`{"kind": "bearer", "token": "{secrets.key}"}`:                                             "Authorization: Bearer s3cret",
		`{"kind": "basic", "user": "{settings.user}", "secret": "{secrets.key}"}`:                  "Authorization: Basic dTpzM2NyZXQ=",
		`{"kind": "header", "header": "X-Key", "value": "ApiKey {settings.user}:{secrets.key}"}`:   "X-Key: ApiKey u:s3cret",
		`{"kind": "hmac", "header": "X-Signature", "value": "sha256=", "secret": "{secrets.key}"}`: "X-Signature: sha256=",
	} {
		var got http.Header
		d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone(); fmt.Fprint(w, `{}`) }), `, "auth": `+auth+create)
		if err := d.open(t).(bridges.Tester).Test(t.Context()); err != nil {
			t.Errorf("%s: %v", auth, err)
		}
		name, value, _ := strings.Cut(want, ": ")
		if want == "" && got.Get("Authorization") != "" || !strings.HasPrefix(got.Get(name), value) {
			t.Errorf("%s: got %q, want %q", auth, got.Get(name), value)
		}
	}
}

// After five failures in a row a host is left alone; then one request tries it.
func TestCircuitBreaker(t *testing.T) {
	asked, broken := 0, true
	d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if broken {
			w.WriteHeader(503)
			return
		}
		fmt.Fprint(w, `{"id": "1"}`)
	}), create)
	sink := d.open(t).(bridges.Sink)
	for range 5 {
		_, err := sink.Deliver(t.Context(), delivery())
		if e := classOf(t, err); e.Class != bridges.Temporary {
			t.Fatalf("class %s", e.Class)
		}
	}
	_, err := d.open(t).(bridges.Sink).Deliver(t.Context(), delivery()) // another connection to the same host
	if e := classOf(t, err); asked != 5 || e.Class != bridges.Temporary || e.RetryAfter != 30*time.Second {
		t.Errorf("%d asked, %s after %s", asked, e.Class, e.RetryAfter)
	}
	d.now = d.now.Add(31 * time.Second)
	if _, err := sink.Deliver(t.Context(), delivery()); asked != 6 || err == nil {
		t.Errorf("one tries: %d asked, %v", asked, err)
	}
	if _, err := sink.Deliver(t.Context(), delivery()); asked != 6 || classOf(t, err).RetryAfter != time.Minute {
		t.Errorf("twice as long: %d asked, %v", asked, err)
	}
	d.now, broken = d.now.Add(2*time.Minute), false
	for range 3 {
		if _, err := sink.Deliver(t.Context(), delivery()); err != nil {
			t.Errorf("it answers again: %v", err)
		}
	}
}

// What a system says about how many requests it takes is heeded before it has to refuse one.
func TestRateHeaders(t *testing.T) {
	asked := 0
	d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("X-Left", "0")
		w.Header().Set("X-Reset", "40")
		fmt.Fprint(w, `{"id": "1"}`)
	}), `, "limits": {"remaining": "X-Left", "reset": "X-Reset"}`+create)
	sink := d.open(t).(bridges.Sink)
	if _, err := sink.Deliver(t.Context(), delivery()); err != nil {
		t.Fatal(err)
	}
	_, err := sink.Deliver(t.Context(), delivery())
	if e := classOf(t, err); asked != 1 || e.Class != bridges.Temporary || e.RetryAfter != 40*time.Second {
		t.Errorf("%d asked; %s after %s", asked, e.Class, e.RetryAfter)
	}
	d.now = d.now.Add(41 * time.Second)
	if _, err := sink.Deliver(t.Context(), delivery()); err != nil || asked != 2 {
		t.Errorf("after the pause: %v", err)
	}
}

// No redirect is followed, no page on another host, and a secret goes nowhere else.
func TestNeverElsewhere(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { elsewhere++; fmt.Fprint(w, `{"items": []}`) }))
	t.Cleanup(other.Close)
	d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/list" {
			fmt.Fprintf(w, `{"items": [{"id": "1"}], "next": %q}`, other.URL+"/list?page=2")
			return
		}
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}), `, "pull": [{"name": "list", "list": {"method": "GET", "path": "/list"}, "items": "items[]", "key": "id", "page": {"style": "link", "next": "next"}}]`+create)
	b := d.open(t)
	_, err := b.(bridges.Sink).Deliver(t.Context(), delivery())
	if e := classOf(t, err); e.Class != bridges.Hold {
		t.Errorf("a redirect is %s", e.Class)
	}
	taken := 0
	err = b.(interface {
		Poll(context.Context, bridges.Accept) error
	}).Poll(t.Context(), func(context.Context, bridges.Inbound) (bridges.Accepted, error) {
		taken++
		return bridges.Accepted{}, nil
	})
	if err == nil || !strings.Contains(err.Error(), "another host") || taken != 1 {
		t.Errorf("the next page elsewhere: %v, %d taken", err, taken)
	}
	if elsewhere != 0 {
		t.Errorf("%d requests went elsewhere", elsewhere)
	}
}

// On a node whose operator did not allow private addresses, nothing inside is reached, whatever an administrator enters; the
// metadata service of a cloud never is.
func TestNothingPrivate(t *testing.T) {
	reached := 0
	d := newDesk(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }), create)
	d.config.AllowPrivate = false
	if _, err := d.kind.New(d.config); err == nil {
		t.Error("http:// was taken")
	}
	d.config.Settings["url"] = strings.Replace(d.config.Settings["url"], "http://", "https://", 1)
	_, err := d.open(t).(bridges.Sink).Deliver(t.Context(), delivery())
	if e := classOf(t, err); e.Class != bridges.Hold || !strings.Contains(e.Sentence, "private") || reached != 0 {
		t.Errorf("%s: %s", e.Class, e.Sentence)
	}
	d.config.AllowPrivate = true
	for _, address := range []string{"http://169.254.169.254/latest", "http://[fd00:ec2::254]", "http://100.100.100.200"} {
		d.config.Settings["url"] = address
		_, err := d.open(t).(bridges.Sink).Deliver(t.Context(), delivery())
		if e := classOf(t, err); e.Class != bridges.Hold || !strings.Contains(e.Sentence, "cloud") {
			t.Errorf("%s: %s: %s", address, e.Class, e.Sentence)
		}
	}
}

// An answer that takes too long, or does not end, is unknown; with nothing to look up, a person looks.
func TestTimeOut(t *testing.T) {
	d := newDesk(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the caller has gone
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}), `, "limits": {"timeout": "3s"}`+create)
	sink := d.open(t).(bridges.Sink)
	first := delivery()
	_, err := sink.Deliver(t.Context(), first)
	if e := classOf(t, err); e.Class != bridges.Unknown {
		t.Fatalf("class %s: %s", e.Class, e.Sentence)
	}
	first.Unknown, first.Attempt = true, 2
	_, err = d.open(t).(bridges.Sink).Deliver(t.Context(), first)
	if e := classOf(t, err); e.Class != bridges.Hold {
		t.Errorf("the next attempt is %s: %s", e.Class, e.Sentence)
	}
}

// Secrets stand in no error and no log, and an administrator's mistake is a sentence.
func TestSettingsAreChecked(t *testing.T) {
	d := newDesk(t, http.NotFoundHandler(), `, "auth": {"kind": "bearer", "token": "{secrets.key}"}`+create)
	for name, change := range map[string]func(){
		"no address": func() { d.config.Settings = map[string]string{} },
		"no secret":  func() { d.config.Secrets = nil },
		"line break": func() { d.config.Secrets = func(string) (string, bool) { return "s3cret\r\nX: y", true } },
		"no CA":      func() { d.config.Settings["ca"] = "s3cret" },
	} {
		kept := d.config
		kept.Settings = map[string]string{"url": d.config.Settings["url"]}
		change()
		if _, err := d.kind.New(d.config); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
		d.config = kept
	}
}

// The mistakes that partners could make on purpose: two senders with one referral number have two records.
func TestSendersCannotNameOthersRecords(t *testing.T) {
	seen := map[string]int{}
	d := newDesk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		_ = json.NewDecoder(r.Body).Decode(&in)
		seen[in["ours"]]++
		fmt.Fprint(w, `{"id": "1"}`)
	}), create)
	sink := d.open(t).(bridges.Sink)
	for _, from := range []protocol.OrgID{"rw1a", "rw1b"} {
		x := delivery()
		x.From.ID, x.Key = from, string(from)
		if _, err := sink.Deliver(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d numbers for two senders", len(seen))
	}
}

// A preset whose system stands in somebody's own house may prove itself with a certificate, and mtls as the sign-in needs one.
func TestMutualTLSOfPresets(t *testing.T) {
	d := newDesk(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), `, "auth": {"kind": "mtls"}`+create)
	for _, name := range []string{"certificate", "certificate-key"} {
		if !slices.ContainsFunc(d.kind.Settings, func(s bridges.Setting) bool { return s.Name == name && s.Type == bridges.Secret }) {
			t.Errorf("the form has no %s", name)
		}
	}
	var wrong *bridges.Wrong
	if _, err := d.kind.New(d.config); !errors.As(err, &wrong) || wrong.Setting != "certificate" {
		t.Errorf("mtls without a certificate: %v", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, plan, plan, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ours)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id": "7"}`) }))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	d.config.Settings = map[string]string{"url": s.URL, "ca": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))}
	d.config.Secrets = func(name string) (string, bool) {
		v, ok := map[string]string{"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), "certificate-key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))}[name]
		return v, ok
	}
	if out, err := d.open(t).(bridges.Sink).Deliver(t.Context(), delivery()); err != nil || out.Reference != "7" {
		t.Errorf("with a certificate: %+v, %v", out, err)
	}
}
