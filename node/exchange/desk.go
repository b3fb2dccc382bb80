package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Network delivers a sealed envelope to a peer and gives its answer. It is safe for concurrent use. After an error
// nothing is known about what the peer did, unless it is ErrUnreachable, or the Network also has a method
// Reachable(protocol.PeerID) bool that was false before.
type Network interface {
	Deliver(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error)
	// Chunks asks for chunks of a file and hands each over as it comes, unchecked. A refusal is a *protocol.Error.
	Chunks(ctx context.Context, peer protocol.PeerID, ask protocol.ChunksAsk, take func(protocol.Chunk) error) error
}

// Self is the organization as it speaks now.
type Self interface {
	OrgID() protocol.OrgID
	Name() string
	Signer() *crypto.SigningKey
	Chain() *crypto.Chain
	Decryption(kid protocol.Hash) *crypto.DecryptionKey // nil: no such key any more
	Card() string                                       // newest token
	Rules() Rules
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
	// Lifetime is how long a message is tried before it is undeliverable; default 30 days, at most 90. It ends earlier
	// with the consent.
	Lifetime time.Duration
	// Numbering says whether a later message to a partner may get its number now, nil, or why it waits; a nil function
	// means always. When the answer changes, call PartnerChanged.
	Numbering func(partner protocol.OrgID) *protocol.Error
	// Scan looks through each file that comes in; nil: nobody does.
	Scan Scanner
	// Hosted is what who runs the node lets the organization do now; nil: everything.
	Hosted func() Hosted
	// Practice is set for the practice partner alone.
	Practice *Practice
}

// Desk is one organization's sending and receiving. Its methods may be called at the same time.
type Desk struct {
	org     *store.Org
	self    Self
	book    *partner.Book
	network Network
	now     func() time.Time
	log     *slog.Logger

	inFlight int
	lifetime time.Duration
	sealer   crypto.Sealer
	verifier crypto.ReceiptVerifier
	groups   groups
	decoy    *decoy
	off      guards
	planner  planner
	served   served
	scan     Scanner
	practice *Practice
	alike    struct {
		once   sync.Mutex
		secret []byte // guarded by once
	}

	numbering func(protocol.OrgID) *protocol.Error
	hosted    func() Hosted

	counting sync.Mutex

	outbox chan struct{} // something may have become due for the network, or a hand is free
	inbox  chan struct{} // something may have become due for a sink

	mu     sync.Mutex
	dests  map[protocol.OrgID]*destination // guarded by mu
	viewed map[[2]string]time.Time         // guarded by mu: referral and actor

	arrived fresh[*arrival]      // for the sink
	leaving fresh[*messageParts] // for the first attempt
}

// guards are what an attack must get past. They are off in tests only, to show that the attack then succeeds: a test of
// an attack must be one that can fail.
type guards struct{ addressee, standing, identity, names bool }

// ErrUnreachable means that nothing left the node. A Network wraps it where it knows.
var ErrUnreachable = errors.New("the partner's node cannot be reached")

// ErrNone means that there is no such referral here.
var ErrNone = errors.New("there is no such referral here")

// ErrUnderWay means that an item is being handed over just now.
var ErrUnderWay = errors.New("it is being handed over just now; look again in a moment")

// ErrKeyReused means that an Idempotency-Key came with another document than before.
var ErrKeyReused = errors.New("this idempotency key was used with another document")

// errChanged means that a standing, a charter or a card changed between what was judged and what is stored.
var errChanged = errors.New("the partnership changed meanwhile")

// maxRounds is how often something is judged anew when the pair changes under it.
const maxRounds = 8

// settled waits a moment, longer with each round, for a change of the pair to be on disk: until then it is seen in a
// transaction and not yet by who judges.
func settled(ctx context.Context, round int) {
	select {
	case <-time.After(time.Millisecond << round):
	case <-ctx.Done():
	}
}

// New makes a desk; it starts nothing.
func New(cfg Config) *Desk {
	d := &Desk{
		org: cfg.Org, self: cfg.Self, book: cfg.Book, network: cfg.Network, now: cfg.Now, log: cfg.Log,
		inFlight: cfg.InFlight, lifetime: cfg.Lifetime, decoy: newDecoy(), numbering: cfg.Numbering, hosted: cfg.Hosted, scan: cfg.Scan, practice: cfg.Practice,
		outbox: make(chan struct{}, 1), inbox: make(chan struct{}, 1), dests: map[protocol.OrgID]*destination{},
	}
	if d.hosted == nil {
		d.hosted = func() Hosted { return Hosted{} }
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.inFlight <= 0 {
		d.inFlight = 64
	}
	if d.lifetime <= 0 || d.lifetime > protocol.MaxLifetime*time.Millisecond {
		d.lifetime = 30 * 24 * time.Hour
	}
	return d
}

// signal wakes a waiter; one signal that nobody took yet is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
