package record

import (
	"fmt"
	"slices"
)

// Find returns the nodes at the path, in document order. A step into a list takes a List's items, elements
// of one name beside each other, or a single value as a list of one; a null has no items. A reference that names
// nothing in the document leads nowhere.
func (n *Node) Find(p Path) []*Node {
	at, done := n.descend(p)
	if at == nil {
		return nil
	}
	found := []*Node{at}
	for i := done; i < len(p); i++ {
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

// descend goes down the plain steps that the path begins with, and returns where that leads, nil for nowhere, and how
// many steps it took. Most paths end there, and it allocates nothing.
func (n *Node) descend(p Path) (*Node, int) {
	for i := range p {
		if p[i].Step != Plain || p[i].Follow || p[i].Self {
			return n, i
		}
		if n = n.member(&p[i]); n == nil {
			return nil, i
		}
	}
	return n, len(p)
}

// member returns the first member that a step names, or nil.
func (n *Node) member(seg *Segment) *Node {
	if n.Kind != Object {
		return nil
	}
	name := seg.Name
	if n.loose {
		n, name = n.looseMember(name)
	}
	for _, c := range n.Children {
		if c.Name == name && (seg.Space == "" || c.Space == seg.Space) {
			return c
		}
	}
	return nil
}

// First returns the first node at the path, or nil.
func (n *Node) First(p Path) *Node {
	if at, done := n.descend(p); done == len(p) || at == nil {
		return at
	}
	if found := n.Find(p); len(found) > 0 {
		return found[0]
	}
	return nil
}

func (n *Node) step(seg *Segment, out []*Node) []*Node {
	if seg.Step == Plain {
		if c := n.member(seg); c != nil {
			return append(out, c)
		}
		return out
	}
	start := len(out)
	if seg.Self {
		out = n.items(out)
	} else if n.Kind == Object {
		out = n.members(seg, out)
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

// members appends the items of all members that a step names.
func (n *Node) members(seg *Segment, out []*Node) []*Node {
	name := seg.Name
	if n.loose {
		n, name = n.looseMember(name)
	}
	for _, c := range n.Children {
		if c.Name == name && (seg.Space == "" || c.Space == seg.Space) {
			out = c.items(out)
		}
	}
	return out
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
		at.target = nil // its reference may be what is set
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
		if at = n.member(seg); at == nil {
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
