package node

import (
	"context"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// SignCharter signs the organization's next ordinary charter with its root file: nodes replace those before; nil keeps
// them, and what Delegate gives renews this node's own key. The root is in memory for this call only. It refuses when a
// partner has shown a newer charter than is held here.
func (n *Node) SignCharter(ctx context.Context, org protocol.OrgID, rootFile []byte, passphrase string, nodes []protocol.Delegate) error {
	err := n.nextCharter(ctx, org, rootFile, passphrase, crypto.RootFile, func(o *Organization, r *crypto.Recovery) (chain *crypto.Chain, house string, err error) {
		if nodes == nil {
			nodes = o.Chain().Head().Nodes
		}
		if ahead := o.aheadOfUs(); ahead != nil {
			return nil, "", fmt.Errorf("a partner holds charter %d of epoch %d, which is newer than ours; recover with the recovery file instead", ahead.N, ahead.Epoch)
		}
		head := o.Chain().Head()
		root, err := r.SigningKey()
		switch {
		case err != nil:
			return nil, "", err
		case !root.Public().Equal(head.Root):
			return nil, "", errors.New("this root file is of an earlier epoch; use the newest")
		}
		chain, err = crypto.NextCharter(o.Chain(), root, nodes)
		return chain, "", err
	})
	if err != nil {
		return fmt.Errorf("sign charter: %w", err)
	}
	return nil
}

// Recover rotates the organization to its next root with its recovery file, for the case that the root file or this
// node's key was lost or stolen: it wins over every charter that a thief signed. This node gets a fresh signing key and
// is the only one named; the kit returned is the fresh pair of files, and the old pair is worthless.
func (n *Node) Recover(ctx context.Context, org protocol.OrgID, recoveryFile []byte, passphrase string) (*Kit, error) {
	var kit *Kit
	err := n.nextCharter(ctx, org, recoveryFile, passphrase, crypto.NextFile, func(o *Organization, r *crypto.Recovery) (chain *crypto.Chain, house string, err error) {
		fresh, err := r.Renew()
		if err != nil {
			return nil, "", err
		}
		if kit, err = newKit(fresh, n.cfg.Hosting); err != nil {
			return nil, "", err
		}
		signer, err := newSigner(o.rows.Keys())
		if err != nil {
			return nil, "", err
		}
		nodes := []protocol.Delegate{{Peer: n.peer, Key: signer.Public()}}
		chain, err = crypto.Rotate(o.Chain(), fresh.Root, crypto.KeyID(fresh.Next.Public()), o.Charter().Hash, nodes)
		return chain, fresh.House.Recipient(), err
	})
	if err != nil {
		return nil, fmt.Errorf("recover organization: %w", err)
	}
	return kit, nil
}

// nextCharter opens a recovery file, lets sign make the next chain, and takes it up: stored, with a new card, with our
// standings signed again where their key left, and told to all partners.
func (n *Node) nextCharter(ctx context.Context, org protocol.OrgID, file []byte, passphrase string, kind crypto.RecoveryKind, sign func(*Organization, *crypto.Recovery) (*crypto.Chain, string, error)) error {
	o, ok := n.Org(org)
	if !ok {
		return fmt.Errorf("organization %s: %w", org.Short(), store.ErrNotFound)
	}
	r, err := crypto.OpenRecovery(file, passphrase)
	switch {
	case err != nil:
		return err
	case r.Kind != kind:
		return fmt.Errorf("this is the %s file; the %s file is needed", r.Kind, kind)
	case r.Org != org:
		return errors.New("this file belongs to another organization")
	}
	if err := o.takeChain(ctx, func() (*crypto.Chain, string, error) { return sign(o, r) }); err != nil {
		return err
	}
	if _, err := o.freshen(ctx); err != nil {
		return err
	}
	if err := o.book.Resign(ctx, "node"); err != nil {
		return err
	}
	n.writeHouse(o)
	n.push(o)
	return nil
}

func (o *Organization) takeChain(ctx context.Context, sign func() (*crypto.Chain, string, error)) error {
	o.change.Lock()
	defer o.change.Unlock()
	chain, house, err := sign()
	if err != nil {
		return err
	}
	signer, err := o.node.findSigner(o.rows.Keys(), chain)
	if err != nil {
		return err
	}
	next, err := o.put(ctx, func(a *about) {
		a.Chain = chain.Wire()
		if house != "" {
			a.House = house
		}
	}, func(tx *store.Tx) error {
		m := chain.Mark()
		return o.note(tx, "operator", "organization.charter", fmt.Sprintf("epoch %d number %d", m.Epoch, m.N))
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	old := o.signer
	o.about, o.chain, o.signer = next, chain, signer
	o.mu.Unlock()
	if _, named := chain.Key(old.Kid()); !named {
		return o.rows.Keys().Delete(secretSigning + old.Kid())
	}
	return nil
}

// aheadOfUs gives the highest charter of ours that a partner's hello named and that is newer than the one held here.
func (o *Organization) aheadOfUs() *protocol.CharterMark {
	ours := o.Charter()
	for _, p := range o.book.List() {
		if h, ok := o.book.LastHello(p.ID()); ok && (h.Held.Epoch > ours.Epoch || h.Held.Epoch == ours.Epoch && h.Held.N > ours.N) {
			return &h.Held
		}
	}
	return nil
}
