package record

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Note says that lines of a mail were left out of the record, and why. It holds none of their text.
type Note struct {
	From, To int    // lines, from 1
	What     string // "quoted reply", "forwarded header", "signature", "disclaimer", "hidden text" or "empty box"
}

// DecodeForm reads the text or HTML body of a mail that a form, or a person who fills one, has written, as an
// Object. Which it is shows itself. The caller has taken the body out of its MIME parts and transfer encoding; the text
// is UTF-8, UTF-16 with a byte order mark, or else windows-1252. Errors are *SyntaxError.
//
// A label and its value are "Label: value", "Label = value", "Label<tab>value" or "Label ..... value"; in HTML also a row
// of a table with two cells, and dt with dd. The value goes on in the lines below that are indented or that have no label
// and follow without a blank line. Bullets below a label without value, and labels alike, are members beside each other
// with the first one's name, as repeated XML elements are; of boxes ([x], [ ]) those that are checked. A line that is underlined, marked (== Client ==, ## Client,
// [Client]) or in capitals above labels, an HTML heading and a table row of one heading cell begin a section, an
// Object. A table with a heading row gives one Object a row. Text without label is kept in members ContentName.
//
// All values are Text nodes named by the label without colon, with their line; Label keeps how it was written where
// that differs ("First name *"). Quoted replies below the form, signatures and disclaimers are left out, and a Note says which lines; a
// form that is quoted or forwarded as a whole is read. Paths find members loosely (MatchLoosely).
func DecodeForm(b []byte, lim Limits) (*Node, []Note, error) {
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, nil, tooLarge("mail", lim)
	}
	text, reason := formText(b)
	if reason != "" {
		return nil, nil, &SyntaxError{Format: "mail", Reason: reason}
	}
	f := &formBuilder{lim: lim}
	var lines []formLine
	if isHTML(text) {
		if lines, f.notes, reason = htmlLines(text, lim); reason != "" {
			return nil, nil, &SyntaxError{Format: "mail", Reason: reason}
		}
	} else {
		lines = textLines(text)
	}
	root := f.build(lines)
	if f.reason != "" {
		return nil, nil, &SyntaxError{Format: "mail", Line: f.line, Column: 1, Reason: f.reason}
	}
	root.MatchLoosely()
	return root, f.notes, nil
}

// formText returns the body as UTF-8 with LF line ends.
func formText(b []byte) (text, reason string) {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("\xFE\xFF")):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(b)
		if err != nil {
			return "", "the mail is not valid UTF-16 text"
		}
		b = out
	case !utf8.Valid(b):
		out, err := charmap.Windows1252.NewDecoder().Bytes(b)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", "the mail is neither UTF-8 nor windows-1252 text"
		}
		b = out
	}
	text = strings.TrimPrefix(string(b), "\uFEFF")
	if strings.IndexByte(text, 0) >= 0 {
		return "", "the mail holds zero bytes and is no text"
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), ""
}

// formKind tells what a line of a form is, as far as its medium says so.
type formKind uint8

const (
	plainLine   formKind = iota
	pairLine             // label and text are given
	headingLine          // text is a heading
	bulletLine           // text is an item of a list
	boldLine             // text stands alone in bold: a label or a heading
	cellsLine            // one row of a table with a heading row: labels and cells are given
)

// formLine is one line of a mail, or what stands for one in HTML.
type formLine struct {
	kind          formKind
	text, label   string
	written       string // the label as it stands, of a pair
	mark          string // the bullet, number or box before a bulletLine
	whole         string // the text with what stands before and around it: mark, stars of bold
	labels, cells []string
	number        int // in the source, from 1
	indent        int
	quoted        bool
}

func textLines(text string) []formLine {
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	lines := make([]formLine, 0, len(rows))
	for i, row := range rows {
		l := formLine{number: i + 1}
		for {
			after, quoted := strings.CutPrefix(strings.TrimPrefix(row, " "), ">")
			if !quoted {
				break
			}
			row, l.quoted = strings.TrimPrefix(after, " "), true
		}
		l.set(row)
		lines = append(lines, l)
	}
	return lines
}

// set finds indent, bullet and bold of a text line.
func (l *formLine) set(row string) {
	row = strings.TrimRight(strings.ReplaceAll(row, "\u00A0", " "), " \t")
	text := strings.TrimLeft(row, " \t")
	l.indent, l.whole = len(row)-len(text), text
	if mark := bulletMark(text, l.indent); mark != "" {
		l.kind, l.mark, text = bulletLine, mark, strings.TrimLeft(text[len(mark):], " \t")
	}
	if n := len(text); n > 2 && text[0] == '*' && text[n-1] == '*' && strings.Count(text, "*") == 2 {
		l.kind, text = boldLine, strings.TrimSpace(text[1:n-1])
	}
	l.text = text
}
