package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/mail"
	"net/smtp"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"referworks/internal/lab"
	"referworks/internal/smtpd"
)

// TestAnswerByMail follows a referral whose receiver has nothing but a mailbox: posted at one node, mailed by the other to
// a real mail server, answered by mail, and accepted where it came from.
func TestAnswerByMail(t *testing.T) {
	if testing.Short() {
		t.Skip("runs real nodes: left out of -short")
	}
	box, err := smtpd.Start(smtpd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	folder := t.TempDir()
	a, b := begin(t, built(t), folder, "a"), begin(t, built(t), folder, "b")
	key, err := lab.Pair(a, b, "http://127.0.0.1:1/", folder)
	if err != nil {
		t.Fatal(err)
	}
	port, err := lab.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	host, boxPort, _ := net.SplitHostPort(box.Addr())
	connection, err := json.Marshal(map[string]any{
		"id": "out", "name": "Our mailbox", "kind": "email", "direction": "both", "format": "json", "mapping": "m",
		"settings": map[string]string{"host": host, "port": boxPort, "pin": box.Pin(), "own-server": "true", "policy": "full", "from": "node@receiver.example", "to": "intake@receiver.example",
			"inbox": "smtp", "address": "answers@receiver.example", "listen": fmt.Sprintf("127.0.0.1:%d", port), "tls-only": "false"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Command(string(connection), "connection", "put", "-"); err != nil {
		t.Fatal(err)
	}
	document, err := lab.Matter()
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, a.API+"/v1/referrals?to=Receiver", bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusCreated {
		t.Fatalf("posted: %s", resp.Status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	mails, err := box.Wait(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(mails[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	to, err := mail.ParseAddress(m.Header.Get("Reply-To"))
	if err != nil {
		t.Fatal(err)
	}
	answer(ctx, t, fmt.Sprintf("127.0.0.1:%d", port), to.Address, "From: worker@receiver.example\r\nTo: "+to.Address+"\r\nIn-Reply-To: "+m.Header.Get("Message-Id")+"\r\n\r\nAccept: we call on Monday\r\n")
	for {
		out, err := a.Command("", "--json", "referral", "list")
		if err == nil && strings.Contains(out, `"status":"accepted"`) {
			return
		}
		select {
		case <-ctx.Done():
			waiting, _ := b.Command("", "--json", "waiting", "list")
			t.Fatalf("it was not accepted: %v\n%.800s\nwaiting at the receiver: %.800s\n%s", err, out, waiting, filepath.Base(b.Data))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// answer sends a mail until it is taken: the node may still be noting the letter that it answers.
func answer(ctx context.Context, t *testing.T, addr, to, text string) {
	t.Helper()
	for {
		c, err := smtp.Dial(addr)
		if err == nil {
			if err = c.Mail("worker@receiver.example"); err == nil {
				err = c.Rcpt(to)
			}
			if err == nil {
				if w, e := c.Data(); e != nil {
					err = e
				} else if _, err = w.Write([]byte(text)); err == nil {
					err = w.Close()
				}
			}
			_ = c.Close()
		}
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the answer is not taken: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
