package p2p

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"referworks/crypto"
	"referworks/protocol"
)

// pairTimeout is for a whole attempt at pairing, or a whole call at a door.
const pairTimeout = 60 * time.Second

// PairConn is one attempt at pairing, in lockstep.
type PairConn struct {
	f     *frames
	may   func() bool
	left  *int // bytes that may still come
	close func()
}

func pairConn(f *frames, may func() bool, end func()) PairConn {
	left := protocol.MaxFrame
	return PairConn{f: f, may: may, left: &left, close: end}
}

// Send writes v as one canonical frame. With nil it sends what FrameOK carries.
func (c PairConn) Send(kind protocol.FrameKind, v any) error {
	if !c.may() {
		return errNotAdmitted
	}
	if v == nil {
		v = protocol.Answer{V: protocol.Version}
	}
	return c.f.send(kind, v)
}

// Receive waits for the next frame for at most a minute. All frames together have at most protocol.MaxFrame bytes. A FrameError comes as
// a *protocol.Error.
func (c PairConn) Receive() (protocol.FrameKind, []byte, error) {
	kind, b, err := c.f.read(*c.left, answerTimeout)
	*c.left -= len(b)
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("read frame: %w", err)
	case !c.may():
		return 0, nil, errNotAdmitted
	case kind == protocol.FrameError:
		return 0, nil, errorOf(b)
	}
	return kind, b, nil
}

// Close ends the attempt and, on the side that dialed, its libp2p identity.
func (c PairConn) Close() { c.close() }

// pairingRoom is an invitation of ours that waits for its other side.
type pairingRoom struct {
	serve func(context.Context, PairConn) error
	pace  pace
}

// pace counts tries in a minute that slides.
type pace struct {
	mu    sync.Mutex // guards tries
	tries []time.Time
}

// take tells whether one more try is within the limit, and counts it then.
func (p *pace) take(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.tries) > 0 && now.Sub(p.tries[0]) >= time.Minute {
		p.tries = p.tries[1:]
	}
	if len(p.tries) >= protocol.PairingTries {
		return false
	}
	p.tries = append(p.tries, now)
	return true
}

// OpenPairing admits the one-use peer that seed makes until it expires, and lets serve answer it: at most
// protocol.PairingTries attempts a minute, each given a minute. What serve returns as an error is told to the other side by
// its code. Opening the same seed again replaces serve. close takes the peer out of the gate and ends its connections.
func (h *Host) OpenPairing(seed []byte, expires time.Time, serve func(context.Context, PairConn) error) (id protocol.PeerID, close func(), err error) {
	key, err := crypto.SigningKeyFromSeed(seed)
	if err != nil {
		return "", nil, fmt.Errorf("open pairing: %w", err)
	}
	h.gate.sweep()
	id = key.Peer()
	room := &pairingRoom{serve: serve}
	h.gate.change(id, func(e *entry) {
		e.class |= Pairing
		e.expires, e.pairing = expires, room
	})
	return id, func() {
		h.gate.change(id, func(e *entry) {
			if e.pairing == room {
				e.pairing = nil
				e.class &^= Pairing
			}
		})
		if h.gate.classes(id) == 0 {
			h.drop(id)
		}
	}, nil
}

// sweep forgets pairing peers that have expired.
func (g *gate) sweep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, e := range g.entries {
		if e.class&Pairing != 0 && !g.now().Before(e.expires) {
			e.pairing = nil
			if e.class &^= Pairing; e.class == 0 {
				delete(g.entries, id)
			}
		}
	}
}

func (h *Host) servePairing(ctx context.Context, f *frames) error {
	e, _ := h.gate.get(f.peer)
	if e.pairing == nil {
		return errNotAdmitted
	}
	if !e.pairing.pace.take(h.now()) {
		if _, _, err := f.read(protocol.MaxFrame, answerTimeout); err != nil { // a question is due before its answer
			return err
		}
		return f.send(protocol.FrameError, protocol.Answer{V: protocol.Version, Code: protocol.CodeRate})
	}
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = f.Reset() })()
	err := e.pairing.serve(ctx, pairConn(f, func() bool { return h.may(f) }, func() { _ = f.Reset() }))
	if err != nil {
		if e := f.send(protocol.FrameError, answerOf(err)); e != nil {
			return errors.Join(err, e)
		}
	}
	return nil
}

// DialPairing connects to the node that made an invitation, under the one-use identity that seed makes, for as long as
// the PairConn is open: the caller closes it. The end of ctx ends the attempt. An invitation of this node itself is
// answered without the network.
func (h *Host) DialPairing(ctx context.Context, inv protocol.Invitation, seed []byte) (PairConn, error) {
	f, end, err := h.visit(ctx, seed, inv.Peer, inv.Addresses, protocol.ProtoPair)
	if err != nil {
		return PairConn{}, fmt.Errorf("dial pairing: %w", err)
	}
	return pairConn(f, func() bool { return true }, end), nil
}

// visit opens a stream under another identity. end closes the stream and the identity.
func (h *Host) visit(ctx context.Context, seed []byte, to protocol.PeerID, addresses []string, proto string) (f *frames, end func(), err error) {
	key, err := crypto.SigningKeyFromSeed(seed)
	if err != nil {
		return nil, nil, err
	}
	shut := func() {}
	if to == h.id {
		f, err = h.loop(key.Peer(), proto)
	} else {
		f, shut, err = h.travel(ctx, seed, to, addresses, proto)
	}
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = f.Reset() })
	end = sync.OnceFunc(func() {
		stop()
		_ = f.Close()
		shut()
	})
	if _, err := f.hear(); err != nil {
		end()
		return nil, nil, because(ctx, err)
	}
	return f, end, nil
}

// travel opens a stream from a host of its own, which listens nowhere and lets nobody in but the one that it visits.
func (h *Host) travel(ctx context.Context, seed []byte, to protocol.PeerID, addresses []string, proto string) (*frames, func(), error) {
	p, err := peer.Decode(string(to))
	if err != nil {
		return nil, nil, fmt.Errorf("read peer id: %w", err)
	}
	g := newGate(h.now)
	g.admit(to, serves(proto), nil)
	net, err := newLibp2p(seed, g, nil)
	if err != nil {
		return nil, nil, err
	}
	shut := func() { _ = net.Close() }
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := dial(ctx, net, p, addresses); err != nil {
		shut()
		return nil, nil, err
	}
	f, err := h.openOn(ctx, net, p, proto)
	if err != nil {
		shut()
		return nil, nil, err
	}
	return f, shut, nil
}
