package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// sum is a number mod 2^256 as four words, the lowest first: the sum of the digests of all live rows. It changes
// by the rows of a batch alone, and a row that is missing, old, doubled or replaced changes it.
type sum [4]uint64

func (s *sum) add(d [32]byte) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], binary.BigEndian.Uint64(d[24-8*i:]), carry)
	}
}

func (s *sum) subtract(d [32]byte) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], binary.BigEndian.Uint64(d[24-8*i:]), borrow)
	}
}

func (s *sum) addSum(o sum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
}

// digest is SHA-256 over a row's key and tag. The tag of a sealed row is its head with both authentication tags;
// the tag of a key row is the row.
func digest(key string, value []byte) [32]byte {
	if len(value) >= bodyAt && value[0] == formatRow {
		value = value[:lengthAt]
	}
	var buf [256]byte
	b := binary.BigEndian.AppendUint32(buf[:0], uint32(len(key)))
	b = append(b, key...)
	return sha256.Sum256(append(b, value...))
}

// batchRow is the one row outside its own count and sum: which batch the store is at, the hash of the row before
// it, and what must be there.
type batchRow struct {
	n    uint64
	prev [32]byte // hash of the batch row n-1
	rows uint64
	sum  sum
}

const (
	formatBatch  = 3
	batchRowSize = 1 + 8 + 32 + 8 + 32
)

func (r batchRow) encode() []byte {
	b := make([]byte, 0, batchRowSize)
	b = append(b, formatBatch)
	b = binary.BigEndian.AppendUint64(b, r.n)
	b = append(b, r.prev[:]...)
	b = binary.BigEndian.AppendUint64(b, r.rows)
	for _, w := range r.sum {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return b
}

func (r batchRow) hash() [32]byte { return sha256.Sum256(r.encode()) }

func decodeBatchRow(b []byte) (r batchRow, err error) {
	if len(b) != batchRowSize || b[0] != formatBatch {
		return r, fmt.Errorf("read batch row: %w", ErrIntegrity)
	}
	r.n = binary.BigEndian.Uint64(b[1:])
	copy(r.prev[:], b[9:])
	r.rows = binary.BigEndian.Uint64(b[41:])
	for i := range r.sum {
		r.sum[i] = binary.BigEndian.Uint64(b[49+8*i:])
	}
	return r, nil
}
