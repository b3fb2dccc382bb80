package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// EncodeXML writes the tree as an XML document.
//
// With a sample (a whole document of the partner's) it fills that: the root, the order of elements and
// attributes, prefixes, namespaces and the encoding are the sample's, one element of a name is the pattern for
// all that repeat, and no value of the sample is ever written: what the tree does not have is left out. What the sample does not have
// stands after what it has. Without a sample the tree's own names, order, prefixes and namespaces are
// written in UTF-8, below a root called "record" when the tree's root has no name.
//
// Errors name the place of a text that XML cannot hold (control characters), of a name that is no XML name, or
// say what is wrong with the sample.
func EncodeXML(n *Node, sample []byte) ([]byte, error) {
	if len(sample) == 0 {
		return writeXML(n, xmlEncoding{name: "UTF-8"})
	}
	p, err := ParseXMLPattern(sample)
	if err != nil {
		return nil, err
	}
	return p.Encode(n)
}

// XMLPattern is a sample that is read once and filled many times. It may be used by many at a time.
type XMLPattern struct {
	root *Node
	enc  xmlEncoding
}

// ParseXMLPattern reads the sample to fill.
func ParseXMLPattern(sample []byte) (*XMLPattern, error) {
	root, err := DecodeXML(sample, Limits{})
	if err != nil {
		return nil, fmt.Errorf("reading the XML sample to fill: %w", err)
	}
	enc, _, err := detectXML(sample)
	return &XMLPattern{root, enc}, err
}

// Encode writes the tree as EncodeXML does with the sample.
func (p *XMLPattern) Encode(n *Node) ([]byte, error) {
	filled := fill(n, p.root)
	filled.Name = p.root.Name
	return writeXML(filled, p.enc)
}

func writeXML(n *Node, enc xmlEncoding) ([]byte, error) {
	w := xmlWriter{}
	w.b = append(w.b, `<?xml version="1.0" encoding="`+enc.name+`"?>`+"\n"...)
	root := *n
	if root.Name == "" {
		root.Name = "record"
	}
	w.element(&root, 0, nil)
	if w.err != nil {
		return nil, w.err
	}
	return enc.bytes(append(w.b, '\n'))
}

type xmlWriter struct {
	b   []byte
	err error
}

func (w *xmlWriter) fail(n *Node, reason string) {
	if w.err == nil {
		w.err = fmt.Errorf("writing XML: element %q %s", clip(n.Name), reason)
	}
}

// scope is the stack of namespace declarations at an element.
type scope []declaration

type declaration struct{ prefix, space string }

func (s scope) space(prefix string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].prefix == prefix {
			return s[i].space
		}
	}
	return ""
}

func (w *xmlWriter) element(n *Node, level int, in scope) {
	if n.Kind == List {
		for _, item := range n.Children {
			named := *item
			named.Name, named.Prefix, named.Space = n.Name, n.Prefix, n.Space
			w.element(&named, level, in)
		}
		return
	}
	if !validXMLName(n.Name) || n.Prefix != "" && !validXMLName(n.Prefix) {
		w.fail(n, "has a name that XML does not allow")
		return
	}
	w.line(level)
	tag := n.Name
	if n.Prefix != "" {
		tag = n.Prefix + ":" + n.Name
	}
	w.b = append(w.b, '<')
	w.b = append(w.b, tag...)
	in = w.declare(n, in)
	in = w.attributes(n, in)
	if !w.content(n, level, in) {
		w.b = append(w.b, '/', '>')
		return
	}
	w.b = append(w.b, '<', '/')
	w.b = append(w.b, tag...)
	w.b = append(w.b, '>')
}

func (w *xmlWriter) line(level int) {
	if level == 0 {
		return
	}
	w.b = append(w.b, '\n')
	for range level {
		w.b = append(w.b, ' ', ' ')
	}
}

// declare writes the namespace declaration that n needs beyond those in scope.
func (w *xmlWriter) declare(n *Node, in scope) scope {
	if n.Prefix == "xml" || in.space(n.Prefix) == n.Space {
		return in
	}
	if n.Prefix == "" {
		w.b = append(w.b, ` xmlns="`...)
	} else {
		w.b = append(w.b, ` xmlns:`+n.Prefix+`="`...)
	}
	w.escape(n.Space, true)
	w.b = append(w.b, '"')
	return append(slices.Clip(in), declaration{n.Prefix, n.Space})
}

func (w *xmlWriter) attributes(n *Node, in scope) scope {
	for _, c := range n.Children {
		if !strings.HasPrefix(c.Name, "@") || n.Kind != Object {
			continue
		}
		name := c.Name[1:]
		if !validXMLName(name) || !c.Leaf() || !validXML(c.Text) {
			w.fail(c, "cannot be written as an attribute")
			return in
		}
		if c.Space != "" && c.Prefix != "" {
			in = w.declare(c, in)
			name = c.Prefix + ":" + name
		}
		w.b = append(w.b, ' ')
		w.b = append(w.b, name...)
		w.b = append(w.b, '=', '"')
		w.escape(c.Text, true)
		w.b = append(w.b, '"')
	}
	return in
}

// content writes what stands between the tags, the ">" of the start tag included, and reports whether there is
// anything.
func (w *xmlWriter) content(n *Node, level int, in scope) bool {
	if n.Kind != Object {
		return w.text(n)
	}
	mixed := n.Member(ContentName) != nil
	opened, elements := false, false
	for _, c := range n.Children {
		if strings.HasPrefix(c.Name, "@") || c.Kind == List && len(c.Children) == 0 {
			continue
		}
		if !opened {
			w.b = append(w.b, '>')
			opened = true
		}
		if c.Name == ContentName {
			w.check(c)
			w.escape(c.Text, false)
			continue
		}
		elements = true
		below := level + 1
		if mixed {
			below = 0
		}
		w.element(c, below, in)
	}
	if elements && !mixed {
		w.b = append(w.b, '\n')
		for range level {
			w.b = append(w.b, ' ', ' ')
		}
	}
	return opened
}

func (w *xmlWriter) text(n *Node) bool {
	if n.Text == "" || n.Kind == Null {
		return false
	}
	w.check(n)
	w.b = append(w.b, '>')
	w.escape(n.Text, false)
	return true
}

func (w *xmlWriter) check(n *Node) {
	if !n.Leaf() || !validXML(n.Text) {
		w.fail(n, "holds a character that XML cannot carry")
	}
}

// escape writes s so that a reader gets the same characters back, line ends in attributes included.
func (w *xmlWriter) escape(s string, attribute bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<':
			w.b = append(w.b, "&lt;"...)
		case c == '>':
			w.b = append(w.b, "&gt;"...)
		case c == '&':
			w.b = append(w.b, "&amp;"...)
		case c == '"' && attribute:
			w.b = append(w.b, "&quot;"...)
		case c == '\r' || attribute && (c == '\n' || c == '\t'):
			w.b = append(w.b, "&#"+strconv.Itoa(int(c))+";"...)
		default:
			w.b = append(w.b, c)
		}
	}
}

// validXMLName takes the names that stand in practice: letters, digits, marks, "_", "-" and ".", not beginning with
// a digit, "-" or ".".
func validXMLName(s string) bool {
	for i, r := range s {
		if r != '_' && !isWordRune(r) && (i == 0 || r != '-' && r != '.') || i == 0 && r >= '0' && r <= '9' {
			return false
		}
	}
	return s != ""
}
