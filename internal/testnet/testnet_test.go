package testnet_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node/exchange"
	"referworks/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCutAndHeal(t *testing.T) {
	ctx := context.Background()
	net := testnet.New(t)
	a, b, c := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food"), net.Org("Northside Clinic")
	net.Pair(a, b)
	net.Pair(a, c)
	send := func(to *testnet.Org) protocol.ReferralID {
		t.Helper()
		sent, err := a.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{to.ID()}, Actor: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return sent.Parts[0].Referral
	}
	has := func(o *testnet.Org, id protocol.ReferralID) bool {
		_, err := o.Desk().Thread(id)
		return err == nil
	}
	first := send(b)
	testnet.Eventually(t, "the first arrives", func() bool { return has(b, first) })
	net.Cut(a.Node, b.Node)
	id, other := send(b), send(c)
	testnet.Eventually(t, "the other link works", func() bool { return has(c, other) })
	if has(b, id) {
		t.Fatal("it arrived over a link that is cut")
	}
	if th, err := a.Desk().Thread(id); err != nil || th.State == protocol.OnTheirDisk {
		t.Errorf("the sender believes that it arrived: %s (%v)", th.State, err)
	}
	net.Heal(a.Node, b.Node)
	healed := time.Now()
	testnet.Eventually(t, "it arrives when the link is healed", func() bool { return has(b, id) })
	t.Logf("%s from healing to arrival", time.Since(healed).Round(time.Millisecond))
}
