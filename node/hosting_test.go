package node_test

import (
	"errors"
	"strings"
	"testing"

	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node/api"
	"referworks/node/exchange"
	"referworks/protocol"
)

// threadOf gives how a referral stands at one side.
func threadOf(t *testing.T, o *testnet.Org, id protocol.ReferralID) exchange.Thread {
	t.Helper()
	th, err := o.Desk().Thread(id)
	if err != nil && !errors.Is(err, exchange.ErrNone) {
		t.Fatal(err)
	}
	return th
}

// A suspended organization neither sends nor takes in; its partners read a plain reason and lose nothing; when it is
// resumed, what waited arrives by itself.
func TestSuspendedByTheHost(t *testing.T) {
	net := testnet.New(t)
	provider := net.Node("provider")
	elm, harbor := provider.Org("elm"), net.Org("harbor")
	net.Pair(elm, harbor)
	send := func(from, to *testnet.Org) (exchange.Sent, error) {
		return from.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{to.ID()}, Actor: "test"})
	}
	must(t, elm.SetHosting(ctx, "person p1", api.Hosting{Suspended: true, Reason: "The contract has ended."}))
	if _, err := send(elm, harbor); err == nil || !strings.Contains(err.Error(), string(protocol.CodePaused)) {
		t.Errorf("a suspended organization sends: %v", err)
	}
	sent, err := send(harbor, elm)
	must(t, err)
	id := sent.Parts[0].Referral
	testnet.Eventually(t, "the partner reads why it waits", func() bool { return threadOf(t, harbor, id).Code == protocol.CodePaused })
	if th := threadOf(t, harbor, id); th.State != protocol.Queued || !strings.Contains(th.Reason, "takes nothing in") {
		t.Errorf("it stands as %s: %s", th.State, th.Reason)
	}
	if th := threadOf(t, elm, id); th.Partner != "" {
		t.Error("a suspended organization took a referral in")
	}
	if h := elm.Hosting(); !h.Suspended || h.Since == 0 || h.Reason == "" {
		t.Errorf("its people are told %+v", h)
	}
	must(t, elm.SetHosting(ctx, "person p1", api.Hosting{}))
	testnet.Eventually(t, "what waited arrives", func() bool { return threadOf(t, elm, id).Partner == harbor.ID() })
	if _, err := send(elm, harbor); err != nil {
		t.Errorf("after it was resumed: %v", err)
	}
}

// The limit of an organization counts what it sends and what it is sent; over it, people and partners learn when.
func TestHostsLimit(t *testing.T) {
	net := testnet.New(t)
	elm, harbor := net.Node("provider").Org("elm"), net.Org("harbor")
	net.Pair(elm, harbor)
	to := func(o *testnet.Org) exchange.Outgoing {
		return exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{o.ID()}, Actor: "test"}
	}
	must(t, elm.SetHosting(ctx, "person p1", api.Hosting{PerDay: 2}))
	_, err := elm.Desk().Send(ctx, to(harbor))
	must(t, err)
	first, err := harbor.Desk().Send(ctx, to(elm))
	must(t, err)
	testnet.Eventually(t, "one came in", func() bool { return threadOf(t, elm, first.Parts[0].Referral).Partner != "" })
	var e *protocol.Error
	if _, err := elm.Desk().Send(ctx, to(harbor)); !errors.As(err, &e) || e.Code != protocol.CodeQuota || !strings.Contains(e.Text(), "2 new referrals in 24 hours") {
		t.Errorf("over the limit: %v", err)
	}
	over, err := harbor.Desk().Send(ctx, to(elm))
	must(t, err)
	testnet.Eventually(t, "the partner is told", func() bool { return threadOf(t, harbor, over.Parts[0].Referral).Code == protocol.CodeQuota })
	if n, err := elm.Desk().Spent(); err != nil || n != 2 {
		t.Errorf("%d are counted, %v", n, err)
	}
	size, err := elm.Store().Measure(ctx)
	if err != nil || size.Rows < 10 || size.Bytes < 1000 {
		t.Errorf("it keeps %+v, %v", size, err)
	}
}
