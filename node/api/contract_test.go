package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"referworks/protocol"
)

// operations gives each described operation with its path.
func operations(w *world) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for _, item := range w.server.Described().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Patch} {
			if op != nil {
				all[op.OperationID] = op
			}
		}
	}
	return all
}

// conforms holds an answer against the description: its status, its media type, and its body.
func conforms(t *testing.T, w *world, op *huma.Operation, status int, head http.Header, body string) {
	t.Helper()
	r := op.Responses[strconv.Itoa(status)]
	if r == nil {
		t.Errorf("%s answers %d, which is not described: %.300s", op.OperationID, status, body)
		return
	}
	media, _, _ := strings.Cut(head.Get("Content-Type"), ";")
	content := r.Content[media]
	if content == nil {
		t.Errorf("%s answers %d as %q, which is not described", op.OperationID, status, media)
		return
	}
	if content.Schema == nil || content.Schema.Format == "binary" {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Errorf("%s answers %d with something that is not JSON: %v", op.OperationID, status, err)
		return
	}
	var found huma.ValidateResult
	huma.Validate(w.server.Described().Components.Schemas, content.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &found)
	for _, e := range found.Errors {
		t.Errorf("%s answers %d against its description: %v", op.OperationID, status, e)
	}
}

// Every described operation is called for real, once as it is meant and in wrong ways, and each answer is as described.
func TestAnswersConformToTheDescription(t *testing.T) {
	w := newWorld(t)
	ops := operations(w)
	matter := example(t, "legalserver-matter.json")
	to := "?to=" + url.QueryEscape(string(w.partner.ID()))
	partner := string(w.partner.ID())
	extra := w.wait(t)
	failing := withTest(t, "mappings/harbor-legalserver.json")
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/intake", example(t, "mappings/court-help-center.json"), nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/connections/poll", `{"id":"poll","name":"poll","kind":"api","direction":"out","format":"json","mapping":"intake"}`, nil)
	ours, back := w.leased(t), w.leased(t)
	type step struct{ id, key, path, body string }
	steps := []step{
		{"send-referral", w.elmReferrals, "/v1/referrals" + to, matter},
		{"send-referral", w.elmReferrals, "/v1/referrals", matter}, // 202: it waits
		{"send-referral", w.elmReferrals, "/v1/referrals", "{"},
		{"send-referral", w.elmReferrals, "/v1/referrals?to=nobody", matter},
		{"send-referral", w.elmReferrals, "/v1/referrals?to=a&colour=red", matter},
		{"preview-referral", w.elmReferrals, "/v1/referrals:preview" + to, matter},
		{"preview-referral", w.elmReferrals, "/v1/referrals:preview", "["},
		{"list-referrals", w.elmReferrals, "/v1/referrals?limit=1", ""},
		{"list-referrals", w.elmReferrals, "/v1/referrals?direction=up", ""},
		{"show-referral", w.elmReferrals, "/v1/referrals/" + w.referral, ""},
		{"show-referral", w.elmReferrals, "/v1/referrals/none", ""},
		{"prove-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/proof", ""},
		{"prove-referral", w.elmReferrals, "/v1/referrals/none/proof", ""},
		{"retry-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/retry", ""},
		{"retry-referral", w.elmReferrals, "/v1/referrals/none/retry", ""},
		{"list-referrals", w.elmReferrals, "/v1/referrals?view=waiting&direction=out", ""},
		{"count-referrals", w.elmReferrals, "/v1/referrals:counts", ""},
		{"assign-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/assignee", `{"person":""}`},
		{"assign-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/assignee", `{"person":"somebody"}`},
		{"assign-referral", w.elmReferrals, "/v1/referrals/none/assignee", `{"person":""}`},
		{"write-note", w.elmReferrals, "/v1/referrals/" + w.referral + "/notes", `{"text":"Call after six."}`},
		{"write-note", w.elmReferrals, "/v1/referrals/" + w.referral + "/notes", `{"text":""}`},
		{"write-note", w.elmReferrals, "/v1/referrals/none/notes", `{"text":"x"}`},
		{"list-notes", w.elmReferrals, "/v1/referrals/" + w.referral + "/notes", ""},
		{"list-notes", w.elmReferrals, "/v1/referrals/none/notes", ""},
		{"show-thread", w.elmReferrals, "/v1/referrals/" + w.referral + "/thread", ""},
		{"show-thread", w.elmReferrals, "/v1/referrals/none/thread", ""},
		{"read-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/content", ""},
		{"read-referral", w.elmReferrals, "/v1/referrals/none/content", ""},
		{"act-on-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/acts", `{"kind":"note","text":"Good morning."}`},
		{"act-on-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/acts", `{"kind":"reopen","text":"again"}`},
		{"act-on-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/acts", `{"kind":"sing"}`},
		{"act-on-referral", w.elmReferrals, "/v1/referrals/none/acts", `{"kind":"note","text":"x"}`},
		{"forward-referral", w.elmReferrals, "/v1/referrals/" + w.referral + "/forward", `{"to":["` + partner + `"]}`},
		{"forward-referral", w.elmReferrals, "/v1/referrals/none/forward", `{"to":["` + partner + `"]}`},
		{"forward-referral", w.elmReferrals, "/v1/referrals/" + w.recalled(t) + "/forward", `{"to":["` + string(w.other.ID()) + `"]}`},
		{"upload-file", w.elmReferrals, "/v1/files?name=letter.txt", "Dear reader"},
		{"upload-file", w.elmReferrals, "/v1/files?name=setup.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"},
		{"upload-file", w.elmReferrals, "/v1/files?name=large.txt", strings.Repeat("x", 25<<20+1)},
		{"list-uploads", w.elmReferrals, "/v1/files", ""},
		{"delete-upload", w.elmReferrals, "/v1/files/" + w.upload(t), ""},
		{"delete-upload", w.elmReferrals, "/v1/files/none", ""},
		{"list-files", w.elmReferrals, "/v1/referrals/" + w.referral + "/files", ""},
		{"list-files", w.elmReferrals, "/v1/referrals/none/files", ""},
		{"read-file", w.elmReferrals, "/v1/referrals/" + w.referral + "/files/" + w.file, ""},
		{"read-file", w.elmReferrals, "/v1/referrals/" + w.referral + "/files/none", ""},
		{"extend-lease", w.elmReferrals, "/v1/inbox:extend", `{"token":"` + ours + `","seconds":600}`},
		{"ack-lease", w.elmReferrals, "/v1/inbox:ack", `{"token":"` + ours + `","reference":"CASE-7"}`},
		{"ack-lease", w.elmReferrals, "/v1/inbox:ack", `{"token":"` + ours + `"}`},
		{"nack-lease", w.elmReferrals, "/v1/inbox:nack", `{"token":"` + back + `"}`},
		{"extend-lease", w.elmReferrals, "/v1/inbox:extend", `{"token":"` + back + `"}`},
		{"lease-inbox", w.elmReferrals, "/v1/inbox:lease", `{"connection":"poll","max":1}`},
		{"lease-inbox", w.elmReferrals, "/v1/inbox:lease", `{"connection":"none"}`},
		{"lease-inbox", w.elmReferrals, "/v1/inbox:lease", `{"max":0}`},
		{"list-events", w.elmReferrals, "/v1/events?after=1&limit=3", ""},
		{"list-events", w.elmReferrals, "/v1/events?limit=0", ""},
		{"show-report", w.elmReferrals, "/v1/reports?from=1", ""},
		{"show-report", w.elmReferrals, "/v1/reports?from=-1", ""},
		{"export-report", w.elmReferrals, "/v1/reports:export", ""},
		{"list-activity", w.elmAdmin, "/v1/activity?limit=2&kind=mapping", ""},
		{"list-activity", w.elmAdmin, "/v1/activity?limit=0", ""},
		{"export-activity", w.elmAdmin, "/v1/activity:export?actor=operator", ""},
		{"show-practice", w.elmReferrals, "/v1/practice", ""},
		{"start-practice", w.elmAdmin, "/v1/practice", ""},
		{"list-partners", w.elmReferrals, "/v1/partners", ""},
		{"try-partner", w.elmReferrals, "/v1/partners/" + partner + "/try", ""},
		{"try-partner", w.elmReferrals, "/v1/partners/none/try", ""},
		{"invite-partner", w.elmAdmin, "/v1/partners/invitations", ""},
		{"list-invitations", w.elmAdmin, "/v1/partners/invitations", ""},
		{"withdraw-invitation", w.elmAdmin, "/v1/partners/invitations/" + w.invitation(t), ""},
		{"withdraw-invitation", w.elmAdmin, "/v1/partners/invitations/none", ""},
		{"withdraw-invitation", w.elmAdmin, "/v1/partners/invitations/" + protocol.Hash{1}.String(), ""},
		{"accept-invitation", w.elmAdmin, "/v1/partners:accept", `{"invitation":"this is no invitation at all"}`},
		{"accept-invitation", w.elmAdmin, "/v1/partners:accept", `{"invitation":5}`},
		{"confirm-words", w.elmAdmin, "/v1/partners/" + partner + "/confirmation", `{"match":true,"weSend":true,"theySend":true}`},
		{"confirm-words", w.elmAdmin, "/v1/partners/none/confirmation", `{"match":true,"weSend":true,"theySend":true}`},
		{"set-standing", w.elmAdmin, "/v1/partners/" + partner + "/standing", `{"state":"suspended"}`},
		{"set-standing", w.elmAdmin, "/v1/partners/" + partner + "/standing", `{"state":"active"}`},
		{"set-standing", w.elmAdmin, "/v1/partners/" + partner + "/standing", `{"state":"odd"}`},
		{"list-connections", w.elmAdmin, "/v1/connections", ""},
		{"show-connection", w.elmAdmin, "/v1/connections/case-system", ""},
		{"show-connection", w.elmAdmin, "/v1/connections/none", ""},
		{"put-connection", w.elmAdmin, "/v1/connections/box", `{"id":"box","name":"box","kind":"inbox","direction":"out"}`},
		{"put-connection", w.elmAdmin, "/v1/connections/box", `{"id":"box","name":"box","kind":"odd","direction":"out"}`},
		{"put-connection", w.elmAdmin, "/v1/connections/box", `nonsense`},
		{"list-kinds", w.elmAdmin, "/v1/kinds", ""},
		{"show-kind-start", w.elmAdmin, "/v1/kinds/ready/start", ""},
		{"show-kind-start", w.elmAdmin, "/v1/kinds/odd/start", ""},
		{"show-organization", w.elmReferrals, "/v1/organization", ""},
		{"describe-organization", w.elmAdmin, "/v1/organization", `{"name":"Elm Street Elder Law Clinic","contact":{"phone":"617-555-0123"},"services":[{"id":"a","name":"Advice","needs":[{"system":"lsc","code":"63"}],"area":"02139"}]}`},
		{"describe-organization", w.elmAdmin, "/v1/organization", `{"name":"Elm Street","contact":{"phone":"tomorrow"}}`},
		{"list-services", w.elmReferrals, "/v1/services", ""},
		{"show-kit", w.elmAdmin, "/v1/recovery", ""},
		{"show-settings", w.elmAdmin, "/v1/settings", ""},
		{"set-settings", w.elmAdmin, "/v1/settings", `{"calendar":{"zone":"America/New_York","days":[{"day":"monday","opens":"09:00","ends":"17:00"}]}}`},
		{"set-settings", w.elmAdmin, "/v1/settings", `{"calendar":{"zone":"Atlantis"}}`},
		{"test-connection", w.elmAdmin, "/v1/connections/case-system/test", ""},
		{"test-connection", w.elmAdmin, "/v1/connections/none/test", ""},
		{"pause-connection", w.elmAdmin, "/v1/connections/box/paused", `{"paused":true}`},
		{"pause-connection", w.elmAdmin, "/v1/connections/none/paused", `{"paused":true}`},
		{"remove-connection", w.elmAdmin, "/v1/connections/box", ""},
		{"remove-connection", w.elmAdmin, "/v1/connections/none", ""},
		{"list-waiting", w.elmReferrals, "/v1/waiting", ""},
		{"show-waiting", w.elmReferrals, "/v1/waiting/" + w.waiting, ""},
		{"show-waiting", w.elmReferrals, "/v1/waiting/none", ""},
		{"read-waiting", w.elmReferrals, "/v1/waiting/" + w.waiting + "/original", ""},
		{"read-waiting", w.elmReferrals, "/v1/waiting/none/original", ""},
		{"open-waiting", w.elmReferrals, "/v1/waiting/" + w.waiting + "/opened", ""},
		{"open-waiting", w.elmReferrals, "/v1/waiting/" + w.mail(t) + "/opened?form=legalserver", ""},
		{"read-waiting-file", w.elmReferrals, "/v1/waiting/" + w.mail(t) + "/files/0", ""},
		{"read-waiting-file", w.elmReferrals, "/v1/waiting/" + w.mail(t) + "/files/9", ""},
		{"send-waiting", w.elmReferrals, "/v1/waiting/" + w.mail(t) + "/referral", `{"connection":"case-system","to":["` + partner + `"],"files":[0],"document":` + example(t, "legalserver-matter.json") + `}`},
		{"send-waiting", w.elmReferrals, "/v1/waiting/none/referral", `{"connection":"case-system","document":{}}`},
		{"read-upload", w.elmReferrals, "/v1/files/" + w.upload(t), ""},
		{"read-upload", w.elmReferrals, "/v1/files/none", ""},
		{"resend-waiting", w.elmReferrals, "/v1/waiting/" + w.waiting + "/resend", `{"to":["` + partner + `"]}`},
		{"resend-waiting", w.elmReferrals, "/v1/waiting/none/resend", `{}`},
		{"discard-waiting", w.elmAdmin, "/v1/waiting/" + extra, ""},
		{"discard-waiting", w.elmAdmin, "/v1/waiting/none", ""},
		{"list-mappings", w.elmAdmin, "/v1/mappings", ""},
		{"show-mapping", w.elmAdmin, "/v1/mappings/legalserver", ""},
		{"show-mapping", w.elmAdmin, "/v1/mappings/none", ""},
		{"publish-mapping", w.elmAdmin, "/v1/mappings/another", example(t, "mappings/elm-street.json")},
		{"publish-mapping", w.elmAdmin, "/v1/mappings/another", "{}"},
		{"save-draft", w.elmAdmin, "/v1/mappings/legalserver/draft", failing},
		{"save-draft", w.elmAdmin, "/v1/mappings/legalserver/draft?revision=7", failing},
		{"save-draft", w.elmAdmin, "/v1/mappings/legalserver/draft?revision=1", "{"},
		{"show-draft", w.elmAdmin, "/v1/mappings/legalserver/draft", ""},
		{"show-draft", w.elmAdmin, "/v1/mappings/another/draft", ""},
		{"test-mapping", w.elmAdmin, "/v1/mappings/legalserver/test", ""},
		{"test-mapping", w.elmAdmin, "/v1/mappings/legalserver/test", example(t, "mappings/harbor-legalserver.json")},
		{"test-mapping", w.elmAdmin, "/v1/mappings/none/test", ""},
		{"compare-mapping", w.elmAdmin, "/v1/mappings/legalserver/diff", ""},
		{"compare-mapping", w.elmAdmin, "/v1/mappings/none/diff", ""},
		{"publish-draft", w.elmAdmin, "/v1/mappings/legalserver/publish?revision=9", ""},
		{"publish-draft", w.elmAdmin, "/v1/mappings/legalserver/publish", ""},
		{"publish-draft", w.elmAdmin, "/v1/mappings/legalserver/publish?revision=1&untested=true", ""},
		{"list-mapping-versions", w.elmAdmin, "/v1/mappings/legalserver/versions", ""},
		{"list-mapping-versions", w.elmAdmin, "/v1/mappings/none/versions", ""},
		{"roll-back-mapping", w.elmAdmin, "/v1/mappings/legalserver/rollback", "{}"},
		{"roll-back-mapping", w.elmAdmin, "/v1/mappings/legalserver/rollback", `{"hash":"none"}`},
		{"save-draft", w.elmAdmin, "/v1/mappings/new/draft", "{}"},
		{"drop-draft", w.elmAdmin, "/v1/mappings/new/draft", ""},
		{"drop-draft", w.elmAdmin, "/v1/mappings/new/draft", ""},
		{"list-drafts", w.elmAdmin, "/v1/drafts", ""},
		{"save-work", w.elmAdmin, "/v1/mappings/legalserver/work", `{}`},
		{"save-work", w.elmAdmin, "/v1/mappings/legalserver/work", `[`},
		{"show-work", w.elmAdmin, "/v1/mappings/legalserver/work", ""},
		{"list-samples", w.elmAdmin, "/v1/mappings/legalserver/samples", ""},
		{"list-standard", w.elmAdmin, "/v1/standard", ""},
		{"list-codes", w.elmAdmin, "/v1/codes?standard=needs%5B%5D.codes%5B%5D", ""},
		{"check-mapping", w.elmAdmin, "/v1/mappings:check", failing},
		{"check-mapping", w.elmAdmin, "/v1/mappings:check", `{"v":1,"id":"x","name":"x","standard":"referral/1","side":{"format":"json"},"rules":[{"id":"a","local":"b","standard":"person.nope"}]}`},
		{"check-mapping", w.elmAdmin, "/v1/mappings:check", "{"},
		{"run-mapping", w.elmAdmin, "/v1/mappings:run", `{"name":"legalserver","input":` + quoted(matter) + `}`},
		{"run-mapping", w.elmAdmin, "/v1/mappings:run", `{"name":"legalserver","input":"{"}`},
		{"run-mapping", w.elmAdmin, "/v1/mappings:run", `{"name":"none","input":"{}"}`},
		{"suggest-mapping", w.elmAdmin, "/v1/mappings:suggest", `{"fields":[{"path":"first_name","label":"First name"},{"path":"sex","label":"Gender","values":[{"text":"female","count":3}]}]}`},
		{"suggest-mapping", w.elmAdmin, "/v1/mappings:suggest", `{"fields":5}`},
		{"infer-schema", w.elmAdmin, "/v1/mappings:infer", `{"samples":[{"text":"{\"first\":\"Ana\",\"born\":\"13/02/1950\"}"}],"masked":true}`},
		{"infer-schema", w.elmAdmin, "/v1/mappings:infer", `{"samples":[{"text":"{","format":"json"}]}`},
		{"compare-schemas", w.elmAdmin, "/v1/mappings:drift", `{"before":[{"text":"{\"first\":\"Ana\"}"}],"now":[{"text":"{\"first\":\"Ana\",\"date_of_birth\":\"1950-02-13\"}"}],"mapping":` + example(t, "mappings/harbor-legalserver.json") + `}`},
		{"show-partner", w.elmReferrals, "/v1/partners/" + string(w.partner.ID()), ""},
		{"show-partner", w.elmReferrals, "/v1/partners/none", ""},
		{"show-drift", w.elmAdmin, "/v1/connections/case-system/drift", ""},
		{"show-drift", w.elmAdmin, "/v1/connections/none/drift", ""},
		{"list-lookups", w.elmAdmin, "/v1/connections/case-system/lookups", ""},
		{"list-lookups", w.elmAdmin, "/v1/connections/none/lookups", ""},
		{"read-lookup", w.elmAdmin, "/v1/connections/case-system/lookups/gender", ""},
		{"put-connection", w.elmAdmin, "/v1/connections/lists", `{"id":"lists","name":"lists","kind":"ready","direction":"out","format":"json","mapping":"legalserver"}`},
		{"list-lookups", w.elmAdmin, "/v1/connections/lists/lookups", ""},
		{"read-lookup", w.elmAdmin, "/v1/connections/lists/lookups/gender", ""},
		{"accept-drift", w.elmAdmin, "/v1/connections/case-system/drift", ""},
		{"compare-schemas", w.elmAdmin, "/v1/mappings:drift", `{"now":[{"text":"{}"}]}`},
	}
	worked := map[string]bool{}
	for _, s := range steps {
		op := ops[s.id]
		if op == nil {
			t.Errorf("there is no operation %s any more", s.id)
			continue
		}
		status, body, head := call(t, w.public.URL+s.path, op.Method, s.key, "", s.body)
		conforms(t, w, op, status, head, body)
		worked[s.id] = worked[s.id] || status/100 == 2
		if status >= 500 {
			t.Errorf("%s %s: %d %.300s", op.Method, s.path, status, body)
		}
	}
	for id, op := range ops {
		if !worked[id] && id != "accept-invitation" { // that needs a second node; the scripts do it
			t.Errorf("%s was never called with success", id)
		}
		for _, key := range []string{"", w.revoked, w.elmReferrals} { // 401, and 403 or whatever else it says
			status, body, head := call(t, w.public.URL+fill(op.Path, none(w.d)), op.Method, key, "", "")
			conforms(t, w, op, status, head, body)
		}
	}
	if len(ops) < 20 {
		t.Errorf("only %d operations are described", len(ops))
	}
}
