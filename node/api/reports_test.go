package api_test

import (
	"strings"
	"testing"

	"referworks/node/api"
)

// A report counts, and what is saved of it hides numbers that could point at a person; who may read referrals may read it.
func TestReport(t *testing.T) {
	w := newWorld(t)
	var got struct {
		Weeks    []struct{ Sent, Received int }
		Partners []struct {
			ID                             string
			Sent, Accepted, Declined, Open int
		}
		Needs []struct {
			System, Code, Label string
			Sent, Received      int
		}
		Funnel []struct {
			Stage string
			N     int
		}
	}
	w.must(t, w.public.URL, w.elmReferrals, "", "GET", "/v1/reports", "", &got)
	if len(got.Weeks) != 1 || got.Weeks[0].Sent != 1 || got.Weeks[0].Received != 0 || len(got.Partners) != 1 || got.Partners[0].ID != string(w.partner.ID()) || got.Partners[0].Sent != 1 || got.Funnel[0].N != 1 {
		t.Errorf("the report says %+v", got)
	}
	if len(got.Needs) != 1 || got.Needs[0].System == "" || got.Needs[0].Code == "" || got.Needs[0].Label == "" || got.Needs[0].Sent != 1 {
		t.Errorf("by need the report says %+v", got.Needs)
	}
	var out struct{ CSV string }
	w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/reports:export", "", &out)
	if !strings.Contains(out.CSV, "sent,<5") || strings.Contains(out.CSV, ",1\r\n") {
		t.Errorf("the file says %s", out.CSV)
	}
	var log struct {
		Items []struct{ Kind, Actor string }
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "GET", "/v1/activity?kind=report", "", &log)
	if len(log.Items) != 1 || log.Items[0].Kind != "report.exported" || !strings.HasPrefix(log.Items[0].Actor, "key ") {
		t.Errorf("the export is recorded as %+v", log)
	}
	w.must(t, w.public.URL, w.brigidReferrals, "", "GET", "/v1/reports", "", &got)
	if len(got.Partners) != 0 || len(got.Weeks) != 0 {
		t.Errorf("the neighbor counts %+v", got)
	}
	if api.Need("show-report") != api.ReadReferrals {
		t.Error("a report needs what reading referrals needs")
	}
}
