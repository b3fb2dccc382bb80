package record

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type pathParser struct {
	s string
	i int
}

func (p *pathParser) path() (Path, string) {
	var out Path
	for {
		var seg Segment
		if p.peek() != '[' {
			name, reason := p.word("a name")
			if reason != "" {
				return nil, reason
			}
			seg.Name = name
		} else if len(out) > 0 && p.s[p.i-1] == '.' {
			return nil, "a name is expected after the dot"
		} else {
			seg.Self = true
		}
		if p.peek() == '[' {
			if reason := p.bracket(&seg); reason != "" {
				return nil, reason
			}
		}
		if strings.HasPrefix(p.s[p.i:], "->") {
			p.i += 2
			seg.Follow = true
		}
		out = append(out, seg)
		switch c := p.peek(); {
		case c == 0:
			return out, ""
		case c == '[' || seg.Follow && c != '.':
		case c == '.' && !seg.Follow:
			p.i++
		default:
			return nil, "a dot or a bracket is expected"
		}
	}
}

func (p *pathParser) bracket(seg *Segment) string {
	p.i++
	if p.peek() == ']' {
		p.i++
		seg.Step = Each
		return ""
	}
	if end := strings.IndexByte(p.s[p.i:], ']'); end > 0 {
		if n, err := strconv.Atoi(p.s[p.i : p.i+end]); err == nil && n >= 0 && n <= 1_000_000 && strconv.Itoa(n) == p.s[p.i:p.i+end] {
			p.i += end + 1
			seg.Step, seg.Index = Item, n
			return ""
		}
	}
	seg.Step = Where
	for {
		m, reason := p.condition()
		if reason != "" {
			return reason
		}
		seg.Match = append(seg.Match, m)
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return ""
		default:
			return "a closing bracket is expected"
		}
	}
}

// condition reads member=value, where the member may stand further down: a.b[].c=value.
func (p *pathParser) condition() (Match, string) {
	var m Match
	for {
		name, reason := p.word("a number, or a condition like kind=mobile,")
		if reason != "" {
			return m, reason
		}
		step := Plain
		if strings.HasPrefix(p.s[p.i:], "[]") {
			p.i += 2
			step = Each
		}
		switch c := p.peek(); {
		case c == '.':
			p.i++
			m.In = append(m.In, Segment{Name: name, Step: step})
			continue
		case c == ']' && step == Plain && len(m.In) == 0:
			return m, "a number, or a condition with an equals sign like kind=mobile, is expected in the brackets"
		case c != '=' || step != Plain:
			return m, "an equals sign is expected in the brackets"
		}
		p.i++
		m.Name = name
		m.Value, reason = p.word("a value")
		return m, reason
	}
}

func (p *pathParser) word(what string) (string, string) {
	if p.peek() == '"' {
		return p.quoted()
	}
	start := p.i
	for p.i < len(p.s) {
		r, size := utf8.DecodeRuneInString(p.s[p.i:])
		if !bareRune(r) || r == '-' && strings.HasPrefix(p.s[p.i:], "->") {
			break
		}
		p.i += size
	}
	if p.i == start {
		return "", what + " is expected"
	}
	return p.s[start:p.i], ""
}

func (p *pathParser) quoted() (string, string) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			return b.String(), ""
		case '\\':
			p.i++
			if next := p.peek(); next != '"' && next != '\\' {
				return "", `after a backslash only " or \ may stand`
			}
			b.WriteByte(p.s[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "the closing quotation mark is missing"
}

func (p *pathParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func bareRune(r rune) bool {
	return isWordRune(r) || r < 0x80 && strings.IndexByte("_-@#$:/+", byte(r)) >= 0
}

func isWordRune(r rune) bool {
	return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') ||
		r >= 0x80 && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
