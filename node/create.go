package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Kit is an organization's recovery kit: two files, each with a passphrase of its own, to be kept in two places. It is
// handed out once; the node keeps nothing of it but the door secret.
type Kit struct {
	RootFile, RecoveryFile             []byte
	RootPassphrase, RecoveryPassphrase string
}

func (k *Kit) String() string { return "[kit]" }

// CreateOrg makes an organization with an identity of its own, whose first charter delegates this node. When it returns
// nil all but the kit is durable; who loses the kit can never move the organization or save it from a lost node.
func (n *Node) CreateOrg(ctx context.Context, name string, contact protocol.CardContact) (*Organization, *Kit, error) {
	o, kit, err := n.createOrg(ctx, name, contact)
	if err != nil {
		return nil, nil, fmt.Errorf("create organization: %w", err)
	}
	return o, kit, nil
}

func (n *Node) createOrg(ctx context.Context, name string, contact protocol.CardContact) (*Organization, *Kit, error) {
	if name == "" || len(name) > protocol.MaxText {
		return nil, nil, fmt.Errorf("its name must have 1 to %d bytes", protocol.MaxText)
	}
	id, err := crypto.NewIdentity(n.now().UnixMilli())
	if err != nil {
		return nil, nil, err
	}
	// Whoever hosts several makes kits on a machine that is not their owners'.
	kit, err := newKit(id, len(n.all()) > 0 || n.cfg.Hosting)
	if err != nil {
		return nil, nil, err
	}
	rows, err := n.store.CreateOrg(ctx, id.Org())
	if err != nil {
		return nil, nil, err
	}
	signer, err := newSigner(rows.Keys())
	if err != nil {
		return nil, nil, err
	}
	chain, err := crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{{Peer: n.peer, Key: signer.Public()}})
	if err != nil {
		return nil, nil, err
	}
	o, err := n.found(ctx, rows, chain, id.Door, about{Name: name, Contact: contact, Created: id.Inception.Created, House: id.House.Recipient()})
	return o, kit, err
}

// found stores a new organization whose signing key is in the key file, and takes it up.
func (n *Node) found(ctx context.Context, rows *store.Org, chain *crypto.Chain, door crypto.Secret, a about) (*Organization, error) {
	if err := rows.Keys().Set(secretDoor, door, time.Time{}); err != nil {
		return nil, err
	}
	a.Chain = chain.Wire()
	b, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	err = rows.Update(ctx, func(tx *store.Tx) error { return tx.Put(aboutKey, store.Row{Kept: b}) })
	if err != nil {
		return nil, err
	}
	o, err := n.loadOrganization(rows)
	if err != nil {
		return nil, err
	}
	if _, err := o.freshen(ctx); err != nil {
		return nil, err
	}
	return o, n.take(o)
}

// newKit seals the two files at once: each costs a fifth of a second on purpose.
func newKit(id *crypto.Identity, onHost bool) (*Kit, error) {
	root, next := id.Recoveries(onHost)
	kit := &Kit{RootPassphrase: crypto.NewPassphrase(), RecoveryPassphrase: crypto.NewPassphrase()}
	var second error
	var wg sync.WaitGroup
	wg.Go(func() { kit.RecoveryFile, second = crypto.SealRecovery(next, kit.RecoveryPassphrase) })
	var err error
	kit.RootFile, err = crypto.SealRecovery(root, kit.RootPassphrase)
	wg.Wait()
	return kit, errors.Join(err, second)
}

// Delegate prepares this node to speak for an organization that was made elsewhere: a fresh signing key, kept in the key
// file. Its owner signs a charter that names the result, offline, and then AdoptOrg takes it.
func (n *Node) Delegate(ctx context.Context, org protocol.OrgID) (protocol.Delegate, error) {
	rows, err := n.store.Org(org)
	if errors.Is(err, store.ErrNotFound) {
		rows, err = n.store.CreateOrg(ctx, org)
	}
	if err != nil {
		return protocol.Delegate{}, fmt.Errorf("prepare to speak for %s: %w", org.Short(), err)
	}
	signer, err := newSigner(rows.Keys())
	if err != nil {
		return protocol.Delegate{}, fmt.Errorf("prepare to speak for %s: %w", org.Short(), err)
	}
	return protocol.Delegate{Peer: n.peer, Key: signer.Public()}, nil
}

// AdoptOrg takes up an organization whose chain, signed elsewhere, names this node by what Delegate gave. house is the
// recipient of its house files, door its door secret; both may be empty. Only public parts of the identity come here.
func (n *Node) AdoptOrg(ctx context.Context, w protocol.Chain, name string, contact protocol.CardContact, house string, door []byte) (*Organization, error) {
	chain, err := crypto.VerifyChain(w)
	if err != nil {
		return nil, fmt.Errorf("adopt organization: %w", err)
	}
	if _, ok := n.Org(chain.Org()); ok {
		return nil, fmt.Errorf("adopt organization: %w", store.ErrExists)
	}
	rows, err := n.store.Org(chain.Org())
	if err != nil {
		return nil, fmt.Errorf("adopt organization: this node did not prepare for it: %w", err)
	}
	if _, err := n.findSigner(rows.Keys(), chain); err != nil {
		return nil, fmt.Errorf("adopt organization: %w", err)
	}
	o, err := n.found(ctx, rows, chain, door, about{Name: name, Contact: contact, Created: chain.Wire().Inception.Created, House: house})
	if err != nil {
		return nil, fmt.Errorf("adopt organization: %w", err)
	}
	return o, nil
}
