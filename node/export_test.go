package node

import (
	"context"

	"referworks/protocol"
)

// Attackers speak to the network without the rules of a desk.

// Deliver sends any envelope to a peer from this node's host.
func (n *Node) Deliver(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error) {
	return n.host.Deliver(ctx, peer, sealed)
}

// SayHello says any pair's hello to a peer.
func (n *Node) SayHello(ctx context.Context, peer protocol.PeerID, in protocol.PairHello) (protocol.PairHello, error) {
	return n.host.PairHello(ctx, peer, in)
}

// SayState sends any state to a peer.
func (n *Node) SayState(ctx context.Context, peer protocol.PeerID, in protocol.PairState) (protocol.PairState, error) {
	return n.host.PairState(ctx, peer, in)
}

// AdmitAnyway keeps a peer in this node's own gate, so that an attacker can dial who removed it.
func (n *Node) AdmitAnyway(peer protocol.PeerID, addresses []string) {
	n.host.Admit(peer, partnerClass, addresses)
}

// GateOff lets peers stay in the gate after their last relationship ended.
func (n *Node) GateOff() { n.off.gate = true }

// AnyPeer lets a pair's frames come from any admitted peer.
func (n *Node) AnyPeer() { n.off.anyPeer = true }

// NothingBack lets the node take nothing back from partners.
func (n *Node) NothingBack() { n.off.pulling.Store(true) }

// RefreshGate works the gate out anew.
func (n *Node) RefreshGate() { n.refreshGate() }
