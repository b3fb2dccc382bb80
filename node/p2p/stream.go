package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/protocol"
)

// pipe is a stream between two organizations of this node: libp2p refuses to dial itself (pitfall 11).
type pipe struct{ net.Conn }

func (p pipe) Reset() error { return p.Close() }

// SetReadDeadline lets what was sent before the other side closed be read, as on a network.
func (p pipe) SetReadDeadline(t time.Time) error {
	if err := p.Conn.SetReadDeadline(t); !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil
}

// open opens a stream to a peer, dialing it when needed, and says our hello; hear must follow.
func (h *Host) open(ctx context.Context, id protocol.PeerID, proto string) (*frames, error) {
	net, run, err := h.running()
	if err != nil {
		return nil, err
	}
	if id == h.id {
		return h.loop(id, proto)
	}
	if h.gate.classes(id)&Partner == 0 {
		return nil, errNotAdmitted
	}
	p, err := peer.Decode(string(id))
	if err != nil {
		return nil, fmt.Errorf("read peer id: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	if err := h.connect(ctx, net, p, id); err != nil {
		return nil, err
	}
	return h.openOn(ctx, net, p, proto)
}

// connect dials a partner unless it is connected. One at a time for each peer: a dial puts its addresses away and back,
// and a second one at that moment would find none.
func (h *Host) connect(ctx context.Context, net host.Host, p peer.ID, id protocol.PeerID) error {
	if net.Network().Connectedness(p) == network.Connected {
		return nil
	}
	turn := h.turn(id)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return unreached(ctx.Err())
	}
	defer func() { <-turn }()
	if net.Network().Connectedness(p) == network.Connected {
		return nil
	}
	e, _ := h.gate.get(id)
	return dial(ctx, net, p, e.addresses)
}

// turn is whose element belongs to who dials the peer.
func (h *Host) turn(id protocol.PeerID) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dials[id] == nil {
		h.dials[id] = make(chan struct{}, 1)
	}
	return h.dials[id]
}

// openOn opens a stream on a living connection.
func (h *Host) openOn(ctx context.Context, net host.Host, p peer.ID, proto string) (*frames, error) {
	s, err := net.NewStream(network.WithNoDial(ctx, "the connection is our own affair"), p, lp.ID(proto))
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	f := newFrames(s, protocol.PeerID(p.String()), proto)
	if err := f.send(protocol.FrameHello, h.hello(proto)); err != nil {
		_ = f.Reset()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	return f, nil
}

// loop opens a stream to this node itself, served by the same handlers as the peer "as".
func (h *Host) loop(as protocol.PeerID, proto string) (*frames, error) {
	ours, theirs := net.Pipe()
	h.accept(pipe{theirs}, as, proto)
	f := newFrames(pipe{ours}, h.id, proto)
	if err := f.send(protocol.FrameHello, h.hello(proto)); err != nil {
		_ = f.Reset()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	return f, nil
}

// dial connects to a peer at the addresses given, and only there. That it returns nil proves nothing: the other side's
// gate may have refused us (pitfall 2).
func dial(ctx context.Context, net host.Host, p peer.ID, addresses []string) error {
	info := peer.AddrInfo{ID: p}
	for _, s := range addresses {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			continue // of a later version; the others may do
		}
		if at, id := peer.SplitAddr(a); id == "" || id == p {
			info.Addrs = append(info.Addrs, at)
		}
	}
	if len(info.Addrs) == 0 {
		return errNoAddress
	}
	net.Peerstore().ClearAddrs(p) // what the peer once said of itself is not where our people told us to dial
	if s, ok := net.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(p) // who calls has waited already, and libp2p's waiting would hide that the peer is back (pitfall 6)
	}
	if err := net.Connect(ctx, info); err != nil {
		return fmt.Errorf("dial peer: %w", unreached(err))
	}
	return nil
}

// errUnreached keeps libp2p's account of a failed dial, with its addresses, out of errors that are shown and logged.
var errUnreached = errors.New("no address of the peer answered")

func unreached(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w in time", errUnreached)
	}
	return errUnreached
}

// accept serves a stream in its own goroutine, which Run waits for.
func (h *Host) accept(s stream, from protocol.PeerID, proto string) {
	h.mu.Lock()
	if h.net == nil {
		h.mu.Unlock()
		_ = s.Reset()
		return
	}
	ctx := h.ctx
	h.streams.Add(1)
	h.mu.Unlock()
	go func() {
		defer h.streams.Done()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
		f := newFrames(s, from, proto)
		if err := h.serve(ctx, f); err != nil {
			h.log.Debug("a stream was reset", "protocol", proto, "error", err.Error())
			_ = s.Reset()
			return
		}
		_ = s.SetDeadline(time.Now().Add(writeTimeout))
		_ = s.Close()
	}()
}

// may asks the gate, for each frame (pitfall 3). Our own organizations reach each other always.
func (h *Host) may(f *frames) bool {
	return f.peer == h.id && serves(f.proto) == Partner || h.gate.classes(f.peer)&serves(f.proto) != 0
}

// serve answers a stream until it ends; an error resets it.
func (h *Host) serve(ctx context.Context, f *frames) error {
	if !h.may(f) {
		return errNotAdmitted
	}
	if _, err := f.hear(); err != nil {
		return err
	}
	if !h.may(f) {
		return errNotAdmitted
	}
	if err := f.send(protocol.FrameHello, h.hello(f.proto)); err != nil {
		return err
	}
	switch f.proto {
	case protocol.ProtoPeer:
		return h.servePeer(ctx, f)
	case protocol.ProtoDeliver:
		return h.serveDeliver(ctx, f)
	case protocol.ProtoPair:
		return h.servePairing(ctx, f)
	case protocol.ProtoDoor:
		return h.serveDoor(ctx, f)
	}
	return errors.New("no such protocol")
}
