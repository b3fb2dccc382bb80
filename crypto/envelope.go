package crypto

import (
	"bytes"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"

	"referworks/protocol"
)

// Plain is what an envelope carries: the signed token, the salt of the body's hash, and the canonical body.
type Plain struct {
	Token []byte
	Salt  []byte // SaltSize bytes
	Body  []byte
}

const (
	sealLabel     = "referworks seal 1\x00"
	smallestPlain = 1 << 10
	maxHeader     = 1 << 10 // of the canonical header
)

// Seal seals p to a key of the recipient: uint32 length of the header, the canonical header, the encapsulated key, the
// ciphertext. The header is bound to the ciphertext as HPKE's info (RFC 9180, base mode), so a change of either is
// found by Open; Suite and Kid of h are set from the key. The size tells only the Padmé step of the plaintext. Sealing
// gives another text each time.
func Seal(h protocol.EnvelopeHeader, to protocol.EncryptionKey, p Plain) ([]byte, error) {
	return new(Sealer).Seal(h, to, p)
}

// Sealer seals, and remembers the parsed keys of its last recipients, which saves a fifth of the time. The zero value
// is ready; it is safe for concurrent use.
type Sealer struct {
	mu   sync.Mutex
	keys map[string]recipient // by the key's bytes, at most maxRecipients
}

type recipient struct {
	key hpke.PublicKey
	id  protocol.Hash
}

const maxRecipients = 512

// Seal is the function Seal.
func (s *Sealer) Seal(h protocol.EnvelopeHeader, to protocol.EncryptionKey, p Plain) (sealed []byte, err error) {
	defer guard(&err)
	if to.Suite != protocol.Suite1 {
		return nil, fmt.Errorf("seal envelope: %w: suite %q is not known here", ErrForm, to.Suite)
	}
	r, err := s.recipient(to)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	h.Suite, h.Kid = protocol.Suite1, r.id
	if err := h.Validate(); err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	header, err := Marshal(&h)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	plain, err := pack(p)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	ciphertext, err := hpke.Seal(r.key, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte(sealLabel), header...), plain)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	sealed = make([]byte, 0, 4+len(header)+len(ciphertext))
	sealed = binary.BigEndian.AppendUint32(sealed, uint32(len(header)))
	return append(append(sealed, header...), ciphertext...), nil
}

func (s *Sealer) recipient(to protocol.EncryptionKey) (recipient, error) {
	s.mu.Lock()
	r, ok := s.keys[string(to.Key)]
	s.mu.Unlock()
	if ok {
		return r, nil
	}
	key, err := hpke.MLKEM768X25519().NewPublicKey(to.Key)
	if err != nil {
		return r, fmt.Errorf("%w: the recipient's key is not usable", ErrForm)
	}
	r = recipient{key, EncryptionKeyID(to)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil || len(s.keys) >= maxRecipients {
		s.keys = make(map[string]recipient)
	}
	s.keys[string(to.Key)] = r
	return r, nil
}

// ReadHeader reads the clear header of an envelope. Nothing of it is proved before Open.
func ReadHeader(sealed []byte) (protocol.EnvelopeHeader, error) {
	h, _, _, err := readSealed(sealed)
	return h, err
}

func readSealed(sealed []byte) (h protocol.EnvelopeHeader, header, ciphertext []byte, err error) {
	if len(sealed) > protocol.MaxEnvelope || len(sealed) < 4 {
		return h, nil, nil, fmt.Errorf("read envelope: %w: it has %d bytes", ErrForm, len(sealed))
	}
	n := binary.BigEndian.Uint32(sealed)
	if n > maxHeader || int(n) > len(sealed)-4 {
		return h, nil, nil, fmt.Errorf("read envelope: %w: the length of its header is not right", ErrForm)
	}
	header, ciphertext = sealed[4:4+n], sealed[4+n:]
	if err := readExact(header, &h); err != nil {
		return h, nil, nil, fmt.Errorf("read envelope: %w", err)
	}
	return h, header, ciphertext, nil
}

// Open opens an envelope that was sealed to key. ErrOpen when it was not, or was changed; ErrForm when its inside is not
// what Seal makes. Whether the token inside is what the header says is the caller's to check.
func Open(sealed []byte, key *DecryptionKey) (p Plain, err error) {
	defer guard(&err)
	h, header, ciphertext, err := readSealed(sealed)
	if err != nil {
		return p, err
	}
	if h.Suite != protocol.Suite1 || h.Kid != key.id {
		return p, fmt.Errorf("open envelope: %w", ErrOpen)
	}
	plain, err := hpke.Open(key.private, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte(sealLabel), header...), ciphertext)
	if err != nil {
		return p, fmt.Errorf("open envelope: %w", ErrOpen)
	}
	if p, err = unpack(plain); err != nil {
		return Plain{}, fmt.Errorf("open envelope: %w", err)
	}
	return p, nil
}

// pack writes uvarint and token, salt, uvarint and body, and zeros up to the next Padmé size.
func pack(p Plain) ([]byte, error) {
	if len(p.Salt) != SaltSize {
		return nil, fmt.Errorf("%w: the salt has %d bytes and must have %d", ErrForm, len(p.Salt), SaltSize)
	}
	n := uvarintLen(len(p.Token)) + len(p.Token) + SaltSize + uvarintLen(len(p.Body)) + len(p.Body)
	if n > protocol.MaxPlaintext {
		return nil, fmt.Errorf("%w: the message has %d bytes and %d are allowed", ErrForm, n, protocol.MaxPlaintext)
	}
	b := make([]byte, 0, padded(n))
	b = append(binary.AppendUvarint(b, uint64(len(p.Token))), p.Token...)
	b = append(b, p.Salt...)
	b = append(binary.AppendUvarint(b, uint64(len(p.Body))), p.Body...)
	return b[:cap(b)][:padded(n)], nil
}

func unpack(b []byte) (p Plain, err error) {
	size := len(b)
	if size < smallestPlain || size > padded(protocol.MaxPlaintext) {
		return p, fmt.Errorf("%w: the message has %d bytes", ErrForm, size)
	}
	bad := fmt.Errorf("%w: the parts of the message do not fit its size", ErrForm)
	part := func() []byte {
		n, w := binary.Uvarint(b)
		if w <= 0 || w != uvarintLen(int(n)) || n > uint64(len(b)-w) {
			err = bad
			return nil
		}
		head := b[w : w+int(n)]
		b = b[w+int(n):]
		return head
	}
	if p.Token = part(); err != nil {
		return Plain{}, err
	}
	if len(b) < SaltSize {
		return Plain{}, bad
	}
	p.Salt, b = b[:SaltSize], b[SaltSize:]
	if p.Body = part(); err != nil {
		return Plain{}, err
	}
	if len(bytes.TrimLeft(b, "\x00")) != 0 || padded(size-len(b)) != size {
		return Plain{}, fmt.Errorf("%w: the padding is not the zeros of its step", ErrForm)
	}
	return p, nil
}

// padded is the Padmé size of n bytes: the sizes of one power of two fall on so few steps that at most 12 percent are
// added and log log n bits are told.
func padded(n int) int {
	if n <= smallestPlain {
		return smallestPlain
	}
	e := bits.Len(uint(n)) - 1
	step := 1 << (e - bits.Len(uint(e)))
	return (n + step - 1) &^ (step - 1)
}

func uvarintLen(n int) int { return len(binary.AppendUvarint(nil, uint64(n))) }
