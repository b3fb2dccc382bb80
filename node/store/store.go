// Package store keeps what the organizations of a node own: rows, lanes, append logs and blobs, sealed at rest, in
// one place with one writer. It promises: nil from Update means on the disk; what was acknowledged is never lost in
// silence (ErrIntegrity instead); an erased case cannot be read here within 24 hours; no organization reaches
// another's rows, since Org is the only door and a transaction stays inside one room.
//
// The engine below is Badger, or memory for tests and trials (Config.Dir empty); both pass one conformance suite.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"referworks/protocol"
)

// Config says where and how. The zero value is a store in memory.
type Config struct {
	// Dir is the data folder; empty keeps everything in memory, sealed and checked in the same way.
	Dir string
	// Keys seals the key file.
	Keys KeySealing
	// Log takes ids and counts, never keys or values of rows. Nil discards.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// FreeSpace gives the free and total bytes of the disk that holds Dir; nil asks the system.
	FreeSpace func(dir string) (free, total uint64, err error)
	// Ballast is the size in bytes of a file that only takes up room, to be removed by FreeBallast when the disk is
	// full. 0 is 64 MiB, negative none.
	Ballast int64

	// Tests alter these.
	sync  syncer
	sizes sizes
}

// sizes are those of files, in bytes.
type sizes struct {
	segment  int64 // of the batch log; also how much a start may have to replay, times two
	memTable int64 // of Badger
	valueLog int64
}

var defaultSizes = sizes{segment: 16 << 20, memTable: 16 << 20, valueLog: 64 << 20}

// inline is what one transaction of Badger takes beside the value log: 15 % of a memtable, and some to spare.
func (z sizes) inline() int { return int(z.memTable / 8) }

// Store is an open data folder. Open starts the writer goroutine and Close ends it; Run does what needs a clock.
type Store struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	keys    *keyFile
	engine  engine
	durable *batchLog // nil in memory
	disk    *disk     // nil in memory
	gate    *gate
	blobs   blobFiles

	queue    chan *request
	closing  chan struct{}
	stopped  chan struct{} // the writer ended
	dead     chan struct{}
	deadOnce sync.Once
	deadErr  atomic.Pointer[error]

	// Of the writer goroutine alone, once it runs.
	last batchRow
	next map[string]uint64 // next sequence number by physical prefix of a log

	due         []dueLane // found by the check, until openLanes
	batchNumber atomic.Uint64
	laterFailed atomic.Uint64
	check       checkState

	mu     sync.Mutex // guards orgs, closed and adding to views
	orgs   map[protocol.OrgID]*Org
	node   *Node
	closed bool
	views  sync.WaitGroup

	closeOnce sync.Once
	closeErr  error
}

// room is a key space of its own: an organization's, or the node's.
type room struct {
	store  *Store
	id     protocol.OrgID // "" is the node
	number uint32
	ring   atomic.Pointer[keyring]
	kept   aead
	cases  caseCache
	lanes  *laneIndex
	tails  tails
	blobs  blobsInHand
	rewrap sync.Mutex // one Rewrap at a time
}

// Org is the only door to one organization's data.
type Org struct{ room }

// Node holds what is the node's own: rows without any content of a referral.
type Node struct{ room }

// ID gives the organization.
func (o *Org) ID() protocol.OrgID { return o.id }

// Keys gives the organization's secrets in the key file.
func (r *room) Keys() *Keys { return &Keys{r.store.keys, r.id, r.store.now} }

// Open opens or makes the store of a data folder. After an unclean stop, or when the files are not those of the clean
// stop, it returns only when all rows were counted and summed. Errors: ErrLocked, ErrWrongPassphrase, ErrIntegrity
// with a sentence that says what to do.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{
		cfg: cfg, log: cfg.Log, now: cfg.Now,
		queue:   make(chan *request, queueSize),
		closing: make(chan struct{}), stopped: make(chan struct{}), dead: make(chan struct{}),
		next: make(map[string]uint64),
		orgs: make(map[protocol.OrgID]*Org),
	}
	if s.cfg.sizes == (sizes{}) {
		s.cfg.sizes = defaultSizes
	}
	s.check.done = make(chan struct{})
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	go s.write()
	if err := s.finishErasures(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	keyPath := ""
	if s.cfg.Dir != "" {
		if s.disk, err = lockDisk(s); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, s.disk.abandon())
			}
		}()
		keyPath = filepath.Join(s.cfg.Dir, keyFileName)
	}
	s.gate = newGate(s.cfg, s.now)
	if s.keys, err = openKeyFile(keyPath, s.cfg.Keys, &s.cfg.sync); err != nil {
		return err
	}
	if s.disk == nil {
		s.engine, s.blobs = newMemory(), &blobMemory{}
		s.check.finish(tally{}, 0, nil)
	} else if err = s.disk.open(ctx); err != nil {
		return err
	}
	if err = s.openRooms(); err != nil {
		return err
	}
	s.openLanes()
	if s.disk != nil {
		s.disk.start()
	}
	return nil
}

// openRooms reads which organizations there are, and unwraps their data keys.
func (s *Store) openRooms() error {
	snap := s.engine.snapshot()
	defer func() { snap.discard() }()
	ring, err := s.keys.room("", s.last.n == 0)
	if err != nil {
		return fmt.Errorf("%w: the key file is missing or belongs to another store; put it back from where it was: %w", ErrIntegrity, err)
	}
	s.node = &Node{}
	if s.last.n == 0 {
		if err := s.foundNode(snap, ring); err != nil {
			return err
		}
		snap.discard()
		snap = s.engine.snapshot()
	}
	if err := s.openRoom(&s.node.room, snap, "", nodeRoom, ring); err != nil {
		return err
	}
	tx := &Tx{room: &s.node.room, ring: ring, snap: snap}
	lo, hi := tx.bounds(areaOrgs, Key{})
	for it, err := range tx.items(lo, hi, false) {
		if err != nil {
			return fmt.Errorf("list organizations: %w", err)
		}
		id := protocol.OrgID(it.Key.At(0))
		number, err := decodeRoomNumber(it.Row.Kept)
		if err != nil {
			return err
		}
		ring, err := s.keys.room(id, false)
		if err != nil {
			return fmt.Errorf("%w: the key file does not belong to this store: %w", ErrIntegrity, err)
		}
		o := &Org{}
		if err := s.openRoom(&o.room, snap, id, number, ring); err != nil {
			return err
		}
		s.orgs[id] = o
	}
	return nil
}

func (s *Store) openRoom(r *room, snap snapshot, id protocol.OrgID, number uint32, ring *keyring) error {
	key := physical(number, areaDataKey, "")
	value, err := snap.get(key)
	if err != nil {
		return fmt.Errorf("read data key: %w", err)
	}
	if value == nil {
		return fmt.Errorf("read data key: it is missing: %w", ErrIntegrity)
	}
	dataKey, err := ring.openKey(id, key, value)
	if err != nil {
		return err
	}
	r.fill(s, id, number, ring, dataKey)
	return nil
}

func (r *room) fill(s *Store, id protocol.OrgID, number uint32, ring *keyring, dataKey *symmetricKey) {
	r.store, r.id, r.number, r.kept = s, id, number, dataKey.aead()
	r.ring.Store(ring)
	r.lanes = newLaneIndex()
}

// Node gives the node's own room.
func (s *Store) Node() *Node { return s.node }

// Keys gives the node's secrets in the key file.
func (s *Store) Keys() *Keys { return s.node.Keys() }

// Org gives an organization of this node, or ErrNotFound.
func (s *Store) Org(id protocol.OrgID) (*Org, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.orgs[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("open organization %s: %w", id.Short(), ErrNotFound)
}

// Orgs gives the organizations of this node, sorted.
func (s *Store) Orgs() []protocol.OrgID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]protocol.OrgID, 0, len(s.orgs))
	for id := range s.orgs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Dead is closed when a commit did not reach the disk for certain, or the check found damage: the process must end.
func (s *Store) Dead() <-chan struct{} { return s.dead }

// Err says why the store is dead, or nil.
func (s *Store) Err() error {
	if err := s.deadErr.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *Store) die(cause error) {
	s.deadOnce.Do(func() {
		err := fmt.Errorf("%w: %w", ErrDead, cause)
		s.deadErr.Store(&err)
		s.log.Error("the store stopped", "error", err.Error())
		close(s.dead)
	})
}

func (s *Store) stopError() error {
	if err := s.Err(); err != nil {
		return err
	}
	return ErrClosed
}

func (s *Store) beginView() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.views.Add(1)
	return nil
}

// Close commits what is queued, waits for Views, and leaves the folder so that the next start needs no scan. A dead
// store is closed without that.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		<-s.stopped
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.views.Wait()
		if s.disk == nil {
			s.closeErr = s.engine.close()
			return
		}
		s.closeErr = s.disk.close()
	})
	return s.closeErr
}
