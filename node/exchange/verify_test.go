package exchange_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"referworks/node/exchange"
	"referworks/protocol"
)

// proofs is a conversation and its proof at both ends, without and with what was said.
func proofs(t testing.TB) (a, b *side, id protocol.ReferralID) {
	t.Helper()
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b = w[0], w[1]
	keepAll(t, a, b)
	id = a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	b.say(a, id, "canary of a question")
	until(t, "the question", func() bool { return len(a.told(id)) == 2 })
	a.say(b, id, "canary of an answer")
	until(t, "all receipts", func() bool {
		at, err := a.Proof(id)
		must(t, err)
		bt, err := b.Proof(id)
		must(t, err)
		return len(at.Receipts) == 3 && len(bt.Receipts) == 3
	})
	return a, b, id
}

func written(t testing.TB, p exchange.Proof, err error) []byte {
	t.Helper()
	must(t, err)
	b, err := exchange.WriteProof(&p)
	must(t, err)
	return b
}

// TestProof: it verifies at anybody's, says nothing about the person, also after an erasure, and with the content it is
// the content that was signed.
func TestProof(t *testing.T) {
	a, b, id := proofs(t)
	for _, s := range []*side{a, b} {
		p, err := s.Proof(id)
		file := written(t, p, err)
		v, err := exchange.VerifyProof(file)
		must(t, err)
		if v.From != a.OrgID() || v.To != b.OrgID() || len(v.Steps) != 3 || v.Steps[0].Kind != protocol.KindReferral || v.Bodies != 0 {
			t.Errorf("%s shows %+v", s.name, v)
		}
		for _, step := range v.Steps {
			if len(step.Receipts) != 1 || step.Receipts[0].Level != protocol.Received {
				t.Errorf("step %d has receipts %+v", step.Seq, step.Receipts)
			}
		}
		for _, word := range []string{"canary of", "de la Cruz", "Declan", "guardianship", "Tidewater"} {
			if bytes.Contains(file, []byte(word)) {
				t.Errorf("the proof of %s says %q", s.name, word)
			}
		}
		p, err = s.ProofWithBodies(ctx, id, "test")
		v, err = exchange.VerifyProof(written(t, p, err))
		must(t, err)
		if v.Bodies != 3 || !strings.Contains(string(v.Steps[1].Body), "canary of a question") || !slices.Contains(s.kinds(), exchange.EventTakenOut) {
			t.Errorf("with bodies: %d of them, and the log has %v", v.Bodies, s.kinds())
		}
		_, err = s.Erase(ctx, id, "test")
		must(t, err)
		p, err = s.ProofWithBodies(ctx, id, "test")
		if v, err = exchange.VerifyProof(written(t, p, err)); err != nil || v.Bodies != 0 || len(v.Steps) != 3 {
			t.Errorf("after the erasure: %+v, %v", v, err)
		}
	}
}

// TestProofChanged: with any one byte changed, or one part left out or put in another place, it does not verify.
func TestProofChanged(t *testing.T) {
	a, _, id := proofs(t)
	p, err := a.ProofWithBodies(ctx, id, "test")
	file := written(t, p, err)
	rng := rand.New(rand.NewPCG(1, 2))
	step := 7
	if testing.Short() {
		step = 101
	}
	for at := rng.IntN(step); at < len(file); at += 1 + rng.IntN(step) {
		bent := bytes.Clone(file)
		for bent[at] == file[at] {
			bent[at] = byte(rng.IntN(256))
		}
		if _, err := exchange.VerifyProof(bent); err == nil {
			t.Fatalf("byte %d of %d changed from %q to %q, and it verifies", at, len(file), file[at], bent[at])
		}
	}
	for what, change := range map[string]func(*exchange.Proof){
		"a message left out": func(p *exchange.Proof) { p.Messages = p.Messages[:2] },
		"the first left out": func(p *exchange.Proof) { p.Messages = p.Messages[1:] },
		"messages turned around": func(p *exchange.Proof) {
			p.Messages = []string{p.Messages[0], p.Messages[2], p.Messages[1]}
			p.Messages[0] = p.Messages[1]
		},
		"another referral": func(p *exchange.Proof) { p.Referral = "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071" },
		"other terms":      func(p *exchange.Proof) { c := *p.Terms; c.PerDay = 7; p.Terms = &c },
		"no charters":      func(p *exchange.Proof) { p.Chains = nil },
		"bodies exchanged": func(p *exchange.Proof) { p.Bodies[0].Body, p.Bodies[1].Body = p.Bodies[1].Body, p.Bodies[0].Body },
		"no message":       func(p *exchange.Proof) { p.Messages, p.Receipts, p.Bodies = nil, nil, nil },
	} {
		q, err := a.ProofWithBodies(ctx, id, "test")
		must(t, err)
		change(&q)
		if v, err := exchange.VerifyProof(written(t, q, nil)); err == nil {
			t.Errorf("%s: it verifies as %+v", what, v)
		}
	}
}

func FuzzVerifyProof(f *testing.F) {
	a, _, id := proofs(f)
	p, err := a.Proof(id)
	f.Add(written(f, p, err))
	p, err = a.ProofWithBodies(ctx, id, "test")
	good := written(f, p, err)
	f.Add(good)
	f.Add([]byte(`{"referral":"","messages":[],"receipts":[],"standings":[],"chains":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := exchange.VerifyProof(b); err == nil && v.Referral != id {
			t.Error("something else verifies")
		}
	})
}
