package schema

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"referworks/bridges/record"
)

// simpleType is what a text must be like.
type simpleType struct {
	builtin  string // of XML Schema, without prefix
	enum     []string
	patterns []*regexp.Regexp
	lengths  [3]int // exactly, at least, at most; -1: not said
	bounds   map[string]*big.Rat
	fraction int // digits behind the point at most; -1: not said
	partly   bool
}

// simple reads a simple type with what it is derived from.
func (x *XSD) simple(n *record.Node, builtin string) *simpleType {
	s := &simpleType{builtin: builtin, lengths: [3]int{-1, -1, -1}, bounds: map[string]*big.Rat{}, fraction: -1}
	for depth := 0; n != nil && depth < deepestSchema; depth++ {
		r := n.Member("restriction")
		if r == nil { // a list or union
			s.partly, s.builtin = true, "string"
			break
		}
		s.facets(r)
		if inner := r.Member("simpleType"); inner != nil {
			n = inner
			continue
		}
		var complex *record.Node
		if complex, n, s.builtin = x.named(r.Value("@base")); complex != nil { // simple content
			if b := x.body(complex, depth); b.text != nil {
				_, n, s.builtin = x.named(b.text.Value("@base"))
			}
		}
	}
	return s
}

// facets takes what a restriction says; what is nearer to the element was taken before and stays.
func (s *simpleType) facets(r *record.Node) {
	hadEnum := len(s.enum) > 0
	for _, f := range r.Children {
		v := f.Value("@value")
		whole, notWhole := strconv.Atoi(v)
		switch f.Name {
		case "enumeration":
			if !hadEnum && len(s.enum) < mostOfSchema {
				s.enum = append(s.enum, v)
			}
		case "pattern":
			if p, ok := pattern(v); ok && len(s.patterns) < 20 {
				s.patterns = append(s.patterns, p)
			}
		case "length", "minLength", "maxLength":
			if i := slices.Index([]string{"length", "minLength", "maxLength"}, f.Name); s.lengths[i] < 0 && notWhole == nil {
				s.lengths[i] = whole
			}
		case "minInclusive", "maxInclusive", "minExclusive", "maxExclusive":
			if n, ok := decimal(v); ok && s.bounds[f.Name] == nil {
				s.bounds[f.Name] = n
			}
		case "fractionDigits":
			if s.fraction < 0 && notWhole == nil {
				s.fraction = whole
			}
		}
	}
}

// pattern reads a regular expression of XML Schema, which always means the whole text. What Go's have no word for is not
// read; several patterns of one restriction are alternatives, and rare.
func pattern(p string) (*regexp.Regexp, bool) {
	if len(p) > 1000 || strings.Contains(p, `\i`) || strings.Contains(p, `\c`) || strings.Contains(p, "-[") || strings.Contains(p, `\p{Is`) {
		return nil, false
	}
	re, err := regexp.Compile(`^(?:` + strings.NewReplacer(`\\`, `\\`, `\^`, `\^`, `\$`, `\$`, "[^", "[^", "^", `\^`, "$", `\$`).Replace(p) + `)$`)
	return re, err == nil
}

// decimal reads a number without exponent, which could stand for one of any size.
func decimal(s string) (*big.Rat, bool) {
	if len(s) > 100 || s == "" || strings.Trim(s, "0123456789+-.") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// kind is the kind of a field.
func (s *simpleType) kind() string {
	switch s.builtin {
	case "date":
		return "date"
	case "dateTime", "dateTimeStamp":
		return "datetime"
	case "boolean":
		return "bool"
	case "decimal", "float", "double":
		return "number"
	}
	if _, whole := wholeNumbers[s.builtin]; whole {
		return "number"
	}
	return "text"
}

// wholeNumbers have bounds: least and most, empty for none.
var wholeNumbers = map[string][2]string{
	"integer": {}, "int": {"-2147483648", "2147483647"}, "long": {"-9223372036854775808", "9223372036854775807"},
	"short": {"-32768", "32767"}, "byte": {"-128", "127"}, "nonNegativeInteger": {"0", ""}, "positiveInteger": {"1", ""},
	"nonPositiveInteger": {"", "0"}, "negativeInteger": {"", "-1"}, "unsignedInt": {"0", "4294967295"},
	"unsignedLong": {"0", "18446744073709551615"}, "unsignedShort": {"0", "65535"}, "unsignedByte": {"0", "255"},
}

// wrong says what is wrong with a text, without repeating it; empty when nothing is.
func (s *simpleType) wrong(text string) string {
	if s.partly {
		return ""
	}
	if s.builtin != "string" {
		text = strings.Join(strings.Fields(text), " ")
	}
	if why := s.wrongType(text); why != "" {
		return why
	}
	if len(s.enum) > 0 && !slices.Contains(s.enum, text) {
		if len(s.enum) <= 12 {
			return "has a value that is not one of " + strings.Join(s.enum, ", ")
		}
		return fmt.Sprintf("has a value that is none of the %d that the schema names", len(s.enum))
	}
	n := utf8.RuneCountInString(text)
	switch {
	case s.lengths[0] >= 0 && n != s.lengths[0]:
		return fmt.Sprintf("has %d characters and must have %d", n, s.lengths[0])
	case s.lengths[1] >= 0 && n < s.lengths[1]:
		return fmt.Sprintf("has %d characters and must have at least %d", n, s.lengths[1])
	case s.lengths[2] >= 0 && n > s.lengths[2]:
		return fmt.Sprintf("has %d characters and may have at most %d", n, s.lengths[2])
	case len(s.patterns) > 0 && !slices.ContainsFunc(s.patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) }):
		return "does not have the form that the schema asks for (its pattern)"
	}
	return s.wrongNumber(text)
}

func (s *simpleType) wrongType(text string) string {
	ok, form := true, ""
	switch s.builtin {
	case "boolean":
		ok, form = slices.Contains([]string{"true", "false", "1", "0"}, text), "true or false"
	case "decimal":
		_, ok = decimal(text)
		form = "a number"
	case "float", "double":
		_, err := strconv.ParseFloat(text, 64)
		ok, form = err == nil, "a number"
	case "date":
		ok, form = anyTime(text, "2006-01-02", "2006-01-02Z07:00"), "a date like 2026-03-01"
	case "dateTime", "dateTimeStamp":
		ok, form = anyTime(text, "2006-01-02T15:04:05", time.RFC3339), "a date with a time like 2026-03-01T14:30:00"
	case "time":
		ok, form = anyTime(text, "15:04:05", "15:04:05Z07:00"), "a time like 14:30:00"
	case "gYear":
		ok, form = anyTime(text, "2006", "2006Z07:00"), "a year"
	default:
		bounds, whole := wholeNumbers[s.builtin]
		if !whole {
			return ""
		}
		var n *big.Rat
		n, ok = decimal(text)
		ok, form = ok && !strings.Contains(text, ".") && within(n, bounds), "a whole number"
		if bounds[0] != "" || bounds[1] != "" {
			form += " that the type " + s.builtin + " can hold"
		}
	}
	if ok {
		return ""
	}
	return "must be " + form
}

func within(n *big.Rat, bounds [2]string) bool {
	least, some := decimal(bounds[0])
	if some && n.Cmp(least) < 0 {
		return false
	}
	most, some := decimal(bounds[1])
	return !some || n.Cmp(most) <= 0
}

func anyTime(text string, layouts ...string) bool {
	return slices.ContainsFunc(layouts, func(layout string) bool {
		_, err := time.Parse(layout, text)
		return err == nil
	})
}

func (s *simpleType) wrongNumber(text string) string {
	if s.fraction >= 0 {
		if _, behind, found := strings.Cut(text, "."); found && len(strings.TrimRight(behind, "0")) > s.fraction {
			return fmt.Sprintf("has more than %d digits behind the point", s.fraction)
		}
	}
	n, ok := decimal(text)
	if !ok || len(s.bounds) == 0 {
		return ""
	}
	for name, bad := range map[string]func(int) bool{
		"minInclusive": func(c int) bool { return c < 0 }, "maxInclusive": func(c int) bool { return c > 0 },
		"minExclusive": func(c int) bool { return c <= 0 }, "maxExclusive": func(c int) bool { return c >= 0 },
	} {
		if b := s.bounds[name]; b != nil && bad(n.Cmp(b)) {
			return "is a number outside of the bounds that the schema sets"
		}
	}
	return ""
}
