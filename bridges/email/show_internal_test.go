package email

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShow(t *testing.T) {
	w := newWorkers(1)
	mail := strings.ReplaceAll("From: Ana \u202eExample <ana@elm.example>\nSubject: A\u202e referral\nDate: Mon, 2 Mar 2026 09:00:00 -0500\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"+
		"--b\nContent-Type: text/html; charset=utf-8\n\n<p>Hello \u202eyou</p><script>alert(1)</script><table><tr><td>Name:</td><td>Ana</td></tr><tr><td>Zip:</td><td>02139</td></tr></table><ul><li>rent</ul><img src=\"https://evil.example/x.png\"><p style=\"display:none\">hidden words</p>\n"+
		"--b\nContent-Type: text/plain; name=\"../../a\u202e.txt\"\nContent-Disposition: attachment\n\nthe file\n--b--\n", "\n", "\r\n")
	s, err := w.show([]byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Hello you\n\nName: Ana\nZip: 02139\n\n- rent"; !strings.HasPrefix(s.Text, want) || strings.ContainsAny(s.Text+s.Subject+s.From, "\u202e<") && !strings.HasSuffix(s.From, " <ana@elm.example>") {
		t.Errorf("shown as %q from %q about %q", s.Text, s.From, s.Subject)
	}
	for _, bad := range []string{"alert", "hidden words", "evil.example"} {
		if strings.Contains(s.Text, bad) {
			t.Errorf("%q is shown: %q", bad, s.Text)
		}
	}
	if s.Sent.Hour() != 9 || len(s.Files) != 1 || s.Files[0].Name != "a.txt" || s.Document.Format != "mail" || s.Sentence != "" {
		t.Errorf("%+v", s)
	}
	r, err := s.Files[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || strings.TrimSpace(string(b)) != "the file" {
		t.Errorf("its file says %q, %v", b, err)
	}
	s, err = w.show([]byte("From: a@b.example\r\nFrom: c@d.example\r\n\r\nName: Ana \x1b[31m\r\n"))
	if err != nil || s.Sentence != shownRaw || !strings.Contains(s.Text, "Name: Ana [31m") || s.Document.Format != "" {
		t.Errorf("a mail with two writers: %+v, %v", s, err)
	}
	s, err = w.show([]byte("From: a@b.example\r\n\r\n" + strings.Repeat("é é\r\n", maxShown/4)))
	if err != nil || len(s.Text) > maxShown || s.Sentence != shownPart {
		t.Errorf("%d bytes of a long mail are shown, %q, %v", len(s.Text), s.Sentence, err)
	}
}

// Whatever was sent, something is shown, and nothing of it can turn or hide text.
func TestShowHostileMail(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "hostile/mail/*/*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	w := newWorkers(1)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.show(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		all := s.Text + s.From + s.Subject
		if i := strings.IndexFunc(all, func(r rune) bool { return r != '\n' && hidden(r) }); i >= 0 {
			t.Errorf("%s: %q is shown", filepath.Base(file), all[i:min(len(all), i+20)])
		}
		if len(s.Text) > maxShown || len(s.Files) > maxParts {
			t.Errorf("%s: %d bytes, %d files", filepath.Base(file), len(s.Text), len(s.Files))
		}
	}
}

// A body that is longer than any form is a file: nothing reads it as text, and nothing of it is lost.
func TestLongBodyIsAFile(t *testing.T) {
	w := newWorkers(1)
	for size, files := range map[int]int{maxBody - 100: 0, maxBody + 100: 1} {
		body := strings.Repeat("Name: Ana\r\n", size/11+1)
		raw := []byte("From: a@b.example\r\nContent-Type: text/plain\r\n\r\n" + body)
		l, err := do(w, time.Minute, func(l *leash) (*letter, error) { return tolerant(raw, l, 0) }) // however slow the machine
		if err != nil {
			t.Fatal(err)
		}
		if len(l.files) != files || len(l.text) > maxBody {
			t.Errorf("%d bytes: %d files and %d bytes of text", len(body), len(l.files), len(l.text))
		}
		if files == 1 && string(l.files[0].bytes) != body {
			t.Errorf("the file has %d bytes", len(l.files[0].bytes))
		}
	}
}
