package protocol

import "fmt"

// Names of algorithms. Another algorithm later is another name; nothing is ever renamed.
const (
	AlgEdDSA = "EdDSA"                       // Ed25519 (RFC 8032), 32-byte public keys
	AlgXWing = "ML-KEM-768+X25519"           // the KEM of envelope suite 1, 1,216-byte public keys
	Suite1   = "hpke-mlkem768x25519-a256gcm" // HPKE base mode, HKDF-SHA256, AES-256-GCM (RFC 9180)
)

// Key is a public key. Two keys are the same when both members are.
type Key struct {
	Alg string `json:"alg"`
	Key Bytes  `json:"key"`
}

// Equal compares two public keys.
func (k Key) Equal(o Key) bool { return k.Alg == o.Alg && string(k.Key) == string(o.Key) }

// Validate checks the form of a signing key; package crypto also refuses weak points.
func (k Key) Validate() error {
	if k.Alg != AlgEdDSA || len(k.Key) != 32 {
		return fmt.Errorf("read signing key: algorithm %q with %d bytes is not known here", k.Alg, len(k.Key))
	}
	return nil
}

// EncryptionKey is a public key that envelopes to an organization are sealed to.
type EncryptionKey struct {
	Suite   string `json:"suite"`
	Key     Bytes  `json:"key"`
	Created int64  `json:"created"` // milliseconds UTC; the newest one is used
}

// Typ is the "typ" of a JWS: what kind of object was signed. A verifier names the one that it takes.
type Typ string

// The kinds of signed objects.
const (
	TypCharter  Typ = "rw-charter"
	TypCard     Typ = "rw-card"
	TypStanding Typ = "rw-standing"
	TypMessage  Typ = "rw-message"
	TypReceipt  Typ = "rw-receipt"
	TypHead     Typ = "rw-head"
)
