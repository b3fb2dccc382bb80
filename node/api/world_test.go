package api_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node/api"
	"referworks/node/exchange"
	"referworks/protocol"
)

// world is a provider's node with two organizations, elm and brigid, and a partner of elm on a node of its own. elm has
// one of everything: a mapping, a connection, a partner, a referral that was sent, a document that waits.
type world struct {
	*served
	server  *api.Server
	house   api.House
	partner *testnet.Org
	other   *testnet.Org // a partner too
	elm     *testnet.Org
	// API keys
	elmAdmin, elmReferrals, brigidAdmin, brigidReferrals, revoked string
	// elm's things
	referral, file, waiting string
	mails                   int
}

const consent = `"consent":{"basis":"consent","method":"verbal","capacity":"self","days":180,"purposes":["referral"]}`

func newWorld(t *testing.T) *world {
	t.Helper()
	net := testnet.New(t)
	n := net.Node("provider", func(cfg *testnet.Config) {
		withPost(cfg)
		cfg.Kinds["ready"] = bridges.Kind{Name: "ready", Title: "Ready", Vendor: "A token.\nAn address.", Mapping: []byte(example(t, "mappings/harbor-legalserver.json")), Sample: []byte(`{"first":"Ana"}`), New: func(bridges.Config) (any, error) { return pickLists{}, nil }}
	})
	b, d := n.Org("elm"), n.Org("brigid")
	harbor := net.Node("harbor")
	w := &world{partner: harbor.Org("harbor"), other: harbor.Org("quincy"), elm: b}
	net.Pair(b, w.partner)
	net.Pair(b, w.other)
	w.house = n.House("test")
	w.server = api.New(api.Config{House: w.house, Version: "test"})
	w.served = &served{httptest.NewServer(w.server.Handler()), httptest.NewServer(w.server.Control()), b.ID(), d.ID()}
	t.Cleanup(func() { w.server.Close(); w.public.Close(); w.control.Close() })
	_, w.elmAdmin = w.key(t, b.ID(), "admin")
	_, w.elmReferrals = w.key(t, b.ID(), "referrals")
	_, w.brigidAdmin = w.key(t, d.ID(), "admin")
	_, w.brigidReferrals = w.key(t, d.ID(), "referrals")
	id, revoked := w.key(t, b.ID(), "admin")
	w.revoked = revoked
	w.must(t, w.control.URL, "", string(b.ID()), "DELETE", "/v1/apikeys/"+id, "", nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/legalserver", example(t, "mappings/harbor-legalserver.json"), nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/connections/case-system", `{"id":"case-system","name":"in","kind":"api","direction":"in","format":"json","mapping":"legalserver",`+consent+`}`, nil)
	var sent struct {
		Referrals []struct{ ID string }
		Waiting   string
	}
	w.file = w.upload(t)
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/referrals?file="+w.file+"&to="+string(w.partner.ID()), example(t, "legalserver-matter.json"), &sent)
	w.referral = sent.Referrals[0].ID
	w.waiting = w.wait(t)
	return w
}

// recalled sends a referral and recalls it.
func (w *world) recalled(t *testing.T) string {
	t.Helper()
	var sent struct{ Referrals []struct{ ID string } }
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/referrals?to="+string(w.partner.ID()), example(t, "legalserver-matter.json"), &sent)
	id := sent.Referrals[0].ID
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/referrals/"+id+"/acts", `{"kind":"recall","text":"not any more"}`, nil)
	return id
}

// wait posts a document that names partners whom nobody knows, so that it waits for a person.
func (w *world) wait(t *testing.T) string {
	t.Helper()
	var sent struct{ Waiting string }
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/referrals", example(t, "legalserver-matter.json"), &sent)
	if sent.Waiting == "" {
		t.Fatal("a document with unknown recipients did not wait")
	}
	return sent.Waiting
}

// upload uploads a letter and gives its id.
func (w *world) upload(t *testing.T) string {
	t.Helper()
	var f struct{ ID string }
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/files?name=letter.txt", "Dear reader", &f)
	return f.ID
}

// invitation makes one and gives its id.
func (w *world) invitation(t *testing.T) string {
	t.Helper()
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/partners/invitations", "", nil)
	var list struct{ Items []struct{ ID string } }
	w.must(t, w.public.URL, w.elmAdmin, "", "GET", "/v1/partners/invitations", "", &list)
	if len(list.Items) == 0 {
		t.Fatal("no invitation is open")
	}
	return list.Items[0].ID
}

func (w *world) must(t *testing.T, base, key, org, method, path, body string, into any) {
	t.Helper()
	status, got, _ := call(t, base+path, method, key, org, body)
	if status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, status, got)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got), into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fill puts ids into a path of the description.
func fill(path string, ids map[string]string) string {
	id := "x"
	for prefix, one := range ids {
		if strings.HasPrefix(path, prefix+"/{id}") {
			id = one
		}
	}
	file := "x"
	if one, ok := ids[fileIDs]; ok {
		file = one
	}
	return strings.NewReplacer("{id}", id, "{file}", file, "{list}", "gender").Replace(path)
}

// fileIDs is where ids has the id of a referral's file.
const fileIDs = "{file}"

func (w *world) ids() map[string]string {
	return map[string]string{
		"/v1/referrals": w.referral, "/v1/connections": "case-system", "/v1/mappings": "legalserver", "/v1/waiting": w.waiting, "/v1/kinds": "ready",
		"/v1/partners": string(w.partner.ID()), fileIDs: w.file,
	}
}

func none(partner protocol.OrgID) map[string]string {
	return map[string]string{
		"/v1/referrals": "urn:uuid:00000000-0000-4000-8000-000000000000", "/v1/connections": "case-others", "/v1/mappings": "never-made", "/v1/waiting": "aaaaaaaaaaaaaaaaaaaaaaaaaa",
		"/v1/partners": string(partner),
	}
}

// leased has the partner send a referral to elm, whose case system fetches it, and gives the token.
func (w *world) leased(t *testing.T) (token string) {
	t.Helper()
	r := sample.Full()
	r.Referrer.Organization, r.Target.Organization, r.Attachments = protocol.Named{}, protocol.Named{}, nil
	for i := range r.Consents {
		r.Consents[i].Recipients, r.Consents[i].Form = nil, protocol.Token{}
		r.Consents[i].ObtainedAt = protocol.TimeOf(time.Now().Add(-time.Hour))
		r.Consents[i].ExpiresAt = protocol.TimeOf(time.Now().AddDate(1, 0, 0))
	}
	if _, err := w.partner.Desk().Send(t.Context(), exchange.Outgoing{Referral: r, To: []protocol.OrgID{w.elm.ID()}, Raw: []byte("{}"), RawFormat: "json", Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	testnet.Eventually(t, "a referral is offered", func() bool {
		list, err := w.elm.Connections().Lease(t.Context(), "poll", 1, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 {
			token = list[0].Token
		}
		return token != ""
	})
	return token
}

// pickLists is a system whose lists can be read.
type pickLists struct{}

func (pickLists) Lists() []string { return []string{"gender"} }

func (pickLists) Values(context.Context, string) ([]bridges.Value, error) {
	return []bridges.Value{{Word: "F", Label: "Female"}}, nil
}
