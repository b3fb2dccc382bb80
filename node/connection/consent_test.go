package connection_test

import (
	"context"
	"strings"
	"testing"

	"referworks/internal/testnet"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

var override = &exchange.Override{Basis: protocol.BasisVitalInterest, Reason: "Threatened tonight; cannot be asked."}

// TestOverride: what nobody consented to waits with its recipient, and goes when a person says why.
func TestOverride(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Node("a").Org("harbor"), net.Node("b").Org("elm")
	net.Pair(a, b)
	set := officeOf(t, a.Connections(), false)
	held, err := set.Submit(context.Background(), connection.Submission{Format: "json", Raw: matter(t), To: []string{string(b.ID())}, Actor: "test", Key: "case-3"})
	if err != nil || held.Waiting == "" {
		t.Fatalf("%+v %v", held, err)
	}
	bad := *override
	bad.Basis = protocol.BasisConsent
	if _, err := set.Resend(held.Waiting, []string{string(b.ID())}, "test", &bad); err == nil || !strings.Contains(err.Error(), "vital-interest") {
		t.Errorf("an override by consent: %v", err)
	}
	sent, err := set.Resend(held.Waiting, []string{string(b.ID())}, "test", override)
	if err != nil || len(sent.Parts) != 1 {
		t.Fatalf("%+v %v", sent, err)
	}
	r, err := a.Desk().Body(sent.Parts[0].Referral)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Consents) != 1 || r.Consents[0].OverriddenReason.Text() != override.Reason || !r.Consents[0].Basis.Is(protocol.BasisVitalInterest) || r.Consents[0].GivenBy.Given() {
		t.Errorf("the referral says %+v", r.Consents)
	}
}

// TestVictimServiceWaits: a statement of the organization is not enough, and no override helps.
func TestVictimServiceWaits(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Node("a").Org("refuge"), net.Node("b").Org("elm")
	net.Pair(a, b)
	if err := a.SetRules(context.Background(), "test", exchange.Rules{VictimService: true}); err != nil {
		t.Fatal(err)
	}
	set := officeOf(t, a.Connections(), true)
	held, err := set.Submit(context.Background(), connection.Submission{Format: "json", Raw: matter(t), To: []string{string(b.ID())}, Actor: "test"})
	if err != nil || held.Waiting == "" || !strings.Contains(held.Sentence, "written release") {
		t.Fatalf("%+v %v", held, err)
	}
	list, err := set.WaitingList()
	if err != nil || len(list) != 1 || len(list[0].To) != 1 || list[0].To[0] != b.ID() {
		t.Errorf("what waits is %+v, %v", list, err)
	}
	if res, err := set.Resend(held.Waiting, nil, "test", override); err == nil || !strings.Contains(err.Error(), "written release") {
		t.Errorf("with an override: %+v, %v", res, err)
	}
	if list, err := set.WaitingList(); err != nil || len(list) != 1 {
		t.Errorf("what waits is %+v, %v", list, err)
	}
}
