package node

import (
	"context"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Restore takes up an organization whose node is gone, on this one: with its root file and its newest house file. A new
// charter names this node alone. Each partner is called at by the door; those that answer are partners again, and our side
// is suspended until a person resumes it. If the house file is not the newest, partners may raise the alarm of two charters
// with one number: Recover ends that.
func (n *Node) Restore(ctx context.Context, rootFile []byte, passphrase string, houseFile []byte) (*Organization, error) {
	o, err := n.restore(ctx, rootFile, passphrase, houseFile)
	if err != nil {
		return nil, fmt.Errorf("restore organization: %w", err)
	}
	return o, nil
}

func (n *Node) restore(ctx context.Context, rootFile []byte, passphrase string, houseFile []byte) (*Organization, error) {
	r, err := crypto.OpenRecovery(rootFile, passphrase)
	if err != nil {
		return nil, err
	}
	house, chain, err := crypto.OpenHouse(houseFile, r)
	if err != nil {
		return nil, err
	}
	if _, ok := n.Org(r.Org); ok {
		return nil, store.ErrExists
	}
	root, err := r.SigningKey()
	switch {
	case err != nil:
		return nil, err
	case !root.Public().Equal(chain.Head().Root):
		return nil, errors.New("the root file and the house file are of two epochs; use the newest of both")
	}
	key, err := r.HouseKey()
	if err != nil {
		return nil, err
	}
	d, err := n.Delegate(ctx, r.Org)
	if err != nil {
		return nil, err
	}
	if chain, err = crypto.NextCharter(chain, root, []protocol.Delegate{d}); err != nil {
		return nil, err
	}
	a := about{Name: r.Org.Short(), Created: chain.Wire().Inception.Created, House: key.Recipient()}
	var card protocol.Card
	if _, err := crypto.Peek([]byte(house.Card), protocol.TypCard, &card); err == nil {
		a.Name, a.Contact, a.Card = card.Name, card.Contact, house.Card // the next card's number lies above its own
	}
	rows, err := n.store.Org(r.Org)
	if err != nil {
		return nil, err
	}
	o, err := n.found(ctx, rows, chain, crypto.Secret(r.Door), a)
	if err != nil {
		return nil, err
	}
	if err := o.book.Recall(ctx, "operator", house.Partners); err != nil {
		return nil, err
	}
	n.touchRecalled(o)
	return o, nil
}

// touchRecalled asks for a call at each partner that has not answered since the organization moved here.
func (n *Node) touchRecalled(o *Organization) {
	all, err := o.book.Recalled()
	if err != nil {
		n.log.Error("recalled partners were not read", "org", string(o.id), "error", err.Error())
		return
	}
	for _, p := range all {
		n.touch.soon(pairID{o.id, p.Org}, n.now())
	}
}

// callRecalled calls at a recalled partner by the door. false when there is no such.
func (n *Node) callRecalled(ctx context.Context, o *Organization, id protocol.OrgID) (recalled bool, err error) {
	all, err := o.book.Recalled()
	if err != nil {
		return true, err
	}
	for _, p := range all {
		if p.Org != id {
			continue
		}
		answer, err := n.host.CallDoor(ctx, o.doorSeed(id), p.Peer, p.Addresses, o.doorCall(id))
		if err != nil {
			return true, err
		}
		return true, o.book.Welcome(ctx, p, answer)
	}
	return false, nil
}
