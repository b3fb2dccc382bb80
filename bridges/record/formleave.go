package record

import (
	"regexp"
	"strings"
)

var (
	wroteLine     = regexp.MustCompile(`(?i)^(on .{6,200} wrote|el .{6,200} escribió|am .{6,200} schrieb.{0,80}|le .{6,200} a écrit) ?:$`)
	forwardMarker = regexp.MustCompile(`(?i)^(-{2,} ?(original message|forwarded message|mensaje original|mensaje reenviado) ?-{2,}|begin forwarded message:)$`)
	mailHeader    = regexp.MustCompile(`(?i)^\*?(from|sent|date|to|cc|bcc|subject|reply-to|importance|de|enviado|fecha|para|asunto)\*?:\*? `)
	signatureLine = regexp.MustCompile(`(?i)^(sent from my .{1,40}|enviado desde mi .{1,40}|get outlook for .{1,40})$`)
	noticeStart   = regexp.MustCompile(`(?i)^\W*(confidentiality (notice|note|statement)|disclaimer|legal notice|privacy notice|privileged and confidential|aviso de confidencialidad|aviso legal)\b`)
	noticeWords   = regexp.MustCompile(`(?is)(confidential|privileged|confidencial).*(intended (recipient|solely|only|for)|addressee|received this|destinatario)|(intended (recipient|solely|only|for)|addressee|received this|destinatario).*(confidential|privileged|confidencial)`)
)

// leaver blanks the lines that a mail carries besides its form.
type leaver struct {
	lines []formLine
	// own and quoted count the lines with labels before each line, in the form itself and in quotations.
	own, quoted []int
	notes       []Note
}

// leaveOut returns the lines with what is no part of the form blanked, and notes what that was.
func leaveOut(lines []formLine) ([]formLine, []Note) {
	l := leaver{lines: lines, own: make([]int, len(lines)+1), quoted: make([]int, len(lines)+1)}
	for i := range lines {
		l.own[i+1], l.quoted[i+1] = l.own[i], l.quoted[i]
		if lines[i].labeled() && lines[i].quoted {
			l.quoted[i+1]++
		} else if lines[i].labeled() {
			l.own[i+1]++
		}
	}
	l.forwards()
	l.quotes()
	l.signature()
	l.notices()
	return l.lines, l.notes
}

func (l *leaver) cut(from, to int, what string) {
	l.notes = append(l.notes, Note{From: l.lines[from].number, To: l.lines[to-1].number, What: what})
	for i := from; i < to; i++ {
		l.lines[i] = formLine{number: l.lines[i].number}
	}
}

func (l *formLine) labeled() bool {
	if l.kind == pairLine || l.kind == cellsLine {
		return true
	}
	_, _, found := splitLabel(l.text)
	return found
}

// forwards leaves out an older mail below the form, or the head of the forwarded mail that is the form.
func (l *leaver) forwards() {
	for i := 0; i < len(l.lines); i++ {
		head := i
		text := l.lines[i].text
		if text == "" || len(text) > 500 || strings.IndexByte("-bBfFdD*", text[0]) < 0 {
			continue
		}
		if text = strings.ToLower(text); forwardMarker.MatchString(text) {
			head++
		} else if !l.forwarded(i) {
			continue
		}
		for head < len(l.lines) && l.lines[head].text == "" && head < i+3 {
			head++
		}
		if l.own[i] >= 2 {
			l.cut(i, len(l.lines), "quoted reply")
			return
		}
		head = max(head+l.headers(head), i+1)
		l.cut(i, head, "forwarded header")
		i = head - 1
	}
}

// forwarded reports whether the lines from i on are the head of a mail that no marker announces. A form may well have
// labels From, To and Date; it has no Sent beside a Subject.
func (l *leaver) forwarded(i int) bool {
	words := ""
	for j := range l.headers(i) {
		word, _, _ := strings.Cut(strings.ToLower(strings.Trim(l.lines[i+j].text, "*")), ":")
		words += "|" + word
	}
	return strings.HasPrefix(words, "|from|sent") && strings.Contains(words, "|subject") || strings.HasPrefix(words, "|de|enviado") && strings.Contains(words, "|asunto")
}

// headers counts the mail headers from line i on, as far as ten.
func (l *leaver) headers(i int) int {
	n := 0
	for n < 10 && i+n < len(l.lines) && mailHeader.MatchString(l.lines[i+n].text+" ") {
		n++
	}
	return n
}

// quotes leaves out quoted lines, unless the form itself is quoted.
func (l *leaver) quotes() {
	last := len(l.lines)
	keep := l.quoted[last] > 0 && l.own[last] < 2
	for i := 0; i < len(l.lines); i++ {
		if strings.HasSuffix(l.lines[i].text, ":") && wroteLine.MatchString(l.lines[i].text) && !l.lines[i].quoted {
			l.cut(i, i+1, "quoted reply")
		}
		if !l.lines[i].quoted || keep {
			continue
		}
		end := i
		for end < len(l.lines) && l.lines[end].quoted {
			end++
		}
		l.cut(i, end, "quoted reply")
	}
}

// signature leaves out what stands below a line of two hyphens (RFC 3676, section 4.3).
func (l *leaver) signature() {
	last := len(l.lines)
	for i := range l.lines {
		before, behind := l.own[i]+l.quoted[i], l.own[last]+l.quoted[last]-l.own[i]-l.quoted[i]
		if l.lines[i].text == "--" && l.lines[i].indent == 0 && (before > 0 || behind == 0) {
			l.cut(i, last, "signature")
			break
		}
	}
	for i := range l.lines {
		if text := l.lines[i].text; text != "" && len(text) < 80 && strings.IndexByte("sSeEgG", text[0]) >= 0 && signatureLine.MatchString(text) {
			l.cut(i, i+1, "signature")
		}
	}
}

// notices leaves out paragraphs that lawyers ask for.
func (l *leaver) notices() {
	for i := 0; i < len(l.lines); i++ {
		end := i
		var words strings.Builder
		for end < len(l.lines) && l.lines[end].text != "" && (l.lines[end].kind == plainLine || l.lines[end].kind == boldLine) {
			words.WriteString(l.lines[end].text + " ")
			end++
		}
		if end == i {
			continue
		}
		start := l.lines[i].text
		labels := l.own[end] + l.quoted[end] - l.own[i] - l.quoted[i]
		switch {
		case noticeStart.MatchString(start) && (noticeWords.MatchString(words.String()) || end == i+1 && len(start) < 60):
			l.cut(i, end, "disclaimer")
		case labels == 0 && words.Len() > 80 && words.Len() < 20_000 && noticeWords.MatchString(words.String()):
			l.cut(i, end, "disclaimer")
		}
		i = end
	}
}
