package store_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"referworks/node/store"
)

// childOpen opens a folder of the usual sizes and prints how long that took, what memory it holds, and how long the
// count of all rows took.
func childOpen(dir string) int {
	began := time.Now()
	s, err := store.Open(context.Background(), store.Config{Dir: dir, Ballast: -1})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	ready := time.Since(began)
	rss, anon := memory()
	go s.Run(context.Background())
	<-s.Checked()
	h := s.Health().Check
	if err := s.Close(); err != nil || h.Err != nil {
		fmt.Println("error", err, h.Err)
		return 1
	}
	fmt.Println("open", ready.Seconds()*1000, rss, anon, h.Took.Seconds(), h.Bytes, h.Rows, h.Before)
	return 0
}

// memory gives the resident memory of this process in MB, all and without mapped files.
func memory() (rss, anon float64) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fmt.Sscanf(lines.Text(), "VmRSS: %f kB", &rss)
		fmt.Sscanf(lines.Text(), "RssAnon: %f kB", &anon)
	}
	return rss / 1024, anon / 1024
}

// BenchmarkOpen opens a store of 100,000 referrals with idle threads, after a clean stop and after none.
func BenchmarkOpen(b *testing.B) {
	if testing.Short() {
		b.Skip("writes 700 MB")
	}
	dir := b.TempDir()
	s, o := open(b, store.Config{Dir: dir})
	fill(b, o, 100_000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for _, clean := range []bool{true, false} {
		b.Run(fmt.Sprintf("clean=%v", clean), func(b *testing.B) {
			for range b.N {
				if !clean {
					if err := os.Remove(dir + "/clean"); err != nil {
						b.Fatal(err)
					}
				}
				out, err := child(context.Background(), "open", dir).CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				var ms, rss, anon, took, size float64
				var rows int
				var before bool
				if _, err := fmt.Sscanf(strings.TrimSpace(string(out)), "open %g %g %g %g %g %d %t", &ms, &rss, &anon, &took, &size, &rows, &before); err != nil || before == clean {
					b.Fatalf("%v: %s", err, out)
				}
				b.ReportMetric(ms, "ready-ms")
				b.ReportMetric(rss, "RSS-MB")
				b.ReportMetric(anon, "anonymous-MB")
				b.ReportMetric(took/size*(1<<30), "check-s/GiB")
				b.ReportMetric(float64(rows), "rows")
			}
		})
	}
}

func fill(b *testing.B, o *store.Org, n int) {
	b.Helper()
	message, lane, event := bytes.Repeat([]byte("m"), 4500), bytes.Repeat([]byte("l"), 1200), bytes.Repeat([]byte("e"), 400)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				err := o.Update(context.Background(), func(tx *store.Tx) error {
					c, err := tx.NewCase()
					if err != nil {
						return err
					}
					id := fmt.Sprintf("urn:uuid:01890a5d-ac96-774b-bcce-%012d", i)
					if err := tx.Put(store.K("message", id).Number(1), store.Row{Case: c, Private: message}); err != nil {
						return err
					}
					if err := tx.PutLane(store.LaneKey{Kind: "thread", Dest: "rw1partner", ID: id}, store.Row{Kept: lane}, store.Due{}); err != nil {
						return err
					}
					_, err = tx.Append("events", store.Row{Kept: event})
					return err
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
