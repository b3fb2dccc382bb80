package node

import (
	"context"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/node/partner"
	"referworks/protocol"
)

// handler is what a node answers to the network. Each frame names its pair; nothing is concluded from the peer alone,
// since one peer may speak for many organizations.
type handler Node

var _ p2p.Handler = (*handler)(nil)

// errRefused is the one answer to everything that is unknown or not permitted.
var errRefused error = &protocol.Error{Code: protocol.CodeRefused}

// pair finds the pair of a frame from peer: both organizations as they are named, confirmed by our person, and the peer
// one that the partner's newest charter delegates.
func (h *handler) pair(peer protocol.PeerID, from, to protocol.OrgID) (*Organization, *partner.Pair, error) {
	o, ok := (*Node)(h).Org(to)
	if !ok {
		return nil, nil, errRefused
	}
	p, ok := o.book.Current(from)
	if !ok || !p.Confirmed() || !p.Chain().HasPeer(peer) && !h.off.anyPeer {
		return nil, nil, errRefused
	}
	return o, p, nil
}

// PairHello answers where our side of a pair stands.
func (h *handler) PairHello(_ context.Context, peer protocol.PeerID, in protocol.PairHello) (protocol.PairHello, error) {
	n := (*Node)(h)
	o, _, err := h.pair(peer, in.From, in.To)
	if err != nil {
		return protocol.PairHello{}, err
	}
	o.book.Heard(in)
	out, ok := o.book.Hello(in.From)
	if !ok {
		return protocol.PairHello{}, errRefused
	}
	out.Threads = o.threads(in.From)
	if _, some := o.book.Missing(in.From); !some && !o.book.Lacks(in) {
		n.contact(o, in.From)
	}
	if id := (pairID{o.id, in.From}); !n.compared.mayNumber(id) { // it can be reached, and we have not looked yet
		n.touch.soon(id, n.now())
	}
	return out, nil
}

// PairState takes what we lacked and gives what they lack, by their last hello.
func (h *handler) PairState(ctx context.Context, peer protocol.PeerID, in protocol.PairState) (protocol.PairState, error) {
	o, p, err := h.pair(peer, in.From, in.To)
	if err != nil {
		return protocol.PairState{}, err
	}
	if _, err := o.book.Merge(ctx, in); err != nil {
		(*Node)(h).log.Warn("what a partner said of itself was refused", "org", string(o.id), "partner", string(p.ID()), "error", err.Error())
		return protocol.PairState{}, errRefused
	}
	out, some := o.book.Missing(in.From)
	if !some {
		out = protocol.PairState{V: protocol.Version, From: o.id, To: in.From}
	}
	return out, nil
}

// Envelope hands a sealed message to the desk that its clear header names. For an organization that is not here another
// desk does the same work, and refuses: so neither answer nor time tells who is hosted here.
func (h *handler) Envelope(ctx context.Context, peer protocol.PeerID, sealed []byte) protocol.Answer {
	n := (*Node)(h)
	head, err := crypto.ReadHeader(sealed)
	if err == nil {
		if o, ok := n.Org(head.To); ok {
			return o.desk.Receive(ctx, peer, sealed)
		}
	}
	if all := n.all(); len(all) > 0 {
		return all[0].desk.Receive(ctx, peer, sealed)
	}
	return protocol.Answer{V: protocol.Version, Code: protocol.CodeRefused}
}

// Connected is a first hello answered by a peer: all its pairs say theirs, and their back-off is over.
func (h *handler) Connected(peer protocol.PeerID) {
	n := (*Node)(h)
	for _, o := range n.all() {
		for _, p := range o.book.List() {
			if p.Related() && p.Chain().HasPeer(peer) {
				n.touch.soon(pairID{o.id, p.ID()}, n.now())
			}
		}
	}
}
