package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"referworks/bridges"
	"referworks/bridges/webhook"
	"referworks/protocol"
)

// program NAME SECRET OUT is somebody's own program: it checks signatures by the secret in a file and writes a line into
// OUT for each event that is new to it: the type, and whether the post holds the canary. NAME becomes its address.
func program(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: program NAME SECRET OUT")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(ts.ReadFile(args[1])), "whsec_"))
	ts.Check(err)
	out, err := os.Create(ts.MkAbs(args[2]))
	ts.Check(err)
	var mu sync.Mutex
	known := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		var event struct {
			Type string
			Data struct{ URL string }
		}
		if err != nil || r.Header.Get("webhook-signature") != want || json.Unmarshal(body, &event) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if id := r.Header.Get("webhook-id"); !known[id] {
			known[id] = true
			fmt.Fprintf(out, "%s %s\n", event.Type, event.Data.URL)
		}
		if strings.Contains(string(body), canary) {
			fmt.Fprintln(out, canary)
		}
	}))
	ts.Defer(func() { server.Close(); _ = out.Close() })
	ts.Setenv(args[0], server.URL)
}

// fill IN OUT writes a file with the script's variables in it.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}

// The programs that the documentation shows take what is signed by one of their secrets, once, and nothing else.
func TestSamplesOfAWebhookProgram(t *testing.T) {
	for _, s := range []struct{ program, file string }{{"python3", "webhook.py"}, {"node", "webhook.mjs"}} {
		t.Run(s.program, func(t *testing.T) {
			if _, err := exec.LookPath(s.program); err != nil {
				t.Skipf("%s is not installed: its sample is not run", s.program)
			}
			old, fresh := webhook.NewSecret(), webhook.NewSecret()
			cmd := exec.CommandContext(t.Context(), s.program, filepath.Join("../examples/api", s.file), "0")
			cmd.Env, cmd.Stderr = append(os.Environ(), "WEBHOOK_SECRET="+old+" "+fresh), os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
			lines := bufio.NewScanner(out)
			if !lines.Scan() {
				t.Fatal("it says no address")
			}
			address := lines.Text()
			hook := func(secret string, at time.Time) *webhook.Hook {
				h, err := webhook.Open(bridges.Config{Settings: map[string]string{"url": address}, AllowPrivate: true, Now: func() time.Time { return at }, Secrets: func(name string) (string, bool) { return secret, name == "secret" }})
				if err != nil {
					t.Fatal(err)
				}
				return h
			}
			event := webhook.About("referral.received", protocol.ReferralID("urn:uuid:0192f0c4-7a1e-7c3b-9d55-000000000001"), time.Now())
			for _, c := range []struct {
				name, secret, id string
				at               time.Time
				status           int
				says             string
			}{
				{"the first secret", old, "a/1", time.Now(), 204, "referral.received"},
				{"the second secret, the same event", fresh, "a/1", time.Now(), 204, "again"},
				{"a stranger's secret", webhook.NewSecret(), "a/2", time.Now(), 401, ""},
				{"an hour ago", old, "a/3", time.Now().Add(-time.Hour), 401, ""},
				{"another event", old, "a/4", time.Now(), 204, "referral.received"},
			} {
				status, err := hook(c.secret, c.at).Post(t.Context(), c.id, event)
				if status != c.status {
					t.Fatalf("%s: %d, %v", c.name, status, err)
				}
				if c.says != "" && (!lines.Scan() || lines.Text() != c.says) {
					t.Errorf("%s: it says %q", c.name, lines.Text())
				}
			}
		})
	}
}
