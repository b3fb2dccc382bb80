package crypto

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/mr-tron/base58"

	"referworks/protocol"
)

var b64 = base64.RawURLEncoding.Strict()

// SigningKey is a private Ed25519 key. It prints and logs as "[key]" and refuses to be written as JSON.
type SigningKey struct {
	private ed25519.PrivateKey
	public  protocol.Key
	kid     string
}

// NewSigningKey makes a random key.
func NewSigningKey() *SigningKey {
	k, err := SigningKeyFromSeed(randomBytes(ed25519.SeedSize))
	if err != nil {
		panic(err) // the seed has the right length
	}
	return k
}

// SigningKeyFromSeed makes the key of a 32-byte seed (RFC 8032). The seed is copied.
func SigningKeyFromSeed(seed []byte) (*SigningKey, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("make signing key: the seed has %d bytes and must have %d", len(seed), ed25519.SeedSize)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := protocol.Key{Alg: protocol.AlgEdDSA, Key: protocol.Bytes(private.Public().(ed25519.PublicKey))}
	return &SigningKey{private, public, Thumbprint(public)}, nil
}

// Seed gives a copy of the 32 secret bytes.
func (k *SigningKey) Seed() []byte { return k.private.Seed() }

// Public gives the public key.
func (k *SigningKey) Public() protocol.Key { return k.public }

// Kid is the public key's RFC 7638 thumbprint, as a JWS names it.
func (k *SigningKey) Kid() string { return k.kid }

// Peer is the libp2p peer id of this key, for keys that are a peer's.
func (k *SigningKey) Peer() protocol.PeerID { return PeerIDOf(ed25519.PublicKey(k.public.Key)) }

// MarshalJSON refuses: a private key leaves only through Seed.
func (k SigningKey) MarshalJSON() ([]byte, error) {
	return nil, errors.New("write signing key: private keys are not written as JSON")
}

// KeyID is the SHA-256 of the canonical {alg, key}: what "next" commits to and what an envelope's kid is.
func KeyID(k protocol.Key) protocol.Hash {
	h, err := HashOf(k)
	if err != nil {
		panic(err) // two texts always have a canonical form, unless alg is not UTF-8: no checked key is so
	}
	return h
}

// Thumbprint is the RFC 7638 thumbprint of an Ed25519 key (RFC 8037, section 2), base64url without padding.
func Thumbprint(k protocol.Key) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + k.Key.String() + `"}`))
	return b64.EncodeToString(sum[:])
}

// CheckKey refuses what must never be registered as a signing key: another algorithm or length, an encoding that is
// not canonical, a point that is not on the curve, and the points of small order, for which signatures verify
// that nobody made.
func CheckKey(k protocol.Key) error {
	if err := k.Validate(); err != nil {
		return err
	}
	y := fieldElement(k.Key)
	if y.Cmp(curveP) >= 0 {
		return fmt.Errorf("check signing key: %w: its encoding is not canonical", ErrForm)
	}
	for _, weak := range smallOrderY {
		if y.Cmp(weak) == 0 {
			return fmt.Errorf("check signing key: %w: it is a point of small order", ErrForm)
		}
	}
	// x^2 = (y^2-1)/(d*y^2+1) must be a square, which (y^2-1)*(d*y^2+1) then is too.
	yy := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(yy, big.NewInt(1))
	v := new(big.Int).Mul(yy, curveD)
	v.Add(v, big.NewInt(1))
	if u.Mul(u, v).Mod(u, curveP); big.Jacobi(u, curveP) < 0 {
		return fmt.Errorf("check signing key: %w: it is not on the curve", ErrForm)
	}
	return nil
}

var (
	curveP, _ = new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", 16)
	curveD, _ = new(big.Int).SetString("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3", 16)
	// The y coordinates of the eight points of small order: orders 4, 1, 2, 8 and 8.
	smallOrderY = func() []*big.Int {
		y8, _ := new(big.Int).SetString("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16)
		minus := func(y *big.Int) *big.Int { return new(big.Int).Sub(curveP, y) }
		one := big.NewInt(1)
		return []*big.Int{new(big.Int), one, minus(one), y8, minus(y8)}
	}()
)

// fieldElement reads the y coordinate, without the sign bit, of a 32-byte point (RFC 8032, section 5.1.2).
func fieldElement(point []byte) *big.Int {
	var be [32]byte
	for i, c := range point {
		be[31-i] = c
	}
	be[0] &= 0x7f
	return new(big.Int).SetBytes(be[:])
}

// PeerIDOf is the libp2p peer id of an Ed25519 key: base58 of the identity multihash of its protobuf form.
func PeerIDOf(key ed25519.PublicKey) protocol.PeerID {
	return protocol.PeerID(base58.Encode(append([]byte{0x00, 0x24, 0x08, 0x01, 0x12, 0x20}, key...)))
}

// DecryptionKey is a private key of envelope suite 1. It prints and logs as "[key]".
type DecryptionKey struct {
	seed    []byte
	private hpke.PrivateKey
	public  protocol.EncryptionKey
	id      protocol.Hash
}

// DecryptionSeedSize is the length of a decryption key's seed.
const DecryptionSeedSize = 32

// NewDecryptionKey makes a random key. created (milliseconds UTC) goes into the public part: the newest is used.
func NewDecryptionKey(created int64) *DecryptionKey {
	k, err := DecryptionKeyFromSeed(randomBytes(DecryptionSeedSize), created)
	if err != nil {
		panic(err) // every seed of this length makes a key
	}
	return k
}

// DecryptionKeyFromSeed makes the key of a 32-byte seed.
func DecryptionKeyFromSeed(seed []byte, created int64) (*DecryptionKey, error) {
	if len(seed) != DecryptionSeedSize {
		return nil, fmt.Errorf("make decryption key: the seed has %d bytes and must have %d", len(seed), DecryptionSeedSize)
	}
	private, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		return nil, fmt.Errorf("make decryption key: %w", err)
	}
	public := protocol.EncryptionKey{Suite: protocol.Suite1, Key: private.PublicKey().Bytes(), Created: created}
	return &DecryptionKey{append([]byte(nil), seed...), private, public, EncryptionKeyID(public)}, nil
}

// Seed gives a copy of the secret bytes.
func (k *DecryptionKey) Seed() []byte { return append([]byte(nil), k.seed...) }

// Public gives the part that goes into the card.
func (k *DecryptionKey) Public() protocol.EncryptionKey { return k.public }

// ID is what an envelope's header names as kid.
func (k *DecryptionKey) ID() protocol.Hash { return k.id }

// MarshalJSON refuses: a private key leaves only through Seed.
func (k DecryptionKey) MarshalJSON() ([]byte, error) {
	return nil, errors.New("write decryption key: private keys are not written as JSON")
}

// EncryptionKeyID is the KeyID of an encryption key.
func EncryptionKeyID(k protocol.EncryptionKey) protocol.Hash {
	return KeyID(protocol.Key{Alg: protocol.AlgXWing, Key: k.Key})
}

// randomBytes never fails: the standard library ends the process instead.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
