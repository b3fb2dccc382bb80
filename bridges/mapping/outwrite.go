package mapping

import (
	"slices"

	"referworks/bridges/record"
)

// write puts a converted value into our record. On failure it sets v to failed.
func (out *outgo) write(f *outFrame, r *rule, c *call, v *value) {
	switch v.kind {
	case nothing:
		return
	case list:
		out.writeList(f, r, c, v)
		return
	case coded, group:
		*v = c.fail("our place takes a single value")
		return
	}
	if len(r.locals) > 1 {
		v.list = []string{v.text}
		out.writeList(f, r, c, v)
		return
	}
	if sentence := out.put(f, r, r.locals[0], *v); sentence != "" {
		*v = c.fail(sentence)
	}
}

// writeList spreads a list over the rule's places; what is more goes, joined, into the last.
func (out *outgo) writeList(f *outFrame, r *rule, c *call, v *value) {
	if len(r.locals) == 1 && r.locals[0].Lists() > 0 {
		at := r.locals[0]
		for i, text := range v.list {
			p := slices.Clone(at)
			p[len(p)-1].Step, p[len(p)-1].Index = record.Item, i
			out.put(f, r, p, textValue(text))
		}
		return
	}
	for i, text := range v.list {
		if i >= len(r.locals)-1 && len(v.list) > len(r.locals) {
			c.note(Narrowed, "there are more values than places of ours; the last place holds several")
			for _, more := range v.list[i+1:] {
				text += ", " + more
			}
			out.put(f, r, r.locals[len(r.locals)-1], textValue(text))
			return
		}
		out.put(f, r, r.locals[i], textValue(text))
	}
}

// item returns our item of the frame and makes it, in all frames above too.
func (out *outgo) item(f *outFrame) *record.Node {
	if f.item != nil {
		return f.item
	}
	up := out.item(f.parent)
	if f.item = out.sameKey(f, up); f.item != nil {
		return f.item
	}
	path := slices.Clone(f.scope.local)
	last := &path[len(path)-1]
	last.Step, last.Index = record.Item, out.place(f, up)
	f.number = last.Index + 1
	if f.item = up.First(path); f.item != nil { // a rule that names the item by its place made it
		return f.item
	}
	node := &record.Node{}
	if err := up.Set(path, node); err != nil {
		return node // the compiler has refused paths that lie inside values
	}
	f.item = up.First(path)
	return f.item
}

// filling is one list of ours while its items are made.
type filling struct {
	first *scope
	next  int // place of the next item
}

// place gives the position of the next item in a list of ours. The first list of the standard that goes into it begins
// at its beginning, beside what rules put there that name items by their places. What another list brings comes after
// all that: nothing says which of its items belong to which, and the report says so.
func (out *outgo) place(f *outFrame, up *record.Node) int {
	at := listAt{up, f.scope.whole.String()}
	l := out.lists[at]
	if l == nil {
		l = &filling{first: f.scope}
		if out.lists == nil {
			out.lists = map[listAt]*filling{}
		}
		out.lists[at] = l
	}
	switch {
	case l.first != f.scope:
		f.apart = true
	case !f.scope.picked:
		l.next++
		return l.next - 1
	}
	return len(up.Find(f.scope.local))
}

// standsApart is said of what has an item of its own beside items that another list made.
const standsApart = "it stands in an item of its own, because nothing says to which of the others it belongs"

// put writes one text at a path of ours; it returns a sentence when our place cannot take it.
func (out *outgo) put(f *outFrame, r *rule, path record.Path, v value) string {
	node := record.Node{Kind: r.local, Text: v.text}
	switch {
	case v.raw:
		node.Kind = record.Text
	case r.local == record.Number:
		if !record.IsNumber(v.text) {
			return "our place takes a number"
		}
	case r.local == record.Bool:
		if v.text != "true" && v.text != "false" {
			return "our place takes yes or no"
		}
	default:
		node.Kind = record.Text
	}
	item := out.item(f)
	if f.apart && r == out.running.rule {
		out.running.note(Flagged, standsApart)
	}
	if len(path) == 0 {
		name := item.Name
		*item = node
		item.Name = name
	} else if err := item.Set(path, &node); err != nil {
		return "our place cannot take it, because another rule has put a single value around it"
	}
	if !out.letter {
		return ""
	}
	out.written = append(out.written, written{rule: r, frame: f, text: v.text, slots: slices.Clone(out.slots)})
	return ""
}
