package exchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// served is how many chunks of a file a partner asked for since the start; nothing of it is stored.
type served struct {
	mu      sync.Mutex
	done    map[store.Key]int64
	pending map[store.LaneKey]int64 // of all files of a thread, when its message was last answered "pending"
}

func (s *served) note(key store.Key, chunks int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil || len(s.done) > 10_000 {
		s.done = map[store.Key]int64{}
	}
	s.done[key] = max(s.done[key], chunks)
}

func (s *served) of(key store.Key) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[key]
}

// moved tells whether chunks of the thread's files went over since its message was last answered "pending".
func (d *Desk) moved(s *step) bool {
	total := int64(0)
	err := d.org.View(func(tx *store.Tx) error {
		all, err := filesOf(tx, s.to, s.thread.Referral)
		for _, f := range all {
			if f.by == ours {
				total += d.served.of(f.key)
			}
		}
		return err
	})
	d.served.mu.Lock()
	defer d.served.mu.Unlock()
	before := d.served.pending[s.claim.Key]
	if d.served.pending == nil || len(d.served.pending) > 10_000 {
		d.served.pending = map[store.LaneKey]int64{}
	}
	d.served.pending[s.claim.Key] = total
	return err == nil && total > before
}

// servedOf is how many bytes of a file of ours went over.
func (d *Desk) servedOf(t *thread, f *fileRow) int64 {
	if t.Sending == 0 && !t.Acts.any() || f.Seq > 0 && f.Seq < t.Sending { // the partner has it
		return f.Size
	}
	return min(d.served.of(f.key)*protocol.MaxChunk, f.Size)
}

// Chunk gives a partner one sealed chunk of a file that a message of ours to it lists, and whether it is the last. The
// grant is asked as for the message itself; what is not permitted and what is not there get one answer. Errors are a
// *protocol.Error.
func (d *Desk) Chunk(_ context.Context, ask protocol.ChunksAsk, index int64) (c protocol.Chunk, last bool, err error) {
	pair, ok := d.book.Current(ask.From)
	if !ok || pair.MayAnswer() != nil {
		return c, false, &protocol.Error{Code: protocol.CodeRefused}
	}
	key := fileKey(ask.From, ask.Referral, ours, ask.Root)
	var f *file
	err = d.org.View(func(tx *store.Tx) error {
		row, _, err := tx.Lane(laneOf(ask.From, ask.Referral))
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		if err := pair.MaySend(partner.Move{Terms: t.Terms}, d.now()); err != nil && !d.off.standing {
			return err
		}
		if row, err = tx.Get(key); err != nil {
			return err
		}
		f, err = readFile(row)
		return err
	})
	var no *protocol.Error
	switch {
	case errors.As(err, &no) && no.Code.Class() == protocol.Hold:
		return c, false, no
	case errors.As(err, &no), errors.Is(err, store.ErrNotFound):
		return c, false, &protocol.Error{Code: protocol.CodeRefused}
	case err != nil:
		return c, false, d.unserved(ask, err)
	case f.erased || f.State != FileHere:
		return c, false, &protocol.Error{Code: protocol.CodeFile}
	}
	n := crypto.Chunks(f.Size)
	if index < 0 || index >= n || n != int64(len(f.Leaves)) {
		return c, false, &protocol.Error{Code: protocol.CodeSchema}
	}
	plain, err := d.readChunk(&f.content, index)
	if err != nil {
		return c, false, d.unserved(ask, err)
	}
	last = index == n-1
	c.Index, c.Path = index, crypto.ChunkPath(f.Leaves, index)
	c.Sealed = crypto.NewFileSealer(f.Key).Seal(nil, index, last, plain)
	d.spoil(&c, ask.Referral)
	if d.served.note(key, index+1); last { // then the message itself can be taken
		time.AfterFunc(200*time.Millisecond, func() {
			d.org.Wake(netQueue(ask.From))
			signal(d.outbox)
		})
	}
	return c, last, nil
}

// unserved logs why a chunk could not be read; the partner comes again.
func (d *Desk) unserved(ask protocol.ChunksAsk, err error) error {
	if errors.Is(err, store.ErrErased) {
		return &protocol.Error{Code: protocol.CodeFile}
	}
	d.log.Error("could not read a file for a partner", "partner", string(ask.From), "error", err)
	return &protocol.Error{Code: protocol.CodeStorage, Cause: fmt.Errorf("serve chunk: %w", err)}
}
