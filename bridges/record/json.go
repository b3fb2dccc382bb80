package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DecodeJSON reads one JSON text (RFC 8259). It is strict: valid UTF-8, no lone surrogates, no duplicate
// members unless lim keeps them, nothing after the value. A leading byte order mark is skipped. Numbers keep
// their source text. Errors are *SyntaxError.
func DecodeJSON(b []byte, lim Limits) (*Node, error) {
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, &SyntaxError{Format: "JSON", Reason: fmt.Sprintf("the document is larger than %d bytes", lim.Size)}
	}
	s := string(b)
	if !utf8.ValidString(s) {
		return nil, &SyntaxError{Format: "JSON", Reason: "the document is not valid UTF-8 text"}
	}
	d := jsonDecoder{s: s, lim: lim, pending: make([]*Node, 0, 64)}
	d.i = len(s) - len(strings.TrimPrefix(s, "\uFEFF"))
	d.lineStart, d.line = d.i, 1
	d.space()
	root := d.value(1)
	if d.reason == "" {
		d.space()
		if d.i < len(d.s) {
			d.fail("something follows the end of the document")
		}
	}
	if d.reason != "" {
		return nil, &SyntaxError{Format: "JSON", Line: int(d.line), Column: d.i - d.lineStart + 1, Reason: d.reason}
	}
	link(root)
	return root, nil
}

// jsonDecoder reads by recursive descent; the depth limit bounds the recursion.
type jsonDecoder struct {
	s         string
	i         int
	line      int32
	lineStart int
	lim       Limits
	nodes     int
	slab      []Node  // nodes handed out together, to save allocations
	pending   []*Node // children of the objects and lists that are still open
	lists     []*Node // room for the children of those that are closed, cut off as needed
	reason    string  // the first error; everything stops when it is set
}

func (d *jsonDecoder) fail(reason string) {
	if d.reason == "" {
		d.reason = reason
	}
}

func (d *jsonDecoder) node(kind Kind) *Node {
	d.nodes++
	if d.nodes > d.lim.Nodes {
		d.fail(fmt.Sprintf("the document has more than %d values", d.lim.Nodes))
	}
	if len(d.slab) == 0 {
		d.slab = make([]Node, min(64, 1+(len(d.s)-d.i)/16))
	}
	n := &d.slab[0]
	d.slab = d.slab[1:]
	n.Kind, n.Line, n.Column = kind, d.line, int32(d.i-d.lineStart+1)
	return n
}

func (d *jsonDecoder) space() {
	for d.i < len(d.s) {
		switch d.s[d.i] {
		case '\n':
			d.line++
			d.lineStart = d.i + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		d.i++
	}
}

func (d *jsonDecoder) peek() byte {
	if d.i < len(d.s) {
		return d.s[d.i]
	}
	return 0
}

func (d *jsonDecoder) value(depth int) *Node {
	if d.i >= len(d.s) {
		d.fail("a value is expected, the document ends here")
		return nil
	}
	switch c := d.s[d.i]; {
	case c == '{':
		return d.container(Object, '}', depth)
	case c == '[':
		return d.container(List, ']', depth)
	case c == '"':
		n := d.node(Text)
		n.Text = d.text()
		return n
	case c == '-' || c >= '0' && c <= '9':
		n := d.node(Number)
		n.Text = d.number()
		return n
	case c == 't':
		return d.word("true", Bool)
	case c == 'f':
		return d.word("false", Bool)
	case c == 'n':
		return d.word("null", Null)
	}
	d.fail("a value is expected")
	return nil
}

func (d *jsonDecoder) word(word string, kind Kind) *Node {
	if !strings.HasPrefix(d.s[d.i:], word) {
		d.fail("a value is expected; words are true, false and null, other text stands in quotation marks")
		return nil
	}
	n := d.node(kind)
	if kind == Bool {
		n.Text = word
	}
	d.i += len(word)
	return n
}

func (d *jsonDecoder) container(kind Kind, end byte, depth int) *Node {
	if depth > d.lim.Depth {
		d.fail(fmt.Sprintf("the document is nested deeper than %d levels", d.lim.Depth))
		return nil
	}
	n := d.node(kind)
	d.i++
	first := len(d.pending)
	d.space()
	for more := d.peek() != end; more && d.reason == ""; {
		name := ""
		if kind == Object {
			name = d.name()
		}
		if d.reason != "" {
			return nil
		}
		child := d.value(depth + 1)
		if d.reason != "" {
			return nil
		}
		child.Name = name
		d.pending = append(d.pending, child)
		d.space()
		switch d.peek() {
		case ',':
			d.i++
			d.space()
		case end:
			more = false
		default:
			d.fail("a comma or " + strconv.QuoteRune(rune(end)) + " is expected")
		}
	}
	if d.peek() != end {
		d.fail("the closing " + strconv.QuoteRune(rune(end)) + " is missing")
	}
	if d.reason != "" {
		return nil
	}
	d.i++
	if len(d.pending) > first {
		n.Children = d.closed(d.pending[first:])
	}
	d.pending = d.pending[:first]
	if kind == Object && !d.lim.KeepDuplicates {
		d.noDuplicates(n)
	}
	return n
}

// closed returns a copy of children that nothing else can grow into.
func (d *jsonDecoder) closed(children []*Node) []*Node {
	k := len(children)
	if k > len(d.lists) {
		if k > 64 {
			return slices.Clone(children)
		}
		d.lists = make([]*Node, max(k, min(256, 1+(len(d.s)-d.i)/16)))
	}
	out := d.lists[:k:k]
	d.lists = d.lists[k:]
	copy(out, children)
	return out
}

func (d *jsonDecoder) noDuplicates(n *Node) {
	for name := range n.repeated() {
		d.fail(fmt.Sprintf("the object that ends here has %q more than once", clip(name)))
	}
}

func (d *jsonDecoder) name() string {
	if d.peek() != '"' {
		d.fail("a member name in quotation marks is expected")
		return ""
	}
	name := d.text()
	d.space()
	if d.peek() != ':' {
		d.fail("a colon is expected after the member name")
		return ""
	}
	d.i++
	d.space()
	return name
}

// clip shortens a name from a foreign document for an error text.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "…"
}
