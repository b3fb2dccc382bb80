package fakes_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/internal/sample"
	"referworks/protocol"
)

// isTold are the presets whose systems are told what the other side does, and what they count it as.
var isTold = map[string]string{"legalserver": "notes", "clio": "notes", "odoo": "notes", "primero": "flags", "commcare": ""}

// A withdrawal, and whatever else the other side does, is written to the record that the referral became, once, whatever
// happens to requests and to the process.
func TestToldOnceEach(t *testing.T) {
	runs := 50
	if os.Getenv("LONG") != "" {
		runs = 500
	}
	told := 0
	for _, s := range systems() {
		if presetOf(t, s.preset).Tell == nil {
			continue
		}
		told++
		t.Run(name(s), func(t *testing.T) {
			t.Parallel()
			as, known := isTold[s.preset]
			if !known {
				t.Fatal("it is not in the table of this test")
			}
			p := start(t, s)
			d := delivery(t, p.kind, sample.Full(), 1)
			out, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			want := p.fake.Counts()
			for seed := range runs {
				text := fmt.Sprintf("They found help %d.", seed)
				n := &desk{place: p, rng: rand.New(rand.NewPCG(uint64(seed), 17))}
				n.until(t, d, func(ctx context.Context, b any, d bridges.Delivery) error {
					return b.(bridges.Teller).Tell(ctx, bridges.News{
						Referral: d.Referral, Reference: out.Reference, Kind: protocol.KindRecall, Status: protocol.StatusRecalled, Partner: bridges.Party{Name: `Harbor "Legal" Aid`},
						Step: protocol.Step{Text: text}, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Key: fmt.Sprint("news ", seed), Attempt: d.Attempt, Unknown: d.Unknown,
					})
				})
				if as != "" {
					want[as]++
				}
				if got := p.fake.Counts(); !maps.Equal(got, want) {
					t.Fatalf("after run %d it holds %v, want %v; what happened: %v", seed, got, want, n.story)
				}
				if !strings.Contains(fmt.Sprintf("%+v", p.fake), text) {
					t.Fatalf("after run %d it was not told", seed)
				}
			}
		})
	}
	if told != len(isTold) {
		t.Errorf("%d presets tell", told)
	}
}
