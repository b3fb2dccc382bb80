package partner_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

func asError(err error, e **protocol.Error) bool { return errors.As(err, e) }

// state is what a side would send of itself as it stands.
func (s *side) state(to *side) protocol.PairState {
	w := s.chain.Wire()
	return protocol.PairState{V: 1, From: s.OrgID(), To: to.OrgID(), Chain: &w, Card: s.card}
}

// signed is a standing of s toward o in the direction from o to s, with any number, signed by key.
func (s *side) signed(o *side, state protocol.State, n int64, key *crypto.SigningKey) string {
	s.t.Helper()
	was, _ := s.pair(o).Standing(partner.In, true)
	next := *was
	next.N, next.State, next.Door = n, state, ""
	token, err := crypto.SignStanding(&next, key)
	must(s.t, err)
	return token
}

func TestMergeTakesTheNewestWord(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	ours, token := b.pair(a).Standing(partner.In, true)
	send := func(tokens ...string) {
		_, err := a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Standings: tokens})
		must(t, err)
	}
	held := func() protocol.State {
		s, _ := a.pair(b).Standing(partner.Out, false)
		return s.State
	}
	send(b.signed(a, protocol.Suspended, ours.N+10, b.node))
	if held() != protocol.Suspended {
		t.Fatal("a newer standing was not taken")
	}
	for name, token := range map[string]string{
		"an older one":          token,
		"one by another key":    b.signed(a, protocol.Active, ours.N+20, crypto.NewSigningKey()),
		"one of another pair":   token[:len(token)-4] + "AAAA",
		"one far in the future": b.signed(a, protocol.Active, c.now.Add(48*time.Hour).UnixMilli(), b.node),
	} {
		send(token)
		if held() != protocol.Suspended {
			t.Fatalf("%s was taken", name)
		}
	}
	send(b.signed(a, protocol.Active, ours.N+30, b.node))
	if held() != protocol.Active {
		t.Fatal("a newer standing was not taken")
	}
}

func TestMergeRefusesTermsOfTheOtherDirection(t *testing.T) {
	c := newClock()
	a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	meet(t, a, b)
	must(t, a.Confirm(ctx, "test", b.OrgID(), partner.Allow{WeSend: true}))
	must(t, b.Confirm(ctx, "test", a.OrgID(), partner.Allow{WeSend: true}))
	// b claims that a writes to it under terms that say the opposite.
	terms := protocol.Terms{V: 1, From: b.OrgID(), To: a.OrgID(), Salt: make([]byte, 16)}
	h, err := crypto.HashOf(&terms)
	must(t, err)
	token, err := crypto.SignStanding(&protocol.Standing{V: 1, From: a.OrgID(), To: b.OrgID(), By: b.OrgID(), Terms: h, N: c.now.UnixMilli(), State: protocol.Active, At: c.now.UnixMilli()}, b.node)
	must(t, err)
	_, err = a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Terms: []protocol.Terms{terms}, Standings: []string{token}})
	must(t, err)
	if s, _ := a.pair(b).Standing(partner.Out, false); s != nil {
		t.Error("terms of the other direction were taken")
	}
	if s, _ := a.pair(b).Standing(partner.Out, true); s != nil {
		t.Error("they were even signed")
	}
}

func TestRotationClearsAForkAndDropsTheThief(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	m := opener(a, b)
	// A thief of b's root signs a charter that delegates the thief's node; b's own next charter has the same number.
	thief := crypto.NewSigningKey()
	thiefNode := []protocol.Delegate{{Peer: thief.Peer(), Key: thief.Public()}}
	stolen, err := crypto.NextCharter(b.chain, b.id.Root, thiefNode)
	must(t, err)
	own, err := crypto.NextCharter(b.chain, b.id.Root, b.delegate())
	must(t, err)
	kept := b.chain.Mark().Hash
	w := stolen.Wire()
	thiefs := b.signed(a, protocol.Active, c.now.UnixMilli()+50, thief)
	_, err = a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Chain: &w, Standings: []string{thiefs}})
	must(t, err)
	if !a.pair(b).Chain().HasPeer(thief.Peer()) {
		t.Fatal("a thief of the root cannot be told from the owner, so its charter should be held here")
	}
	b.chain = own
	_, err = a.Merge(ctx, b.state(a))
	must(t, err)
	if _, forked := a.pair(b).Forked(); !forked || a.pair(b).Alarm() == "" {
		t.Fatal("two charters with one number raised no alarm")
	}
	if got := codeOf(a.pair(b).MaySend(m, c.now)); got != protocol.CodeSuspended {
		t.Errorf("sending to a forked partner is answered %q", got)
	}
	if got := codeOf(a.pair(b).MayReceive(opener(b, a), c.now)); got != protocol.CodeSuspended {
		t.Errorf("receiving from a forked partner is answered %q", got)
	}
	shown := a.pair(b).Version()
	_, err = a.Merge(ctx, b.state(a))
	must(t, err)
	if a.pair(b).Version() != shown {
		t.Error("the same fork again is a change, so two nodes would tell it each other without end")
	}
	// Only the owner holds the next root.
	next := crypto.NewSigningKey()
	b.chain, err = crypto.Rotate(b.chain, b.id.Next, crypto.KeyID(next.Public()), kept, b.delegate())
	must(t, err)
	b.newCard()
	_, err = a.Merge(ctx, b.state(a))
	must(t, err)
	p := a.pair(b)
	if _, forked := p.Forked(); forked || p.Chain().HasPeer(thief.Peer()) || !p.Chain().HasPeer(b.Peer()) {
		t.Fatal("the rotation did not win")
	}
	if s, _ := p.Standing(partner.Out, false); s != nil {
		t.Fatalf("the thief's standing survived the rotation: %+v", s)
	}
	if got := codeOf(p.MaySend(m, c.now)); got != protocol.CodeNoGrant {
		t.Errorf("without a word of the owner, sending is answered %q", got)
	}
	c.pass(time.Second)
	must(t, b.Resign(ctx, "test"))
	sync(t, a, b)
	want(t, "after the owner spoke again", a, b, m, "", "")
	// The thief cannot come back, neither by its charter nor by its key.
	_, err = a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Chain: &w, Standings: []string{thiefs}})
	must(t, err)
	if a.pair(b).Chain().HasPeer(thief.Peer()) || codeOf(a.pair(b).MaySend(m, c.now)) != "" {
		t.Error("the thief's charter came back")
	}
}

func TestStandingSurvivesItsSignersKey(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	m := opener(a, b)
	old := b.node
	b.node = crypto.NewSigningKey()
	var err error
	b.chain, err = crypto.NextCharter(b.chain, b.id.Root, b.delegate())
	must(t, err)
	c.pass(time.Second)
	b.newCard()
	sync(t, a, b)
	want(t, "after the signer left", a, b, m, "", "")
	// The key that left says nothing any more.
	s, _ := b.pair(a).Standing(partner.In, true)
	_, err = a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Standings: []string{b.signed(a, protocol.Ended, s.N+100, old)}})
	must(t, err)
	want(t, "after the old key spoke", a, b, m, "", "")
}

func TestRevokeSurvivesARestoredBackup(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	m := opener(b, a)
	backup := newSide(t, a.name, c)
	backup.id, backup.node, backup.peer, backup.chain, backup.card, backup.cardN = a.id, a.node, a.peer, a.chain, a.card, a.cardN
	var err error
	backup.org, err = backup.store.CreateOrg(ctx, a.OrgID())
	must(t, err)
	copyRows(t, a.org, backup.org)
	backup.reopen()
	c.pass(time.Second)
	must(t, a.Stand(ctx, "test", b.OrgID(), protocol.Ended))
	sync(t, a, b)
	if got := codeOf(backup.pair(b).MayReceive(m, c.now)); got != "" {
		t.Fatalf("the backup was made before the end, and answers %q", got)
	}
	sync(t, backup, b)
	if got := codeOf(backup.pair(b).MayReceive(m, c.now)); got != protocol.CodeNoGrant {
		t.Errorf("a restored backup forgot that it ended the grant: %q", got)
	}
	c.pass(time.Second)
	must(t, backup.Stand(ctx, "test", b.OrgID(), protocol.Active))
	sync(t, backup, b)
	want(t, "after the restored one spoke", b, backup, m, "", "")
}

func copyRows(t *testing.T, from, to *store.Org) {
	t.Helper()
	must(t, from.View(func(in *store.Tx) error {
		return to.Update(ctx, func(out *store.Tx) error {
			for it, err := range in.Scan(store.Key{}, store.Key{}) {
				if err != nil {
					return err
				}
				if err := out.Put(it.Key, it.Row); err != nil {
					return err
				}
			}
			return nil
		})
	}))
}

// However a partner's words arrive, in whatever order and however often: the newest one counts.
func TestMergeInAnyOrder(t *testing.T) {
	states := []protocol.State{protocol.Active, protocol.Suspended, protocol.WindingDown, protocol.Ended, protocol.Blocked}
	rapid.Check(t, func(rt *rapid.T) {
		c := newClock()
		a, b := partners(t, c)
		was, _ := b.pair(a).Standing(partner.In, true)
		newest, last := was.N, was.State
		var tokens []string
		for i, s := range rapid.SliceOfN(rapid.SampledFrom(states), 1, 6).Draw(rt, "states") {
			n := was.N + 1 + int64(i)
			tokens = append(tokens, b.signed(a, s, n, b.node))
			newest, last = n, s
		}
		for _, token := range append(rapid.Permutation(tokens).Draw(rt, "order"), rapid.SampledFrom(tokens).Draw(rt, "again")) {
			_, err := a.Merge(ctx, protocol.PairState{V: 1, From: b.OrgID(), To: a.OrgID(), Standings: []string{token}})
			must(t, err)
		}
		if s, _ := a.pair(b).Standing(partner.Out, false); s.N != newest || s.State != last {
			rt.Fatalf("%s %d counts, not %s %d", s.State, s.N, last, newest)
		}
	})
}
