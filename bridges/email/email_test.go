package email_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
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
	b, err := email.Kind().New(bridges.Config{Settings: all, Log: log, Now: time.Now, Secrets: func(string) (string, bool) { return "right", true }})
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

// parts reads a captured mail back: its header, text, HTML and attachment.
func parts(t *testing.T, raw []byte) (mail.Header, map[string]string) {
	t.Helper()
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
	sink := open(t, s, slog.New(slog.NewJSONHandler(&log, nil)), map[string]string{"user": "node"})
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
	d.Attempt, d.Unknown = 2, true
	if _, err := sink.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	again, _ := parts(t, s.Messages()[1].Data)
	if again.Get("Message-Id") != header.Get("Message-Id") {
		t.Error("the second attempt has another Message-ID")
	}
}

func TestWhatGoesWrongHasItsClass(t *testing.T) {
	for name, c := range map[string]struct {
		server   smtpd.Config
		fault    smtpd.Fault
		settings map[string]string
		want     bridges.Class
		taken    int
	}{
		"greylisted":     {fault: smtpd.Greylist, want: bridges.Temporary},
		"no such box":    {fault: smtpd.NoSuchBox, want: bridges.Permanent},
		"policy":         {fault: smtpd.PolicyRefused, want: bridges.Permanent},
		"dropped":        {fault: smtpd.DropAfterData, want: bridges.Unknown, taken: 1},
		"wrong password": {server: smtpd.Config{User: "node", Password: "other"}, settings: map[string]string{"user": "node"}, want: bridges.Hold},
		"no TLS":         {server: smtpd.Config{NoTLS: true}, want: bridges.Hold},
		"wrong pin":      {settings: map[string]string{"pin": strings.Repeat("A", 43)}, want: bridges.Hold},
		"no pin":         {settings: map[string]string{"pin": ""}, want: bridges.Hold},
		"not ours":       {settings: map[string]string{"own-server": "false"}, want: bridges.Hold},
		"notice":         {settings: map[string]string{"policy": email.Notice}, want: bridges.Hold},
		"unreachable":    {settings: map[string]string{"port": "1"}, want: bridges.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.server)
			s.Fail(c.fault)
			_, err := open(t, s, slog.New(slog.DiscardHandler), c.settings).Deliver(context.Background(), delivery())
			var be *bridges.Error
			if !errors.As(err, &be) {
				t.Fatalf("got %v", err)
			}
			if be.Class != c.want || be.Sentence == "" {
				t.Errorf("class %s (%v), want %s", be.Class, be.Err, c.want)
			}
			if n := len(s.Messages()); n != c.taken {
				t.Errorf("the server took %d messages, want %d", n, c.taken)
			}
			if strings.Contains(be.Sentence, canary) {
				t.Error("the sentence holds personal data")
			}
		})
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	s := start(t, smtpd.Config{})
	d := delivery()
	d.From.Name = "Harbor\r\nBcc: thief@example.org\u202e"
	d.Reference = "RW-1\r\nX-Evil: 1"
	if _, err := open(t, s, slog.New(slog.DiscardHandler), nil).Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	header, _ := parts(t, s.Messages()[0].Data)
	if header.Get("Bcc") != "" || header.Get("X-Evil") != "" || len(s.Messages()[0].To) != 1 {
		t.Errorf("a header was injected: %v", header)
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
