package p2p

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	lp "github.com/libp2p/go-libp2p/core/protocol"

	"referworks/crypto"
	"referworks/protocol"
)

// GossipConfig turns on the topic of a community: hints about public signed cards among partners, and never who partners
// with whom. Everything works without it.
type GossipConfig struct {
	// Community names the topic; all nodes of a community use the same.
	Community string
	// Own gives what this node announces now.
	Own func() []protocol.Announcement
	// Interval between repetitions, since a message published right after connecting is lost without an error; default ten
	// minutes.
	Interval time.Duration
	// Verify gives the organization of an announcement and the number of its card, or an error when anything in it is not
	// as signed; default: by its own chain.
	Verify func(protocol.Announcement) (protocol.OrgID, int64, error)
}

const (
	topicPrefix    = "/referworks/community/1/"
	gossipEvery    = 10 * time.Minute
	gossipJoinWait = time.Second // from a peer's joining until it has told its subscriptions on
	mostAnnounced  = 4096        // organizations whose number is remembered
)

type gossip struct {
	host  *Host
	cfg   GossipConfig
	topic *pubsub.Topic
	sub   *pubsub.Subscription
	join  *pubsub.TopicEventHandler

	mu     sync.Mutex // guards newest
	newest map[protocol.OrgID]int64
}

// partnersOnly is the host as gossipsub sees it: it talks to partners only, so that neither a pairing peer nor a door learns
// which community this is.
type partnersOnly struct {
	host.Host
	gate *gate
}

func (p partnersOnly) partner(id peer.ID) bool {
	return p.gate.classes(protocol.PeerID(id.String()))&Partner != 0
}

func (p partnersOnly) guard(serve network.StreamHandler) network.StreamHandler {
	return func(s network.Stream) {
		if !p.partner(s.Conn().RemotePeer()) {
			_ = s.Reset()
			return
		}
		serve(s)
	}
}

func (p partnersOnly) SetStreamHandler(id lp.ID, serve network.StreamHandler) {
	p.Host.SetStreamHandler(id, p.guard(serve))
}

func (p partnersOnly) SetStreamHandlerMatch(id lp.ID, match func(lp.ID) bool, serve network.StreamHandler) {
	p.Host.SetStreamHandlerMatch(id, match, p.guard(serve))
}

func (p partnersOnly) NewStream(ctx context.Context, id peer.ID, protocols ...lp.ID) (network.Stream, error) {
	if !p.partner(id) {
		return nil, errNotAdmitted
	}
	return p.Host.NewStream(ctx, id, protocols...)
}

func verifyAnnouncement(a protocol.Announcement) (protocol.OrgID, int64, error) {
	chain, err := crypto.VerifyChain(a.Chain)
	if err != nil {
		return "", 0, err
	}
	c, err := crypto.VerifyCard(a.Card, chain)
	if err != nil {
		return "", 0, err
	}
	return c.Org, c.N, nil
}

func (h *Host) startGossip(ctx context.Context, net host.Host) (*gossip, error) {
	g := &gossip{host: h, cfg: *h.cfg.Gossip, newest: map[protocol.OrgID]int64{}}
	if g.cfg.Verify == nil {
		g.cfg.Verify = verifyAnnouncement
	}
	if g.cfg.Interval <= 0 {
		g.cfg.Interval = gossipEvery
	}
	name := topicPrefix + g.cfg.Community
	ps, err := pubsub.NewGossipSub(ctx, partnersOnly{net, h.gate},
		pubsub.WithMessageSignaturePolicy(pubsub.StrictSign),
		pubsub.WithMaxMessageSize(protocol.MaxAnnouncement),
		pubsub.WithPeerExchange(false),
		pubsub.WithLogger(slog.New(slog.DiscardHandler)), // like libp2p's
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(pubsub.NewAllowlistSubscriptionFilter(name), 8)),
		pubsub.WithPeerFilter(func(p peer.ID, _ string) bool {
			return h.gate.classes(protocol.PeerID(p.String()))&Partner != 0
		}))
	if err != nil {
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	if err := ps.RegisterTopicValidator(name, g.validate); err != nil {
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	if g.topic, err = ps.Join(name); err != nil {
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	if g.join, err = g.topic.EventHandler(); err != nil {
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	if g.sub, err = g.topic.Subscribe(); err != nil {
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	return g, nil
}

// validate decides what is passed on: what is forged is counted against who sent it; what is old or unwanted just ends here.
func (g *gossip) validate(_ context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
	ours := protocol.PeerID(from.String()) == g.host.id
	if !ours && g.host.gate.classes(protocol.PeerID(from.String()))&Partner == 0 {
		return pubsub.ValidationIgnore
	}
	var a protocol.Announcement
	if len(m.Data) > protocol.MaxAnnouncement || crypto.Unmarshal(m.Data, &a) != nil || a.V != protocol.Version {
		return pubsub.ValidationReject
	}
	org, n, err := g.cfg.Verify(a)
	if err != nil {
		return pubsub.ValidationReject
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	was, known := g.newest[org]
	switch {
	case known && n < was, !known && len(g.newest) >= mostAnnounced:
		return pubsub.ValidationIgnore
	case known && n == was: // a repetition: for those who joined since
		return pubsub.ValidationAccept
	}
	if !ours {
		if err := g.host.cfg.Handler.Announced(a); err != nil {
			return pubsub.ValidationIgnore
		}
	}
	g.newest[org] = n
	return pubsub.ValidationAccept
}

// run announces again and again until ctx ends.
func (g *gossip) run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	joined := make(chan struct{}, 1)
	work.Go(func() { // what was accepted has been told by the validator
		for {
			if _, err := g.sub.Next(ctx); err != nil {
				return
			}
		}
	})
	work.Go(func() {
		for {
			e, err := g.join.NextPeerEvent(ctx)
			if err != nil {
				return
			}
			if e.Type == pubsub.PeerJoin {
				signal(joined)
			}
		}
	})
	tick := time.NewTicker(g.cfg.Interval)
	defer tick.Stop()
	for {
		g.publish(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-joined:
			select {
			case <-ctx.Done():
				return
			case <-time.After(min(gossipJoinWait, g.cfg.Interval)):
			}
		}
	}
}

func (g *gossip) publish(ctx context.Context) {
	if g.cfg.Own == nil {
		return
	}
	for _, a := range g.cfg.Own() {
		b, err := crypto.Marshal(a)
		if err == nil {
			err = g.topic.Publish(ctx, b)
		}
		if err != nil && ctx.Err() == nil {
			g.host.log.Warn("an announcement was not published", "error", err.Error())
		}
	}
}
