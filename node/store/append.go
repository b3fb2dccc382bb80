package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"sync"
)

// Append adds a row to a log of the room and gives its sequence number: 1, 2, 3 … without a gap for each log, since
// a closure that is not committed uses none. Rows of a log are never altered or removed.
func (tx *Tx) Append(log string, r Row) (uint64, error) {
	if tx.own == nil {
		return 0, ErrReadOnly
	}
	prefix := tx.logPrefix(log)
	n, err := tx.nextIn(prefix)
	if err != nil {
		return 0, err
	}
	if err := tx.write(logKey(prefix, n), r, dueRow{}); err != nil {
		return 0, err
	}
	tx.own.next[prefix] = n + 1
	return n, nil
}

// LogRow gives one row of a log, or ErrNotFound.
func (tx *Tx) LogRow(log string, seq uint64) (Row, error) {
	r, _, err := tx.read(logKey(tx.logPrefix(log), seq))
	return r, err
}

// LogEnd gives the last sequence number of a log, 0 when it is empty.
func (tx *Tx) LogEnd(log string) (uint64, error) {
	n, err := tx.nextIn(tx.logPrefix(log))
	return n - 1, err
}

// Entry is a row of a log.
type Entry struct {
	Seq uint64
	Row Row
}

// Log gives the rows of a log behind after, in order.
func (tx *Tx) Log(log string, after uint64) iter.Seq2[Entry, error] {
	prefix := tx.logPrefix(log)
	return tx.entries(logKey(prefix, after+1), prefixEnd(prefix), false)
}

// LogBack gives the rows of a log in front of before, the newest first; 0 begins at the end.
func (tx *Tx) LogBack(log string, before uint64) iter.Seq2[Entry, error] {
	prefix := tx.logPrefix(log)
	hi := prefixEnd(prefix)
	if before != 0 {
		hi = logKey(prefix, before)
	}
	return tx.entries(prefix, hi, true)
}

func (tx *Tx) entries(lo, hi string, back bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for it, err := range tx.items(lo, hi, back) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(Entry{it.Key.NumberAt(1), it.Row}, nil) {
				return
			}
		}
	}
}

func (tx *Tx) logPrefix(log string) string {
	return physical(tx.room.number, areaLogs, K(log).path)
}

func logKey(prefix string, seq uint64) string {
	b := append([]byte(prefix), markNumber)
	return string(binary.BigEndian.AppendUint64(b, seq))
}

// nextIn gives the number that the next Append will use.
func (tx *Tx) nextIn(prefix string) (uint64, error) {
	if tx.own != nil {
		if n, ok := tx.own.next[prefix]; ok {
			return n, nil
		}
		if n, ok := tx.batch.next[prefix]; ok {
			return n, nil
		}
		if n, ok := tx.room.store.next[prefix]; ok { // only the writer goroutine comes here
			return n, nil
		}
	}
	last := uint64(0)
	err := tx.snap.scan(prefix, prefixEnd(prefix), true, func(key string, _ func() ([]byte, error)) bool {
		last = binary.BigEndian.Uint64([]byte(key[len(key)-8:]))
		return false
	})
	if err != nil {
		return 0, fmt.Errorf("find the end of a log: %w", err)
	}
	if tx.own != nil {
		tx.own.next[prefix] = last + 1
	}
	return last + 1, nil
}

// tails tells readers of logs that there is more. The mutex guards both fields.
type tails struct {
	mu    sync.Mutex
	grown chan struct{} // closed and replaced at each batch that appended
}

func (t *tails) wait() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grown == nil {
		t.grown = make(chan struct{})
	}
	return t.grown
}

func (t *tails) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grown != nil {
		close(t.grown)
		t.grown = nil
	}
}

// WaitLog returns nil once the log holds a row behind after, or the error of ctx, ErrClosed or ErrDead.
func (r *room) WaitLog(ctx context.Context, log string, after uint64) error {
	for {
		grown := r.tails.wait() // before reading, so that nothing is missed in between
		var end uint64
		err := r.View(func(tx *Tx) (err error) {
			end, err = tx.LogEnd(log)
			return err
		})
		if err != nil || end > after {
			return err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		case <-r.store.stopped:
			return r.store.stopError()
		case <-r.store.dead:
			return r.store.stopError()
		}
	}
}
