package mapping

import (
	"strings"

	"referworks/protocol"
)

// idArgs are the arguments of "id".
type idArgs struct {
	Prefix string `json:"prefix"` // stands before the id in our record only
	Width  int    `json:"width"`  // the id is filled with zeros on the left to this many characters
	Bare   bool   `json:"bare"`   // our record is written without the zeros on the left
}

// idFunction is "id": an id is text, whatever it looks like, and keeps its zeros.
type idFunction struct{ args idArgs }

func newID(a idArgs) (spec, string) {
	if a.Width < 0 || a.Width > 64 {
		return spec{}, `"width" must be a number from 0 to 64`
	}
	if a.Bare && a.Width == 0 {
		return spec{}, `"bare" needs "width", so that the zeros can be put back`
	}
	return spec{function: idFunction{a}}, ""
}

func (f idFunction) forward(c *call, v value) value {
	s, found := strings.CutPrefix(strings.TrimSpace(v.text), f.args.Prefix)
	if !found {
		return c.fail("it does not begin as ids of ours do")
	}
	if n := f.args.Width - len(s); n > 0 && s != "" {
		s = strings.Repeat("0", n) + s
	}
	if s != v.text {
		c.note(Normalized, "")
	}
	return textValue(s)
}

func (f idFunction) back(c *call, v value) value {
	s := v.text
	if f.args.Bare {
		if len(s) != f.args.Width {
			return c.fail("it does not have as many characters as ids of ours")
		}
		if s = strings.TrimLeft(s, "0"); s == "" {
			s = "0"
		}
	}
	return textValue(f.args.Prefix + s)
}

// lookupFunction is "lookup": the text of ours and the text of the standard stand beside each other in a value table;
// no code is made of it.
type lookupFunction struct{ tableFunction }

func (f lookupFunction) forward(c *call, v value) value {
	found := f.code(c, v.text)
	if found.coding.Code == "" {
		return v
	}
	return textValue(found.coding.Code)
}

func (f lookupFunction) back(c *call, v value) value {
	if found := f.word(c, codingOfText(f.table, v.text)); found.kind != single || found.text != "" {
		return found
	}
	return v
}

func codingOfText(t *table, text string) protocol.Coding {
	return protocol.Coding{System: t.doc.System, Code: text}
}
