package email

import (
	"errors"
	"net/mail"
	"strings"

	"referworks/bridges"
	"referworks/bridges/record"
)

// maxShown is how much text of a mail is shown, in bytes.
const maxShown = 256 << 10

// Sentences about a mail that is shown to a person.
const (
	shownRaw  = "The parts of this mail do not fit together. This is its beginning as it came."
	shownPart = "This mail is very long. Only its beginning is shown; the original has all of it."
)

// show reads a mail for people. A mail that no parser reads is shown as it came.
func (w workers) show(raw []byte) (bridges.Shown, error) {
	l, err := w.read(raw)
	var no *unreadable
	switch {
	case errors.As(err, &no):
		return shorten(bridges.Shown{Text: visible(strings.ToValidUTF8(string(raw[:min(len(raw), maxShown)]), "\uFFFD")), Sentence: shownRaw}), nil
	case err != nil:
		return bridges.Shown{}, err
	}
	out := bridges.Shown{From: oneLine(l.from.Address), Subject: short(oneLine(l.subject), 300), Text: l.plain(0)}
	if name := oneLine(l.from.Name); name != "" {
		out.From = short(name, 200) + " <" + out.From + ">"
	}
	if at, err := mail.ParseDate(l.header.get("Date")); err == nil {
		out.Sent = at
	}
	for _, f := range l.everyFile() {
		if len(out.Files) < maxParts && len(f.bytes) > 0 {
			out.Files = append(out.Files, f.file())
		}
	}
	if d, unread := l.document(readAll); unread == "" {
		out.Document = d
	}
	return shorten(out), nil
}

func shorten(s bridges.Shown) bridges.Shown {
	if len(s.Text) > maxShown {
		s.Text, s.Sentence = strings.ToValidUTF8(s.Text[:maxShown], ""), strings.TrimSpace(s.Sentence+" "+shownPart)
	}
	return s
}

// plain is the text of a mail, of the body that says more, and of the mails that came along.
func (l *letter) plain(depth int) string {
	text := visible(l.text)
	if strings.TrimSpace(l.html) != "" {
		_, labels := labeled(l.text)
		_, more := labeled(l.html)
		page, err := record.TextOfHTML([]byte(l.html), record.Limits{})
		if err == nil && (strings.TrimSpace(text) == "" || more > labels) {
			text = visible(page)
		}
	}
	text = strings.TrimSpace(text)
	if depth < maxForward {
		for _, inner := range l.forwarded {
			text += "\n\n" + oneLine(inner.subject) + " <" + oneLine(inner.from.Address) + ">\n\n" + inner.plain(depth+1)
		}
	}
	return strings.TrimSpace(text)
}
