package crypto

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"referworks/protocol"
)

// object is a signed thing that can say whether its form is right.
type object[T any] interface {
	*T
	Validate() error
}

// verify reads a token of kind typ whose signer key gives, strictly, into a T.
func verify[T any, P object[T]](token []byte, typ protocol.Typ, key func(kid string) (protocol.Delegate, bool)) (_ P, _ protocol.Delegate, _ protocol.Hash, err error) {
	defer guard(&err)
	var signer protocol.Delegate
	payload, _, err := verifyToken(token, typ, func(kid string) (k protocol.Key, ok bool) {
		signer, ok = key(kid)
		return signer.Key, ok
	})
	if err != nil {
		return nil, signer, protocol.Hash{}, fmt.Errorf("verify %s: %w", typ, err)
	}
	v := P(new(T))
	if err := readExact(payload, v); err != nil {
		return nil, signer, protocol.Hash{}, fmt.Errorf("verify %s: %w", typ, err)
	}
	return v, signer, sha256.Sum256(payload), nil
}

// readExact reads an object that has one spelling: exactly what Marshal writes for it, so that nobody can hash it
// otherwise, and of valid form.
func readExact(b []byte, v interface{ Validate() error }) error {
	if err := Unmarshal(b, v); err != nil {
		return err
	}
	again, err := Marshal(v)
	if err != nil || !bytes.Equal(b, again) {
		return fmt.Errorf("%w: it is not the canonical form of its content", ErrForm)
	}
	if err := v.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	return nil
}

// SignCard signs a card that is valid and not too large.
func SignCard(c *protocol.Card, key *SigningKey) (string, error) {
	return signValid(protocol.TypCard, key, c, protocol.MaxCharter)
}

// SignStanding signs a standing that is valid.
func SignStanding(s *protocol.Standing, key *SigningKey) (string, error) {
	return signValid(protocol.TypStanding, key, s, protocol.MaxCharter)
}

// SignHead signs the head of an audit log.
func SignHead(h *protocol.Head, key *SigningKey) (string, error) {
	return signValid(protocol.TypHead, key, (*head)(h), protocol.MaxCharter)
}

func signValid(typ protocol.Typ, key *SigningKey, v interface{ Validate() error }, limit int) (string, error) {
	if err := v.Validate(); err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	t, err := Sign(typ, key, v)
	if err == nil && len(t) > limit {
		return "", fmt.Errorf("sign %s: %w: it has %d bytes and %d are allowed", typ, ErrForm, len(t), limit)
	}
	return string(t), err
}

// VerifyCard reads a card: signed by a node that the newest charter delegates, which is also the card's peer and was
// already delegated by the charter that the card names (ErrCharter when the chain does not hold that one).
func VerifyCard(token string, chain *Chain) (*protocol.Card, error) {
	if len(token) > protocol.MaxCharter {
		return nil, fmt.Errorf("verify card: %w: it has %d bytes and %d are allowed", ErrForm, len(token), protocol.MaxCharter)
	}
	c, signer, _, err := verify[protocol.Card]([]byte(token), protocol.TypCard, chain.Key)
	if err != nil {
		return nil, err
	}
	if c.Org != chain.Org() {
		return nil, fmt.Errorf("verify card: %w", ErrWrongOrg)
	}
	if c.Peer != signer.Peer {
		return nil, fmt.Errorf("verify card: %w: it names another peer than its signer's", ErrKey)
	}
	if err := chain.delegatedBy(c.Charter, signer); err != nil {
		return nil, fmt.Errorf("verify card: %w", err)
	}
	return c, nil
}

// delegatedBy tells whether the named charter stands in the chain and delegates the signer.
func (c *Chain) delegatedBy(charter protocol.Hash, signer protocol.Delegate) error {
	l := c.at(charter)
	if l == nil {
		return ErrCharter
	}
	if d, ok := l.keys[Thumbprint(signer.Key)]; !ok || d.Peer != signer.Peer {
		return fmt.Errorf("%w: not by the charter that it names", ErrKey)
	}
	return nil
}

// VerifyStanding reads a standing of the chain's organization, signed under its newest charter. It is for a standing
// that was just made; what is pulled or was stored is verified by VerifyStandingEver.
func VerifyStanding(token string, by *Chain) (*protocol.Standing, error) {
	return verifyStanding(token, by, by.Key)
}

// VerifyStandingEver is VerifyStanding for any charter that stands: a standing survives when its signer leaves the
// charter, except under a charter that a rotation dropped.
func VerifyStandingEver(token string, by *Chain) (*protocol.Standing, error) {
	return verifyStanding(token, by, by.KeyEver)
}

func verifyStanding(token string, by *Chain, key func(string) (protocol.Delegate, bool)) (*protocol.Standing, error) {
	s, _, _, err := verify[protocol.Standing]([]byte(token), protocol.TypStanding, key)
	if err != nil {
		return nil, err
	}
	if s.By != by.Org() {
		return nil, fmt.Errorf("verify standing: %w", ErrWrongOrg)
	}
	return s, nil
}

// Signed is a message that was signed: what is enqueued, kept and proved.
type Signed struct {
	Token   []byte // compact JWS
	Content protocol.Hash
}

// SignMessage signs a manifest that is valid. Content is the hash of its canonical form.
func SignMessage(m *protocol.Manifest, key *SigningKey) (Signed, error) {
	if err := m.Validate(); err != nil {
		return Signed{}, fmt.Errorf("sign message: %w", err)
	}
	payload, err := Marshal(m)
	if err != nil {
		return Signed{}, fmt.Errorf("sign message: %w", err)
	}
	token, err := signPayload(protocol.TypMessage, key, payload)
	return Signed{token, sha256.Sum256(payload)}, err
}

// VerifyMessage reads a message that arrives fresh on a stream of peer: the peer and the signing key must stand
// together in the newest charter of its author. The recipient, the time and the grant are the caller's to check.
func VerifyMessage(token []byte, from *Chain, peer protocol.PeerID) (*protocol.Manifest, protocol.Hash, error) {
	return verifyMessage(token, from, func(kid string) (protocol.Delegate, bool) {
		d, ok := from.Key(kid)
		return d, ok && d.Peer == peer
	})
}

// VerifyMessageEver reads a message that was pulled, kept or is to be proved: signed under any charter that stands.
func VerifyMessageEver(token []byte, from *Chain) (*protocol.Manifest, protocol.Hash, error) {
	return verifyMessage(token, from, from.KeyEver)
}

func verifyMessage(token []byte, from *Chain, key func(string) (protocol.Delegate, bool)) (*protocol.Manifest, protocol.Hash, error) {
	m, _, content, err := verify[protocol.Manifest](token, protocol.TypMessage, key)
	if err != nil {
		return nil, protocol.Hash{}, err
	}
	if m.From != from.Org() {
		return nil, protocol.Hash{}, fmt.Errorf("verify message: %w", ErrWrongOrg)
	}
	return m, content, nil
}

// VerifyHead reads the signed head of an audit log, signed under any charter that stands.
func VerifyHead(token string, chain *Chain) (*protocol.Head, error) {
	h, _, _, err := verify[head]([]byte(token), protocol.TypHead, chain.KeyEver)
	if err != nil {
		return nil, err
	}
	if h.Org != chain.Org() {
		return nil, fmt.Errorf("verify head: %w", ErrWrongOrg)
	}
	return (*protocol.Head)(h), nil
}

// head adds the check of form that the other objects have.
type head protocol.Head

func (h *head) Validate() error {
	if h.V != protocol.Version || h.Size < 0 || h.At <= 0 {
		return errors.New("read head: a member is missing or of another version")
	}
	return nil
}

// SaltSize is the length of a body's salt.
const SaltSize = 32

// BodyHash is what a manifest says of its body: SHA-256("referworks body 1" + 0x00 + salt + canonical body). The salt
// has SaltSize random bytes, so that the hash tells nothing to who does not hold it.
func BodyHash(salt, canonicalBody []byte) protocol.Hash {
	return salted("referworks body 1", salt, canonicalBody)
}

// NoteHash is what a receipt says of the note that travels sealed beside it, likewise.
func NoteHash(salt, canonicalNote []byte) protocol.Hash {
	return salted("referworks note 1", salt, canonicalNote)
}

func salted(label string, salt, b []byte) (sum protocol.Hash) {
	h := sha256.New()
	h.Write(append([]byte(label), 0))
	h.Write(salt)
	h.Write(b)
	h.Sum(sum[:0])
	return sum
}
