package lab_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"referworks/internal/lab"
)

// post is an organization's mail server that sends form mail to a node: each mail again until it is acknowledged.
type post struct {
	t        testing.TB
	addr     string
	document []byte
	pause    time.Duration // between two mails

	mu    sync.Mutex
	n     int
	taken map[string]bool // numbers of the mails that were answered with 250
}

// mailNodes are two partners; the first takes referrals by mail from everybody that its provider has proven.
func mailNodes(t testing.TB, program, sink string) (a, b *lab.Node, p *post) {
	t.Helper()
	folder := t.TempDir()
	a, b = begin(t, program, folder, "a"), begin(t, program, folder, "b")
	if _, err := lab.Pair(a, b, sink, folder); err != nil {
		t.Fatal(err)
	}
	out, err := a.Command("", "--json", "partner", "list")
	if err != nil {
		t.Fatal(err)
	}
	id := between(out, `"id":"`, `"`)
	port, err := lab.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p = &post{t: t, addr: fmt.Sprintf("127.0.0.1:%d", port), taken: map[string]bool{}}
	if p.document, err = lab.Matter(); err != nil {
		t.Fatal(err)
	}
	connection, err := json.Marshal(map[string]any{
		"id": "mail", "name": "Mail", "kind": "email", "direction": "in", "format": "json", "mapping": "m",
		"consent":    map[string]any{"basis": "consent", "method": "verbal", "capacity": "self", "days": 180, "purposes": []string{"referral"}},
		"recipients": map[string]string{"Elm Street": id, "Court Help Center": id},
		"settings": map[string]string{"host": "mail.sender.example", "from": "node@sender.example", "to": "intake@sender.example", "inbox": "smtp", "address": "refer@in.sender.example",
			"senders": "@sender.example", "listen": p.addr, "tls-only": "false", "per-hour": "10000000", "provider": "mx.sender.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Command(string(connection), "connection", "put", "-"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", p.addr); err == nil {
			_ = c.Close()
			return a, b, p
		} else if time.Now().After(end) {
			t.Fatalf("the node's mail server does not listen: %v", err)
		}
	}
}

func begin(t testing.TB, program, folder, name string) *lab.Node {
	t.Helper()
	n, err := lab.New(program, filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Stop(os.Interrupt) })
	return n
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// mail is a form mail with the record attached.
func (p *post) mail(number string) []byte {
	encoded := base64.StdEncoding.EncodeToString(bytes.Replace(p.document, []byte(lab.Mark), []byte(number), 1))
	var b strings.Builder
	fmt.Fprintf(&b, "Authentication-Results: mx.sender.example; dkim=pass header.d=sender.example\r\nFrom: forms@sender.example\r\nTo: refer@in.sender.example\r\nMessage-ID: <%s@sender.example>\r\nSubject: Form\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nA form was sent.\r\n--b1\r\nContent-Type: application/json\r\nContent-Disposition: attachment; filename=matter.json\r\nContent-Transfer-Encoding: base64\r\n\r\n", number)
	for ; len(encoded) > 76; encoded = encoded[76:] {
		b.WriteString(encoded[:76] + "\r\n")
	}
	b.WriteString(encoded + "\r\n--b1--\r\n")
	return []byte(b.String())
}

// run sends mails one after the other over one connection, and over another when that breaks, until ctx ends.
func (p *post) run(ctx context.Context) {
	var c *smtp.Client
	defer func() {
		if c != nil {
			_ = c.Close()
		}
	}()
	for ctx.Err() == nil {
		p.mu.Lock()
		p.n++
		number := fmt.Sprintf("KILL-%08d", p.n)
		p.mu.Unlock()
		for ctx.Err() == nil {
			if c == nil {
				conn, err := net.DialTimeout("tcp", p.addr, time.Second)
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				_ = conn.SetDeadline(time.Now().Add(time.Minute))
				if c, err = smtp.NewClient(conn, "in.sender.example"); err != nil {
					c = nil
					continue
				}
			}
			err := send(c, p.mail(number))
			if err == nil {
				p.mu.Lock()
				p.taken[number] = true
				p.mu.Unlock()
				time.Sleep(p.pause)
				break
			}
			_ = c.Close()
			c = nil
		}
	}
}

func send(c *smtp.Client, mail []byte) error {
	if err := errors.Join(c.Mail("forms@sender.example"), c.Rcpt("refer@in.sender.example")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(mail); err != nil {
		return err
	}
	return w.Close() // nil is 250
}

// TestNoMailIsLost kills the node that takes mail in, again and again: each mail that was answered with 250 is at the
// partner in the end, once.
func TestNoMailIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("kills real nodes for half a minute: left out of -short")
	}
	cycles := 6
	if os.Getenv("LONG") != "" {
		cycles = 500
	}
	effects := newEffects(t)
	a, _, p := mailNodes(t, built(t), effects.url)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var senders sync.WaitGroup
	p.pause = 20 * time.Millisecond // so that what is taken also arrives within the test
	for range 3 {
		senders.Go(func() { p.run(ctx) })
	}
	for i := range cycles {
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		a.Stop(syscall.SIGKILL)
		if err := a.Start(); err != nil {
			t.Fatalf("cycle %d: the killed node does not start again: %v\n%s", i, err, tail(a))
		}
	}
	time.Sleep(300 * time.Millisecond)
	cancel()
	senders.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.taken) < cycles {
		t.Fatalf("only %d mails were taken in %d cycles: the test loads too little to mean anything", len(p.taken), cycles)
	}
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		missing := 0
		effects.mu.Lock()
		for number := range p.taken {
			if len(effects.keys[number]) == 0 {
				missing++
			}
		}
		effects.mu.Unlock()
		if missing == 0 {
			break
		}
		if time.Now().After(end) {
			waiting, err := a.Command("", "--json", "waiting", "list")
			t.Fatalf("%d of %d mails that were taken did not arrive (%v, waiting: %.2000s)", missing, len(p.taken), err, waiting)
		}
	}
	effects.mu.Lock()
	defer effects.mu.Unlock()
	for number, keys := range effects.keys {
		if len(keys) != 1 {
			t.Errorf("the mail %s took effect %d times", number, len(keys))
		}
	}
	t.Logf("%d kills, %d mails taken, all there once", cycles, len(p.taken))
}

// BenchmarkMailIn measures how many mails a real node takes in, each converted, signed and on its disk before it is
// acknowledged.
func BenchmarkMailIn(b *testing.B) {
	effects := newEffects(b)
	_, _, p := mailNodes(b, built(b), effects.url)
	ctx, cancel := context.WithCancel(context.Background())
	var senders sync.WaitGroup
	b.ResetTimer()
	begin := time.Now()
	for range 8 {
		senders.Go(func() { p.run(ctx) })
	}
	for p.count() < b.N {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(begin)
	taken := p.count()
	b.StopTimer()
	cancel()
	senders.Wait()
	b.ReportMetric(float64(taken)/took.Seconds(), "mails/s")
}

func (p *post) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken)
}
