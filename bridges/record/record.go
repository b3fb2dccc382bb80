// Package record holds any local document as one ordered tree, whatever its format, and reads and writes
// that tree as JSON (FHIR included), XML, CSV, spreadsheets and form mail, and reads the fields of PDF forms. Decode,
// Encode and Sniff are the doors for all of them; Formats lists them. OpenCSV and XMLRecords read batches of any size, a
// record at a time; Documents takes a batch apart. Unwrap takes SOAP envelopes apart, Wrap makes them.
//
// The tree keeps what a converter must not lose: order, the source text of numbers (a postcode 02139 or a
// long id never passes through a float), the place in the source, labels, XML prefixes with their namespaces. It
// carries no meaning of its own; package mapping gives it one. Every codec has limits on size, depth and
// nodes, and refuses what two readers could read differently.
package record

import (
	"sync"
)

// Kind tells what a Node holds.
type Kind uint8

// The kinds of a Node. An XML attribute is a Text node whose name begins with "@".
const (
	Null Kind = iota
	Bool
	Number
	Text
	Object
	List
)

var kindNames = [...]string{"null", "bool", "number", "text", "object", "list"}

// String returns the kind's name as mapping documents write it: null, bool, number, text, object, list.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// ContentName is the name of the member that holds the text of an XML element which also has attributes or
// child elements.
const ContentName = "#text"

// Node is one value of a local document. A tree belongs to one goroutine while it is changed; a finished
// tree may be read by many.
type Node struct {
	Kind Kind
	// loose makes paths compare the names of members as people type labels; see MatchLoosely.
	loose bool
	// Name is the member or element name without prefix, "@name" for an attribute, ContentName for mixed
	// text, and empty for the items of a List and for a root that has no name.
	Name string
	// Text is the text, the number exactly as the source wrote it, or "true" or "false".
	Text string
	// Children are the members of an Object, in order and possibly with equal names (XML repeats elements so),
	// or the items of a List.
	Children []*Node
	// Label is the label the source showed beside the value, when it differs from Name.
	Label string
	// Space is the namespace URI of an XML element or attribute, Prefix how the source abbreviated it.
	Space, Prefix string
	// Line and Column, from 1, say where the value begins in the source; 0 when it was not read from one.
	// Columns count bytes.
	Line, Column int32
	// target is the resource that a FHIR reference names, in the document that was decoded.
	target *Node
}

// NewText returns a text node.
func NewText(s string) *Node { return &Node{Kind: Text, Text: s} }

// NewNumber returns a number node; source must be a JSON number, it is written as it stands.
func NewNumber(source string) *Node { return &Node{Kind: Number, Text: source} }

// NewBool returns a bool node.
func NewBool(b bool) *Node {
	if b {
		return &Node{Kind: Bool, Text: "true"}
	}
	return &Node{Kind: Bool, Text: "false"}
}

// NewObject returns an object with the given members, whose names are set by Named or Add.
func NewObject(members ...*Node) *Node { return &Node{Kind: Object, Children: members} }

// NewList returns a list of the given items.
func NewList(items ...*Node) *Node { return &Node{Kind: List, Children: items} }

// Named sets the node's name and returns it.
func (n *Node) Named(name string) *Node {
	n.Name = name
	return n
}

// Leaf reports whether the node holds a value of its own: it is neither Object nor List.
func (n *Node) Leaf() bool { return n.Kind != Object && n.Kind != List }

// Member returns the first member with that name, or nil.
func (n *Node) Member(name string) *Node {
	if n == nil || n.Kind != Object {
		return nil
	}
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Value returns the text of the first member with that name, or "" when there is none or it is no leaf.
func (n *Node) Value(name string) string {
	if m := n.Member(name); m != nil && m.Leaf() {
		return m.Text
	}
	return ""
}

// Add appends v as a member with that name and returns v.
func (n *Node) Add(name string, v *Node) *Node {
	v.Name = name
	n.Children = append(n.Children, v)
	return v
}

// Append adds v as the last item of a list and returns v.
func (n *Node) Append(v *Node) *Node {
	v.Name = ""
	n.Children = append(n.Children, v)
	return v
}

// Clone returns a deep copy. Its references lead into the copy.
func (n *Node) Clone() *Node {
	c := n.clone()
	link(c)
	return c
}

func (n *Node) clone() *Node {
	c := *n
	c.target = nil
	if n.Children != nil {
		c.Children = make([]*Node, len(n.Children))
		for i, child := range n.Children {
			c.Children[i] = child.clone()
		}
	}
	return &c
}

// Equal reports whether two trees have the same kinds, names, texts and order; positions, labels and prefixes
// are not compared.
func (n *Node) Equal(o *Node) bool {
	if n == nil || o == nil {
		return n == o
	}
	if n.Kind != o.Kind || n.Name != o.Name || n.Text != o.Text || n.Space != o.Space || len(n.Children) != len(o.Children) {
		return false
	}
	for i := range n.Children {
		if !n.Children[i].Equal(o.Children[i]) {
			return false
		}
	}
	return true
}

// Leaves calls f for every leaf below n, in document order, with its path: members by name, the items of a
// list and repeated elements by index. The path is only good during the call; clone it to keep it. Empty objects
// and lists have no leaves.
func (n *Node) Leaves(f func(p Path, leaf *Node)) {
	w := leafWalker{visit: f, path: make(Path, 0, 16)}
	w.node(n)
}

type leafWalker struct {
	visit func(Path, *Node)
	path  Path
}

func (w *leafWalker) node(n *Node) {
	switch n.Kind {
	case List:
		w.list(n)
	case Object:
		w.object(n)
	default:
		w.visit(w.path, n)
	}
}

func (w *leafWalker) list(n *Node) {
	depth := len(w.path)
	last := Segment{}
	if depth > 0 {
		last = w.path[depth-1]
	}
	named := depth > 0 && last.Step == Plain
	for i, c := range n.Children {
		if named {
			w.path[depth-1].Step, w.path[depth-1].Index = Item, i
		} else {
			w.path = append(w.path, Segment{Self: true, Step: Item, Index: i})
		}
		w.node(c)
		w.path = w.path[:depth]
	}
	if named {
		w.path[depth-1] = last
	}
}

func (w *leafWalker) object(n *Node) {
	depth := len(w.path)
	repeated := n.repeated()
	var seen map[string]int
	for _, c := range n.Children {
		seg := Segment{Name: c.Name}
		if repeated[c.Name] {
			if seen == nil {
				seen = map[string]int{}
			}
			seg.Step, seg.Index = Item, seen[c.Name]
			seen[c.Name]++
		}
		w.path = append(w.path, seg)
		w.node(c)
		w.path = w.path[:depth]
	}
}

// repeated returns the names that more than one member has; nil when there are none.
func (n *Node) repeated() map[string]bool {
	var out map[string]bool
	if len(n.Children) <= 12 {
		for i, c := range n.Children {
			for _, d := range n.Children[:i] {
				if c.Name == d.Name {
					out = mark(out, c.Name)
				}
			}
		}
		return out
	}
	seen := namePool.Get().(map[string]struct{})
	for _, c := range n.Children {
		before := len(seen)
		seen[c.Name] = struct{}{}
		if len(seen) == before {
			out = mark(out, c.Name)
		}
	}
	clear(seen)
	namePool.Put(seen)
	return out
}

func mark(m map[string]bool, name string) map[string]bool {
	if m == nil {
		m = map[string]bool{}
	}
	m[name] = true
	return m
}

// namePool holds empty sets, because large objects are compared at every step of a conversion.
var namePool = sync.Pool{New: func() any { return make(map[string]struct{}, 64) }}
