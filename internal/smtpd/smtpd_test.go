package smtpd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"referworks/internal/smtpd"
)

func start(t *testing.T, cfg smtpd.Config) *smtpd.Server {
	t.Helper()
	s, err := smtpd.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// talk is a client that says exactly what it is told to.
type talk struct {
	t *testing.T
	*textproto.Conn
	raw net.Conn
}

func dial(t *testing.T, s *smtpd.Server) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	c := &talk{t, textproto.NewConn(conn), conn}
	t.Cleanup(func() { _ = c.Close() })
	c.hear(220)
	return c
}

func (c *talk) hear(code int) string {
	c.t.Helper()
	_, text, err := c.ReadResponse(code)
	if err != nil {
		c.t.Fatalf("want %d, got %v", code, err)
	}
	return text
}

func (c *talk) say(code int, line string) string {
	c.t.Helper()
	if err := c.PrintfLine("%s", line); err != nil {
		c.t.Fatal(err)
	}
	return c.hear(code)
}

func (c *talk) secure(s *smtpd.Server) {
	c.t.Helper()
	c.say(250, "EHLO client.example")
	c.say(220, "STARTTLS")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.Certificate())) {
		c.t.Fatal("no certificate")
	}
	secure := tls.Client(c.raw, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if err := secure.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.raw, c.Conn = secure, textproto.NewConn(secure)
}

func TestNothingWithoutTLS(t *testing.T) {
	s := start(t, smtpd.Config{User: "u", Password: "p"})
	c := dial(t, s)
	if hello := c.say(250, "EHLO client.example"); strings.Contains(hello, "AUTH") || !strings.Contains(hello, "STARTTLS") {
		t.Errorf("offered without TLS: %q", hello)
	}
	c.say(523, "AUTH PLAIN AHUAcA==")
	c.say(530, "MAIL FROM:<a@b.example>")
	c.secure(s)
	if hello := c.say(250, "EHLO client.example"); !strings.Contains(hello, "AUTH PLAIN LOGIN") {
		t.Errorf("offered with TLS: %q", hello)
	}
	c.say(530, "MAIL FROM:<a@b.example>")
	c.say(535, "AUTH PLAIN AHUAeA==")
	c.say(235, "AUTH PLAIN AHUAcA==")
	c.say(250, "MAIL FROM:<a@b.example>")
}

// Ways to end a mail early for a lenient server, with a second one behind it. None may give two mails, or one that
// holds a lone CR or LF.
func TestSmuggling(t *testing.T) {
	for i, end := range []string{"\n.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\n\n.\n\n", "\r\n\x00.\r\n", "\r\n.\r"} {
		s := start(t, smtpd.Config{})
		c := dial(t, s)
		c.secure(s)
		c.say(250, "EHLO client.example")
		c.say(250, "MAIL FROM:<a@b.example>")
		c.say(250, "RCPT TO:<c@d.example>")
		c.say(354, "DATA")
		want, mails := 554, 0
		if i >= 6 { // plain data in the middle of one mail; of \r\n.\r the library drops the dot and the CR
			want, mails = 250, 1
		}
		if _, err := fmt.Fprintf(c.raw, "Subject: one\r\n\r\nfirst%sMAIL FROM:<evil@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: two\r\n\r\nsecond\r\n.\r\n", end); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadResponse(want); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
		got := s.Messages()
		if len(got) != mails {
			t.Errorf("case %d: %d mails", i, len(got))
		}
		for _, m := range got {
			if rest := strings.ReplaceAll(string(m.Data), "\r\n", ""); strings.ContainsAny(rest, "\r\n") || !strings.Contains(rest, "second") {
				t.Errorf("case %d: %q", i, m.Data)
			}
		}
	}
}

func TestFolderAndWait(t *testing.T) {
	dir := t.TempDir()
	s := start(t, smtpd.Config{Folder: dir})
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := s.Wait(ctx, 1); err == nil {
		t.Error("waited for nothing and got it")
	}
	c := dial(t, s)
	c.secure(s)
	c.say(250, "EHLO client.example")
	for n := 1; n <= 2; n++ {
		c.say(250, "MAIL FROM:<a@b.example>")
		c.say(250, "RCPT TO:<c@d.example>")
		c.say(354, "DATA")
		if answer := c.say(250, fmt.Sprintf("Subject: %d\r\n\r\n..x\r\n.", n)); !strings.Contains(answer, fmt.Sprintf("queued as RW%06d", n)) {
			t.Errorf("answer %q", answer)
		}
	}
	got, err := s.Wait(context.Background(), 2)
	if err != nil || len(got) != 2 || got[0].From != "a@b.example" || string(got[1].Data) != "Subject: 2\r\n\r\n.x\r\n" {
		t.Errorf("%v, %+v", err, got)
	}
	file, err := os.ReadFile(filepath.Join(dir, "000002.eml"))
	if err != nil || string(file) != string(got[1].Data) {
		t.Errorf("file %q, %v", file, err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	for range 50 { // at once after Start too
		s, err := smtpd.Start(smtpd.Config{})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		_ = s.Close()
		if conn, err := net.Dial("tcp", s.Addr()); err == nil {
			_ = conn.Close()
			t.Fatal("still listening")
		}
	}
}
