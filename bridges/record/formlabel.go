package record

import (
	"regexp"
	"strings"
	"unicode"
)

// maxLabel is how long a label may be, in bytes; what is longer is a sentence.
const maxLabel = 120

var (
	dotLeaders = regexp.MustCompile(`^([^.:=]{1,80}?)\s*(?:\.{3,}|(?:\. ){3,}|…+|_{3,})[.\s:_]*(.*)$`)
	wideGap    = regexp.MustCompile(`^(\S[^:=]{0,60}?)(?:\t+| {3,})(\S.*)$`)
)

// splitLabel cuts "Label: value", "Label = value", "Label<tab>value" and "Label .... value".
func splitLabel(line string) (label, value string, found bool) {
	for i, r := range line {
		if i > maxLabel {
			break
		}
		if r != ':' && r != '=' && r != '\t' && r != '：' {
			continue
		}
		label, value = line[:i], line[i+len(string(r)):]
		if r == '=' && (strings.HasPrefix(value, "=") || i > 0 && strings.ContainsRune("<>!", rune(line[i-1]))) {
			break
		}
		if r == ':' && (strings.HasPrefix(value, "//") || value != "" && value[0] >= '0' && value[0] <= '9' && i > 0 && line[i-1] >= '0' && line[i-1] <= '9') {
			break // an address or a time
		}
		if label = cleanLabel(label); isLabel(label) {
			return label, strings.TrimSpace(strings.TrimPrefix(value, "=")), true
		}
		break
	}
	if at := strings.Index(line, "? "); at > 0 && len(strings.Fields(line[at+2:])) <= 3 && !strings.HasSuffix(line, ".") && !strings.HasSuffix(line, "?") && Loose(line[at+2:]) != "" {
		if label = cleanLabel(line[:at+1]); isLabel(label) && len(strings.Fields(label)) > 2 { // a question and a short answer
			return label, strings.TrimSpace(line[at+2:]), true
		}
	}
	if strings.Contains(line, "...") || strings.Contains(line, "…") || strings.Contains(line, "___") || strings.Contains(line, ". . .") {
		if m := dotLeaders.FindStringSubmatch(line); m != nil {
			if label = cleanLabel(m[1]); isLabel(label) {
				return label, strings.TrimSpace(m[2]), true
			}
		}
	}
	if strings.Contains(line, "   ") || strings.Contains(line, "\t") {
		if m := wideGap.FindStringSubmatch(line); m != nil {
			if label = cleanLabel(m[1]); isLabel(label) {
				return label, strings.TrimSpace(m[2]), true
			}
		}
	}
	return "", "", false
}

// writtenLabel returns the label of a line as it stands there, without the sign behind it; clean is what it means.
func (l *formLine) writtenLabel(clean string) string {
	written := l.written
	if l.kind != pairLine {
		end := strings.IndexAny(l.text, ":=\t：")
		if end < 0 || cleanLabel(l.text[:end]) != clean {
			return clean
		}
		written = l.text[:end]
	}
	return strings.TrimRight(strings.TrimSpace(written), ":： .…")
}

// cleanLabel takes colons, marks of duty and emphasis off a label and makes one space of several.
func cleanLabel(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Trim(s, "*_ ")
	return strings.TrimSpace(strings.TrimRight(s, ":：=*. "))
}

// isLabel reports whether text may be a label: some letter, no sentence, not too long.
func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || strings.Contains(s, ". ") || strings.ContainsAny(s, "<>{}@\"") || len(strings.Fields(s)) > 16 {
		return false
	}
	if strings.EqualFold(s, "http") || strings.EqualFold(s, "https") || strings.EqualFold(s, "mailto") {
		return false
	}
	return strings.IndexFunc(s, unicode.IsLetter) >= 0
}

// heading returns the title that a line of text is marked as: == Client ==, --- Client ---, ## Client, [Client].
func markedHeading(s string) (string, bool) {
	for _, mark := range []string{"=", "-", "*", "#", "~", "_", "+"} {
		n := len(s) - len(strings.TrimLeft(s, mark))
		if n < 2 {
			continue
		}
		title := strings.TrimRight(s[n:], mark)
		closed := len(s) - n - len(title)
		if closed < 2 && mark != "#" || !strings.HasPrefix(title, " ") && closed == 0 {
			continue
		}
		title = cleanLabel(title)
		if strings.EqualFold(title, "original message") || strings.EqualFold(title, "forwarded message") {
			return "", false
		}
		return title, isLabel(title)
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") && len(s) > 2 {
		title := cleanLabel(s[1 : len(s)-1])
		return title, isLabel(title) && !strings.ContainsAny(title, "[]:")
	}
	return "", false
}

// rule reports whether a line is nothing but a line drawn.
func rule(s string) bool {
	return len(s) >= 3 && strings.Trim(s, "=-_*~─═—–#+ ") == ""
}

// capitals reports whether a line is a title in capital letters.
func capitals(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= 4
}
