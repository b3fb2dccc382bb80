package protocol

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

func appendAbsent(b []byte, why Absent) []byte {
	b = append(b, `{"absent":"`...)
	b = append(b, why...)
	return append(b, `"}`...)
}

// appendQuoted writes a JSON string as RFC 8785, section 3.2.2.2 has it.
func appendQuoted(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("write leaf: the text is not valid UTF-8")
	}
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for start := 0; ; {
		i := start
		for i < len(s) && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\' {
			i++
		}
		b = append(b, s[start:i]...)
		if i == len(s) {
			return append(b, '"'), nil
		}
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
}

var errString = errors.New("read leaf: a text is not a JSON string in UTF-8")

// unquote reads one JSON string, with nothing around it.
func unquote(b []byte) (string, error) {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return "", errString
	}
	plain, high := true, byte(0)
	for _, c := range b[1 : len(b)-1] {
		high |= c
		plain = plain && c != '\\' && c != '"' && c >= 0x20
	}
	if high >= utf8.RuneSelf && !utf8.Valid(b) {
		return "", errString
	}
	if plain {
		return string(b[1 : len(b)-1]), nil
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return "", errString
	}
	return s, nil
}

// eachMember calls f for each member of a flat JSON object of strings.
func eachMember(b []byte, f func(name, value string) error) error {
	bad := errors.New("read leaf: it must be an object whose members are texts")
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return bad
	}
	for i = skipSpace(b, i+1); i < len(b) && b[i] != '}'; {
		var parts [2]string
		for p, end := range [2]byte{':', 0} {
			n := stringLength(b[i:])
			s, err := unquote(b[i : i+n])
			if err != nil {
				return bad
			}
			parts[p] = s
			if i = skipSpace(b, i+n); end != 0 {
				if i >= len(b) || b[i] != end {
					return bad
				}
				i = skipSpace(b, i+1)
			}
		}
		if err := f(parts[0], parts[1]); err != nil {
			return err
		}
		if i < len(b) && b[i] == ',' {
			if i = skipSpace(b, i+1); i >= len(b) || b[i] != '"' {
				return bad
			}
		} else if i >= len(b) || b[i] != '}' {
			return bad
		}
	}
	if i >= len(b) || skipSpace(b, i+1) != len(b) {
		return bad
	}
	return nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// stringLength gives the length of the JSON string that b starts with, quotes included, or 0.
func stringLength(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}
