package api_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// The log is read backwards by who did it and by kind, page by page; its export is recorded, and no cell of it is a formula.
func TestActivity(t *testing.T) {
	h := newHouse(t)
	c := h.person(t, "admin@elm.test")
	owner := h.person(t, "owner@elm.test")
	if status, body := ask(t, owner, "POST", h.public.URL+"/v1/people", `{"name":"=HYPERLINK(\"https://evil.test\")","email":"x@elm.test","role":"worker"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	type deed struct {
		Seq                     uint64
		Kind, Actor, Who, About string
	}
	var got struct {
		Items []deed
		Next  string
	}
	read := func(query string) {
		t.Helper()
		got.Items, got.Next = nil, ""
		status, body := ask(t, c, "GET", h.public.URL+"/v1/activity"+query, "")
		if status != 200 || json.Unmarshal([]byte(body), &got) != nil {
			t.Fatalf("%s: %d %s", query, status, body)
		}
	}
	read("?limit=2")
	if len(got.Items) != 2 || got.Next == "" || got.Items[0].Seq <= got.Items[1].Seq {
		t.Fatalf("the first page: %+v", got)
	}
	last := got.Items[1].Seq
	read("?limit=2&before=" + got.Next)
	if len(got.Items) == 0 || got.Items[0].Seq != last-1 {
		t.Errorf("the second page: %+v", got)
	}
	admin, _ := h.people.Find("owner@elm.test")
	read("?kind=account.invited&actor=person+" + admin.ID)
	if len(got.Items) != 1 || got.Items[0].Who != "owner" || !strings.HasPrefix(got.Items[0].About, "=HYPERLINK") {
		t.Errorf("what the owner did: %+v", got)
	}
	if read("?kind=referral"); len(got.Items) != 0 {
		t.Errorf("referrals: %+v", got)
	}
	if read("?from=9000000000000"); len(got.Items) != 0 {
		t.Errorf("of the future: %+v", got)
	}
	status, body := ask(t, c, "POST", h.public.URL+"/v1/activity:export?kind=account", "")
	var out struct {
		CSV  string
		Rows int
		More bool
	}
	if status != 200 || json.Unmarshal([]byte(body), &out) != nil || out.Rows == 0 || out.More {
		t.Fatalf("%d %s", status, body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.CSV, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != out.Rows+1 {
		t.Fatalf("%d rows of %d, %v", len(rows), out.Rows, err)
	}
	found := false
	for _, row := range rows {
		for _, cell := range row {
			found = found || strings.HasPrefix(cell, "'=HYPERLINK")
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if !found {
		t.Errorf("the name is not in the export: %v", rows)
	}
	if read("?kind=activity"); len(got.Items) != 1 || got.Items[0].Kind != "activity.exported" || got.Items[0].Who != "admin" {
		t.Errorf("the export is recorded as %+v", got)
	}
	if status, _ := ask(t, h.person(t, "worker@elm.test"), "GET", h.public.URL+"/v1/activity", ""); status != http.StatusForbidden {
		t.Errorf("a worker reads the log: %d", status)
	}
	if status, body := ask(t, h.person(t, "stranger@brigid.test"), "GET", h.public.URL+"/v1/activity", ""); status != 200 || strings.Contains(body, "HYPERLINK") {
		t.Errorf("the neighbor reads: %d %s", status, body)
	}
}
