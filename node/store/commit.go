package store

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

// commit makes a batch durable and then visible. The order: hooks, erasures into the key file, sealing, the log
// with its sync, the engine, the indexes in memory; only then is anybody answered.
func (s *Store) commit(snap snapshot, merged *overlay) error {
	if err := s.fold(snap, merged); err != nil {
		return err
	}
	if len(merged.erased) > 0 {
		if err := s.keys.noteErased(merged.erased, s.now()); err != nil {
			return err
		}
	}
	changes := make([]*change, 0, len(merged.changes))
	for _, c := range merged.changes {
		changes = append(changes, c)
	}
	rows, total, err := sealAll(snap, changes)
	if err != nil {
		return err
	}
	next := batchRow{n: s.last.n + 1, prev: s.last.hash(), rows: s.last.rows + uint64(rows), sum: s.last.sum}
	next.sum.addSum(total)
	ops := make([]op, 0, len(changes)+1)
	for _, c := range changes {
		ops = append(ops, op{c.key, c.value})
	}
	ops = append(ops, op{batchKey, next.encode()})
	if s.durable != nil {
		if err := s.durable.append(next.n, ops); err != nil { // synced when it returns
			return fmt.Errorf("write batch log: %w", err)
		}
	}
	for r, ids := range erasedByRoom(merged.erased) {
		r.cases.erase(ids, next.n) // before the batch shows, so that no reader of it meets an erased key
	}
	if err := s.engine.apply(ops); err != nil {
		return fmt.Errorf("apply batch: %w", err)
	}
	s.last = next
	s.batchNumber.Store(next.n)
	s.publish(changes, merged)
	return nil
}

// publish brings the indexes in memory up to the batch.
func (s *Store) publish(changes []*change, merged *overlay) {
	for _, c := range changes {
		if c.secret != nil && c.key[pathAt-1] == areaCases {
			c.room.cases.add(CaseID([]byte(c.key[pathAt:])), c.aead, s.last.n)
		}
	}
	for prefix, n := range merged.next {
		s.next[prefix] = n
	}
	for _, c := range changes {
		if c.key[pathAt-1] == areaLanes {
			c.room.lanes.set(c.key[pathAt:], c.due, c.deleted)
		}
	}
	s.settle(merged.settled)
	for r := range roomsOf(changes) {
		r.lanes.wake()
		r.tails.wake()
	}
}

func roomsOf(changes []*change) map[*room]bool {
	rooms := make(map[*room]bool)
	for _, c := range changes {
		rooms[c.room] = true
	}
	return rooms
}

func erasedByRoom(erased []erasedCase) map[*room][]CaseID {
	by := make(map[*room][]CaseID)
	for _, e := range erased {
		by[e.room] = append(by[e.room], e.id)
	}
	return by
}

// sealAll seals every change and gives how the count and the sum of live rows move. The work is split over the
// processors when there is enough of it.
func sealAll(snap snapshot, changes []*change) (rows int, total sum, err error) {
	workers := min(runtime.GOMAXPROCS(0), 1+len(changes)/32)
	var mu sync.Mutex // guards the results
	var wg sync.WaitGroup
	for w := range workers {
		part := changes[len(changes)*w/workers : len(changes)*(w+1)/workers]
		work := func() {
			n, t, e := sealPart(snap, part)
			mu.Lock()
			defer mu.Unlock()
			rows += n
			total.addSum(t)
			if err == nil {
				err = e
			}
		}
		if w == workers-1 {
			work()
		} else {
			wg.Go(work)
		}
	}
	wg.Wait()
	return rows, total, err
}

func sealPart(snap snapshot, changes []*change) (rows int, total sum, err error) {
	for _, c := range changes {
		old, err := snap.get(c.key)
		if err != nil {
			return 0, total, fmt.Errorf("read the row before: %w", err)
		}
		if old != nil {
			rows--
			total.subtract(digest(c.key, old))
		}
		c.seal()
		if c.value != nil {
			rows++
			total.add(digest(c.key, c.value))
		}
	}
	return rows, total, nil
}

func (c *change) seal() {
	switch {
	case c.row != nil:
		private := c.private
		if c.row.Case.IsZero() {
			private = nil
		}
		c.value = sealRow(c.room.id, c.key, c.row, c.due, c.room.kept, private)
	case c.secret != nil:
		ring := c.room.ring.Load()
		c.value = wrapKey(c.room.id, c.key, c.secret, ring.keys[ring.current], ring.current)
	}
}

// noteErased keeps in the key file which cases were erased, so that an older copy of the store cannot bring them
// back, and since when the organization's key waits to be replaced.
func (f *keyFile) noteErased(erased []erasedCase, now time.Time) error {
	return f.change(func(c *keyContent) error {
		for _, e := range erased {
			r := c.Rooms[e.room.id]
			if r.Erased == nil {
				r.Erased = make(map[CaseID]int64)
			}
			if _, ok := r.Erased[e.id]; !ok {
				r.Erased[e.id] = now.UnixMilli()
			}
			if r.Rewrap == 0 {
				r.Rewrap = now.UnixMilli()
			}
		}
		return nil
	})
}
