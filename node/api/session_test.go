package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"referworks/internal/testnet"
	"referworks/node/account"
	"referworks/node/api"
	"referworks/protocol"
)

// house is a node with two organizations and people in all roles.
type house struct {
	*served
	server *api.Server
	people *account.Book
	elm    protocol.OrgID
	brigid protocol.OrgID
}

// roles are one person each: those of elm, an owner of brigid, and who runs the node and belongs nowhere.
var roles = []account.Role{account.Owner, account.Admin, account.Worker, account.Auditor}

func newHouse(t *testing.T, edit ...func(*testnet.Config)) *house {
	t.Helper()
	n := testnet.New(t).Node("provider", edit...)
	b, d := n.Org("elm"), n.Org("brigid")
	people := n.House("test").Accounts()
	people.Demo = true // lets invented people in without argon2
	s := api.New(api.Config{House: n.House("test"), Version: "test"})
	h := &house{&served{httptest.NewServer(s.Handler()), httptest.NewServer(s.Control()), b.ID(), d.ID()}, s, people, b.ID(), d.ID()}
	t.Cleanup(func() { s.Close(); h.public.Close(); h.control.Close() })
	for _, role := range roles {
		id, err := people.DemoPerson(t.Context(), b.ID(), string(role), string(role)+"@elm.test", "en")
		if err == nil && role != account.Owner {
			err = people.SetRole(t.Context(), "test", b.ID(), id, role)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := people.DemoPerson(t.Context(), d.ID(), "stranger", "stranger@brigid.test", "en"); err != nil {
		t.Fatal(err)
	}
	id, err := people.DemoPerson(t.Context(), d.ID(), "operator", "operator@host.test", "en")
	if err == nil {
		err = people.SetRole(t.Context(), "test", d.ID(), id, "")
	}
	if err == nil {
		err = people.SetOperator(t.Context(), "test", id, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// person is a browser in which somebody is signed in; "" is nobody.
func (h *house) person(t *testing.T, email string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	if email != "" {
		if status, body := ask(t, c, "POST", h.public.URL+"/v1/session/demo", `{"email":"`+email+`"}`); status != 200 {
			t.Fatalf("sign in %s: %d %s", email, status, body)
		}
	}
	return c
}

func ask(t *testing.T, c *http.Client, method, url, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// mayDo says, apart from the code, what each role may do: the sentence in docs/operate.md.
var mayDo = map[string][]api.Permission{
	"":                     {api.Anyone},
	"owner@elm.test":       {api.Anyone, api.Self, api.ReadReferrals, api.WorkReferrals, api.ReadSetUp, api.ChangeSetUp, api.Trust, api.Colleagues, api.People, api.Keys, api.Identity},
	"admin@elm.test":       {api.Anyone, api.Self, api.ReadReferrals, api.WorkReferrals, api.ReadSetUp, api.ChangeSetUp, api.Trust, api.Colleagues, api.People, api.Keys},
	"worker@elm.test":      {api.Anyone, api.Self, api.ReadReferrals, api.WorkReferrals, api.Colleagues},
	"auditor@elm.test":     {api.Anyone, api.Self, api.ReadReferrals, api.ReadSetUp, api.Colleagues},
	"stranger@brigid.test": {api.Anyone, api.Self, api.ReadReferrals, api.WorkReferrals, api.ReadSetUp, api.ChangeSetUp, api.Trust, api.Colleagues, api.People, api.Keys, api.Identity},
	"operator@host.test":   {api.Anyone, api.Self, api.Node},
}

// what operations need to get past the reading of their input, beside bodies.
var personBodies = map[string]string{
	"sign-in": `{"email":"x@x.test","password":"x"}`, "answer-passkey": `{"answer":{}}`, "sign-in-demo": `{"email":"nobody@x.test"}`, "look-at-link": `{"code":"x"}`, "take-up-link": `{"code":"x","name":"x","password":"x"}`,
	"choose-organization": `{"id":"x"}`, "step-up": `{"password":"x"}`, "rename-account": `{"name":"x"}`, "change-password": `{"password":"x"}`, "confirm-totp": `{"secret":"x","code":"x"}`, "finish-passkey": `{"answer":{}}`,
	"invite-person": `{"name":"x","email":"x","role":"worker"}`, "set-role": `{"role":"worker"}`, "create-apikey": `{"name":"x","scope":"admin"}`, "recover-person": `{"email":"x@x.test"}`, "make-operator": `{"operator":false}`,
	"invite-owner": `{"name":"x","email":"x"}`, "make-demo-person": `{"name":"x","email":"x"}`, "create-organization": `{"name":"","contact":{}}`, "sign-charter": `{"file":"eA==","passphrase":"x"}`, "recover-organization": `{"file":"eA==","passphrase":"x"}`, "check-kit": `{"file":"eA==","passphrase":"x"}`,
	"restore-organization": `{"root":{"file":"eA==","passphrase":"x"},"house":"eA=="}`, "announce-organization": `{"yes":false}`, "act-on-referral": `{"kind":"view"}`, "forward-referral": `{}`, "set-settings": `{}`, "set-hosting": `{"suspended":false}`,
}

// Every operation is in the table, and lets in each role that has its permission and nobody else.
func TestEveryOperationByRole(t *testing.T) {
	h := newHouse(t)
	known := map[string]bool{"send-referral": true, "preview-referral": true, "upload-file": true, "read-file": true, "read-upload": true, "read-waiting": true, "read-waiting-file": true} // registered apart; the matrix of keys walks them
	for _, op := range h.server.Added() {
		known[op.OperationID] = true
		need := api.Need(op.OperationID)
		if need == "" {
			t.Errorf("%s is not in the table of permissions", op.OperationID)
		}
		body := personBodies[op.OperationID] + bodies[op.OperationID]
		for email, may := range mayDo {
			c := h.person(t, email)
			status, got := ask(t, c, op.Method, h.public.URL+fill(op.Path, nil), body)
			in := slices.Contains(may, need)
			refused := status == http.StatusUnauthorized || status == http.StatusForbidden && need != api.Anyone && need != api.Self
			if refused == in {
				t.Errorf("%s (%s) as %q: %d %.200s", op.OperationID, need, email, status, got)
			}
			if !in && strings.Contains(got, "step-up") {
				t.Errorf("%s asks %q for a proof before it refuses", op.OperationID, email)
			}
		}
	}
	for _, id := range api.Operations() {
		if !known[id] {
			t.Errorf("the table names %s, which is no operation", id)
		}
	}
}

// Of the neighbor's, a person sees nothing, whatever they send.
func TestStrangerPersonMeetsNothing(t *testing.T) {
	h := newHouse(t)
	c := h.person(t, "stranger@brigid.test")
	elm, err := h.people.Find("worker@elm.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][3]string{
		{"PUT", "/v1/session/organization", `{"id":"` + string(h.elm) + `"}`}, {"PATCH", "/v1/people/" + elm.ID, `{"role":"auditor"}`}, {"DELETE", "/v1/people/" + elm.ID, ""},
		{"POST", "/v1/people/" + elm.ID + "/link", ""}, {"DELETE", "/v1/people/" + elm.ID + "/sessions", ""},
	} {
		if status, body := ask(t, c, r[0], h.public.URL+r[1], r[2], api.OrgHeader, string(h.elm)); status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", r[0], r[1], status, body)
		}
	}
	if _, body := ask(t, c, "GET", h.public.URL+"/v1/people", "", api.OrgHeader, string(h.elm)); strings.Contains(body, "elm.test") || !strings.Contains(body, "stranger") {
		t.Errorf("the people: %s", body)
	}
}

// An admin cannot become an owner, nor touch one.
func TestAdminMakesNoOwner(t *testing.T) {
	h := newHouse(t)
	c := h.person(t, "admin@elm.test")
	admin, _ := h.people.Find("admin@elm.test")
	owner, _ := h.people.Find("owner@elm.test")
	for _, r := range [][3]string{
		{"PATCH", "/v1/people/" + admin.ID, `{"role":"owner"}`}, {"PATCH", "/v1/people/" + owner.ID, `{"role":"worker"}`}, {"DELETE", "/v1/people/" + owner.ID, ""},
		{"POST", "/v1/people", `{"name":"Eve","email":"eve@elm.test","role":"owner"}`}, {"POST", "/v1/people/" + owner.ID + "/link", ""},
	} {
		if status, body := ask(t, c, r[0], h.public.URL+r[1], r[2]); status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", r[0], r[1], status, body)
		}
	}
}

// A page of another site gets nothing done in a person's browser, and no stream.
func TestStrangerSiteInTheBrowser(t *testing.T) {
	h := newHouse(t)
	c := h.person(t, "owner@elm.test")
	for _, head := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"}} {
		if status, body := ask(t, c, "POST", h.public.URL+"/v1/partners/invitations", "", head...); status != http.StatusForbidden || !strings.Contains(body, "Another site") {
			t.Errorf("%v: %d %s", head, status, body)
		}
	}
	if status, body := ask(t, c, "POST", h.public.URL+"/v1/partners/invitations", "", "Sec-Fetch-Site", "same-origin"); status != 200 {
		t.Errorf("the own page: %d %s", status, body)
	}
	dialer := websocket.Dialer{Jar: c.Jar}
	address := "ws" + strings.TrimPrefix(h.public.URL, "http") + "/v1/events/stream"
	if _, resp, err := dialer.Dial(address, http.Header{"Origin": {"https://evil.test"}}); err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a stream for another site: %v", err)
	}
	conn, _, err := dialer.Dial(address, http.Header{"Origin": {h.public.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Signing out ends it at the next event.
	if _, _, err := conn.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, c, "DELETE", h.public.URL+"/v1/session", ""); status != 200 {
		t.Fatalf("sign out: %d %s", status, body)
	}
	other := h.person(t, "owner@elm.test")
	if status, _ := ask(t, other, "POST", h.public.URL+"/v1/partners/invitations", ""); status != 200 {
		t.Fatal(status)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		if _, _, err = conn.ReadMessage(); err != nil {
			break
		}
	}
	if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
		t.Errorf("the stream of who signed out: %v", err)
	}
}

// The whole way of the first person over HTTP: link, password, second factor, an act of trust with a proof.
func TestTheWayInOverHTTP(t *testing.T) {
	h := newHouse(t)
	h.people.Demo = false
	owner, _ := h.people.Find("owner@elm.test")
	code, err := h.people.Relink(t.Context(), h.elm, owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := h.person(t, "")
	var s struct {
		SignedIn, Secured bool
		Organization      string
		Can               []string
	}
	session := func() {
		t.Helper()
		status, body := ask(t, c, "GET", h.public.URL+"/v1/session", "")
		if status != 200 || json.Unmarshal([]byte(body), &s) != nil {
			t.Fatalf("%d %s", status, body)
		}
	}
	if session(); s.SignedIn {
		t.Fatal("signed in already")
	}
	if status, body := ask(t, c, "POST", h.public.URL+"/v1/setup", `{"code":"`+code+`","name":"Ana","password":"too short"}`); status != 422 || !strings.Contains(body, "15 characters") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask(t, c, "POST", h.public.URL+"/v1/setup", `{"code":"`+code+`","name":"Ana","password":"seven lamps under the cold river"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := ask(t, c, "POST", h.public.URL+"/v1/session", `{"email":"owner@elm.test","password":"wrong wrong wrong"}`); status != http.StatusForbidden || strings.Contains(body, "owner@") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask(t, c, "POST", h.public.URL+"/v1/session/demo", `{"email":"worker@elm.test"}`); status != http.StatusNotFound {
		t.Errorf("the demo's door on a node that is none: %d %s", status, body)
	}
	if status, _ := ask(t, c, "GET", h.public.URL+"/v1/referrals", "", "Cookie", "rw=AAAA"); status != http.StatusUnauthorized && status != http.StatusOK {
		t.Errorf("a made-up cookie: %d", status)
	}
}
