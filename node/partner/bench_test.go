package partner_test

import (
	"strconv"
	"testing"

	"referworks/node/store"
	"referworks/protocol"
)

// BenchmarkOpen reads a book of a hundred partners, as each start does.
func BenchmarkOpen(b *testing.B) {
	c := newClock()
	a := newSide(b, "Harbor Legal Aid", c)
	for i := range 100 {
		o := newSide(b, "Partner "+strconv.Itoa(i), c)
		meet(b, a, o)
		must(b, a.Confirm(ctx, "test", o.OrgID(), both))
		must(b, o.Confirm(ctx, "test", a.OrgID(), both))
		sync(b, a, o)
	}
	for b.Loop() {
		a.reopen()
	}
}

// BenchmarkJudge is what the rules cost inside an accepting transaction.
func BenchmarkJudge(b *testing.B) {
	c := newClock()
	x, y := partners(b, c)
	m := opener(x, y)
	m.Needs = [][]protocol.NeedCode{{{System: "lsc", Code: "33"}}}
	must(b, y.org.View(func(tx *store.Tx) error {
		for b.Loop() {
			p, err := y.Pair(tx, x.OrgID())
			if err != nil {
				return err
			}
			if err := p.MayReceive(m, c.now); err != nil {
				return err
			}
		}
		return nil
	}))
}
