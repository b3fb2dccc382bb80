package schema

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges/record"
)

// xsdSpace is the namespace of XML Schema.
const xsdSpace = "http://www.w3.org/2001/XMLSchema"

// XSD is an XML Schema, as far as we read them: elements, their order and number, attributes, enumerations, simple types
// and their bounds. Nothing is fetched: what it includes is known when it lies beside it, what it imports is not. Unchecked
// says what else it has.
type XSD struct {
	elements, types, groups, attributes, attributeGroups map[string]*record.Node // declared at its top, by name
	root                                                 *record.Node            // the element that documents begin with
	target                                               string
	qualified                                            bool
	unchecked                                            []string
}

// ReadXSD reads a schema whose documents begin with the named element; empty: the first one that no other refers to. beside
// gives a file that lies beside the schema, by its name without a path; nil: there is none.
func ReadXSD(b []byte, root string, beside func(name string) ([]byte, error)) (*XSD, error) {
	n, err := record.DecodeXML(b, record.Limits{})
	if err != nil {
		return nil, err
	}
	if !isXSD(n) {
		return nil, errors.New("reading an XML Schema: the document is none; its first element must be schema of " + xsdSpace)
	}
	if beside != nil {
		include(n, beside)
	}
	x := &XSD{
		elements: map[string]*record.Node{}, types: map[string]*record.Node{}, groups: map[string]*record.Node{},
		attributes: map[string]*record.Node{}, attributeGroups: map[string]*record.Node{},
		target: n.Value("@targetNamespace"), qualified: n.Value("@elementFormDefault") == "qualified",
	}
	var order []string
	for _, c := range n.Children {
		name := c.Value("@name")
		switch c.Name {
		case "element":
			x.elements[name] = c
			order = append(order, name)
		case "complexType", "simpleType":
			x.types[name] = c
		case "group":
			x.groups[name] = c
		case "attribute":
			x.attributes[name] = c
		case "attributeGroup":
			x.attributeGroups[name] = c
		}
	}
	x.look(n)
	if err := x.weighAll(n); err != nil {
		return nil, err
	}
	return x, x.choose(root, order, n)
}

// heaviest is how many elements and groups a type may come to when its groups are written out.
const heaviest = 5_000

// weighAll refuses a schema whose groups hold themselves or stand for more than there is time to look at: a few lines
// could.
func (x *XSD) weighAll(schema *record.Node) (err error) {
	known := map[*record.Node]int{}
	walk(schema, func(n *record.Node) {
		switch n.Name {
		case "sequence", "choice", "all", "group", "attributeGroup", "complexType", "extension", "restriction":
			if err == nil && x.weigh(n, known) > heaviest {
				err = fmt.Errorf("reading an XML Schema: line %d: a group holds itself, or a type has more than %d elements", n.Line, heaviest)
			}
		}
	})
	return err
}

func (x *XSD) weigh(n *record.Node, known map[*record.Node]int) int {
	if w, done := known[n]; done {
		return w
	}
	known[n] = heaviest + 1 // what comes back here before it is done holds itself
	total := 1
	for _, c := range n.Children {
		switch c.Name {
		case "element", "attribute", "any":
			total++
		case "sequence", "choice", "all", "group", "attributeGroup", "extension", "restriction", "complexContent", "simpleContent":
			total += x.weigh(c, known)
		}
	}
	if ref := n.Value("@ref"); ref != "" {
		for _, declared := range []map[string]*record.Node{x.groups, x.attributeGroups} {
			if target := declared[local(ref)]; target != nil {
				total += x.weigh(target, known)
			}
		}
	}
	total = min(total, heaviest+1)
	known[n] = total
	return total
}

func isXSD(n *record.Node) bool { return n.Name == "schema" && n.Space == xsdSpace }

// choose finds the element that documents begin with.
func (x *XSD) choose(root string, order []string, schema *record.Node) error {
	if len(order) == 0 {
		return errors.New("reading an XML Schema: it declares no element at its top, so no document can follow it; if it is a part of another schema, give that one")
	}
	if root == "" {
		used := map[string]bool{}
		walk(schema, func(n *record.Node) {
			if ref := n.Value("@ref"); n.Name == "element" && ref != "" {
				used[local(ref)] = true
			}
		})
		root = order[0]
		if i := slices.IndexFunc(order, func(name string) bool { return !used[name] }); i >= 0 {
			root = order[i]
		}
	}
	if x.root = x.elements[root]; x.root == nil {
		return fmt.Errorf("reading an XML Schema: it declares no element %q at its top, but %s", root, strings.Join(order[:min(len(order), 20)], ", "))
	}
	return nil
}

// look notes what the schema has that is not checked.
func (x *XSD) look(schema *record.Node) {
	found := map[string]bool{}
	walk(schema, func(n *record.Node) {
		switch n.Name {
		case "import", "include", "redefine", "override":
			found["what other schema files declare, unless they are included and lie beside it: they are not fetched"] = true
		case "key", "keyref", "unique":
			found["that ids are unique and refer to something (key, keyref, unique)"] = true
		case "assert", "alternative":
			found["conditions of XML Schema 1.1 (assert, alternative)"] = true
		case "any", "anyAttribute":
			found["what stands where the schema allows anything (any)"] = true
		case "union", "list":
			found["values made of several types (union, list)"] = true
		case "pattern":
			if _, ok := pattern(n.Value("@value")); !ok {
				found["some patterns of values, which are written in a way that we do not read"] = true
			}
		case "element":
			if n.Value("@substitutionGroup") != "" || n.Value("@abstract") == "true" {
				found["elements that stand in for others (substitutionGroup, abstract)"] = true
			}
		}
	})
	for what := range found {
		x.unchecked = append(x.unchecked, what)
	}
	x.unchecked = append(x.unchecked, "namespaces, and types that a document names itself (xsi:type)")
	slices.Sort(x.unchecked)
}

// Unchecked says, for people, what in a document Check does not look at.
func (x *XSD) Unchecked() []string { return slices.Clone(x.unchecked) }

func walk(n *record.Node, see func(*record.Node)) {
	see(n)
	for _, c := range n.Children {
		walk(c, see)
	}
}

// local is a name without its prefix.
func local(name string) string {
	if _, after, found := strings.Cut(name, ":"); found {
		return after
	}
	return name
}

// resolved is the declaration that an element or attribute refers to, or itself.
func resolved(n *record.Node, declared map[string]*record.Node) *record.Node {
	if ref := n.Value("@ref"); ref != "" {
		if d := declared[local(ref)]; d != nil {
			return d
		}
	}
	return n
}

func nameOf(n *record.Node) string {
	if name := n.Value("@name"); name != "" {
		return name
	}
	return local(n.Value("@ref"))
}

// occurs reads how often something may stand; most is -1 when there is no bound.
func occurs(n *record.Node) (least, most int) {
	least, most = 1, 1
	if v, err := strconv.Atoi(n.Value("@minOccurs")); err == nil && v >= 0 {
		least = v
	}
	if v := n.Value("@maxOccurs"); v == "unbounded" {
		most = -1
	} else if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		most = n
	}
	return least, most
}

// typeOf gives the complex type of an element, or nil, and the simple type of its text, or nil when it has none or one
// that XML Schema itself names, whose name is then builtin.
func (x *XSD) typeOf(el *record.Node) (complex, simple *record.Node, builtin string) {
	if c := el.Member("complexType"); c != nil {
		return c, nil, ""
	}
	if s := el.Member("simpleType"); s != nil {
		return nil, s, ""
	}
	return x.named(el.Value("@type"))
}

func (x *XSD) named(name string) (complex, simple *record.Node, builtin string) {
	switch t := x.types[local(name)]; {
	case name == "":
		return nil, nil, ""
	case t == nil:
		return nil, nil, local(name)
	case t.Name == "complexType":
		return t, nil, ""
	default:
		return nil, t, ""
	}
}

// body is what a complex type consists of, with what it inherits: groups of elements, attributes, and the type of its
// text when it has simple content.
type body struct {
	particles  []*record.Node
	attributes []*record.Node
	text       *record.Node // a restriction or extension
	mixed      bool
}

func (x *XSD) body(complex *record.Node, depth int) body {
	b := body{mixed: complex.Value("@mixed") == "true"}
	if depth > deepestSchema {
		return b
	}
	x.members(complex, &b, depth)
	for _, content := range []string{"complexContent", "simpleContent"} {
		c := complex.Member(content)
		if c == nil {
			continue
		}
		for _, derived := range []string{"extension", "restriction"} {
			d := c.Member(derived)
			if d == nil {
				continue
			}
			base, _, _ := x.named(d.Value("@base"))
			if base != nil && (derived == "extension" || content == "simpleContent") {
				above := x.body(base, depth+1)
				b.particles, b.attributes, b.text = append(b.particles, above.particles...), append(b.attributes, above.attributes...), above.text
			}
			if content == "simpleContent" && (b.text == nil || derived == "restriction") {
				b.text = d
			}
			x.members(d, &b, depth)
		}
	}
	return b
}

func (x *XSD) members(n *record.Node, b *body, depth int) {
	for _, c := range n.Children {
		switch c.Name {
		case "sequence", "choice", "all", "group":
			b.particles = append(b.particles, c)
		case "attribute":
			b.attributes = append(b.attributes, c)
		case "attributeGroup":
			if g := x.attributeGroups[local(c.Value("@ref"))]; g != nil && depth < deepestSchema {
				inner := body{}
				x.members(g, &inner, depth+1)
				b.attributes = append(b.attributes, inner.attributes...)
			}
		}
	}
}

// inside gives the particles of a particle.
func (x *XSD) inside(p *record.Node) []*record.Node {
	if p.Name == "group" {
		if g := x.groups[local(p.Value("@ref"))]; g != nil {
			p = g
		}
	}
	var all []*record.Node
	for _, c := range p.Children {
		switch c.Name {
		case "element", "sequence", "choice", "all", "group", "any":
			all = append(all, c)
		}
	}
	return all
}

// looksLikeXSD is a cheap look before a document is read.
func looksLikeXSD(b []byte) bool { return bytes.Contains(b, []byte(xsdSpace)) }
