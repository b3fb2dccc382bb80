package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"referworks/bridges/record"
	"referworks/protocol"
)

// ToReferral converts a record of ours to the standard. The referral is complete and valid when the error is nil. The
// error is *Hold when a person must look first; the referral is then as far as it got and must not be sent. The report is
// there in both cases. The record is not changed.
func (m *Mapping) ToReferral(rec *record.Node, ctx Context) (*protocol.Referral, *Report, error) {
	in := &intake{m: m, ctx: &ctx, rec: rec, build: newBuilder(), used: make(map[*record.Node]bool, len(m.rules)+16)}
	in.report, in.rows = m.begin("in")
	root := &inFrame{scope: m.root, item: rec, std: reflect.ValueOf(in.build.ref).Elem()}
	in.scope(root)
	in.fillScope(root)
	in.recipients()
	ref := in.build.finish()
	in.required()
	in.unmapped(ref)
	in.complete(ref)
	if len(in.hold) > 0 {
		return ref, in.report, &Hold{Reasons: in.hold}
	}
	return ref, in.report, nil
}

// intake is one conversion into the standard.
type intake struct {
	m      *Mapping
	ctx    *Context
	rec    *record.Node
	build  *builder
	report *Report
	rows   rows
	used   map[*record.Node]bool // leaves that a rule has consumed
	extras []failure             // leaves whose value did not fit
	hold   []HoldReason

	running call // one rule runs at a time
	leaves  []*record.Node
	homes   map[string]*homes
	single  []*homes // by the position in Mapping.ordered, of lists that stand in no other
}

// failure is a leaf that travels as an extra fact because its rule could not convert it.
type failure struct {
	node *record.Node
	rule *rule
	skip bool
}

// inFrame is one run of a scope: the record, or one item of a list of ours.
type inFrame struct {
	scope  *scope
	parent *inFrame
	item   *record.Node
	std    reflect.Value // the standard's item; made when something is written into it
	key    string
	below  []*inFrame
}

// target returns the standard's item of the frame.
func (in *intake) target(f *inFrame, create bool) reflect.Value {
	if f.std.IsValid() {
		return f.std
	}
	up := in.target(f.parent, create)
	if !up.IsValid() {
		return up
	}
	last := len(f.scope.std) - 1
	up = in.build.walk(up, f.scope.std[:last], create)
	if !up.IsValid() {
		return up
	}
	f.std = in.build.item(up, &f.scope.std[last], f.key, create)
	return f.std
}

func (in *intake) scope(f *inFrame) {
	for _, r := range f.scope.rules {
		if r.in && !r.always {
			in.rule(f, r)
		}
	}
	for _, child := range f.scope.children {
		last := &child.std[len(child.std)-1]
		for i, item := range in.chosen(f, child) {
			below := &inFrame{scope: child, parent: f, item: item, key: in.keyOf(child, item, last.key, i)}
			f.below = append(f.below, below)
			in.scope(below)
		}
	}
}

func (in *intake) call(r *rule) *call {
	in.running = call{m: in.m, ctx: in.ctx, rule: r, status: Empty, values: &in.report.Values}
	return &in.running
}

// rule runs one rule in one frame.
func (in *intake) rule(f *inFrame, r *rule) {
	if !in.holdsLocally(f, r) {
		return
	}
	c := in.call(r)
	leaves, v, absent := in.read(f, r, c)
	switch {
	case v.kind == failed:
	case absent != "":
		in.putAbsent(f, r, absent)
		c.note(OK, "")
	case v.kind == nothing:
		return
	default:
		c.note(OK, "")
		v = forward(c, r, v)
		if v.kind != failed && c.status != Held {
			in.write(f, r, c, &v)
		}
	}
	if v.kind == failed {
		in.failed(r, c, leaves)
	}
	if c.status == Held {
		in.held(r, c.reason)
	}
	in.rows.of(r).note(c.status, c.reason)
}

func forward(c *call, r *rule, v value) value {
	for i := range r.steps {
		if v = r.steps[i].forward(c, v); v.kind == failed || v.kind == nothing {
			return v
		}
	}
	return v
}

// read takes the rule's leaves from the record, and marks them as consumed.
func (in *intake) read(f *inFrame, r *rule, c *call) (leaves []*record.Node, v value, absent protocol.Absent) {
	if r.many {
		v = value{kind: nothing}
		for _, p := range r.locals {
			found := find(f.item, p)
			if len(found) == 0 {
				v.list = append(v.list, "")
			}
			for _, n := range found {
				text := ""
				if leaf := in.leaf(n, c); leaf != nil {
					if leaves = append(leaves, leaf); !in.m.isEmpty(leaf) {
						text, v.kind = leaf.Text, list
					}
				}
				v.list = append(v.list, text)
			}
		}
		return leaves, v, ""
	}
	n := first(f.item, r.locals[0])
	if n == nil {
		return nil, value{}, ""
	}
	leaf := in.leaf(n, c)
	if leaf == nil {
		return nil, value{kind: failed}, ""
	}
	in.leaves = append(in.leaves[:0], leaf)
	leaves = in.leaves
	if why, found := in.m.absent[leaf.Text]; found && leaf.Kind == record.Text {
		return leaves, value{}, why
	}
	if in.m.isEmpty(leaf) {
		return leaves, value{}, ""
	}
	if at := slices.IndexFunc(r.locals[0], func(s record.Segment) bool { return s.Step == record.Where }); at >= 0 {
		if item := f.item.First(r.locals[0][:at+1]); item != nil && item.First(r.locals[0][at+1:]) != n {
			c.note(Flagged, "several of our items meet the condition, and the value stands in a later one")
		}
	}
	return leaves, value{kind: single, text: leaf.Text}, ""
}

// leaf returns the value at a place and marks it; a group or a list there is noted and stays unconsumed.
func (in *intake) leaf(n *record.Node, c *call) *record.Node {
	leaf := content(n)
	if leaf == nil {
		if len(n.Children) > 0 {
			c.note(Flagged, fmt.Sprintf("there is a %s where one value was expected", n.Kind))
		}
		return nil
	}
	in.used[leaf] = true
	return leaf
}

// failed does what the rule says on failure: the values travel as extra facts, or stay behind, or all waits.
func (in *intake) failed(r *rule, c *call, leaves []*record.Node) {
	if r.doc.OnFailure == "hold" {
		c.note(Held, c.reason)
	}
	for _, n := range leaves {
		if !in.m.isEmpty(n) {
			in.extras = append(in.extras, failure{n, r, r.doc.OnFailure == "skip"})
		}
	}
}

func (in *intake) held(r *rule, reason string) {
	h := HoldReason{Local: firstOf(r.doc.Local...), Label: r.label, Rule: r.doc.ID}
	if r.std != nil {
		h.Path = r.std.general
	}
	h.Sentence = fmt.Sprintf("%s: %s.", r.label, reason)
	in.hold = append(in.hold, h)
}

// required notes rules that needed something and found nothing at all.
func (in *intake) required() {
	for _, r := range in.m.rules {
		if row := in.rows.of(r); r.doc.Required && row != nil && row.Status == Empty {
			row.note(Missing, "it is required and is empty")
			if r.doc.OnFailure == "hold" {
				row.note(Held, "it is required and is empty")
				in.held(r, "it is required and is empty")
			}
		}
	}
}

func (in *intake) recipients() {
	if in.m.doc.Recipients == nil {
		return
	}
	for _, n := range in.rec.Find(in.m.recipients) {
		if leaf := content(n); leaf != nil {
			in.used[leaf] = true
		}
	}
}

func (in *intake) holdsLocally(f *inFrame, r *rule) bool {
	return r.when == nil || in.conditionHolds(r.when, f.item)
}

func (in *intake) conditionHolds(when *condition, item *record.Node) bool {
	read := func(c *check) string { return in.textOf(c, item) }
	for i := range when.local {
		if c := &when.local[i]; !c.holds(read(c)) {
			return false
		}
	}
	return when.holdsExpr(read)
}

// textOf is the text that a condition speaks of; "" when nothing is there.
func (in *intake) textOf(c *check, item *record.Node) string {
	from := in.rec
	if c.inside {
		from = item
	}
	n := first(from, c.path)
	if n == nil {
		return ""
	}
	if n = content(n); n == nil || in.m.isEmpty(n) {
		return ""
	}
	return n.Text
}

// find and first are Node.Find with a short way for plain members, which most paths are made of. A member that is not
// there by its very name is left to Find: forms are matched loosely.
func find(n *record.Node, p record.Path) []*record.Node {
	n, p = walk(n, p)
	if len(p) == 0 {
		return []*record.Node{n}
	}
	return n.Find(p)
}

func first(n *record.Node, p record.Path) *record.Node {
	n, p = walk(n, p)
	if len(p) == 0 {
		return n
	}
	return n.First(p)
}

// walk goes to the members that the path names first, as far as they are there, and returns the rest of the path.
func walk(n *record.Node, p record.Path) (*record.Node, record.Path) {
	for len(p) > 0 && p[0].Step == record.Plain && !p[0].Self && !p[0].Follow && p[0].Space == "" {
		next := n.Member(p[0].Name)
		if next == nil {
			break
		}
		n, p = next, p[1:]
	}
	return n, p
}
