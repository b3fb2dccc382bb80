package protocol

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Version is the major version of every signed object and frame of this package (member "v").
const Version = 1

// OrgID names an organization for good: "rw1" and the lower-case base32 of the hash of its inception with a
// three-byte check. It depends on no host name and on no key that may change.
type OrgID string

// PeerID is the base58 text of a libp2p peer id.
type PeerID string

// ReferralID is a UUIDv7 as a URN, given by the sender and never reused.
type ReferralID string

// Hash is a SHA-256 digest; its text is base64url without padding.
type Hash [sha256.Size]byte

// Bytes is a key, a salt, a signature: binary data whose text is base64url without padding.
type Bytes []byte

var (
	strict64 = base64.RawURLEncoding.Strict()
	lower32  = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

const orgPrefix = "rw1"

// OrgIDOf gives the id of the organization whose canonical inception has this SHA-256 hash.
func OrgIDOf(inception Hash) OrgID {
	sum := sha256.Sum256(append([]byte(orgPrefix), inception[:]...))
	return OrgID(orgPrefix + lower32.EncodeToString(append(inception[:], sum[:3]...)))
}

// ParseOrgID reads an organization id. Only the exact text that OrgIDOf writes is accepted; a mistyped letter
// is told apart from a text that is no id at all.
func ParseOrgID(s string) (OrgID, error) {
	raw, ok := strings.CutPrefix(s, orgPrefix)
	if !ok || len(raw) != 56 {
		return "", fmt.Errorf("read organization id: it has %d characters and must be %q and 56 more", len(s), orgPrefix)
	}
	b, err := lower32.DecodeString(raw)
	if err != nil || len(b) != 35 {
		return "", errors.New("read organization id: it may only hold the letters a to z and the digits 2 to 7")
	}
	if id := OrgIDOf(Hash(b[:32])); string(id) == s {
		return id, nil
	}
	return "", errors.New("read organization id: its check letters do not fit, so a letter was mistyped or lost")
}

// Inception gives the hash that the id was made of. It is zero for a text that ParseOrgID would refuse.
func (id OrgID) Inception() Hash {
	if _, err := ParseOrgID(string(id)); err != nil {
		return Hash{}
	}
	b, _ := lower32.DecodeString(string(id[len(orgPrefix):]))
	return Hash(b[:32])
}

// Short is a form for tables and logs: enough to tell organizations apart on a screen, not to name one.
func (id OrgID) Short() string {
	if len(id) < 13 {
		return string(id)
	}
	return string(id[:13])
}

// ParseReferralID reads a UUIDv7 URN in lower case (RFC 9562, section 5.7).
func ParseReferralID(s string) (ReferralID, error) {
	u, ok := strings.CutPrefix(s, "urn:uuid:")
	if !ok || len(u) != 36 || u[14] != '7' || !strings.ContainsRune("89ab", rune(u[19])) {
		return "", errors.New(`read referral id: it must be a UUID of version 7 written as "urn:uuid:…"`)
	}
	for i, c := range u {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", c) {
			return "", errors.New(`read referral id: it must be a UUID of version 7 written as "urn:uuid:…" in lower case`)
		}
	}
	return ReferralID(s), nil
}

// Reference is a short number for people: on screens, in e-mail subjects, over the phone. It is derived from the
// random part of the id, so that it carries nothing about the person; it is not unique and opens nothing.
func (id ReferralID) Reference() string {
	sum := sha256.Sum256([]byte(id))
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ" // without those that look or sound alike
	b := []byte("RW-0000-00")
	for i, at := range []int{3, 4, 5, 6, 8, 9} {
		b[at] = letters[int(sum[i])%len(letters)]
	}
	return string(b)
}

func (h Hash) String() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// IsZero tells an absent hash; no input is known whose SHA-256 is zero.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText writes the 43 characters of the hash.
func (h Hash) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, h[:]), nil
}

// UnmarshalText reads exactly what MarshalText writes: padding, other alphabets and stray bits are refused.
func (h *Hash) UnmarshalText(t []byte) error {
	b, err := strict64.DecodeString(string(t))
	if err != nil || len(b) != len(h) || len(t) != 43 {
		return errors.New("read hash: it must be 32 bytes in base64url without padding")
	}
	copy(h[:], b)
	return nil
}

func (b Bytes) String() string { return base64.RawURLEncoding.EncodeToString(b) }

// MarshalText writes base64url without padding.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (b *Bytes) UnmarshalText(t []byte) error {
	d, err := strict64.DecodeString(string(t))
	if err != nil || strings.ContainsAny(string(t), "\r\n") {
		return errors.New("read bytes: they must be base64url without padding")
	}
	*b = d
	return nil
}
