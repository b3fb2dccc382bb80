package record

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Step tells how a Segment goes into a list.
type Step uint8

// The steps. A list in JSON is a List; in XML it is elements of one name beside each other. Each, Item and
// Where treat both alike, and a single value as a list of one.
const (
	Plain Step = iota // a member, the first when several have the name
	Each              // name[]: every item
	Item              // name[2]: one item, from 0
	Where             // name[kind=mobile,resource.type=x]: the items whose members have these texts
)

// Match is one condition of a Where step: the member Name has the text Value. In is the way from the item to the object
// that has the member: names, and lists as [] of which any item will do; empty for a member of the item itself.
type Match struct {
	Name, Value string
	In          Path
}

// Segment is one part of a Path.
type Segment struct {
	Name  string
	Self  bool   // no member is named: the list at hand is entered, the root list or a list in a list
	Space string // namespace URI that an XML element must have; "" for any
	Step  Step
	Index int
	Match []Match
	// Follow goes on at the resource that what was found refers to, as FHIR does: name->
	Follow bool
}

// Path names a place, or places, in a tree. The empty Path is the root.
type Path []Segment

// maxPath bounds what ParsePath reads, in bytes.
const maxPath = 2000

// PathError says what is wrong with a path and where, from 1 in bytes.
type PathError struct {
	Path   string
	At     int
	Reason string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("path %q, character %d: %s", e.Path, e.At, e.Reason)
}

// ParsePath reads the one notation for places:
//
//	a.b                                     a member of a member
//	list[]  list[0]                         all items, one item
//	list[kind=mobile,use=home].value        the items with these members; Set makes the item when it is missing
//	entry[resource.resourceType=Patient]    the same with a member further down
//	identifier[type.coding[].code=MR]       and through a list, of which any item will do
//	@attr  "First Name"                     an attribute, a name with other characters
//	entry[resource.resourceType=Task].resource.for->name[].family
//	                                        -> goes on at the resource that a FHIR reference names
//
// Names and match values with other characters than letters, digits and _ - @ # $ : / + stand in double quotes,
// with \" and \\ inside. "" and "." are the root.
func ParsePath(s string) (Path, error) {
	if s == "" || s == "." {
		return Path{}, nil
	}
	if len(s) > maxPath {
		return nil, &PathError{Path: s[:40] + "…", At: maxPath, Reason: "is too long"}
	}
	if !utf8.ValidString(s) {
		return nil, &PathError{Path: strings.ToValidUTF8(s, "?"), At: 1, Reason: "is not UTF-8 text"}
	}
	p := pathParser{s: s}
	path, reason := p.path()
	if reason != "" {
		return nil, &PathError{Path: s, At: p.i + 1, Reason: reason}
	}
	return path, nil
}

// MustPath is ParsePath for paths written in the program; it panics on a wrong one.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

// String writes the path in the notation that ParsePath reads; equal paths have equal strings.
func (p Path) String() string {
	if len(p) == 0 {
		return "."
	}
	if len(p) == 1 && p[0].Step == Plain && !p[0].Self && !p[0].Follow && bare(p[0].Name) {
		return p[0].Name
	}
	var b strings.Builder
	for i, seg := range p {
		if i > 0 && !seg.Self && !p[i-1].Follow {
			b.WriteByte('.')
		}
		if !seg.Self {
			writeWord(&b, seg.Name)
		}
		switch seg.Step {
		case Each:
			b.WriteString("[]")
		case Item:
			b.WriteString("[" + strconv.Itoa(seg.Index) + "]")
		case Where:
			for j, m := range seg.Match {
				b.WriteByte("[,"[min(j, 1)])
				if len(m.In) > 0 {
					b.WriteString(m.In.String())
					b.WriteByte('.')
				}
				writeWord(&b, m.Name)
				b.WriteByte('=')
				writeWord(&b, m.Value)
			}
			b.WriteByte(']')
		}
		if seg.Follow {
			b.WriteString("->")
		}
	}
	return b.String()
}

func writeWord(b *strings.Builder, s string) {
	if bare(s) {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s))
	b.WriteByte('"')
}

// bare reports whether a word may stand without quotation marks.
func bare(s string) bool {
	for _, r := range s {
		if !bareRune(r) {
			return false
		}
	}
	return s != ""
}

// Bind resolves the prefixes of names like ref:Client through namespaces (prefix to URI) and returns the
// bound path; names with a prefix that is not listed stay whole.
func (p Path) Bind(namespaces map[string]string) Path {
	out := make(Path, len(p))
	copy(out, p)
	for i := range out {
		out[i].Name, out[i].Space = bindName(out[i].Name, out[i].Space, namespaces)
		if len(out[i].Match) == 0 {
			continue
		}
		bound := make([]Match, len(out[i].Match))
		for j, m := range out[i].Match {
			m.Name, _ = bindName(m.Name, "", namespaces)
			m.In = m.In.Bind(namespaces)
			bound[j] = m
		}
		out[i].Match = bound
	}
	return out
}

func bindName(name, space string, namespaces map[string]string) (string, string) {
	mark := ""
	if strings.HasPrefix(name, "@") {
		mark, name = "@", name[1:]
	}
	prefix, local, found := strings.Cut(name, ":")
	if uri, known := namespaces[prefix]; found && known && local != "" {
		return mark + local, uri
	}
	return mark + name, space
}

// Lists reports how many segments enter a list.
func (p Path) Lists() int {
	n := 0
	for _, seg := range p {
		if seg.Step != Plain {
			n++
		}
	}
	return n
}
