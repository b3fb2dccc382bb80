package node

import (
	"context"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/practice"
	"referworks/protocol"
)

// Practice gives the practice partner of this node, or nil while nobody has asked for it.
func (n *Node) Practice() *Organization {
	for _, o := range n.all() {
		if o.Practice() {
			return o
		}
	}
	return nil
}

// Practice tells whether it is the node's practice partner, which is no organization.
func (o *Organization) Practice() bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Practice
}

// JoinPractice makes the node's practice partner a partner of an organization, by an invitation and by both sides' yes as
// with any other; the practice partner says its yes by itself. The first call on a node makes the practice partner. nil
// means durable; it may be called again at any time.
func (n *Node) JoinPractice(ctx context.Context, o *Organization, actor string) (*Organization, error) {
	if o.Practice() {
		return nil, errors.New("the practice partner cannot practice with itself")
	}
	p, err := n.makePractice(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the practice partner: %w", err)
	}
	if pair, ok := o.book.Current(p.id); !ok || !pair.Confirmed() {
		text, _, err := p.Invite(ctx, "node")
		if err != nil {
			return nil, fmt.Errorf("pair with the practice partner: %w", err)
		}
		if _, err := o.AcceptInvitation(ctx, actor, text); err != nil {
			return nil, fmt.Errorf("pair with the practice partner: %w", err)
		}
		if err := o.book.Confirm(ctx, actor, p.id, partner.Allow{WeSend: true}); err != nil {
			return nil, fmt.Errorf("pair with the practice partner: %w", err)
		}
	}
	if pair, ok := p.book.Current(o.id); ok && !pair.Confirmed() {
		if err := p.book.Confirm(ctx, "node", o.id, partner.Allow{TheySend: true}); err != nil {
			return nil, fmt.Errorf("pair with the practice partner: %w", err)
		}
	}
	return p, nil
}

// makePractice makes the practice partner, once. Its root key is thrown away: nothing hangs on its identity, and when
// the node is lost the next one has a practice partner of its own.
func (n *Node) makePractice(ctx context.Context) (*Organization, error) {
	n.practicing.Lock()
	defer n.practicing.Unlock()
	if p := n.Practice(); p != nil {
		return p, nil
	}
	id, err := crypto.NewIdentity(n.now().UnixMilli())
	if err != nil {
		return nil, err
	}
	d, err := n.Delegate(ctx, id.Org())
	if err != nil {
		return nil, err
	}
	chain, err := crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{d})
	if err != nil {
		return nil, err
	}
	rows, err := n.store.Org(id.Org())
	if err != nil {
		return nil, err
	}
	return n.found(ctx, rows, chain, id.Door, about{Name: practice.Name, Created: id.Inception.Created, Practice: true})
}

// practiceDesk says how the practice partner's desk behaves; nil for every other organization.
func (o *Organization) practiceDesk() *exchange.Practice {
	if !o.about.Practice {
		return nil
	}
	return &exchange.Practice{Away: practice.AwayUntil, Spoils: practice.Spoils}
}

// play answers as the practice partner; any other organization's people answer themselves.
func (o *Organization) play(ctx context.Context) error {
	if !o.Practice() {
		return nil
	}
	p := practice.Player{Desk: o.desk, Now: o.node.now, Log: o.node.log.With("org", string(o.id))}
	return p.Run(ctx)
}
