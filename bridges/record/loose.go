package record

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Loose reduces a label to what is compared where people type labels: letters and digits, lower case.
func Loose(label string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(label) {
		if isWordRune(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// MatchLoosely makes paths find the members of n, and of the objects below it, as people type labels: "First Name",
// "first name:" and "FIRST_NAME" are one. A member that is spelled exactly so is preferred. A name that n has not is
// looked for one section (an object among the members) below, and found when one section alone has it, because headings
// come and go in forms. DecodeForm returns such a tree.
func (n *Node) MatchLoosely() {
	n.loose = n.Kind == Object
	for _, c := range n.Children {
		c.MatchLoosely()
	}
}

// looseMember returns the object, n or a section of it, that has a member alike name, and how that member is spelled.
// It returns n and name when there is none.
func (n *Node) looseMember(name string) (*Node, string) {
	if exact, found := n.spelled(name); found {
		return n, exact
	}
	var section *Node
	spelled := name
	for _, c := range n.Children {
		if c.Kind != Object || !c.loose {
			continue
		}
		if exact, found := c.spelled(name); found {
			if section != nil {
				return n, name
			}
			section, spelled = c, exact
		}
	}
	if section == nil {
		return n, name
	}
	return section, spelled
}

// spelled returns the name of the member that is called exactly, or else loosely, so.
func (n *Node) spelled(name string) (string, bool) {
	alike, found := "", false
	for _, c := range n.Children {
		if c.Name == name {
			return name, true
		}
		if !found && looselyEqual(c.Name, name) {
			alike, found = c.Name, true
		}
	}
	return alike, found
}

// looselyEqual reports whether two labels have one Loose form that is not empty. It allocates nothing.
func looselyEqual(a, b string) bool {
	if a == "" || b == "" || (a[0] == '@' || a[0] == '#') != (b[0] == '@' || b[0] == '#') {
		return false
	}
	some := false
	for {
		ra, na := nextWordRune(a)
		rb, nb := nextWordRune(b)
		if ra != rb {
			return false
		}
		if ra < 0 {
			return some
		}
		some = true
		a, b = a[na:], b[nb:]
	}
}

// nextWordRune returns the first letter or digit of s in lower case and the length up to its end, or -1.
func nextWordRune(s string) (rune, int) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r = unicode.ToLower(r); isWordRune(r) {
			return r, i
		}
	}
	return -1, 0
}
