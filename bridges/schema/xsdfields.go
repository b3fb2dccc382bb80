package schema

import (
	"slices"
	"strings"

	"referworks/bridges/record"
)

// Fields lists the fields of documents that follow the schema, in its order, with the values that it names.
func (x *XSD) Fields() []Field {
	w := &xsdWalk{x: x, known: map[string]bool{}}
	w.element(record.Path{}, x.root, 0)
	return w.fields
}

// Example is an empty document that follows the schema in order, names and namespaces, with every element once: the
// pattern that a mapping fills. It is not valid by itself, as its values are empty.
func (x *XSD) Example() (string, error) {
	e := &xsdExample{x: x}
	root := e.element(x.root, 0)
	root.Space = x.target
	b, err := record.EncodeXML(root, nil)
	return string(b), err
}

type xsdWalk struct {
	x      *XSD
	fields []Field
	known  map[string]bool
	within []*record.Node // types on the way here
	steps  int
}

// mostSteps bounds how much of a schema is walked, whatever its types come to.
const mostSteps = 200_000

func (w *xsdWalk) element(path record.Path, el *record.Node, depth int) {
	complex, simple, builtin := w.x.typeOf(el)
	if w.steps++; depth > deepestSchema || len(w.fields) >= mostOfSchema || w.steps > mostSteps {
		return
	}
	if complex == nil {
		if len(path) > 0 {
			w.leaf(path, el, simple, builtin)
		}
		return
	}
	if slices.Contains(w.within, complex) {
		return // a person's parent has a parent: once is enough
	}
	w.within = append(w.within, complex)
	b := w.x.body(complex, 0)
	for _, a := range b.attributes {
		if a.Value("@use") != "prohibited" {
			a = resolved(a, w.x.attributes)
			_, simple, builtin := w.x.typeOf(a)
			w.leaf(below(path, "@"+nameOf(a), false), a, simple, builtin)
		}
	}
	if b.text != nil || b.mixed {
		w.text(path, el, b)
	}
	for _, p := range b.particles {
		w.particle(path, p, false, depth)
	}
	w.within = w.within[:len(w.within)-1]
}

// text is the value of an element that has attributes too.
func (w *xsdWalk) text(path record.Path, el *record.Node, b body) {
	if b.text == nil {
		w.leaf(below(path, record.ContentName, false), el, nil, "string")
		return
	}
	_, simple, builtin := w.x.named(b.text.Value("@base"))
	if b.text.Name == "restriction" {
		simple = &record.Node{Kind: record.Object, Children: []*record.Node{b.text}}
	}
	if len(b.attributes) == 0 && len(path) > 0 { // a record reads it as a plain text
		w.leaf(path, el, simple, builtin)
		return
	}
	w.leaf(below(path, record.ContentName, false), el, simple, builtin)
}

func (w *xsdWalk) particle(path record.Path, p *record.Node, repeats bool, depth int) {
	_, most := occurs(p)
	repeats = repeats || most < 0 || most > 1
	if p.Name == "element" {
		el := resolved(p, w.x.elements)
		w.element(below(path, nameOf(el), repeats), el, depth+1)
		return
	}
	if w.steps++; depth > deepestSchema || w.steps > mostSteps {
		return
	}
	for _, c := range w.x.inside(p) {
		w.particle(path, c, repeats, depth+1)
	}
}

func below(path record.Path, name string, repeats bool) record.Path {
	seg := record.Segment{Name: name}
	if repeats {
		seg.Step = record.Each
	}
	return append(slices.Clone(path), seg)
}

func (w *xsdWalk) leaf(path record.Path, n, simple *record.Node, builtin string) {
	p := path.String()
	if w.known[p] || len(w.fields) >= mostOfSchema {
		return
	}
	w.known[p] = true
	s := w.x.simple(simple, builtin)
	f := Field{Path: p, Label: documentation(n), Kind: s.kind()}
	for _, v := range s.enum {
		f.Values = append(f.Values, Word{Text: v})
	}
	for _, at := range []string{"@default", "@fixed"} {
		if v := n.Value(at); v != "" {
			f.Examples = append(f.Examples, v)
		}
	}
	w.fields = append(w.fields, f)
}

// documentation is what a schema says of a field, when it is short enough to be a label.
func documentation(n *record.Node) string {
	d := n.Member("annotation").Member("documentation")
	if d == nil {
		return ""
	}
	text := d.Text
	if !d.Leaf() {
		text = d.Value(record.ContentName)
	}
	if text = strings.Join(strings.Fields(text), " "); len(text) > 80 {
		return ""
	}
	return text
}

type xsdExample struct {
	x      *XSD
	nodes  int
	within []*record.Node
}

func (e *xsdExample) element(el *record.Node, depth int) *record.Node {
	n := record.NewText("").Named(nameOf(el))
	complex, _, _ := e.x.typeOf(el)
	if e.nodes++; complex == nil || depth > deepestSchema || e.nodes > mostOfSchema || slices.Contains(e.within, complex) {
		return n
	}
	e.within = append(e.within, complex)
	b := e.x.body(complex, 0)
	if len(b.attributes) > 0 || len(b.particles) > 0 {
		n.Kind = record.Object
	}
	for _, a := range b.attributes {
		n.Add("@"+nameOf(resolved(a, e.x.attributes)), record.NewText(""))
	}
	for _, p := range b.particles {
		e.particle(n, p, depth)
	}
	e.within = e.within[:len(e.within)-1]
	return n
}

func (e *xsdExample) particle(n, p *record.Node, depth int) {
	if p.Name == "element" {
		child := e.element(resolved(p, e.x.elements), depth+1)
		if e.x.qualified || p.Value("@ref") != "" {
			child.Space = e.x.target
		}
		n.Children = append(n.Children, child)
		return
	}
	if depth > deepestSchema || e.nodes > mostOfSchema {
		return
	}
	for _, c := range e.x.inside(p) {
		e.particle(n, c, depth+1)
	}
}
