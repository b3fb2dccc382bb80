package p2p

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/crypto"
	"referworks/protocol"
)

// Handler is what a node answers to its partners. Its methods are called concurrently and are given at most a minute. An
// error that is a *protocol.Error crosses the network as its code; any other as protocol.CodeRefused.
type Handler interface {
	PairHello(ctx context.Context, peer protocol.PeerID, in protocol.PairHello) (protocol.PairHello, error)
	PairState(ctx context.Context, peer protocol.PeerID, in protocol.PairState) (protocol.PairState, error)
	// Threads answers a page of the pair's threads.
	Threads(ctx context.Context, peer protocol.PeerID, in protocol.ThreadsAsk) (protocol.Threads, error)
	// Pull gives messages of one thread back, at most MaxPulled.
	Pull(ctx context.Context, peer protocol.PeerID, in protocol.PullAsk) ([]Pulled, error)
	// Chunk gives one chunk of a file that the asker may have, and whether it is the file's last.
	Chunk(ctx context.Context, peer protocol.PeerID, in protocol.ChunksAsk, index int64) (c protocol.Chunk, last bool, err error)
	// Envelope answers a sealed message; its answer is released in the order of the stream.
	Envelope(ctx context.Context, peer protocol.PeerID, sealed []byte) protocol.Answer
	// Connected tells that a peer answered our hello after it could not be reached, or after TryNow. It must not block.
	Connected(peer protocol.PeerID)
	// Announced is a verified announcement of the community topic that is newer than any before it of the same
	// organization. An error keeps it from being passed on.
	Announced(a protocol.Announcement) error
}

// Config is what a Host is made of. Key and Handler are required.
type Config struct {
	// Key is the Ed25519 seed of the node's peer key, 32 bytes.
	Key []byte
	// Listen are the multiaddresses to listen on; port 0 takes a free one. None: the host only dials.
	Listen []string
	// Announce are the multiaddresses that partners dial, when they differ from where the host listens.
	Announce []string
	Handler  Handler
	Log      *slog.Logger     // default: none
	Now      func() time.Time // default: time.Now
	// Gossip turns the opt-in community topic on; nil: off.
	Gossip *GossipConfig
}

var (
	errNotRunning  = errors.New("the network is not running")
	errNotAdmitted = errors.New("the gate does not admit this peer")
	errNoAddress   = errors.New("no address of this peer is known and it has not connected")
)

// Host is the node on the network. All methods may be used concurrently, also before Run: then those that need the network
// return an error.
type Host struct {
	cfg      Config
	id       protocol.PeerID
	log      *slog.Logger
	now      func() time.Time
	instance protocol.Bytes
	announce []string
	listen   []ma.Multiaddr
	gate     *gate
	ready    chan struct{} // closed when listening
	changed  chan struct{} // of one element: the gate has other partners

	mu      sync.Mutex // guards what follows
	net     host.Host  // nil unless running
	ctx     context.Context
	streams sync.WaitGroup // served streams; added to only while net is set
	lines   map[protocol.PeerID]*line
	keepers map[protocol.PeerID]*keeper
	dials   map[protocol.PeerID]chan struct{} // of one element, taken by who dials
}

// New checks the configuration and starts nothing.
func New(cfg Config) (*Host, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Handler == nil {
		return nil, errors.New("open network: no handler is given")
	}
	key, err := crypto.SigningKeyFromSeed(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("open network: %w", err)
	}
	h := &Host{
		cfg: cfg, id: key.Peer(), log: cfg.Log, now: cfg.Now, instance: make([]byte, 16), ready: make(chan struct{}), changed: make(chan struct{}, 1),
		lines: map[protocol.PeerID]*line{}, keepers: map[protocol.PeerID]*keeper{}, dials: map[protocol.PeerID]chan struct{}{},
	}
	rand.Read(h.instance)
	h.gate = newGate(cfg.Now)
	for _, s := range cfg.Listen {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("open network: listen address %q: %w", s, err)
		}
		h.listen = append(h.listen, a)
	}
	for _, s := range cfg.Announce {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("open network: announced address %q: %w", s, err)
		}
		h.announce = append(h.announce, a.String())
	}
	return h, nil
}

// ID is the peer id that the key makes.
func (h *Host) ID() protocol.PeerID { return h.id }

// Listening is closed when the host listens: from then on Addresses is complete.
func (h *Host) Listening() <-chan struct{} { return h.ready }

// Addresses are the multiaddresses that partners may dial, without the peer id: those announced, else those of all local
// interfaces that are listened on, at most protocol.MaxAddresses. None before Run listens, unless announced.
func (h *Host) Addresses() []string {
	if len(h.announce) > 0 {
		return slices.Clone(h.announce)
	}
	net, _, err := h.running()
	if err != nil {
		return nil
	}
	all, err := net.Network().InterfaceListenAddresses()
	if err != nil {
		return nil
	}
	var out, local []string
	for _, a := range all {
		s := a.String()
		if strings.HasPrefix(s, "/ip4/127.") || strings.HasPrefix(s, "/ip6/::1/") {
			local = append(local, s)
			continue
		}
		out = append(out, s)
	}
	out = append(out, local...)
	return out[:min(len(out), protocol.MaxAddresses)]
}

// Run listens and keeps a connection to each partner until ctx ends. It leaves no goroutine behind and may be called once.
func (h *Host) Run(ctx context.Context) (err error) {
	net, err := newLibp2p(h.cfg.Key, h.gate, h.announce)
	if err != nil {
		return fmt.Errorf("start network: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	h.mu.Lock()
	if h.ctx != nil {
		h.mu.Unlock()
		stop()
		return errors.Join(errors.New("start network: it was started before"), net.Close())
	}
	h.net, h.ctx = net, ctx
	h.mu.Unlock()
	var work sync.WaitGroup
	defer func() {
		stop()
		h.mu.Lock()
		h.net = nil // no new stream from here on
		lines := h.lines
		h.lines = map[protocol.PeerID]*line{}
		h.mu.Unlock()
		for _, l := range lines {
			l.close(errNotRunning)
		}
		if e := net.Close(); err == nil && e != nil {
			err = fmt.Errorf("stop network: %w", e)
		}
		h.streams.Wait()
		work.Wait()
	}()
	for _, proto := range []string{protocol.ProtoPeer, protocol.ProtoDeliver, protocol.ProtoPair, protocol.ProtoDoor} {
		net.SetStreamHandler(lp.ID(proto), func(s network.Stream) {
			h.accept(s, protocol.PeerID(s.Conn().RemotePeer().String()), proto)
		})
	}
	net.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(n network.Network, c network.Conn) {
			id := protocol.PeerID(c.RemotePeer().String())
			if h.gate.classes(id) == 0 { // removed while it was connecting
				go func() { _ = c.Close() }()
				return
			}
			if c.Stat().Direction == network.DirInbound {
				h.rouse(id, nil)
			}
		},
		DisconnectedF: func(n network.Network, c network.Conn) {
			if n.Connectedness(c.RemotePeer()) != network.Connected {
				h.lost(protocol.PeerID(c.RemotePeer().String()))
			}
		},
	})
	for _, a := range h.listen {
		if err := net.Network().Listen(a); err != nil {
			return fmt.Errorf("listen on %s: %w", a, err)
		}
	}
	if h.cfg.Gossip != nil {
		g, err := h.startGossip(ctx, net)
		if err != nil {
			return err
		}
		work.Go(func() { g.run(ctx) })
	}
	close(h.ready)
	h.log.Info("the network was started", "peer", string(h.id), "addresses", len(h.Addresses()))
	h.keepAll(ctx, &work)
	return nil
}

// running gives the libp2p host and the context of Run.
func (h *Host) running() (host.Host, context.Context, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.net == nil {
		return nil, nil, errNotRunning
	}
	return h.net, h.ctx, nil
}

// Admit lets a peer in for a class, in addition to those it has, and replaces the addresses at which it is dialed when
// some are given. Partners with addresses are kept connected.
func (h *Host) Admit(id protocol.PeerID, class Class, addresses []string) {
	if id == h.id {
		return
	}
	h.gate.admit(id, class, addresses)
	signal(h.changed)
	h.rouse(id, nil)
}

// Remove takes all classes of a peer away and closes its connections. When it returns, no further frame of the peer is
// served; one that is being handled may still finish, without an answer.
func (h *Host) Remove(id protocol.PeerID) {
	h.gate.remove(id, ^Class(0))
	h.drop(id)
}

// drop ends everything with a peer that has no class any more.
func (h *Host) drop(id protocol.PeerID) {
	h.mu.Lock()
	net, l := h.net, h.lines[id]
	delete(h.lines, id)
	delete(h.dials, id)
	h.mu.Unlock()
	if l != nil {
		l.close(errNotAdmitted)
	}
	signal(h.changed)
	if net == nil {
		return
	}
	if p, err := peer.Decode(string(id)); err == nil {
		_ = net.Network().ClosePeer(p)
		net.Peerstore().RemovePeer(p)
		net.Peerstore().ClearAddrs(p)
	}
}
