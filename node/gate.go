package node

import (
	"slices"
	"sync"

	"referworks/node/p2p"
	"referworks/protocol"
)

// gate is which peers are admitted for the sake of which relationship. It is worked out anew from all books after each
// change of one, so that it cannot drift from them.
type gate struct {
	mu       sync.Mutex // one refresh at a time; guards admitted
	admitted map[protocol.PeerID][]string
}

// partnerClass is the class of everybody in this gate; the host keeps those of pairings and doors.
const partnerClass = p2p.Partner

func newGate() gate { return gate{admitted: map[protocol.PeerID][]string{}} }

// refreshGate admits every node of every partner that one of our organizations has confirmed and not blocked, and
// removes every other, which closes its connections. When it returns, no new stream of a removed peer is served.
func (n *Node) refreshGate() {
	n.gate.mu.Lock()
	defer n.gate.mu.Unlock()
	wanted := map[protocol.PeerID][]string{}
	for _, o := range n.all() {
		for _, p := range o.book.List() {
			if !p.Related() {
				continue
			}
			for _, peer := range p.Peers() {
				addresses := wanted[peer]
				if peer == p.Peer() {
					addresses = p.Addresses()
				}
				wanted[peer] = addresses
			}
		}
	}
	n.refreshDoors()
	delete(wanted, n.peer) // our own organizations reach each other without the gate
	for peer := range n.gate.admitted {
		if _, ok := wanted[peer]; !ok && !n.off.gate {
			n.host.Remove(peer)
			delete(n.gate.admitted, peer)
		}
	}
	for peer, addresses := range wanted {
		if had, ok := n.gate.admitted[peer]; !ok || !slices.Equal(had, addresses) {
			n.host.Admit(peer, partnerClass, addresses)
			n.gate.admitted[peer] = addresses
		}
	}
}

// admitted counts the peers in the gate.
func (n *Node) admitted() (peers, reached int) {
	n.gate.mu.Lock()
	defer n.gate.mu.Unlock()
	for peer := range n.gate.admitted {
		if n.host.Reachable(peer) {
			reached++
		}
	}
	return len(n.gate.admitted), reached
}

// Reaches tells whether a node of a partner is connected now.
func (o *Organization) Reaches(id protocol.OrgID) bool {
	p, ok := o.book.Current(id)
	return ok && slices.ContainsFunc(p.Peers(), func(peer protocol.PeerID) bool { return o.node.host.Reachable(peer) })
}
