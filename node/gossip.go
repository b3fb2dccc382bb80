package node

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// known are the cards heard in the community topic: hints only, trusted for nothing but showing.
type known struct {
	mu    *sync.Mutex // guards cards
	cards map[protocol.OrgID]*protocol.Card
}

// maxKnown is how many organizations the gossip may make us remember.
const maxKnown = 4096

func newKnown() known { return known{new(sync.Mutex), map[protocol.OrgID]*protocol.Card{}} }

// Announced keeps the newest card of an organization. Of a partner it is a hint that a hello would tell something new.
func (h *handler) Announced(a protocol.Announcement) error {
	chain, err := crypto.VerifyChain(a.Chain)
	if err != nil {
		return err
	}
	c, err := crypto.VerifyCard(a.Card, chain)
	if err != nil {
		return err
	}
	if err := h.known.take(c); err != nil {
		return fmt.Errorf("take announcement: %w", err)
	}
	n := (*Node)(h)
	for _, o := range n.all() {
		if p, ok := o.book.Current(c.Org); ok && p.Related() && (p.Card() == nil || p.Card().N < c.N) {
			n.touch.soon(pairID{o.id, c.Org}, n.now())
		}
	}
	return nil
}

func (k *known) take(c *protocol.Card) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.cards[c.Org]
	switch {
	case was != nil && was.N >= c.N:
		return errors.New("a newer one is known")
	case was == nil && len(k.cards) >= maxKnown:
		return errors.New("too many organizations are known")
	}
	k.cards[c.Org] = c
	return nil
}

// Known gives the newest card of an organization that was heard in the community topic.
func (n *Node) Known(org protocol.OrgID) (*protocol.Card, bool) {
	n.known.mu.Lock()
	defer n.known.mu.Unlock()
	c, ok := n.known.cards[org]
	return c, ok
}

// announcements are the cards of our organizations that asked for it.
func (n *Node) announcements() []protocol.Announcement {
	var all []protocol.Announcement
	for _, o := range n.all() {
		o.mu.RLock()
		if o.about.Announced && o.card != "" {
			all = append(all, protocol.Announcement{V: protocol.Version, Chain: o.chain.Wire(), Card: o.card})
		}
		o.mu.RUnlock()
	}
	return all
}

// Announce says whether the organization's card is told in the community topic. It is not unless somebody says so.
func (o *Organization) Announce(ctx context.Context, actor string, yes bool) error {
	o.change.Lock()
	defer o.change.Unlock()
	next, err := o.put(ctx, func(a *about) { a.Announced = yes }, func(tx *store.Tx) error {
		return o.note(tx, actor, "organization.announced", fmt.Sprint(yes))
	})
	if err != nil {
		return fmt.Errorf("announce organization: %w", err)
	}
	o.mu.Lock()
	o.about = next
	o.mu.Unlock()
	return nil
}
