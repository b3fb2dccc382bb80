package partner_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// side is an organization with a book, over a store in memory, without a network.
type side struct {
	t     testing.TB
	name  string
	id    *crypto.Identity
	node  *crypto.SigningKey // signs
	peer  *crypto.SigningKey
	chain *crypto.Chain
	card  string
	cardN int64
	clock *clock
	store *store.Store
	org   *store.Org
	*partner.Book
}

type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time           { return c.now }
func (c *clock) pass(d time.Duration)      { c.now = c.now.Add(d) }
func (s *side) OrgID() protocol.OrgID      { return s.id.Org() }
func (s *side) Name() string               { return s.name }
func (s *side) Peer() protocol.PeerID      { return s.peer.Peer() }
func (s *side) Addresses() []string        { return []string{"/ip4/127.0.0.1/tcp/7401"} }
func (s *side) Signer() *crypto.SigningKey { return s.node }
func (s *side) Chain() *crypto.Chain       { return s.chain }
func (s *side) Card() string               { return s.card }
func (s *side) Door(o protocol.OrgID) protocol.PeerID {
	seed := crypto.DoorKey(s.id.Door, o)
	return crypto.PeerIDOf(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
}

func (s *side) delegate() []protocol.Delegate {
	return []protocol.Delegate{{Peer: s.peer.Peer(), Key: s.node.Public()}}
}

func newSide(t testing.TB, name string, c *clock) *side {
	t.Helper()
	id, err := crypto.NewIdentity(c.now.UnixMilli())
	must(t, err)
	s := &side{t: t, name: name, id: id, node: crypto.NewSigningKey(), peer: crypto.NewSigningKey(), clock: c}
	s.chain, err = crypto.FirstCharter(id.Inception, id.Root, s.delegate())
	must(t, err)
	s.newCard()
	s.store, err = store.Open(context.Background(), store.Config{Now: c.read})
	must(t, err)
	t.Cleanup(func() { must(t, s.store.Close()) })
	s.org, err = s.store.CreateOrg(context.Background(), id.Org())
	must(t, err)
	s.reopen()
	return s
}

func (s *side) reopen() {
	s.t.Helper()
	var err error
	s.Book, err = partner.Open(partner.Config{Org: s.org, Self: s, Now: s.clock.read})
	must(s.t, err)
}

func (s *side) newCard() {
	s.t.Helper()
	s.cardN = max(s.clock.now.UnixMilli(), s.cardN+1)
	var err error
	s.card, err = crypto.SignCard(&protocol.Card{
		V: protocol.Version, Org: s.OrgID(), Charter: s.chain.Mark().Hash, N: s.cardN, Name: s.name, Peer: s.Peer(),
		Addresses: s.Addresses(), Keys: []protocol.EncryptionKey{}, Schemas: []string{protocol.SchemaNow}, Protocols: []int{1},
	}, s.node)
	must(s.t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var ctx = context.Background()

// meet runs a whole pairing up to the words.
func meet(t testing.TB, a, b *side) {
	t.Helper()
	inv, text, err := a.Invite(ctx, "test")
	must(t, err)
	_, commit, _, err := b.BeginAccept(ctx, "test", text)
	must(t, err)
	answer, err := a.TakeCommit(ctx, inv.ID, commit)
	must(t, err)
	reveal, err := b.TakeAnswer(ctx, inv.ID, answer)
	must(t, err)
	got, err := a.TakeReveal(ctx, inv.ID, reveal)
	must(t, err)
	if got != b.OrgID() {
		t.Fatalf("the inviter met %s", got)
	}
	_, err = b.FinishAccept(ctx, inv.ID)
	must(t, err)
}

// sync exchanges hellos and what is missing until nothing is.
func sync(t testing.TB, a, b *side) {
	t.Helper()
	for range 8 {
		ha, ok := a.Hello(b.OrgID())
		hb, ok2 := b.Hello(a.OrgID())
		if !ok || !ok2 {
			t.Fatal("a pair that is confirmed has no hello")
		}
		a.Heard(hb)
		b.Heard(ha)
		sa, some := a.Missing(b.OrgID())
		if some {
			_, err := b.Merge(ctx, sa)
			must(t, err)
		}
		sb, more := b.Missing(a.OrgID())
		if more {
			_, err := a.Merge(ctx, sb)
			must(t, err)
		}
		if !some && !more {
			return
		}
	}
	t.Fatal("the two sides do not come to rest")
}

var both = partner.Allow{TheySend: true, WeSend: true}

// partners gives two sides that permitted everything.
func partners(t testing.TB, c *clock) (a, b *side) {
	t.Helper()
	a, b = newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	meet(t, a, b)
	must(t, a.Confirm(ctx, "test", b.OrgID(), both))
	must(t, b.Confirm(ctx, "test", a.OrgID(), both))
	sync(t, a, b)
	return a, b
}

func (s *side) pair(o *side) *partner.Pair {
	s.t.Helper()
	p, ok := s.Current(o.OrgID())
	if !ok {
		s.t.Fatalf("%s does not know %s", s.name, o.name)
	}
	return p
}

func codeOf(err error) protocol.Code {
	if err == nil {
		return ""
	}
	var e *protocol.Error
	if !errors.As(err, &e) {
		return "not a protocol error"
	}
	return e.Code
}

func TestPairing(t *testing.T) {
	c := newClock()
	a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	meet(t, a, b)
	wa, ok := a.pair(b).Words()
	wb, ok2 := b.pair(a).Words()
	if !ok || !ok2 || wa != wb {
		t.Fatalf("the words differ or are missing: %v %v", wa, wb)
	}
	for _, s := range []*side{a, b} { // nothing before a person pressed
		o := map[*side]*side{a: b, b: a}[s]
		if _, ok := s.Hello(o.OrgID()); ok || s.pair(o).Related() {
			t.Error("a pair that nobody confirmed says hello or is in the gate")
		}
		if got := codeOf(s.pair(o).MayReceive(partner.Move{Opener: true}, c.now)); got != protocol.CodeRefused {
			t.Errorf("a pair that nobody confirmed answers %q", got)
		}
		if _, err := s.Merge(ctx, protocol.PairState{V: 1, From: o.OrgID(), To: s.OrgID()}); !errors.Is(err, partner.ErrNone) {
			t.Errorf("a pair that nobody confirmed was merged: %v", err)
		}
	}
	must(t, a.Confirm(ctx, "test", b.OrgID(), both))
	must(t, b.Confirm(ctx, "test", a.OrgID(), both))
	sync(t, a, b)
	for _, s := range []*side{a, b} {
		o := map[*side]*side{a: b, b: a}[s]
		p := s.pair(o)
		if p.State() != "partner" || p.StateIn() != "yes" || p.StateOut() != "yes" || p.Door() == "" {
			t.Errorf("%s sees %q, in %q, out %q, door %q", s.name, p.State(), p.StateIn(), p.StateOut(), p.Door())
		}
		if _, _, err := p.GrantOut(c.now); err != nil {
			t.Error(err)
		}
	}
	if events, err := audit.List(a.org, 0, 100); err != nil || len(events) < 5 {
		t.Errorf("the audit log has %d events of a pairing (%v)", len(events), err)
	}
	a.reopen()
	if p := a.pair(b); p.StateOut() != "yes" || p.Name() != "Elm Street Food" {
		t.Errorf("after a restart the pair is %q %q", p.Name(), p.StateOut())
	}
}

func TestPairingResumed(t *testing.T) {
	c := newClock()
	a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	inv, text, err := a.Invite(ctx, "test")
	must(t, err)
	_, commit, _, err := b.BeginAccept(ctx, "test", text)
	must(t, err)
	first, err := a.TakeCommit(ctx, inv.ID, commit)
	must(t, err)
	a.reopen()
	b.reopen()
	_, again, _, err := b.BeginAccept(ctx, "test", text)
	must(t, err)
	if again != commit {
		t.Fatal("a resumed attempt makes another commit")
	}
	second, err := a.TakeCommit(ctx, inv.ID, again)
	must(t, err)
	if first.Nonce.String() != second.Nonce.String() {
		t.Fatal("a resumed attempt gets another nonce")
	}
	reveal, err := b.TakeAnswer(ctx, inv.ID, second)
	must(t, err)
	other := second
	other.Nonce = crypto.NewNonce()
	if _, err := b.TakeAnswer(ctx, inv.ID, other); err == nil {
		t.Error("another answer than the first was taken")
	}
	_, err = a.TakeReveal(ctx, inv.ID, reveal)
	must(t, err)
	_, err = a.TakeReveal(ctx, inv.ID, reveal)
	must(t, err)
	_, err = b.FinishAccept(ctx, inv.ID)
	must(t, err)
	if _, _, done, err := b.BeginAccept(ctx, "test", text); err != nil || !done {
		t.Errorf("a finished pairing would be dialed again: %v %v", done, err)
	}
}

func TestStrangerWithStolenInvitation(t *testing.T) {
	c := newClock()
	a, b, thief := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c), newSide(t, "Elm Street Food", c)
	inv, text, err := a.Invite(ctx, "test")
	must(t, err)
	_, commit, _, err := b.BeginAccept(ctx, "test", text)
	must(t, err)
	answer, err := a.TakeCommit(ctx, inv.ID, commit)
	must(t, err)
	reveal, err := b.TakeAnswer(ctx, inv.ID, answer)
	must(t, err)
	_, err = a.TakeReveal(ctx, inv.ID, reveal)
	must(t, err)
	_, stolen, _, err := thief.BeginAccept(ctx, "test", text)
	must(t, err)
	if _, err := a.TakeCommit(ctx, inv.ID, stolen); err == nil {
		t.Fatal("a burnt invitation took a second commit")
	}
	if a.pair(b).Alarm() == "" {
		t.Error("the second commit raised no alarm at the pair")
	}
	all, err := a.Invitations()
	must(t, err)
	if len(all) != 1 || all[0].Alarm == "" {
		t.Error("the second commit raised no alarm at the invitation")
	}
	// The commit fixes who opens it.
	late := reveal
	late.Chain, late.Peer, late.Card = thief.chain.Wire(), thief.Peer(), thief.card
	if p, err := a.TakeReveal(ctx, inv.ID, late); err == nil && p != b.OrgID() {
		t.Error("another organization opened the commit")
	}
}

func TestInvitationLimits(t *testing.T) {
	c := newClock()
	a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	var text string
	for range protocol.MaxInvitations {
		var err error
		_, text, err = a.Invite(ctx, "test")
		must(t, err)
	}
	if _, _, err := a.Invite(ctx, "test"); !errors.Is(err, partner.ErrTooMany) {
		t.Errorf("the invitation after the last one: %v", err)
	}
	if _, _, _, err := a.BeginAccept(ctx, "test", text); err == nil {
		t.Error("an organization accepted its own invitation")
	}
	c.pass(48*time.Hour + time.Second)
	if _, _, _, err := b.BeginAccept(ctx, "test", text); err == nil {
		t.Error("an invitation was accepted after its end")
	}
	if _, _, err := a.Invite(ctx, "test"); err != nil {
		t.Errorf("expired invitations count: %v", err)
	}
	meet(t, a, b)
	c.pass(48 * time.Hour)
	if err := a.Confirm(ctx, "test", b.OrgID(), both); err == nil {
		t.Error("words were confirmed after the invitation's end")
	}
}

func TestSweepForgetsWhatCameToNothing(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	x, y := newSide(t, "Northside Clinic", c), newSide(t, "Refuge House", c)
	meet(t, a, x)
	meet(t, a, y)
	must(t, a.Reject(ctx, "test", y.OrgID()))
	if err := a.Confirm(ctx, "test", y.OrgID(), both); err == nil {
		t.Error("a rejected pairing was confirmed")
	}
	must(t, a.Sweep(ctx))
	if len(a.List()) != 3 {
		t.Fatalf("%d pairs are left at once", len(a.List()))
	}
	c.pass(10 * 24 * time.Hour)
	must(t, a.Sweep(ctx))
	a.reopen()
	if list := a.List(); len(list) != 1 || list[0].ID() != b.OrgID() {
		t.Errorf("%d pairs are left in the end", len(list))
	}
	meet(t, a, x) // and may meet again
}
