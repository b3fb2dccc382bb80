package email

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"referworks/bridges"
)

// postbox is a real IMAP server over TLS with one mailbox in memory.
type postbox struct {
	*imapmemserver.User
	addr, pin string
}

func newPostbox(t testing.TB) *postbox {
	t.Helper()
	cert, err := selfMade("localhost")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	p := &postbox{User: imapmemserver.NewUser("intake", "secret"), pin: hex.EncodeToString(sum[:])}
	if err := p.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(p.User)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, Logger: quiet{},
	})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*cert}})
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

type literal struct {
	*strings.Reader
}

func (l literal) Size() int64 { return int64(l.Len()) }

func (p *postbox) put(t testing.TB, mail string) {
	t.Helper()
	if _, err := p.Append("INBOX", literal{strings.NewReader(mail)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (p *postbox) count(t testing.TB, folder string) int {
	t.Helper()
	s, err := p.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		return -1
	}
	return int(*s.NumMessages)
}

func (p *postbox) settings(more map[string]string) map[string]string {
	host, port, _ := net.SplitHostPort(p.addr)
	all := map[string]string{
		"inbox": "imap", "imap-host": host, "imap-port": port, "imap-user": "intake", "imap-pin": p.pin, "imap-seconds": "5", "imap-processed": "Referworks", "provider": "mx.provider.example",
	}
	for k, v := range more {
		all[k] = v
	}
	return all
}

// start runs a source and gives what stops it.
func startSource(t testing.TB, m *mailbox, accept bridges.Accept) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx, accept) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the source ended: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func byProvider(id string) string {
	return "Authentication-Results: mx.provider.example; dkim=pass header.d=harbor.example\r\n" + withID(id)
}

// Mail is taken once, in order, put away, and what comes later is found after a restart.
func TestIMAP(t *testing.T) {
	p, n, kept := newPostbox(t), newNode(), &forgetful{}
	p.put(t, byProvider("1"))
	p.put(t, byProvider("2"))
	m := boxOf(t, p.settings(nil))
	m.state = kept
	stop := startSource(t, m, n.accept)
	n.wait(t)
	n.wait(t)
	p.put(t, byProvider("3")) // told by IDLE, or found at the next look
	n.wait(t)
	eventually(t, func() bool { return p.count(t, "INBOX") == 0 && p.count(t, "Referworks") == 3 })
	stop()
	p.put(t, byProvider("4"))
	m = boxOf(t, p.settings(nil))
	m.state = kept
	startSource(t, m, n.accept)
	n.wait(t)
	for i, in := range n.all() {
		if in.Unread != "" || in.Document.Format != "json" || !strings.Contains(string(in.Original.Bytes), fmt.Sprintf("<%d@", i+1)) {
			t.Errorf("mail %d: %q, %s", i+1, in.Unread, in.Document.Format)
		}
	}
}

func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not come to that")
}

// What the node cannot keep stays in the mailbox and is taken when it can.
func TestIMAPKeepsWhatIsNotTaken(t *testing.T) {
	p, n := newPostbox(t), newNode()
	n.setRefuse(errFull)
	p.put(t, byProvider("1"))
	m := boxOf(t, p.settings(nil))
	told := make(chan error, 1000)
	m.health = func(err error) { told <- err }
	startSource(t, m, n.accept)
	if err := <-told; err == nil {
		t.Error("a refusal was told as health")
	}
	if got := p.count(t, "INBOX"); got != 1 {
		t.Errorf("%d mails in the mailbox", got)
	}
	n.setRefuse(nil)
	n.wait(t)
	if in := n.one(t); in.Unread != "" {
		t.Errorf("unread: %s", in.Unread)
	}
}

// A mail that will never be taken as what it seems to be goes to a person: a mailbox cannot be told no.
func TestIMAPNeverGetsStuck(t *testing.T) {
	p, n := newPostbox(t), newNode()
	p.put(t, byProvider("1"))
	p.put(t, byProvider("2"))
	m := boxOf(t, p.settings(map[string]string{"imap-processed": ""}))
	startSource(t, m, func(ctx context.Context, in bridges.Inbound) (bridges.Accepted, error) {
		if in.Unread == "" && strings.Contains(string(in.Original.Bytes), "<1@") {
			return bridges.Accepted{}, &bridges.Error{Class: bridges.Permanent, Sentence: "It is too large."}
		}
		return n.accept(ctx, in)
	})
	n.wait(t)
	n.wait(t)
	if all := n.all(); !strings.Contains(all[0].Unread, "It is too large.") || all[1].Unread != "" {
		t.Errorf("%q, %q", all[0].Unread, all[1].Unread)
	}
}

func TestIMAPProvesTheServer(t *testing.T) {
	p, n := newPostbox(t), newNode()
	p.put(t, byProvider("1"))
	for name, s := range map[string]map[string]string{"another key": {"imap-pin": strings.Repeat("ab", 32)}, "another user": {"imap-user": "other"}} {
		t.Run(name, func(t *testing.T) {
			m := boxOf(t, p.settings(s))
			told := make(chan error, 1000)
			m.health = func(err error) { told <- err }
			startSource(t, m, n.accept)
			if err := <-told; err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("health %v", err)
			}
		})
	}
	if len(n.all()) != 0 {
		t.Error("something was taken")
	}
}
