package mapping

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"referworks/bridges/record"
)

// choices makes ready what groups say about their items: which ones, and what tells them apart.
func (k *compiler) choices() {
	each := 0
	for i := range k.pairs {
		p := &k.pairs[i]
		g, s := p.doc, k.scopeOf(p)
		if g.Each != "" {
			each++
		}
		if g.When == nil && g.Pick == "" && g.Key == nil && g.Each == "" {
			continue
		}
		complain := func(sentence string) {
			k.problems.add(fmt.Sprintf("groups[%d]", i), 0, "Group %q: %s.", g.ID, sentence)
		}
		if s == nil {
			complain("no rule lies in its two lists, so that there is nothing to choose")
			continue
		}
		if g.When != nil {
			s.when = k.condition(g.When, s, complain)
			if g.When.Expr != "" {
				complain("its condition cannot be an expression, because a group works in both directions; use is, not and empty")
			}
		}
		if g.By != "" {
			if s.date = s.ruleOf(func(r *rule) bool { return r.doc.ID == g.By }); s.date == nil {
				complain("its rule " + quote(g.By) + " for the date is none of the rules of this list")
			}
		}
		if g.Key != nil {
			if s.keyRule = s.ruleOf(func(r *rule) bool {
				return r.doc.Local[0] == g.Key.Local && r.doc.Standard == g.Key.Standard && r.in && r.out
			}); s.keyRule == nil {
				complain("its key needs a rule of this list, in both directions, that joins " + quote(g.Key.Local) + " with " + quote(g.Key.Standard))
			}
		}
	}
	if each > 1 {
		k.problems.add("groups", 0, "Only one group can make each of its items a referral.")
	}
}

func (k *compiler) scopeOf(p *pair) *scope {
	for _, s := range k.m.scopes {
		if s.group == p.doc {
			return s
		}
	}
	return nil
}

// ruleOf returns the scope's rule of one place and one text for which f holds, or nil.
func (s *scope) ruleOf(f func(*rule) bool) *rule {
	for _, r := range s.rules {
		if len(r.locals) == 1 && !r.many && r.std != nil && r.std.leaf && !r.always && f(r) {
			return r
		}
	}
	return nil
}

// chosen returns the items of ours that a scope converts. The others stay unconsumed, and travel as extra facts.
func (in *intake) chosen(f *inFrame, s *scope) []*record.Node {
	found := find(f.item, s.local)
	if s.group == nil {
		return found
	}
	if s.when != nil {
		kept := make([]*record.Node, 0, len(found))
		for _, item := range found {
			if in.conditionHolds(s.when, item) {
				kept = append(kept, item)
			}
		}
		found = kept
	}
	at := pick(s.group.Pick, len(found), func(i int) string { return in.textBy(s.date, found[i]) })
	if at >= 0 {
		found = found[at : at+1]
	}
	return found
}

// pick returns the position of the one item that is wanted, or -1 for all.
func pick(how string, n int, date func(int) string) int {
	switch {
	case n == 0 || how == "" || how == "all":
		return -1
	case how == "first":
		return 0
	case how == "last":
		return n - 1
	}
	best, newest := 0, date(0)
	for i := 1; i < n; i++ {
		if d := date(i); later(d, newest) {
			best, newest = i, d
		}
	}
	return best
}

// later compares dates and times as the standard writes them; something is later than nothing.
func later(a, b string) bool {
	if len(a) > len(time.DateOnly) && len(b) > len(time.DateOnly) {
		x, errX := time.Parse(time.RFC3339Nano, a)
		y, errY := time.Parse(time.RFC3339Nano, b)
		if errX == nil && errY == nil {
			return x.After(y)
		}
	}
	return a > b
}

// textBy is what a rule makes of an item of ours, without any note of it.
func (in *intake) textBy(r *rule, item *record.Node) string {
	n := first(item, r.locals[0])
	if n == nil {
		return ""
	}
	if n = content(n); n == nil || in.m.isEmpty(n) {
		return ""
	}
	v := forward(&call{m: in.m, ctx: in.ctx, rule: r, values: new([]ValueReport)}, r, textValue(n.Text))
	switch v.kind {
	case single:
		return v.text
	case coded:
		return v.coding.Code
	}
	return ""
}

// keyOf is what tells an item of the standard apart while the referral is built: its key, or else its position.
func (in *intake) keyOf(s *scope, item *record.Node, list string, position int) string {
	if s.keyRule != nil {
		if key := in.textBy(s.keyRule, item); key != "" {
			return list + "=" + key
		}
	}
	return list + "#" + strconv.Itoa(s.index) + "." + strconv.Itoa(position)
}

// items returns the items of the standard that a scope converts.
func (out *outgo) items(f *outFrame, s *scope) []reflect.Value {
	found := items(f.std, s.std)
	if s.skipFirst && len(found) > 0 {
		found = found[1:]
	}
	if s.group == nil {
		return found
	}
	if s.when != nil {
		kept := make([]reflect.Value, 0, len(found))
		for _, item := range found {
			if out.conditionHolds(s.when, item) {
				kept = append(kept, item)
			}
		}
		found = kept
	}
	at := pick(s.group.Pick, len(found), func(i int) string {
		if place := out.one(found[i], s.date.rest); place.IsValid() {
			return slotOf(place).Text()
		}
		return ""
	})
	if at >= 0 {
		found = found[at : at+1]
	}
	return found
}

// sameKey returns the item of ours that another list of the standard has made for the same key, or nil.
func (out *outgo) sameKey(f *outFrame, up *record.Node) *record.Node {
	r := f.scope.keyRule
	if r == nil {
		return nil
	}
	place := out.one(f.std, r.rest)
	if !place.IsValid() {
		return nil
	}
	v := back(&call{m: out.m, ctx: out.ctx, rule: r, values: new([]ValueReport)}, r, out.valueOf(slotOf(place), r, nil))
	if v.kind != single {
		return nil
	}
	for i, item := range find(up, f.scope.local) {
		if n := first(item, r.locals[0]); n != nil && n.Text == v.text {
			f.number = i + 1
			return item
		}
	}
	return nil
}
