package protocol

import "errors"

// Coding is a value in a code system together with the sender's own word for it. System and Code go together;
// Original alone is a value that nobody has coded yet. Systems are named in protocol/codes; another
// organization's own list is named by any other text.
type Coding struct {
	redact `json:"-"`

	System   string
	Code     string
	Label    string // of the code, in the sender's version of the system
	Original string // the sender's own word, never lost
}

// Coded is a leaf that holds a Coding.
type Coded struct{ held **heldCoding }

// heldCoding is reached through a pointer to a pointer, which fmt prints as an address whatever the verb (see leaf).
// It is never changed once a leaf holds it.
type heldCoding struct {
	self   *heldCoding // what Coded.held points to, so that both are one allocation
	coding Coding
	absent Absent
}

func (h *heldCoding) leaf() Coded {
	h.self = h
	return Coded{&h.self}
}

// CodedAs makes a Coded, unchecked. An empty Coding makes the zero leaf.
func CodedAs(c Coding) Coded {
	if c == (Coding{}) {
		return Coded{}
	}
	return (&heldCoding{coding: c}).leaf()
}

// Coding gives what the leaf holds, or the zero Coding.
func (c Coded) Coding() Coding {
	if c.held == nil {
		return Coding{}
	}
	return (*c.held).coding
}

// Kind is LeafCoded.
func (Coded) Kind() LeafKind { return LeafCoded }

// Text gives the label, else the original word, else the code.
func (c Coded) Text() string {
	v := c.Coding()
	switch {
	case v.Label != "":
		return v.Label
	case v.Original != "":
		return v.Original
	}
	return v.Code
}

// Absent gives the reason, or "".
func (c Coded) Absent() Absent {
	if c.held == nil {
		return ""
	}
	return (*c.held).absent
}

// Given tells a value.
func (c Coded) Given() bool { return c.held != nil && (*c.held).absent == "" }

// IsZero tells neither a value nor a reason.
func (c Coded) IsZero() bool { return c.held == nil }

func (c *Coded) put(text string) { *c = CodedAs(Coding{Original: text}) }

// Set takes the text as the original word, without a code.
func (c *Coded) Set(text string) error {
	if sentence := checkForm(LeafText, text); sentence != "" && text != "" {
		return errors.New(sentence)
	}
	c.put(text)
	return nil
}

// SetAbsent replaces the value by a reason; an unknown reason clears the leaf.
func (c *Coded) SetAbsent(why Absent) {
	if c.held = nil; why.Valid() {
		*c = (&heldCoding{absent: why}).leaf()
	}
}

// MarshalJSON writes {code, label, original, system}, each where given, in canonical order, or the reason.
func (c Coded) MarshalJSON() ([]byte, error) {
	switch {
	case c.held == nil:
		return nil, errors.New("write leaf: it is not there; its member needs omitzero")
	case !c.Given():
		return appendAbsent(nil, c.Absent()), nil
	}
	v := &(*c.held).coding
	b := make([]byte, 1, 64+len(v.System)+len(v.Code)+len(v.Label)+len(v.Original))
	b[0] = '{'
	for _, m := range [...]struct{ name, text string }{{"code", v.Code}, {"label", v.Label}, {"original", v.Original}, {"system", v.System}} {
		if m.text == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, m.name...)
		b = append(b, `":`...)
		var err error
		if b, err = appendQuoted(b, m.text); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, the members in any order, each at most once.
func (c *Coded) UnmarshalJSON(b []byte) error {
	h := &heldCoding{}
	err := eachMember(b, func(name, value string) error {
		var to *string
		switch name {
		case "system":
			to = &h.coding.System
		case "code":
			to = &h.coding.Code
		case "label":
			to = &h.coding.Label
		case "original":
			to = &h.coding.Original
		case "absent":
			to = (*string)(&h.absent)
		default:
			return errors.New("read coded value: it has a member other than system, code, label, original")
		}
		if *to != "" {
			return errors.New("read coded value: a member stands twice")
		}
		if value == "" {
			return errEmpty
		}
		*to = value
		return nil
	})
	switch {
	case err != nil:
		return err
	case h.absent != "" && (h.coding != Coding{} || !h.absent.Valid()):
		return errors.New("read coded value: it must have a value or a known reason for absence, not both")
	case h.absent == "" && h.coding == Coding{}:
		return errEmpty
	}
	*c = h.leaf()
	return nil
}
