package schema

import (
	"slices"
	"strings"

	"referworks/bridges/record"
)

// Limits on what is followed in a JSON Schema, which may refer to itself.
const (
	deepestSchema = 12
	mostOfSchema  = 5000
)

// isSchema reports whether a document is a JSON Schema and not a record.
func isSchema(n *record.Node) bool {
	props := n.Member("properties")
	return props != nil && props.Kind == record.Object && (n.Member("$schema") != nil || n.Value("type") == "object")
}

// schemaFields lists the leaves of a JSON Schema in its order.
func schemaFields(root *record.Node) []Field {
	s := &schemaWalk{root: root}
	s.visit(nil, root, 0)
	return s.fields
}

type schemaWalk struct {
	root      *record.Node
	fields    []Field
	following []string // references on the way here
	request   bool     // what only answers have is left out
	steps     int
}

func (s *schemaWalk) visit(path record.Path, n *record.Node, depth int) {
	if s.steps++; n == nil || n.Kind != record.Object || depth > deepestSchema || len(s.fields) >= mostOfSchema || s.steps > mostSteps {
		return
	}
	if s.request && n.Value("readOnly") == "true" {
		return
	}
	if ref := n.Value("$ref"); ref != "" {
		if slices.Contains(s.following, ref) {
			return // a person's parent has a parent: once is enough
		}
		if target := s.at(ref); target != nil {
			s.following = append(s.following, ref)
			s.visit(path, target, depth+1)
			s.following = s.following[:len(s.following)-1]
			return
		}
	}
	if items := n.Member("items"); items != nil && len(path) > 0 {
		in := append(record.Path{}, path...)
		in[len(in)-1].Step = record.Each
		s.visit(in, items, depth+1)
		return
	}
	inside := false
	if props := n.Member("properties"); props != nil {
		for _, p := range props.Children {
			inside = true
			s.visit(append(append(record.Path{}, path...), record.Segment{Name: p.Name}), p, depth+1)
		}
	}
	for _, kind := range []string{"allOf", "anyOf", "oneOf"} {
		if choices := n.Member(kind); choices != nil {
			for _, c := range choices.Children {
				if branches(c) {
					inside = true
					s.visit(path, c, depth+1)
				}
			}
		}
	}
	if !inside && len(path) > 0 {
		s.leaf(path.String(), n)
	}
}

// branches reports whether a choice holds fields of its own, and is not only another kind of the same value.
func branches(n *record.Node) bool {
	return n.Member("properties") != nil || n.Member("items") != nil || n.Value("$ref") != ""
}

// at follows a reference within the document.
func (s *schemaWalk) at(ref string) *record.Node {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	n := s.root
	for _, name := range strings.Split(rest, "/") {
		if n = n.Member(strings.NewReplacer("~1", "/", "~0", "~").Replace(name)); n == nil {
			return nil
		}
	}
	return n
}

func (s *schemaWalk) leaf(path string, n *record.Node) {
	for _, f := range s.fields {
		if f.Path == path {
			return
		}
	}
	f := Field{Path: path, Label: n.Value("title"), Kind: schemaKind(n)}
	if enum := n.Member("enum"); enum != nil {
		for _, e := range enum.Children {
			if e.Leaf() && e.Kind != record.Null {
				f.Values = append(f.Values, Word{Text: e.Text})
			}
		}
	}
	for _, name := range []string{"example", "default"} {
		if e := n.Member(name); e != nil && e.Leaf() && e.Text != "" {
			f.Examples = append(f.Examples, e.Text)
		}
	}
	s.fields = append(s.fields, f)
}

// schemaKind gives the kind of a leaf; null beside another kind does not count.
func schemaKind(n *record.Node) string {
	switch n.Value("format") {
	case "date":
		return "date"
	case "date-time":
		return "datetime"
	}
	kinds := n.Value("type")
	if list := n.Member("type"); list != nil && list.Kind == record.List {
		for _, k := range list.Children {
			kinds += " " + k.Text
		}
	}
	for _, k := range []struct{ name, kind string }{{"string", "text"}, {"boolean", "bool"}, {"integer", "number"}, {"number", "number"}} {
		if strings.Contains(kinds, k.name) {
			return k.kind
		}
	}
	return "null"
}
