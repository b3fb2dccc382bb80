package p2p

import (
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/protocol"
)

// Class says what a peer in the gate may ask for. A peer may have several.
type Class uint8

// The classes.
const (
	Partner Class = 1 << iota // protocol.ProtoPeer, protocol.ProtoDeliver and, when it is on, the community topic
	Pairing                   // protocol.ProtoPair
	Door                      // protocol.ProtoDoor
)

// serves gives the class that a stream protocol is for.
func serves(proto string) Class {
	switch proto {
	case protocol.ProtoPeer, protocol.ProtoDeliver:
		return Partner
	case protocol.ProtoPair:
		return Pairing
	case protocol.ProtoDoor:
		return Door
	}
	return 0
}

// gate is the allowlist. It is asked for each connection in both directions, for each stream and for each frame.
type gate struct {
	now func() time.Time

	mu      sync.RWMutex // guards entries
	entries map[protocol.PeerID]*entry
	open    bool // only ever set by the tests' negative control
}

type entry struct {
	class     Class
	addresses []string
	expires   time.Time // of Pairing; zero: never
	pairing   *pairingRoom
	door      *doorRoom
}

var _ connmgr.ConnectionGater = (*gate)(nil)

func newGate(now func() time.Time) *gate {
	return &gate{now: now, entries: map[protocol.PeerID]*entry{}}
}

// change edits the entry of a peer, and forgets it when it is left without a class.
func (g *gate) change(id protocol.PeerID, f func(*entry)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.entries[id]
	if e == nil {
		e = &entry{}
		g.entries[id] = e
	}
	f(e)
	if e.class == 0 {
		delete(g.entries, id)
	}
}

func (g *gate) admit(id protocol.PeerID, class Class, addresses []string) {
	g.change(id, func(e *entry) {
		e.class |= class
		if len(addresses) > 0 {
			e.addresses = slices.Clone(addresses)
		}
	})
}

func (g *gate) remove(id protocol.PeerID, class Class) {
	g.change(id, func(e *entry) { e.class &^= class })
}

// classes gives what a peer may ask for now; 0 for a stranger.
func (g *gate) classes(id protocol.PeerID) Class {
	g.mu.RLock()
	defer g.mu.RUnlock()
	e := g.entries[id]
	switch {
	case e == nil && g.open:
		return ^Class(0)
	case e == nil:
		return 0
	case !e.expires.IsZero() && !g.now().Before(e.expires):
		return e.class &^ Pairing
	}
	return e.class
}

// get gives a copy of a peer's entry.
func (g *gate) get(id protocol.PeerID) (entry, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	e, ok := g.entries[id]
	if !ok {
		return entry{}, false
	}
	return *e, true
}

// partners lists the peers that are to be kept connected.
func (g *gate) partners() []protocol.PeerID {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var all []protocol.PeerID
	for id, e := range g.entries {
		if e.class&Partner != 0 {
			all = append(all, id)
		}
	}
	return all
}

func (g *gate) lets(p peer.ID) bool { return g.classes(protocol.PeerID(p.String())) != 0 }

// InterceptPeerDial keeps us from dialing whom we would not let in.
func (g *gate) InterceptPeerDial(p peer.ID) bool { return g.lets(p) }

// InterceptAddrDial has nothing to add: addresses come from the gate itself.
func (g *gate) InterceptAddrDial(peer.ID, ma.Multiaddr) bool { return true }

// InterceptAccept cannot tell anything yet: the peer is known after the handshake.
func (g *gate) InterceptAccept(network.ConnMultiaddrs) bool { return true }

// InterceptSecured is the gate: the handshake has proved who the peer is, and nothing was said yet.
func (g *gate) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	return g.lets(p)
}

// InterceptUpgraded asks again, for a peer that was removed during the handshake.
func (g *gate) InterceptUpgraded(c network.Conn) (bool, control.DisconnectReason) {
	return g.lets(c.RemotePeer()), 0
}
