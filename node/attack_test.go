package node_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// forged is a message that from's key signs for to under the grant between them, as an attacker in from's house can
// make it. It is not sealed yet.
func forged(t testing.TB, from, to *testnet.Org) crypto.Plain {
	t.Helper()
	p, ok := from.Book().Current(to.ID())
	if !ok {
		t.Fatal("they are no partners")
	}
	s, _ := p.Standing("out", true)
	r := sample.Minimal()
	id := newReferral()
	r.Header.ID = protocol.Of[protocol.ReferralRef](string(id))
	body, err := crypto.Marshal(r)
	must(t, err)
	salt := bytes.Repeat([]byte{7}, crypto.SaltSize)
	now := time.Now()
	signed, err := crypto.SignMessage(&protocol.Manifest{
		V: 1, From: from.ID(), To: to.ID(), Referral: id, Seq: 1, Kind: protocol.KindReferral, Schema: protocol.SchemaNow,
		Terms: s.Terms, At: now.UnixMilli(), Expires: now.Add(time.Hour).UnixMilli(), Body: crypto.BodyHash(salt, body),
	}, from.Signer())
	must(t, err)
	return crypto.Plain{Token: signed.Token, Salt: salt, Body: body}
}

var referrals uint64 = 1000

func newReferral() protocol.ReferralID {
	referrals++
	return sample.ReferralID(referrals)
}

// sealed seals a message with a clear header of any sender to the card of to.
func sealed(t testing.TB, p crypto.Plain, from, to *testnet.Org) []byte {
	t.Helper()
	b, err := crypto.Seal(protocol.EnvelopeHeader{V: 1, From: from.ID(), To: to.ID(), Charter: from.Charter().Hash}, cardOf(t, to).Keys[0], p)
	must(t, err)
	return b
}

// accepted tells whether an answer is a signed receipt for a message that is on the other's disk.
func accepted(a protocol.Answer) bool {
	return a.Receipt != nil && a.Receipt.Receipt.Level == protocol.Received
}

// mustBeRefused checks that an answer, if there was any, is the one that everybody gets.
func mustBeRefused(t *testing.T, what string, a protocol.Answer, err error) {
	t.Helper()
	if err == nil && (a.Code != protocol.CodeRefused || a.Receipt != nil || a.Card != "" || a.RetryAt != 0) {
		t.Errorf("%s: the answer is %q with receipt %v, not the one refusal", what, a.Code, a.Receipt != nil)
	}
}

func TestRevokeBlockedPartnersNextFrame(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	na, nb := a.Node, b.Node
	net.Pair(a, b)
	answer, err := na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a, b), a, b))
	must(t, err)
	if !accepted(answer) {
		t.Fatalf("before the block the attack's message is answered %+v", answer)
	}
	must(t, b.Book().Stand(ctx, "test", a.ID(), protocol.Blocked))
	na.AdmitAnyway(nb.Peer(), nb.Addresses())
	answer, err = na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a, b), a, b))
	mustBeRefused(t, "the next frame", answer, err)
	if err == nil {
		t.Error("the blocked partner's node is still in the gate: it got an answer")
	}
	if got := threads(t, b); got != 1 {
		t.Errorf("%d referrals arrived, 1 was before the block", got)
	}
}

// With the gate's guard off the frame gets through to the desk, which refuses it by the standing.
func TestRevokeHoldsWithoutTheGate(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	na, nb := a.Node, b.Node
	net.Pair(a, b)
	nb.GateOff()
	must(t, b.Book().Stand(ctx, "test", a.ID(), protocol.Blocked))
	answer, err := na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a, b), a, b))
	if err != nil {
		t.Fatalf("with the guard off the frame should reach the desk: %v", err)
	}
	mustBeRefused(t, "the frame", answer, nil)
}

func TestRevokeOneOfTwoPairs(t *testing.T) {
	net := testnet.New(t)
	na, nb := net.Node("host"), net.Node("Elm Street Food")
	a1, a2, b := na.Org("Harbor Legal Aid"), na.Org("Harbor Housing"), nb.Org("Elm Street Food")
	net.Pair(a1, b)
	net.Pair(a2, b)
	must(t, b.Book().Stand(ctx, "test", a1.ID(), protocol.Blocked))
	answer, err := na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a1, b), a1, b))
	must(t, err) // the peer stays: it speaks for a2 too
	mustBeRefused(t, "the blocked pair's next frame", answer, nil)
	answer, err = na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a2, b), a2, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("the other pair's frame is answered %+v", answer)
	}
	must(t, b.Book().Stand(ctx, "test", a2.ID(), protocol.Blocked))
	na.AdmitAnyway(nb.Peer(), nb.Addresses())
	if _, err := na.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a2, b), a2, b)); err == nil {
		t.Error("the last relationship ended and the peer is still in the gate")
	}
}

func TestRevokeBySuspensionParks(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	must(t, b.Book().Stand(ctx, "test", a.ID(), protocol.Suspended))
	testnet.Eventually(t, "the sender hears of it", func() bool {
		p, _ := a.Book().Current(b.ID())
		_, _, err := p.GrantOut(time.Now())
		return err != nil
	})
	sent, err := a.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{b.ID()}, Actor: "test"})
	must(t, err)
	th, err := a.Desk().Thread(sent.Parts[0].Referral)
	must(t, err)
	if th.State != protocol.Waiting || th.Reason != "Elm Street Food has suspended this. It waits until they resume." {
		t.Errorf("it is %s: %q", th.State, th.Reason)
	}
	if got := threads(t, b); got != 0 {
		t.Errorf("%d referrals arrived while suspended", got)
	}
	must(t, b.Book().Stand(ctx, "test", a.ID(), protocol.Active))
	testnet.Eventually(t, "it goes out when they resume", func() bool { return threads(t, b) == 1 })
}

func TestForwardToAThirdOrganization(t *testing.T) {
	net := testnet.New(t)
	a, b, c := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food"), net.Org("Northside Clinic")
	na, nb, nc := a.Node, b.Node, c.Node
	net.Pair(a, b)
	net.Pair(a, c)
	net.Pair(b, c)
	stolen := forged(t, a, b) // what a wrote to b, and b holds open
	for _, try := range []struct {
		name string
		from *testnet.Node
		head *testnet.Org
	}{
		{"b seals it to c in a's name", nb, a},
		{"b seals it to c in its own name", nb, b},
		{"a's node hands b's message to c", na, a},
	} {
		answer, err := try.from.Deliver(ctx, nc.Peer(), sealed(t, stolen, try.head, c))
		mustBeRefused(t, try.name, answer, err)
	}
	if got := threads(t, c); got != 0 {
		t.Errorf("%d of them arrived", got)
	}
	// The same bytes are good where they belong: it is the address that was refused.
	answer, err := na.Deliver(ctx, nb.Peer(), sealed(t, stolen, a, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("to b the message is answered %+v", answer)
	}
	// And b cannot hand it to itself again from another house: peer, key and sender belong together.
	answer, err = nc.Deliver(ctx, nb.Peer(), sealed(t, forged(t, a, b), a, b))
	mustBeRefused(t, "c's node speaks for a", answer, err)
}

// A peer in the gate for one pair speaks of another one.
func TestStrangerInTheGate(t *testing.T) {
	for _, off := range []bool{false, true} {
		net := testnet.New(t)
		a, b, e := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food"), net.Org("Northside Clinic")
		nb, ne := b.Node, e.Node
		net.Pair(a, b)
		net.Pair(e, b)
		if off {
			nb.AnyPeer()
		}
		in := protocol.PairHello{V: 1, From: a.ID(), To: b.ID(), Charter: a.Charter(), Standings: []protocol.Mark{}}
		out, err := ne.SayHello(ctx, nb.Peer(), in)
		if breach := err == nil && out.Card != 0; breach != off {
			t.Errorf("guard off %v: another partner's node learns where the pair stands: %v (%v)", off, breach, err)
		}
		_, err = ne.SayState(ctx, nb.Peer(), protocol.PairState{V: 1, From: a.ID(), To: b.ID()})
		if breach := err == nil; breach != off {
			t.Errorf("guard off %v: another partner's node gets the pair's state: %v (%v)", off, breach, err)
		}
	}
}

// B and D share a node. Nothing that B, or a partner of B, can ask tells whether D is there.
func TestStrangerOnTheSameNode(t *testing.T) {
	net := testnet.New(t)
	a, np := net.Org("Harbor Legal Aid"), net.Node("provider")
	b, d := np.Org("Elm Street Food"), np.Org("Refuge House")
	net.Pair(a, b)
	net.Pair(a, d)
	before := rowsOf(t, b)
	events, err := audit.List(b.Store(), 0, 1000)
	must(t, err)
	sent, err := a.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{d.ID()}, Actor: "test"})
	must(t, err)
	testnet.Eventually(t, "d has it", func() bool { return threads(t, d) == 1 })

	if _, err := b.Desk().Thread(sent.Parts[0].Referral); !errors.Is(err, exchange.ErrNone) {
		t.Errorf("b asks for d's referral: %v", err)
	}
	if threads(t, b) != 0 || len(b.Book().List()) != 1 {
		t.Error("b's lists show something of d")
	}
	if after := rowsOf(t, b); after != before {
		t.Errorf("d's referral changed b's rows: %d were %d", after, before)
	}
	if again, err := audit.List(b.Store(), 0, 1000); err != nil || len(again) != len(events) {
		t.Errorf("d's referral is in b's events: %d were %d (%v)", len(again), len(events), err)
	}
	err = b.Store().View(func(tx *store.Tx) error {
		for it, err := range tx.Scan(store.Key{}, store.Key{}) {
			if err != nil {
				return err
			}
			if bytes.Contains(it.Row.Kept, []byte(d.ID())) || bytes.Contains(it.Row.Private, []byte(d.ID())) {
				t.Error("a row of b names d")
			}
		}
		return nil
	})
	must(t, err)

	// b's own house asks for d, and for somebody who is nowhere: the same answers.
	nowhere := sample.Org("nowhere")
	for _, who := range []protocol.OrgID{d.ID(), nowhere} {
		_, err := np.SayHello(ctx, np.Peer(), protocol.PairHello{V: 1, From: b.ID(), To: who, Charter: b.Charter(), Standings: []protocol.Mark{}})
		if err == nil {
			t.Errorf("b without a pairing gets a hello of %s", who.Short())
		}
	}
	m := forged(t, a, b)
	answer, err := np.Deliver(ctx, np.Peer(), sealed(t, m, b, d))
	mustBeRefused(t, "b to d without a grant", answer, err)
	answer, err = np.Deliver(ctx, np.Peer(), sealed(t, m, a, d))
	mustBeRefused(t, "b to d in the name of d's partner", answer, err)

	// Paired, and permitted by both, it goes; and stops again when d says so: like with any other.
	net.Pair(b, d)
	_, err = b.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{d.ID()}, Actor: "test"})
	must(t, err)
	testnet.Eventually(t, "d has b's", func() bool { return threads(t, d) == 2 })
	must(t, d.Book().Stand(ctx, "test", b.ID(), protocol.Blocked))
	answer, err = np.Deliver(ctx, np.Peer(), sealed(t, forged(t, b, d), b, d))
	mustBeRefused(t, "b to d after the block", answer, err)
}

// The grant of one organization of a host is of no use to another one there.
func TestStrangerUsesANeighborsGrant(t *testing.T) {
	net := testnet.New(t)
	na, nb := net.Node("host"), net.Node("Elm Street Food")
	a1, a2, b := na.Org("Harbor Legal Aid"), na.Org("Harbor Housing"), nb.Org("Elm Street Food")
	net.Pair(a1, b)
	// a2 signs with its own key a message in a1's name.
	p := forged(t, a1, b)
	var m protocol.Manifest
	_, err := crypto.Peek(p.Token, protocol.TypMessage, &m)
	must(t, err)
	signed, err := crypto.SignMessage(&m, a2.Signer())
	must(t, err)
	answer, err := na.Deliver(ctx, nb.Peer(), sealed(t, crypto.Plain{Token: signed.Token, Salt: p.Salt, Body: p.Body}, a1, b))
	mustBeRefused(t, "a neighbor's key", answer, err)
	m.From = a2.ID()
	signed, err = crypto.SignMessage(&m, a2.Signer())
	must(t, err)
	answer, err = na.Deliver(ctx, nb.Peer(), sealed(t, crypto.Plain{Token: signed.Token, Salt: p.Salt, Body: p.Body}, a2, b))
	mustBeRefused(t, "a neighbor without a grant", answer, err)
	answer, err = na.Deliver(ctx, nb.Peer(), sealed(t, p, a1, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("the right key's message is answered %+v", answer)
	}
}

func threads(t testing.TB, o *testnet.Org) int {
	t.Helper()
	all, _, err := o.Desk().Threads(exchange.Query{})
	must(t, err)
	return len(all)
}

func rowsOf(t testing.TB, o *testnet.Org) (n int) {
	t.Helper()
	must(t, o.Store().View(func(tx *store.Tx) error {
		n = 0
		for _, err := range tx.Keys(store.Key{}, store.Key{}) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	}))
	return n
}

// Who was never invited gets no answer to anything, and nothing of ours is said to it.
func TestStrangerGetsNoAnswer(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	s := net.Stranger()
	s.Knows(b.Node)
	if _, err := s.Hello(ctx, b.Peer()); err == nil {
		t.Error("a stranger's hello was answered")
	}
	if _, err := s.PairHello(ctx, b.Peer(), protocol.PairHello{V: 1, From: a.ID(), To: b.ID(), Standings: []protocol.Mark{}}); err == nil {
		t.Error("a stranger learns of a pair")
	}
	if _, err := s.Deliver(ctx, b.Peer(), sealed(t, forged(t, a, b), a, b)); err == nil {
		t.Error("a stranger's envelope was answered")
	}
	if s.Frames() != 0 || threads(t, b) != 0 {
		t.Error("something went to or came from a stranger")
	}
	// The same calls are answered when they come from a's node: it is the caller that was turned away.
	answer, err := a.Node.Deliver(ctx, b.Peer(), sealed(t, forged(t, a, b), a, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("a's own envelope is answered %+v", answer)
	}
}
