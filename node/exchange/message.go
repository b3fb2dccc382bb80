package exchange

import (
	"fmt"

	"referworks/node/store"
	"referworks/protocol"
)

// A message row keeps for good what is signed: the token, the kid it was signed with, its content, and of a received
// message the receipt that we gave. Everything else is under the case.
type messageParts struct {
	token   []byte
	kid     string
	content protocol.Hash
	receipt []byte // packed ReceiptProof
	facts   []byte // of a later message: what the fold reads, and nothing about the person
	open    bool   // written after an erasure: it says nothing about the person, and its content is kept in the open

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

// row writes a message under a case; erased says that what is about the person is not kept any more.
func (m *messageParts) row(c store.CaseID, erased bool) store.Row {
	r := store.Row{Case: c, Kept: encode(messageForm, 256+len(m.token)+len(m.receipt), m.kept)}
	if !erased && !m.open {
		r.Private = encode(messageForm, 256+len(m.body)+len(m.raw)+len(m.report), m.private)
	}
	return r
}

func (m *messageParts) kept(c *coder) {
	octets(c, &m.token)
	text(c, &m.kid)
	c.hash(&m.content)
	octets(c, &m.receipt)
	octets(c, &m.facts)
	if c.flag(&m.open); m.open {
		octets(c, &m.salt)
		octets(c, &m.body)
	}
}

func (m *messageParts) private(c *coder) {
	octets(c, &m.salt)
	octets(c, &m.body)
	octets(c, &m.raw)
	octets(c, &m.report)
	text(c, &m.format)
	if blob := c.piece(m.blob[:]); len(blob) != len(m.blob) {
		c.fail()
	} else {
		copy(m.blob[:], blob)
	}
}

// readMessage gives a message row; its parts share the row. After an erasure what was under the case is empty and erased
// is true.
func readMessage(tx *store.Tx, key store.Key) (m *messageParts, erased bool, err error) {
	r, err := tx.Get(key)
	if err != nil {
		return nil, false, err
	}
	m = new(messageParts)
	err = decode(r.Kept, messageForm, m.kept)
	if err == nil && !r.Erased && !m.open {
		err = decode(r.Private, messageForm, m.private)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read message: %w", err)
	}
	return m, r.Erased && !m.open || m.open && len(m.body) == 0, nil
}

// given reads the receipt that we gave for a received message.
func (m *messageParts) given() (protocol.ReceiptProof, error) { return unpackProof(m.receipt) }
