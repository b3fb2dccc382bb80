package exchange

import (
	"encoding/binary"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// A message row keeps for good what is signed: the token, the kid it was signed with, its content, and of a received
// message the receipt that we gave. Everything else is under the case.
type messageParts struct {
	token   []byte
	kid     string
	content protocol.Hash
	receipt []byte // canonical ReceiptProof

	salt, body, raw, report []byte
	format                  string       // of raw
	blob                    store.BlobID // raw, when it is large
}

// author says whose message a row holds.
type author string

const (
	ours   author = "ours"
	theirs author = "theirs"
)

func messageKey(p protocol.OrgID, id protocol.ReferralID, by author, seq int64) store.Key {
	return store.K("message", string(p), string(id), string(by)).Number(uint64(seq))
}

func (m *message) row(c store.CaseID) store.Row {
	m.parts.token, m.parts.content = m.signed.Token, m.signed.Content
	return m.parts.row(c)
}

func (m *messageParts) row(c store.CaseID) store.Row {
	r := store.Row{Case: c, Kept: pack(m.token, []byte(m.kid), m.content[:], m.receipt)}
	if !c.IsZero() {
		r.Private = pack(m.salt, m.body, m.raw, m.report, []byte(m.format), m.blob[:])
	}
	return r
}

// readMessage gives a message row. After an erasure what was under the case is empty and erased is true.
func readMessage(tx *store.Tx, key store.Key) (m *messageParts, erased bool, err error) {
	r, err := tx.Get(key)
	if err != nil {
		return nil, false, err
	}
	kept, err := unpack(r.Kept, 4)
	if err != nil || len(kept[2]) != len(protocol.Hash{}) {
		return nil, false, errMessage
	}
	m = &messageParts{token: kept[0], kid: string(kept[1]), content: protocol.Hash(kept[2]), receipt: kept[3]}
	if r.Erased {
		return m, true, nil
	}
	p, err := unpack(r.Private, 6)
	if err != nil || len(p[5]) != len(store.BlobID{}) {
		return nil, false, errMessage
	}
	m.salt, m.body, m.raw, m.report, m.format, m.blob = p[0], p[1], p[2], p[3], string(p[4]), store.BlobID(p[5])
	return m, false, nil
}

// given reads the receipt that we gave for a received message.
func (m *messageParts) given() (p protocol.ReceiptProof, err error) {
	if err = crypto.Unmarshal(m.receipt, &p); err != nil {
		err = fmt.Errorf("read receipt: %w", err)
	}
	return p, err
}

var errMessage = fmt.Errorf("read message: it is not as it was written: %w", store.ErrIntegrity)

// pack joins fields, each behind its length.
func pack(fields ...[]byte) []byte {
	n := 0
	for _, f := range fields {
		n += binary.MaxVarintLen32 + len(f)
	}
	b := make([]byte, 0, n)
	for _, f := range fields {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	return b
}

// unpack reads exactly n fields. They share b.
func unpack(b []byte, n int) ([][]byte, error) {
	fields := make([][]byte, n)
	for i := range fields {
		size, k := binary.Uvarint(b)
		if k <= 0 || uint64(len(b)-k) < size {
			return nil, errors.New("unpack: a field is longer than the row")
		}
		fields[i], b = b[k:k+int(size)], b[k+int(size):]
	}
	if len(b) > 0 {
		return nil, errors.New("unpack: there is more than there should be")
	}
	return fields, nil
}
