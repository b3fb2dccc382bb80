package node_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node"
	"referworks/node/exchange"
	"referworks/protocol"
)

// post sends the sample from one organization to another.
func post(t *testing.T, from, to *testnet.Org) protocol.ReferralID {
	t.Helper()
	r := sample.Full()
	r.Referrer.Organization, r.Target.Organization, r.Attachments = protocol.Named{}, protocol.Named{}, nil
	for i := range r.Consents {
		r.Consents[i].Recipients, r.Consents[i].Form = nil, protocol.Token{}
		r.Consents[i].ObtainedAt, r.Consents[i].ExpiresAt = protocol.TimeOf(time.Now().Add(-time.Hour)), protocol.TimeOf(time.Now().AddDate(1, 0, 0))
	}
	sent, err := from.Desk().Send(context.Background(), exchange.Outgoing{Referral: r, To: []protocol.OrgID{to.ID()}, Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return sent.Parts[0].Referral
}

// heard is a thread as its signed messages say it.
func heard(t *testing.T, o *testnet.Org, id protocol.ReferralID) (list []string) {
	t.Helper()
	p, err := o.Desk().Proof(id)
	if err != nil {
		return nil
	}
	return slices.Sorted(slices.Values(p.Messages))
}

func act(t *testing.T, o *testnet.Org, id protocol.ReferralID, kind protocol.MessageKind, step protocol.Step) {
	t.Helper()
	if _, err := o.Desk().Act(context.Background(), id, exchange.Doing{Kind: kind, Step: step, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
}

// TestRestoredCopyCatchesUp: a node that runs from an older copy of its folder gets back what passed since, its own words
// and the partner's, and gives no number twice. With taking back switched off it stays behind.
func TestRestoredCopyCatchesUp(t *testing.T) {
	for _, off := range []bool{false, true} {
		t.Run(map[bool]string{false: "taking back", true: "not"}[off], func(t *testing.T) {
			net := testnet.New(t)
			a, b := net.Node("a", testnet.OnDisk(t)).Org("harbor"), net.Node("b").Org("elm")
			net.Pair(a, b)
			same := func(id protocol.ReferralID, n int) func() bool {
				return func() bool { return len(heard(t, a, id)) == n && slices.Equal(heard(t, a, id), heard(t, b, id)) }
			}
			old := post(t, a, b)
			testnet.Eventually(t, "the first", same(old, 1))
			dir := a.Node.Dir()
			a.Node.Stop()
			if err := os.CopyFS(dir+".copy", os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			a.Node.Start()
			act(t, b, old, protocol.KindAccept, protocol.Step{})
			testnet.Eventually(t, "the acceptance", same(old, 2))
			act(t, a, old, protocol.KindNote, protocol.Step{Text: "lost with the copy"})
			testnet.Eventually(t, "the note", same(old, 3))
			young, theirs := post(t, a, b), post(t, b, a)
			testnet.Eventually(t, "the second", same(young, 1))
			testnet.Eventually(t, "theirs", same(theirs, 1))
			testnet.Eventually(t, "its receipt", func() bool { // else it is delivered again, and not taken back
				th, err := b.Desk().Thread(theirs)
				return err == nil && th.State == protocol.OnTheirDisk
			})
			a.Node.Stop()
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(dir+".copy", dir); err != nil {
				t.Fatal(err)
			}
			if off {
				a.Node.Opened = (*node.Node).NothingBack
			}
			a.Node.Start()
			if off {
				time.Sleep(time.Second)
				if same(old, 3)() || same(young, 1)() || same(theirs, 1)() {
					t.Error("it caught up with taking back switched off")
				}
				return
			}
			testnet.Eventually(t, "the old thread", same(old, 3))
			testnet.Eventually(t, "the young one", same(young, 1))
			testnet.Eventually(t, "theirs", same(theirs, 1))
			act(t, a, old, protocol.KindNote, protocol.Step{Text: "after it"})
			testnet.Eventually(t, "a new note", same(old, 4))
			if th, err := a.Desk().Thread(old); err != nil || th.Status != protocol.StatusAccepted {
				t.Errorf("the old one is %s, %v", th.Status, err)
			}
			if r, err := a.Desk().Body(theirs); err != nil || len(r.Person.Names) == 0 {
				t.Errorf("theirs cannot be read: %v", err)
			}
			ha, err := a.Desk().ThreadsHash(b.ID())
			if err != nil {
				t.Fatal(err)
			}
			testnet.Eventually(t, "one hash", func() bool {
				ha, err = a.Desk().ThreadsHash(b.ID())
				hb, err2 := b.Desk().ThreadsHash(a.ID())
				return err == nil && err2 == nil && ha == hb && !ha.IsZero()
			})
		})
	}
}
