package protocol

import (
	"errors"
	"strconv"
	"time"
)

// Text is one line of text.
type Text struct{ leaf }

// Long is text of several lines; "\n" and tab are allowed in it.
type Long struct{ leaf }

// Token is a short id that is only unique inside one referral: letters, digits and . _ - : up to 64.
type Token struct{ leaf }

// Date is a calendar date of which the day, or the month and the day, may not be known.
type Date struct{ leaf }

// Time is an instant in RFC 3339 with its offset, as the sender wrote it.
type Time struct{ leaf }

// When is a Date or a Time: a hearing may have an hour.
type When struct{ leaf }

// Flag is true or false.
type Flag struct{ leaf }

// Integer is a whole number within ±(2^53-1).
type Integer struct{ leaf }

// Decimal is a number with at most 15 digits before the point and 6 after it, as text: money and percentages
// never pass through a float.
type Decimal struct{ leaf }

// Language is a BCP 47 tag; only its shape is checked.
type Language struct{ leaf }

// Country is an ISO 3166-1 alpha-2 code in capitals; only its shape is checked, as the list changes.
type Country struct{ leaf }

// Currency is an ISO 4217 code in capitals; only its shape is checked.
type Currency struct{ leaf }

// Phone is a number in E.164: "+" and up to 15 digits. The number as it was typed stands beside it.
type Phone struct{ leaf }

// Email is an address with one "@" and no spaces; nothing more is checked.
type Email struct{ leaf }

// Digest is 32 bytes in base64url without padding: a SHA-256, a root, a key.
type Digest struct{ leaf }

// ReferralRef is a ReferralID.
type ReferralRef struct{ leaf }

// OrgRef is an OrgID.
type OrgRef struct{ leaf }

// Kind of each leaf type.
func (Text) Kind() LeafKind        { return LeafText }
func (Long) Kind() LeafKind        { return LeafLong }
func (Token) Kind() LeafKind       { return LeafToken }
func (Date) Kind() LeafKind        { return LeafDate }
func (Time) Kind() LeafKind        { return LeafTime }
func (When) Kind() LeafKind        { return LeafWhen }
func (Flag) Kind() LeafKind        { return LeafFlag }
func (Integer) Kind() LeafKind     { return LeafInteger }
func (Decimal) Kind() LeafKind     { return LeafDecimal }
func (Language) Kind() LeafKind    { return LeafLanguage }
func (Country) Kind() LeafKind     { return LeafCountry }
func (Currency) Kind() LeafKind    { return LeafCurrency }
func (Phone) Kind() LeafKind       { return LeafPhone }
func (Email) Kind() LeafKind       { return LeafEmail }
func (Digest) Kind() LeafKind      { return LeafHash }
func (ReferralRef) Kind() LeafKind { return LeafReferral }
func (OrgRef) Kind() LeafKind      { return LeafOrg }

// Set of each leaf type: see Slot.
func (l *Text) Set(text string) error        { return l.set(LeafText, text) }
func (l *Long) Set(text string) error        { return l.set(LeafLong, text) }
func (l *Token) Set(text string) error       { return l.set(LeafToken, text) }
func (l *Date) Set(text string) error        { return l.set(LeafDate, text) }
func (l *Time) Set(text string) error        { return l.set(LeafTime, text) }
func (l *When) Set(text string) error        { return l.set(LeafWhen, text) }
func (l *Flag) Set(text string) error        { return l.set(LeafFlag, text) }
func (l *Integer) Set(text string) error     { return l.set(LeafInteger, text) }
func (l *Decimal) Set(text string) error     { return l.set(LeafDecimal, text) }
func (l *Language) Set(text string) error    { return l.set(LeafLanguage, text) }
func (l *Country) Set(text string) error     { return l.set(LeafCountry, text) }
func (l *Currency) Set(text string) error    { return l.set(LeafCurrency, text) }
func (l *Phone) Set(text string) error       { return l.set(LeafPhone, text) }
func (l *Email) Set(text string) error       { return l.set(LeafEmail, text) }
func (l *Digest) Set(text string) error      { return l.set(LeafHash, text) }
func (l *ReferralRef) Set(text string) error { return l.set(LeafReferral, text) }
func (l *OrgRef) Set(text string) error      { return l.set(LeafOrg, text) }

// ID gives the id, or "".
func (l ReferralRef) ID() ReferralID { return ReferralID(l.Text()) }

// ID gives the id, or "".
func (l OrgRef) ID() OrgID { return OrgID(l.Text()) }

// Parts gives year, month and day; month and day are 0 when they are not known. ok is false without a date.
func (d Date) Parts() (year, month, day int, ok bool) { return parseDate(d.Text()) }

// TimeOf makes a Time from t with its own offset, to the second or as fine as t is.
func TimeOf(t time.Time) Time { return Of[Time](t.Format(time.RFC3339Nano)) }

// Time gives the instant; ok is false without one.
func (t Time) Time() (at time.Time, ok bool) { return parseTime(t.Text()) }

// Time gives the instant if the leaf holds a time and not only a date.
func (w When) Time() (at time.Time, ok bool) { return parseTime(w.Text()) }

// Date gives the calendar date of either form, in the offset that was written.
func (w When) Date() Date {
	if s := w.Text(); len(s) > len("2006-01-02") {
		return Of[Date](s[:len("2006-01-02")])
	}
	return Of[Date](w.Text())
}

var heldTrue, heldFalse = newHeld("true"), newHeld("false")

// FlagOf makes a Flag that holds v.
func FlagOf(v bool) Flag {
	if v {
		return Flag{leaf{held: heldTrue}}
	}
	return Flag{leaf{held: heldFalse}}
}

// Bool gives the value; ok is false without one.
func (l Flag) Bool() (v, ok bool) { return l.Text() == "true", l.Given() }

// MarshalJSON writes true, false or the reason.
func (l Flag) MarshalJSON() ([]byte, error) {
	if l.Given() {
		return []byte(l.Text()), nil
	}
	return l.leaf.MarshalJSON()
}

// UnmarshalJSON reads true, false or a reason.
func (l *Flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		l.held = heldTrue
	case "false":
		l.held = heldFalse
	default:
		return l.decodeAbsent(b, "true or false")
	}
	return nil
}

// IntegerOf makes an Integer that holds n.
func IntegerOf(n int64) Integer { return Of[Integer](strconv.FormatInt(n, 10)) }

// Int gives the value; ok is false without one.
func (l Integer) Int() (n int64, ok bool) {
	n, err := strconv.ParseInt(l.Text(), 10, 64)
	return n, err == nil
}

// MarshalJSON writes the number or the reason.
func (l Integer) MarshalJSON() ([]byte, error) {
	if l.Given() {
		if checkForm(LeafInteger, l.Text()) != "" {
			return nil, errors.New("write leaf: it is not a whole number")
		}
		return []byte(l.Text()), nil
	}
	return l.leaf.MarshalJSON()
}

// UnmarshalJSON reads a whole number without exponent, or a reason.
func (l *Integer) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') {
		s := string(b)
		if checkForm(LeafInteger, s) != "" {
			return errors.New("read leaf: it must be a whole number within ±(2^53-1)")
		}
		l.held = &s
		return nil
	}
	return l.decodeAbsent(b, "a whole number")
}
