// Package p2p connects a node to the nodes of its partners with libp2p: TCP with TLS 1.3 and QUIC, and nothing else of
// libp2p that would look for strangers or talk to them. It owns the gate, a pure allowlist of peers, and carries frames
// of package protocol; what these say is decided by its Handler. See docs/protocol-network.md.
//
// It promises that a peer outside the gate gets no stream, no list of protocols and no address; that every frame is
// limited before it is allocated and has a deadline; and that a call ends with the other side's answer, never with
// a mere write: only an answer proves that something arrived.
package p2p
