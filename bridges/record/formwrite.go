package record

import (
	"fmt"
	"strings"
)

// EncodeForm writes the tree as "Label: value" lines that DecodeForm reads again: an object is a section below a heading,
// an object in it a label with indented labels below, a list of objects each of them by itself under the same name, a list
// of values bullets or the label again; further lines of a value are indented. Labels are the nodes' labels, else their
// names. A tree of more than three levels is refused, and so is a label that would be read otherwise.
func EncodeForm(n *Node) ([]byte, error) {
	w := formWriter{}
	if n.Kind != Object {
		return nil, fmt.Errorf("writing a form mail: it begins with an object and not with a %s", n.Kind)
	}
	w.members(n.Children, 0)
	if w.err != nil {
		return nil, w.err
	}
	return w.b, nil
}

type formWriter struct {
	b      []byte
	indent string // of labels
	err    error
}

func (w *formWriter) fail(n *Node, reason string) {
	if w.err == nil {
		w.err = fmt.Errorf("writing a form mail: %q %s", clip(n.Name), reason)
	}
}

// members writes values first and what has members of its own behind them, because a section ends at the next one only.
func (w *formWriter) members(all []*Node, level int) {
	for _, c := range all {
		switch {
		case len(objects(c)) > 0 || c.Kind == Object:
		case c.Kind == List:
			w.list(c)
		case c.Name == ContentName && level > 1:
			w.fail(c, "is text without a label below another label")
		default:
			w.value(c, c)
		}
	}
	for _, c := range all {
		for _, o := range objects(c) {
			switch level {
			case 0:
				w.section(c, o)
			case 1:
				w.block(c, o)
			default:
				w.fail(c, "lies deeper than a form can show")
				return
			}
		}
	}
}

// objects gives a member that is an object, or the items of a list that holds any.
func objects(c *Node) []*Node {
	switch {
	case c.Kind == Object:
		return []*Node{c}
	case c.Kind != List:
		return nil
	}
	for _, item := range c.Children {
		if item.Kind == Object {
			return c.Children
		}
	}
	return nil
}

func (w *formWriter) section(named, o *Node) {
	title := labelOf(named)
	if !goodLabel(title) {
		title = named.Name
	}
	switch {
	case !goodLabel(title):
		w.fail(named, "cannot stand as a heading")
	case o.Kind != Object:
		w.fail(named, "is a list of objects and of values")
	}
	if len(w.b) > 0 {
		w.b = append(w.b, '\n')
	}
	w.b = append(w.b, "== "+title+" ==\n"...)
	w.members(o.Children, 1)
}

// block writes an object in a section: its label alone, and its own labels indented.
func (w *formWriter) block(named, o *Node) {
	if o.Kind != Object {
		w.fail(named, "is a list of objects and of values")
		return
	}
	w.label(named)
	w.b = append(w.b, '\n')
	w.indent = "    "
	w.members(o.Children, 2)
	w.indent = ""
}

// list writes bullets, or the label again before each value where bullets would be read otherwise.
func (w *formWriter) list(n *Node) {
	for _, item := range n.Children {
		if !item.Leaf() {
			w.fail(n, "is a list of lists")
			return
		}
	}
	if !bulleted(n.Children) {
		for _, item := range n.Children {
			w.value(n, item)
		}
		return
	}
	w.label(n)
	w.b = append(w.b, '\n')
	for _, item := range n.Children {
		w.b = append(w.b, w.indent+"  - "+item.Text+"\n"...)
	}
}

// bulleted reports whether values are read as they are when they stand as bullets.
func bulleted(items []*Node) bool {
	labels := 0
	for _, item := range items {
		var l formLine
		l.set("  - " + item.Text)
		if l.kind != bulletLine || l.text != item.Text || strings.ContainsAny(item.Text, "\r\n") {
			return false
		}
		if _, _, found := splitLabel(l.text); found {
			labels++
		}
	}
	return labels == 0
}

// value writes a leaf under the label of named.
func (w *formWriter) value(named, leaf *Node) {
	if named.Name == ContentName {
		w.b = append(w.b, leaf.Text...)
		w.b = append(w.b, "\n\n"...)
		return
	}
	w.label(named)
	text := strings.ReplaceAll(strings.ReplaceAll(leaf.Text, "\r\n", "\n"), "\r", "\n")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			w.b = append(w.b, "\n    "+w.indent...)
		} else if line != "" {
			w.b = append(w.b, ' ')
		}
		w.b = append(w.b, line...)
	}
	w.b = append(w.b, '\n')
}

func (w *formWriter) label(n *Node) {
	label := labelOf(n)
	if !goodLabel(label) {
		label = n.Name // marks of duty are for those who fill the form
	}
	if !goodLabel(label) {
		w.fail(n, "cannot stand as a label")
	}
	w.b = append(w.b, w.indent+label...)
	if !strings.HasSuffix(label, ":") {
		w.b = append(w.b, ':')
	}
}

func labelOf(n *Node) string {
	if n.Label != "" {
		return n.Label
	}
	return n.Name
}

// goodLabel reports whether a label is read as it is written.
func goodLabel(label string) bool {
	name := cleanLabel(label)
	got, _, found := splitLabel(name + ": x")
	return found && got == name && !strings.ContainsAny(label, "\r\n=[]#*")
}
