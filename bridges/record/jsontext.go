package record

import "strings"

// number reads exactly the grammar of RFC 8259 section 6 and returns its source text.
func (d *jsonDecoder) number() string {
	start := d.i
	if d.peek() == '-' {
		d.i++
	}
	switch c := d.peek(); {
	case c == '0':
		d.i++
		if c := d.peek(); c >= '0' && c <= '9' {
			d.fail("a number may not begin with 0; an id or postcode with a leading zero is text and stands in quotation marks")
		}
	case c >= '1' && c <= '9':
		d.digits()
	default:
		d.fail("a digit is expected")
	}
	if d.peek() == '.' {
		d.i++
		d.digits()
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.i++
		if c := d.peek(); c == '+' || c == '-' {
			d.i++
		}
		d.digits()
	}
	return d.s[start:d.i]
}

func (d *jsonDecoder) digits() {
	start := d.i
	for d.peek() >= '0' && d.peek() <= '9' {
		d.i++
	}
	if d.i == start {
		d.fail("a digit is expected")
	}
}

// text reads a string; without escapes it is a part of the input and copies nothing.
func (d *jsonDecoder) text() string {
	d.i++
	start := d.i
	for d.i < len(d.s) {
		switch c := d.s[d.i]; {
		case c == '"':
			d.i++
			return d.s[start : d.i-1]
		case c == '\\':
			return d.escaped(start)
		case c < 0x20:
			d.fail("a control character stands inside a text; it must be escaped")
			return ""
		}
		d.i++
	}
	d.fail("the closing quotation mark is missing")
	return ""
}

func (d *jsonDecoder) escaped(start int) string {
	var b strings.Builder
	b.WriteString(d.s[start:d.i])
	for d.i < len(d.s) && d.reason == "" {
		switch c := d.s[d.i]; {
		case c == '"':
			d.i++
			return b.String()
		case c == '\\':
			d.escape(&b)
			continue
		case c < 0x20:
			d.fail("a control character stands inside a text; it must be escaped")
		default:
			b.WriteByte(c)
		}
		d.i++
	}
	d.fail("the closing quotation mark is missing")
	return ""
}

func (d *jsonDecoder) escape(b *strings.Builder) {
	if d.i+1 >= len(d.s) {
		d.fail("the text ends in the middle of an escape")
		return
	}
	c := d.s[d.i+1]
	if at := strings.IndexByte(`"\/bfnrt`, c); at >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[at])
		d.i += 2
		return
	}
	if c != 'u' {
		d.fail("an unknown escape follows the backslash")
		return
	}
	r, ok := d.hex(d.i + 2)
	if !ok {
		d.fail(`four hexadecimal digits are expected after \u`)
		return
	}
	d.i += 6
	if r >= 0xD800 && r <= 0xDFFF {
		low, ok := rune(0), false
		if r < 0xDC00 && strings.HasPrefix(d.s[d.i:], `\u`) {
			low, ok = d.hex(d.i + 2)
		}
		if !ok || low < 0xDC00 || low > 0xDFFF {
			d.fail("half of a surrogate pair stands alone")
			return
		}
		d.i += 6
		r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
	}
	b.WriteRune(r)
}

func (d *jsonDecoder) hex(at int) (rune, bool) {
	if at+4 > len(d.s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(d.s[at : at+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 + rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 + rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 + rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
