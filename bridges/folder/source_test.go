package folder_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges"
	"referworks/bridges/folder"
)

func TestEachRecordOfAFileIsTakenAndReported(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("nightly.csv", rows(3))
	must(t, d.look())
	got := d.node.texts()
	if len(got) != 3 || got[2] != "name,zip\nAna 3,02132\n" {
		t.Fatalf("accepted %q", got)
	}
	d.expect("inbox")
	d.expect("working")
	d.expect("processed", "nightly.csv", "nightly.csv.report.json", "nightly.csv.report.txt")
	text := d.read("processed/nightly.csv.report.txt")
	for _, want := range []string{"3 records in the file", "3 sent", "Record 2: sent, reference R-#2."} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	var report struct {
		File   string
		Rows   []struct{ State, Reference string }
		Totals struct{ Records, Sent int }
	}
	must(t, json.Unmarshal([]byte(d.read("processed/nightly.csv.report.json")), &report))
	if report.File != "nightly.csv" || len(report.Rows) != 3 || report.Totals.Sent != 3 {
		t.Errorf("the JSON report is %+v", report)
	}
}

func TestTheSameFileIsTakenOnce(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("a.csv", rows(2))
	must(t, d.look())
	d.put("a.csv", rows(2))
	d.put("b.csv", rows(2))
	must(t, d.look())
	if n := len(d.node.texts()); n != 2 {
		t.Fatalf("%d records were accepted", n)
	}
	d.expect("inbox")
	all := d.names("processed")
	if len(all) != 9 {
		t.Fatalf("processed holds %q", all)
	}
	if text := d.read("processed/b.csv.report.txt"); !strings.Contains(text, "A file with the same content was taken on") {
		t.Errorf("the report says %s", text)
	}
	d.put("a.csv", rows(3)) // a new file of the old name: its records are new, whatever they say
	must(t, d.look())
	if n := len(d.node.texts()); n != 5 {
		t.Fatalf("%d records were accepted", n)
	}
}

func TestXMLAndJSONBatches(t *testing.T) {
	d := newDesk(t, "xml", "records", "Referral[]")
	d.put("b.xml", `<Batch xmlns="urn:x"><Referral id="1"><Name>Ana</Name></Referral><Skip/><Referral id="2"><Name>B</Name></Referral></Batch>`)
	must(t, d.look())
	d.put("none.xml", `<Batch xmlns="urn:x"/>`)
	d.put("wrong.xml", `<Batch xmlns="urn:x"><Client>Ana</Client></Batch>`)
	must(t, d.look())
	if text := d.read("failed/wrong.xml.report.txt"); !strings.Contains(text, "no record at Referral[]") {
		t.Errorf("the report says %s", text)
	}
	if text := d.read("processed/none.xml.report.txt"); !strings.Contains(text, "0 records in the file") {
		t.Errorf("the report says %s", text)
	}
	if got := d.node.texts(); len(got) != 2 || !strings.Contains(got[1], `<Referral xmlns="urn:x" id="2">`) {
		t.Fatalf("accepted %q", got)
	}
	d = newDesk(t, "json")
	d.put("b.json", ` [{"name":"Ana","zip":"02139"}] `)
	d.put("c.json", `[{"name":"Ana"},{"name":"B"}]`)
	d.put("d.json", `{"name":"whole"}`)
	must(t, d.look())
	if got := d.node.texts(); len(got) != 4 {
		t.Fatalf("accepted %q", got)
	}
}

func TestWhatCannotBeReadWaitsForAPerson(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("bad.csv", "name,zip\nAna,02139\ntoo,many,cells\nBen,02140\n")
	d.put("empty.csv", "")
	d.put("none.csv", "name,zip\n")
	d.put("binary.csv", "\x00\x01\x02")
	must(t, d.look())
	if got := d.node.texts(); len(got) != 2 {
		t.Fatalf("accepted %q", got)
	}
	unread := strings.Join(d.node.unread(), "\n")
	if len(d.node.unread()) != 2 || !strings.Contains(unread, "1 record of a file could not be read, the first in line 3") || strings.Contains(unread, "too") {
		t.Fatalf("waiting: %q", unread)
	}
	d.expect("inbox")
	d.expect("working")
	d.expect("processed", "none.csv", "none.csv.report.json", "none.csv.report.txt")
	if text := d.read("failed/bad.csv.report.txt"); !strings.Contains(text, "Record 2 (line 3): it could not be read. the row has 3 cells") || !strings.Contains(text, "2 sent") {
		t.Errorf("the report says %s", text)
	}
	if text := d.read("failed/empty.csv.report.txt"); !strings.Contains(text, "The file is empty") {
		t.Errorf("the report says %s", text)
	}
	// Put back as it is, what was taken is not taken twice, and the report has its old place.
	must(t, os.Rename(filepath.Join(d.base, "failed/bad.csv"), filepath.Join(d.base, "inbox/bad.csv")))
	must(t, d.look())
	if len(d.node.texts()) != 2 || len(d.node.unread()) != 2 {
		t.Fatal("a file that was put back was taken twice")
	}
	if text := d.read("failed/bad.csv.report.txt"); !strings.Contains(text, "2 taken before and not sent again") {
		t.Errorf("the report says %s", text)
	}
}

func TestTheNodeSaysNoOrNotNow(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("a.csv", rows(3))
	full := true
	d.node.says = func(in bridges.Inbound) error {
		switch {
		case strings.HasSuffix(in.Key, "#2") && full:
			return &bridges.Error{Class: bridges.Temporary, Sentence: "The disk is full."}
		case strings.HasSuffix(in.Key, "#3"):
			return &bridges.Error{Class: bridges.Permanent, Sentence: "The record is too large."}
		}
		return nil
	}
	if err := d.look(); err == nil || err.Error() != "The disk is full." {
		t.Fatalf("the look told %v", err)
	}
	d.expect("working", ".a.csv.report.json.tmp", "a.csv")
	full = false
	must(t, d.look())
	if got := d.node.texts(); len(got) != 2 {
		t.Fatalf("accepted %q", got)
	}
	if text := d.read("failed/a.csv.report.txt"); !strings.Contains(text, "Record 3: refused. The record is too large.") || !strings.Contains(text, "Record 1: it was taken before") {
		t.Errorf("the report says %s", text)
	}
}

func TestHostileNamesAndThings(t *testing.T) {
	d := newDesk(t, "csv", "largest", "1")
	secret := filepath.Join(t.TempDir(), "secret.csv")
	must(t, os.WriteFile(secret, []byte(rows(1)), 0o644))
	must(t, os.Symlink(secret, filepath.Join(d.base, "inbox", "link.csv")))
	must(t, os.Symlink("/", filepath.Join(d.base, "inbox", "root")))
	must(t, syscall.Mkfifo(filepath.Join(d.base, "inbox", "pipe.csv"), 0o644))
	must(t, os.Mkdir(filepath.Join(d.base, "inbox", "sub.csv"), 0o755))
	d.put("cod\u202evsc.exe", "name\nA\n")
	d.put("new\nline\x1b[31m.csv", "name\nB\n")
	d.put("\xff\xfe.csv", "name\nC\n")
	d.put(strings.Repeat("é", 120)+".csv", "name\nD\n")
	d.put("CON.csv", "name\nE\n")
	d.put("a:b\\..\\c.csv", "name\nF\n")
	d.put("large.csv", "name\n"+strings.Repeat("x", 1<<20))
	for _, name := range []string{".hidden.csv", "~$a.csv", "x.csv.part", "x.tmp", "y.csv.filepart", "old.csv.report.txt"} {
		d.put(name, "name\nnot yet\n")
	}
	must(t, d.look())
	if got := len(d.node.texts()); got != 6 {
		t.Fatalf("%d records were accepted: %q", got, d.node.texts())
	}
	if len(d.names("inbox")) != 7 {
		t.Errorf("the inbox holds %q", d.names("inbox"))
	}
	if n := len(d.names("failed")); n != 4*3 { // two links, a pipe, a large file
		t.Errorf("failed holds %q", d.names("failed"))
	}
	for _, name := range append(d.names("processed"), d.names("failed")...) {
		if strings.ContainsAny(name, "\u202e\n\x1b\\:") || len(name) > 255 || strings.HasPrefix(name, "CON.") {
			t.Errorf("a file is called %q", name)
		}
	}
	for _, name := range d.names("failed") {
		if strings.HasSuffix(name, "report.json") && !json.Valid([]byte(d.read("failed/"+name))) {
			t.Errorf("%s is no JSON", name)
		}
	}
}

func TestAFileThatNobodyFinishesIsTold(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("a.csv.part", "name\nA\n")
	must(t, d.look())
	d.cfg.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	d.put("b.csv", "name\nB\n")
	if err := d.look(); err == nil || !strings.HasPrefix(err.Error(), "1 file in the folder inbox with a name") {
		t.Errorf("the look told %v", err)
	}
	if len(d.node.texts()) != 1 {
		t.Error("the other file was not taken")
	}
}

func TestAFileIsTakenWhenItsWriterHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "csv", "settle", "30", "every", "10")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.open().(bridges.Source).Run(ctx, d.node.accept) }()
		synctest.Wait()
		d.put("a.csv", "name\nA")
		for i := range 5 { // somebody writes slowly
			time.Sleep(21 * time.Second)
			d.put("a.csv", "name\nA"+strings.Repeat("n", i)+"\n")
		}
		synctest.Wait()
		if len(d.node.texts()) != 0 {
			t.Fatal("the file was taken while it grew")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := d.node.texts(); len(got) != 1 || got[0] != "name\nAnnnn\n" {
			t.Fatalf("accepted %q", got)
		}
		stop()
		must(t, <-done)
	})
}

func TestChangedWhileRead(t *testing.T) {
	d := newDesk(t, "csv")
	d.put("a.csv", rows(100_000)) // several pieces
	d.node.says = func(in bridges.Inbound) error {
		if strings.HasSuffix(in.Key, "#1000") {
			f, err := os.OpenFile(filepath.Join(d.base, "working/a.csv"), os.O_WRONLY|os.O_APPEND, 0)
			must(t, err)
			_, err = f.WriteString("late,row\n")
			must(t, errors.Join(err, f.Close()))
		}
		return nil
	}
	d.node.came = make(chan bridges.Inbound, 200_000)
	must(t, d.look())
	for _, text := range d.node.texts() {
		if strings.Contains(text, "late") {
			t.Fatal("what was written later was taken")
		}
	}
	if text := d.read("failed/a.csv.report.txt"); !strings.Contains(text, "The file was changed while it was read.") {
		t.Errorf("the report says %.300s", text)
	}
	if len(d.node.unread()) != 1 {
		t.Error("nobody is told")
	}
}

// TestStoppedBetweenEveryTwoSteps kills the source before and after each of its steps, and starts it again.
func TestStoppedBetweenEveryTwoSteps(t *testing.T) {
	for _, done := range []bool{false, true} {
		for n := 0; ; n++ {
			d := newDesk(t, "csv")
			d.put("good.csv", rows(3))
			d.put("bad.csv", "name,zip\nX,1\nY,2,3\n")
			bridge := d.open()
			dead := folder.Mortal(bridge, n, done)
			_ = folder.Look(t.Context(), bridge, func(ctx context.Context, in bridges.Inbound) (got bridges.Accepted, err error) {
				return got, folder.Step(bridge, func() error { got, err = d.node.accept(ctx, in); return err })
			})
			if !dead() {
				if n < 20 {
					t.Fatalf("there were only %d steps", n)
				}
				break
			}
			must(t, d.look())
			what := fmt.Sprintf("killed at step %d (done: %t)", n, done)
			if got := d.node.texts(); len(got) != 4 {
				t.Fatalf("%s: %d records were accepted", what, len(got))
			}
			if len(d.node.unread()) != 1 {
				t.Fatalf("%s: %d items wait", what, len(d.node.unread()))
			}
			d.expect("inbox")
			d.expect("working")
			d.expect("processed", "good.csv", "good.csv.report.json", "good.csv.report.txt")
			d.expect("failed", "bad.csv", "bad.csv.report.json", "bad.csv.report.txt")
			for _, name := range []string{"processed/good.csv", "failed/bad.csv"} {
				if !json.Valid([]byte(d.read(name + ".report.json"))) {
					t.Fatalf("%s: the report of %s is cut", what, name)
				}
			}
		}
	}
}

func TestOnlyWhereTheOperatorAllows(t *testing.T) {
	own, shared := t.TempDir(), t.TempDir()
	kind := folder.Local(folder.Allowed{Own: own, Roots: []string{filepath.Join(shared, "{organization}")}})
	for _, setting := range []string{"/etc", "../other", "a/../../b", own, shared, filepath.Join(shared, "rw1other"), filepath.Join(shared, string(org)) + "x", filepath.Join(own, "rw1other")} {
		cfg := newNode().config(map[string]string{"folder": setting})
		if _, err := kind.New(cfg); err == nil {
			t.Errorf("the folder %q was opened", setting)
		}
	}
	for _, setting := range []string{"", "nightly", filepath.Join(shared, string(org), "drop"), filepath.Join(own, string(org))} {
		cfg := newNode().config(map[string]string{"folder": setting})
		if _, err := kind.New(cfg); err != nil {
			t.Errorf("the folder %q: %v", setting, err)
		}
	}
	// A link inside that leads out of it.
	must(t, os.MkdirAll(filepath.Join(own, string(org)), 0o755))
	must(t, os.Symlink(shared, filepath.Join(own, string(org), "out")))
	b, err := kind.New(newNode().config(map[string]string{"folder": "out"}))
	must(t, err)
	if err := b.(bridges.Tester).Test(t.Context()); err == nil {
		t.Error("a link led out of the folder")
	}
	if found, err := os.ReadDir(shared); err != nil || len(found) > 0 {
		t.Errorf("something was written outside: %v %v", found, err)
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	kind := folder.Local(folder.Allowed{Own: t.TempDir()})
	for name, value := range map[string]string{"every": "0", "settle": "-1", "largest": "x", "records": "a[", "people": "maybe", "inbox": "../x", "outbox": "inbox"} {
		if _, err := kind.New(newNode().config(map[string]string{name: value})); err == nil {
			t.Errorf("%s = %q was taken", name, value)
		}
	}
	for name, value := range map[string]string{"inbox": "processed"} {
		if _, err := kind.New(newNode().config(map[string]string{name: value})); err == nil {
			t.Errorf("%s = %q was taken", name, value)
		}
	}
}
