package protocol_test

import (
	"slices"
	"testing"

	"referworks/protocol"
)

// Task.status of FHIR R4, and HUD's three results: anything else would be refused by who reads it.
var (
	taskStatuses = []string{"draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed", "completed", "entered-in-error"}
	hudResults   = []string{"", "1", "2", "3"}
)

// Each word of ours has one row, the rows that are not narrowing come back, and a narrowing one comes back as the first
// with that code.
func TestCrosswalksAreWholeAndHonest(t *testing.T) {
	for _, c := range protocol.Crosswalks() {
		var want []string
		switch c.Of {
		case "status":
			for _, s := range statuses() {
				want = append(want, string(s))
			}
		case "outcome":
			want = protocol.Outcomes
		default:
			t.Fatalf("%s is of %q", c.Name, c.Of)
		}
		first := map[string]bool{}
		var ours []string
		for _, r := range c.Rows {
			ours = append(ours, r.Ours)
			if r.Theirs == "" && !r.Narrows {
				t.Errorf("%s: %s has no code and is not marked", c.Name, r.Ours)
			}
			if r.Narrows != (first[r.Theirs] || r.Theirs == "") {
				t.Errorf("%s: %s to %q is marked as narrowing: %v", c.Name, r.Ours, r.Theirs, r.Narrows)
			}
			first[r.Theirs] = true
		}
		slices.Sort(ours)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(ours, want) {
			t.Errorf("%s has rows for %v, want %v", c.Name, ours, want)
		}
	}
}

func TestTaskStatusAndBack(t *testing.T) {
	for _, s := range statuses() {
		status, business := protocol.TaskStatus(protocol.Life{Status: s})
		if !slices.Contains(taskStatuses, status) {
			t.Errorf("%s becomes %q, which FHIR does not have", s, status)
		}
		if back, ok := protocol.StatusOfTask(status, business); !ok || back != s {
			t.Errorf("%s went out as %s/%s and came back as %s", s, status, business, back)
		}
		back, ok := protocol.StatusOfTask(status, "a local word")
		if again, _ := protocol.TaskStatus(protocol.Life{Status: back}); !ok || again != status {
			t.Errorf("%s alone came back as %s", status, back)
		}
	}
	for _, status := range taskStatuses {
		if _, ok := protocol.StatusOfTask(status, ""); !ok {
			t.Errorf("a Task that is %s stands for nothing", status)
		}
	}
	if s, _ := protocol.StatusOfTask("rejected", "closed"); s != protocol.StatusDeclined {
		t.Errorf("a businessStatus that does not fit the status won: %s", s)
	}
	if s, ok := protocol.StatusOfTask("dancing", ""); ok {
		t.Errorf("a status that FHIR does not have gave %s", s)
	}
}

func TestTransactionAndBack(t *testing.T) {
	for _, s := range statuses() {
		name := protocol.Transaction(protocol.Life{Status: s})
		back, ok := protocol.StatusOfTransaction(name)
		if again := protocol.Transaction(protocol.Life{Status: back}); !ok || again != name {
			t.Errorf("%s went out as %q and came back as %s", s, name, back)
		}
	}
	if got := protocol.Transaction(protocol.Life{Status: protocol.StatusAccepted, RecallAsked: true}); got != "Referral Cancellation" {
		t.Errorf("a request to stop goes out as %q", got)
	}
	if s, ok := protocol.StatusOfTransaction(""); ok {
		t.Errorf("no transaction gave %s", s)
	}
}

func TestHUDResult(t *testing.T) {
	closed := func(results ...string) protocol.Life {
		l := protocol.Life{Status: protocol.StatusClosed}
		for _, r := range results {
			l.Outcomes = append(l.Outcomes, protocol.Outcome{Need: "n", Result: r})
		}
		return l
	}
	turned := func(s protocol.Status, reason string) protocol.Life {
		return protocol.Life{Status: s, Turned: protocol.Step{Reason: reason}}
	}
	for _, c := range []struct {
		life protocol.Life
		want string
	}{
		{protocol.Life{Status: protocol.StatusNew}, ""},
		{protocol.Life{Status: protocol.StatusInService}, ""},
		{closed(), ""},
		{closed("unknown"), ""},
		{closed("helped-fully"), "1"},
		{closed("no-capacity", "person-declined", "advice-only"), "1"},
		{closed("unknown", "no-show"), "2"},
		{closed("not-eligible"), "3"},
		{turned(protocol.StatusDeclined, "person-declined"), "2"},
		{turned(protocol.StatusDeclined, "no-capacity"), "3"},
		{turned(protocol.StatusDeclined, "unable-to-assist"), "3"},
		{turned(protocol.StatusReturned, "incomplete"), "3"},
		{protocol.Life{Status: protocol.StatusConsentEnded}, "2"},
		{protocol.Life{Status: protocol.StatusRecalled}, ""},
	} {
		if got := protocol.HUDResult(c.life); got != c.want {
			t.Errorf("%s %v %s: %q, want %q", c.life.Status, len(c.life.Outcomes), c.life.Turned.Reason, got, c.want)
		}
	}
	for _, code := range hudResults[1:] {
		if got := protocol.HUDResult(closed(protocol.OutcomeOfHUD(code))); got != code {
			t.Errorf("%s came back as %q", code, got)
		}
	}
	if got := protocol.OutcomeOfHUD(""); got != "" {
		t.Errorf("no result is %q", got)
	}
}
