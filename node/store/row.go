package store

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"referworks/protocol"
)

// Row is what is stored under a key: up to two parts, sealed under different keys.
type Row struct {
	// Kept is sealed under the organization's data key, which is never erased: manifests, receipts, settings.
	Kept []byte
	// Case is the case that Private belongs to; a row may belong to a case and have no Private.
	Case CaseID
	// Private is sealed under the key of Case, and is gone when the case is erased.
	Private []byte
	// Erased tells, on reading, that the case was erased: Private is nil and stays so. Ignored by writes.
	Erased bool
}

// CaseID names a case: one posted or received document with all that belongs to it. It is random.
type CaseID [16]byte

// BlobID names a blob. It is random.
type BlobID [16]byte

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// IsZero tells that there is no case.
func (id CaseID) IsZero() bool { return id == CaseID{} }

func (id CaseID) String() string { return lower32.EncodeToString(id[:]) }

// MarshalText writes 26 lower-case letters and digits, or nothing for the zero id.
func (id CaseID) MarshalText() ([]byte, error) { return idText(id), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (id *CaseID) UnmarshalText(t []byte) (err error) {
	*id, err = parseID(string(t))
	return err
}

// ParseCaseID reads what String writes.
func ParseCaseID(s string) (CaseID, error) { return parseID(s) }

// IsZero tells that there is no blob.
func (id BlobID) IsZero() bool { return id == BlobID{} }

func (id BlobID) String() string { return lower32.EncodeToString(id[:]) }

// MarshalText writes 26 lower-case letters and digits, or nothing for the zero id.
func (id BlobID) MarshalText() ([]byte, error) { return idText(id), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (id *BlobID) UnmarshalText(t []byte) (err error) {
	*id, err = parseID(string(t))
	return err
}

// ParseBlobID reads what String writes.
func ParseBlobID(s string) (BlobID, error) { return parseID(s) }

func idText(id [16]byte) []byte {
	if id == [16]byte{} {
		return nil
	}
	return lower32.AppendEncode(nil, id[:])
}

func parseID(s string) (id [16]byte, err error) {
	if s == "" {
		return id, nil
	}
	b, err := lower32.DecodeString(s)
	if err != nil || len(b) != len(id) || strings.ContainsAny(s, "\r\n") || lower32.EncodeToString(b) != s {
		return id, errors.New("read id: it must be 26 lower-case letters and digits")
	}
	return [16]byte(b), nil
}

func randomID() (id [16]byte) {
	rand.Read(id[:])
	return id
}

// A sealed row on disk, lengths in bytes:
//
//	format 1 | alg 1 | flags 1 | due 8 | case 16 | data key id 4 | nonce 24 | kept tag 16 | private tag 16 |
//	kept length 4 | queue length 2 | queue | kept | private
//
// Each part is XChaCha20-Poly1305; its associated data is {part, everything before the tags, queue, organization, key}.
// The two parts share a nonce, which is random for each row, since they are never under the same key.
const (
	formatRow = 1
	formatKey = 2 // a wrapped key
	algX      = 1 // XChaCha20-Poly1305

	flagKept    = 1
	flagPrivate = 2

	dueAt, caseAt, keyIDAt, nonceAt = 3, 11, 27, 31
	tagsAt                          = 55
	lengthAt                        = tagsAt + 32
	queueLengthAt                   = lengthAt + 4
	bodyAt                          = queueLengthAt + 2
	tagSize                         = 16
)

// dataKeyID is the only data key id of this format.
const dataKeyID = 1

type symmetricKey [32]byte

func (k *symmetricKey) aead() cipher.AEAD {
	a, err := chacha20poly1305.NewX(k[:])
	if err != nil {
		panic(err) // the length is right by type
	}
	return a
}

func associated(part byte, head []byte, queue string, org protocol.OrgID, key string) []byte {
	b := make([]byte, 0, 1+len(head)+2+len(queue)+len(org)+1+len(key))
	b = append(append(b, part), head...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(queue))), queue...)
	b = append(append(b, org...), 0)
	return append(b, key...)
}

// dueRow is when a lane's row is due and in which queue; the zero value is an idle lane and every other row.
type dueRow struct {
	at    int64 // ms, 0 for none
	queue string
}

// sealRow seals r under key. A nil private leaves the private part out: r has no case, or the case was erased.
func sealRow(org protocol.OrgID, key string, r *Row, due dueRow, kept, private cipher.AEAD) []byte {
	b := make([]byte, bodyAt, bodyAt+len(due.queue)+len(r.Kept)+len(r.Private)+tagSize)
	b[0], b[1] = formatRow, algX
	if r.Kept != nil {
		b[2] |= flagKept
	}
	if r.Private != nil {
		b[2] |= flagPrivate
	}
	binary.BigEndian.PutUint64(b[dueAt:], uint64(due.at))
	copy(b[caseAt:], r.Case[:])
	binary.BigEndian.PutUint32(b[keyIDAt:], dataKeyID)
	rand.Read(b[nonceAt:tagsAt])
	binary.BigEndian.PutUint32(b[lengthAt:], uint32(len(r.Kept)))
	binary.BigEndian.PutUint16(b[queueLengthAt:], uint16(len(due.queue)))
	b = append(b, due.queue...)
	part := func(n byte, a cipher.AEAD, plain []byte) {
		at := len(b)
		b = a.Seal(b, b[nonceAt:tagsAt], plain, associated(n, b[:tagsAt], due.queue, org, key))
		copy(b[tagsAt+int(n-1)*tagSize:], b[at+len(plain):])
		b = b[:at+len(plain)]
	}
	part(1, kept, r.Kept)
	if private != nil {
		part(2, private, r.Private)
	}
	return b
}

// sealedParts reads the frame of a sealed row without opening it.
func sealedParts(value []byte) (c CaseID, due dueRow, kept, private []byte, err error) {
	broken := fmt.Errorf("read row: %w", ErrIntegrity)
	if len(value) < bodyAt || value[0] != formatRow || value[1] != algX || binary.BigEndian.Uint32(value[keyIDAt:]) != dataKeyID {
		return c, due, nil, nil, broken
	}
	body := value[bodyAt:]
	q, n := int(binary.BigEndian.Uint16(value[queueLengthAt:])), uint64(binary.BigEndian.Uint32(value[lengthAt:]))
	if q > len(body) || n > uint64(len(body)-q) {
		return c, due, nil, nil, broken
	}
	due = dueRow{int64(binary.BigEndian.Uint64(value[dueAt:])), string(body[:q])}
	return CaseID(value[caseAt:keyIDAt]), due, body[q : q+int(n)], body[q+int(n):], nil
}

// openRow opens a sealed row. A nil private opens the kept part only and marks a row of a case as erased.
func openRow(org protocol.OrgID, key string, value []byte, kept, private cipher.AEAD) (Row, error) {
	c, due, sealedKept, sealedPrivate, err := sealedParts(value)
	if err != nil {
		return Row{}, err
	}
	r := Row{Case: c}
	part := func(i byte, a cipher.AEAD, sealed []byte) ([]byte, error) {
		tag := value[tagsAt+int(i-1)*tagSize:][:tagSize]
		buf := append(append(make([]byte, 0, len(sealed)+tagSize), sealed...), tag...)
		plain, err := a.Open(buf[:0], value[nonceAt:tagsAt], buf, associated(i, value[:tagsAt], due.queue, org, key))
		if err != nil {
			return nil, fmt.Errorf("open row: %w", ErrIntegrity)
		}
		return plain, nil
	}
	plain, err := part(1, kept, sealedKept)
	if err != nil {
		return Row{}, err
	}
	if value[2]&flagKept != 0 {
		r.Kept = plain
	}
	switch {
	case c.IsZero():
		if len(sealedPrivate) != 0 {
			return Row{}, fmt.Errorf("open row: %w", ErrIntegrity)
		}
	case private == nil:
		r.Erased = true
	default:
		plain, err := part(2, private, sealedPrivate)
		if err != nil {
			return Row{}, err
		}
		if value[2]&flagPrivate != 0 {
			r.Private = plain
		}
	}
	return r, nil
}

// wrapKey seals a data or case key under version v of the organization's key:
// format 1 | alg 1 | version 4 | nonce 24 | key 32 | tag 16.
func wrapKey(org protocol.OrgID, key string, secret, under *symmetricKey, version uint32) []byte {
	b := make([]byte, 30, 30+len(secret)+tagSize)
	b[0], b[1] = formatKey, algX
	binary.BigEndian.PutUint32(b[2:], version)
	rand.Read(b[6:30])
	return under.aead().Seal(b, b[6:30], secret[:], associated(0, b[:6], "", org, key))
}

func wrappedVersion(value []byte) (uint32, error) {
	if len(value) != 30+32+tagSize || value[0] != formatKey || value[1] != algX {
		return 0, fmt.Errorf("read key row: %w", ErrIntegrity)
	}
	return binary.BigEndian.Uint32(value[2:]), nil
}

func unwrapKey(org protocol.OrgID, key string, value []byte, under *symmetricKey) (*symmetricKey, error) {
	plain, err := under.aead().Open(nil, value[6:30], value[30:], associated(0, value[:6], "", org, key))
	if err != nil {
		return nil, fmt.Errorf("unwrap key row: %w", ErrIntegrity)
	}
	return (*symmetricKey)(plain), nil
}
