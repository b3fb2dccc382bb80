package mapping

import (
	"fmt"
	"reflect"

	"referworks/bridges/record"
	"referworks/protocol"
)

// FromReferral converts a referral to a record of ours. What our record has no place for goes as text into the place that
// the document names for it, and into the report. A referral that this organization's own mapping made gets its
// extra facts back where they stood. The error is *Hold when a person must look first; record and report are there in both
// cases. The referral is not changed.
func (m *Mapping) FromReferral(ref *protocol.Referral, ctx Context) (*record.Node, *Report, error) {
	out := m.outgo(ref, &ctx, false)
	out.leftovers()
	return out.finish()
}

func (m *Mapping) outgo(ref *protocol.Referral, ctx *Context, letter bool) *outgo {
	out := &outgo{m: m, ctx: ctx, ref: ref, letter: letter, rec: record.NewObject(), used: make(map[protocol.Slot]bool, 2*len(m.rules)+32)}
	out.rec.Children = make([]*record.Node, 0, len(m.rules)+16)
	out.report, out.rows = m.begin("out")
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
	m        *Mapping
	ctx      *Context
	ref      *protocol.Referral
	rec      *record.Node
	report   *Report
	rows     rows
	used     map[protocol.Slot]bool // leaves that a rule has consumed
	skipped  map[protocol.Slot]bool // leaves whose rule says that they stay behind when they do not fit
	letter   bool                   // a letter is wanted, and written is kept for it
	written  []written
	slots    []protocol.Slot // that the rule at hand has read
	hold     []HoldReason
	running  call // one rule runs at a time
	chosen   []protocol.Slot
	read1    [1]protocol.Slot
	lists    map[listAt]*filling
	arranged map[string]*arrangement
}

// listAt is a list of ours in one item of ours.
type listAt struct {
	in   *record.Node
	path string
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
	apart  bool         // another list of the standard made items of the same list of ours before
}

func (out *outgo) scope(f *outFrame) {
	for _, r := range f.scope.rules {
		if r.out && !r.always {
			out.rule(f, r)
		}
	}
	for _, child := range f.scope.children {
		for _, item := range out.items(f, child) {
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
		} else if r.doc.Blank != "" && (f.parent == nil || f.item != nil) {
			out.blank(f, r)
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

// blank writes that nothing is there, in the way that our system wants it.
func (out *outgo) blank(f *outFrame, r *rule) {
	node := &record.Node{Kind: record.Null}
	if r.doc.Blank == "empty" {
		node = record.NewText("")
	}
	if item := out.item(f); len(r.locals[0]) > 0 && item.First(r.locals[0]) == nil {
		// Only another rule's single value around it could refuse this, and then the place says more than nothing.
		_ = item.Set(r.locals[0], node)
	}
}

func (out *outgo) use(slots []protocol.Slot, skipped bool) {
	for _, s := range out.chosen {
		out.used[s] = true
	}
	for _, s := range slots {
		out.used[s] = true
		if skipped {
			out.skipped = set(out.skipped, s)
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
	return r.when == nil || out.conditionHolds(r.when, f.std)
}

func (out *outgo) conditionHolds(when *condition, item reflect.Value) bool {
	place := func(c *check) reflect.Value {
		from := reflect.ValueOf(out.ref).Elem()
		if c.inside {
			from = item
		}
		return out.one(from, c.steps)
	}
	for i := range when.std {
		if c := &when.std[i]; !c.holdsAt(place(c)) {
			return false
		}
	}
	return when.holdsExpr(func(c *check) string {
		if at := place(c); at.IsValid() {
			return slotOf(at).Text()
		}
		return ""
	})
}
