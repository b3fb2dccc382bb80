package store

import (
	"context"
	"sync"
	"time"
)

// checkState is how far the count of all rows has come. The mutex guards the fields above done.
type checkState struct {
	mu     sync.Mutex
	health CheckHealth
	done   chan struct{}
}

// CheckHealth tells of the count of all rows against what the last batch says must be there.
type CheckHealth struct {
	Running bool
	Done    bool
	Before  bool // it ran before anything was accepted, because the last stop was not clean
	Rows    uint64
	Of      uint64
	Bytes   uint64
	Took    time.Duration
	Err     error
}

func (c *checkState) finish(rows, bytes uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.health.Done {
		return
	}
	c.health.Running, c.health.Done = false, true
	c.health.Rows, c.health.Bytes, c.health.Err = rows, bytes, err
	close(c.done)
}

func (c *checkState) get() CheckHealth {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health
}

// Checked is closed when all rows were counted and summed; the result is in Health.
func (s *Store) Checked() <-chan struct{} { return s.check.done }

// Health is what an operator may see: numbers, no names.
type Health struct {
	Batch       uint64
	Check       CheckHealth
	KeySealing  string // "by a passphrase", "by a credential", "by its file mode only"
	KeysOpen    bool   // the key file is sealed by nothing: show the red banner
	Free        uint64 // bytes on the disk, as last asked; 0 in memory
	Full        bool   // Update answers ErrFull
	LaterFailed uint64 // closures given to Later that returned an error
	Err         error  // why the store is dead
}

// Health reads counters; it does no work beyond asking for free space at most once a second.
func (s *Store) Health() Health {
	full := s.gate.check() != nil
	s.gate.mu.Lock()
	free := s.gate.free
	s.gate.mu.Unlock()
	mode := s.keys.sealer.mode()
	return Health{
		Batch: s.batchNumber.Load(), Check: s.check.get(),
		KeySealing: sealingName(mode), KeysOpen: mode == sealedPlain,
		Free: free, Full: full, LaterFailed: s.laterFailed.Load(), Err: s.Err(),
	}
}

func (s *Store) checkInBackground(ctx context.Context) {}

func (s *Store) openLanes() error { return nil }
