package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// The limits of a batch. One closure over them is refused with ErrTooLarge.
const (
	maxClosures   = 256
	maxBatchSize  = 4 << 20
	queueSize     = 1024
	laterPatience = 2 * time.Millisecond // how long closures that nobody waits for wait for company
)

// request is a closure on its way through the writer.
type request struct {
	room   *room
	fn     func(*Tx) error
	always bool         // also when the disk is nearly full
	later  bool         // nobody waits
	taken  atomic.Int32 // 0 queued, 1 taken by the writer, 2 given up
	done   chan error   // capacity 1
	err    error
}

// Update runs fn in the next batch and returns nil when that is durable. The error of fn, or a panic in it as an
// error, fails only this closure and leaves nothing. fn may run more than once, so it must set what it hands out
// anew each time; it must not wait or do I/O. ErrFull when the disk is nearly full. When ctx ends before fn began,
// nothing happens; after that Update waits for the outcome.
func (r *room) Update(ctx context.Context, fn func(*Tx) error) error {
	return r.store.submit(ctx, &request{room: r, fn: fn})
}

// UpdateAlways is Update past the free-space gate: for receipts and settles, which end work instead of beginning it.
func (r *room) UpdateAlways(ctx context.Context, fn func(*Tx) error) error {
	return r.store.submit(ctx, &request{room: r, fn: fn, always: true})
}

// Later runs fn in the next batch without anybody waiting for it: for settles that a restart may repeat. It is not
// durable when Later returns. An error of fn is logged and counted in Health. It waits only for a place in the queue.
func (r *room) Later(fn func(*Tx) error) {
	req := &request{room: r, fn: fn, always: true, later: true}
	select {
	case r.store.queue <- req:
	case <-r.store.stopped:
	}
}

// View runs fn on the state after the last batch. It may be called from any goroutine and keeps Close waiting.
func (r *room) View(fn func(*Tx) error) error {
	s := r.store
	if err := s.beginView(); err != nil {
		return err
	}
	defer s.views.Done()
	// In this order: the number may be older than the snapshot and never newer, and see Tx.unwrap for the ring.
	at, ring := s.batchNumber.Load(), r.ring.Load()
	tx := &Tx{room: r, at: at, ring: ring, snap: s.engine.snapshot()}
	defer tx.snap.discard()
	return fn(tx)
}

func (s *Store) submit(ctx context.Context, req *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !req.always {
		if err := s.gate.check(); err != nil {
			return err
		}
	}
	req.done = make(chan error, 1)
	select {
	case s.queue <- req:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		return s.stopError()
	}
	select {
	case err := <-req.done:
		return err
	case <-s.stopped:
		select {
		case err := <-req.done: // the writer's last round answered it
			return err
		default:
			return s.stopError()
		}
	case <-ctx.Done():
		if req.taken.CompareAndSwap(0, 2) {
			return ctx.Err()
		}
		return <-req.done
	}
}

// write is the writer goroutine: it alone runs closures and commits.
func (s *Store) write() {
	defer close(s.stopped)
	var carried []*request // did not fit into the last batch
	for {
		batch := carried
		carried = nil
		if len(batch) == 0 {
			select {
			case req := <-s.queue:
				batch = append(batch, req)
			case <-s.closing:
				if batch = s.drain(nil); len(batch) == 0 {
					return
				}
			}
		}
		batch = s.drain(batch)
		if allLater(batch) {
			batch = s.waitForCompany(batch)
		}
		carried = s.commitBatch(batch)
	}
}

// drain takes what is queued, without waiting.
func (s *Store) drain(batch []*request) []*request {
	for len(batch) < maxClosures {
		select {
		case req := <-s.queue:
			batch = append(batch, req)
		default:
			return batch
		}
	}
	return batch
}

func allLater(batch []*request) bool {
	return !slices.ContainsFunc(batch, func(r *request) bool { return !r.later })
}

func (s *Store) waitForCompany(batch []*request) []*request {
	patience := time.NewTimer(laterPatience)
	defer patience.Stop()
	for len(batch) < maxClosures {
		select {
		case req := <-s.queue:
			batch = append(batch, req)
			if !req.later {
				return s.drain(batch)
			}
		case <-patience.C:
			return batch
		case <-s.closing:
			return batch
		}
	}
	return batch
}

// commitBatch runs the closures of a batch, commits what they wrote and answers them. It gives back those that did
// not fit.
func (s *Store) commitBatch(requests []*request) (carried []*request) {
	if err := s.Err(); err != nil {
		answer(requests, func(*request) error { return err })
		return nil
	}
	snap := s.engine.snapshot()
	defer snap.discard()
	merged := newOverlay()
	var ran []*request
	for i, req := range requests {
		if !req.taken.CompareAndSwap(0, 1) && req.taken.Load() == 2 {
			continue
		}
		tx := s.begin(req.room, snap, merged)
		req.err = protect(func() error { return req.fn(tx) })
		if req.err == nil && (tx.own.size > maxBatchSize || tx.own.inline > s.cfg.sizes.inline()) {
			req.err = ErrTooLarge
		}
		if req.err != nil {
			s.unpin(tx.own.settled)
			ran = append(ran, req)
			continue
		}
		if merged.size+tx.own.size > maxBatchSize || merged.inline+tx.own.inline > s.cfg.sizes.inline() {
			s.unpin(tx.own.settled)
			carried = requests[i:]
			break
		}
		merged.merge(tx.own)
		ran = append(ran, req)
	}
	if len(merged.changes) > 0 || len(merged.settled) > 0 {
		if err := s.commit(snap, merged); err != nil {
			s.die(err)
			answer(ran, func(*request) error { return s.Err() })
			answer(carried, func(*request) error { return s.Err() })
			return nil
		}
	}
	// Errors too are told only now: they may rest on what an earlier closure of the batch wrote.
	answer(ran, func(r *request) error { return r.err })
	for _, r := range ran {
		if r.later && r.err != nil {
			s.laterFailed.Add(1)
			s.log.Warn("a closure that nobody waits for failed", "org", string(r.room.id), "error", r.err.Error())
		}
	}
	return carried
}

func (s *Store) begin(r *room, snap snapshot, batch *overlay) *Tx {
	return &Tx{room: r, ring: r.ring.Load(), snap: snap, at: s.batchNumber.Load(), batch: batch, own: newOverlay()}
}

func answer(requests []*request, err func(*request) error) {
	for _, r := range requests {
		if r.done != nil {
			r.done <- err(r)
		}
	}
}

// protect turns a panic into an error: a bug in one closure must not take the others' work along.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// Only the kind of panic and the stack: a panic's text may hold a value.
			err = fmt.Errorf("a transaction panicked with a %T\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// fold runs the end-of-batch hooks, each room and name once, in the order of their first items.
func (s *Store) fold(snap snapshot, merged *overlay) error {
	type name struct {
		room *room
		name string
	}
	items := make(map[name][][]byte)
	var order []foldItem
	for _, f := range merged.folds {
		k := name{f.room, f.name}
		if items[k] == nil {
			order = append(order, f)
		}
		items[k] = append(items[k], f.item)
	}
	for _, f := range order {
		tx := s.begin(f.room, snap, merged)
		if err := protect(func() error { return f.fold(tx, items[name{f.room, f.name}]) }); err != nil {
			return fmt.Errorf("end batch, %s: %w", f.name, err)
		}
		if len(tx.own.folds)+len(tx.own.settled)+len(tx.own.erased) > 0 {
			return errors.New("end batch: a hook may only write rows")
		}
		merged.merge(tx.own)
	}
	return nil
}
