package email

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"referworks/bridges"
	"referworks/bridges/record"
	"referworks/internal/smtpd"
	"referworks/protocol"
)

const canary = "Zebulona"

func sample() bridges.Delivery {
	return bridges.Delivery{
		Key: "k1", Reference: "RW-7K3F-19", Attempt: 1, From: bridges.Party{ID: "harbor", Name: "Harbor Legal Aid"},
		Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{"Client First Name":"` + canary + `"}`)},
		Letter: bridges.Letter{Language: "en", Lines: []bridges.Line{
			{Label: "Client", Heading: true}, {Label: "Client First Name", Value: canary, Class: protocol.P1},
			{Label: "Type of Help", Value: "Guardianship <b>", Class: protocol.P2}, {Label: "Urgency", Value: "This week", Class: protocol.P0},
		}},
	}
}

// outBox opens a connection to a real mail server, with a page and mail coming in.
func outBox(t testing.TB, s *smtpd.Server, settings map[string]string) *mailbox {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.Addr())
	all := map[string]string{"host": host, "port": port, "pin": s.Pin(), "policy": Notice, "from": "node@node.example"}
	for k, v := range settings {
		all[k] = v
	}
	m := boxOf(t, all)
	m.again = func(_ context.Context, key string) (bridges.Delivery, error) {
		d := sample()
		if key != d.Key {
			return d, fmt.Errorf("no delivery %s", key)
		}
		return d, nil
	}
	return m
}

func startSMTP(t testing.TB) *smtpd.Server {
	t.Helper()
	s, err := smtpd.Start(smtpd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func deliver(t testing.TB, m *mailbox, s *smtpd.Server, d bridges.Delivery) (*letter, smtpd.Message, bridges.Outcome) {
	t.Helper()
	out, err := m.Deliver(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	all := s.Messages()
	last := all[len(all)-1]
	l, err := m.readers.read(last.Data)
	if err != nil {
		t.Fatal(err)
	}
	return l, last, out
}

// What each policy shows: a notice no name and no need, anywhere.
func TestPolicies(t *testing.T) {
	s := startSMTP(t)
	own := map[string]string{"policy": Full, "own-server": "true"}
	for name, c := range map[string]struct {
		settings       map[string]string
		shows, withhes []string
		files          int
		why            string
	}{
		"notice":                        {map[string]string{"policy": Notice}, []string{"RW-7K3F-19", "https://node.example/c/x/"}, []string{canary, "Guardianship", "Harbor", "This week"}, 0, ""},
		"summary":                       {map[string]string{"policy": Summary}, []string{"RW-7K3F-19", "https://node.example/c/x/", "Harbor Legal Aid", "Urgency: This week"}, []string{canary, "Guardianship"}, 0, ""},
		"full":                          {own, []string{canary, "Guardianship", "https://node.example/c/x/", "Accept"}, nil, 1, ""},
		"full, not ours":                {map[string]string{"policy": Full}, []string{"https://node.example/c/x/"}, []string{canary, "Guardianship", "Harbor"}, 0, "not declared yours"},
		"full, ours, nobody proves it":  {map[string]string{"policy": Full, "own-server": "true", "pin": ""}, nil, nil, 0, "pin"},
		"notice without answers":        {map[string]string{"policy": Notice, "inbox": "none", "address": ""}, []string{"https://node.example/c/x/"}, []string{canary, "Accept,"}, 0, ""},
		"full without answers or links": {map[string]string{"policy": Full, "own-server": "true", "inbox": "none", "address": ""}, []string{canary}, []string{"Accept,"}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := outBox(t, s, c.settings)
			var told error
			m.health = func(err error) { told = err }
			if name == "full, ours, nobody proves it" {
				if err := m.fullAllowed(t.Context()); err == nil || !strings.Contains(err.Error(), c.why) {
					t.Errorf("allowed: %v", err)
				}
				return
			}
			l, raw, out := deliver(t, m, s, sample())
			for _, part := range []string{l.text, l.html} {
				for _, want := range c.shows {
					if !strings.Contains(strings.ReplaceAll(part, "&lt;", "<"), want) && !strings.Contains(want, ": ") {
						t.Errorf("%q is not in %s", want, part)
					}
				}
				for _, not := range c.withhes {
					if strings.Contains(part, not) {
						t.Errorf("%q is in %s", not, part)
					}
				}
			}
			for _, not := range []string{canary, "Guardianship"} {
				if strings.Contains(l.subject, not) || len(c.withhes) > 0 && bytes.Contains(raw.Data, []byte(not)) && name != "full without answers or links" {
					t.Errorf("%q is in the mail", not)
				}
			}
			if len(l.files) != c.files || (told != nil) != (c.why != "") || !strings.Contains(out.Detail, c.why) || told != nil && !strings.Contains(told.Error(), c.why) {
				t.Errorf("%d files, told %v, detail %q", len(l.files), told, out.Detail)
			}
			if m.lookUp(strings.Split(l.id, "@")[0]) == nil || out.Reference != l.id {
				t.Errorf("id %q, reference %q", l.id, out.Reference)
			}
			if m.address != "" {
				if to := tagOf(addresses(l.header["Reply-To"])[0]); m.lookUp(to) == nil {
					t.Errorf("answers go to %q", l.header["Reply-To"])
				}
				if !strings.HasPrefix(raw.From, "refer+b-") {
					t.Errorf("reports go to %q", raw.From)
				}
			} else if raw.From != "node@node.example" {
				t.Errorf("reports go to %q", raw.From)
			}
		})
	}
}

func TestSpanish(t *testing.T) {
	s := startSMTP(t)
	d := sample()
	d.Letter.Language = "es-MX"
	l, _, _ := deliver(t, outBox(t, s, nil), s, d)
	if !strings.Contains(l.subject, "Nueva derivación") || !strings.Contains(l.text, "Ábrala aquí") || !strings.Contains(l.html, `lang="es"`) {
		t.Errorf("%s\n%s", l.subject, l.text)
	}
}

// What we write, our own parser reads back: the same record from the attachment, and the same labels and values from the
// text, whatever they hold.
func TestOurLettersReadBack(t *testing.T) {
	s, outer := startSMTP(t), t
	m := outBox(t, s, map[string]string{"policy": Full, "own-server": "true"})
	label := rapid.StringMatching(`[A-Z][a-z]{2,10}( [a-z]{2,8}){0,2}`)
	value := rapid.OneOf(rapid.StringMatching(`([-*•o–] |[0-9][.)] )?[A-Za-z0-9ñéß家 .,;=<>&"'/*#-]{1,60}`), rapid.SampledFrom([]string{canary, "2026-11-29", "(555) 010-0199", "=?utf-8?q?a?=", "a\u202eb", strings.Repeat("x", 2000), "<script>alert(1)</script>", "From here", "."}))
	rapid.Check(t, func(t *rapid.T) {
		if len(s.Messages()) > 5000 { // it keeps no more than 10,000
			s = startSMTP(outer)
			m = outBox(outer, s, map[string]string{"policy": Full, "own-server": "true"})
		}
		d := sample()
		d.Letter.Lines = nil
		obj := record.NewObject()
		labels := rapid.SliceOfNDistinct(label, 2, 6, func(s string) string { return strings.ToLower(s) }).Draw(t, "labels")
		for _, name := range labels {
			v := value.Draw(t, "value")
			d.Letter.Lines = append(d.Letter.Lines, bridges.Line{Label: name, Value: v, Class: protocol.P1})
			obj.Add(name, record.NewText(v))
		}
		var err error
		if d.Document.Bytes, err = record.EncodeJSON(obj); err != nil {
			t.Fatal(err)
		}
		d.Key = fmt.Sprint("k", len(s.Messages()))
		if _, err := m.Deliver(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		all := s.Messages()
		raw := all[len(all)-1].Data
		l, err := m.readers.read(raw)
		if err != nil {
			t.Fatal(err)
		}
		in := l.inbound(raw, readAll)
		if in.Unread != "" || in.Document.Format != "json" || !bytes.Equal(in.Document.Bytes, d.Document.Bytes) || len(in.Files) != 0 {
			t.Fatalf("read back %q, %s, %d files", in.Unread, in.Document.Bytes, len(in.Files))
		}
		for _, body := range []string{l.text, l.html} {
			form, _, err := record.DecodeForm([]byte(body), record.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			form.Leaves(func(p record.Path, leaf *record.Node) { got[p[len(p)-1].Name] = leaf.Text })
			for _, line := range d.Letter.Lines {
				want := squeezeSpace(visible(line.Value))
				if have := squeezeSpace(got[line.Label]); have != want {
					t.Fatalf("%s is %q, want %q, in\n%s", line.Label, have, want, body)
				}
			}
		}
	})
}

func squeezeSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestSigned(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s := startSMTP(t)
	m := outBox(t, s, map[string]string{"policy": Full, "own-server": "true"})
	if m.dkimSigner, err = dkimKey(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))); err != nil {
		t.Fatal(err)
	}
	m.dkimSelector = "rw"
	_, raw, _ := deliver(t, m, s, sample())
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw.Data), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "rw._domainkey.node.example" {
			t.Errorf("asked for %s", name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}})
	if err != nil || len(found) != 1 || found[0].Err != nil {
		t.Errorf("%v, %+v\n%s", err, found, raw.Data)
	}
	for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := dkimKey(bad); err == nil {
			t.Errorf("%q was taken for a key", bad)
		}
	}
}

// A domain that promises proven encryption by MTA-STS gets full letters through the servers that it names, and no others.
func TestMTASTS(t *testing.T) {
	for name, c := range map[string]struct {
		txt    []string
		policy string
		host   string
		says   string
	}{
		"proven":        {[]string{"v=STSv1; id=1"}, "version: STSv1\r\nmode: enforce\r\nmx: mail.elm.example\r\nmax_age: 86400\r\n", "mail.elm.example", ""},
		"by a pattern":  {[]string{"v=STSv1; id=1"}, "version: STSv1\nmode: enforce\nmx: *.elm.example\nmax_age: 86400\n", "mx2.elm.example", ""},
		"another":       {[]string{"v=STSv1; id=1"}, "version: STSv1\nmode: enforce\nmx: *.elm.example\nmax_age: 86400\n", "mail.other.example", "none of those"},
		"two levels":    {[]string{"v=STSv1; id=1"}, "version: STSv1\nmode: enforce\nmx: *.elm.example\nmax_age: 86400\n", "a.b.elm.example", "none of those"},
		"only testing":  {[]string{"v=STSv1; id=1"}, "version: STSv1\nmode: testing\nmx: mail.elm.example\nmax_age: 86400\n", "mail.elm.example", "not enforced"},
		"no record":     {nil, "version: STSv1\nmode: enforce\nmx: mail.elm.example\nmax_age: 86400\n", "mail.elm.example", "no MTA-STS policy"},
		"no policy":     {[]string{"v=STSv1; id=1"}, "", "mail.elm.example", "no MTA-STS policy"},
		"several words": {[]string{"v=STSv1; id=1", "v=STSv1; id=2"}, "mode: enforce", "mail.elm.example", "no MTA-STS policy"},
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.policy == "" {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write([]byte(c.policy))
			}))
			defer web.Close()
			m := boxOf(t, map[string]string{"policy": Full, "host": c.host})
			m.dns = names{"_mta-sts.elm.example": c.txt}
			if c.txt == nil {
				m.dns = names{}
			}
			m.stsAddress = func(string) string { return web.URL }
			roots := x509.NewCertPool()
			roots.AddCert(web.Certificate())
			m.stsTLS = &tls.Config{RootCAs: roots}
			err := m.fullAllowed(t.Context())
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTell(t *testing.T) {
	s := startSMTP(t)
	news := bridges.News{Referral: "r1", Key: "n1", Kind: protocol.KindDecline, Status: protocol.StatusDeclined, Partner: bridges.Party{Name: "Harbor Legal Aid"}, Step: protocol.Step{Reason: "no-capacity", Text: canary + " has to wait.\nSorry."}}
	for policy, full := range map[string]bool{Notice: false, Summary: false, Full: true} {
		m := outBox(t, s, map[string]string{"policy": policy, "own-server": "true", "language": "es"})
		if err := m.Tell(t.Context(), news); err != nil {
			t.Fatal(err)
		}
		all := s.Messages()
		l, err := m.readers.read(all[len(all)-1].Data)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(l.text, canary) != full || strings.Contains(l.text, "Harbor") != full || strings.Contains(l.subject, canary) {
			t.Errorf("%s: %s", policy, l.text)
		}
		if full && !strings.Contains(l.text, "Motivo: No hay lugar ahora") {
			t.Errorf("no reason: %s", l.text)
		}
	}
}

// OAuth: the token is asked for once, and a refusal says what to check without a secret.
func TestOAuth(t *testing.T) {
	asked := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		b, _ := url.ParseQuery(readAllString(r))
		if b.Get("client_id") != "app" || b.Get("grant_type") != "client_credentials" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"abc","expires_in":3600}`))
	}))
	defer web.Close()
	m := boxOf(t, map[string]string{"oauth-url": web.URL, "oauth-client": "app"})
	for range 3 {
		if got, err := m.oauth.access(t.Context(), m); err != nil || got != "abc" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	m = boxOf(t, map[string]string{"oauth-url": web.URL, "oauth-client": "other"})
	if _, err := m.oauth.access(t.Context(), m); err == nil || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("got %v", err)
	}
}
