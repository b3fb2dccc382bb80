package crypto_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/protocol"
)

func TestReceiptAlone(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	p, err := crypto.SignReceipts(b.node, newReceipts(b, a, 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(p) != 1 || len(p[0].Path) != 0 || p[0].Index != 0 {
		t.Fatalf("a receipt alone has a path of %d", len(p[0].Path))
	}
	if err := crypto.VerifyReceipt(&p[0], b.chain); err != nil {
		t.Error(err)
	}
	if err := crypto.VerifyReceipt(&p[0], a.chain); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("under the other side's chain: %v", err)
	}
}

func TestReceiptProperties(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	rapid.Check(t, func(t *rapid.T) {
		group := newReceipts(b, a, rapid.IntRange(1, 40).Draw(t, "size"))
		proofs, err := crypto.SignReceipts(b.node, group)
		if err != nil {
			t.Fatal(err)
		}
		var v crypto.ReceiptVerifier
		for i := range proofs {
			if err := v.Verify(&proofs[i], b.chain); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, len(proofs), err)
			}
		}
		i := rapid.IntRange(0, len(proofs)-1).Draw(t, "leaf")
		p := proofs[i]
		p.Path = slices.Clone(p.Path)
		switch rapid.IntRange(0, 6).Draw(t, "change") {
		case 0:
			p.Receipt.Level = protocol.Read
		case 1:
			p.Receipt.Salt = slices.Repeat([]byte{1}, 16)
		case 2:
			p.Index += rapid.SampledFrom([]int64{-1, 1, 2, int64(len(group)), 1 << 40, -1 << 63}).Draw(t, "by")
		case 3:
			p.Path = append(p.Path, protocol.Hash{})
		case 4:
			if len(p.Path) == 0 {
				return
			}
			p.Path = p.Path[:len(p.Path)-1]
		case 5:
			if len(p.Path) == 0 {
				return
			}
			p.Path[rapid.IntRange(0, len(p.Path)-1).Draw(t, "step")][3] ^= 4
		case 6:
			p.Receipt.Seq++
		}
		if err := v.Verify(&p, b.chain); err == nil {
			t.Fatal("a changed proof verifies")
		}
	})
}

func TestReceiptRefusals(t *testing.T) {
	a, b, c := newOrg(t), newOrg(t), newOrg(t)
	group := newReceipts(b, a, 2)
	for name, spoil := range map[string]func([]protocol.Receipt) []protocol.Receipt{
		"none":           func([]protocol.Receipt) []protocol.Receipt { return nil },
		"too many":       func(r []protocol.Receipt) []protocol.Receipt { return slices.Repeat(r, crypto.MaxGroup) },
		"two recipients": func(r []protocol.Receipt) []protocol.Receipt { r[1].To = c.chain.Org(); return r },
		"no salt":        func(r []protocol.Receipt) []protocol.Receipt { r[1].Salt = nil; return r },
	} {
		if _, err := crypto.SignReceipts(b.node, spoil(slices.Clone(group))); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	proofs, err := crypto.SignReceipts(b.node, group)
	if err != nil {
		t.Fatal(err)
	}
	// Two groups of one organization must not be mixed, nor another node's signature put on a charter's name.
	other, err := crypto.SignReceipts(b.node, newReceipts(b, c, 2))
	if err != nil {
		t.Fatal(err)
	}
	p := proofs[0]
	p.JWS = other[0].JWS
	if err := crypto.VerifyReceipt(&p, b.chain); err == nil {
		t.Error("a receipt verifies under another group's signature")
	}
	r := slices.Clone(group)
	r[0].Charter = protocol.Hash{5}
	unknown, err := crypto.SignReceipts(b.node, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := crypto.VerifyReceipt(&unknown[0], b.chain); !errors.Is(err, crypto.ErrCharter) {
		t.Errorf("a charter that is not held: %v", err)
	}
	later := extend(t, b.chain, b.identity.Root, 1, delegate(crypto.NewSigningKey()))
	if err := crypto.VerifyReceipt(&proofs[0], later); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("fresh from a node that left: %v", err)
	}
	if err := crypto.VerifyReceiptEver(&proofs[0], later); err != nil {
		t.Errorf("kept from a node that left: %v", err)
	}
}

// What the verifier remembers must not outlive the signer's delegation.
func TestReceiptVerifierForgetsNothingItMust(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	proofs, err := crypto.SignReceipts(b.node, newReceipts(b, a, 3))
	if err != nil {
		t.Fatal(err)
	}
	var v crypto.ReceiptVerifier
	if err := v.Verify(&proofs[0], b.chain); err != nil {
		t.Fatal(err)
	}
	rotated, err := crypto.Rotate(b.chain, b.identity.Next, protocol.Hash{1}, protocol.Hash{}, []protocol.Delegate{delegate(crypto.NewSigningKey())})
	if err != nil {
		t.Fatal(err)
	}
	for i := range proofs {
		if err := v.Verify(&proofs[i], rotated); !errors.Is(err, crypto.ErrKey) {
			t.Errorf("fresh, after the rotation: %v", err)
		}
		if err := v.VerifyEver(&proofs[i], rotated); !errors.Is(err, crypto.ErrKey) {
			t.Errorf("kept, after the rotation: %v", err)
		}
	}
	// More trees than it remembers, from several goroutines.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 40 {
				group := newReceipts(b, a, 1)
				group[0].At += int64(i)
				p, err := crypto.SignReceipts(b.node, group)
				if err != nil || v.Verify(&p[0], b.chain) != nil {
					t.Error("receipt", i, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzReceiptProof(f *testing.F) {
	a, b := newFixed(f, "a").org(), newFixed(f, "b").org()
	proofs, err := crypto.SignReceipts(b.node, newReceipts(b, a, 5))
	if err != nil {
		f.Fatal(err)
	}
	good := map[protocol.Hash]bool{}
	for i := range proofs {
		text, err := crypto.Marshal(&proofs[i])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		h, _ := crypto.HashOf(&proofs[i])
		good[h] = true
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p protocol.ReceiptProof
		if crypto.Unmarshal(text, &p) != nil || crypto.VerifyReceipt(&p, b.chain) != nil {
			return
		}
		if h, err := crypto.HashOf(&p); err != nil || !good[h] {
			t.Fatalf("a proof that nobody made verifies: %s", text)
		}
	})
}
