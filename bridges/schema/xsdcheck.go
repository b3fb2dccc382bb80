package schema

import (
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// Advice is one thing that a schema would object to. It holds no value of the document.
type Advice struct {
	Path     string `json:"path"` // as mapping documents write it; empty: the whole
	Line     int    `json:"line,omitempty"`
	Sentence string `json:"sentence"`
}

// mostAdvice bounds what is said of one document.
const mostAdvice = 100

// Check says what the schema would object to in a document that DecodeXML has read: elements and attributes that are
// missing, unknown, too many or in another order, and values that their types do not allow. It is advice, and stops
// nothing: our reading of a schema is not complete, and Unchecked says where it ends.
func (x *XSD) Check(doc *record.Node) []Advice {
	c := &xsdCheck{x: x}
	if want := nameOf(x.root); doc.Name != want {
		c.say(nil, doc, "The document begins with %s and must begin with %s.", doc.Name, want)
		return c.all
	}
	c.element(record.Path{}, doc, x.root)
	if c.steps > mostChecks {
		return []Advice{{Sentence: "The document and the schema are too large to compare here. Nothing is said of it."}}
	}
	return c.all
}

type xsdCheck struct {
	x     *XSD
	all   []Advice
	steps int
}

// mostChecks bounds the work for one document.
const mostChecks = 20_000_000

// inside gives the particles of a particle, until the work for the document is used up.
func (c *xsdCheck) inside(p *record.Node) []*record.Node {
	all := c.x.inside(p)
	if c.steps += 1 + len(all); c.steps > mostChecks {
		return nil
	}
	return all
}

func (c *xsdCheck) say(path record.Path, n *record.Node, format string, args ...any) {
	if len(c.all) < mostAdvice {
		c.all = append(c.all, Advice{Path: path.String(), Line: int(n.Line), Sentence: fmt.Sprintf(format, args...)})
	}
}

func (c *xsdCheck) element(path record.Path, n, el *record.Node) {
	if len(c.all) >= mostAdvice || n.Kind == record.Null {
		if n.Kind == record.Null && el.Value("@nillable") != "true" {
			c.say(path, n, "%s is marked as empty (xsi:nil), which the schema does not allow here.", n.Name)
		}
		return
	}
	complex, simple, builtin := c.x.typeOf(el)
	if complex == nil {
		if builtin == "" && simple == nil || builtin == "anyType" {
			return // anything
		}
		if len(elements(n)) > 0 {
			c.say(path, n, "%s holds other elements and must hold a text.", n.Name)
			return
		}
		c.value(path, n, textOf(n), c.x.simple(simple, builtin), el)
		return
	}
	b := c.x.body(complex, 0)
	c.attributes(path, n, b)
	if b.text != nil {
		_, simple, builtin := c.x.named(b.text.Value("@base"))
		if b.text.Name == "restriction" {
			simple = &record.Node{Kind: record.Object, Children: []*record.Node{b.text}}
		}
		c.value(path, n, textOf(n), c.x.simple(simple, builtin), el)
	} else if !b.mixed && strings.TrimSpace(textOf(n)) != "" {
		c.say(path, n, "%s holds a text of its own, and may hold only elements.", n.Name)
	}
	c.content(path, n, b)
}

// textOf is the text of an element.
func textOf(n *record.Node) string {
	if n.Leaf() {
		return n.Text
	}
	return n.Value(record.ContentName)
}

// elements are the elements in an element.
func elements(n *record.Node) []*record.Node {
	var all []*record.Node
	for _, c := range n.Children {
		if !strings.HasPrefix(c.Name, "@") && c.Name != record.ContentName {
			all = append(all, c)
		}
	}
	return all
}

func (c *xsdCheck) value(path record.Path, n *record.Node, text string, s *simpleType, declared *record.Node) {
	if text == "" && declared.Value("@default")+declared.Value("@fixed") != "" {
		return
	}
	if fixed := declared.Value("@fixed"); fixed != "" && text != fixed {
		c.say(path, n, "%s must be %q, which the schema fixes.", strings.TrimPrefix(path.String(), "@"), fixed)
		return
	}
	if why := s.wrong(text); why != "" {
		c.say(path, n, "%s %s.", strings.TrimPrefix(path.String(), "@"), why)
	}
}

func (c *xsdCheck) attributes(path record.Path, n *record.Node, b body) {
	known := map[string]bool{}
	for _, a := range b.attributes {
		use := a.Value("@use")
		a = resolved(a, c.x.attributes)
		name := "@" + nameOf(a)
		known[name] = use != "prohibited"
		has := n.Member(name)
		switch {
		case has == nil && use == "required":
			c.say(below(path, name, false), n, "The attribute %s of %s is missing.", nameOf(a), n.Name)
		case has != nil:
			_, simple, builtin := c.x.typeOf(a)
			c.value(below(path, name, false), has, has.Text, c.x.simple(simple, builtin), a)
		}
	}
	if slices.ContainsFunc(c.x.unchecked, func(s string) bool { return strings.Contains(s, "(any)") }) {
		return
	}
	for _, child := range n.Children {
		if strings.HasPrefix(child.Name, "@") && !known[child.Name] && child.Space == "" {
			c.say(below(path, child.Name, false), child, "The schema knows no attribute %s of %s.", child.Name[1:], n.Name)
		}
	}
}

// content compares the elements in an element with what may stand there.
func (c *xsdCheck) content(path record.Path, n *record.Node, b body) {
	m := &matcher{c: c, path: path, parent: n, left: elements(n), names: map[string]bool{}}
	for _, p := range b.particles {
		m.learn(p, 0)
	}
	for _, p := range b.particles {
		m.particle(p, 0)
	}
	for _, child := range m.left {
		switch {
		case m.any:
		case m.names[child.Name]:
			c.say(below(path, child.Name, false), child, "%s stands at another place in %s than the schema says, or too often.", child.Name, n.Name)
		default:
			c.say(below(path, child.Name, false), child, "The schema knows no %s in %s.", child.Name, n.Name)
		}
	}
}

// matcher takes elements away from the front as the particles of a schema allow them. It goes forward only: schemas
// must be such that this is enough (unique particle attribution).
type matcher struct {
	c      *xsdCheck
	path   record.Path
	parent *record.Node
	left   []*record.Node
	names  map[string]bool // that may stand here at all
	any    bool
}

func (m *matcher) learn(p *record.Node, depth int) {
	switch {
	case p.Name == "any":
		m.any = true
	case p.Name == "element":
		m.names[nameOf(p)] = true
	case depth < deepestSchema:
		for _, in := range m.c.inside(p) {
			m.learn(in, depth+1)
		}
	}
}

// particle takes what one particle allows, and says what it misses. It reports whether it took something.
func (m *matcher) particle(p *record.Node, depth int) bool {
	least, most := occurs(p)
	took := 0
	for (most < 0 || took < most) && depth <= deepestSchema {
		before := len(m.left)
		if !m.starts(p, depth) {
			break
		}
		m.once(p, depth)
		took++
		if len(m.left) == before {
			break
		}
	}
	if took < least && depth <= deepestSchema && !m.optional(p, depth) {
		m.missing(p, depth)
	}
	return took > 0
}

// starts reports whether the next element can begin a particle.
func (m *matcher) starts(p *record.Node, depth int) bool {
	if len(m.left) == 0 || depth > deepestSchema {
		return false
	}
	switch p.Name {
	case "element":
		return m.left[0].Name == nameOf(p)
	case "any":
		return !m.names[m.left[0].Name]
	}
	for _, in := range m.c.inside(p) {
		if m.starts(in, depth+1) {
			return true
		}
		if p.Name == "sequence" && !m.optional(in, depth+1) && !m.nameInside(p) {
			return false
		}
	}
	return false
}

// nameInside reports whether the next element belongs into a particle, though something before it is missing.
func (m *matcher) nameInside(p *record.Node) bool {
	inside := &matcher{c: m.c, names: map[string]bool{}}
	inside.learn(p, 0)
	return inside.names[m.left[0].Name]
}

// optional reports whether a particle may stand for nothing.
func (m *matcher) optional(p *record.Node, depth int) bool {
	if least, _ := occurs(p); least == 0 || p.Name == "any" || depth > deepestSchema {
		return true
	}
	if p.Name == "element" {
		return false
	}
	inside := m.c.inside(p)
	if p.Name == "choice" {
		return len(inside) == 0 || slices.ContainsFunc(inside, func(in *record.Node) bool { return m.optional(in, depth+1) })
	}
	return !slices.ContainsFunc(inside, func(in *record.Node) bool { return !m.optional(in, depth+1) })
}

// once takes a particle one time.
func (m *matcher) once(p *record.Node, depth int) {
	switch p.Name {
	case "element":
		n := m.left[0]
		m.left = m.left[1:]
		m.c.element(below(m.path, n.Name, false), n, resolved(p, m.c.x.elements))
	case "any":
		m.left = m.left[1:]
	case "choice":
		for _, in := range m.c.inside(p) {
			if m.starts(in, depth+1) {
				m.particle(in, depth+1)
				return
			}
		}
	case "all":
		open := slices.Clone(m.c.inside(p))
		for {
			i := slices.IndexFunc(open, func(in *record.Node) bool { return m.starts(in, depth+1) })
			if i < 0 {
				break
			}
			m.particle(open[i], depth+1)
			open = slices.Delete(open, i, i+1)
		}
		for _, in := range open {
			m.particle(in, depth+1)
		}
	default:
		for _, in := range m.c.inside(p) {
			m.particle(in, depth+1)
		}
	}
}

// missing says which element a particle misses.
func (m *matcher) missing(p *record.Node, depth int) {
	switch p.Name {
	case "element":
		name := nameOf(p)
		if slices.ContainsFunc(m.left, func(n *record.Node) bool { return n.Name == name }) {
			return // it comes later, and is said there
		}
		m.c.say(below(m.path, name, false), m.parent, "%s is missing in %s.", name, m.parent.Name)
	case "choice":
		var names []string
		for _, in := range m.c.inside(p) {
			if in.Name == "element" {
				names = append(names, nameOf(in))
			}
		}
		if len(names) > 0 {
			m.c.say(m.path, m.parent, "One of %s is missing in %s.", strings.Join(names, ", "), m.parent.Name)
		}
	default:
		for _, in := range m.c.inside(p) {
			if depth < deepestSchema && !m.optional(in, depth+1) {
				m.missing(in, depth+1)
			}
		}
	}
}
