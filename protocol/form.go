package protocol

import (
	"strings"
	"time"
	"unicode/utf8"
)

// checkForm gives the sentence that says what is wrong with a value of a kind, or "". The sentence follows a
// label and never repeats the value. Choices and lengths are checked where the field is known.
func checkForm(kind LeafKind, s string) string {
	switch kind {
	case LeafText:
		return checkRunes(s, false)
	case LeafLong:
		return checkRunes(s, true)
	}
	if !utf8.ValidString(s) {
		return notText
	}
	if !goodForm(kind, s) {
		return wantForm[kind]
	}
	return ""
}

const notText = "is not valid text (UTF-8)"

var wantForm = map[LeafKind]string{
	LeafToken:    "must be a short id: 1 to 64 letters, digits or . _ - :",
	LeafDate:     "must be a date such as 1956, 1956-03 or 1956-03-21",
	LeafTime:     "must be a day and time with offset such as 2026-03-21T09:30:00-05:00",
	LeafWhen:     "must be a date such as 2026-03-21, or a day and time with offset such as 2026-03-21T09:30:00-05:00",
	LeafFlag:     "must be true or false",
	LeafInteger:  "must be a whole number within ±(2^53-1)",
	LeafDecimal:  "must be a number such as 1250.00, with at most 15 digits before the point and 6 after it",
	LeafLanguage: "must be a language code such as es or zh-Hant",
	LeafCountry:  "must be a country code of two capital letters such as US",
	LeafCurrency: "must be a currency code of three capital letters such as USD",
	LeafPhone:    "must be a phone number with country code such as +12125550123",
	LeafEmail:    "must be an e-mail address with one @ and no spaces",
	LeafHash:     "must be 32 bytes in base64url without padding",
	LeafReferral: `must be a referral id, a UUID of version 7 written as "urn:uuid:…"`,
	LeafOrg:      "must be an organization id that starts with rw1",
}

func goodForm(kind LeafKind, s string) bool {
	switch kind {
	case LeafToken:
		return len(s) >= 1 && len(s) <= 64 && only(s, isTokenByte)
	case LeafDate:
		_, _, _, ok := parseDate(s)
		return ok
	case LeafTime:
		_, ok := parseTime(s)
		return ok
	case LeafWhen:
		if _, _, _, ok := parseDate(s); ok {
			return true
		}
		_, ok := parseTime(s)
		return ok
	case LeafFlag:
		return s == "true" || s == "false"
	case LeafInteger:
		return goodInteger(s)
	case LeafDecimal:
		return goodDecimal(s)
	case LeafLanguage:
		return goodLanguage(s)
	case LeafCountry:
		return len(s) == 2 && only(s, isUpper)
	case LeafCurrency:
		return len(s) == 3 && only(s, isUpper)
	case LeafPhone:
		return len(s) >= 4 && len(s) <= 16 && s[0] == '+' && s[1] != '0' && only(s[1:], isDigit)
	case LeafEmail:
		at := strings.IndexByte(s, '@')
		return len(s) <= 320 && at > 0 && at < len(s)-1 && strings.IndexByte(s[at+1:], '@') < 0 &&
			!strings.ContainsAny(s, " <>,;") && checkRunes(s, false) == ""
	case LeafHash:
		return new(Hash).UnmarshalText([]byte(s)) == nil
	case LeafReferral:
		_, err := ParseReferralID(s)
		return err == nil
	case LeafOrg:
		_, err := ParseOrgID(s)
		return err == nil
	}
	return true
}

func only(s string, ok func(c byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool { return isDigit(c) || isUpper(c) || c >= 'a' && c <= 'z' }

func isTokenByte(c byte) bool {
	return isAlnum(c) || c == '.' || c == '_' || c == '-' || c == ':'
}

// parseDate reads YYYY, YYYY-MM or YYYY-MM-DD of a real calendar day, years 1000 to 9999.
func parseDate(s string) (year, month, day int, ok bool) {
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return 0, 0, 0, false
	}
	for i := range len(s) {
		if dash := i == 4 || i == 7; dash != (s[i] == '-') || !dash && !isDigit(s[i]) {
			return 0, 0, 0, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	if year = two(0)*100 + two(2); year < 1000 {
		return 0, 0, 0, false
	}
	if len(s) == 4 {
		return year, 0, 0, true
	}
	if month = two(5); month < 1 || month > 12 {
		return 0, 0, 0, false
	}
	if len(s) == 7 {
		return year, month, 0, true
	}
	day = two(8)
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return year, month, day, day >= 1 && day <= last
}

// parseTime reads RFC 3339 strictly: capital T and Z, a dot before fractions, at most nine digits of them.
func parseTime(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > len("2006-01-02T15:04:05.999999999-07:00") || s[13] != ':' || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	if _, _, _, ok := parseDate(s[:10]); !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

func goodInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 16 || !only(digits, isDigit) || digits[0] == '0' && s != "0" {
		return false
	}
	return len(digits) < 16 || digits <= "9007199254740991"
}

func goodDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return whole != "" && len(whole) <= 15 && only(whole, isDigit) && (len(whole) == 1 || whole[0] != '0') &&
		(!point || fraction != "" && len(fraction) <= 6 && only(fraction, isDigit))
}

// goodLanguage checks the shape of RFC 5646: subtags of 1 to 8 letters and digits, the first of 2 to 8 letters
// (or "x" or "i" with more behind it).
func goodLanguage(s string) bool {
	if len(s) > 35 {
		return false
	}
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 || !only(part, isAlnum) {
			return false
		}
		if i == 0 && (strings.ContainsAny(part, "0123456789") || len(part) == 1 && (part != "x" && part != "i" || len(s) == 1)) {
			return false
		}
	}
	return true
}

// checkRunes refuses characters that no one types and that change what others see or read: control characters
// everywhere, in one-line text also line breaks, tabs and the marks that turn the direction of writing. In long
// text "\n", tab and these marks may stand: stories in Arabic or Hebrew need them.
func checkRunes(s string, long bool) string {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] < 0x7f {
		i++
	}
	if i == len(s) {
		return ""
	}
	if !utf8.ValidString(s) {
		return notText
	}
	for _, r := range s {
		switch {
		case long && (r == '\n' || r == '\t'):
		case !long && (r == '\n' || r == '\r' || r == 0x2028 || r == 0x2029):
			return "must be one line"
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			return "holds a control character; remove it"
		case !long && isDirection(r):
			return "holds a hidden mark that turns the direction of writing; remove it"
		}
	}
	return ""
}

func isDirection(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Clean makes text from another system fit to stand in a Text (or, if long, in a Long): line breaks become "\n"
// or, in one line, a space, and characters that checkRunes refuses are dropped. changed tells that the result
// differs, so that a conversion can report it.
func Clean(s string, long bool) (clean string, changed bool) {
	if checkRunes(s, long) == "" {
		return s, false
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == 0x2028 || r == 0x2029:
			if long {
				return '\n'
			}
			return ' '
		case r == '\t':
			if long {
				return r
			}
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || !long && isDirection(r):
			return -1
		}
		return r
	}, s), true
}
