package folder_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/bridges/folder"
)

func delivery(key, format, text string) bridges.Delivery {
	return bridges.Delivery{Key: key, Reference: "R7K2-M4", Attempt: 1, Document: bridges.Document{Format: format, Bytes: []byte(text)}}
}

func TestADocumentIsWrittenOnceUnderItsReference(t *testing.T) {
	d := newDesk(t, "json")
	sink := d.open().(bridges.Sink)
	one := delivery("org/r/1", "json", `{"name":"Ana"}`)
	one.Files = []bridges.File{{Name: "Ana Molina passport.PDF", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("%PDF")), nil }}}
	out, err := sink.Deliver(t.Context(), one)
	must(t, err)
	if !out.Blind || !strings.HasPrefix(out.Reference, "R7K2-M4-") {
		t.Fatalf("the outcome is %+v", out)
	}
	if got := d.names("outbox"); len(got) != 2 || strings.Contains(strings.Join(got, " "), "Ana") || !strings.HasSuffix(got[0], ".file-1.pdf") {
		t.Fatalf("the outbox holds %q", got)
	}
	if d.read("outbox/"+out.Reference) != `{"name":"Ana"}` {
		t.Error("the document is another one")
	}
	// Its reader takes it away; the same delivery again writes nothing.
	must(t, os.RemoveAll(filepath.Join(d.base, "outbox")))
	_, err = sink.Deliver(t.Context(), one)
	must(t, err)
	if _, err := os.Stat(filepath.Join(d.base, "outbox", out.Reference)); err == nil {
		t.Error("it was written twice")
	}
	// A later message of the same referral is another file.
	two, err := sink.Deliver(t.Context(), delivery("org/r/2", "json", `{}`))
	must(t, err)
	if two.Reference == out.Reference {
		t.Error("two messages have one name")
	}
	practice := delivery("org/r/3", "json", `{}`)
	practice.Practice = true
	if out, err = sink.Deliver(t.Context(), practice); err != nil || !strings.HasPrefix(out.Reference, "practice-") {
		t.Errorf("practice: %v %v", out, err)
	}
}

func TestCSVIsSafeToOpen(t *testing.T) {
	const text = "name,phone,zip\n\"=HYPERLINK(\"\"http://x.test\"\",\"\"Ana\"\")\",+1 555 0100,02139\n@SUM(A1),-1,\t=1+1\n"
	for people, want := range map[string]string{
		"true":  "name,phone,zip\n\"'=HYPERLINK(\"\"http://x.test\"\",\"\"Ana\"\")\",+1 555 0100,02139\n'@SUM(A1),-1,'\t=1+1\n",
		"false": text,
	} {
		d := newDesk(t, "csv", "people", people)
		out, err := d.open().(bridges.Sink).Deliver(t.Context(), delivery("k", "csv", text))
		must(t, err)
		if got := d.read("outbox/" + out.Reference); got != want {
			t.Errorf("people %s: written\n%s", people, got)
		}
	}
}

// TestADeliveryStoppedAnywhereIsSeenOnce kills the sink at each step while a reader takes away whatever is complete.
func TestADeliveryStoppedAnywhereIsSeenOnce(t *testing.T) {
	for _, done := range []bool{false, true} {
		for n := 0; ; n++ {
			d := newDesk(t, "json")
			taken := []string{}
			reader := func() {
				for _, name := range d.names("outbox") {
					if strings.HasPrefix(name, ".") {
						continue
					}
					if taken = append(taken, d.read("outbox/"+name)); !bytes.HasSuffix([]byte(taken[len(taken)-1]), []byte("}")) {
						t.Fatalf("the reader saw %q", taken)
					}
					must(t, os.Remove(filepath.Join(d.base, "outbox", name)))
				}
			}
			must(t, os.MkdirAll(filepath.Join(d.base, "outbox"), 0o755))
			bridge := d.open()
			dead := folder.Mortal(bridge, n, done)
			_, err := bridge.(bridges.Sink).Deliver(t.Context(), delivery("k", "json", `{"name":"Ana"}`))
			reader()
			if !dead() {
				must(t, err)
				break
			}
			again := delivery("k", "json", `{"name":"Ana"}`)
			again.Attempt, again.Unknown = 2, true
			_, err = d.open().(bridges.Sink).Deliver(context.Background(), again)
			must(t, err)
			reader()
			if len(taken) != 1 {
				t.Fatalf("killed at step %d (done: %t): the reader took %q", n, done, taken)
			}
		}
	}
}
