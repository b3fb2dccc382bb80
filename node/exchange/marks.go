package exchange

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"referworks/node/store"
	"referworks/protocol"
)

// Each side of a pair says in one hash which threads it holds and how far: so two nodes find out at every hello, for the
// price of 32 bytes, whether one of them lost something, for instance because it was restored from a backup. Only when the
// hashes differ are marks compared, and only what is missing is pulled (docs/protocol.md, section 12).

// mark is how far a thread is certain: for each side the highest seq that the other one gave a receipt for.
type mark struct{ ours, theirs int64 }

func (t *thread) mark() mark {
	m := mark{t.OurSeq, t.TheirSeq}
	if t.Sending > 0 {
		m.ours = t.Sending - 1
	}
	if t.Out && m.theirs == 0 && (t.State == protocol.TurnedAway || t.State == protocol.Undeliverable) {
		m.ours = 0 // the partner holds no such thread, or nobody knows
	}
	return m
}

// sum adds up marks, mod 2^256, the least significant word first.
type sum [4]uint64

func (s *sum) add(o sum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
}

func (s *sum) subtract(o sum) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
}

func sumOf(h protocol.Hash) (s sum) {
	for i := range s {
		s[i] = binary.BigEndian.Uint64(h[24-8*i:])
	}
	return s
}

func (s sum) hash() (h protocol.Hash) {
	for i := range s {
		binary.BigEndian.PutUint64(h[24-8*i:], s[i])
	}
	return h
}

// of is a thread's part of the sum: the same at both sides. A thread that nobody has a receipt for has none.
func (d *Desk) partOf(t *thread, m mark) sum {
	if m == (mark{}) {
		return sum{}
	}
	first, second := m.ours, m.theirs
	if t.Partner < d.self.OrgID() {
		first, second = second, first
	}
	b := append([]byte("referworks thread 1\x00"), t.Referral...)
	b = binary.BigEndian.AppendUint64(append(b, 0), uint64(first))
	b = binary.BigEndian.AppendUint64(b, uint64(second))
	return sumOf(sha256.Sum256(b))
}

func marksKey(p protocol.OrgID) store.Key { return store.K("marks", string(p)) }

// marked keeps the pair's sum when a thread's mark changed: once a batch.
func (d *Desk) marked(tx *store.Tx, t *thread, before mark) error {
	after := t.mark()
	if after == before {
		return nil
	}
	delta := d.partOf(t, after)
	delta.subtract(d.partOf(t, before))
	h := delta.hash()
	return tx.AtBatchEnd("marks", append(h[:], t.Partner...), foldMarks)
}

func foldMarks(tx *store.Tx, items [][]byte) error {
	sums := map[protocol.OrgID]sum{}
	var order []protocol.OrgID
	for _, b := range items {
		p := protocol.OrgID(b[32:])
		s, there := sums[p]
		if !there {
			order = append(order, p)
		}
		s.add(sumOf(protocol.Hash(b[:32])))
		sums[p] = s
	}
	for _, p := range order {
		s, err := marksOf(tx, p)
		if err != nil {
			return err
		}
		s.add(sums[p])
		h := s.hash()
		if err := tx.Put(marksKey(p), store.Row{Kept: h[:]}); err != nil {
			return err
		}
	}
	return nil
}

func marksOf(tx *store.Tx, p protocol.OrgID) (sum, error) {
	r, err := tx.Get(marksKey(p))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return sum{}, nil
	case err != nil:
		return sum{}, err
	case len(r.Kept) != 32:
		return sum{}, errRow
	}
	return sumOf(protocol.Hash(r.Kept)), nil
}

// ThreadsHash is what we hold of the threads with a partner, in one hash; zero when there is none.
func (d *Desk) ThreadsHash(p protocol.OrgID) (h protocol.Hash, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		s, err := marksOf(tx, p)
		h = s.hash()
		return err
	})
	return h, err
}

// maxMarks is how many marks a page has.
const maxMarks = 256

// Threads gives a page of the marks of the threads with a partner, the newest first.
func (d *Desk) ThreadMarks(ask protocol.ThreadsAsk) (protocol.Threads, error) {
	out := protocol.Threads{V: protocol.Version, Rows: []protocol.ThreadMark{}}
	err := d.org.View(func(tx *store.Tx) error {
		after := store.LaneKey{}
		if ask.After != "" {
			after = laneOf(ask.From, ask.After)
		}
		for it, err := range tx.ScanLanes(threadKind, string(ask.From), after) {
			if err != nil {
				return err
			}
			t, _, err := readThread(it.Row)
			if err != nil {
				return err
			}
			m := t.mark()
			if m == (mark{}) {
				continue
			}
			if len(out.Rows) == maxMarks {
				out.More = true
				return nil
			}
			out.Rows = append(out.Rows, protocol.ThreadMark{Referral: t.Referral, Mine: m.ours, Yours: m.theirs})
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("list threads: %w", err)
	}
	return out, nil
}

// Lacks compares a page of a partner's marks with what is here and says what to ask for.
func (d *Desk) Lacks(p protocol.OrgID, page protocol.Threads) (asks []protocol.PullAsk, err error) {
	ask := func(id protocol.ReferralID, by protocol.OrgID, after int64) {
		asks = append(asks, protocol.PullAsk{V: protocol.Version, From: d.self.OrgID(), To: p, Referral: id, By: by, After: after})
	}
	err = d.org.View(func(tx *store.Tx) error {
		for _, r := range page.Rows {
			row, _, err := tx.Lane(laneOf(p, r.Referral))
			t := &thread{}
			if err == nil {
				t, _, err = readThread(row)
			} else if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			if err != nil {
				return err
			}
			if r.Yours > t.OurSeq {
				ask(r.Referral, d.self.OrgID(), t.OurSeq)
			}
			if r.Mine > t.TheirSeq {
				ask(r.Referral, p, t.TheirSeq)
			}
		}
		return nil
	})
	slices.SortStableFunc(asks, func(a, b protocol.PullAsk) int { // who opened a thread is not known: the one with a first message comes first
		return int(min(a.After, 1) - min(b.After, 1))
	})
	return asks, err
}
