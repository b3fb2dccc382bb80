package crypto_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// smallOrder are the points of small order, in each encoding that some implementation decodes.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

func TestCheckKey(t *testing.T) {
	for range 50 {
		if err := crypto.CheckKey(crypto.NewSigningKey().Public()); err != nil {
			t.Fatal(err)
		}
	}
	others := []string{
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 2^255-1 is no canonical y
		"0200000000000000000000000000000000000000000000000000000000000000", // y = 2 is not on the curve
	}
	for _, s := range append(others, smallOrder...) {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := crypto.CheckKey(protocol.Key{Alg: protocol.AlgEdDSA, Key: b}); !errors.Is(err, crypto.ErrForm) {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, k := range []protocol.Key{{}, {Alg: "EdDSA", Key: make([]byte, 31)}, {Alg: "EdDSA", Key: make([]byte, 33)}, {Alg: "ES256", Key: make([]byte, 32)}} {
		if err := crypto.CheckKey(k); err == nil {
			t.Errorf("%s with %d bytes passed", k.Alg, len(k.Key))
		}
	}
}

// A key of small order verifies what nobody signed; this is why CheckKey refuses it.
func TestSmallOrderKeyVerifiesForgeries(t *testing.T) {
	forged := append([]byte{1}, make([]byte, 63)...) // R is the neutral element, S is 0
	found := 0
	for _, s := range smallOrder {
		weak, _ := hex.DecodeString(s)
		for i := range 64 {
			if ed25519.Verify(weak, fmt.Append(nil, "never signed ", i), forged) {
				found++
				break
			}
		}
	}
	if found < 8 {
		t.Errorf("%d of the keys verify a forgery; the eight canonical ones must", found)
	}
}

func TestPeerIDOf(t *testing.T) {
	// From libp2p's own implementation, for a key of its specification.
	b, _ := hex.DecodeString("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
	if got := crypto.PeerIDOf(b); got != "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq" {
		t.Error(got)
	}
}

func TestKeysDoNotShow(t *testing.T) {
	identity, err := crypto.NewIdentity(now)
	if err != nil {
		t.Fatal(err)
	}
	root, next := identity.Recoveries(false)
	dec := crypto.NewDecryptionKey(now)
	secrets := [][]byte{identity.Root.Seed(), identity.Next.Seed(), identity.Door, dec.Seed(), []byte(root.House)}
	for _, v := range []any{identity, *identity, identity.Root, *identity.Root, identity.Door, identity.House, *identity.House, dec, *dec, root, *root, next, []any{identity.Root, dec}, map[string]any{"a": *root}} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		switch v.(type) {
		case []any, map[string]any: // slog writes what is inside of these by encoding/json; the root handler drops them
		default:
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		}
		shown := fmt.Sprintf("%v %+v %#v %s %x %d %q", v, v, v, v, v, v, v) + log.String()
		for i, s := range secrets {
			for _, form := range []string{string(s), hex.EncodeToString(s), b64.EncodeToString(s), fmt.Sprint(s), strings.Trim(fmt.Sprintf("%#v", s), "[]byte{}")} {
				if strings.Contains(shown, form) {
					t.Errorf("%T shows secret %d", v, i)
				}
			}
		}
	}
	for _, v := range []any{identity.Root, dec, identity.Door} {
		if b, err := json.Marshal(v); err == nil {
			t.Errorf("%T is written as JSON: %d bytes", v, len(b))
		}
	}
}

func TestSeedsMakeTheSameKeys(t *testing.T) {
	k := crypto.NewSigningKey()
	again, err := crypto.SigningKeyFromSeed(k.Seed())
	if err != nil || !again.Public().Equal(k.Public()) || again.Peer() != k.Peer() {
		t.Fatal(err)
	}
	d := crypto.NewDecryptionKey(now)
	back, err := crypto.DecryptionKeyFromSeed(d.Seed(), now)
	if err != nil || back.ID() != d.ID() || back.Public().Created != now {
		t.Fatal(err)
	}
	for _, n := range []int{0, 31, 33, 64} {
		if _, err := crypto.SigningKeyFromSeed(make([]byte, n)); err == nil {
			t.Errorf("a signing key from %d bytes", n)
		}
		if _, err := crypto.DecryptionKeyFromSeed(make([]byte, n), now); err == nil {
			t.Errorf("a decryption key from %d bytes", n)
		}
	}
}
