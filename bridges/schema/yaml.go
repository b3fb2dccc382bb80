package schema

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"referworks/bridges/record"
)

// decodeYAML reads a YAML document, of the kind that descriptions of APIs are written in, as the tree that JSON gives.
// What refers to another part of the document is written out, within the limit on nodes: a document of a few lines could
// stand for more than there is memory.
func decodeYAML(b []byte, most int) (*record.Node, error) {
	if len(b) > 16<<20 {
		return nil, errors.New("reading YAML: the document is larger than 16 MiB")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, errors.New("reading YAML: the document cannot be read")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, errors.New("reading YAML: the document is empty")
	}
	y := yamlReader{left: most}
	return y.node(doc.Content[0], 0)
}

type yamlReader struct{ left int }

func (y *yamlReader) node(n *yaml.Node, depth int) (*record.Node, error) {
	if y.left--; y.left < 0 {
		return nil, errors.New("reading YAML: the document stands for too many values")
	}
	if depth > 64 {
		return nil, fmt.Errorf("reading YAML: line %d: values are nested deeper than 64 levels", n.Line)
	}
	out := &record.Node{Line: int32(n.Line), Column: int32(n.Column)}
	switch n.Kind {
	case yaml.AliasNode:
		return y.node(n.Alias, depth+1)
	case yaml.MappingNode:
		out.Kind = record.Object
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := y.node(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out.Add(n.Content[i].Value, v)
		}
	case yaml.SequenceNode:
		out.Kind = record.List
		for _, c := range n.Content {
			v, err := y.node(c, depth+1)
			if err != nil {
				return nil, err
			}
			out.Append(v)
		}
	default:
		out.Kind, out.Text = record.Text, n.Value
		switch n.ShortTag() {
		case "!!bool":
			out.Kind = record.Bool
		case "!!int", "!!float":
			out.Kind = record.Number
		case "!!null":
			out.Kind, out.Text = record.Null, ""
		}
	}
	return out, nil
}
