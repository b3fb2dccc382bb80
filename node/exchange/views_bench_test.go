package exchange_test

import (
	"fmt"
	"testing"

	"referworks/node/exchange"
	"referworks/protocol"
)

// BenchmarkViews is what the screens read, on disk: the first page of the inbox, the counts of its views, and one referral whose thread has 200
// messages, with 1,000 and with 100,000 referrals stored. Storing them takes ten seconds.
func BenchmarkViews(b *testing.B) {
	for _, stored := range []int{1_000, 100_000} {
		w := worldOn(b, &wires{disk: true, sides: map[protocol.PeerID]*side{}}, "Harbor Legal Aid", "Elm Street Food")
		from, to := w[0], w[1]
		keepAll(b, from, to)
		long := from.send(to).Parts[0].Referral
		from.becomes(long, protocol.OnTheirDisk)
		for i := range 199 {
			who := w[i%2]
			who.do(long, protocol.KindNote, protocol.Step{Text: fmt.Sprintf("note %d", i)})
		}
		until(b, "200 messages", func() bool {
			list, err := to.Messages(long)
			return err == nil && len(list) == 200 && list[199].Seq > 0 && to.status(long) == protocol.StatusNew
		})
		one := from.send(to).Parts[0].Referral
		from.becomes(one, protocol.OnTheirDisk)
		must(b, to.Multiply(ctx, one, stored))
		b.Run(fmt.Sprintf("inbox/%d", stored), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				list, next, err := to.Threads(exchange.Query{Direction: "in"})
				if err != nil || len(list) != 50 || next == "" {
					b.Fatal(len(list), err)
				}
			}
		})
		b.Run(fmt.Sprintf("count/%d", stored), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				n, err := to.Count("")
				if err != nil || n.In[exchange.ViewWaiting] < min(stored, 20_000) {
					b.Fatal(n, err)
				}
			}
		})
		b.Run(fmt.Sprintf("thread200/%d", stored), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_, err := to.Thread(long)
				must(b, err)
				_, _, err = to.Life(long)
				must(b, err)
				list, err := to.Messages(long)
				if err != nil || len(list) != 200 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}
