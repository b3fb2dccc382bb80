package exchange

import (
	"encoding/binary"
	"fmt"
	"math"

	"referworks/node/store"
	"referworks/protocol"
)

// coder writes or reads the members of a row one after another, so that one list of members does both and the two
// cannot differ. Numbers are varints, everything else stands behind its length. A row begins with the number of its
// form. Bytes that are read share the row.
type coder struct {
	b       []byte
	reading bool
	err     error
}

// errRow is a row that is not as it was written.
var errRow = fmt.Errorf("read row: it is not as it was written: %w", store.ErrIntegrity)

// encode writes a row of the given form; fields names its members.
func encode(form int64, size int, fields func(*coder)) []byte {
	c := &coder{b: make([]byte, 0, size)}
	c.number(&form)
	fields(c)
	return c.b
}

// decode reads a row that encode wrote, to its last byte.
func decode(b []byte, form int64, fields func(*coder)) error {
	c := &coder{b: b, reading: true}
	var found int64
	c.number(&found)
	if c.err == nil && found != form {
		return fmt.Errorf("%w: it has form %d, and form %d is read here", errRow, found, form)
	}
	fields(c)
	if c.err == nil && len(c.b) > 0 {
		c.err = errRow
	}
	return c.err
}

func (c *coder) number(v *int64) {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, *v)
		return
	}
	n, k := binary.Varint(c.b)
	if k <= 0 || k > 1 && c.b[k-1] == 0 { // the second: longer than need be
		c.fail()
		return
	}
	*v, c.b = n, c.b[k:]
}

func (c *coder) count(v *int) {
	n := int64(*v)
	c.number(&n)
	if n < math.MinInt32 || n > math.MaxInt32 {
		c.fail()
		return
	}
	*v = int(n)
}

func (c *coder) flag(v *bool) {
	var n int64
	if *v {
		n = 1
	}
	c.number(&n)
	if n != 0 && n != 1 {
		c.fail()
	}
	*v = n == 1
}

// piece is one member behind its length; it shares the row.
func (c *coder) piece(v []byte) []byte {
	if !c.reading {
		c.b = append(binary.AppendUvarint(c.b, uint64(len(v))), v...)
		return v
	}
	size, k := binary.Uvarint(c.b)
	if k <= 0 || k > 1 && c.b[k-1] == 0 || uint64(len(c.b)-k) < size {
		c.fail()
		return nil
	}
	v, c.b = c.b[k:k+int(size):k+int(size)], c.b[k+int(size):]
	return v
}

// hash is empty when it is zero.
func (c *coder) hash(v *protocol.Hash) {
	var b []byte
	if !c.reading && !v.IsZero() {
		b = v[:]
	}
	switch b = c.piece(b); {
	case !c.reading || len(b) == 0:
	case len(b) != len(v):
		c.fail()
	default:
		if copy(v[:], b); v.IsZero() {
			c.fail()
		}
	}
}

func (c *coder) fail() {
	if c.err == nil {
		c.err = errRow
	}
	c.b = nil
}

func text[T ~string](c *coder, v *T) {
	if !c.reading {
		c.b = append(binary.AppendUvarint(c.b, uint64(len(*v))), *v...)
		return
	}
	*v = T(c.piece(nil))
}

func octets[T ~[]byte](c *coder, v *T) {
	if b := c.piece([]byte(*v)); c.reading && len(b) > 0 {
		*v = T(b)
	}
}

// list is the number of a list's items, then each by one; an item takes at least a byte.
func list[T any](c *coder, v *[]T, one func(*coder, *T)) {
	n := len(*v)
	c.count(&n)
	if c.reading {
		if n < 0 || n > len(c.b) {
			c.fail()
			return
		}
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		one(c, &(*v)[i])
	}
}

// Forms of rows. A new form gets a new number, and the old one stays readable.
const (
	threadForm  = 1
	proofForm   = 1
	messageForm = 1
	gistForm    = 1
	noteForm    = 1
)

// packProof writes a receipt as it is kept: exactly its members, in less than half of the bytes of its JSON.
func packProof(p *protocol.ReceiptProof) []byte {
	return encode(proofForm, 640, func(c *coder) { proofFields(c, p) })
}

func unpackProof(b []byte) (p protocol.ReceiptProof, err error) {
	p.Path = []protocol.Hash{}
	if err = decode(b, proofForm, func(c *coder) { proofFields(c, &p) }); err != nil {
		err = fmt.Errorf("read receipt: %w", err)
	}
	return p, err
}

func proofFields(c *coder, p *protocol.ReceiptProof) {
	r := &p.Receipt
	c.count(&r.V)
	text(c, &r.From)
	text(c, &r.To)
	text(c, &r.Referral)
	c.number(&r.Seq)
	c.hash(&r.Manifest)
	text(c, &r.Level)
	c.number(&r.At)
	c.hash(&r.Charter)
	c.hash(&r.Note)
	text(c, &r.Code)
	c.number(&r.RetryAt)
	octets(c, &r.Salt)
	c.number(&p.Index)
	list(c, &p.Path, func(c *coder, h *protocol.Hash) { c.hash(h) })
	text(c, &p.JWS)
}
