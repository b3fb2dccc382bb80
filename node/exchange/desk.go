// Package exchange is one organization's sending and receiving: the Desk.
//
// Send and Receive mirror each other (send.go, receive.go). Between them lie the outbox (outbox.go), which seals and
// delivers at each attempt until it holds a receipt, and the inbox (inbox.go), which hands what arrived to the
// organization's own medium and sends the later receipts. Two promises: nil from Send means on our disk; a receipt
// means on theirs.
package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Network delivers a sealed envelope to a peer and gives its answer. It is safe for concurrent use; an error means
// that nothing is known about what the peer did.
type Network interface {
	Deliver(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error)
}

// Self is the organization as it speaks now.
type Self interface {
	OrgID() protocol.OrgID
	Name() string
	Signer() *crypto.SigningKey
	Chain() *crypto.Chain
	Decryption(kid protocol.Hash) *crypto.DecryptionKey // nil: no such key any more
	Card() string                                       // newest token
}

// Config is what a Desk works with.
type Config struct {
	Org     *store.Org
	Self    Self
	Book    *partner.Book
	Network Network
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: none
	// InFlight is how many messages are under way to one partner at a time; default 64.
	InFlight int
	// Lifetime is how long a message is tried before it is undeliverable; default 30 days, at most 90.
	Lifetime time.Duration
}

// Desk is one organization's sending and receiving. Its methods may be called at the same time.
type Desk struct {
	Config
	sealer   crypto.Sealer
	verifier crypto.ReceiptVerifier
	signing  signing

	outbox chan struct{} // something may be due for the network
	inbox  chan struct{} // something may be due for a sink

	mu      sync.Mutex
	working map[string]bool  // queues with a worker
	tries   map[string]tries // by lane: attempts that failed since start
}

// tries is what is known of a lane's failed attempts; it is not stored, a restart begins anew.
type tries struct {
	n        int
	sentence string
	next     time.Time
}

// New makes a desk; it starts nothing.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = 64
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 30 * 24 * time.Hour
	}
	return &Desk{Config: cfg, outbox: make(chan struct{}, 1), inbox: make(chan struct{}, 1), working: map[string]bool{}, tries: map[string]tries{}}
}

// ErrNone means that there is no such referral here.
var ErrNone = errors.New("there is no such referral here")

// ErrKeyReused means that an Idempotency-Key came with another document than before.
var ErrKeyReused = errors.New("this idempotency key was used with another document")

// lookEvery is how often due lanes are looked for without a signal: retries need no better.
const lookEvery = 250 * time.Millisecond

// Run works the outbox until ctx ends and leaves no goroutine behind.
func (d *Desk) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	group.Go(func() error {
		for {
			for _, q := range d.Org.Queues(d.Now()) {
				if to, ok := partnerOf(q); ok && d.begin(q) {
					group.Go(func() error { defer d.end(q); d.drain(ctx, q, to); return nil })
				}
			}
			select {
			case <-d.outbox:
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	})
	return group.Wait()
}

func (d *Desk) begin(queue string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.working[queue] {
		return false
	}
	d.working[queue] = true
	return true
}

func (d *Desk) end(queue string) {
	d.mu.Lock()
	delete(d.working, queue)
	d.mu.Unlock()
	signal(d.outbox) // what became due while the worker was ending
}

// signal wakes a waiter; one signal that nobody took yet is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Contact says that the partner's node answered: everything that waits for it is due now.
func (d *Desk) Contact(id protocol.OrgID) {
	d.mu.Lock()
	for lane := range d.tries {
		delete(d.tries, lane)
	}
	d.mu.Unlock()
	d.Org.Wake(netQueue(id))
	signal(d.outbox)
}

// PartnerChanged says that a standing, a charter or a card of the pair changed: what was parked is looked at again.
func (d *Desk) PartnerChanged(id protocol.OrgID) { d.Contact(id) }
