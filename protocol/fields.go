package protocol

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Field is a leaf of the common standard.
type Field struct {
	Path      string // "person.names[].given"; "[]" stands for any position in a list
	Group     string // label of the group: "Referred person"
	Label     string // "Referred person - First name"; no two fields have the same
	Help      string
	Kind      LeafKind
	Class     Class    // of the value where it stands; a single value may be more sensitive, see Visit
	Repeats   bool     // the path holds "[]"
	Required  bool     // needed where its parent is there
	Answer    bool     // with Required: a reason for absence will do
	Values    []string // of a LeafChoice
	System    string   // of a LeafChoice the list, of a LeafCoded the usual code system, as protocol/codes names them
	Max       int      // runes of a text
	Technical bool     // set by nodes; mappings and screens leave it out
}

// Limits of texts and lists where a field has none of its own, in runes and entries.
const (
	MaxLine  = 500
	MaxLong  = 20_000
	MaxItems = 20
)

// Fields gives every leaf of the standard in its order.
func Fields() []Field { return slices.Clone(theStandard().fields) }

// FieldAt gives the field of a path, which may be concrete ("person.names[0].given").
func FieldAt(path string) (Field, bool) {
	n := theStandard().byPath[generalPath(path)]
	if n == nil || !n.isLeaf() {
		return Field{}, false
	}
	return *n.field, true
}

// Label gives the label of a field or of a part of the standard ("person", "person.names"), or the path itself
// when it is not known. The path may be concrete.
func Label(path string) string {
	if n := theStandard().byPath[generalPath(path)]; n != nil {
		return n.label
	}
	return path
}

// node is a place in the standard: a group, a list or a leaf. The tree is made once from the struct tags.
type node struct {
	name      string // JSON member
	path      string // general; of a list with "[]"
	label     string
	index     int // of the struct field in the parent
	list      bool
	max       int // entries of the list
	required  string
	children  []*node // of a group
	field     *Field  // of a leaf
	typ       reflect.Type
	sensitive bool // the group may raise the class of its leaves
}

func (n *node) isLeaf() bool { return n.field != nil }

type standard struct {
	root   *node
	fields []Field
	byPath map[string]*node
}

var theStandard = sync.OnceValue(func() *standard {
	s := &standard{byPath: map[string]*node{}}
	s.root = &node{typ: reflect.TypeFor[Referral]()}
	s.root.children = s.build(s.root.typ, inherited{})
	s.collect(s.root)
	return s
})

// inherited is what a part passes on to what is inside it.
type inherited struct {
	path, group, prefix string
	class               Class
	repeats             bool
}

var leafType = reflect.TypeFor[Leaf]()

// sensitivity is what a group implements whose values decide how sensitive its leaves are.
type sensitivity interface{ sensitivity(own Class) Class }

func (s *standard) build(t reflect.Type, in inherited) []*node {
	var all []*node
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		n := &node{name: name, index: i, typ: f.Type, required: f.Tag.Get("required")}
		below := in
		below.path = strings.TrimPrefix(in.path+"."+name, ".")
		if n.list = f.Type.Kind() == reflect.Slice; n.list {
			n.typ, n.max, below.repeats = f.Type.Elem(), MaxItems, true
			below.path += "[]"
		}
		below.class = max(in.class, Class(f.Tag.Get("class")))
		limit, _ := strconv.Atoi(f.Tag.Get("max"))
		if n.list && limit > 0 {
			n.max = limit
		}
		if g := f.Tag.Get("group"); g != "" {
			below.group, n.label = g, g
		} else {
			n.label = joinLabel(in.group, in.prefix, f.Tag.Get("label"))
		}
		if p := f.Tag.Get("prefix"); p != "" {
			below.prefix = strings.TrimSpace(in.prefix + " " + p)
		}
		n.path = below.path
		if n.typ.Implements(leafType) {
			n.field = s.leaf(n, f.Tag, below, limit)
		} else {
			n.sensitive = reflect.PointerTo(n.typ).Implements(reflect.TypeFor[sensitivity]())
			n.children = s.build(n.typ, below)
		}
		all = append(all, n)
	}
	return all
}

func (s *standard) leaf(n *node, tag reflect.StructTag, in inherited, limit int) *Field {
	leaf := reflect.Zero(n.typ).Interface().(Leaf)
	f := &Field{
		Path: n.path, Group: in.group, Label: n.label, Help: tag.Get("help"), Kind: leaf.Kind(), Class: in.class,
		Repeats: in.repeats, Required: n.required != "", Answer: n.required == "answer",
		System: tag.Get("system"), Technical: tag.Get("technical") == "true",
	}
	if c, ok := leaf.(interface {
		values() []string
		system() string
	}); ok {
		f.Values, f.System = c.values(), c.system()
	}
	switch {
	case f.Kind == LeafLong:
		f.Max = MaxLong
	case f.Kind == LeafText || f.Kind == LeafEmail || f.Kind == LeafCoded:
		f.Max = MaxLine
	}
	if f.Max > 0 && limit > 0 && !n.list {
		f.Max = limit
	}
	return f
}

// joinLabel makes "Group - Prefix label", with a small first letter after a prefix.
func joinLabel(group, prefix, label string) string {
	if prefix != "" && label != "" {
		label = prefix + " " + strings.ToLower(label[:1]) + label[1:]
	} else {
		label = prefix + label
	}
	return group + " - " + label
}

func (s *standard) collect(n *node) {
	for _, c := range n.children {
		s.byPath[c.path] = c
		s.byPath[strings.TrimSuffix(c.path, "[]")] = c
		if c.isLeaf() {
			s.fields = append(s.fields, *c.field)
		}
		s.collect(c)
	}
}

// generalPath turns "a[3].b" into "a[].b".
func generalPath(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			b.WriteString(path)
			return b.String()
		}
		end := strings.IndexByte(path[open:], ']')
		if end < 0 {
			b.WriteString(path)
			return b.String()
		}
		b.WriteString(path[:open])
		b.WriteString("[]")
		path = path[open+end+1:]
	}
}
