package crypto_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"referworks/crypto"
	"referworks/protocol"
)

// filler is a body of about 4 KB with the shape of a referral: many short members, some text.
type filler struct {
	ID    string         `json:"id"`
	Parts []fillPart     `json:"parts"`
	Text  string         `json:"text"`
	Kind  string         `json:"kind"`
	Salt  protocol.Bytes `json:"salt"`
}

type fillPart struct {
	Label  string `json:"label"`
	Code   string `json:"code"`
	System string `json:"system"`
	Count  int64  `json:"count"`
	Given  bool   `json:"given"`
}

func fill() *filler {
	f := &filler{ID: "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071", Kind: "sample", Text: strings.Repeat("Größe and \"quotes\", a line\n", 40), Salt: make([]byte, 32)}
	for i := range 32 {
		f.Parts = append(f.Parts, fillPart{fmt.Sprintf("Label of part %d", i), "A1-" + fmt.Sprint(i), "urn:example:list", int64(i) * 1_000_003, i%2 == 0})
	}
	return f
}

func BenchmarkMarshal(b *testing.B) {
	f := fill()
	b.ReportAllocs()
	for b.Loop() {
		out, err := crypto.Marshal(f)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(out)))
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	out, err := crypto.Marshal(fill())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		var f filler
		if err := crypto.Unmarshal(out, &f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckCanonical(b *testing.B) {
	out, _ := crypto.Marshal(fill())
	b.ReportAllocs()
	for b.Loop() {
		if err := crypto.CheckCanonical(out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	f, k := fill(), crypto.NewSigningKey()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := crypto.Sign(protocol.TypMessage, k, f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	k := crypto.NewSigningKey()
	token, _ := crypto.Sign(protocol.TypMessage, k, fill())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := crypto.Verify(token, protocol.TypMessage, only(k)); err != nil {
			b.Fatal(err)
		}
	}
}

// The library's own whole path, for docs/decisions/0004-jws.md.
func BenchmarkSignLibrary(b *testing.B) {
	f, k := fill(), crypto.NewSigningKey()
	b.ReportAllocs()
	for b.Loop() {
		payload, _ := crypto.Marshal(f)
		h := jws.NewHeaders()
		_ = h.Set(jws.KeyIDKey, k.Kid())
		_ = h.Set(jws.TypeKey, string(protocol.TypMessage))
		if _, err := jws.Sign(payload, jws.WithKey(jwa.EdDSA, privateOf(k), jws.WithProtectedHeaders(h))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyLibrary(b *testing.B) {
	k := crypto.NewSigningKey()
	token, _ := crypto.Sign(protocol.TypMessage, k, fill())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jws.Verify(token, jws.WithKey(jwa.EdDSA, publicOf(k))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	from, to := newOrg(b), newOrg(b)
	m := newManifest(from, to)
	b.Run("sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := crypto.SignMessage(m, from.node); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, _ := crypto.SignMessage(m, from.node)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := crypto.VerifyMessage(s.Token, from.chain, from.peer); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	from, to := newOrg(b), newOrg(b)
	k := crypto.NewDecryptionKey(now)
	h := protocol.EnvelopeHeader{V: 1, From: from.chain.Org(), To: to.chain.Org(), Charter: from.chain.Mark().Hash}
	p := crypto.Plain{Token: make([]byte, 900), Salt: make([]byte, 32), Body: make([]byte, 4096)}
	var sealer crypto.Sealer
	sealed, err := sealer.Seal(h, k.Public(), p)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sealer.Seal(h, k.Public(), p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := crypto.Open(sealed, k); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReceipts(b *testing.B) {
	from, to := newOrg(b), newOrg(b)
	for _, n := range []int{1, 16} {
		group := newReceipts(from, to, n)
		b.Run(fmt.Sprintf("sign %d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := crypto.SignReceipts(from.node, group); err != nil {
					b.Fatal(err)
				}
			}
		})
		proofs, _ := crypto.SignReceipts(from.node, group)
		b.Run(fmt.Sprintf("verify %d", n), func(b *testing.B) {
			for b.Loop() {
				var v crypto.ReceiptVerifier
				for i := range proofs {
					if err := v.Verify(&proofs[i], from.chain); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkCheckKey(b *testing.B) {
	k := crypto.NewSigningKey().Public()
	for b.Loop() {
		if err := crypto.CheckKey(k); err != nil {
			b.Fatal(err)
		}
	}
}
