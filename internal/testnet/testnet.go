// Package testnet is several nodes in one process, on loopback, for tests: they pair through real invitations and
// words, links between them can be cut, they can be stopped and started again, and there is a stranger with a peer id of
// its own.
package testnet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/internal/lab"
	"referworks/node"
	"referworks/node/partner"
	"referworks/protocol"
)

// Patience is how long Eventually waits.
const Patience = 30 * time.Second

// Net is the nodes of one test. What a test starts is stopped when it ends.
type Net struct {
	t     testing.TB
	links *links
	mu    sync.Mutex // guards nodes
	nodes map[string]*Node
}

// Node is a node of the test, running unless it was stopped.
type Node struct {
	*node.Node
	Name string
	// Opened sees the node at each start, before it runs.
	Opened func(*node.Node)

	t    testing.TB
	cfg  node.Config
	orgs []*Org
	stop func() error // nil when it is stopped
}

// Org is an organization of a node. The embedded one is replaced when the node starts again.
type Org struct {
	*node.Organization
	Identity *crypto.Identity
	Node     *Node
}

// New makes a net without nodes.
func New(t testing.TB) *Net {
	return &Net{t: t, links: newLinks(), nodes: map[string]*Node{}}
}

// Config is a node's, for tests that may not import the node.
type Config = node.Config

// OnDisk keeps a node's data in a temporary folder, so that it can be started again.
func OnDisk(t testing.TB) func(*node.Config) {
	return func(c *node.Config) { c.Dir, c.Ballast = t.TempDir(), -1 }
}

// Node gives the node of a name; the first call makes and starts it, in memory unless edit says otherwise.
func (n *Net) Node(name string, edit ...func(*node.Config)) *Node {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if it := n.nodes[name]; it != nil {
		return it
	}
	port, err := lab.FreePort()
	if err != nil {
		n.t.Fatalf("node %s: %v", name, err)
	}
	it := &Node{Name: name, t: n.t, cfg: node.Config{
		Listen:   []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", port)},
		Announce: []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", n.links.front(n.t, name, port))},
	}}
	for _, e := range edit {
		e(&it.cfg)
	}
	n.nodes[name] = it
	it.Start()
	n.t.Cleanup(it.Stop)
	return it
}

// Org gives an organization on a node of the same name: the common case of one on each.
func (n *Net) Org(name string, edit ...func(*node.Config)) *Org {
	n.t.Helper()
	it := n.Node(name, edit...)
	if len(it.orgs) > 0 {
		return it.orgs[0]
	}
	return it.Org(name)
}

// Start starts a node that was stopped; its organizations are found again.
func (n *Node) Start() {
	n.t.Helper()
	if n.stop != nil {
		n.t.Fatalf("node %s is running", n.Name)
	}
	open, err := node.Open(context.Background(), n.cfg)
	if err != nil {
		n.t.Fatalf("open node %s: %v", n.Name, err)
	}
	if n.Opened != nil {
		n.Opened(open)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ran error
	ended := make(chan struct{})
	go func() { ran = open.Run(ctx); close(ended) }()
	n.Node = open
	n.stop = func() error {
		cancel()
		<-ended
		return errors.Join(ran, open.Close())
	}
	for _, o := range n.orgs {
		again, ok := open.Org(o.ID())
		if !ok {
			n.t.Fatalf("node %s lost an organization", n.Name)
		}
		o.Organization = again
	}
	Eventually(n.t, "node "+n.Name+" listens", func() bool {
		select {
		case <-ended:
			n.t.Fatalf("node %s ended before it listened: %v", n.Name, ran)
		default:
		}
		return open.Listening()
	})
}

// Stop stops a node as a clean end of the process does. Stopping twice is no error.
func (n *Node) Stop() {
	n.t.Helper()
	if n.stop == nil {
		return
	}
	stop := n.stop
	n.stop = nil
	if err := stop(); err != nil {
		n.t.Errorf("stop node %s: %v", n.Name, err)
	}
}

// Dir is the node's data folder, "" in memory.
func (n *Node) Dir() string { return n.cfg.Dir }

// Restart stops and starts a node.
func (n *Node) Restart() {
	n.t.Helper()
	n.Stop()
	n.Start()
}

// Org makes one more organization on the node, as its owner does who keeps the root elsewhere: that spares the seals of
// a recovery kit.
func (n *Node) Org(name string) *Org {
	n.t.Helper()
	made, id, err := n.adopt(name)
	if err != nil {
		n.t.Fatalf("create %s: %v", name, err)
	}
	o := &Org{made, id, n}
	n.orgs = append(n.orgs, o)
	return o
}

func (n *Node) adopt(name string) (*node.Organization, *crypto.Identity, error) {
	ctx := context.Background()
	id, err := crypto.NewIdentity(time.Now().UnixMilli())
	if err != nil {
		return nil, nil, err
	}
	d, err := n.Delegate(ctx, id.Org())
	if err != nil {
		return nil, nil, err
	}
	chain, err := crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{d})
	if err != nil {
		return nil, nil, err
	}
	o, err := n.AdoptOrg(ctx, chain.Wire(), name, protocol.CardContact{Phone: "+15550100"}, id.House.Recipient(), id.Door)
	return o, id, err
}

// Kit seals the organization's recovery kit.
func (o *Org) Kit() *node.Kit {
	o.Node.t.Helper()
	root, next := o.Identity.Recoveries(false)
	k := &node.Kit{RootPassphrase: crypto.NewPassphrase(), RecoveryPassphrase: crypto.NewPassphrase()}
	var err, err2 error
	k.RootFile, err = crypto.SealRecovery(root, k.RootPassphrase)
	k.RecoveryFile, err2 = crypto.SealRecovery(next, k.RecoveryPassphrase)
	if err := errors.Join(err, err2); err != nil {
		o.Node.t.Fatalf("seal recovery kit: %v", err)
	}
	return k
}

// Both permits both directions, everything.
var Both = partner.Allow{TheySend: true, WeSend: true}

// Meet runs a pairing as far as the words, through a real invitation, and compares the words as two people would.
func (n *Net) Meet(inviter, invitee *Org) {
	n.t.Helper()
	ctx := context.Background()
	text, _, err := inviter.Invite(ctx, "test")
	if err != nil {
		n.t.Fatalf("invite: %v", err)
	}
	if _, err := invitee.AcceptInvitation(ctx, "test", text); err != nil {
		n.t.Fatalf("accept: %v", err)
	}
	ours, err := inviter.Words(invitee.ID())
	if err != nil {
		n.t.Fatalf("words of the inviter: %v", err)
	}
	theirs, err := invitee.Words(inviter.ID())
	if err != nil {
		n.t.Fatalf("words of the invitee: %v", err)
	}
	if ours != theirs {
		n.t.Fatalf("the words differ: %v and %v", ours, theirs)
	}
}

// Pair makes two organizations partners that permit everything, and waits until both know it.
func (n *Net) Pair(a, b *Org) {
	n.t.Helper()
	n.PairAs(a, Both, b, Both)
	Eventually(n.t, "both permit both directions", func() bool { return Granted(a, b) && Granted(b, a) })
}

// PairAs is Pair with what each side permits; it does not wait.
func (n *Net) PairAs(a *Org, aPermits partner.Allow, b *Org, bPermits partner.Allow) {
	n.t.Helper()
	n.Meet(a, b)
	ctx := context.Background()
	if err := a.Confirm(ctx, "test", b.ID(), aPermits); err != nil {
		n.t.Fatalf("confirm: %v", err)
	}
	if err := b.Confirm(ctx, "test", a.ID(), bPermits); err != nil {
		n.t.Fatalf("confirm: %v", err)
	}
}

// Granted tells whether both ends hold the same live grant for what from sends to to.
func Granted(from, to *Org) bool {
	p, ok := from.Book().Current(to.ID())
	q, ok2 := to.Book().Current(from.ID())
	if !ok || !ok2 {
		return false
	}
	_, h, err := p.GrantOut(time.Now())
	_, g, err2 := q.GrantIn(time.Now())
	return err == nil && err2 == nil && h == g
}

// Eventually waits for something that other goroutines do, and fails the test when it does not happen.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(Patience); !ok(); {
		select {
		case <-deadline:
			t.Fatalf("this did not happen within %s: %s", Patience, what)
		case <-tick.C:
		}
	}
}
