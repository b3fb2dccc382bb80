package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

func TestAMailBecomesADocument(t *testing.T) {
	m, n := boxOf(t, nil), newNode()
	c := dial(t, run(t, m, n.accept))
	c.secure()
	c.send(250, "intake@harbor.example", "refer+anything@node.example", withID("1"))
	in := n.one(t)
	if in.Unread != "" || in.Document.Format != "json" || strings.TrimSpace(string(in.Document.Bytes)) != `{"first":"Ana"}` {
		t.Errorf("document %+v, unread %q", in.Document.Format, in.Unread)
	}
	if len(in.Files) != 1 || in.Files[0].Name != "lease.pdf" {
		t.Errorf("files %v", in.Files)
	}
	if want := strings.ReplaceAll(withID("1"), "\r\n", "\n"); strings.ReplaceAll(string(in.Original.Bytes), "\r\n", "\n") != want {
		t.Error("the original is not what came")
	}
	if !slices.Contains(in.Evidence, "SPF: pass for harbor.example") {
		t.Errorf("evidence %q", in.Evidence)
	}
	c.send(250, "intake@harbor.example", "refer@node.example", withID("1"))
	if len(n.all()) != 1 {
		t.Error("the same mail was taken twice")
	}
}

// Who a mail says that it is from is nobody's proof: without one it waits, whole.
func TestFromAloneIsNothing(t *testing.T) {
	for name, mail := range map[string]struct{ from, text, why string }{
		"not on the list":        {"x@other.example", strings.ReplaceAll(withID("a"), "intake@harbor.example", "x@other.example"), unlisted},
		"not proven":             {"x@other.example", withID("b"), unproven},
		"a name that looks like": {"x@other.example", strings.ReplaceAll(withID("c"), "Harbor Intake <intake@harbor.example>", "\"intake@harbor.example\" <x@other.example>"), unlisted},
		"a subdomain of another": {"x@other.example", strings.ReplaceAll(withID("d"), "intake@harbor.example", "intake@harbor.example.other.example"), unlisted},
		"two writers":            {"intake@harbor.example", "From: y@harbor.example\r\n" + withID("e"), "names its writer 2 times"},
		"a list of writers":      {"intake@harbor.example", strings.ReplaceAll(withID("f"), "From: Harbor", "From: y@other.example, Harbor"), "more than one writer"},
		"no writer":              {"intake@harbor.example", strings.ReplaceAll(withID("g"), "From: Harbor", "X-From: Harbor"), "does not say who wrote it"},
		"a group":                {"intake@harbor.example", strings.ReplaceAll(withID("h"), "From: Harbor Intake <intake@harbor.example>", "From: us: intake@harbor.example, b@other.example;"), "more than one writer"},
		"an automatic answer":    {"intake@harbor.example", "Auto-Submitted: auto-replied\r\n" + withID("i"), echoed},
		"nothing to read":        {"intake@harbor.example", "From: intake@harbor.example\r\n\r\nPlease call me.\r\n", noDocument},
		"a file that is broken":  {"intake@harbor.example", strings.ReplaceAll(withID("j"), `{"first"`, `{"first`), unreadableFile},
		"two files": {"intake@harbor.example", strings.ReplaceAll(strings.ReplaceAll(withID("k"), "referral.json", "a.json"), "application/pdf; name=lease.pdf\r\nContent-Disposition: attachment; filename=\"../lease.pdf\"\r\n\r\n%PDF-",
			"application/json; name=b.json\r\n\r\n{\"b\":1}"), severalFiles},
		"nested without end": {"intake@harbor.example", "From: intake@harbor.example\r\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 30), "nested more than"},
	} {
		t.Run(name, func(t *testing.T) {
			m, n := boxOf(t, nil), newNode()
			dial(t, run(t, m, n.accept)).send(250, mail.from, "refer@node.example", mail.text)
			in := n.one(t)
			if !strings.Contains(in.Unread, mail.why) || in.Unread == "" {
				t.Errorf("unread %q, want %q", in.Unread, mail.why)
			}
			if in.Document.Format != mailFormat || !strings.Contains(strings.ReplaceAll(string(in.Document.Bytes), "\r\n", "\n"), strings.ReplaceAll(mail.text, "\r\n", "\n")) {
				t.Errorf("the original is not kept: %q", in.Document.Bytes)
			}
			if strings.Contains(in.Unread, "harbor") {
				t.Error("the sentence names somebody")
			}
		})
	}
}

func TestDKIM(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(domain string, keys []string) string {
		var b bytes.Buffer
		err := dkim.Sign(&b, strings.NewReader(withID("s")), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: crypto.Signer(private), HeaderKeys: keys})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	key := []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}
	for name, c := range map[string]struct {
		mail   string
		proven bool
		label  string
	}{
		"signed":               {sign("harbor.example", nil), true, "DKIM: pass for harbor.example"},
		"by a part of it":      {sign("mail.harbor.example", nil), true, "DKIM: pass for mail.harbor.example"},
		"by another":           {sign("other.example", nil), false, "DKIM: pass for other.example"},
		"changed":              {strings.Replace(sign("harbor.example", nil), "Ana", "Eva", 1), false, "DKIM: fail for harbor.example"},
		"only a part of it":    {strings.Replace(sign("harbor.example", nil), "v=1;", "v=1; l=5;", 1), false, "DKIM: fail for harbor.example"},
		"claimed by a relay":   {"ARC-Authentication-Results: i=1; mx; dkim=pass header.d=harbor.example\r\nAuthentication-Results: mx; dkim=pass header.d=harbor.example\r\n" + withID("t"), false, "DKIM: none"},
		"by our provider":      {"Authentication-Results: mx.provider.example; dkim=pass header.d=harbor.example\r\n" + withID("u"), true, "DKIM by our provider: pass for harbor.example"},
		"below our provider's": {"Authentication-Results: mx.provider.example; dkim=fail header.d=harbor.example\r\nAuthentication-Results: mx.provider.example; dkim=pass header.d=harbor.example\r\n" + withID("v"), false, "DKIM by our provider: fail for harbor.example"},
	} {
		t.Run(name, func(t *testing.T) {
			m, n := boxOf(t, map[string]string{"provider": "mx.provider.example"}), newNode()
			m.dns = names{"s._domainkey.harbor.example": key, "s._domainkey.mail.harbor.example": key, "s._domainkey.other.example": key}
			if _, err := m.arrive(t.Context(), []byte(c.mail), envelope{}, n.accept); err != nil {
				t.Fatal(err)
			}
			in := n.one(t)
			if (in.Unread == "") != c.proven || !slices.Contains(in.Evidence, c.label) {
				t.Errorf("unread %q, evidence %q", in.Unread, in.Evidence)
			}
		})
	}
}

func TestNoRelay(t *testing.T) {
	m, n := boxOf(t, nil), newNode()
	addr := run(t, m, n.accept)
	c := dial(t, addr)
	c.say(250, "MAIL FROM:<intake@harbor.example>")
	for _, to := range []string{"someone@else.example", "refer@else.example", "other@node.example", "refer@node.example@else.example", "refer%else.example@node.example", "@node.example:refer@else.example"} {
		if err := c.PrintfLine("RCPT TO:<%s>", to); err != nil {
			t.Fatal(err)
		}
		if code, text, err := c.ReadResponse(0); err == nil && code < 500 {
			t.Errorf("%s: %d %s", to, code, text)
		}
	}
	c.say(502, "DATA")
	if len(n.all()) != 0 {
		t.Error("something was taken")
	}
}

// 250 means kept, and nothing else does.
func TestOnlyWhatIsKeptIsTaken(t *testing.T) {
	m, n := boxOf(t, nil), newNode()
	addr := run(t, m, n.accept)
	n.setRefuse(errFull)
	c := dial(t, addr)
	c.send(451, "intake@harbor.example", "refer@node.example", withID("1"))
	n.setRefuse(io.ErrUnexpectedEOF)
	c.send(451, "intake@harbor.example", "refer@node.example", withID("1"))
	n.setRefuse(nil)
	c.send(250, "intake@harbor.example", "refer@node.example", withID("1"))
	n.one(t)
	big := "From: intake@harbor.example\r\n\r\n" + strings.Repeat(strings.Repeat("x", 998)+"\r\n", maxMail/1000+10)
	c.send(552, "intake@harbor.example", "refer@node.example", big)
	c.send(250, "intake@harbor.example", "refer@node.example", withID("2"))
	if len(n.all()) != 2 {
		t.Errorf("%d taken", len(n.all()))
	}
}

func TestTLSOnly(t *testing.T) {
	m, n := boxOf(t, map[string]string{"tls-only": "true"}), newNode()
	c := dial(t, run(t, m, n.accept))
	c.say(250, "MAIL FROM:<intake@harbor.example>")
	c.say(530, "RCPT TO:<refer@node.example>")
	c.secure()
	c.send(250, "intake@harbor.example", "refer@node.example", withID("1"))
	n.one(t)
}

func TestTooMuchOfOneSender(t *testing.T) {
	m, n := boxOf(t, map[string]string{"per-hour": "3"}), newNode()
	c := dial(t, run(t, m, n.accept))
	for i := range 3 {
		c.send(250, "intake@harbor.example", "refer@node.example", withID(fmt.Sprint(i)))
	}
	c.send(451, "intake@harbor.example", "refer@node.example", withID("more"))
	if len(n.all()) != 3 {
		t.Errorf("%d taken", len(n.all()))
	}
}

// Ways to end a mail early for a lenient server, with a second one behind it. None may give two mails.
func TestSmuggling(t *testing.T) {
	for i, end := range []string{"\n.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\n\n.\n\n", "\r\n\x00.\r\n", "\r\n.\r"} {
		m, n := boxOf(t, nil), newNode()
		c := dial(t, run(t, m, n.accept))
		c.say(250, "MAIL FROM:<intake@harbor.example>")
		c.say(250, "RCPT TO:<refer@node.example>")
		c.say(354, "DATA")
		want, mails := 554, 0
		if i >= 6 { // plain data in the middle of one mail; of \r\n.\r the library drops the dot and the CR
			want, mails = 250, 1
		}
		if _, err := fmt.Fprintf(c.raw, "From: intake@harbor.example\r\nSubject: one\r\n\r\nfirst%sMAIL FROM:<evil@b.example>\r\nRCPT TO:<refer@node.example>\r\nDATA\r\nSubject: two\r\n\r\nsecond\r\n.\r\n", end); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadResponse(want); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
		if got := n.all(); len(got) != mails {
			t.Errorf("case %d: %d mails", i, len(got))
		}
	}
}

// Two connections of one node share a listener; each has its own address.
func TestTwoAddressesOfOneListener(t *testing.T) {
	a, na := boxOf(t, map[string]string{"listen": "127.0.0.1:0"}), newNode()
	b, nb := boxOf(t, map[string]string{"listen": "127.0.0.1:0", "address": "other@node.example"}), newNode()
	b.servers = a.servers
	addr := run(t, a, na.accept)
	run(t, b, nb.accept)
	c := dial(t, addr)
	c.send(250, "intake@harbor.example", "refer@node.example", withID("1"))
	c.send(250, "intake@harbor.example", "other@node.example", withID("1"))
	na.one(t)
	nb.one(t)
	c.say(250, "MAIL FROM:<intake@harbor.example>")
	c.say(250, "RCPT TO:<refer@node.example>")
	c.say(452, "RCPT TO:<other@node.example>")
}
