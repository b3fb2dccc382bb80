package record

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	xmlSpace = "http://www.w3.org/XML/1998/namespace"
	xsiSpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// DecodeXML reads one XML document. It reads UTF-8, UTF-16 with a byte order mark, ISO-8859-1 and windows-1252;
// it refuses, before anything is expanded, every DOCTYPE and hence every entity but the five of XML itself, and
// also duplicate attributes, malformed names, undeclared prefixes and content after the root element. Nothing is
// ever fetched. Errors are *SyntaxError.
//
// An element with only text is a Text node; one with attributes or elements is an Object whose attributes are
// members "@name" and whose text, if any but space, is the member ContentName. xsi:nil gives Null. Comments,
// processing instructions and namespace declarations are not part of the tree.
func DecodeXML(b []byte, lim Limits) (*Node, error) {
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, &SyntaxError{Format: "XML", Reason: fmt.Sprintf("the document is larger than %d bytes", lim.Size)}
	}
	text, _, err := xmlText(b)
	if err != nil {
		return nil, err
	}
	d := xmlDecoder{in: xml.NewDecoder(strings.NewReader(text)), lim: lim}
	d.in.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // xmlText has converted it
	for d.reason == "" {
		token, err := d.in.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.fail(xmlReason(err))
			break
		}
		d.token(token)
	}
	if d.reason == "" && (d.root == nil || len(d.open) > 0) {
		d.fail("the document ends before its root element does")
	}
	if d.reason != "" {
		line, column := d.in.InputPos()
		return nil, &SyntaxError{Format: "XML", Line: line, Column: column, Reason: d.reason}
	}
	return d.root, nil
}

// xmlReason is a decoder's message without its "XML syntax error on line n: ", which SyntaxError says itself.
func xmlReason(err error) string {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Msg
	}
	return strings.TrimPrefix(err.Error(), "xml: ")
}

type xmlDecoder struct {
	in     *xml.Decoder
	lim    Limits
	nodes  int
	root   *Node
	open   []openElement
	reason string
	fatal  bool // the reason spoils the whole document and not only one record of a stream
}

// openElement is an element whose end tag has not come yet.
type openElement struct {
	node   *Node
	name   string            // as written, prefix included
	spaces map[string]string // prefixes that this element declares
	text   strings.Builder
}

func (d *xmlDecoder) fail(reason string) {
	if d.reason == "" {
		d.reason = reason
	}
}

// spoil is fail for what leaves the rest of the document without meaning.
func (d *xmlDecoder) spoil(reason string) {
	d.fatal = d.fatal || d.reason == ""
	d.fail(reason)
}

func (d *xmlDecoder) token(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		d.start(t)
	case xml.EndElement:
		d.end(t)
	case xml.CharData:
		d.chars(string(t))
	case xml.Directive:
		d.spoil("a DOCTYPE or another declaration is not accepted; remove it and send the document alone")
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && (d.root != nil || len(d.open) > 0) {
			d.spoil("the XML declaration stands in the middle of the document")
		}
	}
}

func (d *xmlDecoder) count() {
	if d.nodes++; d.nodes > d.lim.Nodes {
		d.fail(fmt.Sprintf("the document has more than %d elements and attributes", d.lim.Nodes))
	}
}

func (d *xmlDecoder) start(t xml.StartElement) {
	d.count()
	if d.root != nil && len(d.open) == 0 {
		d.spoil("something follows the root element")
		return
	}
	if len(d.open) >= d.lim.Depth {
		d.fail(fmt.Sprintf("elements are nested deeper than %d levels", d.lim.Depth))
		return
	}
	line, column := d.in.InputPos()
	n := &Node{Kind: Object, Line: int32(line), Column: int32(column)}
	el := openElement{node: n, name: rawName(t.Name), spaces: declared(t.Attr)}
	d.open = append(d.open, el)
	n.Name, n.Prefix, n.Space = d.resolve(t.Name, true)
	nilled := d.attributes(n, t.Attr)
	if len(d.open) == 1 {
		d.root = n
	} else {
		parent := &d.open[len(d.open)-2]
		parent.flush()
		parent.node.Children = append(parent.node.Children, n)
	}
	if nilled {
		n.Kind = Null
	}
}

// attributes adds the attributes of t as members and reports whether one of them is a true xsi:nil.
func (d *xmlDecoder) attributes(n *Node, attrs []xml.Attr) (nilled bool) {
	type expanded struct{ space, name string }
	var seen map[expanded]bool
	if len(attrs) > 1 {
		seen = make(map[expanded]bool, len(attrs))
	}
	for _, a := range attrs {
		d.count()
		key := expanded{a.Name.Space, a.Name.Local}
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			d.declaration(a)
		} else {
			name, prefix, space := d.resolve(a.Name, false)
			key = expanded{space, name}
			if space == xsiSpace && name == "nil" && (a.Value == "true" || a.Value == "1") {
				nilled = true
			} else {
				c := n.Add("@"+name, NewText(a.Value))
				c.Prefix, c.Space, c.Line, c.Column = prefix, space, n.Line, n.Column
			}
		}
		if seen != nil {
			if seen[key] {
				d.fail(fmt.Sprintf("the attribute %q stands twice in one element", clip(a.Name.Local)))
			}
			seen[key] = true
		}
	}
	return nilled && len(n.Children) == 0
}

func (d *xmlDecoder) declaration(a xml.Attr) {
	if a.Name.Space == "xmlns" && (a.Value == "" || a.Name.Local == "xmlns" || a.Name.Local == "xml" && a.Value != xmlSpace || !goodName(a.Name.Local)) {
		d.fail(fmt.Sprintf("the namespace prefix %q is declared wrongly", clip(a.Name.Local)))
	}
}

func declared(attrs []xml.Attr) map[string]string {
	var out map[string]string
	for _, a := range attrs {
		prefix := a.Name.Local
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			prefix = ""
		} else if a.Name.Space != "xmlns" {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[prefix] = a.Value
	}
	return out
}

// resolve splits a raw name and finds its namespace; attributes without a prefix have none.
func (d *xmlDecoder) resolve(raw xml.Name, element bool) (name, prefix, space string) {
	if !goodName(raw.Local) || raw.Space != "" && !goodName(raw.Space) {
		d.fail(fmt.Sprintf("the name %q is malformed", clip(rawName(raw))))
	}
	if raw.Space == "xml" {
		return raw.Local, raw.Space, xmlSpace
	}
	if raw.Space == "" && !element {
		return raw.Local, "", ""
	}
	for i := len(d.open) - 1; i >= 0; i-- {
		if uri, found := d.open[i].spaces[raw.Space]; found {
			return raw.Local, raw.Space, uri
		}
	}
	if raw.Space != "" {
		d.fail(fmt.Sprintf("the namespace prefix %q is not declared", clip(raw.Space)))
	}
	return raw.Local, raw.Space, ""
}

// goodName refuses what encoding/xml lets pass: empty parts and further colons.
func goodName(s string) bool { return s != "" && !strings.Contains(s, ":") }

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (d *xmlDecoder) chars(s string) {
	if len(d.open) > 0 {
		d.open[len(d.open)-1].text.WriteString(s)
		return
	}
	if strings.Trim(s, " \t\r\n\uFEFF") != "" {
		d.spoil("text stands outside the root element")
	}
}

// flush turns the text read so far into a member, unless it is only space between elements.
func (e *openElement) flush() {
	s := e.text.String()
	e.text.Reset()
	if strings.Trim(s, " \t\r\n") == "" {
		return
	}
	e.node.Add(ContentName, &Node{Kind: Text, Text: s, Line: e.node.Line, Column: e.node.Column})
}

func (d *xmlDecoder) end(t xml.EndElement) {
	if len(d.open) == 0 || d.open[len(d.open)-1].name != rawName(t.Name) {
		d.spoil(fmt.Sprintf("the end tag %q has no start", clip(rawName(t.Name))))
		return
	}
	el := &d.open[len(d.open)-1]
	switch n := el.node; {
	case n.Kind == Null && el.text.Len() == 0 && len(n.Children) == 0:
	case len(n.Children) == 0:
		n.Kind, n.Text = Text, el.text.String()
	default:
		n.Kind = Object
		el.flush()
	}
	d.open = d.open[:len(d.open)-1]
}

// validXML reports whether every character of s may stand in XML 1.0.
func validXML(s string) bool {
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return utf8.ValidString(s)
}
