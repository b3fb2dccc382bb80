package exchange_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/protocol"
)

// caught sends from a to b and gives what b's wire saw, opened with b's key.
func caught(t *testing.T, a, b *side) (sealed []byte, plain crypto.Plain, id protocol.ReferralID) {
	t.Helper()
	id = a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	sealed = a.net.last()
	head, err := crypto.ReadHeader(sealed)
	must(t, err)
	plain, err = crypto.Open(sealed, b.Decryption(head.Kid))
	must(t, err)
	return sealed, plain, id
}

// reseal seals a plaintext to somebody, as whoever has it can.
func reseal(t *testing.T, from, to *side, plain crypto.Plain) []byte {
	t.Helper()
	sealed, err := crypto.Seal(protocol.EnvelopeHeader{V: protocol.Version, From: from.OrgID(), To: to.OrgID(), Charter: from.Chain().Mark().Hash}, to.key(), plain)
	must(t, err)
	return sealed
}

func (s *side) key() protocol.EncryptionKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.open {
		return k.Public()
	}
	panic("no key")
}

func (s *side) kinds() []string {
	s.t.Helper()
	list, err := audit.List(s.org, 0, 10000)
	must(s.t, err)
	var all []string
	for _, e := range list {
		all = append(all, e.Kind)
	}
	return all
}

func isRefused(a protocol.Answer) bool {
	return a.Code == protocol.CodeRefused && a.Receipt == nil && a.Card == "" && a.RetryAt == 0
}

func TestReplay(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	sealed, plain, id := caught(t, a, b)
	want, err := json.Marshal(a.show(id).Receipts[0])
	must(t, err)
	for i, frame := range [][]byte{sealed, reseal(t, a, b, plain)} {
		answer := b.Receive(ctx, a.Peer(), frame)
		got, err := json.Marshal(answer.Receipt)
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("replay %d got another answer than the stored receipt: %+v", i, answer)
		}
	}
	if n := b.arrived(); n != 1 {
		t.Errorf("after the replays there are %d referrals", n)
	}
}

func TestAlteredReplay(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	_, plain, id := caught(t, a, b)
	frame := reseal(t, a, b, another(t, a, plain))
	answer := b.Receive(ctx, a.Peer(), frame)
	if answer.Receipt == nil || answer.Receipt.Receipt.Level != protocol.Refused || answer.Receipt.Receipt.Code != protocol.CodeConflict {
		t.Fatalf("another content under the same number was answered %+v", answer)
	}
	must(t, crypto.VerifyReceipt(answer.Receipt, b.Chain()))
	if !slices.Contains(b.kinds(), exchange.EventConflict) {
		t.Error("the conflict is not shown")
	}
	if again := b.Receive(ctx, a.Peer(), frame); again.Receipt == nil || again.Receipt.Receipt.Salt.String() == "" || again.Receipt.Receipt.Code != protocol.CodeConflict {
		t.Errorf("the second time it was answered %+v", again)
	}
	if v := b.show(id); v.State != protocol.OnTheirDisk || b.arrived() != 1 {
		t.Errorf("the first content is now %s of %d", v.State, b.arrived())
	}
	b.Disable(false, false, true)
	if open := b.Receive(ctx, a.Peer(), frame); open.Receipt == nil || open.Receipt.Receipt.Level == protocol.Refused {
		t.Error("without the guard it is still refused, so this test proves nothing")
	}
}

// another signs the same identity with another time in it, as a sender in standing could.
func another(t *testing.T, a *side, plain crypto.Plain) crypto.Plain {
	t.Helper()
	var m protocol.Manifest
	_, err := crypto.Peek(plain.Token, protocol.TypMessage, &m)
	must(t, err)
	m.At--
	signed, err := crypto.SignMessage(&m, a.Signer())
	must(t, err)
	plain.Token = signed.Token
	return plain
}

// TestForward: B got a referral from A and passes A's signed message on to C, as if A had sent it there. All three share
// partners, and B may even sit on A's node, so that the stream's peer is A's.
func TestForwardToAThirdOrganization(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	_, plain, _ := caught(t, a, b)
	frame := reseal(t, a, c, plain)
	for _, from := range []*side{a, b} {
		if answer := c.Receive(ctx, from.Peer(), frame); !isRefused(answer) {
			t.Errorf("on the stream of %s it was answered %+v", from.name, answer)
		}
	}
	if c.arrived() != 0 {
		t.Fatal("it is on the third organization's disk")
	}
	c.Disable(true, true, false)
	if answer := c.Receive(ctx, a.Peer(), frame); answer.Receipt == nil || c.arrived() != 1 {
		t.Errorf("without the guards it is still refused, so this test proves nothing: %+v", answer)
	}
}

func TestForwardOfAnEnvelope(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	sealed, _, _ := caught(t, a, b)
	if answer := c.Receive(ctx, a.Peer(), sealed); !isRefused(answer) {
		t.Errorf("an envelope to another organization was answered %+v", answer)
	}
}

// TestStranger: whoever is no partner in standing gets one answer, whatever is wrong.
func TestStrangerGetsOneAnswer(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	x := newSide(t, "Nobody", a.net)
	sealed, plain, _ := caught(t, a, b)
	head, err := crypto.ReadHeader(sealed)
	must(t, err)
	forged := plain
	forged.Token = bytes.Clone(plain.Token)
	forged.Token[len(forged.Token)-10] ^= 1
	broken := bytes.Clone(sealed)
	broken[len(broken)-1] ^= 1
	unknownKey := reseal(t, a, x, plain) // to a key that b does not have
	h, err := crypto.ReadHeader(unknownKey)
	must(t, err)
	if h.Kid == head.Kid {
		t.Fatal("the test's keys are the same")
	}
	toB := func(from *side, p crypto.Plain) []byte { return reseal(t, from, b, p) }
	for _, try := range []struct {
		name  string
		peer  protocol.PeerID
		frame []byte
	}{
		{"nothing", x.Peer(), nil},
		{"garbage", x.Peer(), []byte("hello")},
		{"a partner's envelope on a stranger's stream", x.Peer(), sealed},
		{"an envelope of one's own", x.Peer(), toB(x, plain)},
		{"an unknown key on a stranger's stream", x.Peer(), unknownKey},
		{"a broken envelope", a.Peer(), broken},
		{"a forged signature", a.Peer(), toB(a, forged)},
		{"another organization's message", a.Peer(), toB(a, another(t, x, plain))},
		{"no message at all", a.Peer(), toB(a, crypto.Plain{Salt: plain.Salt})},
		{"a receipt of nobody", a.Peer(), toB(a, crypto.Plain{Token: []byte(`[{"v":1}]`), Salt: plain.Salt})},
	} {
		if answer := b.Receive(ctx, try.peer, try.frame); !isRefused(answer) {
			t.Errorf("%s was answered %+v", try.name, answer)
		}
	}
	if b.arrived() != 1 {
		t.Errorf("there are %d referrals", b.arrived())
	}
}

// TestRevoke: A has not heard yet that B suspended or blocked it; B's word counts at the next frame.
func TestRevokeAtTheNextFrame(t *testing.T) {
	for _, state := range []protocol.State{protocol.Suspended, protocol.Blocked, protocol.Ended} {
		t.Run(string(state), func(t *testing.T) {
			w := world(t, "Harbor Legal Aid", "Elm Street Food")
			a, b := w[0], w[1]
			a.net.set(cut)
			id := a.send(b).Parts[0].Referral
			until(t, "an attempt", func() bool { return a.show(id).Attempts > 0 })
			frame := a.net.last()
			must(t, b.book.Stand(ctx, "admin", a.OrgID(), state))
			answer := b.Receive(ctx, a.Peer(), frame)
			switch state {
			case protocol.Blocked:
				if !isRefused(answer) {
					t.Errorf("it was answered %+v", answer)
				}
			case protocol.Suspended:
				if answer.Code != protocol.CodeSuspended || answer.Receipt != nil {
					t.Errorf("it was answered %+v", answer)
				}
			case protocol.Ended:
				if answer.Receipt == nil || answer.Receipt.Receipt.Code != protocol.CodeNoGrant {
					t.Errorf("it was answered %+v", answer)
				}
			}
			if b.arrived() != 0 {
				t.Fatal("it is on the disk of who revoked")
			}
		})
	}
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.net.set(cut)
	id := a.send(b).Parts[0].Referral
	until(t, "an attempt", func() bool { return a.show(id).Attempts > 0 })
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Suspended))
	b.Disable(false, true, false)
	if b.Receive(ctx, a.Peer(), a.net.last()); b.arrived() != 1 {
		t.Error("without the guard it is still not taken, so this test proves nothing")
	}
}

// TestRevokeBetweenSendAndAttempt: what was accepted before our own person suspended does not leave after it.
func TestRevokeBetweenSendAndAttempt(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.net.set(cut)
	id := a.send(b).Parts[0].Referral
	must(t, a.book.Stand(ctx, "admin", b.OrgID(), protocol.Suspended))
	a.net.set(nil)
	a.PartnerChanged(b.OrgID())
	v := a.becomes(id, protocol.Waiting)
	if v.Code != protocol.CodeSuspended || v.Reason == "" {
		t.Errorf("it waits for %q %q", v.Code, v.Reason)
	}
	late := a.send(b)
	if late.Parts[0].State != protocol.Waiting || late.Parts[0].Sentence == "" {
		t.Errorf("what is sent while it is suspended is %+v", late.Parts[0])
	}
	if b.arrived() != 0 {
		t.Fatal("it left after it was suspended")
	}
	must(t, a.book.Stand(ctx, "admin", b.OrgID(), protocol.Active))
	hello(t, a, b)
	a.becomes(id, protocol.OnTheirDisk)
	a.becomes(late.Parts[0].Referral, protocol.OnTheirDisk)
	if n := b.arrived(); n != 2 {
		t.Errorf("%d referrals arrived", n)
	}
}

func TestRevokeNegativeControl(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.Disable(false, true, false) // first of all: what an attempt with the guard has parked would not leave any more
	a.net.set(cut)
	id := a.send(b).Parts[0].Referral
	must(t, a.book.Stand(ctx, "admin", b.OrgID(), protocol.Suspended))
	a.net.set(nil)
	a.PartnerChanged(b.OrgID())
	a.becomes(id, protocol.OnTheirDisk) // without the guard it leaves, so the test above can fail
}

// TestRotation: the node's key leaves the charter while a message waits; it goes out signed by the new one, and is the
// same message.
func TestRotationOfTheSigningKey(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.net.set(cut)
	id := a.send(b).Parts[0].Referral
	until(t, "an attempt", func() bool { return a.show(id).Attempts > 0 })
	old := a.net.last()
	a.newSigner()
	hello(t, a, b)
	if answer := b.Receive(ctx, a.Peer(), old); !isRefused(answer) {
		t.Errorf("a signature by a key that left the charter was answered %+v", answer)
	}
	a.net.set(nil)
	a.PartnerChanged(b.OrgID())
	a.becomes(id, protocol.OnTheirDisk)
	p, err := a.Proof(id)
	must(t, err)
	if _, _, err := crypto.VerifyMessage([]byte(p.Messages[0]), a.Chain(), a.Peer()); err != nil {
		t.Errorf("the proof holds the old signature: %v", err)
	}
	if r, err := a.Body(id); err != nil || r.Header.ID.ID() != id {
		t.Errorf("the body went with the old signature: %v", err)
	}
}

// newSigner delegates another signing key in place of the present one.
func (s *side) newSigner() {
	s.t.Helper()
	s.mu.Lock()
	s.signer = crypto.NewSigningKey()
	var err error
	s.chain, err = crypto.NextCharter(s.chain, s.id.Root, []protocol.Delegate{{Peer: s.Peer(), Key: s.signer.Public()}})
	s.mu.Unlock()
	must(s.t, err)
	must(s.t, s.book.Resign(ctx, "admin"))
	s.newKey()
}

func TestRotationOfTheEncryptionKey(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	b.newKey() // a knows the old card only, and b has forgotten the old key
	var frames atomic.Int64
	a.net.set(func(_, to *side, _ []byte) (error, error) {
		if to == b {
			frames.Add(1)
		}
		return nil, nil
	})
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	if n := frames.Load(); n != 2 {
		t.Errorf("it took %d frames and must take two", n)
	}
	p, _ := a.book.Current(b.OrgID())
	if p.Card().N != b.cardN {
		t.Error("the new card was not taken in")
	}
}

// TestRevokeUnderWay: standings change while messages are under way. What was signed by the old numbers is not released
// and goes round again; in the end each message took effect once and each receipt verifies.
func TestRevokeUnderWay(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 40 {
			if err := b.book.Stand(ctx, "admin", a.OrgID(), []protocol.State{protocol.Suspended, protocol.Active}[i%2]); err != nil {
				t.Error(err)
			}
		}
	}()
	var ids []protocol.ReferralID
	for range 60 {
		ids = append(ids, a.send(b).Parts[0].Referral)
	}
	<-done
	hello(t, a, b)
	for _, id := range ids {
		until(t, "the receipt", func() bool {
			a.PartnerChanged(b.OrgID())
			return a.state(id) == protocol.OnTheirDisk
		})
		r := a.show(id).Receipts
		if len(r) != 1 || crypto.VerifyReceipt(&r[0], b.Chain()) != nil {
			t.Errorf("%s has %d receipts, or one that does not verify", id, len(r))
		}
	}
	if b.arrived() != len(ids) {
		t.Errorf("%d of %d arrived", b.arrived(), len(ids))
	}
}
