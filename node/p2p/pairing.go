package p2p

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"referworks/crypto"
	"referworks/protocol"
)

// PairConn carries the frames of one pairing.
type PairConn struct {
	f    *frames
	host host.Host
}

// Send writes one frame; nil sends an empty payload.
func (c PairConn) Send(kind protocol.FrameKind, v any) error {
	if v == nil {
		if err := c.f.write(kind, []byte("{}")); err != nil {
			return err
		}
		return c.f.flush()
	}
	return c.f.send(kind, v)
}

// Receive reads one frame.
func (c PairConn) Receive() (protocol.FrameKind, []byte, error) {
	return c.f.read(protocol.MaxFrame, frameTimeout)
}

// Close ends the pairing's connection.
func (c PairConn) Close() error {
	err := c.f.Close()
	if c.host != nil {
		err = errors.Join(err, c.host.Close())
	}
	return err
}

type pairingRoom struct {
	serve func(context.Context, PairConn) error
	tries *rate.Limiter
}

type doorRoom struct{}

func peerOf(seed []byte) protocol.PeerID {
	return crypto.PeerIDOf(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
}

// OpenPairing lets the one-use peer of an invitation in until it expires.
func (h *Host) OpenPairing(seed []byte, expires time.Time, serve func(context.Context, PairConn) error) (protocol.PeerID, func(), error) {
	id := peerOf(seed)
	h.gate.change(id, func(e *entry) {
		e.class |= Pairing
		e.expires = expires
		e.pairing = &pairingRoom{serve, rate.NewLimiter(rate.Every(time.Minute/protocol.PairingTries), protocol.PairingTries)}
	})
	return id, func() { h.gate.remove(id, Pairing) }, nil
}

func (h *Host) servePairing(ctx context.Context, f *frames) error {
	e, ok := h.gate.get(f.peer)
	if !ok || e.pairing == nil || !e.pairing.tries.Allow() {
		return errNotAdmitted
	}
	return e.pairing.serve(ctx, PairConn{f: f})
}

func (h *Host) serveDoor(context.Context, *frames) error { return errNotAdmitted }

// DialPairing reaches the node that invites, with the one-use identity of the invitation.
func (h *Host) DialPairing(ctx context.Context, inv protocol.Invitation, seed []byte) (PairConn, error) {
	if inv.Peer == h.id {
		f, err := h.loop(peerOf(seed), protocol.ProtoPair)
		if err != nil {
			return PairConn{}, err
		}
		_, err = f.hear()
		return PairConn{f: f}, err
	}
	g := newGate(h.now)
	g.admit(inv.Peer, Pairing, inv.Addresses)
	net, err := newLibp2p(seed, g, nil)
	if err != nil {
		return PairConn{}, err
	}
	p, err := peer.Decode(string(inv.Peer))
	if err == nil {
		err = dial(ctx, net, p, inv.Addresses)
	}
	var f *frames
	if err == nil {
		f, err = h.openOn(ctx, net, p, protocol.ProtoPair)
	}
	if err == nil {
		_, err = f.hear()
	}
	if err != nil {
		return PairConn{}, errors.Join(err, net.Close())
	}
	return PairConn{f, net}, nil
}

// GossipConfig is the community topic.
type GossipConfig struct{}

type gossip struct{}

func (g *gossip) run(ctx context.Context) { <-ctx.Done() }

func (h *Host) startGossip(context.Context, host.Host) (*gossip, error) { return &gossip{}, nil }
