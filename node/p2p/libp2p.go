package p2p

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	lpcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/gologshim"
	basic "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	tls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/x/rate"
	ma "github.com/multiformats/go-multiaddr"
	quicgo "github.com/quic-go/quic-go"

	"referworks/protocol"
)

// Our own limits (pitfall 5): libp2p's let in eight connections and one every five seconds from an address, behind which
// a whole county may sit. What is not limited here is limited by the gate, since strangers get no further than that.
const (
	mostConnections    = 4096
	mostHandshakes     = 2048 // connections whose peer is not known yet: more than one address, or one site, may have
	mostPerAddress     = 512  // of IPv4, or of an IPv6 /56
	mostPerSite        = 1024 // an IPv6 /48
	newPerSecond       = 50
	newBurst           = 512
	mostStreamsOfAPeer = 256
	mostDeliverStreams = 4  // of a peer: each has window envelopes in hand, so 256 of a peer
	mostPeerStreams    = 64 // of a peer: each reads one frame of at most protocol.MaxState
	mostVisitStreams   = 8  // of a pairing peer or a door
	mostMemory         = 1 << 30
)

// newLibp2p makes a host that does nothing unasked: it listens nowhere yet, and has no relay, no discovery, no ping, no
// address probing, no connection trimming and no metrics. It is put together here and not by libp2p.New, which brings
// WebRTC, WebTransport and relays into every program, used or not.
func newLibp2p(seed []byte, g connmgr.ConnectionGater, announce []string) (host.Host, error) {
	key, err := lpcrypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return nil, err
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return nil, err
	}
	limits, err := newLimits()
	if err != nil {
		return nil, err
	}
	// libp2p writes to the standard error by itself, also of a clean end. What matters of it comes to us as an error.
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	peers, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(peers.AddPrivKey(id, key), peers.AddPubKey(id, key.GetPublic())); err != nil {
		return nil, err
	}
	bus := eventbus.NewBus()
	sw, err := swarm.NewSwarm(id, peers, bus,
		swarm.WithConnectionGater(g),
		swarm.WithResourceManager(limits),
		swarm.WithUDPBlackHoleSuccessCounter(nil), // an allowlist dials few peers: each failure is that peer's own
		swarm.WithIPv6BlackHoleSuccessCounter(nil),
		swarm.WithDialTimeout(dialTimeout),
	)
	if err != nil {
		return nil, err
	}
	sockets, err := addTransports(sw, key, g)
	if err != nil {
		return nil, err
	}
	options := &basic.HostOpts{EventBus: bus, ConnManager: connmgr.NullConnMgr{}, UserAgent: "referworks"}
	if len(announce) > 0 {
		var all []ma.Multiaddr
		for _, s := range announce {
			a, err := ma.NewMultiaddr(s)
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		options.AddrsFactory = func([]ma.Multiaddr) []ma.Multiaddr { return slices.Clone(all) }
	}
	h, err := basic.NewHost(sw, options)
	if err != nil {
		return nil, err
	}
	h.Start()
	return &closingHost{h, sockets}, nil
}

// closingHost closes the sockets of QUIC, which a host leaves open because several may share them.
type closingHost struct {
	*basic.BasicHost
	sockets io.Closer
}

func (h *closingHost) Close() error {
	return errors.Join(h.BasicHost.Close(), h.sockets.Close())
}

// addTransports adds TCP with TLS and yamux, and QUIC.
func addTransports(to *swarm.Swarm, key lpcrypto.PrivKey, g connmgr.ConnectionGater) (io.Closer, error) {
	limits := to.ResourceManager()
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: yamux.DefaultTransport}}
	secure, err := tls.New(tls.ID, key, muxers)
	if err != nil {
		return nil, err
	}
	up, err := upgrader.New([]sec.SecureTransport{secure}, muxers, nil, limits, g)
	if err != nil {
		return nil, err
	}
	overTCP, err := tcp.NewTCPTransport(up, limits, nil)
	if err != nil {
		return nil, err
	}
	sockets, err := newSockets(key, limits)
	if err != nil {
		return nil, err
	}
	overQUIC, err := quic.NewTransport(key, sockets, nil, g, limits)
	if err != nil {
		return nil, err
	}
	return sockets, errors.Join(to.AddTransport(overTCP), to.AddTransport(overQUIC))
}

// newSockets gives what QUIC listens and dials with. The limits decide on each connection before its handshake.
func newSockets(key lpcrypto.PrivKey, limits network.ResourceManager) (*quicreuse.ConnManager, error) {
	secret, err := key.Raw()
	if err != nil {
		return nil, err
	}
	reset, err := hkdf.Key(sha256.New, secret, nil, "libp2p quic stateless reset key", len(quicgo.StatelessResetKey{}))
	if err != nil {
		return nil, err
	}
	token, err := hkdf.Key(sha256.New, secret, nil, "libp2p quic token generator key", len(quicgo.TokenGeneratorKey{}))
	if err != nil {
		return nil, err
	}
	return quicreuse.NewConnManager(quicgo.StatelessResetKey(reset), quicgo.TokenGeneratorKey(token),
		quicreuse.ConnContext(func(ctx context.Context, client *quicgo.ClientInfo) (context.Context, error) {
			from, err := quicreuse.ToQuicMultiaddr(client.RemoteAddr, quicgo.Version1)
			if err != nil {
				from = nil // the limits decide without it
			}
			scope, err := limits.OpenConnection(network.DirInbound, false, from)
			if err != nil {
				return ctx, err
			}
			ctx = network.WithConnManagementScope(ctx, scope)
			context.AfterFunc(ctx, scope.Done)
			return ctx, nil
		}),
		quicreuse.VerifySourceAddress(limits.VerifySourceAddress))
}

func newLimits() (network.ResourceManager, error) {
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: mostConnections, ConnsInbound: mostConnections, ConnsOutbound: mostConnections, Memory: mostMemory,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: 2 * mostHandshakes, ConnsInbound: mostHandshakes, ConnsOutbound: 2 * mostHandshakes, Memory: mostMemory / 4,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Streams: mostStreamsOfAPeer, StreamsInbound: mostStreamsOfAPeer, StreamsOutbound: mostStreamsOfAPeer,
			Conns: 16, ConnsInbound: 16, ConnsOutbound: 16,
		},
		ProtocolPeer: map[lp.ID]rcmgr.ResourceLimits{
			protocol.ProtoDeliver: {StreamsInbound: mostDeliverStreams},
			protocol.ProtoPeer:    {StreamsInbound: mostPeerStreams},
			protocol.ProtoPair:    {StreamsInbound: mostVisitStreams},
			protocol.ProtoDoor:    {StreamsInbound: mostVisitStreams},
		},
	}.Build(rcmgr.InfiniteLimits)
	v4 := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: mostPerAddress}}
	v6 := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: mostPerAddress}, {PrefixLength: 48, ConnCount: mostPerSite}}
	pace := rate.Limit{RPS: newPerSecond, Burst: newBurst}
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(v4, v6),
		rcmgr.WithConnRateLimiters(&rate.Limiter{
			NetworkPrefixLimits: []rate.PrefixLimit{
				{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")},
			},
			SubnetRateLimiter: rate.SubnetLimiter{
				IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: pace}},
				IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: pace}, {PrefixLength: 48, Limit: pace}},
				GracePeriod:      time.Minute,
			},
		}))
}
