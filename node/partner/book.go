package partner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Self is the organization whose book it is, as it speaks now.
type Self interface {
	OrgID() protocol.OrgID
	Name() string
	Peer() protocol.PeerID
	Addresses() []string // where partners reach Peer
	Signer() *crypto.SigningKey
	Chain() *crypto.Chain
	Card() string                                // newest token
	Door(partner protocol.OrgID) protocol.PeerID // our door for one partner
}

// Config is what a Book works with.
type Config struct {
	Org  *store.Org
	Self Self
	Now  func() time.Time // default time.Now
	Log  *slog.Logger     // default: none
	// Changed is told of each partner after a commit that changed the relationship. It must not block and must not call
	// the Book's writing methods itself.
	Changed func(partner protocol.OrgID)
}

// ErrNone means that there is no such partner or invitation.
var ErrNone = errors.New("there is none of that name")

// ErrPartner means that the two are partners already.
var ErrPartner = errors.New("you are partners already")

// Book is one organization's relationships. Its methods may be called at the same time.
type Book struct {
	cfg  Config
	self protocol.OrgID

	write sync.Mutex // one change at a time: read, sign, commit

	mu      sync.Mutex // guards what follows
	current map[protocol.OrgID]*Pair
	fresh   map[protocol.Hash]*Pair // by version: just parsed, perhaps not committed yet; at most maxFresh
	order   []protocol.Hash
	heard   map[protocol.OrgID]protocol.PairHello // the last hello of each partner since start
	seen    map[protocol.OrgID]bool               // had its hello since start
	ownCard ownCard
}

type ownCard struct {
	token string
	n     int64
}

const maxFresh = 64

// Open reads the book of an organization; it starts nothing.
func Open(cfg Config) (*Book, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Changed == nil {
		cfg.Changed = func(protocol.OrgID) {}
	}
	b := &Book{
		cfg: cfg, self: cfg.Org.ID(), current: map[protocol.OrgID]*Pair{}, fresh: map[protocol.Hash]*Pair{},
		heard: map[protocol.OrgID]protocol.PairHello{}, seen: map[protocol.OrgID]bool{},
	}
	if err := b.readAll(); err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	return b, nil
}

// readAll reads every pair. Verifying chains and cards is most of a start with many partners, so it is spread out.
func (b *Book) readAll() error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	err := b.cfg.Org.View(func(tx *store.Tx) error {
		for it, err := range tx.Scan(store.K("partner"), store.Key{}) {
			if err != nil {
				return err
			}
			g.Go(func() error {
				p, err := b.read(it.Row.Kept, nil)
				if err != nil {
					return err
				}
				b.mu.Lock()
				defer b.mu.Unlock()
				b.current[p.ID()] = p
				return nil
			})
		}
		return nil
	})
	return errors.Join(err, g.Wait())
}

func (b *Book) now() time.Time { return b.cfg.Now() }

func (b *Book) read(kept []byte, known *crypto.Chain) (*Pair, error) {
	r, version, err := decodeRow(kept)
	if err != nil {
		return nil, err
	}
	return parse(b.self, r, version, known)
}

// Pair reads a relationship inside a transaction: what the rules are asked in an accepting or claiming closure. It costs
// one tiny row unless the pair changed in the same batch. ErrNone when there is none.
func (b *Book) Pair(tx *store.Tx, partner protocol.OrgID) (*Pair, error) {
	v, err := tx.Get(versionKey(partner))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("read partner: %w", err)
	}
	if len(v.Kept) != len(protocol.Hash{}) {
		return nil, fmt.Errorf("read partner: %w", store.ErrIntegrity)
	}
	version := protocol.Hash(v.Kept)
	b.mu.Lock()
	p := b.current[partner]
	if p == nil || p.version != version {
		p = b.fresh[version]
	}
	b.mu.Unlock()
	if p != nil {
		return p, nil
	}
	r, err := tx.Get(pairKey(partner))
	if err != nil {
		return nil, fmt.Errorf("read partner: %w", err)
	}
	return b.read(r.Kept, nil)
}

// Current gives a relationship as last committed.
func (b *Book) Current(partner protocol.OrgID) (*Pair, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.current[partner]
	return p, ok
}

// List gives all relationships, by name.
func (b *Book) List() []*Pair {
	b.mu.Lock()
	all := make([]*Pair, 0, len(b.current))
	for _, p := range b.current {
		all = append(all, p)
	}
	b.mu.Unlock()
	slices.SortFunc(all, func(p, q *Pair) int {
		if c := strings.Compare(strings.ToLower(p.Name()), strings.ToLower(q.Name())); c != 0 {
			return c
		}
		return strings.Compare(string(p.ID()), string(q.ID()))
	})
	return all
}

// event is what a change leaves in the audit log.
type event struct{ kind, detail string }

// change reads a partner's row, lets alter change a copy, and commits it with its events: nil means durable. more adds
// rows to the same transaction. alter may sign; it runs once, outside of the transaction.
func (b *Book) change(ctx context.Context, actor string, partner protocol.OrgID, alter func(r *row, now time.Time) ([]event, error), more func(*store.Tx) error) error {
	b.write.Lock()
	defer b.write.Unlock()
	changed, err := b.changeLocked(ctx, actor, partner, alter, more)
	if err == nil && changed {
		b.cfg.Changed(partner)
	}
	return err
}

func (b *Book) changeLocked(ctx context.Context, actor string, partner protocol.OrgID, alter func(r *row, now time.Time) ([]event, error), more func(*store.Tx) error) (changed bool, err error) {
	var r row
	var known *crypto.Chain
	old, ok := b.Current(partner)
	if ok {
		if r, err = old.row.clone(); err != nil {
			return false, err
		}
		known = old.chain
	}
	now := b.now()
	events, err := alter(&r, now)
	if err != nil {
		return false, err
	}
	for _, d := range []Direction{In, Out} {
		if err := r.grant(d).settle(now); err != nil {
			return false, err
		}
	}
	kept, version, err := r.encode()
	if err != nil {
		return false, err
	}
	if ok && version == old.version && more == nil && len(events) == 0 {
		return false, nil
	}
	p, err := parse(b.self, r, version, known)
	if err != nil {
		return false, fmt.Errorf("change partner: %w", err)
	}
	b.remember(p)
	err = b.cfg.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		if err := tx.Put(pairKey(partner), store.Row{Kept: kept}); err != nil {
			return err
		}
		if err := tx.Put(versionKey(partner), store.Row{Kept: version[:]}); err != nil {
			return err
		}
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		return record(tx, now, actor, partner, events)
	})
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	b.current[partner] = p
	b.mu.Unlock()
	return true, nil
}

func record(tx *store.Tx, now time.Time, actor string, partner protocol.OrgID, events []event) error {
	for _, e := range events {
		if _, err := audit.Record(tx, audit.Event{At: now.UnixMilli(), Actor: actor, Kind: e.kind, Subject: string(partner), Details: []byte(e.detail)}); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps a parsed pair so that closures of the same batch find it before it is current.
func (b *Book) remember(p *Pair) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fresh[p.version] == nil {
		b.order = append(b.order, p.version)
	}
	b.fresh[p.version] = p
	if len(b.order) > maxFresh {
		delete(b.fresh, b.order[0])
		b.order = append(b.order[:0], b.order[1:]...)
	}
}
