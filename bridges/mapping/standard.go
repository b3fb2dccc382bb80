package mapping

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"referworks/bridges/record"
	"referworks/protocol"
)

// stdStep is one member on the way through the Go types of the standard.
type stdStep struct {
	name  string
	index int // of the struct field
	list  bool
	step  record.Step
	match []stdMatch // of a Where step
	typ   reflect.Type
	key   string       // the step as written; tells the items of one list apart
	other [][]stdMatch // of an Each step: what rules take from the same list by condition
}

// stdMatch is one condition: the member's text.
type stdMatch struct {
	index       int
	name, value string
	leaf        reflect.Value // that has the value
}

// stdPath is a place of the standard, resolved.
type stdPath struct {
	text    string // as written
	general string // with [] at every list, as protocol.Label and FieldAt take it
	label   string
	steps   []stdStep
	leaf    bool
	class   protocol.Class
	kind    protocol.LeafKind
	typ     reflect.Type
}

var (
	leafType     = reflect.TypeFor[protocol.Leaf]()
	referralType = reflect.TypeFor[protocol.Referral]()
)

// standardPaths lists every leaf for "did you mean", made once.
var standardPaths = sync.OnceValue(func() []string {
	var out []string
	for _, f := range protocol.Fields() {
		if !f.Technical {
			out = append(out, f.Path)
		}
	}
	return out
})

// resolve follows a path through the standard and returns a sentence when it cannot.
func resolve(text string) (*stdPath, string) {
	path, err := record.ParsePath(text)
	if err != nil {
		return nil, "its place in the standard cannot be read: " + err.Error()
	}
	if len(path) == 0 {
		return nil, "it names no place in the standard"
	}
	out := &stdPath{text: text}
	t := referralType
	general := make([]string, 0, len(path))
	for _, seg := range path {
		if t.Implements(leafType) {
			return nil, "the standard has no place " + quote(text) + ", because " + quote(strings.Join(general, ".")) + " is a single value"
		}
		i := slices.Index(members(t), seg.Name)
		if i < 0 || seg.Self || seg.Name == "-" {
			return nil, "the standard has no place " + quote(text) + nearestHint(generalOf(path), standardPaths())
		}
		f := t.Field(i)
		s := stdStep{name: seg.Name, index: i, step: seg.Step, typ: f.Type, list: f.Type.Kind() == reflect.Slice}
		if s.list {
			s.typ = f.Type.Elem()
		}
		name := seg.Name
		switch {
		case s.list && seg.Step == record.Plain:
			return nil, quote(seg.Name) + " is a list in the standard; write " + quote(strings.Join(append(general, seg.Name), ".")+"[]")
		case !s.list && seg.Step != record.Plain:
			return nil, quote(seg.Name) + " is no list in the standard; write it without brackets"
		case seg.Step == record.Item:
			return nil, "an item of a list in the standard is named by a condition, like [use=legal], and not by a number"
		case s.list:
			name += "[]"
		}
		if sentence := s.conditions(seg); sentence != "" {
			return nil, sentence
		}
		general = append(general, name)
		out.steps = append(out.steps, s)
		t = s.typ
	}
	out.general, out.typ, out.leaf = strings.Join(general, "."), t, t.Implements(leafType)
	out.label, out.class = protocol.Label(out.general), protocol.P1
	if field, ok := protocol.FieldAt(out.general); ok {
		out.kind, out.class = field.Kind, field.Class
		if field.Technical {
			return nil, quote(text) + " is set by the node itself and cannot be mapped"
		}
	}
	return out, ""
}

func (s *stdStep) conditions(seg record.Segment) string {
	s.key = record.Path{{Self: true, Step: seg.Step, Match: seg.Match}}.String()
	if len(seg.Match) == 0 {
		return ""
	}
	if s.typ.Implements(leafType) {
		return "the items of " + quote(seg.Name) + " are single values and have nothing to compare; write []"
	}
	names := members(s.typ)
	for _, m := range seg.Match {
		i := slices.Index(names, m.Name)
		if i < 0 || !s.typ.Field(i).Type.Implements(leafType) {
			return "the items of " + quote(seg.Name) + " have no value " + quote(m.Name) + nearestHint(m.Name, names)
		}
		slot := newSlot(s.typ.Field(i).Type)
		if err := slot.Set(m.Value); err != nil {
			return "the condition on " + quote(m.Name) + " cannot hold: " + err.Error()
		}
		s.match = append(s.match, stdMatch{i, m.Name, m.Value, reflect.ValueOf(slot).Elem()})
	}
	return ""
}

func generalOf(p record.Path) string {
	q := slices.Clone(p)
	for i := range q {
		if q[i].Step != record.Plain {
			q[i].Step, q[i].Match = record.Each, nil
		}
	}
	return q.String()
}

// lists returns the indexes of the steps that enter lists.
func (p *stdPath) lists() []int {
	var out []int
	for i, s := range p.steps {
		if s.list {
			out = append(out, i)
		}
	}
	return out
}

// prefix is the text of the first n steps, by which steps of different rules are known to be the same.
func (p *stdPath) prefix(n int) string {
	var b strings.Builder
	for i, s := range p.steps[:n] {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.list {
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// member returns the path of a leaf below a group, or nil when there is none.
func (p *stdPath) member(name string) *stdPath {
	q, _ := resolve(p.text + "." + name)
	return q
}

// accepts reports whether the item meets the step's conditions, and is none that another rule takes by condition.
func (s *stdStep) accepts(item reflect.Value) bool {
	if !allHold(s.match, item) {
		return false
	}
	for _, others := range s.other {
		if allHold(others, item) {
			return false
		}
	}
	return true
}

func allHold(all []stdMatch, item reflect.Value) bool {
	for _, m := range all {
		if !m.holds(item) {
			return false
		}
	}
	return true
}

func (m *stdMatch) holds(item reflect.Value) bool {
	leaf := item.Field(m.index).Interface().(protocol.Leaf)
	if coded, ok := leaf.(protocol.Coded); ok {
		c := coded.Coding()
		return m.value == c.Code || m.value == c.Original || m.value == c.Label
	}
	return leaf.Text() == m.value
}

func newSlot(t reflect.Type) protocol.Slot { return reflect.New(t).Interface().(protocol.Slot) }

// labelAt is the standard's label of a general path.
func labelAt(path string) string { return protocol.Label(path) }

func quote(s string) string { return `"` + s + `"` }
