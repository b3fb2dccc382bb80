package partner_test

import (
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/protocol"
)

// FuzzMerge lets a partner say anything of itself. Whatever it says, what is held afterwards is signed by it.
func FuzzMerge(f *testing.F) {
	c := newClock()
	a, b := partners(f, c)
	s, _ := b.pair(a).Standing(partner.In, true)
	chain := b.chain.Wire()
	for _, state := range []protocol.PairState{
		{V: 1},
		{V: 1, Chain: &chain, Card: b.card},
		{V: 1, Standings: []string{b.signed(a, protocol.Suspended, s.N+1, b.node), b.signed(a, protocol.Active, s.N+2, a.node)}},
		{V: 1, Terms: []protocol.Terms{{V: 1, From: a.OrgID(), To: b.OrgID(), Salt: make([]byte, 16), PerDay: 1}}},
	} {
		raw, err := crypto.Marshal(state)
		must(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in protocol.PairState
		if crypto.Unmarshal(raw, &in) != nil {
			return
		}
		in.From, in.To = b.OrgID(), a.OrgID()
		c.pass(time.Millisecond)
		_, _ = a.Merge(ctx, in)
		p, _ := a.Current(b.OrgID())
		if p.Chain().Org() != b.OrgID() {
			t.Fatal("the chain of another organization is held")
		}
		for _, d := range []partner.Direction{partner.In, partner.Out} {
			if _, token := p.Standing(d, false); token != "" {
				if _, err := crypto.VerifyStandingEver(token, p.Chain()); err != nil {
					t.Fatalf("a standing is held that does not verify: %v", err)
				}
			}
			if s, token := p.Standing(d, true); token != "" {
				if _, err := crypto.VerifyStandingEver(token, a.chain); err != nil || s.By != a.OrgID() {
					t.Fatalf("a standing of ours is held that we did not sign: %v", err)
				}
			}
		}
	})
}
