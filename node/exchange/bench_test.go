package exchange_test

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/protocol"
)

// BenchmarkSend is one Send of the full sample (about 7 KB) with nobody to deliver to.
func BenchmarkSend(b *testing.B) {
	w := world(b, "Harbor Legal Aid", "Elm Street Food")
	w[0].net.set(cut)
	out := outgoing(w[1])
	b.ReportAllocs()
	b.SetParallelism(32)
	defer cpu(b)()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w[0].Send(ctx, out); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkBothWays is the whole way in one process: Send, seal, open, accept, receipt, hand over, later receipt. 64 in
// posts at a time; it ends when the partner's later receipts are back.
func BenchmarkBothWays(b *testing.B) {
	for _, disk := range []bool{false, true} {
		b.Run(map[bool]string{false: "memory", true: "disk"}[disk], func(b *testing.B) { bothWays(b, disk) })
	}
}

func bothWays(b *testing.B, disk bool) {
	w := worldOn(b, &wires{disk: disk, sides: map[protocol.PeerID]*side{}}, "Harbor Legal Aid", "Elm Street Food")
	from, to := w[0], w[1]
	stop, cancel := withTimeout(1 << 40)
	var sinks sync.WaitGroup
	sinks.Go(func() {
		var hands sync.WaitGroup
		defer hands.Wait()
		for {
			items, err := to.ClaimInbox(stop, 64)
			if err != nil {
				return
			}
			for _, it := range items {
				hands.Go(func() { _ = to.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M-1"}) })
			}
		}
	})
	out := outgoing(to)
	b.ReportAllocs()
	b.ResetTimer()
	defer cpu(b)()
	slots := make(chan struct{}, 64)
	var under sync.WaitGroup
	for range b.N {
		slots <- struct{}{}
		under.Go(func() {
			defer func() { <-slots }()
			if _, err := from.Send(ctx, out); err != nil {
				b.Error(err)
			}
		})
	}
	under.Wait()
	back, seen := 0, uint64(0)
	until(b, "all later receipts", func() bool {
		list, err := audit.List(from.org, seen, 10000)
		must(b, err)
		for _, e := range list {
			if seen = e.Seq; e.Kind == exchange.EventDelivered {
				back++
			}
		}
		return back == b.N
	})
	b.StopTimer()
	cancel()
	sinks.Wait()
}

// cpu reports the processor time of an operation, which other work on the machine disturbs less than the time.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var r syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
			return 0
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/1e3/float64(b.N), "cpu-us/op") }
}
