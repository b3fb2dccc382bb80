package mapping

import (
	"reflect"
	"slices"
	"strings"

	"referworks/protocol"
)

// items follows steps from a struct; the last enters a list. Lists on the way give all their items.
func items(from reflect.Value, steps []stdStep) []reflect.Value {
	at := []reflect.Value{from}
	for i := range steps {
		s := &steps[i]
		var next []reflect.Value
		for _, v := range at {
			field := v.Field(s.index)
			if !s.list {
				next = append(next, field)
				continue
			}
			for j := range field.Len() {
				if item := field.Index(j); s.accepts(item) {
					next = append(next, item)
				}
			}
		}
		at = next
	}
	return at
}

// one follows steps and takes the first item of each list. It notes the members by whose values items were chosen
// (use=legal, role=adverse): whoever consumes the item knows them too.
func (out *outgo) one(from reflect.Value, steps []stdStep) reflect.Value {
	for i := range steps {
		s := &steps[i]
		field := from.Field(s.index)
		if !s.list {
			from = field
			continue
		}
		from = reflect.Value{}
		for j := range field.Len() {
			if item := field.Index(j); s.accepts(item) {
				from = item
				break
			}
		}
		if !from.IsValid() {
			return from
		}
		out.choose(s, from)
	}
	return from
}

func (out *outgo) choose(s *stdStep, item reflect.Value) {
	for i := range s.match {
		out.chosen = append(out.chosen, slotOf(item.Field(s.match[i].index)))
	}
}

// read takes the rule's leaves from the referral.
func (out *outgo) read(f *outFrame, r *rule, c *call) ([]protocol.Slot, value) {
	out.chosen = out.chosen[:0]
	for at := f; at.parent != nil; at = at.parent {
		out.choose(&at.scope.std[len(at.scope.std)-1], at.std)
	}
	if n := len(r.rest); n > 0 && r.rest[n-1].list && r.std.leaf {
		return out.readList(f, r, c)
	}
	at := out.one(f.std, r.rest)
	if !at.IsValid() {
		return nil, value{}
	}
	if !r.std.leaf {
		return out.readGroup(at, r)
	}
	out.read1[0] = slotOf(at)
	return out.read1[:], out.valueOf(out.read1[0], r, c)
}

// readGroup takes all members of a group that the rule's function knows of; of a name also the whole name, from which a
// part may have to be guessed.
func (out *outgo) readGroup(at reflect.Value, r *rule) ([]protocol.Slot, value) {
	var slots []protocol.Slot
	v := value{kind: nothing}
	own := map[string]bool{}
	for _, t := range r.target {
		own[t.name] = true
		if t.items != nil {
			if text, lines := textOfItems(at.Field(t.index)); text != "" {
				v.kind = group
				v.parts, slots = append(v.parts, part{t.name, text}), append(slots, lines...)
			}
			continue
		}
		slot := slotOf(at.Field(t.index))
		if slot.Given() {
			v.kind = group
			v.parts = append(v.parts, part{t.name, slot.Text()})
			slots = append(slots, slot)
		}
	}
	if f, ok := r.steps[len(r.steps)-1].function.(nameFunction); ok && f.part != "" {
		names := members(r.std.typ)
		for _, name := range append([]string{"full"}, nameParts...) {
			if slot := slotOf(at.Field(slices.Index(names, name))); !own[name] && slot.Given() {
				v.parts = append(v.parts, part{name, slot.Text()})
				v.kind = group
			}
		}
	}
	return slots, v
}

// textOfItems is a list of texts, each in a line.
func textOfItems(list reflect.Value) (string, []protocol.Slot) {
	var slots []protocol.Slot
	var lines []string
	for i := range list.Len() {
		if slot := slotOf(list.Index(i)); slot.Given() {
			slots, lines = append(slots, slot), append(lines, slot.Text())
		}
	}
	return strings.Join(lines, "\n"), slots
}

// readList takes a list of single values: all of them for a function that joins, otherwise the one that fits best.
func (out *outgo) readList(f *outFrame, r *rule, c *call) ([]protocol.Slot, value) {
	var slots []protocol.Slot
	v := value{kind: list}
	last := len(r.rest) - 1
	parent := out.one(f.std, r.rest[:last])
	if !parent.IsValid() {
		return nil, value{}
	}
	for _, at := range items(parent, r.rest[last:]) {
		slot := slotOf(at)
		if r.combines {
			slots = append(slots, slot)
			if slot.Given() {
				v.list = append(v.list, slot.Text())
				v.codes = append(v.codes, r.codingOf(slot))
			}
			continue
		}
		if out.used[slot] {
			continue
		}
		coded, isCoded := slot.(*protocol.Coded)
		if len(slots) == 0 || isCoded && r.table.table != nil && r.table.knows(coded.Coding()) {
			slots = []protocol.Slot{slot}
			if !isCoded || r.table.table == nil || r.table.knows(coded.Coding()) {
				break
			}
		}
	}
	if r.combines {
		if len(v.list) == 0 {
			return slots, value{}
		}
		return slots, v
	}
	if len(slots) == 0 {
		return nil, value{}
	}
	return slots, out.valueOf(slots[0], r, c)
}

// codingOf is the coding at a leaf, for the rule's value table; of a value of a closed list, the value is the code.
func (r *rule) codingOf(slot protocol.Slot) protocol.Coding {
	if leaf, ok := slot.(*protocol.Coded); ok {
		return leaf.Coding()
	}
	if r.table.table == nil {
		return protocol.Coding{}
	}
	return protocol.Coding{System: r.table.doc.System, Code: slot.Text()}
}

// valueOf reads one leaf for the way out. A reason for absence becomes our word for it, when we have one.
func (out *outgo) valueOf(slot protocol.Slot, r *rule, c *call) value {
	if why := slot.Absent(); why != "" {
		if word := out.m.words[why]; word != "" {
			return value{kind: single, text: word, raw: true}
		}
		return value{}
	}
	if !slot.Given() {
		return value{}
	}
	if r.table.table != nil {
		return value{kind: coded, coding: r.codingOf(slot)}
	}
	return value{kind: single, text: slot.Text()}
}
