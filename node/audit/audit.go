// Package audit keeps an organization's history: an append-only Merkle log whose leaves are salted commitments to
// events, written in the transaction of the change. The events are the organization's event stream too. It promises
// that an event cannot be altered or taken out without the head changing, and that erasing a case makes the details of
// its events unreadable while every leaf and proof stays valid.
package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/node/store"
	"referworks/protocol"
)

// Event is something that happened in one organization. All but Details is kept for good, so Actor and Subject must
// be ids and carry no personal data.
type Event struct {
	At      int64        `json:"at"` // ms since 1970
	Actor   string       `json:"actor,omitempty"`
	Kind    string       `json:"kind"`
	Subject string       `json:"subject,omitempty"`
	Case    store.CaseID `json:"-"`
	// Details are sealed under Case when there is one, and go with it. Without a case they are kept for good.
	Details []byte `json:"-"`
}

// Entry is an event in the log.
type Entry struct {
	Seq uint64 // 1, 2, 3 … without a gap
	Event
	Erased bool          // the case was erased: Details are gone
	Leaf   protocol.Hash // what the tree holds for this event
}

const (
	events   = "events" // the store's log
	maxText  = 1 << 10
	saltSize = 16
)

// An event's kept part is {salt, commitment to the details or the zero hash, head as JSON}, and the leaf is its hash:
// the head stays provable after an erasure. The private part is {salt, details}, and its hash is the commitment; its
// salt is erased with it, so that nobody can find the details by guessing.
type head struct {
	Event
	Open []byte `json:"details,omitempty"` // details of an event without a case
}

// Record adds an event in the transaction of the change it tells of and gives its sequence number. With two tree rows
// a batch, an event is one row.
func Record(tx *store.Tx, e Event) (uint64, error) {
	if len(e.Actor) > maxText || len(e.Subject) > maxText || len(e.Kind) > maxText || e.Kind == "" {
		return 0, errors.New("record event: kind, actor or subject is missing or longer than 1024 bytes")
	}
	row := store.Row{Case: e.Case}
	var commitment protocol.Hash
	h := head{Event: e}
	if e.Case.IsZero() {
		h.Open = e.Details
	} else {
		row.Private = make([]byte, saltSize, saltSize+len(e.Details))
		rand.Read(row.Private)
		row.Private = append(row.Private, e.Details...)
		commitment = sha256.Sum256(row.Private)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return 0, fmt.Errorf("record event: %w", err)
	}
	row.Kept = make([]byte, saltSize, saltSize+len(commitment)+len(text))
	rand.Read(row.Kept)
	row.Kept = append(append(row.Kept, commitment[:]...), text...)
	leaf := leafOf(row.Kept)
	seq, err := tx.Append(events, row)
	if err != nil {
		return 0, fmt.Errorf("record event: %w", err)
	}
	return seq, tx.AtBatchEnd(tree, leaf[:], grow)
}

func leafOf(kept []byte) protocol.Hash {
	return sha256.Sum256(append([]byte("referworks audit leaf 1\n"), kept...))
}

// parse reads an event back and checks its details against the leaf.
func parse(e store.Entry) (Entry, error) {
	broken := fmt.Errorf("read event %d: %w", e.Seq, store.ErrIntegrity)
	if len(e.Row.Kept) < saltSize+sha256.Size {
		return Entry{}, broken
	}
	var h head
	if err := json.Unmarshal(e.Row.Kept[saltSize+sha256.Size:], &h); err != nil {
		return Entry{}, broken
	}
	out := Entry{Seq: e.Seq, Event: h.Event, Erased: e.Row.Erased, Leaf: leafOf(e.Row.Kept)}
	out.Case = e.Row.Case
	commitment := protocol.Hash(e.Row.Kept[saltSize : saltSize+sha256.Size])
	switch {
	case e.Row.Case.IsZero():
		out.Details = h.Open
	case !e.Row.Erased:
		if len(e.Row.Private) < saltSize || sha256.Sum256(e.Row.Private) != commitment {
			return Entry{}, broken
		}
		out.Details = e.Row.Private[saltSize:]
	}
	return out, nil
}

// List gives up to limit events behind after, in order: the event stream, resumed by the last sequence number seen.
func List(o *store.Org, after uint64, limit int) ([]Entry, error) {
	return list(o, func(tx *store.Tx) entries { return tx.Log(events, after) }, limit)
}

// ListBack gives up to limit events in front of before, the newest first; 0 begins at the end.
func ListBack(o *store.Org, before uint64, limit int) ([]Entry, error) {
	return list(o, func(tx *store.Tx) entries { return tx.LogBack(events, before) }, limit)
}

type entries = func(func(store.Entry, error) bool)

func list(o *store.Org, from func(*store.Tx) entries, limit int) ([]Entry, error) {
	var all []Entry
	err := o.View(func(tx *store.Tx) error {
		if limit <= 0 {
			return nil
		}
		for e, err := range from(tx) {
			if err != nil {
				return err
			}
			entry, err := parse(e)
			if err != nil {
				return err
			}
			if all = append(all, entry); len(all) == limit {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return all, nil
}

// Wait returns nil once there is an event behind after; or the error of ctx, store.ErrClosed or store.ErrDead. It keeps
// nothing between calls: a reader that is slow misses nothing and holds nothing up.
func Wait(ctx context.Context, o *store.Org, after uint64) error {
	return o.WaitLog(ctx, events, after)
}
