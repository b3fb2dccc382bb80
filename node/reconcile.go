package node

import (
	"context"
	"sync"
	"time"

	"referworks/node/exchange"
	"referworks/node/p2p"
	"referworks/protocol"
)

// Threads answers which threads of a pair we hold, and how far.
func (h *handler) Threads(_ context.Context, peer protocol.PeerID, in protocol.ThreadsAsk) (protocol.Threads, error) {
	o, _, err := h.pair(peer, in.From, in.To)
	if err != nil {
		return protocol.Threads{}, err
	}
	return o.desk.ThreadMarks(in)
}

// Pull gives messages back that the other side of a pair lacks.
func (h *handler) Pull(_ context.Context, peer protocol.PeerID, in protocol.PullAsk) ([]p2p.Pulled, error) {
	o, _, err := h.pair(peer, in.From, in.To)
	if err != nil {
		return nil, err
	}
	list, err := o.desk.Pull(in)
	if err != nil {
		return nil, err
	}
	out := make([]p2p.Pulled, len(list))
	for i, p := range list {
		out[i] = p2p.Pulled(p)
	}
	return out, nil
}

// Chunk gives a chunk of a file that a message of ours lists.
func (h *handler) Chunk(ctx context.Context, peer protocol.PeerID, in protocol.ChunksAsk, index int64) (protocol.Chunk, bool, error) {
	o, _, err := h.pair(peer, in.From, in.To)
	if err != nil {
		return protocol.Chunk{}, false, err
	}
	return o.desk.Chunk(ctx, in, index)
}

// threads is one hash of the threads that both sides have receipts for.
func (o *Organization) threads(p protocol.OrgID) protocol.Hash {
	h, err := o.desk.ThreadsHash(p)
	if err != nil {
		o.node.log.Error("the sum of the threads could not be read", "org", string(o.id), "error", err.Error())
	}
	return h
}

// compared remembers what of each pair was compared since the start: so a difference that nothing can be done about is
// not looked through at each hello, and later messages get their numbers only after nothing can be missing here.
type compared struct {
	mu   sync.Mutex
	done map[pairID][2]protocol.Hash
	lift map[pairID]bool // a person said that it may go on without
}

func (c *compared) same(id pairID, ours, theirs protocol.Hash) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, ok := c.done[id]
	return ok && was == [2]protocol.Hash{ours, theirs}
}

// finished says so, and whether it is the first time since the start.
func (c *compared) finished(id pairID, ours, theirs protocol.Hash) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, before := c.done[id]
	if c.done == nil {
		c.done = map[pairID][2]protocol.Hash{}
	}
	c.done[id] = [2]protocol.Hash{ours, theirs}
	return !before
}

func (c *compared) mayNumber(id pairID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.done[id]
	return ok || c.lift[id]
}

// Limits of one comparison; what is left over comes at the next hello.
const (
	maxPages = 64
	maxPulls = 256
	maxTurns = 3 // an opener may come in the second
)

// reconcile finds out what of the pair's threads is missing here and takes it back from the partner.
func (n *Node) reconcile(ctx context.Context, o *Organization, id protocol.OrgID, peer protocol.PeerID, theirs protocol.Hash) error {
	pair := pairID{o.id, id}
	ours := o.threads(id)
	if ours != theirs && !n.compared.same(pair, ours, theirs) && !n.off.pulling.Load() {
		for range maxTurns {
			more, err := n.takeBack(ctx, o, id, peer)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		ours = o.threads(id)
	}
	if n.compared.finished(pair, ours, theirs) {
		o.desk.PartnerChanged(id) // what waited for this gets its number
	}
	return nil
}

// takeBack goes through the partner's threads once and says whether anything was new.
func (n *Node) takeBack(ctx context.Context, o *Organization, id protocol.OrgID, peer protocol.PeerID) (more bool, err error) {
	ask := protocol.ThreadsAsk{V: protocol.Version, From: o.id, To: id}
	pulls := 0
	for range maxPages {
		page, err := n.host.Threads(ctx, peer, ask)
		if err != nil {
			return more, err
		}
		asks, err := o.desk.Lacks(id, page)
		if err != nil {
			return more, err
		}
		for _, a := range asks {
			if pulls++; pulls > maxPulls {
				return more, nil
			}
			taken, err := n.pull(ctx, o, id, peer, a)
			more = more || taken
			if err != nil {
				return more, err
			}
		}
		if !page.More || len(page.Rows) == 0 {
			return more, nil
		}
		ask.After = page.Rows[len(page.Rows)-1].Referral
	}
	return more, nil
}

// pull takes the messages of one side of one thread.
func (n *Node) pull(ctx context.Context, o *Organization, id protocol.OrgID, peer protocol.PeerID, ask protocol.PullAsk) (more bool, err error) {
	for {
		list, err := n.host.Pull(ctx, peer, ask)
		if err != nil {
			return more, err
		}
		any := false
		for _, p := range list {
			taken, err := o.desk.TakeBack(ctx, id, exchange.Pulled(p))
			if err != nil {
				n.log.Warn("a message that a partner gave back was not taken", "org", string(o.id), "partner", string(id), "error", err.Error())
				return more, nil // the others may be well
			}
			any = any || taken
		}
		more = more || any
		if len(list) < exchange.MaxPull || !any {
			return more, nil
		}
		ask.After += int64(len(list))
	}
}

// numbering says whether later messages to a partner may be numbered.
func (n *Node) numbering(o *Organization) func(protocol.OrgID) *protocol.Error {
	return func(id protocol.OrgID) *protocol.Error {
		if n.compared.mayNumber(pairID{o.id, id}) {
			return nil
		}
		return &protocol.Error{Code: protocol.CodeEarlier, RetryAt: n.now().Add(time.Hour), Sentence: "It waits until the partner's node has been reached once since this node started, so that nothing is missing here."}
	}
}

// Lift lets later messages to a partner go on although its node was not reached since the start. If this node was
// restored from a backup that is not the newest, they may then be refused as conflicts.
func (n *Node) Lift(o *Organization, id protocol.OrgID) {
	n.compared.mu.Lock()
	if n.compared.lift == nil {
		n.compared.lift = map[pairID]bool{}
	}
	n.compared.lift[pairID{o.id, id}] = true
	n.compared.mu.Unlock()
	n.log.Warn("a person let messages go on without comparing threads first", "org", string(o.id), "partner", string(id))
	o.desk.PartnerChanged(id)
}
