package record_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"referworks/bridges/record"
)

// streamXML lists what the stream yields: texts of Name, "line.record reason" of bad records, then the last error.
func streamXML(doc string, path record.Path, lim record.Limits) (got []string, last error) {
	for n, err := range record.XMLRecords(strings.NewReader(doc), path, lim) {
		var bad *record.RecordError
		switch {
		case err == nil:
			got = append(got, n.Value("Name"))
		case errors.As(err, &bad):
			got = append(got, fmt.Sprintf("%d.%d bad", bad.Line, bad.Record))
		default:
			last = err
		}
	}
	return got, last
}

func TestXMLRecords(t *testing.T) {
	doc := `<?xml version="1.0" encoding="UTF-8"?><b:Batch xmlns:b="urn:b" id="1">
<b:Header><b:Referral><Name>not this</Name></b:Referral></b:Header>
<b:List kind="x">text
<b:Referral><Name>one</Name></b:Referral>
<b:Referral a="1" a="2"><Name>twice</Name><b:Referral/></b:Referral>
<b:Referral><x:Name>prefix</x:Name></b:Referral>
<b:Referral><Name><a><a><a><a>deep</a></a></a></a></Name></b:Referral>
<b:Referral><Name>wide</Name><c/><c/><c/><c/><c/><c/><c/><c/></b:Referral>
<Referral><Name>five</Name></Referral>
<b:Referral><Name>` + strings.Repeat("large", 100) + `</Name></b:Referral>
<b:Referral/>
</b:List></b:Batch>`
	lim := record.Limits{Depth: 6, Nodes: 8, Record: 400}
	got, err := streamXML(doc, record.MustPath("List.Referral[]"), lim)
	if want := []string{"one", "5.2 bad", "6.3 bad", "7.4 bad", "8.5 bad", "five", "10.7 bad", ""}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = streamXML(strings.Replace(doc, "large", strings.Repeat("large", 1000), 1), record.MustPath("List.Referral[]"), lim)
	if err == nil || len(got) != 7 || !strings.Contains(err.Error(), "larger than a record") {
		t.Errorf("one text beyond the limit: got %d records, %v", len(got), err)
	}
	lim.Record = 2000
	bound := record.MustPath("b:List.b:Referral").Bind(map[string]string{"b": "urn:b"})
	got, err = streamXML(doc, bound, lim)
	if want := []string{"one", "5.2 bad", "6.3 bad", "7.4 bad", "8.5 bad", strings.Repeat("large", 100), ""}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for n, err := range record.XMLRecords(strings.NewReader(doc), bound, lim) {
		if err != nil || n.Line != 4 || n.Space != "urn:b" || n.Prefix != "b" {
			t.Errorf("the first record is %+v, %v", n, err)
		}
		break
	}
}

func TestXMLRecordsRefuse(t *testing.T) {
	good := `<a><r><Name>1</Name></r>`
	for doc, want := range map[string]string{
		good + `<r></q></r></a>`: "no start", good + `<r>`: "ends before", "": "ends before", `<!DOCTYPE a><a/>`: "DOCTYPE", good + `<!DOCTYPE a></a>`: "DOCTYPE",
		good + `<x><!DOCTYPE a></x></a>`: "DOCTYPE", good + `<r>&x;</r></a>`: "entity", good + `</a><r/>`: "follows the root", good + "<r>\x01</r></a>": "illegal",
		good + `<x></y></a>`: "no start", good + strings.Repeat("<x>", 10_001): "deeper than 10000", `<?xml version="1.0" encoding="utf-7"?><a/>`: "encoding", "<p:a/>": "not declared",
	} {
		got, err := streamXML(doc, record.MustPath("r"), record.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", doc, err, want)
		}
		if strings.HasPrefix(doc, good) && !slices.Equal(got[:1], []string{"1"}) {
			t.Errorf("%.60s: the good record was lost: %q", doc, got)
		}
	}
	for _, path := range []string{".", "a[0]", "a[b=c]", "a.@b", "[]", "a->b"} {
		if _, err := streamXML(good+"</a>", record.MustPath(path), record.Limits{}); err == nil {
			t.Errorf("%s was taken as the path of records", path)
		}
	}
}

func TestXMLRecordsInOtherEncodings(t *testing.T) {
	doc := `<?xml version="1.0" encoding="ENC"?><a><r><Name>Größe – €</Name></r></a>`
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(doc, "ENC", "UTF-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	cp1252, err := charmap.Windows1252.NewEncoder().String(strings.Replace(doc, "ENC", "windows-1252", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{"UTF-16": utf16, "windows-1252": cp1252, "UTF-8": "\uFEFF" + strings.Replace(doc, "ENC", "utf-8", 1)} {
		if got, err := streamXML(in, record.MustPath("r[]"), record.Limits{}); err != nil || !slices.Equal(got, []string{"Größe – €"}) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	bad := strings.Replace(cp1252, "\x80", "\x81", 1)
	if got, err := streamXML(bad, record.MustPath("r"), record.Limits{}); err != nil || !slices.Equal(got, []string{"1.1 bad"}) {
		t.Errorf("an undefined byte: %q, %v", got, err)
	}
}

// Streaming and reading whole agree on every document.
func FuzzXMLRecords(f *testing.F) {
	for _, s := range []string{`<a><r b="1">x</r><r/></a>`, sampleXML, `<a><r><c></r></a>`, `<a xmlns:p="u"><p:r p:b="1"/></a>`, "\xff\xfe<\x00a\x00/\x00>\x00"} {
		f.Add([]byte(s))
	}
	path := record.MustPath("r[]")
	f.Fuzz(func(t *testing.T, b []byte) {
		var got []*record.Node
		var failed error
		for n, err := range record.XMLRecords(strings.NewReader(string(b)), path, record.Limits{}) {
			if err != nil {
				failed = err
				continue
			}
			got = append(got, n)
		}
		root, err := record.DecodeXML(b, record.Limits{})
		if err != nil {
			return
		}
		if failed != nil {
			t.Fatalf("%q is read whole, but streaming says %v", b, failed)
		}
		want := 0
		for _, c := range root.Children {
			if c.Name == "r" {
				if want < len(got) && !got[want].Equal(c) {
					t.Fatalf("%q: record %d differs", b, want+1)
				}
				want++
			}
		}
		if want != len(got) {
			t.Fatalf("%q has %d records, streaming found %d", b, want, len(got))
		}
	})
}

// BenchmarkXMLBatch reads one batch of 8 MB, or 100 MB with LONG=1, and prints the peak of the heap.
func BenchmarkXMLBatch(b *testing.B) {
	one := "<Referral id=\"%d\"><Client><First>Ana</First><Last>Example</Last><Zip>02139</Zip></Client><Need>Guardianship</Need><Note>" + strings.Repeat("some words ", 150) + "</Note></Referral>\n"
	size := 8 << 20
	if os.Getenv("LONG") != "" {
		size = 100 << 20
	}
	count := size / len(one)
	b.SetBytes(int64(count * len(one)))
	var peak uint64
	for b.Loop() {
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		in := &endless{header: "<Batch>", n: count, row: func(i int) string {
			if i == count {
				return fmt.Sprintf(one, i) + "</Batch>"
			}
			return fmt.Sprintf(one, i)
		}}
		records := 0
		for n, err := range record.XMLRecords(in, record.MustPath("Referral[]"), record.Limits{}) {
			if err != nil || n.Member("Client").Value("Zip") != "02139" {
				b.Fatal(n, err)
			}
			if records++; records%200 == 0 {
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
			}
		}
		if records != count {
			b.Fatalf("%d records of %d", records, count)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// The memory of a stream does not grow with the number of records.
func TestXMLRecordsInConstantMemory(t *testing.T) {
	record1 := "<r><Name>" + strings.Repeat("x", 4000) + "</Name></r>"
	var first, last runtime.MemStats
	in := &endless{header: "<a>", n: 4000, row: func(i int) string {
		if i == 4000 {
			return record1 + "</a>"
		}
		return record1
	}}
	n := 0
	for _, err := range record.XMLRecords(in, record.MustPath("r"), record.Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		switch n++; n {
		case 100:
			runtime.GC()
			runtime.ReadMemStats(&first)
		case 3900:
			runtime.GC()
			runtime.ReadMemStats(&last)
		}
	}
	if n != 4000 || last.HeapAlloc > first.HeapAlloc+2<<20 {
		t.Errorf("%d records; the heap grew from %d to %d bytes", n, first.HeapAlloc, last.HeapAlloc)
	}
}
