package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"referworks/node/store"
	"referworks/protocol"
)

// The tree's hashes are numbered as tlog numbers them and lie in pages of 64, each one row, written once a batch.
const (
	tree     = "audit tree"
	pageSize = 64
)

// pages reads hashes through a transaction, each page once, and takes in new ones.
type pages struct {
	tx    *store.Tx
	read  map[uint64][]byte
	dirty map[uint64]bool
}

func pageKey(n uint64) store.Key { return store.K(tree).Number(n) }

func (p *pages) page(n uint64) ([]byte, error) {
	if b, ok := p.read[n]; ok {
		return b, nil
	}
	r, err := p.tx.Get(pageKey(n))
	if err != nil {
		return nil, fmt.Errorf("read page %d of the tree: %w", n, err)
	}
	p.read[n] = r.Kept
	return r.Kept, nil
}

// ReadHashes is tlog's reader.
func (p *pages) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		b, err := p.page(uint64(index) / pageSize)
		if err != nil {
			return nil, err
		}
		at := int(uint64(index)%pageSize) * tlog.HashSize
		if at+tlog.HashSize > len(b) {
			return nil, fmt.Errorf("read hash %d of the tree: %w", index, store.ErrIntegrity)
		}
		copy(hashes[i][:], b[at:])
	}
	return hashes, nil
}

// add appends the hash with this index, the next one.
func (p *pages) add(index int64, h tlog.Hash) error {
	n, at := uint64(index)/pageSize, int(uint64(index)%pageSize)*tlog.HashSize
	var b []byte
	if at > 0 {
		var err error
		if b, err = p.page(n); err != nil {
			return err
		}
	}
	if len(b) != at {
		return fmt.Errorf("add hash %d to the tree: %w", index, store.ErrIntegrity)
	}
	if !p.dirty[n] { // rows that were read are not altered
		b = append(make([]byte, 0, pageSize*tlog.HashSize), b...)
		p.dirty[n] = true
	}
	p.read[n] = append(b, h[:]...)
	return nil
}

// grow is the end-of-batch hook: it puts the batch's leaves into the tree.
func grow(tx *store.Tx, leaves [][]byte) error {
	end, err := tx.LogEnd(events)
	if err != nil {
		return err
	}
	p := &pages{tx: tx, read: map[uint64][]byte{}, dirty: map[uint64]bool{}}
	first := int64(end) - int64(len(leaves))
	for i, leaf := range leaves {
		n := first + int64(i)
		hashes, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(leaf), p)
		if err != nil {
			return err
		}
		for j, h := range hashes {
			if err := p.add(tlog.StoredHashIndex(0, n)+int64(j), h); err != nil {
				return err
			}
		}
	}
	for n := range p.dirty {
		if err := tx.Put(pageKey(n), store.Row{Kept: p.read[n]}); err != nil {
			return err
		}
	}
	return nil
}

// reading runs fn with the tree at its present size.
func reading(o *store.Org, fn func(p *pages, size uint64) error) error {
	return o.View(func(tx *store.Tx) error {
		size, err := tx.LogEnd(events)
		if err != nil {
			return err
		}
		return fn(&pages{tx: tx, read: map[uint64][]byte{}}, size)
	})
}

// Head gives the number of events and the root over them. An empty log has the zero root.
func Head(o *store.Org) (size uint64, root protocol.Hash, err error) {
	err = reading(o, func(p *pages, n uint64) error {
		size = n
		if n == 0 {
			return nil
		}
		h, err := tlog.TreeHash(int64(n), p)
		root = protocol.Hash(h)
		return err
	})
	if err != nil {
		return 0, protocol.Hash{}, fmt.Errorf("read the head of the audit log: %w", err)
	}
	return size, root, nil
}

// Prove gives the proof that event seq is in the log of the given size.
func Prove(o *store.Org, seq, size uint64) (proof []protocol.Hash, err error) {
	err = reading(o, func(p *pages, n uint64) error {
		if seq == 0 || seq > size || size > n {
			return store.ErrNotFound
		}
		hashes, err := tlog.ProveRecord(int64(size), int64(seq)-1, p)
		proof = texts(hashes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prove event %d of %d: %w", seq, size, err)
	}
	return proof, nil
}

// Verify checks what Prove gave, for an entry's Leaf and a head.
func Verify(leaf protocol.Hash, seq, size uint64, root protocol.Hash, proof []protocol.Hash) error {
	if seq == 0 || seq > size || size >= 1<<62 {
		return fmt.Errorf("verify event: number %d is not in a log of %d", seq, size)
	}
	err := tlog.CheckRecord(hashes(proof), int64(size), tlog.Hash(root), int64(seq)-1, tlog.RecordHash(leaf[:]))
	if err != nil {
		return fmt.Errorf("verify event %d of %d: %w", seq, size, err)
	}
	return nil
}

// ProveGrowth gives the proof that the log of size new begins with the log of size old.
func ProveGrowth(o *store.Org, old, new uint64) (proof []protocol.Hash, err error) {
	err = reading(o, func(p *pages, n uint64) error {
		if old == 0 || old > new || new > n {
			return store.ErrNotFound
		}
		hashes, err := tlog.ProveTree(int64(new), int64(old), p)
		proof = texts(hashes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prove growth from %d to %d: %w", old, new, err)
	}
	return proof, nil
}

// VerifyGrowth checks what ProveGrowth gave, for two heads.
func VerifyGrowth(old uint64, oldRoot protocol.Hash, new uint64, newRoot protocol.Hash, proof []protocol.Hash) error {
	if old == 0 || old > new || new >= 1<<62 {
		return fmt.Errorf("verify growth: sizes %d and %d do not fit", old, new)
	}
	err := tlog.CheckTree(hashes(proof), int64(new), tlog.Hash(newRoot), int64(old), tlog.Hash(oldRoot))
	if err != nil {
		return fmt.Errorf("verify growth from %d to %d: %w", old, new, err)
	}
	return nil
}

func texts(in []tlog.Hash) []protocol.Hash {
	out := make([]protocol.Hash, len(in))
	for i, h := range in {
		out[i] = protocol.Hash(h)
	}
	return out
}

func hashes(in []protocol.Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(in))
	for i, h := range in {
		out[i] = tlog.Hash(h)
	}
	return out
}
