package record

import "strings"

// followAll replaces each reference in found by the resource that it names; one that names none is left out.
func followAll(root *Node, found []*Node) []*Node {
	kept := found[:0]
	for _, n := range found {
		if target := follow(root, n); target != nil {
			kept = append(kept, target)
		}
	}
	return kept
}

// follow returns the resource that n, a FHIR reference or its text, names in the document: by the fullUrl of a
// bundle's entry, by type and id, or by "#id" among what the root contains. It returns nil when there is none.
func follow(root, n *Node) *Node {
	if n.target != nil {
		return n.target
	}
	text := referenceText(n)
	if text == "" {
		return nil
	}
	if id, local := strings.CutPrefix(text, "#"); local {
		return contained(root, id)
	}
	text, _, _ = strings.Cut(text, "/_history/")
	entries := root.Member("entry")
	if entries == nil || entries.Kind != List {
		return nil
	}
	for _, e := range entries.Children {
		if url := e.Value("fullUrl"); url == text && url != "" {
			return e.Member("resource")
		}
	}
	for _, e := range entries.Children {
		if r := e.Member("resource"); r != nil && namesResource(text, r.Value("resourceType"), r.Value("id")) {
			return r
		}
	}
	return nil
}

func referenceText(n *Node) string {
	if n.Kind == Text {
		return n.Text
	}
	return n.Value("reference")
}

// namesResource reports whether the text is Type/id, alone or at the end of an address.
func namesResource(text, kind, id string) bool {
	if kind == "" || id == "" || !strings.HasSuffix(text, kind+"/"+id) {
		return false
	}
	before := text[:len(text)-len(kind)-1-len(id)]
	return before == "" || strings.HasSuffix(before, "/")
}

func contained(resource *Node, id string) *Node {
	list := resource.Member("contained")
	if list == nil || id == "" {
		return nil
	}
	for _, c := range list.Children {
		if c.Value("id") == id {
			return c
		}
	}
	return nil
}

// link gives every reference of a FHIR document its resource, so that paths follow it from any place in the tree.
func link(root *Node) {
	if root.Value("resourceType") == "" {
		return
	}
	l := linker{root: root, byURL: map[string]*Node{}}
	if entries := root.Member("entry"); entries != nil {
		for _, e := range entries.Children {
			r := e.Member("resource")
			if r == nil {
				continue
			}
			for _, name := range []string{e.Value("fullUrl"), r.Value("resourceType") + "/" + r.Value("id")} {
				if _, taken := l.byURL[name]; !taken {
					l.byURL[name] = r
				}
			}
		}
	}
	l.node(root, root)
}

type linker struct {
	root  *Node
	byURL map[string]*Node // by fullUrl and by Type/id
}

func (l *linker) node(n, resource *Node) {
	if n.Kind == Object {
		if n.Member("resourceType") != nil && n.Name == "resource" {
			resource = n
		}
		if text := n.Value("reference"); text != "" {
			n.target = l.target(text, resource)
		}
	}
	for _, c := range n.Children {
		if !c.Leaf() {
			l.node(c, resource)
		}
	}
}

func (l *linker) target(text string, resource *Node) *Node {
	if id, local := strings.CutPrefix(text, "#"); local {
		return contained(resource, id)
	}
	text, _, _ = strings.Cut(text, "/_history/")
	if r, found := l.byURL[text]; found {
		return r
	}
	parts := strings.Split(text, "/")
	if len(parts) < 2 {
		return nil
	}
	return l.byURL[parts[len(parts)-2]+"/"+parts[len(parts)-1]]
}
