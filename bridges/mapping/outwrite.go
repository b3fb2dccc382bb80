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
	last.Step, last.Index = record.Item, len(up.Find(f.scope.local))
	node := &record.Node{}
	if err := up.Set(path, node); err != nil {
		return node // the compiler has refused paths that lie inside values
	}
	f.item, f.number = up.First(path), last.Index+1
	return f.item
}

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
