package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"referworks/internal/testnet"
	"referworks/node/api"
	"referworks/protocol"
)

// served is a node with two organizations, its API on the network, and its control side.
type served struct {
	public, control *httptest.Server
	b, d            protocol.OrgID
}

func serve(t *testing.T) *served {
	t.Helper()
	n := testnet.New(t).Node("provider")
	b, d := n.Org("elm"), n.Org("brigid")
	s := api.New(api.Config{House: n.House("test"), Version: "test"})
	out := &served{httptest.NewServer(s.Handler()), httptest.NewServer(s.Control()), b.ID(), d.ID()}
	t.Cleanup(func() { s.Close(); out.public.Close(); out.control.Close() })
	return out
}

func call(t *testing.T, url, method, key, org, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if org != "" {
		req.Header.Set(api.OrgHeader, org)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func (s *served) key(t *testing.T, org protocol.OrgID, scope string) (id, key string) {
	t.Helper()
	status, body, _ := call(t, s.control.URL+"/v1/apikeys", "POST", "", string(org), `{"name":"test","scope":"`+scope+`"}`)
	var made struct{ ID, Key string }
	if status != 200 || json.Unmarshal([]byte(body), &made) != nil || made.Key == "" {
		t.Fatalf("make a key: %d %s", status, body)
	}
	return made.ID, made.Key
}

// routes reads every operation from the description, so that a new one is walked without being named here.
func routes(t *testing.T) [][2]string {
	t.Helper()
	doc, err := api.New(api.Config{Version: "test"}).OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	path := ""
	for _, line := range strings.Split(string(doc), "\n") {
		if m := regexp.MustCompile(`^  (/v1/\S*):$`).FindStringSubmatch(line); m != nil {
			path = strings.ReplaceAll(m[1], "{id}", "x")
		} else if m := regexp.MustCompile(`^    (get|post|put|delete):$`).FindStringSubmatch(line); m != nil && path != "" {
			all = append(all, [2]string{strings.ToUpper(m[1]), path})
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d operations were found", len(all))
	}
	return all
}

func TestNoOperationAnswersWithoutAKey(t *testing.T) {
	s := serve(t)
	revokedID, revoked := s.key(t, s.b, "admin")
	if status, body, _ := call(t, s.control.URL+"/v1/apikeys/"+revokedID, "DELETE", "", string(s.b), ""); status != 200 {
		t.Fatalf("revoke: %d %s", status, body)
	}
	_, referrals := s.key(t, s.b, "referrals")
	_, admin := s.key(t, s.b, "admin")
	owners := [][2]string{{"GET", "/v1/status"}, {"GET", "/v1/organizations"}, {"POST", "/v1/organizations"}, {"GET", "/v1/apikeys"}, {"POST", "/v1/apikeys"}, {"DELETE", "/v1/apikeys/x"}}
	for _, r := range append(routes(t), owners...) {
		for name, key := range map[string]string{"none": "", "wrong": "rw_live_abc_def", "revoked": revoked, "wrong secret": admin[:len(admin)-4] + "AAAA"} {
			if status, body, _ := call(t, s.public.URL+r[1], r[0], key, "", ""); status != http.StatusUnauthorized {
				t.Errorf("%s %s with key %q: %d %s", r[0], r[1], name, status, body)
			}
		}
	}
	for _, r := range owners {
		if status, _, _ := call(t, s.public.URL+r[1], r[0], admin, string(s.d), ""); status != http.StatusForbidden {
			t.Errorf("%s %s with an admin key: %d, and it is for the node's owner", r[0], r[1], status)
		}
	}
	for _, path := range []string{"/v1/connections", "/v1/mappings"} {
		if status, _, _ := call(t, s.public.URL+path, "GET", referrals, "", ""); status != http.StatusForbidden {
			t.Errorf("GET %s with a referrals key: %d", path, status)
		}
		if status, body, _ := call(t, s.public.URL+path, "GET", admin, "", ""); status != http.StatusOK {
			t.Errorf("GET %s with an admin key: %d %s", path, status, body)
		}
	}
}

// A key of one organization reads nothing of its neighbor on the same node, whatever header it sends, and a thing of
// the neighbor is not there, exactly as a thing that never was.
func TestStrangerKeyReadsNothingOfItsNeighbor(t *testing.T) {
	s := serve(t)
	_, b := s.key(t, s.b, "admin")
	status, body, _ := call(t, s.control.URL+"/v1/connections/inbox", "PUT", "", string(s.d), `{"id":"inbox","name":"Neighbor's inbox","kind":"inbox","direction":"both"}`)
	if status != 200 {
		t.Fatalf("set up the neighbor: %d %s", status, body)
	}
	for _, path := range []string{"/v1/connections", "/v1/events", "/v1/partners", "/v1/mappings", "/v1/referrals", "/v1/waiting"} {
		status, body, _ := call(t, s.public.URL+path, "GET", b, string(s.d), "")
		if status != 200 || strings.Contains(body, "inbox") || strings.Contains(body, string(s.d)) {
			t.Errorf("%s shows something of the neighbor: %d %s", path, status, body)
		}
	}
	there, theirs, _ := call(t, s.public.URL+"/v1/connections/inbox", "GET", b, "", "")
	never, none, _ := call(t, s.public.URL+"/v1/connections/other", "GET", b, "", "")
	if there != never || strings.ReplaceAll(theirs, "inbox", "other") != none {
		t.Errorf("what the neighbor has is told apart from what is not there: %d %s and %d %s", there, theirs, never, none)
	}
}

func TestProblemsEchoNoValue(t *testing.T) {
	const canary = "Zebulona"
	s := serve(t)
	_, key := s.key(t, s.b, "admin")
	for _, c := range [][3]string{
		{"PUT", "/v1/connections/x", `{"id":"x","name":"` + canary + `","kind":5,"direction":"` + canary + `"}`},
		{"GET", "/v1/referrals?limit=" + canary, ""},
		{"GET", "/v1/events?after=" + canary, ""},
		{"POST", "/v1/referrals", `{"first": "` + canary + `", "broken"`},
		{"PUT", "/v1/mappings/m", `{"v":1,"` + canary + `":1}`},
	} {
		status, body, head := call(t, s.public.URL+c[1], c[0], key, "", c[2])
		if status < 400 || status >= 500 || !strings.HasPrefix(head.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s %s: %d %s %s", c[0], c[1], status, head.Get("Content-Type"), body)
		}
		if strings.Contains(body, canary) && c[0] != "PUT" { // a mapping's own member name is not a person's
			t.Errorf("%s %s echoes what came in: %s", c[0], c[1], body)
		}
	}
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/v1/health", "/v1/docs", "/v1/openapi.yaml", "/v1/referrals"} {
		_, _, head := call(t, s.public.URL+path, "GET", "", "", "")
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
			if head.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, head.Get(name))
			}
		}
		if head.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by pages of other origins", path)
		}
	}
	status, body, head := call(t, s.public.URL+"/v1/docs", "GET", "", "", "")
	if status != 200 || strings.Contains(body, "<script") || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(body, "Send a referral") {
		t.Errorf("the docs page: %d", status)
	}
}

// After a start the first requests come at once: none of them may find its key missing.
func TestFirstRequestsFindTheirKeys(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		s := api.New(api.Config{House: w.elm.Node.House("test"), Version: "test"})
		srv := httptest.NewServer(s.Handler())
		answers := make(chan int, 8)
		for range cap(answers) {
			go func() {
				status, _, _ := call(t, srv.URL+"/v1/partners", "GET", w.elmReferrals, "", "")
				answers <- status
			}()
		}
		for range cap(answers) {
			if status := <-answers; status != http.StatusOK {
				t.Errorf("a first request got %d", status)
			}
		}
		s.Close()
		srv.Close()
	}
}
