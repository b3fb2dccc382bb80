package crypto_test

import (
	"bytes"
	"crypto/hpke"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/protocol"
)

func newHeader(from, to *org) protocol.EnvelopeHeader {
	return protocol.EnvelopeHeader{V: 1, From: from.chain.Org(), To: to.chain.Org(), Charter: from.chain.Mark().Hash}
}

func newPlain(body int) crypto.Plain {
	return crypto.Plain{Token: []byte("a.b.c"), Salt: bytes.Repeat([]byte{7}, crypto.SaltSize), Body: bytes.Repeat([]byte("x"), body)}
}

// resealed makes an envelope with any plaintext, as a hostile partner could.
func resealed(t testing.TB, h protocol.EnvelopeHeader, k *crypto.DecryptionKey, plain []byte) []byte {
	t.Helper()
	h.Suite, h.Kid = protocol.Suite1, k.ID()
	header, err := crypto.Marshal(&h)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := hpke.MLKEM768X25519().NewPublicKey(k.Public().Key)
	if err != nil {
		t.Fatal(err)
	}
	ct, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte("referworks seal 1\x00"), header...), plain)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(header))), header...), ct...)
}

func TestSealOpenProperties(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	k, other := crypto.NewDecryptionKey(now), crypto.NewDecryptionKey(now)
	var sealer crypto.Sealer
	rapid.Check(t, func(t *rapid.T) {
		p := crypto.Plain{
			Token: rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "token"),
			Salt:  rapid.SliceOfN(rapid.Byte(), crypto.SaltSize, crypto.SaltSize).Draw(t, "salt"),
			Body:  rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "body"),
		}
		sealed, err := sealer.Seal(newHeader(a, b), k.Public(), p)
		if err != nil {
			t.Fatal(err)
		}
		h, err := crypto.ReadHeader(sealed)
		if err != nil || h.From != a.chain.Org() || h.To != b.chain.Org() || h.Kid != k.ID() {
			t.Fatal(h, err)
		}
		got, err := crypto.Open(sealed, k)
		if err != nil || !bytes.Equal(got.Token, p.Token) || !bytes.Equal(got.Salt, p.Salt) || !bytes.Equal(got.Body, p.Body) {
			t.Fatal(err)
		}
		if _, err := crypto.Open(sealed, other); !errors.Is(err, crypto.ErrOpen) {
			t.Fatalf("opened with another key: %v", err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if _, err := crypto.Open(sealed, k); err == nil || errors.Is(err, crypto.ErrInternal) {
			t.Fatalf("opened after a change: %v", err)
		}
	})
}

func TestSealedSizesTellSteps(t *testing.T) {
	for n, want := range map[int]int{0: 1024, 1: 1024, 1024: 1024, 1025: 1088, 1088: 1088, 4096: 4096, 4097: 4352, 5000: 5120, 9000: 9216, 1 << 19: 1 << 19, 1<<19 - 1: 1 << 19} {
		if got := crypto.Padded(n); got != want {
			t.Errorf("%d bytes are padded to %d, want %d", n, got, want)
		}
	}
	for n := 1; n < 1<<19; n += 997 {
		p := crypto.Padded(n)
		if p < n || n > 1024 && p > n+n/8 || crypto.Padded(p) != p {
			t.Fatalf("%d bytes are padded to %d", n, p)
		}
	}
	a, b := newOrg(t), newOrg(t)
	k := crypto.NewDecryptionKey(now)
	lengths := map[int]bool{}
	for _, n := range []int{0, 10, 400, 900} {
		sealed, err := crypto.Seal(newHeader(a, b), k.Public(), newPlain(n))
		if err != nil {
			t.Fatal(err)
		}
		lengths[len(sealed)] = true
	}
	if len(lengths) != 1 {
		t.Errorf("short messages have %d lengths", len(lengths))
	}
}

func TestSealRefuses(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	k := crypto.NewDecryptionKey(now)
	largest := protocol.MaxPlaintext - 5 - 1 - 3 - crypto.SaltSize
	if sealed, err := crypto.Seal(newHeader(a, b), k.Public(), newPlain(largest)); err != nil || len(sealed) > protocol.MaxEnvelope {
		t.Fatalf("the largest message: %d bytes, %v", len(sealed), err)
	} else if p, err := crypto.Open(sealed, k); err != nil || len(p.Body) != largest {
		t.Fatalf("the largest message: %v", err)
	}
	short := newPlain(10)
	short.Salt = short.Salt[:31]
	self := newHeader(a, a)
	for name, c := range map[string]struct {
		h  protocol.EnvelopeHeader
		to protocol.EncryptionKey
		p  crypto.Plain
	}{
		"too large":  {newHeader(a, b), k.Public(), newPlain(largest + 1)},
		"short salt": {newHeader(a, b), k.Public(), short},
		"to itself":  {self, k.Public(), newPlain(1)},
		"no header":  {protocol.EnvelopeHeader{}, k.Public(), newPlain(1)},
		"suite":      {newHeader(a, b), protocol.EncryptionKey{Suite: "other", Key: k.Public().Key}, newPlain(1)},
		"short key":  {newHeader(a, b), protocol.EncryptionKey{Suite: protocol.Suite1, Key: k.Public().Key[:1215]}, newPlain(1)},
		"no key":     {newHeader(a, b), protocol.EncryptionKey{Suite: protocol.Suite1}, newPlain(1)},
		"bad key":    {newHeader(a, b), protocol.EncryptionKey{Suite: protocol.Suite1, Key: bytes.Repeat([]byte{0xff}, 1216)}, newPlain(1)},
	} {
		if _, err := crypto.Seal(c.h, c.to, c.p); err == nil || errors.Is(err, crypto.ErrInternal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	a, b, c := newOrg(t), newOrg(t), newOrg(t)
	k := crypto.NewDecryptionKey(now)
	plain := make([]byte, 1024)
	copy(plain[binary.PutUvarint(plain, 5):], "a.b.c")
	plain[6+crypto.SaltSize] = 2
	copy(plain[7+crypto.SaltSize:], "{}")
	if p, err := crypto.Open(resealed(t, newHeader(a, b), k, plain), k); err != nil || string(p.Body) != "{}" {
		t.Fatalf("the control was refused: %v", err)
	}
	change := func(at int, v byte) []byte {
		p := bytes.Clone(plain)
		p[at] = v
		return p
	}
	long := append(bytes.Clone(plain[1:]), make([]byte, 0)...)
	for name, p := range map[string][]byte{
		"padding not zero":       change(1023, 1),
		"padding not zero, near": change(9+crypto.SaltSize, 1),
		"no padding":             plain[:9+crypto.SaltSize],
		"padded too far":         append(bytes.Clone(plain), make([]byte, 64)...),
		"padded to no step":      append(bytes.Clone(plain), 0),
		"empty":                  {},
		"token past the end":     change(0, 0x7f)[:100],
		"uvarint in two bytes":   append([]byte{0x85, 0x00}, long...),
		"uvarint without end":    bytes.Repeat([]byte{0xff}, 1024),
		"body past the end":      append(change(6+crypto.SaltSize, 0xff), nil...),
		"too large":              make([]byte, protocol.MaxPlaintext+1),
	} {
		sealed := resealed(t, newHeader(a, b), k, p)
		if _, err := crypto.Open(sealed, k); !errors.Is(err, crypto.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sealed, err := crypto.Seal(newHeader(a, b), k.Public(), newPlain(10))
	if err != nil {
		t.Fatal(err)
	}
	header := sealed[4 : 4+binary.BigEndian.Uint32(sealed)]
	reheaded := func(h []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(h))), h...), sealed[4+len(header):]...)
	}
	for name, s := range map[string][]byte{
		"nothing": nil, "three bytes": sealed[:3], "cut in the header": sealed[:40], "cut in the key": sealed[:600], "cut at the end": sealed[:len(sealed)-1],
		"no ciphertext":       sealed[:4+len(header)],
		"one byte more":       append(bytes.Clone(sealed), 0),
		"header length":       append([]byte{0xff, 0xff, 0xff, 0xff}, sealed[4:]...),
		"header with space":   reheaded(append(bytes.Clone(header), ' ')),
		"header of another":   reheaded(bytes.Replace(header, []byte(b.chain.Org()), []byte(c.chain.Org()), 1)),
		"header with more":    reheaded(bytes.Replace(header, []byte(`{`), []byte(`{"a":1,`), 1)),
		"header of version 2": reheaded(bytes.Replace(header, []byte(`"v":1`), []byte(`"v":2`), 1)),
		"other suite":         reheaded(bytes.Replace(header, []byte(protocol.Suite1), []byte("suite-2"), 1)),
		"too large":           append(bytes.Clone(sealed), make([]byte, protocol.MaxEnvelope)...),
	} {
		if _, err := crypto.Open(s, k); err == nil || errors.Is(err, crypto.ErrInternal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A partner opens our message and seals it again to a third. The signature is still ours and opens there, so what stops
// it must be the names: every receiver compares the header, the manifest and itself.
func TestForwardIsSeenByTheNames(t *testing.T) {
	a, b, c := newOrg(t), newOrg(t), newOrg(t)
	kb, kc := crypto.NewDecryptionKey(now), crypto.NewDecryptionKey(now)
	s, err := crypto.SignMessage(newManifest(a, b), a.node)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := crypto.Seal(newHeader(a, b), kb.Public(), crypto.Plain{Token: s.Token, Salt: make([]byte, 32), Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crypto.Open(sealed, kc); err == nil {
		t.Fatal("the third opens it as it is")
	}
	stolen, err := crypto.Open(sealed, kb)
	if err != nil {
		t.Fatal(err)
	}
	again, err := crypto.Seal(newHeader(a, c), kc.Public(), stolen)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := crypto.ReadHeader(again)
	p, err := crypto.Open(again, kc)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := crypto.VerifyMessage(p.Token, a.chain, a.peer)
	if err != nil {
		t.Fatal("the control: the signature alone does not stop it:", err)
	}
	if m.To == h.To || m.To == c.chain.Org() {
		t.Error("nothing tells the third that this was not for it")
	}
	// Nor from the partner's own node: its peer is not the author's.
	if _, _, err := crypto.VerifyMessage(p.Token, a.chain, b.peer); !errors.Is(err, crypto.ErrKey) {
		t.Error(err)
	}
}

func FuzzEnvelope(f *testing.F) {
	k, sealed := newFixed(f, "b").decryption, []byte(readVector(f, "envelope").Good[0].Bytes)
	f.Add(sealed)
	f.Add(sealed[:100])
	f.Fuzz(func(t *testing.T, s []byte) {
		if _, err := crypto.Open(s, k); errors.Is(err, crypto.ErrInternal) || err == nil && !bytes.Equal(s, sealed) {
			t.Fatal(err)
		}
	})
}

// FuzzPlaintext is what a hostile partner controls: the inside of a well-sealed envelope.
func FuzzPlaintext(f *testing.F) {
	f.Add([]byte("\x05a.b.c"), 1024)
	f.Add(bytes.Repeat([]byte{0xff}, 50), 1088)
	f.Fuzz(func(t *testing.T, start []byte, size int) {
		if size < 0 || size > 8192 || len(start) > size {
			return
		}
		full := append(bytes.Clone(start), make([]byte, size-len(start))...)
		p, err := crypto.Unpack(full)
		if err != nil {
			return
		}
		again, err := crypto.Pack(p)
		if err != nil || !bytes.Equal(again, full) {
			t.Fatalf("a second spelling of one message: %x", start)
		}
	})
}
