package email

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

//go:embed letter.html
var letterSource string

var letterPage = template.Must(template.New("letter").Parse(letterSource))

// compose writes one mail: the letter as text, the same as HTML, and the record attached. The subject holds a
// reference and the sending organization's name, and nothing about the person or the need.
func (s *sink) compose(d bridges.Delivery) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := m.From(s.from); err != nil {
		return nil, err
	}
	if err := m.To(s.to); err != nil {
		return nil, err
	}
	m.Subject(clean(subject(d)))
	m.SetMessageIDWithValue(messageID(d.Key, s.from))
	m.SetDateWithValue(s.cfg.Now())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation answers
	m.SetGenHeader("X-Referworks-Reference", clean(d.Reference))
	m.SetBodyString(gomail.TypeTextPlain, text(d))
	var page bytes.Buffer
	if err := letterPage.Execute(&page, view(d)); err != nil {
		return nil, err
	}
	m.AddAlternativeString(gomail.TypeTextHTML, page.String())
	if len(d.Document.Bytes) > 0 {
		err := m.AttachReader("referral."+d.Document.Format, bytes.NewReader(d.Document.Bytes), gomail.WithFileContentType(gomail.ContentType(d.Document.MediaType)))
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func subject(d bridges.Delivery) string {
	s := "New referral " + d.Reference + " from " + d.From.Name
	if d.Practice {
		s = "PRACTICE: " + s
	}
	return s
}

// text writes the letter as `Label: value` lines, which our own reader of form mail reads back. A value of several
// lines goes on, indented.
func text(d bridges.Delivery) string {
	var b strings.Builder
	b.WriteString(subject(d) + "\n")
	for _, l := range d.Letter.Lines {
		if l.Heading {
			b.WriteString("\n" + oneLine(l.Label) + "\n" + strings.Repeat("-", len([]rune(oneLine(l.Label)))) + "\n")
			continue
		}
		value := strings.ReplaceAll(strings.ReplaceAll(visible(l.Value), "\r", ""), "\n", "\n    ")
		b.WriteString(strings.TrimRight(oneLine(l.Label)+": "+value, " ") + "\n")
	}
	return b.String()
}

type letterView struct {
	Subject, Language, Reference, From string
	Groups                             []letterGroup
	Practice                           bool
}

type letterGroup struct {
	Title string
	Lines []bridges.Line
}

func view(d bridges.Delivery) letterView {
	v := letterView{Subject: subject(d), Language: d.Letter.Language, Reference: d.Reference, From: d.From.Name, Practice: d.Practice}
	if v.Language == "" {
		v.Language = "en"
	}
	for _, l := range d.Letter.Lines {
		if l.Heading || len(v.Groups) == 0 {
			v.Groups = append(v.Groups, letterGroup{})
		}
		g := &v.Groups[len(v.Groups)-1]
		if l.Heading {
			g.Title = oneLine(l.Label)
			continue
		}
		g.Lines = append(g.Lines, bridges.Line{Label: oneLine(l.Label), Value: visible(l.Value)})
	}
	return v
}

// messageID is made of the delivery's key, so that every attempt carries the same.
func messageID(key, from string) string {
	sum := sha256.Sum256([]byte("referworks mail 1\x00" + key))
	_, domain, _ := strings.Cut(from, "@")
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

// clean makes text fit for a header: one line, without control and direction characters.
func clean(s string) string { return oneLine(s) }

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return showable(r)
	}, s)), " ")
}

// visible takes control and direction characters out of a value; new lines stay.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return showable(r)
	}, s)
}

// showable drops what a reader cannot see and what turns the direction of text (a trick to hide what stands there).
func showable(r rune) rune {
	switch {
	case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c, r == unicode.ReplacementChar, r == 0x2028, r == 0x2029:
		return -1
	}
	return r
}

// isNoTLS tells the library's word for a server without STARTTLS; it has no error value for it.
func isNoTLS(err error) bool {
	return err != nil && strings.Contains(err.Error(), "does not support STARTTLS")
}
