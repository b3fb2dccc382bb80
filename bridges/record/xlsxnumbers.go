package record

import (
	"encoding/xml"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is how a cell shows its number, as far as it changes what the number means.
type numberFormat struct {
	date, clock bool   // it is a date, it has a time of day
	digits      string // a pattern of zeros and signs: postcodes and numbers of documents
}

// show writes a stored number. Numbers are stored as texts of binary floating point numbers: 0.1 may be
// 0.10000000000000001, and a long one has an exponent.
func (f numberFormat) show(stored string, since int) string {
	n, err := strconv.ParseFloat(stored, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return stored
	}
	if f.date || f.clock {
		if text := f.day(n, since); text != "" {
			return text
		}
	}
	text := stored
	if strings.ContainsAny(stored, "eE") || strings.Contains(stored, ".") && len(strings.TrimLeft(stored, "-0.")) > 15 {
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	if f.digits != "" {
		return f.fill(text)
	}
	return text
}

// fill puts the digits of a whole number into the zeros of a pattern, from the right.
func (f numberFormat) fill(text string) string {
	if strings.Trim(text, "0123456789") != "" {
		return text
	}
	out := make([]byte, 0, len(f.digits)+len(text))
	at := len(text)
	for i := len(f.digits) - 1; i >= 0; i-- {
		switch c := f.digits[i]; {
		case c != '0':
			out = append(out, c)
		case at > 0:
			at--
			out = append(out, text[at])
		default:
			out = append(out, '0')
		}
	}
	for at > 0 { // it is longer than its pattern
		at--
		out = append(out, text[at])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

// day reads a number of days since 1899-12-30 (or 1904-01-01). Before 1900-03-01 spreadsheet programs do not agree on
// what it means; empty then, and for what no calendar has.
func (f numberFormat) day(n float64, since int) string {
	days, rest := math.Modf(n)
	seconds := int(math.Round(rest * 86_400))
	if n < 0 || n > 2_958_465 {
		return ""
	}
	if days == 0 && f.clock && !f.date {
		return time.Date(2000, 1, 1, 0, 0, seconds, 0, time.UTC).Format("15:04:05")
	}
	if int(days)+since < 61 {
		return ""
	}
	at := time.Date(1899, 12, 30+int(days)+since, 0, 0, seconds, 0, time.UTC)
	if seconds == 0 || !f.clock {
		return at.Format("2006-01-02")
	}
	return at.Format("2006-01-02T15:04:05")
}

// readStyles reads how the cells show numbers.
func (w *workbook) readStyles(part string) error {
	own := map[string]string{}
	var list []string
	err := w.each(part, func(_ *xml.Decoder, around []string, el xml.StartElement) (bool, error) {
		switch {
		case el.Name.Local == "numFmt" && len(own) < 10_000:
			own[attribute(el, "numFmtId")] = attribute(el, "formatCode")
		case el.Name.Local == "xf" && len(around) > 0 && around[len(around)-1] == "cellXfs":
			if list = append(list, attribute(el, "numFmtId")); len(list) > 100_000 {
				return false, xlsxError("it has more than 100,000 formats of cells")
			}
		}
		return false, nil
	})
	if errors.Is(err, errNoPart) {
		return nil
	}
	for _, id := range list {
		code, named := own[id]
		if n, err := strconv.Atoi(id); !named && err == nil {
			w.styles = append(w.styles, builtin(n))
		} else {
			w.styles = append(w.styles, formatOfCode(code))
		}
	}
	return err
}

// builtin is a format that workbooks name by number only (ECMA-376 part 1, 18.8.30).
func builtin(n int) numberFormat {
	switch {
	case n >= 14 && n <= 17, n >= 27 && n <= 31, n == 36, n >= 50 && n <= 58:
		return numberFormat{date: true}
	case n == 22:
		return numberFormat{date: true, clock: true}
	case n >= 18 && n <= 21, n >= 32 && n <= 35, n >= 45 && n <= 47:
		return numberFormat{clock: true}
	}
	return numberFormat{}
}

// formatOfCode reads a format that the workbook declares: of its first section, for positive numbers.
func formatOfCode(code string) numberFormat {
	code, _, _ = strings.Cut(code, ";")
	var f numberFormat
	var pattern strings.Builder
	zeros, simple := 0, true
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return f
			}
			pattern.WriteString(code[i+1 : i+1+end])
			simple = simple && !strings.Contains(code[i+1:i+1+end], "0")
			i += end + 1
		case '\\':
			if i++; i < len(code) {
				pattern.WriteByte(code[i])
				simple = simple && code[i] != '0'
			}
		case '_', '*': // the width of the next character, or it as a filling
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return f
			}
			if inside := strings.ToLower(code[i+1 : i+end]); strings.Trim(inside, "h") == "" || strings.Trim(inside, "m") == "" || strings.Trim(inside, "s") == "" {
				simple = false // a duration, which is a number
				return numberFormat{}
			}
			i += end
		case '0':
			zeros++
			pattern.WriteByte('0')
		case '-', ' ', '(', ')', '/':
			pattern.WriteByte(c)
		case 'y', 'Y', 'd', 'D':
			f.date, simple = true, false
		case 'h', 'H', 's', 'S':
			f.clock, simple = true, false
		case 'm', 'M', 'a', 'A', 'p', 'P', ':':
			simple = false
		default:
			simple = false
		}
	}
	if !f.date && !f.clock && strings.Trim(code, "mM-/ ") == "" && code != "" && strings.ContainsAny(code, "mM") {
		f.date = true // a month
	}
	if simple && zeros > 1 {
		f.digits = pattern.String()
	}
	return f
}
