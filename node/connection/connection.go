// Package connection is an organization's configured bridges: it takes documents in, hands what arrived to sinks,
// tries again, and keeps what waits for a person.
//
// A document is decoded, mapped and sent (submit.go); an inbox item is mapped back, encoded and delivered
// (deliver.go). Sources run as long as their connection works (sources.go), and what they bring is durable before they
// may say so to their medium (accept.go). Nothing that came in is dropped: what a machine may not decide becomes a waiting item with its
// original (waiting.go).
package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"referworks/bridges"
	"referworks/bridges/mapping"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Direction says which way documents go through a connection.
type Direction string

// The directions.
const (
	In   Direction = "in"
	Out  Direction = "out"
	Both Direction = "both"
)

// Connection is a medium, a format and a mapping, as an administrator configured them. Secrets are kept apart
// and never come back.
type Connection struct {
	ID         string                    `json:"id"` // chosen by the administrator: a-z, 0-9 and "-"
	Name       string                    `json:"name"`
	Kind       string                    `json:"kind"` // "api", "inbox", or a kind of the media table
	Direction  Direction                 `json:"direction"`
	Format     string                    `json:"format,omitempty"`  // of the documents: a row of record.Formats; empty: what the mapping says
	Mapping    string                    `json:"mapping,omitempty"` // name of a published mapping
	Settings   map[string]string         `json:"settings,omitempty"`
	Recipients map[string]protocol.OrgID `json:"recipients,omitempty"` // our local name of a partner -> partner
	Rules      []Rule                    `json:"rules,omitempty"`      // whom to send to when nobody is named
	Consent    *mapping.ConsentStatement `json:"consent,omitempty"`
	Needs      []protocol.NeedCode       `json:"needs,omitempty"`    // out: what it takes; empty takes all
	Statuses   []bridges.StatusWord      `json:"statuses,omitempty"` // what the medium calls where a referral stands; empty: what its kind says
	Paused     bool                      `json:"paused,omitempty"`
	Changed    int64                     `json:"changed,omitempty"` // milliseconds UTC
}

// Kinds that need no medium: documents come over the node's API, or stay in the built-in inbox.
const (
	KindAPI   = "api"
	KindInbox = "inbox"
)

// Config is what a Set works with.
type Config struct {
	Org  *store.Org
	Self protocol.OrgID
	Name func() string // the organization's name, for letters and the consent that it states
	// Contact is the organization's public contact, for documents that name no worker to ask.
	Contact func() protocol.CardContact
	Desk    *exchange.Desk
	Book    *partner.Book
	Kinds   map[string]bridges.Kind // the media, by kind
	// AllowPrivate lets sinks dial private and loopback addresses; the node's operator decides.
	AllowPrivate bool
	// Address gives the address below which a connection's Receiver is reached from outside, without a slash at its end;
	// nil or "": nobody configured one.
	Address func(connection string) string
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	// Changed, when it is there, is called after a connection or a mapping changed; it must not block.
	Changed func()
	// Workers is how many deliveries run at once; default 16.
	Workers int
}

// Set is one organization's connections. Its methods may be called at the same time.
type Set struct {
	Config
	plans   mapping.Plans // published versions are immutable
	mu      sync.Mutex
	bridges map[string]openBridge // by connection id
	routes  []Connection          // present connections, sorted by id; nil: read again
	changes uint64                // how often routes were dropped: what was read before is not kept after
	looks   map[string]*looks     // by connection id

	handingOver map[string]int // guarded by mu: deliveries under way by connection id

	leasing sync.Mutex                // guards leases and who has what
	leases  map[protocol.Hash]*Leased // by the hash of the token; nil until they were read

	errands map[store.Key]*errand // guarded by mu, with what is in them
	telling chan struct{}         // an errand may have become due

	opening sync.Mutex    // held while a bridge is opened: its users share one
	changed chan struct{} // some connection is not as it was
	serving chan struct{} // requests in the hands of receivers
	healths healths
}

// openBridge is the bridge of a connection as it stood at changed.
type openBridge struct {
	changed int64
	bridge  any
}

// Open gives the set of an organization; it starts nothing.
func Open(cfg Config) *Set {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Workers == 0 {
		cfg.Workers = 16
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Set{Config: cfg, bridges: map[string]openBridge{}, changed: make(chan struct{}, 1), telling: make(chan struct{}, 1), serving: make(chan struct{}, maxServing)}
}

// ErrNone means that there is no connection, mapping or waiting item of that name.
var ErrNone = errors.New("there is none of that name")

// ErrInUse means that a connection cannot be removed yet.
var ErrInUse = errors.New("documents of this connection wait for a person; decide on them first, then remove it")

// Put stores a connection, new or changed; secrets that are not given stay as they were, and an empty one is forgotten.
// *Flaws says what is wrong with it. nil means durable.
func (s *Set) Put(c Connection, secrets map[string]string, actor string) error {
	if err := s.formatOf(&c); err != nil {
		return err
	}
	if err := s.check(&c, secrets); err != nil {
		return err
	}
	return s.change(c.ID, actor, func(tx *store.Tx, now *Connection) error {
		if c.Mapping != "" {
			if _, err := tx.Get(currentKey(c.Mapping)); errors.Is(err, store.ErrNotFound) {
				return &Flaws{c.ID, []Flaw{{"mapping", fmt.Sprintf("no mapping %q is published; publish it first", c.Mapping)}}}
			} else if err != nil {
				return err
			}
		}
		*now = c
		return keepSecrets(tx, c.ID, secrets)
	})
}

// Pause stops or resumes a connection; what waits for it stays.
func (s *Set) Pause(id string, paused bool, actor string) error {
	return s.change(id, actor, func(_ *store.Tx, now *Connection) error {
		if now.ID == "" {
			return fmt.Errorf("connection %q: %w", clip(id), ErrNone)
		}
		now.Paused = paused
		return nil
	})
}

// change alters a connection in one transaction; a new one comes without an id. Changed grows with each, whatever
// the clock says: an open sink is known by it.
func (s *Set) change(id, actor string, alter func(tx *store.Tx, now *Connection) error) error {
	err := s.Org.Update(background, func(tx *store.Tx) error {
		var c Connection
		if row, err := tx.Get(connectionKey(id)); err == nil {
			if err := json.Unmarshal(row.Kept, &c); err != nil {
				return err
			}
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		last := c.Changed
		if err := alter(tx, &c); err != nil {
			return err
		}
		c.Changed = max(s.Now().UnixMilli(), last+1)
		if err := putJSON(tx, connectionKey(id), c); err != nil {
			return err
		}
		_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: actor, Kind: "connection.changed", Subject: id})
		return err
	})
	s.forget(id)
	s.resetHealth(id)
	s.Changed()
	return err
}

// keepSecrets adds to the secrets of a connection.
func keepSecrets(tx *store.Tx, id string, secrets map[string]string) error {
	kept := map[string]string{}
	if row, err := tx.Get(secretKey(id)); err == nil {
		if err := json.Unmarshal(row.Kept, &kept); err != nil {
			return err
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return putJSON(tx, secretKey(id), merged(kept, secrets))
}

// merged adds secrets to what is kept; an empty one takes away.
func merged(kept, secrets map[string]string) map[string]string {
	all := maps.Clone(kept)
	maps.Copy(all, secrets)
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	return all
}

// Remove drops a connection with its secrets. Not while documents of it wait for a person: they could not be converted
// any more. What arrives later goes to another connection that takes it, else into the built-in inbox.
func (s *Set) Remove(id, actor string) error {
	if _, err := s.Connection(id); err != nil {
		return err
	}
	list, err := s.WaitingList()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(w Waiting) bool { return w.Connection == id }) {
		return ErrInUse
	}
	err = s.Org.Update(background, func(tx *store.Tx) error {
		if err := errors.Join(tx.Delete(connectionKey(id)), tx.Delete(secretKey(id)), dropKept(tx, id)); err != nil {
			return err
		}
		_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: actor, Kind: "connection.removed", Subject: id})
		return err
	})
	s.forget(id)
	s.resetHealth(id)
	s.Changed()
	return err
}

// List gives all connections, sorted by id.
func (s *Set) List() ([]Connection, error) {
	s.mu.Lock()
	routes, changes := s.routes, s.changes
	s.mu.Unlock()
	if routes != nil {
		return slices.Clone(routes), nil
	}
	list := []Connection{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(connectionKey(""), store.Key{}) {
			if err != nil {
				return err
			}
			var c Connection
			if err := json.Unmarshal(item.Row.Kept, &c); err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.changes == changes { // else it may be what stood before a change
		s.routes = list
	}
	s.mu.Unlock()
	return slices.Clone(list), nil
}

// Connection gives one, or ErrNone.
func (s *Set) Connection(id string) (Connection, error) {
	list, err := s.List()
	if err != nil {
		return Connection{}, err
	}
	if i := slices.IndexFunc(list, func(c Connection) bool { return c.ID == id }); i >= 0 {
		return list[i], nil
	}
	return Connection{}, fmt.Errorf("connection %q: %w", id, ErrNone)
}

// forget drops what was read or opened for a connection, so that the next use sees the new one.
func (s *Set) forget(id string) {
	s.mu.Lock()
	s.routes = nil
	s.changes++
	delete(s.bridges, id)
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // it will look anyway
	}
}

func connectionKey(id string) store.Key {
	if id == "" {
		return store.K("connection")
	}
	return store.K("connection", id)
}

func secretKey(id string) store.Key { return store.K("connection-secret", id) }

func putJSON(tx *store.Tx, k store.Key, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Put(k, store.Row{Kept: b})
}
