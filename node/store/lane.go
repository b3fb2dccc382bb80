package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// LaneKey names a lane: a row with work in it that is done one step at a time, such as a thread. Like all keys it
// carries no personal data.
type LaneKey struct{ Kind, Dest, ID string }

// Due says when a lane's next step is to be done, to the millisecond, and in which queue. A lane is in one queue at a
// time, chosen at each put: a thread may first be due for a partner, later for a connection. A zero At is idle. The
// queue is not sealed: no personal data.
type Due struct {
	At    time.Time
	Queue string
}

// Token is the right to settle a lane that Claim gave. It goes stale when the lane was claimed again after the
// lease ran out, or was settled, released or deleted. A put on the lane by somebody else leaves it good.
type Token struct {
	room *room
	path string
	id   uint64
}

// Claim is a lane to work on until Until.
type Claim struct {
	Key   LaneKey
	Row   Row
	Token Token
	Until time.Time
}

// LaneItem is a lane met by ScanLanes.
type LaneItem struct {
	Key LaneKey
	Row Row
	Due Due
}

const maxQueueName = 1 << 10

func (k LaneKey) key() Key { return K(k.Kind, k.Dest, k.ID) }

func laneKeyOf(path string) LaneKey {
	k := Key{path}
	return LaneKey{k.At(0), k.At(1), k.At(2)}
}

func (d Due) row() dueRow {
	if d.At.IsZero() {
		return dueRow{}
	}
	return dueRow{max(d.At.UnixMilli(), 1), d.Queue}
}

func (d dueRow) due() Due {
	if d.at == 0 {
		return Due{}
	}
	return Due{time.UnixMilli(d.at), d.queue}
}

// Lane gives a lane's row and when it is due, or ErrNotFound.
func (tx *Tx) Lane(k LaneKey) (Row, Due, error) {
	r, due, err := tx.read(tx.lanePath(k))
	return r, due.due(), err
}

// PutLane writes a lane. A claim on it stays as it is.
func (tx *Tx) PutLane(k LaneKey, r Row, due Due) error {
	if len(due.Queue) > maxQueueName {
		return errors.New("put lane: the queue's name is longer than 1024 bytes")
	}
	return tx.write(tx.lanePath(k), r, due.row())
}

// DeleteLane removes a lane; a claim on it goes stale.
func (tx *Tx) DeleteLane(k LaneKey) error { return tx.remove(tx.lanePath(k)) }

// ScanLanes gives the lanes of a kind, and of one destination unless dest is "", in order of their keys, those behind
// after when that is not zero.
func (tx *Tx) ScanLanes(kind, dest string, after LaneKey) iter.Seq2[LaneItem, error] {
	prefix := K(kind)
	if dest != "" {
		prefix = prefix.Text(dest)
	}
	lo, hi := tx.bounds(areaLanes, prefix)
	if after != (LaneKey{}) {
		lo = max(lo, tx.lanePath(after)+"\x00")
	}
	return func(yield func(LaneItem, error) bool) {
		var broken error
		err := tx.scan(lo, hi, false, func(key string, c *change, value func() ([]byte, error)) bool {
			r, due, err := tx.open(key, c, value)
			if err != nil {
				broken = err
				return false
			}
			return yield(LaneItem{laneKeyOf(key[pathAt:]), r, due.due()}, nil)
		})
		if err = errors.Join(broken, err); err != nil {
			yield(LaneItem{}, fmt.Errorf("list lanes: %w", err))
		}
	}
}

// Check tells whether a token is good now, ErrStale if not, without settling.
func (tx *Tx) Check(t Token) error {
	if t.room != tx.room || !tx.room.lanes.holds(t) || tx.settledBefore(t) {
		return ErrStale
	}
	return nil
}

// Settle ends a claim: it writes the lane's row with its next due time in this transaction. ErrStale when the token
// is no longer good; then the closure should return that error. The row is not merged: where others may have written
// the lane since the claim, read it with Lane first.
func (tx *Tx) Settle(t Token, r Row, due Due) error {
	if len(due.Queue) > maxQueueName {
		return errors.New("settle lane: the queue's name is longer than 1024 bytes")
	}
	if err := tx.settle(t); err != nil {
		return err
	}
	return tx.write(physical(tx.room.number, areaLanes, t.path), r, due.row())
}

// SettleDelete ends a claim and removes the lane.
func (tx *Tx) SettleDelete(t Token) error {
	if err := tx.settle(t); err != nil {
		return err
	}
	return tx.remove(physical(tx.room.number, areaLanes, t.path))
}

func (tx *Tx) settle(t Token) error {
	if tx.own == nil {
		return ErrReadOnly
	}
	// The pin keeps the lane from being claimed again until this closure's fate is known.
	if t.room != tx.room || tx.settledBefore(t) || !tx.room.lanes.pin(t) {
		return ErrStale
	}
	tx.own.settled = append(tx.own.settled, t)
	return nil
}

func (tx *Tx) settledBefore(t Token) bool {
	return tx.own != nil && (slices.Contains(tx.own.settled, t) || slices.Contains(tx.batch.settled, t))
}

func (tx *Tx) lanePath(k LaneKey) string { return physical(tx.room.number, areaLanes, k.key().path) }

// Claim takes up to max lanes of a queue that are due at now, the longest due first. Each is this caller's alone until
// it is settled, released, or lease has passed. Nothing is written: after a restart all lanes are unclaimed. A row that
// cannot be read ends the store (Dead), as damage always does.
func (r *room) Claim(queue string, now time.Time, max int, lease time.Duration) []Claim {
	var claims []Claim
	for len(claims) < max {
		t, until, ok := r.lanes.claim(queue, now, lease)
		if !ok {
			break
		}
		t.room = r
		var row Row
		err := r.View(func(tx *Tx) (err error) {
			row, _, err = tx.read(physical(r.number, areaLanes, t.path))
			return err
		})
		switch {
		case errors.Is(err, ErrNotFound): // deleted a moment ago
			continue
		case errors.Is(err, ErrClosed):
			return nil
		case err != nil:
			r.store.die(fmt.Errorf("claim lane: %w", err))
			return nil
		}
		claims = append(claims, Claim{laneKeyOf(t.path), row, t, until})
	}
	return claims
}

// Release gives a claim back without a write: the lane is due again as it was, or, when a Due is given, at its At
// until the next write or restart.
func (r *room) Release(t Token, due ...Due) {
	at := int64(0)
	if len(due) > 0 {
		at = due[0].row().at
	}
	r.lanes.release(t, at)
	r.lanes.wake()
}

// Queues gives the queues that have lanes to claim at now, in no order.
func (r *room) Queues(now time.Time) []string { return r.lanes.due(now) }

// Wake makes every lane of a queue due now, without a write: contact was made, or somebody said "try now".
func (r *room) Wake(queue string) {
	r.lanes.rouse(queue)
	r.lanes.wake()
}

// WaitDue returns nil at once when a lane of any queue can be claimed, otherwise at the next due time or change of a
// lane; or the error of ctx, ErrClosed or ErrDead. Who cannot take more work should wait for a free hand instead.
func (r *room) WaitDue(ctx context.Context) error {
	changed := r.lanes.changes()
	next, ok := r.lanes.earliest()
	var due <-chan time.Time
	if ok {
		wait := next.Sub(r.store.now())
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.store.stopped:
		return r.store.stopError()
	case <-r.store.dead:
		return r.store.stopError()
	}
	return nil
}

// settle ends the claims of a committed batch.
func (s *Store) settle(tokens []Token) {
	for _, t := range tokens {
		t.room.lanes.end(t)
	}
}

// unpin gives claims back to their lease when the closure that settled them came to nothing.
func (s *Store) unpin(tokens []Token) {
	for _, t := range tokens {
		t.room.lanes.unpin(t)
	}
}
