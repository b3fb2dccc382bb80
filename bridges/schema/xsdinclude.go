package schema

import (
	"path"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// mostIncluded is how many files a schema may be made of, and mostDeclared how many declarations it may then have at its top.
const (
	mostIncluded = 50
	mostDeclared = 20_000
)

// include puts what a schema includes in its place, as far as that lies beside it and speaks of the same namespace, or of
// none. What is left stays an include, and Unchecked says so.
func include(schema *record.Node, beside func(name string) ([]byte, error)) {
	seen := map[string]bool{} // by name; false of what cannot be a part, and is read no second time
	for i := 0; i < len(schema.Children) && len(schema.Children) < mostDeclared; {
		c := schema.Children[i]
		name := path.Base(strings.ReplaceAll(c.Value("@schemaLocation"), `\`, "/"))
		is, before := seen[name]
		if c.Name != "include" || before && !is || !before && len(seen) >= mostIncluded {
			i++
			continue
		}
		var declared []*record.Node
		if !before {
			part := partOf(schema, name, beside)
			if seen[name] = part != nil; part == nil {
				i++
				continue
			}
			declared = slices.DeleteFunc(part.Children, func(n *record.Node) bool { return strings.HasPrefix(n.Name, "@") })
		}
		schema.Children = slices.Replace(schema.Children, i, i+1, declared...)
	}
}

// partOf reads a file that a schema includes; nil when it cannot be a part of it.
func partOf(schema *record.Node, name string, beside func(name string) ([]byte, error)) *record.Node {
	b, err := beside(name)
	if err != nil {
		return nil
	}
	part, err := record.DecodeXML(b, record.Limits{})
	if err != nil || !isXSD(part) {
		return nil
	}
	if target := part.Value("@targetNamespace"); target != "" && target != schema.Value("@targetNamespace") {
		return nil
	}
	if part.Value("@elementFormDefault") != schema.Value("@elementFormDefault") {
		return nil // its elements are written otherwise
	}
	return part
}
