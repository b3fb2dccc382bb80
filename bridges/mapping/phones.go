package mapping

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneArgs are the arguments of "phone".
type phoneArgs struct {
	Region string `json:"region"` // ISO 3166 country of numbers without a country code; the side's region when empty
	Format string `json:"format"` // how it is written into the record: original (default), e164 or national
}

// phoneFunction joins a phone number, as typed, with the number as typed, its E.164 form and its extension.
type phoneFunction struct{ region, format string }

func newPhone(a phoneArgs, side *Side) (spec, string) {
	f := phoneFunction{region: a.Region, format: a.Format}
	if f.region == "" {
		f.region = side.Region
	}
	if f.region != "" && !phonenumbers.GetSupportedRegions()[f.region] {
		return spec{}, "the phone region must be a country code of two capital letters, like US"
	}
	if !slices.Contains([]string{"", "original", "e164", "national"}, f.format) {
		return spec{}, `"format" must be original, e164 or national`
	}
	return spec{function: f, members: []string{"value", "e164", "extension"}}, ""
}

func (f phoneFunction) forward(c *call, v value) value {
	typed := strings.TrimSpace(v.text)
	out := value{kind: group, parts: []part{{"value", typed}}}
	number, extension := splitExtension(typed)
	e164 := f.e164(number)
	if e164 == "" {
		c.note(Flagged, "it is no phone number that can be dialed; it travels as it was typed")
		return out
	}
	out.parts = append(out.parts, part{"e164", e164})
	if extension != "" {
		out.parts = append(out.parts, part{"extension", extension})
	}
	if e164 != typed {
		c.note(Normalized, "")
	}
	return out
}

func (f phoneFunction) back(c *call, v value) value {
	typed, e164, extension := v.part("value"), v.part("e164"), v.part("extension")
	if typed == "" && e164 == "" {
		return value{}
	}
	if e164 == "" || f.format == "" && typed != "" || f.format == "original" && typed != "" {
		if extension != "" && !strings.Contains(typed, extension) {
			return textValue(typed + " ext. " + extension)
		}
		return textValue(typed)
	}
	out := e164
	if f.format == "national" {
		if n, err := phonenumbers.Parse(e164, ""); err == nil {
			out = phonenumbers.Format(n, phonenumbers.NATIONAL)
		}
	}
	if extension != "" {
		out += " ext. " + extension
	}
	if out != typed {
		c.note(Normalized, "")
	}
	return textValue(out)
}

// e164 returns "" for what is no possible number. Plain North American numbers take a short way, because the
// library spends more on one number than the rest of a conversion on ten fields.
func (f phoneFunction) e164(s string) string {
	if f.region == "US" || f.region == "CA" {
		if n := northAmerican(s); n != "" {
			return n
		}
	}
	if len(s) > 40 {
		return ""
	}
	n, err := phonenumbers.Parse(s, f.region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// northAmerican reads ten digits, or eleven that begin with 1, with the usual signs between; area code and exchange
// begin with 2 to 9.
func northAmerican(s string) string {
	var d [11]byte
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if n == len(d) {
				return ""
			}
			d[n] = c
			n++
		case c == '-' || c == '(' || c == ')' || c == '.' || c == ' ' || c == '+' && i == 0:
		default:
			return ""
		}
	}
	all := d[:n]
	if n == 11 && all[0] == '1' {
		all = all[1:]
	} else if strings.HasPrefix(s, "+") {
		return ""
	}
	if len(all) != 10 || all[0] < '2' || all[3] < '2' {
		return ""
	}
	out := [12]byte{'+', '1'}
	copy(out[2:], all)
	return string(out[:])
}

// asciiLower keeps the length, unlike strings.ToLower, so that positions fit the original.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// splitExtension splits "617-555-0123 x45"; words for extension in English and Spanish.
func splitExtension(s string) (number, extension string) {
	if strings.Trim(s, "0123456789+-(). ") == "" {
		return s, "" // as most are
	}
	lower := asciiLower(s)
	for _, mark := range []string{"extension", "ext.", "ext", "x", "#"} {
		if at := strings.LastIndex(lower, mark); at > 6 {
			tail := strings.Trim(s[at+len(mark):], " .:")
			if tail != "" && len(tail) <= 8 && strings.Trim(tail, "0123456789") == "" {
				return strings.TrimRight(s[:at], " ,;"), tail
			}
		}
	}
	return s, ""
}
