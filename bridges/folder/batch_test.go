package folder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/bridges/folder"
)

// batch puts a file of n records into an inbox and has it taken by somebody who keeps nothing. It gives the most memory
// that was in use meanwhile, in bytes, beyond what was before.
func batch(t testing.TB, format string, n int) (peak uint64) {
	t.Helper()
	own := t.TempDir()
	inbox := filepath.Join(own, string(org), "inbox")
	must(t, os.MkdirAll(inbox, 0o755))
	var b strings.Builder
	head, row, end := "first,last,zip,note\n", "Ana %d,Torres,02139,a note of some length that stands in each row\n", ""
	if format == "xml" {
		head, row, end = "<Batch>", "<Referral id=\"%d\"><First>Ana</First><Last>Torres</Last><Zip>02139</Zip><Note>a note of some length</Note></Referral>\n", "</Batch>"
	}
	b.WriteString(head)
	for i := range n {
		fmt.Fprintf(&b, row, i)
	}
	b.WriteString(end)
	must(t, os.WriteFile(filepath.Join(inbox, "batch."+format), []byte(b.String()), 0o644))
	b.Reset()
	bridge, err := folder.Local(folder.Allowed{Own: own}).New(bridges.Config{Organization: org, Format: format, Settings: map[string]string{"settle": "0", "records": map[string]string{"xml": "Referral[]"}[format]}})
	must(t, err)
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, taken := inUse(), 0
	must(t, folder.Look(context.Background(), bridge, func(context.Context, bridges.Inbound) (bridges.Accepted, error) {
		if taken++; taken%(n/5) == 0 {
			if now := inUse(); now > before {
				peak = max(peak, now-before)
			}
		}
		return bridges.Accepted{Reference: "R7K2-M4"}, nil
	}))
	if taken != n {
		t.Fatalf("%d records were taken", taken)
	}
	return peak
}

// A file of a hundred times as many records takes no more memory.
func TestBatchesTakeTheSameMemory(t *testing.T) {
	for _, format := range []string{"csv", "xml"} {
		if peak := batch(t, format, 20_000); peak > 16<<20 {
			t.Errorf("20,000 records of %s took %d MB", format, peak>>20)
		}
	}
}

// BenchmarkBatch takes files of 1,000 and 100,000 records: the memory in use stays the same.
func BenchmarkBatch(b *testing.B) {
	for _, format := range []string{"csv", "xml"} {
		for _, n := range []int{1_000, 100_000} {
			b.Run(fmt.Sprintf("%s-%d", format, n), func(b *testing.B) {
				var peak uint64
				for b.Loop() {
					peak = max(peak, batch(b, format, n))
				}
				b.ReportMetric(float64(peak)/(1<<20), "MB-in-use")
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, name := range []string{"a.csv", "../../etc/passwd", "cod\u202egpj.exe", "CON", "a\x00b", strings.Repeat("é", 200) + ".csv", ".", "..", "", "a.b.c.", "\xff.csv"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := folder.SafeName(name)
		if got == "" || len(got) > 200 || got[0] == '.' || strings.ContainsAny(got, "/\\\x00\n\u202e") {
			t.Errorf("%q became %q", name, got)
		}
		if again := folder.SafeName(got); again != got {
			t.Errorf("%q became %q and then %q", name, got, again)
		}
	})
}
