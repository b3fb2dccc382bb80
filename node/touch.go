package node

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/node/partner"
	"referworks/protocol"
)

// How often a pair's hello is said. A change, a contact or a person asks for it at once.
const (
	helloEvery   = 10 * time.Minute
	helloSoonest = 200 * time.Millisecond // after a failure, doubled each time, with full jitter
	helloLatest  = 2 * time.Minute
	pressEvery   = 10 * time.Second // until the other side's person has pressed too
	hellosAtOnce = 16
	helloTimeout = 15 * time.Second
	mostRounds   = 6 // of hello and state in one contact
)

// pairID names a pair of one of our organizations and a partner.
type pairID struct{ org, partner protocol.OrgID }

// touch is when each pair is to say its next hello.
type touch struct {
	mu    *sync.Mutex // guards tasks
	tasks map[pairID]*task
	wake  chan struct{}
}

type task struct {
	at      time.Time
	fails   int
	running bool
	again   bool // asked for while it was running
}

func newTouch() touch {
	return touch{mu: new(sync.Mutex), tasks: map[pairID]*task{}, wake: make(chan struct{}, 1)}
}

// soon asks for a hello at once, past all waiting.
func (t *touch) soon(id pairID, now time.Time) {
	t.mu.Lock()
	k := t.tasks[id]
	if k == nil {
		k = &task{}
		t.tasks[id] = k
	}
	k.at, k.fails, k.again = now, 0, k.running
	t.mu.Unlock()
	signal(t.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// next takes a pair that is due, or says how long there is none.
func (t *touch) next(now time.Time) (id pairID, wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait = time.Hour
	for i, k := range t.tasks {
		if k.running {
			continue
		}
		if w := k.at.Sub(now); w <= 0 {
			k.running, k.again = true, false
			return i, 0, true
		} else if w < wait {
			wait = w
		}
	}
	return id, wait, false
}

// done says when a pair is due again: at once when it was asked for meanwhile; never when there is none any more.
func (t *touch) done(id pairID, now time.Time, after time.Duration, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.tasks[id]
	k.running = false
	switch {
	case after < 0:
		delete(t.tasks, id)
	case k.again:
		k.at = now
	case failed:
		k.fails++
		ceiling := min(helloLatest, helloSoonest<<min(k.fails, 12))
		k.at = now.Add(min(after, helloSoonest/2+rand.N(ceiling)))
	default:
		k.at, k.fails = now.Add(after), 0
	}
	signal(t.wake)
}

// keepInTouch says the hellos that are due, until ctx ends.
func (n *Node) keepInTouch(ctx context.Context) error {
	var g errgroup.Group
	defer func() { _ = g.Wait() }()
	g.SetLimit(hellosAtOnce)
	for ctx.Err() == nil {
		id, wait, ok := n.touch.next(n.now())
		if ok {
			g.Go(func() error {
				after, failed := n.helloOf(ctx, id)
				n.touch.done(id, n.now(), after, failed)
				return nil
			})
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-n.touch.wake:
		}
		timer.Stop()
	}
	return nil
}

// helloOf says one pair's hello and says when the next is due at the latest; negative: never.
func (n *Node) helloOf(ctx context.Context, id pairID) (after time.Duration, failed bool) {
	o, ok := n.Org(id.org)
	if !ok {
		return -1, false
	}
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	p, ok := o.book.Current(id.partner)
	if !ok {
		if recalled, err := n.callRecalled(ctx, o, id.partner); recalled {
			return helloLatest, err != nil
		}
	}
	if !ok || !p.Related() {
		return -1, false
	}
	err := n.hello(ctx, o, p)
	if err != nil && n.mayCall(o, p) && n.callDoor(ctx, o, p) == nil {
		err = n.hello(ctx, o, p)
	}
	if err == nil {
		return helloEvery - rand.N(helloEvery/5), false
	}
	n.log.Debug("a partner was not reached", "org", string(id.org), "partner", string(id.partner), "error", err.Error())
	if !p.Answered() && n.now().Before(p.Lapses()) {
		n.host.TryNow(p.Peer())
		return pressEvery, true
	}
	return helloLatest, true
}

var (
	errNoPeer = errors.New("its charter names no node")
	errAway   = errors.New("its node is not reached at present")
)

// hello says a pair's hello to each of the partner's nodes until one answers, and brings both sides to one state.
func (n *Node) hello(ctx context.Context, o *Organization, p *partner.Pair) error {
	peers := append([]protocol.PeerID{p.Peer()}, p.Peers()...)
	err := errNoPeer
	for i, peer := range peers {
		if peer == "" || i > 0 && peer == peers[0] {
			continue
		}
		if err = n.helloTo(ctx, o, p.ID(), peer); err == nil {
			return nil
		}
	}
	return err
}

// helloTo speaks only to a node that is reached: the host dials the others with its own patience, and Connected tells when
// one answers. So partners that are away keep nobody else's hello waiting.
func (n *Node) helloTo(ctx context.Context, o *Organization, id protocol.OrgID, peer protocol.PeerID) error {
	if !n.host.Reachable(peer) {
		return errAway
	}
	for round := range mostRounds {
		ours, ok := o.book.Hello(id)
		if !ok {
			return partner.ErrNone
		}
		ours.Threads = o.threads(id)
		theirs, err := n.host.PairHello(ctx, peer, ours)
		if err != nil {
			return err
		}
		if theirs.From != id || theirs.To != o.id {
			return errors.New("the answer is of another pair")
		}
		o.book.Heard(theirs)
		state, some := o.book.Missing(id)
		if !some && !o.book.Lacks(theirs) {
			break
		}
		if !some {
			state = protocol.PairState{V: protocol.Version, From: o.id, To: id}
		}
		answer, err := n.host.PairState(ctx, peer, state)
		if err != nil {
			return err
		}
		if answer.From != id || answer.To != o.id {
			return errors.New("the answer is of another pair")
		}
		changed, err := o.book.Merge(ctx, answer)
		if err != nil {
			return err
		}
		if !changed && round > 0 { // what is left over does not verify at one of the sides
			break
		}
	}
	if heard, ok := o.book.LastHello(id); ok {
		if err := n.reconcile(ctx, o, id, peer, heard.Threads); err != nil {
			return err
		}
	}
	n.contact(o, id)
	n.compareClock(ctx, peer)
	return nil
}

// contact says that a pair had its hello: back-off is over, and what waited for it goes on.
func (n *Node) contact(o *Organization, id protocol.OrgID) {
	o.book.SawHello(id)
	o.desk.Contact(id)
}

// push tells all partners of an organization of a change, soon.
func (n *Node) push(o *Organization) {
	for _, p := range o.book.List() {
		if p.Related() {
			n.touch.soon(pairID{o.id, p.ID()}, n.now())
		}
	}
}

// partnerChanged follows each commit of a book. The gate is right before the one who changed it is answered.
func (n *Node) partnerChanged(o *Organization, id protocol.OrgID) {
	n.refreshGate()
	n.changed.add(pairID{o.id, id})
	n.touch.soon(pairID{o.id, id}, n.now())
}

// pending is a set of pairs that something is to be done for.
type pending struct {
	mu   *sync.Mutex // guards set
	set  map[pairID]bool
	wake chan struct{}
}

func newPending() pending {
	return pending{new(sync.Mutex), map[pairID]bool{}, make(chan struct{}, 1)}
}

func (p *pending) add(id pairID) {
	p.mu.Lock()
	p.set[id] = true
	p.mu.Unlock()
	signal(p.wake)
}

func (p *pending) take() []pairID {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]pairID, 0, len(p.set))
	for id := range p.set {
		all = append(all, id)
	}
	clear(p.set)
	return all
}

// tellDesks lets desks look again at what waits for a pair that changed, and keeps house files.
func (n *Node) tellDesks(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.changed.wake:
		}
		touched := map[*Organization]bool{}
		for _, id := range n.changed.take() {
			if o, ok := n.Org(id.org); ok {
				o.desk.PartnerChanged(id.partner)
				touched[o] = true
			}
		}
		for o := range touched {
			n.writeHouse(o)
		}
	}
}
