package p2p

import (
	"crypto/ed25519"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	lpcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/gologshim"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	tls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/x/rate"
	ma "github.com/multiformats/go-multiaddr"

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
// address probing, no connection trimming and no metrics.
func newLibp2p(seed []byte, g connmgr.ConnectionGater, announce []string) (host.Host, error) {
	key, err := lpcrypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return nil, err
	}
	limits, err := newLimits()
	if err != nil {
		return nil, err
	}
	// libp2p writes to the standard error by itself, also of a clean end. What matters of it comes to us as an error.
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.NoListenAddrs,
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(quic.NewTransport),
		libp2p.Security(tls.ID, tls.New),
		libp2p.ConnectionGater(g),
		libp2p.ResourceManager(limits),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.UDPBlackHoleSuccessCounter(nil), // an allowlist dials few peers: each failure is that peer's own
		libp2p.IPv6BlackHoleSuccessCounter(nil),
		libp2p.Ping(false),
		libp2p.UserAgent("referworks"),
		libp2p.WithDialTimeout(dialTimeout),
	}
	if len(announce) > 0 {
		var all []ma.Multiaddr
		for _, s := range announce {
			a, err := ma.NewMultiaddr(s)
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		options = append(options, libp2p.AddrsFactory(func([]ma.Multiaddr) []ma.Multiaddr { return slices.Clone(all) }))
	}
	return libp2p.New(options...)
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
