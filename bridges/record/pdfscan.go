package record

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pdfScan reads values (ISO 32000-1, 7.3).
type pdfScan struct {
	b    []byte
	at   int
	file *pdfFile
}

func blank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func delimiter(c byte) bool { return strings.IndexByte("()<>[]{}/%", c) >= 0 }

// space passes over blanks and comments.
func (s *pdfScan) space() {
	for s.at < len(s.b) {
		switch {
		case blank(s.b[s.at]):
			s.at++
		case s.b[s.at] == '%':
			for s.at < len(s.b) && s.b[s.at] != '\n' && s.b[s.at] != '\r' {
				s.at++
			}
		default:
			return
		}
	}
}

// word passes over a word when it stands here.
func (s *pdfScan) word(w string) bool {
	if !bytes.HasPrefix(s.b[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	return true
}

// value reads one value. What is none is passed over and nil.
func (s *pdfScan) value(depth int) (pdfValue, error) {
	if depth > s.file.lim.Depth {
		return nil, pdfError("its values are nested deeper than %d levels", s.file.lim.Depth)
	}
	if s.file.values++; s.file.values > 10*s.file.lim.Nodes {
		return nil, pdfError("it has more than %d values", 10*s.file.lim.Nodes)
	}
	s.space()
	if s.at >= len(s.b) {
		return nil, nil
	}
	switch c := s.b[s.at]; {
	case s.word("<<"):
		return s.dict(depth)
	case c == '[':
		s.at++
		return s.array(depth)
	case c == '(':
		s.at++
		return s.literal(), nil
	case c == '<':
		s.at++
		return s.hex(), nil
	case c == '/':
		s.at++
		return s.name(), nil
	case c >= '0' && c <= '9', c == '-', c == '+', c == '.':
		return s.number(), nil
	}
	start := s.at
	for s.at < len(s.b) && !blank(s.b[s.at]) && !delimiter(s.b[s.at]) {
		s.at++
	}
	if s.at == start {
		s.at++ // a bracket that closes nothing
	}
	if string(s.b[start:s.at]) == "true" {
		return true, nil
	}
	return nil, nil
}

func (s *pdfScan) dict(depth int) (pdfValue, error) {
	d := pdfDict{}
	for {
		s.space()
		if s.at >= len(s.b) || s.word(">>") {
			return d, nil
		}
		if s.b[s.at] != '/' {
			if s.ends() {
				return d, nil
			}
			s.at++ // damage
			continue
		}
		s.at++
		name := s.name()
		s.space()
		if s.at < len(s.b) && s.b[s.at] == '>' { // a name without a value
			continue
		}
		v, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d[name] = v
	}
}

func (s *pdfScan) array(depth int) (pdfValue, error) {
	var a pdfArray
	for {
		s.space()
		if s.at >= len(s.b) || s.ends() {
			return a, nil
		}
		if s.b[s.at] == ']' {
			s.at++
			return a, nil
		}
		v, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
}

// ends reports whether the object ends here, though something in it is still open.
func (s *pdfScan) ends() bool { return bytes.HasPrefix(s.b[s.at:], []byte("endobj")) }

// number reads a number, or a reference "7 0 R".
func (s *pdfScan) number() pdfValue {
	start := s.at
	for s.at < len(s.b) && strings.IndexByte("0123456789+-.", s.b[s.at]) >= 0 && s.at-start < 64 {
		s.at++
	}
	text := string(s.b[start:s.at])
	end := s.at
	if number, err := strconv.Atoi(text); err == nil && number >= 0 {
		if _, ok := s.whole(); ok {
			if s.space(); s.word("R") && (s.at >= len(s.b) || blank(s.b[s.at]) || delimiter(s.b[s.at])) {
				return pdfRef(number)
			}
		}
		s.at = end
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return pdfNumber(n)
}

func (s *pdfScan) name() pdfName {
	var out []byte
	for s.at < len(s.b) && !blank(s.b[s.at]) && !delimiter(s.b[s.at]) {
		c := s.b[s.at]
		if c == '#' && s.at+2 < len(s.b) {
			if code, err := hex.DecodeString(string(s.b[s.at+1 : s.at+3])); err == nil {
				out = append(out, code[0])
				s.at += 3
				continue
			}
		}
		out = append(out, c)
		s.at++
	}
	return pdfName(strings.ToValidUTF8(string(out), "\uFFFD"))
}

// literal reads a string behind its opening bracket.
func (s *pdfScan) literal() pdfString {
	out := pdfString{}
	for open := 1; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				s.at++
				return out
			}
		case '\\':
			if c, ok := s.escape(); ok {
				out = append(out, c)
			}
			continue
		}
		out = append(out, s.b[s.at])
	}
	return out
}

// escape reads what follows a backslash and ends at its last byte. Not ok is a line that goes on.
func (s *pdfScan) escape() (byte, bool) {
	if s.at++; s.at >= len(s.b) {
		return 0, false
	}
	switch c := s.b[s.at]; {
	case c == 'n':
		return '\n', true
	case c == 'r':
		return '\r', true
	case c == 't':
		return '\t', true
	case c == 'b':
		return '\b', true
	case c == 'f':
		return '\f', true
	case c == '\n':
		return 0, false
	case c == '\r':
		if s.at+1 < len(s.b) && s.b[s.at+1] == '\n' {
			s.at++
		}
		return 0, false
	case c >= '0' && c <= '7':
		n := 0
		for range 3 {
			if s.at >= len(s.b) || s.b[s.at] < '0' || s.b[s.at] > '7' {
				break
			}
			n = n*8 + int(s.b[s.at]-'0')
			s.at++
		}
		s.at--
		return byte(n), true
	default:
		return c, true
	}
}

// hex reads a string of hexadecimal digits behind its opening bracket.
func (s *pdfScan) hex() pdfString {
	var digits []byte
	for ; s.at < len(s.b) && s.b[s.at] != '>'; s.at++ {
		if !blank(s.b[s.at]) {
			digits = append(digits, s.b[s.at])
		}
	}
	s.at = min(s.at+1, len(s.b))
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	out := make(pdfString, hex.DecodedLen(len(digits)))
	n, _ := hex.Decode(out, digits) // as far as they are digits
	return out[:n]
}

// pdfText reads a text string (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 with a mark, else PDFDocEncoding. The marks of
// languages inside are left out.
func pdfText(b pdfString) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		return withoutLanguages(string(utf16.Decode(units)))
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return withoutLanguages(strings.ToValidUTF8(string(b[3:]), "\uFFFD"))
	}
	var out strings.Builder
	for _, c := range b {
		switch {
		case c >= 0x18 && c <= 0x1F:
			out.WriteRune(pdfAccents[c-0x18])
		case c >= 0x80 && c <= 0xA0:
			out.WriteRune(pdfSigns[c-0x80])
		default:
			out.WriteRune(rune(c))
		}
	}
	return out.String()
}

// withoutLanguages drops ESC, a language and ESC.
func withoutLanguages(s string) string {
	for {
		before, rest, found := strings.Cut(s, "\x1b")
		if !found {
			return s
		}
		_, after, closed := strings.Cut(rest, "\x1b")
		if !closed {
			return before + rest
		}
		s = before + after
	}
}

// The characters in which PDFDocEncoding differs from ISO-8859-1 (ISO 32000-1, annex D.2).
var (
	pdfAccents = []rune("\u02D8\u02C7\u02C6\u02D9\u02DD\u02DB\u02DA\u02DC")
	pdfSigns   = []rune("\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203A\u2212\u2030\u201E\u201C\u201D\u2018\u2019\u201A\u2122\uFB01\uFB02\u0141\u0152\u0160\u0178\u017D\u0131\u0142\u0153\u0161\u017E" + string(utf8.RuneError) + "\u20AC")
)
