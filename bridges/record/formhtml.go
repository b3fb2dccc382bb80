package record

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

var (
	htmlTag   = regexp.MustCompile(`(?i)<(!doctype html|html|body|table|div|p|pre|br|dl|ul|ol|span|h[1-6]|b|strong)(\s[^<>]*)?/?>`)
	htmlStart = regexp.MustCompile(`(?i)^\s*<[!a-z]`)
)

// isHTML looks for tags. Text that does not begin with one is HTML only when it has one in every second line: people do
// type <b>, and "<p" with a ">" some lines below.
func isHTML(text string) bool {
	text = text[:min(len(text), 16<<10)]
	tags := len(htmlTag.FindAllStringIndex(text, -1))
	if tags > 0 && htmlStart.MatchString(text) {
		return true
	}
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	return tags > 0 && 2*tags >= lines
}

// htmlReader cuts HTML into lines. It reads tokens and builds no tree: the time is linear in the size, and what a
// mail program shows as one line is one line here, whatever stands around it.
type htmlReader struct {
	in     *html.Tokenizer
	deep   int
	line   int
	stack  []htmlElement
	frames []*htmlFrame
	tables []*htmlTable
	notes  []Note
	reason string

	text     strings.Builder // of the line at hand, space not yet collapsed
	textAt   int
	bold     int // bytes of it that are bold
	all      int
	bullet   bool
	heading  bool
	term     string // of the dt before the dd at hand
	termLine int
}

// htmlElement is an element whose end tag has not come.
type htmlElement struct {
	name                          string
	skip, hidden, quote, sign, em bool // as its parents are, or itself
	pre                           bool // its line ends are line ends
}

// htmlFrame takes the lines of a part that is looked at as a whole: the mail, a cell, a dt or dd.
type htmlFrame struct {
	name   string
	lines  []formLine
	line   int
	nested bool // it holds a table
}

var voidElements = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// htmlLines returns the lines of an HTML mail and notes what of it nobody sees.
func htmlLines(text string, lim Limits) ([]formLine, []Note, string) {
	h := &htmlReader{in: html.NewTokenizer(strings.NewReader(text)), deep: 8 * lim.Depth, line: 1, frames: []*htmlFrame{{}}}
	for h.reason == "" {
		kind := h.in.Next()
		if kind == html.ErrorToken {
			break
		}
		lines := strings.Count(string(h.in.Raw()), "\n")
		switch kind {
		case html.TextToken:
			h.texts(string(h.in.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			h.start()
		case html.EndTagToken:
			name, _ := h.in.TagName()
			h.end(string(name))
		}
		h.line += lines
	}
	for len(h.tables) > 0 {
		h.closeTable()
	}
	for len(h.frames) > 1 {
		h.closeFrame()
	}
	h.flush()
	return h.frames[0].lines, h.notes, h.reason
}

// TextOfHTML gives the text of an HTML mail for people, without what is hidden in it: a line of a table is "Label: value",
// an item of a list begins with a dash. Errors are *SyntaxError.
func TextOfHTML(b []byte, lim Limits) (string, error) {
	lim = lim.filled()
	if len(b) > lim.Size {
		return "", tooLarge("mail", lim)
	}
	text, reason := formText(b)
	var lines []formLine
	if reason == "" {
		lines, _, reason = htmlLines(text, lim)
	}
	if reason != "" {
		return "", &SyntaxError{Format: "mail", Reason: reason}
	}
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(l.shown() + "\n")
	}
	return strings.TrimSpace(out.String()), nil
}

func (l *formLine) shown() string {
	switch {
	case l.kind == pairLine:
		return l.label + ": " + strings.Join(append([]string{l.text}, l.cells...), ", ")
	case l.kind == cellsLine:
		return strings.Join(l.cells, " | ")
	case l.kind == bulletLine && l.mark == "":
		return "- " + l.text
	case l.whole != "":
		return l.whole
	}
	return l.text
}

func (h *htmlReader) top() htmlElement {
	if len(h.stack) == 0 {
		return htmlElement{}
	}
	return h.stack[len(h.stack)-1]
}

func (h *htmlReader) texts(s string) {
	if !h.top().pre {
		h.chars(s)
		return
	}
	line := h.line
	for i, part := range strings.Split(s, "\n") {
		if i > 0 {
			h.open("br")
			h.line++
		}
		h.chars(part)
	}
	h.line = line
}

func (h *htmlReader) chars(s string) {
	e := h.top()
	if e.skip {
		return
	}
	shown := strings.Trim(s, " \t\n\u00A0\u200B\u200C\u200D\uFEFF\u034F\u00AD") != ""
	if e.hidden || e.sign {
		what := "hidden text"
		if e.sign {
			what = "signature"
		}
		if shown {
			h.note(what)
		}
		return
	}
	if shown && h.textAt == 0 {
		h.textAt = h.line + strings.Count(s[:len(s)-len(strings.TrimLeft(s, " \t\n"))], "\n")
	}
	h.text.WriteString(s)
	if shown {
		h.all += len(s)
		if e.em {
			h.bold += len(s)
		}
	}
}

func (h *htmlReader) note(what string) {
	if n := len(h.notes); n > 0 && h.notes[n-1].What == what && h.notes[n-1].To >= h.line-1 {
		h.notes[n-1].To = h.line
		return
	}
	h.notes = append(h.notes, Note{From: h.line, To: h.line, What: what})
}

func (h *htmlReader) start() {
	raw, more := h.in.TagName()
	name := string(raw)
	e := h.top()
	e.name = name
	for more {
		var key, value []byte
		key, value, more = h.in.TagAttr()
		e.attribute(string(key), strings.ToLower(string(value)))
	}
	switch name {
	case "script", "style", "title", "template", "object", "svg", "select", "textarea":
		e.skip = true
	case "b", "strong", "th":
		e.em = true
	case "blockquote":
		e.quote = true
	case "pre":
		e.pre = true
	}
	h.open(name)
	if slices.Contains(voidElements, name) {
		return
	}
	if len(h.stack) >= h.deep {
		h.reason = fmt.Sprintf("HTML elements are nested deeper than %d levels", h.deep)
		return
	}
	h.stack = append(h.stack, e)
}

func (e *htmlElement) attribute(key, value string) {
	switch key {
	case "style":
		value = strings.Join(strings.Fields(value), "")
		e.hidden = e.hidden || strings.Contains(value, "display:none") || strings.Contains(value, "visibility:hidden") ||
			strings.Contains(value, "font-size:0;") || strings.HasSuffix(value, "font-size:0") || strings.Contains(value, "font-size:0px")
		e.em = e.em || strings.Contains(value, "font-weight:bold") || strings.Contains(value, "font-weight:7")
	case "hidden":
		e.hidden = true
	case "class", "id":
		e.quote = e.quote || strings.Contains(value, "gmail_quote") || strings.Contains(value, "yahoo_quoted") || value == "divrplyfwdmsg"
		e.sign = e.sign || strings.Contains(value, "gmail_signature") || value == "signature" || value == "x_signature"
	}
}

// flush ends the line at hand.
func (h *htmlReader) flush() {
	text := strings.Join(strings.FieldsFunc(h.text.String(), func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\u00A0' || r == '\u200B' || r == '\uFEFF'
	}), " ")
	h.text.Reset()
	l := formLine{number: h.textAt, quoted: h.top().quote}
	bold := h.all > 0 && h.bold == h.all
	h.textAt, h.all, h.bold = 0, 0, 0
	if text == "" {
		return
	}
	l.set(text)
	switch {
	case h.heading:
		l.kind = headingLine
	case h.bullet:
		l.kind, l.indent = bulletLine, 1
		if !box.MatchString(l.mark) {
			l.whole = l.text
		}
	case bold && l.kind == plainLine:
		l.kind = boldLine
	}
	h.heading, h.bullet = false, false
	h.emit(l)
}

func (h *htmlReader) blank() {
	frame := h.frames[len(h.frames)-1]
	if n := len(frame.lines); n > 0 && frame.lines[n-1].text == "" && frame.lines[n-1].kind == plainLine {
		return
	}
	h.emit(formLine{number: h.line, quoted: h.top().quote})
}

func (h *htmlReader) emit(l formLine) {
	frame := h.frames[len(h.frames)-1]
	frame.lines = append(frame.lines, l)
}
