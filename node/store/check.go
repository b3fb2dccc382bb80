package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// tally is what counting all rows gives.
type tally struct {
	rows  uint64
	bytes uint64
	sum   sum
	due   []dueLane
}

// dueLane is a lane that has work, as the start finds it.
type dueLane struct {
	Key   []byte `json:"key"` // physical
	At    int64  `json:"at"`  // ms
	Queue string `json:"queue"`
}

// checkState is how far the count of all rows has come. The mutex guards health.
type checkState struct {
	mu     sync.Mutex
	health CheckHealth
	done   chan struct{}
}

// CheckHealth tells of the count of all rows against what the last batch says must be there.
type CheckHealth struct {
	Running bool
	Done    bool
	Before  bool   // it ran before anything was accepted, because the last stop was not clean
	Rows    uint64 // counted so far
	Of      uint64 // what must be there
	Bytes   uint64 // of values, read so far
	Took    time.Duration
	Err     error
}

func (c *checkState) begin(of uint64, before bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health = CheckHealth{Running: true, Of: of, Before: before}
}

func (c *checkState) progress(t *tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health.Rows, c.health.Bytes = t.rows, t.bytes
}

func (c *checkState) finish(t tally, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health.Running, c.health.Done, c.health.Took = false, true, took
	c.health.Rows, c.health.Bytes, c.health.Err = t.rows, t.bytes, err
	select {
	case <-c.done:
	default:
		close(c.done)
	}
}

func (c *checkState) get() CheckHealth {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health
}

// Checked is closed when all rows were counted and summed; the result is in Health.
func (s *Store) Checked() <-chan struct{} { return s.check.done }

// checkAll counts and sums all rows of a snapshot and compares with its batch row.
func (s *Store) checkAll(ctx context.Context, snap snapshot, want batchRow, before bool) (tally, error) {
	began := time.Now()
	s.check.begin(want.rows, before)
	t, err := count(ctx, snap, s.check.progress)
	if err == nil && (t.rows != want.rows || t.sum != want.sum) {
		err = fmt.Errorf("%w: %d rows were acknowledged and %d are there, or some are old or altered", ErrIntegrity, want.rows, t.rows)
	}
	if ctx.Err() == nil {
		s.check.finish(t, time.Since(began), err)
	}
	return t, err
}

// count reads every row but the batch row.
func count(ctx context.Context, snap snapshot, progress func(*tally)) (tally, error) {
	var t tally
	var broken error
	err := snap.scan("", "", false, func(key string, value func() ([]byte, error)) bool {
		if key == batchKey {
			return true
		}
		v, err := value()
		if err != nil {
			broken = fmt.Errorf("%w: a row cannot be read: %w", ErrIntegrity, err)
			return false
		}
		t.rows++
		t.bytes += uint64(len(v))
		t.sum.add(digest(key, v))
		if len(key) > pathAt && key[pathAt-1] == areaLanes {
			if _, due, _, _, err := sealedParts(v); err == nil && due.at != 0 {
				t.due = append(t.due, dueLane{[]byte(key), due.at, due.queue})
			}
		}
		if t.rows%1024 == 0 {
			progress(&t)
			broken = ctx.Err()
		}
		return broken == nil
	})
	if broken != nil {
		err = broken
	}
	return t, err
}

// openLanes hands the due lanes that the start found to their rooms.
func (s *Store) openLanes() {
	rooms := map[uint32]*room{nodeRoom: &s.node.room}
	for _, o := range s.orgs {
		rooms[o.number] = &o.room
	}
	for _, d := range s.due {
		key := string(d.Key)
		if r := rooms[roomNumber(key)]; r != nil {
			r.lanes.set(key[pathAt:], dueRow{d.At, d.Queue}, false)
		}
	}
	s.due = nil
}

// dueLanes is the opposite, for the record of a clean stop.
func (s *Store) dueLanes() []dueLane {
	var all []dueLane
	snap := s.engine.snapshot()
	defer snap.discard()
	rooms := []*room{&s.node.room}
	for _, o := range s.orgs {
		rooms = append(rooms, &o.room)
	}
	for _, r := range rooms {
		for _, path := range r.lanes.paths() {
			key := physical(r.number, areaLanes, path)
			v, err := snap.get(key)
			if err != nil || v == nil {
				continue
			}
			if _, due, _, _, err := sealedParts(v); err == nil && due.at != 0 { // what is stored, not what Wake made of it
				all = append(all, dueLane{[]byte(key), due.at, due.queue})
			}
		}
	}
	return all
}
