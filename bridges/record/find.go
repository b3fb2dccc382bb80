package record

import (
	"fmt"
	"slices"
)

// Find returns the nodes at the path, in document order. A step into a list takes a List's items, elements
// of one name beside each other, or a single value as a list of one; a null has no items. A reference that names
// nothing in the document leads nowhere.
func (n *Node) Find(p Path) []*Node {
	found := []*Node{n}
	for i := range p {
		var next []*Node
		for _, at := range found {
			next = at.step(&p[i], next)
		}
		if p[i].Follow {
			next = followAll(n, next)
		}
		if len(next) == 0 {
			return nil
		}
		found = next
	}
	return found
}

// First returns the first node at the path, or nil.
func (n *Node) First(p Path) *Node {
	if found := n.Find(p); len(found) > 0 {
		return found[0]
	}
	return nil
}

func (n *Node) step(seg *Segment, out []*Node) []*Node {
	if n.loose && !seg.Self {
		if at, name := n.looseMember(seg.Name); at != n || name != seg.Name {
			named := *seg
			named.Name = name
			return at.namedStep(&named, out)
		}
	}
	return n.namedStep(seg, out)
}

func (n *Node) namedStep(seg *Segment, out []*Node) []*Node {
	if seg.Step == Plain {
		for _, c := range n.Children {
			if n.Kind == Object && c.is(seg) {
				return append(out, c)
			}
		}
		return out
	}
	start := len(out)
	if seg.Self {
		out = n.items(out)
	} else if n.Kind == Object {
		for _, c := range n.Children {
			if c.is(seg) {
				out = c.items(out)
			}
		}
	}
	switch seg.Step {
	case Item:
		if seg.Index >= len(out)-start {
			return out[:start]
		}
		out[start] = out[start+seg.Index]
		return out[:start+1]
	case Where:
		kept := out[:start]
		for _, item := range out[start:] {
			if item.matches(seg.Match) {
				kept = append(kept, item)
			}
		}
		return kept
	}
	return out
}

func (n *Node) is(seg *Segment) bool {
	return n.Name == seg.Name && (seg.Space == "" || n.Space == seg.Space)
}

func (n *Node) items(out []*Node) []*Node {
	switch n.Kind {
	case List:
		return append(out, n.Children...)
	case Null:
		return out
	}
	return append(out, n)
}

func (n *Node) matches(all []Match) bool {
	for i := range all {
		if !n.holds(&all[i], all[i].In) {
			return false
		}
	}
	return true
}

// holds reports whether the condition is true of n, below which the way in leads to the member.
func (n *Node) holds(m *Match, in Path) bool {
	if len(in) == 0 {
		member := n.Member(m.Name)
		return member != nil && member.Leaf() && member.Text == m.Value
	}
	var room [8]*Node
	for _, next := range n.step(&in[0], room[:0]) {
		if next.holds(m, in[1:]) {
			return true
		}
	}
	return false
}

// Set puts v at the path and builds what is missing on the way: objects, lists, the item that a condition
// asks for with its members. Each means the first item. Repeated elements are built as a List, which EncodeXML
// writes as elements beside each other. Set refuses to replace an object or a list by going through a leaf. A
// reference is followed only where the resource already stands: set the resource and the reference by paths of their own.
func (n *Node) Set(p Path, v *Node) error {
	if len(p) == 0 {
		name := n.Name
		*n = *v
		n.Name = name
		return nil
	}
	at := n
	for i := range p {
		next, err := at.enter(&p[i])
		if err != nil {
			return fmt.Errorf("setting %s: %w", p, err)
		}
		if p[i].Follow {
			if next = follow(n, next); next == nil {
				return fmt.Errorf("setting %s: %q refers to nothing in the document yet; set that resource and the reference first", p, p[i].Name)
			}
		}
		at = next
	}
	name, space, prefix := at.Name, at.Space, at.Prefix
	*at = *v
	at.Name, at.Space, at.Prefix = name, space, prefix
	return nil
}

// enter returns the node of one segment and makes it, as Null, when it is missing.
func (n *Node) enter(seg *Segment) (*Node, error) {
	at := n
	if !seg.Self {
		if n.Kind == Null {
			n.Kind = Object
		}
		if n.Kind != Object {
			return nil, fmt.Errorf("%q stands inside a %s", seg.Name, n.Kind)
		}
		at = nil
		if found := n.step(&Segment{Name: seg.Name, Space: seg.Space}, nil); len(found) > 0 {
			at = found[0]
		}
		if at == nil {
			at = n.Add(seg.Name, &Node{Space: seg.Space})
		}
	}
	if seg.Step == Plain {
		return at, nil
	}
	if at.Kind == Null {
		at.Kind = List
	}
	if at.Kind != List {
		return nil, fmt.Errorf("%q is a %s and not a list", seg.Name, at.Kind)
	}
	return at.enterItem(seg)
}

func (n *Node) enterItem(seg *Segment) (*Node, error) {
	if seg.Step == Where {
		for _, item := range n.Children {
			if item.matches(seg.Match) {
				return item, nil
			}
		}
		item := n.Append(&Node{Kind: Object})
		for _, m := range seg.Match {
			way := append(slices.Clone(m.In), Segment{Name: m.Name})
			if err := item.Set(way, NewText(m.Value)); err != nil {
				return nil, err
			}
		}
		return item, nil
	}
	if seg.Index > 10_000 {
		return nil, fmt.Errorf("item %d is too far", seg.Index)
	}
	for len(n.Children) <= seg.Index {
		n.Append(&Node{})
	}
	return n.Children[seg.Index], nil
}
