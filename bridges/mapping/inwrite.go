package mapping

import (
	"reflect"
	"strconv"
	"strings"

	"referworks/protocol"
)

// write puts a converted value into the referral. On failure it sets v to failed.
func (in *intake) write(f *inFrame, r *rule, c *call, v *value) {
	if v.kind == nothing {
		return
	}
	base := in.target(f, true)
	if v.kind == list && len(r.rest) > 0 && r.rest[len(r.rest)-1].list {
		in.writeList(base, r, c, v)
		return
	}
	at := in.build.walk(base, r.rest, true)
	sentence := ""
	switch v.kind {
	case single:
		sentence = put(c, slotOf(at), r.limit(0), v.text)
	case coded:
		sentence = putCoded(c, slotOf(at), r.limit(0), v.coding)
	case group:
		for i, t := range r.target {
			if text := v.part(t.name); text == "" || sentence != "" {
				continue
			} else if t.items != nil {
				sentence = in.putItems(at, c, t.items, text)
			} else {
				sentence = put(c, slotOf(at.Field(t.index)), r.limit(i), text)
			}
		}
	default:
		sentence = "it is a list, and the standard has one value there"
	}
	if sentence != "" {
		c.note(Flagged, sentence)
		v.kind = failed
	}
}

// maxItems is how many texts the lists inside groups of the standard have room for: the lines of an address.
const maxItems = 6

// putItems writes the lines of a text as the items of a list; what is more goes joined into the last.
func (in *intake) putItems(group reflect.Value, c *call, s *stdStep, text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) > maxItems {
		lines[maxItems-1] = strings.Join(lines[maxItems-1:], ", ")
		lines = lines[:maxItems]
	}
	for i, line := range lines {
		if sentence := put(c, slotOf(in.build.item(group, s, "#"+strconv.Itoa(i), true)), 0, line); sentence != "" {
			return sentence
		}
	}
	return ""
}

func (in *intake) writeList(base reflect.Value, r *rule, c *call, v *value) {
	last := len(r.rest) - 1
	parent := in.build.walk(base, r.rest[:last], true)
	for i, text := range v.list {
		item := in.build.item(parent, &r.rest[last], "#"+strconv.Itoa(i), true)
		sentence := ""
		if v.codes != nil {
			sentence = putCoded(c, slotOf(item), r.limit(0), v.codes[i])
		} else {
			sentence = put(c, slotOf(item), r.limit(0), text)
		}
		if sentence != "" {
			c.note(Flagged, sentence)
			v.kind = failed
		}
	}
}

func slotOf(v reflect.Value) protocol.Slot { return v.Addr().Interface().(protocol.Slot) }

// limit is the number of characters that a target may have; 0 when there is none.
func (r *rule) limit(i int) int { return r.target[i].limit }

func (in *intake) putAbsent(f *inFrame, r *rule, why protocol.Absent) {
	at := in.build.walk(in.target(f, true), r.rest, true)
	if r.target[0].name != "" {
		at = at.Field(r.target[0].index)
	}
	slotOf(at).SetAbsent(why)
}

// fillScope writes constants, and defaults of rules that found nothing, into items that are there by now.
func (in *intake) fillScope(f *inFrame) {
	for _, r := range f.scope.rules {
		if r.in && r.fills != "" && in.holdsLocally(f, r) {
			in.fill(f, r)
		}
	}
	for _, below := range f.below {
		in.fillScope(below)
	}
}

func (in *intake) fill(f *inFrame, r *rule) {
	base := in.target(f, false)
	if !base.IsValid() {
		return
	}
	at := in.build.walk(base, r.rest, false)
	if !at.IsValid() {
		return
	}
	c := in.call(r)
	slot := at
	if r.target[0].name != "" {
		slot = at.Field(r.target[0].index)
	}
	leaf := slot.Addr().Interface().(protocol.Slot)
	if !leaf.IsZero() {
		return
	}
	sentence := ""
	if r.table.table != nil {
		sentence = putCoded(c, leaf, 0, r.table.forward(c, textValue(r.fills)).coding)
	} else {
		sentence = put(c, leaf, 0, r.fills)
	}
	if sentence != "" {
		c.note(Flagged, "the value that the mapping fills in does not fit: "+sentence)
	}
	c.note(Defaulted, "")
	in.rows.of(r).note(c.status, c.reason)
}
