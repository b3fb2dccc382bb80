package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"referworks/node/store"
)

// The workload of the crash tests: each worker does step after step, and the state after step k is known, so that a
// reader can tell which step a worker is at and whether the store holds exactly that. A step writes a message under a
// case of its own, the worker's lane, an event, and removes or erases what is four steps old.
const (
	window = 4
	canary = "Fernanda Quistgaard-Okonjo"
)

func payload(worker, step uint64) []byte {
	r := rand.New(rand.NewPCG(worker, step))
	b := make([]byte, 100+r.IntN(6000))
	for i := 0; i < len(b); i += 8 {
		var w [8]byte
		binary.BigEndian.PutUint64(w[:], r.Uint64())
		copy(b[i:], w[:])
	}
	copy(b, canary)
	return b
}

func messageKey(worker, step uint64) store.Key { return store.K("message").Number(worker).Number(step) }

func laneOf(worker uint64) store.LaneKey {
	return store.LaneKey{Kind: "thread", Dest: fmt.Sprint(worker), ID: "1"}
}

func event(worker, step uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, worker), step)
}

// doStep does one step; nil means acknowledged.
func doStep(o *store.Org, worker, step uint64) error {
	return o.Update(context.Background(), func(tx *store.Tx) error {
		c, err := tx.NewCase()
		if err != nil {
			return err
		}
		b := payload(worker, step)
		if err := tx.Put(messageKey(worker, step), store.Row{Kept: b[:50], Case: c, Private: b[50:]}); err != nil {
			return err
		}
		due := store.Due{At: time.UnixMilli(int64(step)), Queue: "queue"}
		if err := tx.PutLane(laneOf(worker), store.Row{Kept: event(worker, step)}, due); err != nil {
			return err
		}
		if _, err := tx.Append("events", store.Row{Kept: event(worker, step)}); err != nil {
			return err
		}
		if step <= window {
			return nil
		}
		return tx.Delete(messageKey(worker, step-window))
	})
}

// stepOf gives the step a worker is at, 0 before the first, or an error when the store does not hold exactly that.
func stepOf(tx *store.Tx, worker uint64) (uint64, error) {
	lane, _, err := tx.Lane(laneOf(worker))
	step := uint64(0)
	if err == nil && len(lane.Kept) == 16 {
		step = binary.BigEndian.Uint64(lane.Kept[8:])
	} else if !errors.Is(err, store.ErrNotFound) {
		return 0, fmt.Errorf("worker %d: lane %q, %v", worker, lane.Kept, err)
	}
	want := uint64(1)
	if step > window {
		want = step - window + 1
	}
	for it, err := range tx.Scan(store.K("message").Number(worker), store.Key{}) {
		if err != nil {
			return 0, fmt.Errorf("worker %d: %w", worker, err)
		}
		n := it.Key.NumberAt(2)
		b := payload(worker, n)
		if n != want || !bytes.Equal(it.Row.Kept, b[:50]) || !bytes.Equal(it.Row.Private, b[50:]) {
			return 0, fmt.Errorf("worker %d at step %d: message %d where %d must be, or altered", worker, step, n, want)
		}
		want++
	}
	if want != step+1 {
		return 0, fmt.Errorf("worker %d at step %d: messages end with %d", worker, step, want-1)
	}
	return step, nil
}

// stepsOf gives the steps of all workers and checks the log of events against them.
func stepsOf(o *store.Org, workers int) ([]uint64, error) {
	steps := make([]uint64, workers)
	err := o.View(func(tx *store.Tx) error {
		for w := range steps {
			var err error
			if steps[w], err = stepOf(tx, uint64(w)); err != nil {
				return err
			}
		}
		seen := make([]uint64, workers)
		seq := uint64(0)
		for e, err := range tx.Log("events", 0) {
			if err != nil {
				return err
			}
			seq++
			w := binary.BigEndian.Uint64(e.Row.Kept)
			seen[w]++
			if e.Seq != seq || binary.BigEndian.Uint64(e.Row.Kept[8:]) != seen[w] {
				return fmt.Errorf("event %d of worker %d where %d and %d must be", e.Seq, w, seq, seen[w])
			}
		}
		for w := range steps {
			if seen[w] != steps[w] {
				return fmt.Errorf("worker %d at step %d has %d events", w, steps[w], seen[w])
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	lanes := 0
	for _, s := range steps {
		if s > 0 {
			lanes++
		}
	}
	if claims := o.Claim("queue", time.UnixMilli(1<<50), workers+1, time.Minute); len(claims) != lanes {
		return nil, fmt.Errorf("%d lanes have work and %d must", len(claims), lanes)
	}
	return steps, nil
}
