package schema

import (
	"slices"

	"referworks/bridges/record"
)

// labelMembers name what an item of a list of facts is: {"displayName": "First name", "value": "Ana"}.
var labelMembers = []string{"displayName", "label", "name", "key", "question", "field"}

// mostGroups bounds the items of one list that are told apart.
const mostGroups = 40

// grouper gives the fields' places in one record. It remembers the lists that it has looked into: a record may have many
// leaves in one list.
type grouper struct {
	root  *record.Node
	lists map[string][]*record.Node
}

// place is a path with a condition at every list whose items are told apart by what they say of themselves, and [] at
// every other: the entries of a FHIR bundle by the type of their resource, facts with a label by the label.
func (g *grouper) place(p record.Path) string {
	q := slices.Clone(p)
	for i := range q {
		if q[i].Step != record.Item {
			continue
		}
		if m, ok := selector(g.items(p[:i+1]), p[i].Index, p[i+1:]); ok {
			q[i].Step, q[i].Match = record.Where, []record.Match{m}
		} else {
			q[i].Step = record.Each
		}
		q[i].Index = 0
	}
	return q.String()
}

func (g *grouper) items(p record.Path) []*record.Node {
	list := slices.Clone(p)
	last := &list[len(list)-1]
	last.Step, last.Index = record.Each, 0
	key := list.String()
	items, known := g.lists[key]
	if !known {
		items = g.root.Find(list)
		g.lists[key] = items
	}
	return items
}

// selector gives the condition that an item of a list meets, for what stands at rest in it.
func selector(items []*record.Node, at int, rest record.Path) (record.Match, bool) {
	if at >= len(items) || len(items) > mostGroups || len(rest) == 0 {
		return record.Match{}, false
	}
	if kind := items[at].Member("resource").Value("resourceType"); kind != "" {
		return record.Match{Name: "resourceType", Value: kind, In: record.Path{{Name: "resource"}}}, rest[0].Name == "resource"
	}
	for _, name := range labelMembers {
		if rest[0].Name == "value" && len(items) > 1 && distinct(items, name) {
			return record.Match{Name: name, Value: items[at].Value(name)}, true
		}
	}
	return record.Match{}, false
}

// distinct reports whether every item has a text of its own under a name, beside a value.
func distinct(items []*record.Node, name string) bool {
	seen := map[string]bool{}
	for _, item := range items {
		text := item.Value(name)
		if text == "" || seen[text] || item.Member("value") == nil {
			return false
		}
		seen[text] = true
	}
	return true
}
