package api_test

import (
	"net/http"
	"strings"
	"testing"

	"referworks/node/api"
)

// bodies are what operations need to get past the reading of their input.
var bodies = map[string]string{
	"put-connection": `{"id":"x","name":"x","kind":"odd","direction":"in"}`, "pause-connection": `{"paused":false}`, "resend-waiting": `{}`, "send-waiting": `{"connection":"x","document":{}}`, "lease-inbox": `{}`, "ack-lease": `{"token":"x"}`, "nack-lease": `{"token":"x"}`, "extend-lease": `{"token":"x"}`,
	"assign-referral": `{"person":""}`, "write-note": `{"text":"x"}`,
	"describe-organization": `{"name":"Elm Street"}`, "accept-invitation": `{"invitation":"this is no invitation at all"}`, "confirm-words": `{"match":true}`, "set-standing": `{"state":"active"}`,
	"publish-mapping": `{}`, "save-draft": `{}`, "save-work": `{}`, "roll-back-mapping": `{}`, "check-mapping": `{}`, "run-mapping": `{"input":"{}"}`, "suggest-mapping": `{"fields":[]}`, "infer-schema": `{"samples":[{"text":"{}"}]}`, "compare-schemas": `{"now":[{"text":"{}"}]}`, "send-referral": `{`, "preview-referral": `{`,
}

// Each operation lets in whom it says: by the need that it declares, the scope of the key, and the organization.
func TestEveryOperationAsksForWhatItDeclares(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	for id, op := range operations(w) {
		need := "admin"
		switch p := api.Need(id); p {
		case api.ReadReferrals, api.WorkReferrals:
			need = "referrals"
		case api.ReadSetUp, api.ChangeSetUp, api.Trust:
		default:
			t.Errorf("%s is public and declares the need %q", id, p)
		}
		seen[need]++
		for name, c := range map[string]struct {
			key string
			in  bool
		}{
			"nobody":           {"", false},
			"revoked":          {w.revoked, false},
			"referrals":        {w.brigidReferrals, need == "referrals"},
			"admin":            {w.brigidAdmin, true},
			"another's header": {w.elmReferrals, need == "referrals"},
		} {
			status, body, _ := call(t, w.public.URL+fill(op.Path, none(w.d)), op.Method, c.key, string(w.d), bodies[id])
			refused := status == http.StatusUnauthorized || status == http.StatusForbidden
			if refused == c.in {
				t.Errorf("%s (%s) with %s: %d %.200s", id, need, name, status, body)
			}
			if unknown := c.key == "" || c.key == w.revoked; unknown != (status == http.StatusUnauthorized) {
				t.Errorf("%s with %s: %d", id, name, status)
			}
		}
	}
	if seen["referrals"] < 8 || seen["admin"] < 8 {
		t.Errorf("operations by need: %v", seen)
	}
	for _, r := range [][2]string{{"GET", "/v1/status"}, {"GET", "/v1/organizations"}, {"POST", "/v1/organizations"}, {"GET", "/v1/apikeys"}, {"POST", "/v1/apikeys"}, {"DELETE", "/v1/apikeys/x"},
		{"GET", "/v1/charter"}, {"POST", "/v1/charter"}, {"POST", "/v1/recovery"}, {"GET", "/v1/house-file"}, {"PUT", "/v1/announcement"}, {"POST", "/v1/organizations:restore"}} {
		for _, key := range []string{w.elmReferrals, w.elmAdmin, w.brigidAdmin} {
			if status, _, _ := call(t, w.public.URL+r[1], r[0], key, string(w.b), `{}`); status != http.StatusForbidden {
				t.Errorf("%s %s with a key: %d", r[0], r[1], status)
			}
		}
		// For one organization the owner must say which.
		status, body, _ := call(t, w.control.URL+r[1], r[0], "", "", map[string]string{"POST": `{"name":"x","scope":"admin"}`}[r[0]])
		if !strings.HasPrefix(r[1], "/v1/organizations") && r[1] != "/v1/status" && (status != 422 || !strings.Contains(body, "--org")) {
			t.Errorf("%s %s without an organization: %d %s", r[0], r[1], status, body)
		}
	}
}

// With the best key of the neighbor, each thing of elm's answers as a thing that never was, and stays as it is.
func TestStrangerNeighborMeetsNothing(t *testing.T) {
	w := newWorld(t)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/legalserver/draft", example(t, "mappings/harbor-legalserver.json"), nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/legalserver/work", `{}`, nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/connections/lists", `{"id":"lists","name":"lists","kind":"ready","direction":"out","format":"json","mapping":"legalserver"}`, nil)
	mail := w.mail(t)
	before := w.everything(t)
	for id, op := range operations(w) {
		if !strings.Contains(op.Path, "{id}") || id == "show-kind-start" || id == "put-connection" || id == "publish-mapping" || id == "save-draft" || id == "save-work" { // those make one's own, or are the node's
			continue
		}
		ids, nowhere := w.ids(), none(w.d)
		if strings.HasPrefix(op.Path, "/v1/waiting") {
			ids["/v1/waiting"], ids[fileIDs], nowhere[fileIDs] = mail, "0", "0"
		}
		if strings.Contains(op.Path, "/lookups") {
			ids["/v1/connections"] = "lists"
		}
		there, theirs, _ := call(t, w.public.URL+fill(op.Path, ids), op.Method, w.brigidAdmin, string(w.b), bodies[id])
		never, nothing, _ := call(t, w.public.URL+fill(op.Path, nowhere), op.Method, w.brigidAdmin, "", bodies[id])
		if there != never || there/100 != 4 {
			t.Errorf("%s answers the neighbor %d, and %d for what never was: %.200s", id, there, never, theirs)
		}
		plain := func(text string, ids map[string]string) string {
			for prefix, id := range ids {
				if strings.HasPrefix(op.Path, prefix) {
					text = strings.ReplaceAll(text, id, "ID")
				}
			}
			return text
		}
		if plain(theirs, ids) != plain(nothing, nowhere) {
			t.Errorf("%s tells what is there from what is not: %.200s and %.200s", id, theirs, nothing)
		}
		// The test can fail: with elm's own key it is there.
		if own, body, _ := call(t, w.public.URL+fill(op.Path, ids), "GET", w.elmAdmin, "", ""); op.Method == "GET" && own != http.StatusOK {
			t.Errorf("%s with elm's own key: %d %.200s", id, own, body)
		}
	}
	for _, path := range []string{"/v1/referrals", "/v1/waiting", "/v1/events", "/v1/partners", "/v1/connections", "/v1/mappings"} {
		_, body, _ := call(t, w.public.URL+path, "GET", w.brigidAdmin, string(w.b), "")
		for _, id := range w.ids() {
			if strings.Contains(body, id) {
				t.Errorf("%s shows the neighbor %s", path, id)
			}
		}
	}
	if after := w.everything(t); after != before {
		t.Errorf("the neighbor changed something:\n%s\n%s", before, after)
	}
}

func (w *world) everything(t *testing.T) string {
	t.Helper()
	all := ""
	for _, path := range []string{"/v1/connections", "/v1/mappings", "/v1/waiting", "/v1/partners"} {
		status, body, _ := call(t, w.public.URL+path, "GET", w.elmAdmin, "", "")
		if status != http.StatusOK || len(body) < 30 {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		all += body
	}
	return all
}
