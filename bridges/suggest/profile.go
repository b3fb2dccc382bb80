package suggest

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"referworks/protocol"
)

// profile is what the values of a field look like.
type profile struct {
	n                                             int
	email, phone, date, zip, region               int
	flag, integer, decimal, long, url, uuid, name int
	pointer                                       int // to another part of the document: "#a", "urn:uuid:…", "Patient/1"
	kind                                          string
	firstYear, lastYear                           int
	folded                                        []string // of short values
}

const maxExamples = 24

func profileOf(f *Field) profile {
	p := profile{kind: f.Kind}
	seen := map[string]bool{}
	add := func(s string) {
		s = strings.TrimSpace(s)
		if s == "" || seen[s] || p.n >= maxExamples {
			return
		}
		seen[s] = true
		p.read(s)
	}
	for _, e := range f.Examples {
		add(e)
	}
	for _, w := range f.Values {
		add(w.Text)
	}
	return p
}

func (p *profile) read(s string) {
	p.n++
	if len(s) <= 60 {
		p.folded = append(p.folded, fold(s))
	}
	digits, letters, other := count(s)
	switch {
	case len(s) <= 254 && isEmail(s):
		p.email++
		return
	case strings.Contains(s, "://"):
		p.url++
		return
	case isPointer(s):
		p.pointer++
		return
	case len(s) == 36 && strings.Count(s, "-") == 4 && digits+letters == 32:
		p.uuid++
		return
	}
	if year, ok := dateLike(s); ok {
		p.date++
		if p.firstYear == 0 || year < p.firstYear {
			p.firstYear = year
		}
		p.lastYear = max(p.lastYear, year)
		return
	}
	if isFlag[fold(s)] {
		p.flag++
	}
	switch {
	case letters == 0 && digits >= 7 && digits <= 15 && (other > 0 || digits >= 10) && !strings.ContainsAny(s, "$€%,"), letters > 0 && digits >= 10 && isPhoneWithExtension(s):
		p.phone++
	case letters == 0 && digits == 5 && other == 0, letters == 0 && digits == 9 && len(s) == 10 && s[5] == '-':
		p.zip++
		p.integer += btoi(other == 0)
	case letters == 0 && other == 0 && digits > 0:
		p.integer++
	case letters == 0 && digits > 0 && strings.Trim(s, "$€-+ 0123456789.,%") == "":
		p.decimal++
	case letters == 2 && len(s) == 2 && strings.ToUpper(s) == s:
		p.region++
	case len(s) > 80 || strings.Contains(s, "\n"):
		p.long++
	case digits == 0 && len(s) <= 40 && unicode.IsUpper([]rune(s)[0]):
		p.name++
	}
}

func isPointer(s string) bool {
	if strings.HasPrefix(s, "urn:") || len(s) > 1 && s[0] == '#' && !strings.Contains(s, " ") && s[1] > '9' {
		return true
	}
	kind, id, found := strings.Cut(s, "/")
	return found && len(kind) > 3 && len(id) > 1 && unicode.IsUpper(rune(kind[0])) && !strings.ContainsAny(s, " .&") && strings.ContainsAny(id, "0123456789{#-")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func count(s string) (digits, letters, other int) {
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		default:
			other++
		}
	}
	return
}

var isFlag = wordSet("true false yes no y n si 0 1 on off t f")

func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || strings.ContainsAny(s, " <>\n") {
		return false
	}
	_, err := mail.ParseAddress(s)
	return err == nil
}

func isPhoneWithExtension(s string) bool {
	f := fold(s)
	return strings.Contains(f, " ext") || strings.Contains(f, " x")
}

// dateLike reports whether a text is a date, with or without a time, in one of the usual forms, and its year.
func dateLike(s string) (int, bool) {
	if len(s) > 40 {
		return 0, false
	}
	head := s
	if i := strings.IndexAny(s, "T "); i >= 6 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' && strings.Contains(s[i:], ":") {
		head = s[:i]
	}
	parts := strings.FieldsFunc(head, func(r rune) bool { return r == '-' || r == '/' || r == '.' || r == ' ' || r == ',' })
	if len(parts) != 3 {
		return 0, false
	}
	numbers, year, named := 0, 0, false
	for i, p := range parts {
		n, ok := smallNumber(p)
		switch {
		case !ok && months[strings.ToLower(p[:min(3, len(p))])] && len(p) >= 3:
			named = true
		case !ok:
			return 0, false
		case len(p) == 4 && n >= 1800 && n <= 2200:
			year = n
		case n < 1 || n > 31 && (len(p) != 2 || i != 2):
			return 0, false
		case len(p) == 2 && i == 2 && year == 0:
			year = 1900 + n
			if n < 40 {
				year += 100
			}
		}
		numbers++
	}
	return year, year > 0 && (numbers == 3 || named)
}

var months = wordSet("jan feb mar apr may jun jul aug sep oct nov dec ene abr ago dic")

func smallNumber(s string) (int, bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// most reports whether k is at least three of four values.
func (p *profile) most(k int) bool { return p.n > 0 && 4*k >= 3*p.n }

// judge says how well the values suit a target: 1 leaves the score alone, less lowers it, more raises it.
func (p *profile) judge(t *target) (factor float64, reason string) {
	if p.n == 0 {
		return p.judgeKind(t), ""
	}
	of := func(k int, what string) string { return fmt.Sprintf("%d of %d values are %s", k, p.n, what) }
	birth := strings.HasSuffix(t.standard, "birthDate.value")
	switch t.field.Kind {
	case protocol.LeafDate, protocol.LeafTime, protocol.LeafWhen:
		switch {
		case p.most(p.date) && birth && p.firstYear > 0 && p.lastYear <= 2026:
			return 1.03, of(p.date, fmt.Sprintf("dates before %d", p.lastYear+1))
		case p.most(p.date) && birth:
			return 0.4, ""
		case p.most(p.date):
			return 1.03, of(p.date, "dates")
		case birth && p.most(p.integer), p.date > 0, p.kind == "date", p.kind == "datetime":
			return 0.95, ""
		case p.most(p.integer), p.most(p.phone):
			return 0.8, ""
		}
		return 0.35, ""
	case protocol.LeafEmail:
		if p.most(p.email) {
			return 1.04, of(p.email, "e-mail addresses")
		}
		return 0.3, ""
	case protocol.LeafPhone:
		if p.most(p.phone) || p.most(p.integer) {
			return 1, ""
		}
		return 0.3, ""
	case protocol.LeafFlag:
		switch {
		case p.most(p.flag):
			return 1.03, of(p.flag, "yes or no")
		case p.most(p.date), p.most(p.email), p.most(p.phone), p.most(p.long), p.most(p.uuid):
			return 0.35, ""
		}
		if p.flag == 0 && p.n > 1 {
			return 0.8, ""
		}
		return 0.97, ""
	case protocol.LeafInteger, protocol.LeafDecimal:
		switch {
		case p.most(p.integer + p.decimal):
			return 1.03, of(p.integer+p.decimal, "numbers")
		case p.integer+p.decimal > 0, p.most(p.phone):
			return 0.95, ""
		}
		return 0.45, ""
	case protocol.LeafLanguage, protocol.LeafCountry, protocol.LeafChoice, protocol.LeafCoded:
		return p.judgeCodes(t)
	}
	return p.judgeText(t, of)
}

func (p *profile) judgeKind(t *target) float64 {
	switch {
	case p.kind == "":
		return 1
	case p.kind == "date" || p.kind == "datetime":
		switch t.field.Kind {
		case protocol.LeafDate, protocol.LeafTime, protocol.LeafWhen:
			return 1.02
		}
		return 0.45
	case p.kind == "bool":
		switch t.field.Kind {
		case protocol.LeafFlag:
			return 1.02
		case protocol.LeafChoice, protocol.LeafCoded, protocol.LeafText, protocol.LeafLong:
			return 0.92
		}
		return 0.4
	case p.kind == "number" || p.kind == "integer":
		switch t.field.Kind {
		case protocol.LeafInteger, protocol.LeafDecimal:
			return 1.02
		case protocol.LeafDate, protocol.LeafTime, protocol.LeafEmail, protocol.LeafLong:
			return 0.6
		}
	}
	return 1
}

func (p *profile) judgeText(t *target, of func(int, string) string) (float64, string) {
	last := t.standard[strings.LastIndexByte(t.standard, '.')+1:]
	email := strings.Contains(t.place, "kind=email")
	phone := strings.Contains(t.place, "kind=phone") && strings.HasSuffix(t.standard, ".value") || last == "phone"
	switch {
	case p.most(p.pointer):
		return 0.4, ""
	case email:
		if p.most(p.email) {
			return 1.04, of(p.email, "e-mail addresses")
		}
		return 0.4, ""
	case phone:
		if p.most(p.phone) {
			return 1.04, of(p.phone, "phone numbers")
		}
		if p.most(p.integer) || p.phone > 0 {
			return 1, ""
		}
		return 0.5, ""
	case p.most(p.email):
		return 0.3, ""
	case p.most(p.flag) && p.flag > p.integer:
		return 0.6, "" // yes or no is no text
	case last == "postalCode":
		if p.most(p.zip) {
			return 1.04, of(p.zip, "postal codes")
		}
		return 1, ""
	case last == "region":
		if p.most(p.region) {
			return 1.03, of(p.region, "two capital letters")
		}
		if p.most(p.integer) || p.most(p.date) {
			return 0.7, ""
		}
	case p.most(p.date) && t.field.Kind != protocol.LeafLong:
		return 0.4, ""
	case last == "given" || last == "family" || last == "full" || last == "city":
		if p.most(p.integer+p.decimal) || p.most(p.phone) || p.most(p.flag) || p.most(p.uuid) || p.most(p.url) {
			return 0.4, ""
		}
	case t.field.Kind == protocol.LeafLong:
		if p.most(p.long) {
			return 1.03, of(p.long, "long texts")
		}
		if p.most(p.flag) || p.most(p.phone) || p.most(p.integer) || p.most(p.date) || p.most(p.uuid) {
			return 0.5, ""
		}
	}
	return 1, ""
}

// judgeCodes looks whether the values are words of the list that the target takes.
func (p *profile) judgeCodes(t *target) (float64, string) {
	if p.most(p.date) || p.most(p.email) || p.most(p.phone) || p.most(p.uuid) || p.most(p.long) || p.most(p.url) {
		return 0.4, ""
	}
	goal, ok := GoalOf(t.standard)
	if !ok || goal.System == "" || len(p.folded) == 0 {
		return 1, ""
	}
	known := bookOf(goal).exact
	k := 0
	for _, f := range p.folded {
		if known[f] {
			k++
		}
	}
	switch {
	case k > 0 && 2*k >= p.n:
		return 1.05, fmt.Sprintf("%d of %d values are words of that list", k, p.n)
	case p.most(p.flag) && t.field.Kind != protocol.LeafCoded:
		return 0.92, ""
	}
	return 1, ""
}
