package email_test

import (
	"bytes"
	"context"
	"html"
	"mime"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"referworks/bridges"
	"referworks/internal/smtpd"
)

// readBack reads the letter's text the way that its comment promises: headings, and `Label: value` lines with
// indented continuations.
func readBack(text string) []bridges.Line {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")[1:] // after the subject
	var out []bridges.Line
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case line == "" && i+2 < len(lines) && strings.Trim(lines[i+2], "-") == "" && lines[i+2] != "":
			out = append(out, bridges.Line{Label: lines[i+1], Heading: true})
			i += 2
		case strings.HasPrefix(line, "    "):
			out[len(out)-1].Value += "\n" + line[4:]
		default:
			label, value, _ := strings.Cut(line, ": ")
			out = append(out, bridges.Line{Label: strings.TrimSuffix(label, ":"), Value: value})
		}
	}
	return out
}

func letterOf(t fataler, sink bridges.Sink, s *smtpd.Server, d bridges.Delivery) []byte {
	before := len(s.Messages())
	if _, err := sink.Deliver(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != before+1 || !slices.Equal(got[before].To, []string{"intake@elm.example"}) {
		t.Fatal("the server did not take one mail for one mailbox")
	}
	return got[before].Data
}

// Any letter reads back to the same labels and values, and arrives as one mail whatever stands in it.
func TestAnyLetterReadsBack(t *testing.T) {
	s, outer := start(t, smtpd.Config{}), t
	sink := open(t, s, nil, nil)
	label := rapid.StringMatching(`[A-Z][A-Za-z0-9 /()'é&<-]{0,30}[a-z)]`)
	piece := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9 .,:;=<>&"'\-/\\ñéß家族]{0,60}`),
		rapid.SampledFrom([]string{".", "..", ".\n.", "QUIT", "--", "---", "From here", "=0D=0A.=0D=0A", "Label: value", strings.Repeat("x", 2000), "a\u202eb", "tab\there", "\x00\x1b[2J", "{{.}}", "=?utf-8?q?a?="}),
	)
	breaks := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\u2028", "\n.\n", "\r\n.\r\n", "\r.\r\n", "\n\n"})
	rapid.Check(t, func(t *rapid.T) {
		if len(s.Messages()) > 5000 { // it keeps no more than 10,000
			s = start(outer, smtpd.Config{})
			sink = open(outer, s, nil, nil)
		}
		d := delivery()
		d.Letter.Lines = nil
		var want []bridges.Line
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			l := bridges.Line{Label: label.Draw(t, "label"), Heading: rapid.IntRange(0, 4).Draw(t, "heading") == 0}
			if !l.Heading {
				l.Value = piece.Draw(t, "value")
				for range rapid.IntRange(0, 3).Draw(t, "breaks") {
					l.Value += breaks.Draw(t, "break") + piece.Draw(t, "more")
				}
			}
			d.Letter.Lines = append(d.Letter.Lines, l)
			want = append(want, bridges.Line{Label: squeeze(l.Label), Value: shown(l.Value), Heading: l.Heading})
		}
		raw := letterOf(t, sink, s, d)
		if n := bytes.Count(raw, []byte("\r\n")); n != bytes.Count(raw, []byte("\n")) || n != bytes.Count(raw, []byte("\r")) {
			t.Fatal("a bare CR or LF")
		}
		for _, line := range strings.Split(string(raw), "\r\n") {
			if len(line) > 998 || strings.IndexFunc(line, func(r rune) bool { return r > 126 }) >= 0 {
				t.Fatalf("a line of %d bytes, or one that is not ASCII", len(line))
			}
		}
		_, p := parts(t, raw)
		if got := readBack(p["text/plain"]); !slices.Equal(got, want) {
			t.Fatalf("text reads back as\n%+v\nwant\n%+v\n%s", got, want, p["text/plain"])
		}
		var cells []string
		for _, m := range cell.FindAllStringSubmatch(p["text/html"], -1) {
			cells = append(cells, html.UnescapeString(m[1]))
		}
		var asked []string
		for _, l := range d.Letter.Lines {
			if !l.Heading {
				asked = append(asked, squeeze(l.Label), inHTML(l.Value))
			}
		}
		if !slices.Equal(cells, asked) {
			t.Fatalf("HTML reads back as\n%q\nwant\n%q", cells, asked)
		}
		if p["application/json"] != string(d.Document.Bytes) {
			t.Fatal("the attached record differs")
		}
	})
}

var cell = regexp.MustCompile(`(?s)<(?:th|td) [^>]*>(.*?)</(?:th|td)>`)

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func inHTML(s string) string {
	for _, b := range []string{"\r\n", "\r", "\u2028"} {
		s = strings.ReplaceAll(s, b, "\n")
	}
	s = strings.ReplaceAll(s, "\t", " ")
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || r == 0x202e {
			return -1
		}
		return r
	}, s)
}

func shown(s string) string { return strings.TrimRight(inHTML(s), " \n") }

// Nothing that a partner can put into a name or number makes a header of its own or another recipient, and the
// subject says nothing of the person.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"Harbor Legal Aid", "Harbor\r\nBcc: thief@example.org", "a\nX-Evil: 1", "a\r\n\r\nbody", "\u202ediA lageL", "=?utf-8?q?a=0d=0aBcc:x?=", "Ünï <a@b.example>", "a\x00b\x1b[31m",
		strings.Repeat("long ", 300), strings.Repeat("é", 400), "\xff\xfe", "a\u2028b\u2029c\u0085d", "", "\"a\", b@c.example;",
	} {
		f.Add(seed, seed)
	}
	s, err := smtpd.Start(smtpd.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, from, reference string) {
		if len(from)+len(reference) > 4000 || len(s.Messages()) > 9_000 {
			t.Skip("longer than such names are, or the server holds enough mail for one run")
		}
		d := delivery()
		d.From.Name, d.Reference = from, reference
		raw := letterOf(t, open(t, s, nil, nil), s, d)
		header, p := parts(t, raw)
		known := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "User-Agent", "X-Auto-Response-Suppress", "X-Mailer", "X-Referworks-Reference"}
		for name := range header {
			if !slices.Contains(known, name) {
				t.Errorf("header %s", name)
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.IndexFunc(subject, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) >= 0 {
			t.Errorf("subject %q", subject)
		}
		if !strings.HasPrefix(subject, "New referral") || strings.Contains(subject, canary) || strings.Contains(subject, "Guardianship") {
			t.Errorf("subject %q", subject)
		}
		for _, name := range []string{"Subject", "X-Referworks-Reference"} {
			if len(header[name]) > 1 {
				t.Errorf("%d headers %s", len(header[name]), name)
			}
		}
		if len(header["To"]) != 1 || header.Get("To") != "<intake@elm.example>" || p["text/plain"] == "" || p["application/json"] == "" {
			t.Errorf("to %q, %d parts", header["To"], len(p))
		}
	})
}

func TestPractice(t *testing.T) {
	s := start(t, smtpd.Config{})
	d := delivery()
	d.Practice = true
	header, p := parts(t, letterOf(t, open(t, s, nil, nil), s, d))
	if !strings.HasPrefix(header.Get("Subject"), "PRACTICE: ") || !strings.Contains(p["text/html"], "Practice") || !strings.HasPrefix(p["text/plain"], "PRACTICE") {
		t.Error("a practice letter looks like a real one")
	}
}

func TestXMLIsAttachedAsItIs(t *testing.T) {
	s := start(t, smtpd.Config{})
	d := delivery()
	d.Document = bridges.Document{Format: "xml", MediaType: "application/xml\r\nX-Evil: 1", Bytes: []byte("<a>é</a>\n")}
	header, p := parts(t, letterOf(t, open(t, s, nil, nil), s, d))
	if p["application/xml"] != "<a>é</a>\n" || header.Get("X-Evil") != "" {
		t.Errorf("attached %q", p["application/xml"])
	}
}
