package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/bridges"
)

// names is a name server that knows what it was told.
type names map[string][]string

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	if v, ok := n[strings.TrimSuffix(name, ".")]; ok {
		return v, nil
	}
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}
func (names) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}
func (names) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}
func (names) LookupAddr(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}

// node takes what a source brings, once under each key, unless it was told to refuse.
type node struct {
	mu     sync.Mutex
	refuse error
	known  map[string]bool
	taken  []bridges.Inbound
	news   chan struct{}
}

func newNode() *node { return &node{known: map[string]bool{}, news: make(chan struct{}, 1000)} }

func (n *node) accept(_ context.Context, in bridges.Inbound) (bridges.Accepted, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		return bridges.Accepted{}, n.refuse
	}
	if n.known[in.Key] {
		return bridges.Accepted{Reference: "RW-TEST", Again: true}, nil
	}
	n.known[in.Key] = true
	n.taken = append(n.taken, in)
	n.news <- struct{}{}
	return bridges.Accepted{Reference: "RW-TEST", Waiting: in.Unread != ""}, nil
}

func (n *node) setRefuse(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuse = err
}

func (n *node) all() []bridges.Inbound {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]bridges.Inbound(nil), n.taken...)
}

func (n *node) one(t *testing.T) bridges.Inbound {
	t.Helper()
	all := n.all()
	if len(all) != 1 {
		t.Fatalf("taken %d, want one", len(all))
	}
	return all[0]
}

func (n *node) wait(t *testing.T) {
	t.Helper()
	select {
	case <-n.news:
	case <-time.After(time.Minute):
		t.Fatal("nothing came in")
	}
}

// boxOf opens a connection with mail coming in. Mail from harbor.example proves itself by SPF from this machine.
func boxOf(t testing.TB, settings map[string]string) *mailbox {
	t.Helper()
	all := map[string]string{
		"host": "mail.elm.example", "from": "node@elm.example", "to": "intake@elm.example",
		"address": "refer@node.example", "senders": "@harbor.example", "listen": "127.0.0.1:0", "inbox": "smtp", "tls-only": "false",
	}
	for k, v := range settings {
		all[k] = v
	}
	m, err := open(bridges.Config{Settings: all, AllowPrivate: true, Secrets: func(name string) (string, bool) {
		if strings.Contains(name, "oauth") {
			return "", false
		}
		return "secret", true
	}, Address: "https://node.example/c/x"}, &servers{})
	if err != nil {
		t.Fatal(err)
	}
	m.dns = names{"harbor.example": {"v=spf1 ip4:127.0.0.1 -all"}, "_dmarc.harbor.example": {"v=DMARC1; p=reject"}}
	return m
}

// run starts a source and gives where its mail server listens.
func run(t testing.TB, m *mailbox, accept bridges.Accept) (addr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx, accept) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the source ended: %v", err)
		}
	})
	for range 1000 {
		m.servers.mu.Lock()
		s := m.servers.open[m.incoming.listen]
		m.servers.mu.Unlock()
		if s != nil && s.find(m.address) != nil {
			return s.listener.Addr().String()
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the mail server did not start")
	return ""
}

// talk is a client that says exactly what it is told to.
type talk struct {
	t testing.TB
	*textproto.Conn
	raw net.Conn
}

func dial(t testing.TB, addr string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	c := &talk{t, textproto.NewConn(conn), conn}
	t.Cleanup(func() { _ = c.Close() })
	c.hear(220)
	c.say(250, "EHLO mx.harbor.example")
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

func (c *talk) say(code int, format string, args ...any) string {
	c.t.Helper()
	if err := c.PrintfLine(format, args...); err != nil {
		c.t.Fatal(err)
	}
	return c.hear(code)
}

func (c *talk) secure() {
	c.t.Helper()
	c.say(220, "STARTTLS")
	s := tls.Client(c.raw, &tls.Config{InsecureSkipVerify: true}) // the certificate is made by the node for itself
	if err := s.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.raw, c.Conn = s, textproto.NewConn(s)
	c.say(250, "EHLO mx.harbor.example")
}

// send hands one mail over and wants that answer.
func (c *talk) send(code int, from, to, mail string) string {
	c.t.Helper()
	c.say(250, "MAIL FROM:<%s>", from)
	c.say(250, "RCPT TO:<%s>", to)
	c.say(354, "DATA")
	w := c.DotWriter()
	if _, err := w.Write([]byte(mail)); err != nil {
		c.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.hear(code)
}

const jsonMail = "From: Harbor Intake <intake@harbor.example>\r\nTo: refer@node.example\r\nSubject: Referral\r\nMessage-ID: <%s@harbor.example>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nPlease see the file.\r\n--b1\r\nContent-Type: application/json; name=referral.json\r\n" +
	"Content-Disposition: attachment; filename=referral.json\r\n\r\n{\"first\":\"Ana\"}\r\n--b1\r\nContent-Type: application/pdf; name=lease.pdf\r\nContent-Disposition: attachment; filename=\"../lease.pdf\"\r\n\r\n%%PDF-\r\n--b1--\r\n"

func withID(id string) string { return fmt.Sprintf(jsonMail, id) }

var errFull = &bridges.Error{Class: bridges.Temporary, Sentence: "The node cannot keep it now.", Err: errors.New("full")}

func readAllString(r *http.Request) string {
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
