package record

import "strings"

// fill returns n in the shape of pattern; neither is changed.
func fill(n, pattern *Node) *Node {
	out := *n
	out.Prefix, out.Space = pattern.Prefix, pattern.Space
	switch {
	case n.Kind == Object && pattern.Kind == Object:
		out.Children = fillMembers(n, pattern)
	case n.Kind == List:
		out.Children = make([]*Node, len(n.Children))
		for i, item := range n.Children {
			out.Children[i] = fill(item, pattern)
		}
	case n.Kind == Object:
		out.Children = make([]*Node, len(n.Children))
		for i, c := range n.Children {
			out.Children[i] = c.Clone()
			inherit(out.Children[i], pattern.Prefix, pattern.Space)
		}
	}
	return &out
}

func fillMembers(n, pattern *Node) []*Node {
	var out []*Node
	taken := make([]bool, len(n.Children))
	for _, p := range pattern.Children {
		for i, c := range n.Children {
			if !taken[i] && c.Name == p.Name && (c.Space == "" || c.Space == p.Space) {
				taken[i] = true
				out = append(out, fill(c, p))
			}
		}
	}
	for i, c := range n.Children {
		if taken[i] {
			continue
		}
		extra := c.Clone()
		if extra.Space == "" && !strings.HasPrefix(extra.Name, "@") {
			inherit(extra, pattern.Prefix, pattern.Space)
		}
		out = append(out, extra)
	}
	return out
}

// inherit puts an element that the sample lacks, and all below it, into its parent's namespace.
func inherit(n *Node, prefix, space string) {
	if n.Space != "" || strings.HasPrefix(n.Name, "@") {
		return
	}
	n.Prefix, n.Space = prefix, space
	for _, c := range n.Children {
		inherit(c, prefix, space)
	}
}
