package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"referworks/bridges/record"
	"referworks/protocol"
)

// FromReferral converts a referral to a record of ours. What our record has no place for goes as text into the place that
// the document names for it, and into the report. A referral that this organization's own mapping made gets its
// extra facts back where they stood. The error is *Hold when a person must look first; record and report are there in both
// cases. The referral is not changed.
func (m *Mapping) FromReferral(ref *protocol.Referral, ctx Context) (*record.Node, *Report, error) {
	out := m.outgo(ref, &ctx)
	out.leftovers()
	return out.finish()
}

func (m *Mapping) outgo(ref *protocol.Referral, ctx *Context) *outgo {
	out := &outgo{m: m, ctx: ctx, ref: ref, rec: record.NewObject(), report: m.newReport("out"), used: make(map[protocol.Slot]bool, len(m.rules)+64)}
	out.rows = m.fieldReports(out.report, false)
	out.scope(&outFrame{scope: m.root, item: out.rec, std: reflect.ValueOf(ref).Elem()})
	out.required()
	return out
}

func (out *outgo) finish() (*record.Node, *Report, error) {
	if len(out.hold) > 0 {
		return out.rec, out.report, &Hold{Reasons: out.hold}
	}
	return out.rec, out.report, nil
}

// outgo is one conversion into our record.
type outgo struct {
	m       *Mapping
	ctx     *Context
	ref     *protocol.Referral
	rec     *record.Node
	report  *Report
	rows    rows
	used    map[protocol.Slot]bool // leaves that a rule has consumed
	skipped map[protocol.Slot]bool // leaves whose rule says that they stay behind when they do not fit
	written []written              // for the letter
	slots   []protocol.Slot        // that the rule at hand has read
	hold    []HoldReason
	running call // one rule runs at a time
}

// written is one value in our record.
type written struct {
	rule  *rule
	frame *outFrame
	text  string
	slots []protocol.Slot
}

// outFrame is one run of a scope: the referral, or one item of a list of the standard.
type outFrame struct {
	scope  *scope
	parent *outFrame
	std    reflect.Value
	item   *record.Node // ours; made when something is written into it
	number int          // of the item, from 1
}

func (out *outgo) scope(f *outFrame) {
	for _, r := range f.scope.rules {
		if r.out && !r.always {
			out.rule(f, r)
		}
	}
	for _, child := range f.scope.children {
		skip := child.skipFirst
		for _, item := range items(f.std, child.std) {
			if skip {
				skip = false
				continue
			}
			below := &outFrame{scope: child, parent: f, std: item}
			out.scope(below)
			if below.item != nil {
				out.constants(below)
			}
		}
	}
	if f.parent == nil {
		out.constants(f)
	}
}

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

// one follows steps and takes the first item of each list.
func one(from reflect.Value, steps []stdStep) reflect.Value {
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
	}
	return from
}

// constants writes what our record always has, into items that are there.
func (out *outgo) constants(f *outFrame) {
	for _, r := range f.scope.rules {
		if r.out && r.always && out.holdsStandard(f, r) {
			out.slots = nil
			out.put(f, r, r.locals[0], textValue(r.fills))
			out.rows.of(r).note(Defaulted, "")
		}
	}
}

func (out *outgo) rule(f *outFrame, r *rule) {
	if !out.holdsStandard(f, r) {
		return
	}
	out.running = call{m: out.m, ctx: out.ctx, rule: r, status: Empty, values: &out.report.Values}
	c := &out.running
	slots, v := out.read(f, r, c)
	if v.kind == nothing {
		if r.doc.DefaultLocal != "" && (f.parent == nil || f.item != nil) {
			out.slots = nil
			out.put(f, r, r.locals[0], textValue(r.doc.DefaultLocal))
			c.note(Defaulted, "")
		}
	} else {
		c.note(OK, "")
		if !v.raw {
			v = back(c, r, v)
		}
		out.slots = slots
		if v.kind != failed {
			out.write(f, r, c, &v)
		}
		if v.kind != failed || r.doc.OnFailure == "skip" {
			out.use(slots, v.kind == failed)
			out.chosen(f, r)
		}
	}
	if v.kind == failed && r.doc.OnFailure == "hold" {
		c.note(Held, c.reason)
	}
	if c.status == Held {
		out.hold = append(out.hold, HoldReason{Path: r.std.general, Local: firstOf(r.doc.Local...), Label: r.label, Rule: r.doc.ID,
			Sentence: fmt.Sprintf("%s: %s.", r.label, c.reason)})
	}
	out.rows.of(r).note(c.status, c.reason)
}

func (out *outgo) use(slots []protocol.Slot, skipped bool) {
	for _, s := range slots {
		out.used[s] = true
		if skipped {
			out.skipped = set(out.skipped, s)
		}
	}
}

// chosen marks the members by whose values the rule has chosen its items: use=legal, role=adverse.
func (out *outgo) chosen(f *outFrame, r *rule) {
	for at := f; at.parent != nil; at = at.parent {
		for _, m := range at.scope.std[len(at.scope.std)-1].match {
			out.used[slotOf(at.std.Field(m.index))] = true
		}
	}
	if !r.chooses {
		return
	}
	at := f.std
	for i := range r.rest {
		if at = one(at, r.rest[i:i+1]); !at.IsValid() {
			return
		}
		for _, m := range r.rest[i].match {
			out.used[slotOf(at.Field(m.index))] = true
		}
	}
}

func set(m map[protocol.Slot]bool, s protocol.Slot) map[protocol.Slot]bool {
	if m == nil {
		m = map[protocol.Slot]bool{}
	}
	m[s] = true
	return m
}

func back(c *call, r *rule, v value) value {
	for i := len(r.steps) - 1; i >= 0; i-- {
		if v = r.steps[i].back(c, v); v.kind == failed || v.kind == nothing {
			return v
		}
	}
	return v
}

// read takes the rule's leaves from the referral.
func (out *outgo) read(f *outFrame, r *rule, c *call) ([]protocol.Slot, value) {
	if n := len(r.rest); n > 0 && r.rest[n-1].list && r.std.leaf {
		return out.readList(f, r, c)
	}
	at := one(f.std, r.rest)
	if !at.IsValid() {
		return nil, value{}
	}
	if !r.std.leaf {
		return out.readGroup(at, r)
	}
	slot := slotOf(at)
	return []protocol.Slot{slot}, out.valueOf(slot, r, c)
}

// readGroup takes all members of a group that the rule's function knows of; of a name also the whole name, from which a
// part may have to be guessed.
func (out *outgo) readGroup(at reflect.Value, r *rule) ([]protocol.Slot, value) {
	var slots []protocol.Slot
	v := value{kind: nothing}
	own := map[string]bool{}
	for _, t := range r.target {
		own[t.name] = true
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

// readList takes a list of single values: all of them for a function that joins, otherwise the one that fits best.
func (out *outgo) readList(f *outFrame, r *rule, c *call) ([]protocol.Slot, value) {
	var slots []protocol.Slot
	v := value{kind: list}
	combines := r.many || len(r.steps) > 0 && isSplit(r.steps[len(r.steps)-1])
	last := len(r.rest) - 1
	parent := one(f.std, r.rest[:last])
	if !parent.IsValid() {
		return nil, value{}
	}
	for _, at := range items(parent, r.rest[last:]) {
		slot := slotOf(at)
		if combines {
			slots = append(slots, slot)
			if slot.Given() {
				v.list = append(v.list, slot.Text())
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
	if combines {
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

func isSplit(s spec) bool {
	f, ok := s.function.(joinFunction)
	return ok && f.split
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
		coding := protocol.Coding{System: r.table.doc.System, Code: slot.Text()}
		if coded, ok := slot.(*protocol.Coded); ok {
			coding = coded.Coding()
		}
		return value{kind: coded, coding: coding}
	}
	return value{kind: single, text: slot.Text()}
}

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
	node := &record.Node{Kind: r.local, Text: v.text}
	switch {
	case v.raw:
		node.Kind = record.Text
	case r.local == record.Number:
		if _, err := record.EncodeJSON(node); err != nil {
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
		*item = *node
		item.Name = name
	} else if err := item.Set(path, node); err != nil {
		return "our place cannot take it, because another rule has put a single value around it"
	}
	out.written = append(out.written, written{rule: r, frame: f, text: v.text, slots: out.slots})
	return ""
}

func (out *outgo) required() {
	for _, r := range out.m.rules {
		row := out.rows.of(r)
		if !r.doc.Required || row == nil || row.Status != Empty {
			continue
		}
		row.note(Missing, "it is required and is empty")
		if r.doc.OnFailure == "hold" {
			row.note(Held, "it is required and is empty")
			out.hold = append(out.hold, HoldReason{Path: row.Path, Local: firstOf(r.doc.Local...), Label: r.label, Rule: r.doc.ID,
				Sentence: r.label + ": it is required and is empty."})
		}
	}
}

func (out *outgo) holdsStandard(f *outFrame, r *rule) bool {
	if r.when == nil {
		return true
	}
	for i := range r.when.std {
		c := &r.when.std[i]
		from := reflect.ValueOf(out.ref).Elem()
		if c.inside {
			from = f.std
		}
		text := ""
		if at := one(from, c.steps); at.IsValid() {
			text = slotOf(at).Text()
		}
		if !c.holds(text) {
			return false
		}
	}
	return true
}
