package lab_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"referworks/internal/lab"
)

// TestNoMailIsLostBetweenSteps kills the node that takes mail in between each two steps of that, in its own process: in
// the middle of the bytes, when it was read, before it is handed to the node, while a file of it is stored, when it is on
// disk and nobody was told, and when 250 was said. The sender tries again, as mail servers do, until it hears 250. In the
// end each mail is there, once: at the partner, or before a person.
func TestNoMailIsLostBetweenSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program anew and kills real nodes: left out of -short")
	}
	program := filepath.Join(t.TempDir(), "referworks")
	if out, err := exec.Command("go", "build", "-tags", "steps", "-o", program, "referworks/cli").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	effects := newEffects(t)
	a, _, p := mailNodes(t, program, effects.url)
	waits := 0
	for i, c := range []struct {
		step   string // of cli/steps_on.go; half and told: this test kills
		from   string
		heard  bool // 250 was said before the process ended
		person bool
	}{
		{"half", "forms@sender.example", false, false},
		{"read", "forms@sender.example", false, false},
		{"handed", "forms@sender.example", false, false},
		{"file", "forms@sender.example", false, false},
		{"kept", "forms@sender.example", false, false},
		{"told", "forms@sender.example", true, false},
		{"handed", "nobody@elsewhere.example", false, true},
		{"kept", "nobody@elsewhere.example", false, true},
		{"told", "nobody@elsewhere.example", true, true},
	} {
		number := fmt.Sprintf("KILL-%08d", i+1)
		mail := bytes.Replace(withFile(p.mail(number)), []byte("From: forms@sender.example"), []byte("From: "+c.from), 1)
		a.Stop(os.Interrupt)
		t.Setenv("REFERWORKS_KILL_AT", c.step)
		if err := a.Start(); err != nil {
			t.Fatal(err)
		}
		t.Setenv("REFERWORKS_KILL_AT", "")
		conn := p.dial(t)
		var err error
		if c.step == "half" {
			err = half(conn, mail)
		} else {
			err = send(conn, mail)
		}
		_ = conn.Close()
		if heard := err == nil; heard != c.heard {
			t.Fatalf("%s: the sender heard 250: %v, %v", c.step, heard, err)
		}
		if c.step == "half" || c.step == "told" {
			a.Stop(syscall.SIGKILL)
		} else if !a.Ended(time.Minute) {
			t.Fatalf("%s: the process was not killed", c.step)
		}
		if err := a.Start(); err != nil {
			t.Fatalf("%s: the killed node does not start again: %v\n%s", c.step, err, tail(a))
		}
		if c.person {
			waits++
		}
		there := func() {
			t.Helper()
			if !c.person {
				arrives(t, a, effects, number, c.step)
			}
			if n := waiting(t, a); n != waits {
				t.Fatalf("%s: %d mails wait for a person, want %d", c.step, n, waits)
			}
		}
		if c.heard { // what was answered with 250 is there, whoever sends again or not
			there()
		}
		for range 2 { // a sender that did not hear 250 sends again, and some that did
			conn := p.dial(t)
			if err := send(conn, mail); err != nil {
				t.Fatalf("%s: the node does not take it afterwards: %v", c.step, err)
			}
			_ = conn.Close()
		}
		there()
	}
	effects.mu.Lock()
	defer effects.mu.Unlock()
	if len(effects.keys) != 6 {
		t.Errorf("%d mails took effect, want 6", len(effects.keys))
	}
	for number, keys := range effects.keys {
		if len(keys) != 1 {
			t.Errorf("the mail %s took effect %d times", number, len(keys))
		}
	}
}

// withFile adds a file to a mail, which goes along with the referral.
func withFile(mail []byte) []byte {
	return bytes.Replace(mail, []byte("--b1--\r\n"), []byte("--b1\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nA note.\r\n--b1--\r\n"), 1)
}

func (p *post) dial(t *testing.T) *smtp.Client {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", p.addr, time.Second)
		if err == nil {
			var c *smtp.Client
			if err = conn.SetDeadline(time.Now().Add(time.Minute)); err == nil {
				if c, err = smtp.NewClient(conn, "in.sender.example"); err == nil {
					return c
				}
			}
			_ = conn.Close()
		}
		if time.Now().After(end) {
			t.Fatalf("the node's mail server does not answer: %v", err)
		}
	}
}

// half sends the first half of a mail.
func half(c *smtp.Client, mail []byte) error {
	if err := errors.Join(c.Mail("forms@sender.example"), c.Rcpt("refer@in.sender.example")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(mail[:len(mail)/2]); err != nil {
		return err
	}
	return errors.New("only half was sent")
}

func arrives(t *testing.T, a *lab.Node, e *effects, number, step string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		e.mu.Lock()
		n := len(e.keys[number])
		e.mu.Unlock()
		if n > 0 {
			return
		}
		if time.Now().After(end) {
			out, err := a.Command("", "--json", "waiting", "list")
			t.Fatalf("%s: the mail did not arrive at the partner (%v, waiting: %.2000s)", step, err, out)
		}
	}
}

func waiting(t *testing.T, a *lab.Node) int {
	t.Helper()
	out, err := a.Command("", "--json", "waiting", "list")
	if err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if strings.HasPrefix(strings.TrimSpace(out), "{") {
		var page struct{ Items []json.RawMessage }
		err = json.Unmarshal([]byte(out), &page)
		list = page.Items
	} else {
		err = json.Unmarshal([]byte(out), &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
