package p2p_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
)

// commitOnce answers one commit.
func commitOnce(_ context.Context, c p2p.PairConn) error {
	kind, _, err := c.Receive()
	if err != nil {
		return err
	}
	if kind != protocol.FramePairCommit {
		return errors.New("another kind")
	}
	return c.Send(protocol.FramePairAnswer, protocol.PairAnswer{V: protocol.Version, Nonce: make([]byte, 32)})
}

func tryPairing(t testing.TB, from *node, inv protocol.Invitation, seed []byte) error {
	t.Helper()
	c, err := from.DialPairing(soon(t), inv, seed)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Send(protocol.FramePairCommit, protocol.PairCommit{V: protocol.Version}); err != nil {
		return err
	}
	kind, _, err := c.Receive()
	if err == nil && kind != protocol.FramePairAnswer {
		err = errors.New("another kind")
	}
	return err
}

func invitation(n *node) protocol.Invitation {
	return protocol.Invitation{V: protocol.Version, Peer: n.ID(), Addresses: n.Addresses()}
}

func TestPairingOnlyWhileTheInvitationIsOpen(t *testing.T) {
	for name, same := range map[string]bool{"another node": false, "the same node": true} {
		t.Run(name, func(t *testing.T) {
			inviter := newNode(t).run(t)
			invitee := inviter
			if !same {
				invitee = newNode(t).run(t)
			}
			seed := crypto.NewSigningKey().Seed()
			if err := tryPairing(t, invitee, invitation(inviter), seed); err == nil {
				t.Error("paired before the invitation was opened")
			}
			_, shut, err := inviter.OpenPairing(seed, time.Now().Add(time.Hour), commitOnce)
			if err != nil {
				t.Fatal(err)
			}
			if err := tryPairing(t, invitee, invitation(inviter), seed); err != nil {
				t.Errorf("pairing: %v", err)
			}
			if err := tryPairing(t, invitee, invitation(inviter), crypto.NewSigningKey().Seed()); err == nil {
				t.Error("paired with another secret")
			}
			shut()
			if err := tryPairing(t, invitee, invitation(inviter), seed); err == nil {
				t.Error("paired after the invitation was closed")
			}
			if _, _, err := inviter.OpenPairing(seed, time.Now().Add(-time.Second), commitOnce); err != nil {
				t.Fatal(err)
			}
			if err := tryPairing(t, invitee, invitation(inviter), seed); err == nil {
				t.Error("paired after the invitation expired")
			}
		})
	}
}

func TestPairingIsTriedFiveTimesAMinute(t *testing.T) {
	inviter, invitee := newNode(t).run(t), newNode(t).run(t)
	seed := crypto.NewSigningKey().Seed()
	_, shut, err := inviter.OpenPairing(seed, time.Now().Add(time.Hour), commitOnce)
	if err != nil {
		t.Fatal(err)
	}
	defer shut()
	for i := range protocol.PairingTries {
		if err := tryPairing(t, invitee, invitation(inviter), seed); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	err = tryPairing(t, invitee, invitation(inviter), seed)
	if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Code != protocol.CodeRate {
		t.Errorf("one try too many: %v", err)
	}
}

func TestPairingCarries64KiBInAll(t *testing.T) {
	inviter, invitee := newNode(t).run(t), newNode(t).run(t)
	seed := crypto.NewSigningKey().Seed()
	got := make(chan int, 10)
	_, shut, err := inviter.OpenPairing(seed, time.Now().Add(time.Hour), func(_ context.Context, c p2p.PairConn) error {
		for {
			_, b, err := c.Receive()
			if err != nil {
				return err
			}
			got <- len(b)
			if err := c.Send(protocol.FrameOK, nil); err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer shut()
	c, err := invitee.DialPairing(soon(t), invitation(inviter), seed)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	long := protocol.PairReveal{V: protocol.Version, Card: strings.Repeat("x", 40<<10)}
	if err := c.Send(protocol.FramePairReveal, long); err != nil {
		t.Fatal(err)
	}
	if kind, _, err := c.Receive(); err != nil || kind != protocol.FrameOK {
		t.Fatalf("the first 40 KiB: %v", err)
	}
	_ = c.Send(protocol.FramePairReveal, long)
	if _, _, err := c.Receive(); err == nil {
		t.Error("80 KiB were taken")
	}
	if len(got) != 1 {
		t.Errorf("%d frames were taken", len(got))
	}
}

// Who holds an invitation, or a door, gets to nothing else.
func TestAPeerIsServedOnlyWhatItsClassIsFor(t *testing.T) {
	all := []string{protocol.ProtoPeer, protocol.ProtoDeliver, protocol.ProtoPair, protocol.ProtoDoor}
	for name, c := range map[string]struct {
		open   func(*node, *crypto.SigningKey) error
		served []string
	}{
		"partner": {func(n *node, k *crypto.SigningKey) error {
			n.Admit(k.Peer(), p2p.Partner, nil)
			return nil
		}, []string{protocol.ProtoPeer, protocol.ProtoDeliver}},
		"pairing": {func(n *node, k *crypto.SigningKey) error {
			_, _, err := n.OpenPairing(k.Seed(), time.Now().Add(time.Hour), commitOnce)
			return err
		}, []string{protocol.ProtoPair}},
		"door": {func(n *node, k *crypto.SigningKey) error {
			n.OpenDoor(k.Peer(), nil)
			return nil
		}, []string{protocol.ProtoDoor}},
	} {
		n, k := newNode(t).run(t), crypto.NewSigningKey()
		if err := c.open(n, k); err != nil {
			t.Fatal(err)
		}
		h := rawAs(t, k)
		for _, proto := range all {
			s, err := tryStream(t, h, n, proto)
			if err == nil {
				err = greet(s, proto)
				_ = s.Reset()
			}
			if (err == nil) != slices.Contains(c.served, proto) {
				t.Errorf("%s on %s: %v", name, proto, err)
			}
		}
	}
}

func TestDoor(t *testing.T) {
	for name, same := range map[string]bool{"another node": false, "the same node": true} {
		t.Run(name, func(t *testing.T) {
			partner := newNode(t).run(t)
			moved := partner
			if !same {
				moved = newNode(t).run(t)
			}
			door := crypto.NewSigningKey()
			call := func(seed []byte, from protocol.OrgID) (protocol.DoorCall, error) {
				return moved.CallDoor(soon(t), seed, partner.ID(), partner.Addresses(), protocol.DoorCall{V: protocol.Version, From: from, To: "rw1b"})
			}
			if _, err := call(door.Seed(), "rw1a"); err == nil {
				t.Error("answered at a door that is not open")
			}
			shut := partner.OpenDoor(door.Peer(), func(_ context.Context, in protocol.DoorCall) (protocol.DoorCall, error) {
				if in.From != "rw1a" {
					return protocol.DoorCall{}, errors.New("somebody else, whose name stays here")
				}
				return protocol.DoorCall{V: protocol.Version, From: in.To, To: in.From}, nil
			})
			out, err := call(door.Seed(), "rw1a")
			if err != nil || out.From != "rw1b" {
				t.Errorf("call: %v, from %q", err, out.From)
			}
			_, err = call(door.Seed(), "rw1c")
			if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Code != protocol.CodeRefused || strings.Contains(err.Error(), "somebody") {
				t.Errorf("a refusal says %v", err)
			}
			if _, err := call(crypto.NewSigningKey().Seed(), "rw1a"); err == nil {
				t.Error("answered another door")
			}
			for range protocol.PairingTries - 2 {
				if _, err := call(door.Seed(), "rw1a"); err != nil {
					t.Fatal(err)
				}
			}
			_, err = call(door.Seed(), "rw1a")
			if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Code != protocol.CodeRate {
				t.Errorf("one call too many: %v", err)
			}
			shut()
			if _, err := call(door.Seed(), "rw1a"); err == nil {
				t.Error("answered at a door that was shut")
			}
		})
	}
}
