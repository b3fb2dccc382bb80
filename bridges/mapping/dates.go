package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"referworks/protocol"
)

// dateArgs are the arguments of "date".
type dateArgs struct {
	Formats []string `json:"formats"` // tried in this order; the first that fits is written
	Birth   bool     `json:"birth"`   // never in the future; a year of two digits is in the past
}

// dateFunction joins dates in explicit formats with dates of the standard. Partial dates stay partial.
type dateFunction struct {
	formats []dateFormat
	birth   bool
}

// dateFormat is a sequence of fields and fixed texts: YYYY YY MMMM MMM MM M DD D.
type dateFormat struct {
	source string
	tokens []string
}

var dateTokens = []string{"YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "D"}

func newDate(a dateArgs) (spec, string) {
	f := dateFunction{birth: a.Birth}
	if len(a.Formats) == 0 {
		a.Formats = []string{"YYYY-MM-DD", "YYYY-MM", "YYYY"}
	}
	for _, source := range a.Formats {
		format, sentence := parseDateFormat(source)
		if sentence != "" {
			return spec{}, sentence
		}
		f.formats = append(f.formats, format)
	}
	return spec{function: f}, ""
}

func parseDateFormat(source string) (dateFormat, string) {
	f := dateFormat{source: source}
	seen := map[byte]bool{}
	for rest := source; rest != ""; {
		token := rest[:1]
		for _, known := range dateTokens {
			if strings.HasPrefix(rest, known) {
				token = known
				break
			}
		}
		if c := token[0]; c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			if !dateToken(token) || seen[c] {
				return f, fmt.Sprintf("the date format %q is not made of YYYY, YY, MMMM, MMM, MM, M, DD, D, each at most once, and signs between them", source)
			}
			seen[c] = true
		}
		f.tokens = append(f.tokens, token)
		rest = rest[len(token):]
	}
	if !seen['Y'] || seen['D'] && !seen['M'] {
		return f, fmt.Sprintf("the date format %q needs a year, and a month when it has a day", source)
	}
	return f, ""
}

func dateToken(s string) bool {
	for _, t := range dateTokens {
		if s == t {
			return true
		}
	}
	return false
}

// forward tries every format; two that fit with different results are ambiguous, and then nobody guesses.
func (f dateFunction) forward(c *call, v value) value {
	in := strings.TrimSpace(v.text)
	found := ""
	for _, format := range f.formats {
		iso, ok := format.read(in, c.ctx.now(), f.birth)
		if !ok {
			continue
		}
		if found != "" && found != iso {
			return c.fail("the day and the month of the date could be either way round")
		}
		found = iso
	}
	switch {
	case found == "":
		return c.fail("it is no date in one of the declared formats")
	case f.birth && inFuture(found, c.ctx.now()):
		return c.fail("the birth date is in the future")
	case found != v.text:
		c.note(Normalized, "")
	}
	return textValue(found)
}

// inFuture compares as far as the date goes: this year is not in the future.
func inFuture(iso string, now time.Time) bool { return iso > now.Format(time.DateOnly)[:len(iso)] }

// back writes the first format that shows exactly what is known; a partial date that no format can show is written as
// the standard has it, and flagged.
func (f dateFunction) back(c *call, v value) value {
	d := protocol.Of[protocol.When](v.text).Date()
	year, month, day, ok := d.Parts()
	if !ok {
		return c.fail("it is no date")
	}
	if len(v.text) > len(time.DateOnly) {
		c.note(Narrowed, "only the date was written, without the time of day")
	}
	for _, format := range f.formats {
		if format.has('D') == (day > 0) && format.has('M') == (month > 0) {
			return textValue(format.write(year, month, day))
		}
	}
	c.note(Flagged, "the date is only partly known, which no declared format can show")
	return textValue(d.Text())
}

func (f dateFormat) has(c byte) bool {
	for _, t := range f.tokens {
		if t[0] == c {
			return true
		}
	}
	return false
}

// read returns the date as the standard writes it.
func (f dateFormat) read(s string, now time.Time, birth bool) (iso string, ok bool) {
	var year, month, day int
	for _, token := range f.tokens {
		switch token {
		case "YYYY":
			year, s, ok = digits(s, 4, 4)
		case "YY":
			year, s, ok = digits(s, 2, 2)
			year = century(year, now, birth)
		case "MM", "M":
			month, s, ok = digits(s, 1, 2)
		case "DD", "D":
			day, s, ok = digits(s, 1, 2)
		case "MMMM", "MMM":
			month, s, ok = monthName(s)
		default:
			s, ok = strings.CutPrefix(s, token)
		}
		if !ok {
			return "", false
		}
	}
	if s != "" || year < 1000 || f.has('M') && month == 0 || f.has('D') && day == 0 {
		return "", false
	}
	iso = isoDate(year, month, day)
	if birth && !strings.Contains(f.source, "YYYY") && inFuture(iso, now) {
		iso = isoDate(year-100, month, day)
	}
	_, _, _, ok = protocol.Of[protocol.Date](iso).Parts()
	return iso, ok
}

// century finds the year that two digits mean: for a birth the last one that is not in the future, otherwise the
// one from 70 years ago to 29 years from now.
func century(year int, now time.Time, birth bool) int {
	this := now.Year()
	last := this + 29
	if birth {
		last = this
	}
	year += last / 100 * 100
	if year > last {
		year -= 100
	}
	return year
}

func digits(s string, least, most int) (int, string, bool) {
	n := 0
	for n < len(s) && n < most && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n < least {
		return 0, s, false
	}
	v, err := strconv.Atoi(s[:n])
	return v, s[n:], err == nil
}

// monthName reads English month names, whole or by their first three letters, with or without a dot.
func monthName(s string) (int, string, bool) {
	n := 0
	for n < len(s) && (s[n]|0x20) >= 'a' && (s[n]|0x20) <= 'z' {
		n++
	}
	word := strings.ToLower(s[:n])
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if word == name || word == name[:3] || word == "sept" && m == time.September {
			return int(m), strings.TrimPrefix(s[n:], "."), true
		}
	}
	return 0, s, false
}

// isoDate writes a date as far as it is known; by hand, because most records have many.
func isoDate(year, month, day int) string {
	if year < 0 || year > 9999 {
		return ""
	}
	b := [10]byte{byte('0' + year/1000), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10), '-', byte('0' + month/10), byte('0' + month%10),
		'-', byte('0' + day/10%10), byte('0' + day%10)}
	switch {
	case month == 0:
		return string(b[:4])
	case day == 0:
		return string(b[:7])
	}
	return string(b[:])
}

func (f dateFormat) write(year, month, day int) string {
	var b strings.Builder
	for _, token := range f.tokens {
		switch token {
		case "YYYY":
			fmt.Fprintf(&b, "%04d", year)
		case "YY":
			fmt.Fprintf(&b, "%02d", year%100)
		case "MMMM":
			b.WriteString(time.Month(month).String())
		case "MMM":
			b.WriteString(time.Month(month).String()[:3])
		case "MM":
			fmt.Fprintf(&b, "%02d", month)
		case "M":
			fmt.Fprintf(&b, "%d", month)
		case "DD":
			fmt.Fprintf(&b, "%02d", day)
		case "D":
			fmt.Fprintf(&b, "%d", day)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}
