package email_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/email"
	"referworks/internal/smtpd"
)

const canary = "Zebulona"

func delivery() bridges.Delivery {
	return bridges.Delivery{
		Key: "k1", Reference: "RW-7K3F-19", Attempt: 1, From: bridges.Party{Name: "Harbor Legal Aid"}, To: bridges.Party{Name: "Elm Street Elder Law Clinic"},
		Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{"Client First Name":"` + canary + `"}`)},
		Letter: bridges.Letter{Language: "en", Lines: []bridges.Line{
			{Label: "Client", Heading: true}, {Label: "Client First Name", Value: canary}, {Label: "Type of Help", Value: "Guardianship <b>"},
			{Label: "Story", Value: "Line one\n.\nLine three"},
		}},
	}
}

func open(t *testing.T, s *smtpd.Server, log *slog.Logger, settings map[string]string) bridges.Sink {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"host": host, "port": port, "from": "node@elm.example", "to": "intake@elm.example", "policy": email.Full, "own-server": "true", "pin": s.Pin()}
	for k, v := range settings {
		all[k] = v
	}
	b, err := email.Kind().New(bridges.Config{Settings: all, AllowPrivate: true, Log: log, Now: time.Now, Secrets: func(string) (string, bool) { return "right", true }})
	if err != nil {
		t.Fatal(err)
	}
	return b.(bridges.Sink)
}

func start(t *testing.T, cfg smtpd.Config) *smtpd.Server {
	t.Helper()
	s, err := smtpd.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// fataler is a test or a property's check.
type fataler interface{ Fatal(...any) }

// parts reads a captured mail back: its header, text, HTML and attachment.
func parts(t fataler, raw []byte) (mail.Header, map[string]string) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(contentType, encoding string, r io.Reader)
	walk = func(contentType, encoding string, r io.Reader) {
		media, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(media, "multipart/") {
			mr := multipart.NewReader(r, params["boundary"])
			for {
				p, err := mr.NextRawPart()
				if errors.Is(err, io.EOF) {
					return
				} else if err != nil {
					t.Fatal(err)
				}
				walk(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			}
		}
		switch encoding {
		case "quoted-printable":
			r = quotedprintable.NewReader(r)
		case "base64":
			r = base64.NewDecoder(base64.StdEncoding, r)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[media] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	walk(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return m.Header, out
}

func TestLetterArrivesAndReadsBack(t *testing.T) {
	s := start(t, smtpd.Config{User: "node", Password: "right"})
	var log bytes.Buffer
	sink := open(t, s, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), map[string]string{"user": "node"})
	d := delivery()
	out, err := sink.Deliver(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Blind {
		t.Error("mail must be reported as handed over, not as confirmed")
	}
	got := s.Messages()
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0] != "intake@elm.example" {
		t.Fatalf("captured %d messages", len(got))
	}
	header, p := parts(t, got[0].Data)
	for _, name := range []string{"Subject", "From", "To", "Message-Id", "X-Referworks-Reference"} {
		if strings.Contains(header.Get(name), canary) || strings.Contains(header.Get(name), "Guardianship") {
			t.Errorf("%s shows something about the person", name)
		}
	}
	if header.Get("Auto-Submitted") != "auto-generated" {
		t.Error("the mail does not say that it is automatic")
	}
	for _, line := range []string{"Client First Name: " + canary, "Type of Help: Guardianship <b>", "Story: Line one\n    .\n    Line three"} {
		if !strings.Contains(p["text/plain"], line) {
			t.Errorf("the text has no line %q:\n%s", line, p["text/plain"])
		}
	}
	if !strings.Contains(p["text/html"], "Guardianship &lt;b&gt;") {
		t.Error("the HTML does not escape values")
	}
	if p["application/json"] != string(d.Document.Bytes) {
		t.Errorf("the attached record differs: %q", p["application/json"])
	}
	if strings.Contains(log.String(), canary) || strings.Contains(log.String(), "intake@elm.example") {
		t.Error("the log holds personal data")
	}
	if log.Len() == 0 {
		t.Error("the log is empty: the check above shows nothing")
	}
	d.Attempt, d.Unknown = 2, true
	if _, err := sink.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	again, _ := parts(t, s.Messages()[1].Data)
	if again.Get("Message-Id") != header.Get("Message-Id") {
		t.Error("the second attempt has another Message-ID")
	}
	d.Key = "k2"
	if _, err := sink.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if other, _ := parts(t, s.Messages()[2].Data); other.Get("Message-Id") == header.Get("Message-Id") {
		t.Error("another delivery has the same Message-ID")
	}
}

func TestWhatGoesWrongHasItsClass(t *testing.T) {
	for name, c := range map[string]struct {
		server   smtpd.Config
		fault    smtpd.Fault
		settings map[string]string
		want     bridges.Class
		says     string
		taken    int
	}{
		"greylisted":       {fault: smtpd.Greylist, want: bridges.Temporary, says: "451"},
		"storage fails":    {fault: smtpd.StorageFails, want: bridges.Temporary, says: "451"},
		"no such box":      {fault: smtpd.NoSuchBox, want: bridges.Hold, says: "mailbox"},
		"bad sender":       {fault: smtpd.BadSender, want: bridges.Hold, says: "sender"},
		"policy":           {fault: smtpd.PolicyRefused, want: bridges.Hold, says: "rules"},
		"refused":          {fault: smtpd.Refused, want: bridges.Permanent, says: "554"},
		"too big":          {fault: smtpd.TooBig, want: bridges.Permanent, says: "too large"},
		"dropped in data":  {fault: smtpd.DropInData, want: bridges.Unknown},
		"dropped":          {fault: smtpd.DropAfterData, want: bridges.Unknown, says: "not known", taken: 1},
		"stalled":          {fault: smtpd.StallAfterData, settings: map[string]string{"timeout": "1"}, want: bridges.Unknown, says: "not known", taken: 1},
		"wrong password":   {server: smtpd.Config{User: "node", Password: "other"}, settings: map[string]string{"user": "node"}, want: bridges.Hold, says: "password"},
		"wrong, by LOGIN":  {server: smtpd.Config{User: "node", Password: "other", Mechanisms: []string{"LOGIN"}}, settings: map[string]string{"user": "node"}, want: bridges.Hold, says: "password"},
		"no user":          {server: smtpd.Config{User: "node", Password: "other"}, want: bridges.Hold, says: "password"},
		"no AUTH":          {settings: map[string]string{"user": "node"}, want: bridges.Hold, says: "password"},
		"odd AUTH":         {server: smtpd.Config{User: "node", Mechanisms: []string{"GSSAPI"}}, settings: map[string]string{"user": "node"}, want: bridges.Hold, says: "password"},
		"no TLS":           {server: smtpd.Config{NoTLS: true}, want: bridges.Hold, says: "no encryption"},
		"no TLS, implicit": {settings: map[string]string{"tls": "implicit"}, want: bridges.Hold, says: "did not prove"},
		"wrong pin":        {settings: map[string]string{"pin": strings.Repeat("A", 43)}, want: bridges.Hold, says: "did not prove"},
		"no pin":           {settings: map[string]string{"pin": ""}, want: bridges.Hold, says: "pin"},
		"not ours":         {settings: map[string]string{"own-server": "false"}, want: bridges.Hold, says: "not declared yours"},
		"notice":           {settings: map[string]string{"policy": email.Notice}, want: bridges.Hold, says: "no address that a browser reaches"},
		"summary":          {settings: map[string]string{"policy": email.Summary}, want: bridges.Hold, says: "no address that a browser reaches"},
		"unreachable":      {settings: map[string]string{"port": "1"}, want: bridges.Temporary, says: "cannot be reached"},
		"metadata":         {settings: map[string]string{"host": "169.254.169.254"}, want: bridges.Hold, says: "metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.server)
			s.Fail(c.fault)
			_, err := open(t, s, slog.New(slog.DiscardHandler), c.settings).Deliver(context.Background(), delivery())
			var be *bridges.Error
			if !errors.As(err, &be) {
				t.Fatalf("got %v", err)
			}
			if be.Class != c.want || be.Sentence == "" || !strings.Contains(be.Sentence, c.says) {
				t.Errorf("class %s: %s (%v), want %s: %s", be.Class, be.Sentence, be.Err, c.want, c.says)
			}
			if n := len(s.Messages()); n != c.taken {
				t.Errorf("the server took %d messages, want %d", n, c.taken)
			}
			for _, leak := range []string{canary, "intake@", "node@"} {
				if strings.Contains(be.Sentence, leak) || be.Err != nil && strings.Contains(be.Err.Error(), leak) {
					t.Errorf("the error holds %q: %s, %v", leak, be.Sentence, be.Err)
				}
			}
		})
	}
}

// The operator's leave is asked for when the address is dialed.
func TestHostedConnectionStaysOutside(t *testing.T) {
	s := start(t, smtpd.Config{})
	host, port, _ := net.SplitHostPort(s.Addr())
	b, err := email.Kind().New(bridges.Config{Settings: map[string]string{"host": host, "port": port, "from": "a@b.example", "to": "c@b.example", "policy": email.Full, "own-server": "true", "pin": s.Pin()}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.(bridges.Sink).Deliver(context.Background(), delivery())
	var be *bridges.Error
	if !errors.As(err, &be) || be.Class != bridges.Hold || !strings.Contains(be.Sentence, "private") || len(s.Messages()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestWaysIn(t *testing.T) {
	for name, c := range map[string]struct {
		server   smtpd.Config
		settings func(*smtpd.Server) map[string]string
	}{
		"implicit TLS":         {smtpd.Config{Implicit: true}, func(*smtpd.Server) map[string]string { return map[string]string{"tls": "implicit"} }},
		"implicit and sign-in": {smtpd.Config{Implicit: true, User: "node", Password: "right"}, func(*smtpd.Server) map[string]string { return map[string]string{"tls": "implicit", "user": "node"} }},
		"LOGIN":                {smtpd.Config{User: "node", Password: "right", Mechanisms: []string{"LOGIN"}}, func(*smtpd.Server) map[string]string { return map[string]string{"user": "node"} }},
		"PLAIN":                {smtpd.Config{User: "node", Password: "right", Mechanisms: []string{"PLAIN"}}, func(*smtpd.Server) map[string]string { return map[string]string{"user": "node"} }},
		"own authority":        {smtpd.Config{}, func(s *smtpd.Server) map[string]string { return map[string]string{"pin": "", "ca": s.Certificate()} }},
		"both":                 {smtpd.Config{}, func(s *smtpd.Server) map[string]string { return map[string]string{"ca": s.Certificate()} }},
		"certificate's print":  {smtpd.Config{}, func(s *smtpd.Server) map[string]string { return map[string]string{"pin": fingerprint(s)} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.server)
			sink := open(t, s, nil, c.settings(s))
			if err := sink.(bridges.Tester).Test(context.Background()); err != nil {
				t.Error(err)
			}
			out, err := sink.Deliver(context.Background(), delivery())
			if err != nil || len(s.Messages()) != 1 || !strings.Contains(out.Detail, "queued as RW000001") {
				t.Errorf("%+v, %v, %d messages", out, err, len(s.Messages()))
			}
		})
	}
	s := start(t, smtpd.Config{})
	other := start(t, smtpd.Config{})
	if _, err := open(t, s, nil, map[string]string{"pin": "", "ca": other.Certificate()}).Deliver(context.Background(), delivery()); err == nil {
		t.Error("a certificate of another authority was believed")
	}
}

// fingerprint writes a certificate's SHA-256 as openssl does.
func fingerprint(s *smtpd.Server) string {
	block, _ := pem.Decode([]byte(s.Certificate()))
	var parts []string
	for _, b := range sha256.Sum256(block.Bytes) {
		parts = append(parts, fmt.Sprintf("%02X", b))
	}
	return strings.Join(parts, ":")
}

func TestCanceled(t *testing.T) {
	s := start(t, smtpd.Config{})
	s.Fail(smtpd.StallAfterData)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = s.Wait(context.Background(), 1)
		cancel()
	}()
	began := time.Now()
	_, err := open(t, s, nil, nil).Deliver(ctx, delivery())
	var be *bridges.Error
	if !errors.As(err, &be) || be.Class != bridges.Unknown || time.Since(began) > 20*time.Second {
		t.Errorf("got %v after %s, want unknown at once", err, time.Since(began))
	}
}

func TestWrongSettingsAreAllNamed(t *testing.T) {
	good := map[string]string{"host": "mail.example.org", "from": "node@example.org", "to": "intake@example.org"}
	if _, err := email.Kind().New(bridges.Config{Settings: good}); err != nil {
		t.Errorf("good settings: %v", err)
	}
	for setting, bad := range map[string][]string{
		"host":       {"", "mail.example.org:25", "https://mail.example.org", "a b"},
		"port":       {"0", "65536", "smtp"},
		"tls":        {"none"},
		"from":       {"", "Node <node@example.org>", "node@example.org\r\nBcc: x@example.org", "node", "a@b.example, c@d.example"},
		"to":         {"", "intake@", "<intake@example.org>"},
		"user":       {"node"}, // without a password
		"policy":     {"everything"},
		"own-server": {"yes"},
		"pin":        {"abc", strings.Repeat("A", 42), strings.Repeat("z", 64)},
		"ca":         {"hello"},
		"timeout":    {"0", "301"},
	} {
		for _, v := range bad {
			settings := maps.Clone(good)
			settings[setting] = v
			if _, err := email.Kind().New(bridges.Config{Settings: settings}); err == nil {
				t.Errorf("%s %q was accepted", setting, v)
			}
		}
	}
	_, err := email.Kind().New(bridges.Config{Settings: map[string]string{"port": "x", "policy": "y"}})
	if err == nil || !strings.Contains(err.Error(), "port") || !strings.Contains(err.Error(), "notice") || !strings.Contains(err.Error(), "mailbox") {
		t.Errorf("not all problems are named: %v", err)
	}
}

func TestConnectionTest(t *testing.T) {
	s := start(t, smtpd.Config{})
	if err := open(t, s, slog.New(slog.DiscardHandler), nil).(bridges.Tester).Test(context.Background()); err != nil {
		t.Error(err)
	}
	if err := open(t, s, slog.New(slog.DiscardHandler), map[string]string{"pin": strings.Repeat("A", 43)}).(bridges.Tester).Test(context.Background()); err == nil {
		t.Error("a wrong pin passed the test")
	}
	if len(s.Messages()) != 0 {
		t.Error("a test sent mail")
	}
}
