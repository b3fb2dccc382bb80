package mapping

import (
	"slices"
	"strings"
	"time"

	"referworks/bridges/record"
	"referworks/protocol"
)

// textArgs are the arguments of "text".
type textArgs struct {
	Case     string `json:"case"`     // upper or lower
	Collapse bool   `json:"collapse"` // runs of white space become one space
}

type textFunction struct{ args textArgs }

func newText(a textArgs) (spec, string) {
	if a.Case != "" && a.Case != "upper" && a.Case != "lower" {
		return spec{}, `"case" must be upper or lower`
	}
	return spec{function: textFunction{a}}, ""
}

func (f textFunction) forward(c *call, v value) value {
	s := strings.TrimSpace(v.text)
	if f.args.Collapse {
		s = collapse(s)
	}
	switch f.args.Case {
	case "upper":
		s = strings.ToUpper(s)
	case "lower":
		s = strings.ToLower(s)
	}
	if s != v.text {
		c.note(Normalized, "")
	}
	return textValue(s)
}

func (f textFunction) back(_ *call, v value) value { return v }

// emailFunction is "email": trims, and writes the domain in small letters.
type emailFunction struct{}

func (emailFunction) forward(c *call, v value) value {
	s := strings.TrimSpace(v.text)
	if local, domain, ok := strings.Cut(s, "@"); ok {
		s = local + "@" + strings.ToLower(domain)
	}
	if s != v.text {
		c.note(Normalized, "")
	}
	return textValue(s)
}

func (emailFunction) back(_ *call, v value) value { return v }

// boolArgs are the arguments of "bool": words of ours for yes and for no, the first of each is written.
type boolArgs struct {
	True  []string `json:"true"`
	False []string `json:"false"`
}

type boolFunction struct{ args boolArgs }

func newBool(a boolArgs) (spec, string) {
	if len(a.True) == 0 || len(a.False) == 0 {
		return spec{}, `"true" and "false" must each list at least one word`
	}
	return spec{function: boolFunction{a}}, ""
}

func (f boolFunction) forward(c *call, v value) value {
	word := strings.TrimSpace(v.text)
	is := func(w string) bool { return strings.EqualFold(w, word) }
	out, first := "", ""
	switch {
	case slices.ContainsFunc(f.args.True, is):
		out, first = "true", f.args.True[0]
	case slices.ContainsFunc(f.args.False, is):
		out, first = "false", f.args.False[0]
	default:
		return c.fail("it is none of the words for yes and no")
	}
	if v.text != first {
		c.note(Normalized, "") // it comes back as the first word
	}
	return textValue(out)
}

func (f boolFunction) back(_ *call, v value) value {
	if v.text == "true" {
		return textValue(f.args.True[0])
	}
	return textValue(f.args.False[0])
}

// numberArgs are the arguments of "number": the signs of our numbers, "." and "," when not given.
type numberArgs struct {
	Decimal string `json:"decimal"`
	Group   string `json:"group"`
	Prefix  string `json:"prefix"` // a currency sign that may stand in front, and is written
}

type numberFunction struct{ args numberArgs }

func newNumber(a numberArgs) (spec, string) {
	if a.Decimal == "" {
		a.Decimal = "."
	}
	if a.Group == "" {
		a.Group = ","
	}
	if a.Group == a.Decimal {
		return spec{}, `"decimal" and "group" must be different signs`
	}
	return spec{function: numberFunction{a}}, ""
}

func (f numberFunction) forward(c *call, v value) value {
	s := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(v.text), f.args.Prefix))
	s = strings.Replace(strings.ReplaceAll(s, f.args.Group, ""), f.args.Decimal, ".", 1)
	if strings.Trim(s, "-0123456789.") != "" {
		return c.fail("it is no number")
	}
	if s != v.text {
		c.note(Normalized, "")
	}
	return textValue(s)
}

func (f numberFunction) back(_ *call, v value) value {
	v.text = f.args.Prefix + strings.Replace(v.text, ".", f.args.Decimal, 1)
	return v
}

// datetimeArgs are the arguments of "datetime": layouts YYYY-MM-DD HH:mm[:ss] and RFC 3339 are read; what has no
// offset is in Zone, by default the side's.
type datetimeArgs struct {
	Zone string `json:"zone"`
}

type datetimeFunction struct {
	zone  *time.Location
	whole bool // the standard wants a time; a day alone becomes its first moment
}

func newDatetime(a datetimeArgs, side *Side) (spec, string) {
	name := a.Zone
	if name == "" {
		name = side.Zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return spec{}, "the time zone is not known; write it like America/New_York"
	}
	return spec{function: datetimeFunction{zone: zone}}, ""
}

var datetimeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

func (f datetimeFunction) forward(c *call, v value) value {
	s := strings.TrimSpace(v.text)
	for _, layout := range datetimeLayouts {
		if t, err := time.ParseInLocation(layout, s, f.zone); err == nil {
			out := protocol.TimeOf(t).Text()
			if out != v.text {
				c.note(Normalized, "")
			}
			return textValue(out)
		}
	}
	if _, _, _, ok := protocol.Of[protocol.Date](s).Parts(); ok {
		if f.whole {
			return f.firstMoment(c, s)
		}
		return textValue(s) // a day without an hour
	}
	return c.fail("it is no date with a time")
}

func (f datetimeFunction) firstMoment(c *call, day string) value {
	t, err := time.ParseInLocation(time.DateOnly, day, f.zone)
	if err != nil {
		return c.fail("it is no whole date")
	}
	c.note(Normalized, "")
	return textValue(protocol.TimeOf(t).Text())
}

func (f datetimeFunction) back(_ *call, v value) value { return v }

// joinFunction is "join" (several places of ours, or one list, become one text) and, turned round, "split" (one
// text of ours becomes a list).
type joinFunction struct {
	separator string
	split     bool
}

type joinArgs struct {
	Separator string `json:"separator"`
}

func newJoin(a joinArgs, split bool) (spec, string) {
	if a.Separator == "" {
		return spec{}, `"separator" must say what stands between the parts`
	}
	return spec{function: joinFunction{a.Separator, split}, many: !split}, ""
}

// newConcat makes "concat": join, which may also put its parts together without a sign between, and then has no way back.
func newConcat(a joinArgs) (spec, string) {
	return spec{function: joinFunction{a.Separator, false}, many: true, oneWay: a.Separator == ""}, ""
}

func (f joinFunction) forward(c *call, v value) value {
	if f.split {
		return f.cut(v)
	}
	return f.paste(c, v)
}

func (f joinFunction) back(c *call, v value) value {
	if f.split {
		return f.paste(c, v)
	}
	return f.cut(v)
}

func (f joinFunction) paste(c *call, v value) value {
	var given []string
	for _, s := range v.list {
		if s = strings.TrimSpace(s); s != "" {
			given = append(given, s)
			if f.separator != "" && strings.Contains(s, f.separator) {
				c.note(Narrowed, "the sign between the parts also stands inside a part")
			}
		}
	}
	return textValue(strings.Join(given, f.separator))
}

func (f joinFunction) cut(v value) value {
	out := value{kind: list}
	separator := f.separator
	if bare := strings.TrimSpace(separator); bare != "" {
		separator = bare // what people type between has a space, or has not
	}
	for s := range strings.SplitSeq(v.text, separator) {
		if s = strings.TrimSpace(s); s != "" {
			out.list = append(out.list, s)
		}
	}
	return out
}

// listFunction is "list": several places of ours are the items of a list of the standard, in order.
type listFunction struct{}

func (listFunction) forward(_ *call, v value) value {
	out := value{kind: list}
	for _, s := range v.list {
		if s != "" {
			out.list = append(out.list, s)
		}
	}
	return out
}

func (listFunction) back(_ *call, v value) value { return v }

// fixed is "constant" and "default": what they fill in is for the engine to know.
type fixed struct{}

func (fixed) forward(_ *call, v value) value { return v }
func (fixed) back(_ *call, v value) value    { return v }

// natural is how a leaf of the standard is written into JSON when the rule does not say.
func natural(kind protocol.LeafKind) record.Kind {
	switch kind {
	case protocol.LeafFlag:
		return record.Bool
	case protocol.LeafInteger:
		return record.Number
	}
	return record.Text
}
