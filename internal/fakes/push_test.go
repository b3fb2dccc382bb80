package fakes_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/internal/fakes"
	"referworks/internal/sample"
)

func TestEachPresetDelivers(t *testing.T) {
	for _, s := range systems() {
		t.Run(name(s), func(t *testing.T) {
			p := start(t, s)
			b := p.open(t)
			if tester, ok := b.(bridges.Tester); !ok || tester.Test(t.Context()) != nil {
				t.Errorf("the test call: %v", tester.Test(t.Context()))
			}
			d := delivery(t, p.kind, sample.Full(), 1)
			out, err := b.(bridges.Sink).Deliver(t.Context(), d)
			if err != nil {
				t.Fatalf("%v (%v)\n%s", err, errors.Unwrap(err), d.Document.Bytes)
			}
			if out.Reference == "" {
				t.Error("it gave no number")
			}
			if got, want := p.fake.Counts(), s.want(1); !maps.Equal(got, want) {
				t.Errorf("it holds %v, want %v", got, want)
			}
		})
	}
}

// troubles are what a run draws from; a third of all requests have one.
var troubles = []fakes.Trouble{fakes.Dropped, fakes.Broken, fakes.Busy, fakes.Gateway, fakes.Lost, fakes.Lost, fakes.BrokenAfter, fakes.GatewayWaited}

// Lost answers, errors before and after the system worked, and processes that are killed before and after it: whatever
// happens, each referral is there once in the end.
func TestNothingTwiceNothingLost(t *testing.T) {
	runs := 50
	if os.Getenv("LONG") != "" {
		runs = 500
	}
	for _, s := range systems() {
		t.Run(name(s), func(t *testing.T) {
			t.Parallel()
			p := start(t, s)
			d := delivery(t, p.kind, sample.Full(), 1)
			for seed := range runs {
				n := &desk{place: p, rng: rand.New(rand.NewPCG(uint64(seed), 7)), done: p.fake.Counts()[s.main]}
				d.Referral = sample.ReferralID(uint64(seed) + 1)
				d.Key, d.Reference = sender.Short()+"/"+string(d.Referral)+"/1", d.Referral.Reference()
				n.run(t, d)
				if got, want := p.fake.Counts(), s.want(seed+1); !maps.Equal(got, want) {
					t.Fatalf("after run %d it holds %v, want %v; what happened: %v", seed, got, want, n.story)
				}
			}
		})
	}
}

// desk plays the node: it tries again by the class of each error, starts anew when it was killed, and asks a person.
type desk struct {
	*place
	rng   *rand.Rand
	done  int // referrals that were there before
	story []string
}

func (n *desk) run(t *testing.T, d bridges.Delivery) {
	t.Helper()
	n.until(t, d, func(ctx context.Context, b any, d bridges.Delivery) error {
		_, err := b.(bridges.Sink).Deliver(ctx, d)
		return err
	})
}

// until does something again and again, as the node does, until it was done.
func (n *desk) until(t *testing.T, d bridges.Delivery, do func(ctx context.Context, b any, d bridges.Delivery) error) {
	t.Helper()
	b := n.open(t)
	for d.Attempt = 1; d.Attempt < 200; d.Attempt++ {
		ctx, kill := context.WithCancel(t.Context())
		var killed atomic.Bool
		n.server.Set(func(*http.Request) fakes.Trouble {
			switch x := n.rng.IntN(100); {
			case x < 6: // killed before the system reads
				killed.Store(true)
				kill()
				return fakes.Dropped
			case x < 12: // killed when it has worked
				killed.Store(true)
				return fakes.Lost
			case x < 35:
				return troubles[n.rng.IntN(len(troubles))]
			}
			return fakes.Fine
		}, func(*http.Request) {
			if killed.Load() {
				kill()
			}
		})
		err := do(ctx, b, d)
		n.server.Set(nil, nil)
		kill()
		var be *bridges.Error
		switch {
		case err == nil && !killed.Load():
			return
		case killed.Load(): // nobody here knows how it ended
			b = n.open(t)
			d.Unknown = d.Unknown || b.(bridges.Once).Once()
			n.story = append(n.story, "killed")
		case !errors.As(err, &be):
			t.Fatalf("an error without a class: %v", err)
		default:
			n.story = append(n.story, string(be.Class)+" "+be.Sentence)
			if n.answer(t, be, &d) {
				return
			}
		}
	}
	t.Fatalf("it was never taken: %v", n.story)
}

// answer does what the class of an error says, and tells whether the referral is done.
func (n *desk) answer(t *testing.T, be *bridges.Error, d *bridges.Delivery) bool {
	t.Helper()
	n.clock.wait(max(be.RetryAfter, time.Second))
	switch be.Class {
	case bridges.Temporary:
		d.Unknown = false
	case bridges.Unknown:
		d.Unknown = true
	case bridges.Hold: // a person looks there
		if !n.open(t).(bridges.Once).Once() {
			t.Fatalf("it waits for a person where the system can be asked: %s", be.Sentence)
		}
		if n.fake.Counts()[n.main] > n.done {
			return true
		}
		d.Unknown = false
	default:
		t.Fatalf("it was refused: %s", be.Sentence)
	}
	return false
}

// Several at the same time, each of them twice.
func TestAtTheSameTime(t *testing.T) {
	for _, s := range systems() {
		p := start(t, s)
		sink := p.open(t).(bridges.Sink)
		if sink.(bridges.Once).Once() {
			continue // the node never gives such a one twice
		}
		t.Run(name(s), func(t *testing.T) {
			const many = 6
			first := delivery(t, p.kind, sample.Full(), 1)
			failed := make(chan error, many)
			for i := range many {
				d := first
				d.Referral = sample.ReferralID(uint64(i) + 1)
				d.Key, d.Reference = sender.Short()+"/"+string(d.Referral)+"/1", d.Referral.Reference()
				go func() { _, err := sink.Deliver(t.Context(), d); failed <- err }()
			}
			for range many {
				if err := <-failed; err != nil {
					t.Error(err)
				}
			}
			if got, want := p.fake.Counts(), s.want(many); !maps.Equal(got, want) {
				t.Errorf("it holds %v, want %v", got, want)
			}
		})
	}
}

// BenchmarkPush prints how many deliveries a second go to a system on this machine that honors the key.
func BenchmarkPush(b *testing.B) {
	s := systems()[len(systems())-1]
	p := start(b, s)
	sink, d := p.open(b).(bridges.Sink), delivery(b, p.kind, sample.Full(), 1)
	var n atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			one := d
			one.Referral = sample.ReferralID(n.Add(1))
			one.Key = string(one.Referral)
			if _, err := sink.Deliver(b.Context(), one); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
}
