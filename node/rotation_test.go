package node_test

import (
	"errors"
	"testing"

	"referworks/crypto"
	"referworks/internal/testnet"
	"referworks/protocol"
)

func TestRotationByTheOwner(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	na, kit := a.Node, a.Kit()
	key := a.Signer().Kid()
	if err := na.SignCharter(ctx, a.ID(), kit.RecoveryFile, kit.RecoveryPassphrase, nil); err == nil {
		t.Error("the recovery file signed an ordinary charter")
	}
	if err := na.SignCharter(ctx, a.ID(), kit.RootFile, kit.RecoveryPassphrase, nil); !errors.Is(err, crypto.ErrPassphrase) {
		t.Errorf("the wrong passphrase gives %v", err)
	}
	must(t, na.SignCharter(ctx, a.ID(), kit.RootFile, kit.RootPassphrase, nil))
	testnet.Eventually(t, "the partner holds the new charter", func() bool {
		p, _ := b.Book().Current(a.ID())
		return p.Chain().Mark() == a.Charter() && a.Charter().N == 1
	})
	fresh, err := na.Recover(ctx, a.ID(), kit.RecoveryFile, kit.RecoveryPassphrase)
	must(t, err)
	if a.Signer().Kid() == key || a.Charter().Epoch != 1 {
		t.Fatal("recovering gave no fresh key or epoch")
	}
	testnet.Eventually(t, "the partner holds the rotation and a standing by the fresh key", func() bool {
		p, _ := b.Book().Current(a.ID())
		return p.Chain().Mark() == a.Charter() && testnet.Granted(a, b) && testnet.Granted(b, a)
	})
	if err := na.SignCharter(ctx, a.ID(), kit.RootFile, kit.RootPassphrase, nil); err == nil {
		t.Error("the old root file still signs")
	}
	must(t, na.SignCharter(ctx, a.ID(), fresh.RootFile, fresh.RootPassphrase, nil))
	root, err := crypto.OpenRecovery(fresh.RootFile, fresh.RootPassphrase)
	must(t, err)
	file, err := a.HouseFile()
	must(t, err)
	h, chain, err := crypto.OpenHouse(file, root)
	must(t, err)
	if len(h.Partners) != 1 || h.Partners[0].Org != b.ID() || h.Partners[0].Door == "" || chain.Mark() != a.Charter() {
		t.Errorf("the house file has %d partners", len(h.Partners))
	}
}

// A node key that left the charter signs nothing any more, and the partnership goes on with the new one.
func TestRotationOfTheNodesKey(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	stolen := forged(t, a, b)
	old := a.Signer().Kid()
	fresh, err := a.Node.Delegate(ctx, a.ID())
	must(t, err)
	kit := a.Kit()
	must(t, a.Node.SignCharter(ctx, a.ID(), kit.RootFile, kit.RootPassphrase, []protocol.Delegate{fresh}))
	if a.Signer().Kid() == old {
		t.Fatal("the node signs with the old key")
	}
	testnet.Eventually(t, "the partner holds the new charter and the standings signed anew", func() bool {
		p, _ := b.Book().Current(a.ID())
		return p.Chain().Mark() == a.Charter() && testnet.Granted(a, b) && testnet.Granted(b, a)
	})
	answer, err := a.Node.Deliver(ctx, b.Peer(), sealed(t, stolen, a, b))
	mustBeRefused(t, "a message by the old key", answer, err)
	answer, err = a.Node.Deliver(ctx, b.Peer(), sealed(t, forged(t, a, b), a, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("a message by the new key is answered %+v", answer)
	}
}

// Who stole the root file and the node signs a charter that names only the thief's node, and tells the partner first. The
// owner is shut out at once, and comes back by its door with a rotation; with another ordinary charter it does not.
func TestRotationWinsBackFromAThief(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	kit := a.Kit()
	thief := net.Stranger()
	key := crypto.NewSigningKey()
	chain, err := crypto.NextCharter(a.Chain(), a.Identity.Root, []protocol.Delegate{{Peer: thief.ID(), Key: key.Public()}})
	must(t, err)
	w := chain.Wire()
	// The answer does not come any more: a's node leaves the gate with it.
	_, _ = a.Node.SayState(ctx, b.Peer(), protocol.PairState{V: 1, From: a.ID(), To: b.ID(), Chain: &w})
	held := func() *crypto.Chain {
		p, _ := b.Book().Current(a.ID())
		return p.Chain()
	}
	testnet.Eventually(t, "the theft works", func() bool { return held().HasPeer(thief.ID()) && !held().HasPeer(a.Peer()) })
	testnet.Eventually(t, "the owner's node is shut out", func() bool {
		_, err := a.Node.Deliver(ctx, b.Peer(), sealed(t, forged(t, a, b), a, b))
		return err != nil
	})

	must(t, a.Node.SignCharter(ctx, a.ID(), kit.RootFile, kit.RootPassphrase, nil))
	testnet.Eventually(t, "the partner sees two charters with one number", func() bool {
		p, _ := b.Book().Current(a.ID())
		_, forked := p.Forked()
		return forked && p.Alarm() != ""
	})
	if held().HasPeer(a.Peer()) {
		t.Error("an ordinary charter by the root, which the thief has too, won")
	}

	_, err = a.Node.Recover(ctx, a.ID(), kit.RecoveryFile, kit.RecoveryPassphrase)
	must(t, err)
	testnet.Eventually(t, "the owner is back", func() bool {
		return held().Mark() == a.Charter() && testnet.Granted(a, b) && testnet.Granted(b, a)
	})
	if held().HasPeer(thief.ID()) {
		t.Error("the thief's node still speaks for the owner")
	}
	answer, err := a.Node.Deliver(ctx, b.Peer(), sealed(t, forged(t, a, b), a, b))
	must(t, err)
	if !accepted(answer) {
		t.Errorf("the owner's message is answered %+v", answer)
	}
	thief.Knows(b.Node)
	if _, err := thief.Hello(ctx, b.Peer()); err == nil {
		t.Error("the thief's node is still in the gate")
	}
}
