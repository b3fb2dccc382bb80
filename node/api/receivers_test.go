package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/internal/testnet"
	"referworks/node/api"
)

// echo is a receiver that says what it was asked.
type echo struct{}

func (echo) Deliver(context.Context, bridges.Delivery) (bridges.Outcome, error) {
	return bridges.Outcome{}, nil
}

func (echo) Serve(w http.ResponseWriter, r *http.Request, _ bridges.Accept) {
	b, _ := io.ReadAll(r.Body)
	_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.URL.RawQuery+" cookies:"+r.Header.Get("Cookie")+" "+string(b))
}

// A connection is reached below its path without a key or a session, by servers and by its own pages, and by no page of
// another site.
func TestConnectionsAreReachedBelowTheirPath(t *testing.T) {
	h := newHouse(t, func(cfg *testnet.Config) {
		cfg.URL = "https://referrals.example.org"
		cfg.Kinds = map[string]bridges.Kind{"echo": {Name: "echo", New: func(bridges.Config) (any, error) { return echo{}, nil }}}
	})
	admin := h.person(t, "admin@elm.test")
	put := func(method, path, body string) string {
		t.Helper()
		status, got := ask(t, admin, method, h.public.URL+path, body)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, got)
		}
		return got
	}
	put("PUT", "/v1/mappings/m", example(t, "mappings/court-help-center.json"))
	at := api.ConnectionPath(h.b, "hook")
	if got := put("PUT", "/v1/connections/hook", `{"id":"hook","name":"hook","kind":"echo","direction":"out","format":"json","mapping":"m"}`); !strings.Contains(got, `"address":"https://referrals.example.org`+at+`"`) || !strings.Contains(got, `"state":`) {
		t.Errorf("the connection does not say where it is: %s", got)
	}
	nobody := h.person(t, "")
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
		says         string
	}{
		{"POST", at + "/in/1?x=y", nil, 200, "POST /in/1 x=y cookies: body"},
		{"GET", at, nil, 200, "GET / "},
		{"GET", at + "/", nil, 200, "GET / "},
		{"POST", at + "/in", []string{"Cookie", "rw=secret"}, 200, "cookies: body"},
		{"POST", at + "/in", []string{"Origin", h.public.URL}, 200, "POST /in"},
		{"POST", at + "/in", []string{"Origin", "https://evil.test"}, 403, ""},
		{"POST", at + "/in", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"POST", api.ConnectionPath(h.d, "hook"), nil, 404, ""},
		{"POST", api.ConnectionPath("rw1none", "hook"), nil, 404, ""},
		{"POST", api.ConnectionPath(h.b, "none"), nil, 404, ""},
	} {
		body := ""
		if c.method == "POST" {
			body = "body"
		}
		status, got := ask(t, nobody, c.method, h.public.URL+c.path, body, c.header...)
		if status != c.status || !strings.Contains(got, c.says) || status == 404 && strings.Contains(got, "connection") {
			t.Errorf("%s %s %v: %d %s", c.method, c.path, c.header, status, got)
		}
	}
	put("PUT", "/v1/connections/hook/paused", `{"paused":true}`)
	if status, _ := ask(t, nobody, "POST", h.public.URL+at, "body"); status != http.StatusServiceUnavailable {
		t.Errorf("while paused: %d", status)
	}
}
