package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/bridges"
	"referworks/crypto"
	"referworks/node/account"
	"referworks/node/exchange"
	"referworks/node/p2p"
	"referworks/node/store"
	"referworks/protocol"
)

// Config says where a node keeps its data and where it listens. The zero value is a node in memory on the default ports.
type Config struct {
	// Dir is the data folder; empty keeps everything in memory.
	Dir string
	// Listen are multiaddresses; default: port 7401 on every interface, TCP and QUIC. Port 0 takes a free one.
	Listen []string
	// Announce are the multiaddresses that partners dial, when they differ from where the node listens.
	Announce []string
	// Keys seals the key file; the zero value leaves it to the file's mode, for trying out.
	Keys store.KeySealing
	// Community names an opt-in topic in which nodes pass on public cards as hints; empty: off. Only organizations that
	// say so (Organization.Announce) are in it, and nothing needs it.
	Community string
	// Kinds are the media that connections may use, by kind.
	Kinds map[string]bridges.Kind
	// AllowPrivate lets connections dial private and loopback addresses.
	AllowPrivate bool
	// Scan looks through each file that comes in from a partner; nil: nobody does.
	Scan exchange.Scanner
	// Hosting marks recovery kits as made on a machine that somebody else runs. The second and later organizations of a
	// node are marked anyway.
	Hosting bool
	// URL is how people open the node's page, for example https://referrals.example.org; empty: nobody signs in with a
	// passkey, and cookies go over plain connections. Demo is account.Config's.
	URL  string
	Demo bool
	// Ballast is store.Config's.
	Ballast int64
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: none
}

// defaultListen is where a node listens when nothing is said.
var defaultListen = []string{"/ip4/0.0.0.0/tcp/7401", "/ip4/0.0.0.0/udp/7401/quic-v1"}

// Node is an open node.
type Node struct {
	cfg      Config
	log      *slog.Logger
	now      func() time.Time
	started  time.Time
	store    *store.Store
	accounts *account.Book
	host     *p2p.Host
	peer     protocol.PeerID

	touch   touch
	changed pending // pairs whose desk is to be told of a change

	address string // below which connections are reached from outside; see ReachedAt

	compared compared // which pairs' threads were compared since the start
	added    chan struct{}
	stale    chan struct{} // what a card says may have changed

	mu    sync.Mutex // guards what follows
	orgs  map[protocol.OrgID]*Organization
	ids   []protocol.OrgID // in the order of creation
	fresh []*Organization  // whose desks Run has not started yet

	gate   gate
	doors  *doors
	clocks clocks
	known  known // cards heard by gossip

	off guards // tests turn guards off to see their attacks succeed

	practicing sync.Mutex // held while the practice partner is made

	closeOnce sync.Once
	closeErr  error
}

// guards are those that a test may turn off.
type guards struct {
	gate    bool        // peers stay in the gate
	anyPeer bool        // a pair's frames may come from any admitted peer
	pulling atomic.Bool // nothing is taken back from partners; set while the node runs
}

// Open opens the store and loads the organizations; it listens nowhere and starts nothing but the store's writer.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if len(cfg.Listen) == 0 {
		cfg.Listen = slices.Clone(defaultListen)
	}
	n := &Node{
		address: strings.TrimSuffix(cfg.URL, "/"),
		cfg:     cfg, log: cfg.Log, now: cfg.Now, started: cfg.Now(),
		added: make(chan struct{}, 1), stale: make(chan struct{}, 1), orgs: map[protocol.OrgID]*Organization{},
		touch: newTouch(), changed: newPending(), gate: newGate(), doors: newDoors(), clocks: clocks{apart: map[protocol.PeerID]time.Duration{}}, known: newKnown(),
	}
	var err error
	n.store, err = store.Open(ctx, store.Config{Dir: cfg.Dir, Keys: cfg.Keys, Log: cfg.Log, Now: cfg.Now, Ballast: cfg.Ballast})
	if err != nil {
		return nil, fmt.Errorf("open node: %w", err)
	}
	if err := n.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open node: %w", err), n.store.Close())
	}
	return n, nil
}

const secretPeer = "peer"

// Accounts are the people who sign in.
func (n *Node) Accounts() *account.Book { return n.accounts }

// ReachedAt says below which address the connections of this node are reached from outside, for example
// https://referrals.example.org; without it they have none. Call it before Run.
func (n *Node) ReachedAt(url string) { n.address = strings.TrimSuffix(url, "/") }

// roomOf gives the store of an organization that people have.
func (n *Node) roomOf(id protocol.OrgID) (*store.Org, bool) {
	o, ok := n.Org(id)
	if !ok || o.Practice() {
		return nil, false
	}
	return o.rows, true
}

func (n *Node) open() error {
	seed, err := n.store.Keys().Get(secretPeer)
	if errors.Is(err, store.ErrNotFound) {
		seed = crypto.NewSigningKey().Seed()
		err = n.store.Keys().Set(secretPeer, seed, time.Time{})
	}
	if err != nil {
		return err
	}
	key, err := crypto.SigningKeyFromSeed(seed)
	if err != nil {
		return err
	}
	n.peer = key.Peer()
	n.accounts, err = account.Open(account.Config{Node: n.store.Node(), Org: n.roomOf, URL: n.cfg.URL, Demo: n.cfg.Demo, Now: n.now, Log: n.log})
	if err != nil {
		return err
	}
	var gossip *p2p.GossipConfig
	if n.cfg.Community != "" {
		gossip = &p2p.GossipConfig{Community: n.cfg.Community, Own: n.announcements}
	}
	n.host, err = p2p.New(p2p.Config{
		Key: seed, Listen: n.cfg.Listen, Announce: n.cfg.Announce, Handler: (*handler)(n), Log: n.log, Now: n.now, Gossip: gossip,
	})
	if err != nil {
		return err
	}
	for _, id := range n.store.Orgs() {
		rows, err := n.store.Org(id)
		if err != nil {
			return err
		}
		o, err := n.loadOrganization(rows)
		if errors.Is(err, errUnfinished) || errors.Is(err, errNotNamed) {
			n.log.Warn("an organization was left out", "org", string(id), "error", err.Error())
			continue
		}
		if err != nil {
			return fmt.Errorf("open organization %s: %w", id.Short(), err)
		}
		if err := n.take(o); err != nil {
			return err
		}
	}
	slices.SortFunc(n.ids, func(a, b protocol.OrgID) int { return int(n.orgs[a].about.Created - n.orgs[b].about.Created) })
	return nil
}

// take makes an organization one of the node's.
func (n *Node) take(o *Organization) error {
	n.mu.Lock()
	if _, ok := n.orgs[o.id]; ok {
		n.mu.Unlock()
		return store.ErrExists
	}
	n.orgs[o.id] = o
	n.ids = append(n.ids, o.id)
	n.fresh = append(n.fresh, o)
	n.mu.Unlock()
	signal(n.added)
	n.refreshGate()
	for _, p := range o.book.List() {
		n.touch.soon(pairID{o.id, p.ID()}, n.now())
	}
	n.touchRecalled(o)
	return n.serveInvitations(o)
}

// Run listens and works until ctx ends, or the store dies: then the process must end. It leaves no goroutine behind.
func (n *Node) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	n.log.Info("the node was started", "peer", string(n.peer), "organizations", len(n.all()))
	g.Go(func() error { return n.store.Run(ctx) })
	g.Go(func() error { return n.host.Run(ctx) })
	g.Go(func() error { return n.keepInTouch(ctx) })
	g.Go(func() error { return n.tellDesks(ctx) })
	g.Go(func() error { return n.upkeep(ctx) })
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-n.added:
			}
			n.mu.Lock()
			fresh := n.fresh
			n.fresh = nil
			n.mu.Unlock()
			for _, o := range fresh {
				g.Go(func() error { return o.desk.Run(ctx) })
				g.Go(func() error { return o.connections.Run(ctx) })
				g.Go(func() error { return o.play(ctx) })
			}
		}
	})
	err := g.Wait()
	if cause := n.store.Err(); cause != nil {
		return cause
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close closes the store, after Run has returned.
func (n *Node) Close() error {
	n.closeOnce.Do(func() { n.closeErr = n.store.Close() })
	return n.closeErr
}

// upkeep renews keys and cards: at once when the addresses are known or what a card says has changed, and every minute.
func (n *Node) upkeep(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for listening := n.host.Listening(); ; {
		for _, o := range n.all() {
			issued, err := o.freshen(ctx)
			if err != nil && ctx.Err() == nil {
				n.log.Error("a card was not renewed", "org", string(o.id), "error", err.Error())
			}
			if issued {
				n.push(o)
			}
			if err := o.book.Sweep(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("old invitations were not swept", "org", string(o.id), "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-listening:
			listening = nil
		case <-tick.C:
		case <-n.stale:
		}
	}
}

// freshenSoon has upkeep look at the cards now.
func (n *Node) freshenSoon() {
	select {
	case n.stale <- struct{}{}:
	default: // it will look anyway
	}
}

// Org gives an organization of this node.
func (n *Node) Org(id protocol.OrgID) (*Organization, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	o, ok := n.orgs[id]
	return o, ok
}

func (n *Node) all() []*Organization {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := make([]*Organization, len(n.ids))
	for i, id := range n.ids {
		all[i] = n.orgs[id]
	}
	return all
}

// Peer is the node's libp2p peer id.
func (n *Node) Peer() protocol.PeerID { return n.peer }

// Addresses are the multiaddresses that partners dial; none before Run listens, unless they are configured.
func (n *Node) Addresses() []string { return n.host.Addresses() }

// Listening tells whether the node can be reached: Run has opened its addresses.
func (n *Node) Listening() bool {
	select {
	case <-n.host.Listening():
		return true
	default:
		return false
	}
}

// Health says how the store is.
func (n *Node) Health() store.Health { return n.store.Health() }
