package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
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
