package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"referworks/node/account"
)

// Colleagues divide the work: who has a referral finds it under "mine", only people who work with referrals can have one,
// and private notes carry their writer's name. A neighbor learns nothing.
func TestDesk(t *testing.T) {
	w := newWorld(t)
	people := w.house.Accounts()
	people.Demo = true
	ids := map[string]string{}
	for _, p := range []struct {
		email string
		role  account.Role
	}{{"owner@elm.test", account.Owner}, {"ana@elm.test", account.Worker}, {"auditor@elm.test", account.Auditor}} {
		email, role := p.email, p.role
		id, err := people.DemoPerson(t.Context(), w.elm.ID(), strings.TrimSuffix(email, "@elm.test"), email, "en")
		if err == nil && role != account.Owner {
			err = people.SetRole(t.Context(), "test", w.elm.ID(), id, role)
		}
		if err != nil {
			t.Fatal(err)
		}
		ids[email] = id
	}
	h := &house{served: w.served}
	ana, auditor := h.person(t, "ana@elm.test"), h.person(t, "auditor@elm.test")
	do := func(c *http.Client, method, path, body string, want int, into any) {
		t.Helper()
		status, got := ask(t, c, method, w.public.URL+path, body)
		if status != want {
			t.Fatalf("%s %s: %d %s", method, path, status, got)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(got), into); err != nil {
				t.Fatal(err)
			}
		}
	}
	type list struct {
		Items []struct{ ID, Initials, Need, NeedCode, Urgency, Assignee, AssigneeName string }
	}
	at := "/v1/referrals/" + w.referral
	var mine list
	do(ana, "GET", "/v1/referrals?view=mine", "", 200, &mine)
	if len(mine.Items) != 0 {
		t.Errorf("before anything was given, ana has %+v", mine.Items)
	}
	do(ana, "PUT", at+"/assignee", `{"person":"`+ids["ana@elm.test"]+`"}`, 200, nil)
	do(ana, "GET", "/v1/referrals?view=mine", "", 200, &mine)
	if len(mine.Items) != 1 || mine.Items[0].ID != w.referral || mine.Items[0].AssigneeName != "ana" || mine.Items[0].Initials == "" || mine.Items[0].Need == "" || mine.Items[0].Urgency == "" {
		t.Errorf("ana has %+v", mine.Items)
	}
	var n struct{ In, Out struct{ Mine, Waiting int } }
	do(ana, "GET", "/v1/referrals:counts", "", 200, &n)
	if n.Out.Mine != 1 || n.In.Mine != 0 {
		t.Errorf("ana counts %+v", n)
	}
	do(auditor, "GET", "/v1/referrals:counts", "", 200, &n)
	if n.Out.Mine != 0 {
		t.Errorf("the auditor counts %+v", n)
	}
	do(auditor, "PUT", at+"/assignee", `{"person":""}`, 403, nil)
	do(ana, "PUT", at+"/assignee", `{"person":"`+ids["auditor@elm.test"]+`"}`, 422, nil)
	do(auditor, "POST", at+"/notes", `{"text":"x"}`, 403, nil)
	do(ana, "POST", at+"/notes", `{"text":"Call <b>after</b> six."}`, 200, nil)
	var notes struct{ Items []struct{ By, Text string } }
	do(auditor, "GET", at+"/notes", "", 200, &notes)
	if len(notes.Items) != 1 || notes.Items[0].By != "ana" || notes.Items[0].Text != "Call <b>after</b> six." {
		t.Errorf("the notes are %+v", notes.Items)
	}
	for _, path := range []string{at + "/notes", at + "/assignee"} {
		method := map[bool]string{true: "GET", false: "PUT"}[strings.HasSuffix(path, "notes")]
		if status, body, _ := call(t, w.public.URL+path, method, w.brigidAdmin, "", map[string]string{"PUT": `{"person":""}`}[method]); status != 404 {
			t.Errorf("the neighbor at %s: %d %s", path, status, body)
		}
	}
}
