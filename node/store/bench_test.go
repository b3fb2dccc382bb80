package store_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"referworks/node/store"
)

// BenchmarkCommit commits closures of the size of a Send: a case key, a message of 8 KB, a lane of 3 KB, an event of
// 0.6 KB. It reports commits a second and the 99th percentile.
func BenchmarkCommit(b *testing.B) {
	for _, committers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("committers=%d", committers), func(b *testing.B) {
			_, o := open(b, store.Config{Dir: b.TempDir()})
			benchCommit(b, o, committers)
		})
	}
}

func benchCommit(b *testing.B, o *store.Org, committers int) {
	message, lane, event := bytes.Repeat([]byte("m"), 8000), bytes.Repeat([]byte("l"), 3000), bytes.Repeat([]byte("e"), 600)
	var next atomic.Int64
	times := make([][]time.Duration, committers)
	b.ResetTimer()
	began := time.Now()
	var wg sync.WaitGroup
	for w := range committers {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				t := time.Now()
				err := o.Update(context.Background(), func(tx *store.Tx) error {
					c, err := tx.NewCase()
					if err != nil {
						return err
					}
					id := fmt.Sprintf("urn:uuid:%d", i)
					if err := tx.Put(store.K("message", id).Number(1), store.Row{Kept: message[:3000], Case: c, Private: message[3000:]}); err != nil {
						return err
					}
					if err := tx.PutLane(store.LaneKey{Kind: "thread", Dest: "partner", ID: id}, store.Row{Kept: lane}, store.Due{}); err != nil {
						return err
					}
					_, err = tx.Append("events", store.Row{Kept: event[:300], Case: c, Private: event[300:]})
					return err
				})
				if err != nil {
					b.Error(err)
					return
				}
				times[w] = append(times[w], time.Since(t))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(times...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "commits/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}
