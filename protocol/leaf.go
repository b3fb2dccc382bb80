package protocol

import (
	"errors"
	"fmt"
)

// LeafKind is the form of a leaf's value; it decides what Validate and Slot.Set accept.
type LeafKind string

// The kinds of leaves. Each has a Go type of (nearly) the same name.
const (
	LeafText     LeafKind = "text"     // one line, Text
	LeafLong     LeafKind = "long"     // several lines, Long
	LeafToken    LeafKind = "token"    // a local id, Token
	LeafDate     LeafKind = "date"     // YYYY, YYYY-MM or YYYY-MM-DD, Date
	LeafTime     LeafKind = "time"     // RFC 3339 with offset, Time
	LeafWhen     LeafKind = "when"     // a date or a time, When
	LeafFlag     LeafKind = "flag"     // true or false, Flag
	LeafInteger  LeafKind = "integer"  // within ±(2^53-1), Integer
	LeafDecimal  LeafKind = "decimal"  // an amount as decimal text, Decimal
	LeafLanguage LeafKind = "language" // BCP 47, Language
	LeafCountry  LeafKind = "country"  // ISO 3166-1 alpha-2, Country
	LeafCurrency LeafKind = "currency" // ISO 4217, Currency
	LeafPhone    LeafKind = "phone"    // E.164, Phone
	LeafEmail    LeafKind = "email"    // Email
	LeafHash     LeafKind = "hash"     // base64url of 32 bytes, Digest
	LeafChoice   LeafKind = "choice"   // one value of a closed list, Choice
	LeafCoded    LeafKind = "coded"    // {system, code, label, original}, Coded
	LeafReferral LeafKind = "referral" // ReferralID, ReferralRef
	LeafOrg      LeafKind = "org"      // OrgID, OrgRef
)

// Absent says why a leaf has no value. That is not the same as a leaf that is not there.
type Absent string

// The reasons. Withheld is written by us when the terms or the consent keep a value back.
const (
	Unknown  Absent = "unknown"
	Declined Absent = "declined"
	NotAsked Absent = "not-asked"
	Withheld Absent = "withheld"
)

// Valid tells one of the four reasons.
func (a Absent) Valid() bool {
	return a == Unknown || a == Declined || a == NotAsked || a == Withheld
}

// Leaf is any value of the standard, to read. Text is empty when the leaf is not there or holds a reason.
type Leaf interface {
	Kind() LeafKind
	Text() string   // as it is carried and shown; of a Coded the label, else the original word, else the code
	Absent() Absent // the reason, or ""
	Given() bool    // there is a value
	IsZero() bool   // neither a value nor a reason
}

// Slot is a leaf in its place, to write: every pointer to a leaf type is one.
type Slot interface {
	Leaf
	// Set takes a value in the leaf's own form and refuses any other with a sentence that does not repeat the
	// value. Empty text clears. A Coded takes the text as the original word.
	Set(text string) error
	SetAbsent(Absent)
	put(text string)
}

// A leaf points to its text, or to one of the reasons below. The text is never changed once a leaf points to it, so
// leaves may be copied freely. It is behind a pointer to a string because fmt prints that as an address whatever the
// verb, also where a leaf is buried in unexported fields and its own Format is out of reach; and a leaf is one
// pointer wide, so that an interface holds it without an allocation.
type leaf struct{ held *string }

// The texts of the reasons are not valid UTF-8, so that they are never equal to a value.
var (
	heldUnknown  = newHeld("\xff unknown")
	heldDeclined = newHeld("\xff declined")
	heldNotAsked = newHeld("\xff not-asked")
	heldWithheld = newHeld("\xff withheld")
)

func newHeld(text string) *string { return &text }

// Of makes a leaf that holds text, unchecked: Referral.Validate judges it. Empty text makes the zero leaf.
func Of[T any, P interface {
	*T
	Slot
}](text string) T {
	var t T
	P(&t).put(text)
	return t
}

// Missing makes a leaf that says why it has no value.
func Missing[T any, P interface {
	*T
	Slot
}](why Absent) T {
	var t T
	P(&t).SetAbsent(why)
	return t
}

func (l leaf) Text() string {
	if !l.Given() {
		return ""
	}
	return *l.held
}

func (l leaf) Absent() Absent {
	switch l.held {
	case heldUnknown:
		return Unknown
	case heldDeclined:
		return Declined
	case heldNotAsked:
		return NotAsked
	case heldWithheld:
		return Withheld
	}
	return ""
}

func (l leaf) Given() bool  { return l.held != nil && l.Absent() == "" }
func (l leaf) IsZero() bool { return l.held == nil }

func (l *leaf) put(text string) {
	l.held = nil
	if text != "" {
		l.held = &text
	}
}

// SetAbsent replaces the value by a reason; an unknown reason clears the leaf.
func (l *leaf) SetAbsent(why Absent) {
	switch why {
	case Unknown:
		l.held = heldUnknown
	case Declined:
		l.held = heldDeclined
	case NotAsked:
		l.held = heldNotAsked
	case Withheld:
		l.held = heldWithheld
	default:
		l.held = nil
	}
}

func (l *leaf) set(kind LeafKind, text string) error {
	if text != "" {
		if sentence := checkForm(kind, text); sentence != "" {
			return errors.New(sentence)
		}
	}
	l.put(text)
	return nil
}

// MarshalJSON writes the text as a JSON string, or the reason as {"absent": …}.
func (l leaf) MarshalJSON() ([]byte, error) {
	switch {
	case l.held == nil:
		return nil, errors.New("write leaf: it is not there; its member needs omitzero")
	case !l.Given():
		return appendAbsent(nil, l.Absent()), nil
	}
	return appendQuoted(make([]byte, 0, len(*l.held)+8), *l.held)
}

// UnmarshalJSON reads what MarshalJSON writes. Only the JSON shape is judged here; form is Validate's job.
func (l *leaf) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && b[0] == '"' {
		s, err := unquote(b)
		if err != nil {
			return err
		}
		if s == "" {
			return errEmpty
		}
		l.held = &s
		return nil
	}
	return l.decodeAbsent(b, "text")
}

var errEmpty = errors.New("read leaf: it is empty; leave it out, or say why it is absent")

func (l *leaf) decodeAbsent(b []byte, want string) error {
	if len(b) == 0 || b[0] != '{' {
		return fmt.Errorf("read leaf: it must be %s or say why it is absent", want)
	}
	var why Absent
	err := eachMember(b, func(name, value string) error {
		if name != "absent" || why != "" {
			return fmt.Errorf("read leaf: it must be %s or say why it is absent, nothing else", want)
		}
		why = Absent(value)
		return nil
	})
	if err != nil {
		return err
	}
	if !why.Valid() {
		return errors.New("read leaf: the reason for absence is not one of unknown, declined, not-asked, withheld")
	}
	l.SetAbsent(why)
	return nil
}
