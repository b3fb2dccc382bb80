package email

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// expectation is what another project says of a mail: which parts are text, which are files, and what they hold.
type expectation struct {
	Text  []int `json:"text_body"`
	HTML  []int `json:"html_body"`
	Files []int `json:"attachments"`
	Parts []struct {
		Body map[string]json.RawMessage `json:"body"`
	} `json:"parts"`
}

func samples(t testing.TB) string {
	dir := os.Getenv("REFERWORKS_SAMPLES")
	if dir == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	return dir
}

// squeezed is text without the differences that line ends make, and without letters that one of two readers may not
// know the character set of.
func squeezed(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r > 126 {
			return -1
		}
		return r
	}, s)), " ")
}

// Mail of the last thirty years, with what stands in it: no panic, no hang, little memory, and text and files as the
// expectations say.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "hostile/mail/*/*.eml"))
	if err != nil || len(files) < 60 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	w := newWorkers(1)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, crlf := range []bool{false, true} {
			wants := strings.TrimSuffix(file, ".eml") + ".json"
			in := raw
			if crlf {
				wants = strings.TrimSuffix(file, ".eml") + ".crlf.json"
				in = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
			}
			name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(wants)
			b, err := os.ReadFile(wants)
			if err != nil {
				t.Fatal(err)
			}
			var want expectation
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			// Who wrote it is asked for later: some of these have no From.
			l, err := do(w, readTime(in), func(on *leash) (*letter, error) { return tolerant(trimmed(in), on, 0) })
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := scan(trimmed(in)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			compare(t, name, l, want)
			if _, err := do(w, readTime(in), func(on *leash) (*letter, error) { return second(trimmed(in), on, 0) }); err != nil {
				t.Logf("%s: the second parser: %v", name, err)
			}
		}
	}
}

func compare(t *testing.T, name string, l *letter, want expectation) {
	t.Helper()
	for i, p := range want.Parts {
		file := slices.Contains(want.Files, i)
		for kind, body := range p.Body {
			var text string
			switch kind {
			case "Text", "Html":
				if err := json.Unmarshal(body, &text); err != nil {
					t.Fatal(err)
				}
				within := l.text
				if kind == "Html" {
					within = l.html
				}
				held := slices.ContainsFunc(l.files, func(f attached) bool { return squeezed(string(f.bytes)) == squeezed(text) })
				if !file && !strings.Contains(squeezed(within), squeezed(text)) || file && !held {
					t.Errorf("%s: part %d, %s (file: %v) %.80q is not in what was read: %.80q, %d files", name, i, kind, file, squeezed(text), squeezed(within), len(l.files))
				}
			case "Binary", "InlineBinary":
				var numbers []int
				if err := json.Unmarshal(body, &numbers); err != nil {
					t.Fatal(err)
				}
				b := make([]byte, len(numbers))
				for i, n := range numbers {
					b[i] = byte(n)
				}
				if !slices.ContainsFunc(l.files, func(f attached) bool { return unix(f.bytes) == unix(b) }) {
					t.Errorf("%s: part %d, a file of %d bytes, is not among the %d files", name, i, len(b), len(l.files))
				}
			}
		}
	}
	if len(l.files) != len(want.Files) {
		var have []string
		for _, f := range l.files {
			have = append(have, f.media+" "+f.name)
		}
		t.Errorf("%s: %d files, want %d: %v", name, len(l.files), len(want.Files), have)
	}
}

func unix(b []byte) string { return strings.TrimSpace(strings.ReplaceAll(string(b), "\r", "")) }

// Shapes that keep parsers busy: each is refused or read within a second and 64 MiB.
func TestNoMailIsTooHard(t *testing.T) {
	w := newWorkers(1)
	nested := func(n int, boundary func(int) string) string {
		var b strings.Builder
		b.WriteString("From: a@b.example\r\n")
		for i := range n {
			b.WriteString("Content-Type: multipart/mixed; boundary=\"" + boundary(i) + "\"\r\n\r\n--" + boundary(i) + "\r\n")
		}
		return b.String()
	}
	head := "From: a@b.example\r\n"
	for name, mail := range map[string]string{
		"nested 30":            nested(30, func(i int) string { return "b" + strings.Repeat("x", i) }),
		"nested 10":            nested(10, func(i int) string { return "b" + strings.Repeat("x", i) }),
		"one boundary":         nested(2000, func(int) string { return "b" }),
		"prefixes":             nested(10, func(i int) string { return strings.Repeat("b", 60-i) }),
		"closed and reopened":  head + "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n--a--\r\n--a\r\n", 500),
		"parts":                head + "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\n\r\nx\r\n", 4000),
		"mails in mails":       head + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 5000),
		"headers":              head + strings.Repeat("X-A: b\r\n", 100_000),
		"a long header":        head + "Subject: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"a folded header":      head + "Subject: a\r\n" + strings.Repeat(" b\r\n", 100_000) + "\r\n",
		"a long line":          head + "\r\n" + strings.Repeat("a", 5<<20),
		"references":           head + "References: " + strings.Repeat("<a@b> ", 1000) + "\r\n\r\n",
		"encoded words":        head + "Subject: " + strings.Repeat("=?utf-8?q?a?= ", 500) + "\r\n\r\nx",
		"parameters":           head + "Content-Type: text/plain" + strings.Repeat("; a*0=b", 1000) + "\r\n\r\nx",
		"quotes":               head + "Content-Type: text/plain; name=" + strings.Repeat(`"`, 4000) + "\r\n\r\nx",
		"comments":             "From: " + strings.Repeat("(", 4000) + "\r\n\r\nx",
		"groups":               "From: " + strings.Repeat("a:;", 2000) + "\r\n\r\nx",
		"base64 that is none":  head + "Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("!!!!\r\n", 100_000),
		"quoted-printable":     head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=\r\n", 300_000),
		"a large file":         head + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(strings.Repeat("A", 76)+"\r\n", 40_000),
		"utf-7":                head + "Content-Type: text/plain; charset=utf-7\r\n\r\n" + strings.Repeat("+AAA-", 10_000),
		"no boundary":          head + "Content-Type: multipart/mixed\r\n\r\n--a\r\n",
		"an empty boundary":    head + "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n--\r\n",
		"nothing":              "",
		"only CR":              head[:len(head)-2] + "\r\rtext\rtext\r",
		"zeros":                strings.Repeat("\x00", 1<<20),
		"a boundary of spaces": head + "Content-Type: multipart/mixed; boundary=\" \"\r\n\r\n-- \r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, err := w.read([]byte(mail))
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			if took > 10*time.Second { // 1 s on a quiet machine
				t.Errorf("took %v", took)
			}
			mb := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
			if mb > 64 {
				t.Errorf("took %.0f MiB", mb)
			}
			t.Logf("%v, %.1f MiB of %d bytes: %v", took.Round(time.Microsecond), mb, len(mail), err)
		})
	}
}

// Readers that hang keep their places; then mail is asked to come later, and nobody waits for ever.
func TestAllReadersHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, end := newWorkers(1), make(chan struct{})
		if _, err := do(w, time.Second, func(*leash) (int, error) { <-end; return 0, nil }); !errors.Is(err, errTooLong) {
			t.Errorf("a reader that hangs: %v", err)
		}
		if _, err := w.read([]byte("From: a@b.example\r\n\r\nx")); !errors.Is(err, errBusy) {
			t.Errorf("the next mail: %v", err)
		}
		close(end)
		synctest.Wait()
		if _, err := w.read([]byte("From: a@b.example\r\n\r\nx")); err != nil {
			t.Errorf("when it has ended: %v", err)
		}
	})
}

// FuzzRead reads anything without a panic and without hanging.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"From: a@b.example\r\nSubject: x\r\n\r\nText\r\n",
		"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nText\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\n\r\nx\r\n--a--\r\n",
		"From: =?utf-8?q?a=0d=0aBcc:x?= <a@b.example>\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E9</p>",
	} {
		f.Add([]byte(seed))
	}
	if dir := os.Getenv("REFERWORKS_SAMPLES"); dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, "hostile/mail/*/*.eml"))
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil {
				f.Add(b)
			}
		}
	}
	w := newWorkers(1)
	f.Fuzz(func(t *testing.T, raw []byte) {
		begin := time.Now()
		l, err := w.read(raw)
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			return
		}
		for _, s := range []string{l.subject, l.from.Address, l.from.Name} {
			if s != clean(s) {
				t.Errorf("%q is not clean", s)
			}
		}
	})
}
