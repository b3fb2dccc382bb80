package email

import (
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/protocol"
)

func TestVerdict(t *testing.T) {
	for own, want := range map[string]protocol.MessageKind{
		"Accept":                       protocol.KindAccept,
		"ACCEPT.\n\nThanks":            protocol.KindAccept,
		"accept: we call on Monday":    protocol.KindAccept,
		"Aceptada":                     protocol.KindAccept,
		"Aceptamos, gracias":           protocol.KindAccept,
		"Acepto.":                      protocol.KindAccept,
		"Decline - no capacity":        protocol.KindDecline,
		"No aceptamos: sin cupo":       protocol.KindDecline,
		"Rechazada":                    protocol.KindDecline,
		"Question: is she safe?":       protocol.KindQuestion,
		"Pregunta:\n¿tiene teléfono?":  protocol.KindQuestion,
		"question":                     "",
		"We accept only seniors":       "",
		"accept?":                      "",
		"Accept. No, decline please":   "",
		"Decline: we accept next week": "",
		"Thank you":                    "",
		"Please accept my apologies":   "",
		"not accepted":                 "",
		"":                             "",
		"👍":                            "",
	} {
		if got, _ := verdict(own); got != want {
			t.Errorf("%q is %q, want %q", own, got, want)
		}
	}
	if _, text := verdict("Accept: we call on Monday.\nAt ten."); text != "we call on Monday.\nAt ten." {
		t.Errorf("text %q", text)
	}
}

// Whatever mail program quotes our letter, only what the person wrote above it counts.
func TestOwnWords(t *testing.T) {
	for name, l := range map[string]*letter{
		"plain":      {text: "Accept\r\n\r\nOn Mon, 3 May 2027 at 10:00, Node <node@elm.example> wrote:\r\n> decline: answer like this\r\n"},
		"two lines":  {text: "Accept\r\n\r\nOn Mon, 3 May 2027 at 10:00, The Node of Elm Street <node@elm.example>\r\nwrote:\r\n\r\n> decline\r\n"},
		"Spanish":    {text: "Accept\n\nEl lun, 3 may 2027 a las 10:00, Node (<node@elm.example>) escribió:\n\n> x"},
		"Outlook":    {text: "Accept\r\n\r\n________________________________\r\nFrom: Node\r\nSent: Monday\r\nTo: Intake\r\n\r\ndecline"},
		"original":   {text: "Accept\n\n-----Original Message-----\nFrom: Node\n\ndecline"},
		"signature":  {text: "Accept\n-- \nIntake Worker\ndecline"},
		"phone":      {text: "Accept\n\nSent from my iPhone\n\n> decline"},
		"HTML":       {html: `<html><head><style>p{}</style></head><body><div dir="ltr">Accept</div><br><div class="gmail_quote"><div>On Mon, Node wrote:<br></div><blockquote>decline</blockquote></div></body></html>`},
		"HTML, rule": {html: `<div>Accept<br></div><hr><div id="divRplyFwdMsg"><b>From:</b> Node</div><div>decline</div>`},
		"hidden":     {html: `<div>Accept</div><div style="display: none">decline</div>`},
	} {
		if got := ownWords(l); got != "Accept" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// letterFrom gives the token of a letter that went out, without sending it.
func letterFrom(t *testing.T, m *mailbox) string {
	t.Helper()
	secret, err := m.secret(t.Context(), bridges.Delivery{Key: "k1", Reference: "RW-7K3F-19", From: bridges.Party{ID: "partner"}})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.secret(t.Context(), bridges.Delivery{Key: "k1"}); err != nil || again != secret {
		t.Fatal("another attempt has another token")
	}
	return secret
}

func TestReply(t *testing.T) {
	const body = "\r\n\r\nAccept: on Monday\r\n"
	for name, c := range map[string]struct {
		mail   func(secret string) string
		kind   protocol.MessageKind
		unread string
	}{
		"to the address": {func(s string) string { return "From: worker@elm.example\r\nTo: refer+" + s + "@node.example" + body }, protocol.KindAccept, ""},
		"by its ids": {func(s string) string {
			return "From: worker@elm.example\r\nIn-Reply-To: <" + s + "@elm.example>" + body
		}, protocol.KindAccept, ""},
		"in capitals": {func(s string) string {
			return "From: Worker@ELM.example\r\nTo: Refer+" + strings.ToUpper(s) + "@node.example" + body
		}, protocol.KindAccept, ""},
		"of a stranger": {func(s string) string { return "From: thief@other.example\r\nTo: refer+" + s + "@node.example" + body }, protocol.KindAccept, "another address"},
		"of nobody":     {func(s string) string { return "To: refer+" + s + "@node.example" + body }, "-", "does not say who"},
		"unclear": {func(s string) string {
			return "From: worker@elm.example\r\nTo: refer+" + s + "@node.example\r\n\r\nThank you, we will see.\r\n"
		}, protocol.KindNote, "clear word"},
		"of a vacation": {func(s string) string {
			return "From: worker@elm.example\r\nAuto-Submitted: auto-replied\r\nTo: refer+" + s + "@node.example" + body
		}, "", "automatic"},
		"of a list": {func(s string) string {
			return "From: worker@elm.example\r\nPrecedence: list\r\nTo: refer+" + s + "@node.example" + body
		}, protocol.KindAccept, "A program answered"},
		"with a file": {func(s string) string {
			return "From: worker@elm.example\r\nTo: refer+" + s + "@node.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b" + body + "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--b--\r\n"
		}, protocol.KindAccept, "files"},
		"a token that is not": {func(s string) string {
			return "From: worker@elm.example\r\nTo: refer+" + strings.Repeat("a", 26) + "@node.example" + body
		}, "-", "list of senders"},
		"one character too long": {func(s string) string { return "From: worker@elm.example\r\nTo: refer+" + s + "a@node.example" + body }, "-", "list of senders"},
	} {
		t.Run(name, func(t *testing.T) {
			m, n := boxOf(t, nil), newNode()
			mail := c.mail(letterFrom(t, m))
			if _, err := m.arrive(t.Context(), []byte(mail), envelope{}, n.accept); err != nil {
				t.Fatal(err)
			}
			in := n.one(t)
			if c.unread == "" && in.Unread != "" || !strings.Contains(in.Unread, c.unread) {
				t.Errorf("unread %q, want %q", in.Unread, c.unread)
			}
			if c.kind == "-" {
				if in.News != nil {
					t.Errorf("news %+v", in.News.Kind)
				}
				return
			}
			if in.News == nil || in.News.Kind != c.kind || !strings.HasSuffix(in.News.Reference, "@elm.example") {
				t.Fatalf("news %+v", in.News)
			}
			if string(in.Document.Bytes) != mail {
				t.Error("the original is not kept")
			}
		})
	}
}

func TestReplyAfterItsEnd(t *testing.T) {
	m, n := boxOf(t, nil), newNode()
	now := m.now()
	secret := letterFrom(t, m)
	m.now = func() time.Time { return now.Add(tokenLife + 1e9) }
	mail := "From: worker@elm.example\r\nTo: refer+" + secret + "@node.example\r\n\r\nAccept\r\n"
	if _, err := m.arrive(t.Context(), []byte(mail), envelope{}, n.accept); err != nil {
		t.Fatal(err)
	}
	if in := n.one(t); !strings.Contains(in.Unread, "had ended") {
		t.Errorf("unread %q", in.Unread)
	}
	m.now = func() time.Time { return now.AddDate(0, 0, 91) }
	if err := m.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.lookUp(secret) != nil {
		t.Error("a token is still known a month after its end")
	}
}

// A letter of our own that comes back is no new referral: a mailbox that is read may be the one that is written to.
func TestOwnLettersAreKnown(t *testing.T) {
	m, n := boxOf(t, nil), newNode()
	secret := letterFrom(t, m)
	mail := "From: node@elm.example\r\nMessage-ID: <" + secret + "@elm.example>\r\n\r\nFirst name: Ana\r\nLast name: Soto\r\n"
	if got, err := m.arrive(t.Context(), []byte(mail), envelope{}, n.accept); err != nil || !got.Again || len(n.all()) != 0 {
		t.Errorf("%+v, %v, %d taken", got, err, len(n.all()))
	}
}

func TestBounce(t *testing.T) {
	report := func(to, id, status, action string) string {
		return "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: " + to + "\r\nSubject: Undelivered Mail\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered to <intake@elm.example>.\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; intake@elm.example\r\nAction: " + action + "\r\nStatus: " + status + "\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n" +
			"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: node@elm.example\r\nMessage-ID: <" + id + "@elm.example>\r\n\r\n--b--\r\n"
	}
	for name, c := range map[string]struct {
		mail  func(secret string) string
		env   func(secret string) envelope
		known bool
		says  string
	}{
		"by the return path": {func(s string) string { return report("x@node.example", "none", "5.1.1", "failed") }, func(s string) envelope { return envelope{null: true, to: []string{"refer+b-" + s + "@node.example"}} }, true, "address is not known"},
		"by what it holds":   {func(s string) string { return report("x@node.example", s, "5.2.2", "failed") }, func(string) envelope { return envelope{null: true} }, true, "mailbox is full"},
		"late":               {func(s string) string { return report("x@node.example", s, "4.4.1", "delayed") }, func(string) envelope { return envelope{null: true} }, true, "is late"},
		"arrived":            {func(s string) string { return report("x@node.example", s, "2.0.0", "delivered") }, func(string) envelope { return envelope{null: true} }, true, "arrived"},
		"in plain words": {func(s string) string {
			return "From: mailer-daemon@mx.example\r\n\r\nSorry: 550 5.1.1 no such user\r\n--- below is a copy\r\nMessage-ID: <" + s + "@elm.example>\r\n"
		}, func(string) envelope { return envelope{null: true} }, true, "address is not known"},
		"of another's mail": {func(s string) string { return report("x@node.example", "none", "5.1.1", "failed") }, func(string) envelope { return envelope{null: true} }, false, "not known about which"},
	} {
		t.Run(name, func(t *testing.T) {
			m, n := boxOf(t, nil), newNode()
			secret := letterFrom(t, m)
			if _, err := m.arrive(t.Context(), []byte(c.mail(secret)), c.env(secret), n.accept); err != nil {
				t.Fatal(err)
			}
			in := n.one(t)
			if !strings.Contains(in.Unread, c.says) || (in.News != nil) != c.known {
				t.Errorf("unread %q, news %+v", in.Unread, in.News)
			}
			if strings.Contains(in.Unread, "elm") {
				t.Error("the sentence names an address")
			}
		})
	}
}
