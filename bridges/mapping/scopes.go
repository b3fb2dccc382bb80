package mapping

import (
	"slices"
	"strings"

	"referworks/bridges/record"
)

// join puts a rule into its scope: each list of ours is paired with a list of the standard.
func (k *compiler) join(r *rule) {
	locals := eachSteps(r.whole[0])
	for _, other := range r.whole[1:] {
		if !slices.Equal(locals, eachSteps(other)) || len(locals) > 0 && prefixOf(other, locals) != prefixOf(r.whole[0], locals) {
			k.wrong(r, "its places of ours must lie in the same list")
			return
		}
	}
	if r.many && len(r.whole) == 1 && len(locals) > 0 {
		locals = locals[:len(locals)-1] // the last list is what the function combines
	}
	if r.std == nil {
		k.joinLocal(r, locals)
		return
	}
	lists := r.std.lists()
	if n := len(lists); n > 0 && k.fillsList(r) {
		lists = lists[:n-1]
	}
	at, localAt, stdAt := k.m.root, 0, 0
	for _, end := range locals {
		stdEnd := k.partner(r, r.whole[0][:end+1], lists, stdAt)
		if stdEnd < 0 {
			k.wrong(r, "our place lies in a list, but there is no list left for it in "+quote(r.std.text)+"; use join, or name one item")
			return
		}
		at = k.scope(at, r, localAt, end+1, stdAt, stdEnd+1)
		localAt, stdAt = end+1, stdEnd+1
	}
	r.scope, r.rest = at, r.std.steps[stdAt:]
	r.combines = r.many || k.fillsList(r)
	for _, p := range r.whole {
		r.locals = append(r.locals, p[localAt:])
	}
	for _, t := range r.target {
		if at.class == "" || t.class < at.class {
			at.class = t.class
		}
	}
	at.rules = append(at.rules, r)
}

// fillsList reports whether the rule's pipeline makes or takes the whole of a list of single values.
func (k *compiler) fillsList(r *rule) bool {
	for _, s := range r.steps {
		if f, ok := s.function.(joinFunction); ok && f.split {
			return true
		}
		if _, ok := s.function.(listFunction); ok {
			return true
		}
	}
	return false
}

// partner finds the list of the standard that a list of ours is paired with: by a declared group, otherwise the next.
func (k *compiler) partner(r *rule, local record.Path, lists []int, from int) int {
	for _, p := range k.pairs {
		n := len(p.std.steps)
		if p.local.String() == local.String() && n <= len(r.std.steps) && n > from && r.std.prefix(n) == p.std.prefix(n) {
			return n - 1
		}
	}
	for _, i := range lists {
		if i >= from {
			return i
		}
	}
	return -1
}

func (k *compiler) scope(parent *scope, r *rule, localAt, localEnd, stdAt, stdEnd int) *scope {
	whole := r.whole[0][:localEnd]
	key := parent.key + "|" + whole.String() + "=" + r.std.prefix(stdEnd)
	if s := k.scopes[key]; s != nil {
		return s
	}
	s := &scope{parent: parent, key: key, local: r.whole[0][localAt:localEnd], whole: whole,
		std: r.std.steps[stdAt:stdEnd], general: r.std.prefix(stdEnd), depth: stdEnd, index: len(k.scopes)}
	for _, p := range k.pairs {
		if p.doc.Label != "" && p.local.String() == whole.String() && p.std.prefix(len(p.std.steps)) == s.general {
			k.m.headings[s] = p.doc.Label
		}
	}
	for i := range k.pairs {
		if p := &k.pairs[i]; p.local.String() == whole.String() && p.std.prefix(len(p.std.steps)) == s.general {
			s.group = p.doc
		}
	}
	k.scopes[key] = s
	k.m.scopes = append(k.m.scopes, s)
	parent.children = append(parent.children, s)
	return s
}

// joinLocal puts a constant for our record into the scope of its list.
func (k *compiler) joinLocal(r *rule, locals []int) {
	r.scope, r.locals = k.m.root, r.whole
	if len(locals) > 0 {
		end := locals[len(locals)-1] + 1
		r.scope = nil
		for _, s := range k.scopes {
			if s.whole.String() == r.whole[0][:end].String() && (r.scope == nil || s.index < r.scope.index) {
				r.scope = s
			}
		}
		if r.scope == nil {
			k.wrong(r, "no other rule fills the list "+quote(r.whole[0][:end].String()))
			return
		}
		r.locals = []record.Path{r.whole[0][end:]}
	}
	r.scope.rules = append(r.scope.rules, r)
}

// joinStandard puts a constant for the standard into the scope of its list, so that each item gets it.
func (k *compiler) joinStandard(r *rule) {
	if r.std == nil {
		return
	}
	at := k.m.root
	for _, s := range k.scopes {
		if s.depth <= len(r.std.steps) && r.std.prefix(s.depth) == s.general && (s.depth > at.depth || s.depth == at.depth && s.index < at.index) {
			at = s
		}
	}
	r.scope, r.rest = at, r.std.steps[at.depth:]
	at.rules = append(at.rules, r)
}

// doubles finds rules that write one place, in either direction.
func (k *compiler) doubles() {
	into := map[string]*rule{}
	out := map[string]*rule{}
	for _, r := range k.m.rules {
		if r.scope == nil {
			continue
		}
		if r.in && r.std != nil {
			for _, t := range r.target {
				name := t.name
				if t.name != "" {
					name = t.path[strings.LastIndexByte(t.path, '.')+1:]
				}
				k.double(r, into, r.scope.key+"#"+writtenPlace(r, name), "the standard's "+quote(labelOfTarget(t)))
			}
		}
		if r.out {
			for _, p := range r.whole {
				k.double(r, out, p.String(), "our place "+quote(p.String()))
			}
		}
	}
	k.nested(out)
}

func writtenPlace(r *rule, name string) string {
	p := stdPath{steps: r.rest}
	return strings.TrimSuffix(p.prefix(len(p.steps))+"."+name, ".")
}

func (k *compiler) double(r *rule, seen map[string]*rule, key, what string) {
	old := seen[key]
	if old == nil {
		seen[key] = r
		return
	}
	if old.doc.When != nil && r.doc.When != nil {
		return // told apart by their conditions
	}
	if old.scope.keyRule == old && r.scope.keyRule == r {
		return // items of one key are one item, and both write its key
	}
	k.wrong(r, what+" is already written by the rule "+quote(old.doc.ID)+"; two rules cannot write one place")
}

// nested finds places of ours of which one lies inside the other: a value cannot also be a group of values.
func (k *compiler) nested(out map[string]*rule) {
	for _, key := range sortedKeys(out) {
		r := out[key]
		for _, p := range r.whole {
			for n := 1; n < len(p); n++ {
				above := p[:n].String()
				if old := out[above]; old != nil && p.String() == key && k.doc.Side.Format != "xml" {
					k.wrong(r, "our place "+quote(key)+" lies inside "+quote(above)+", which the rule "+quote(old.doc.ID)+" writes as a single value")
				}
			}
		}
	}
}

// lists tells each unconditional step into a list what other rules take from that list by condition, and whether its
// first item belongs to a rule without a list.
func (k *compiler) lists() {
	taken := map[string][][]stdMatch{}
	for _, r := range k.m.rules {
		if r.std == nil {
			continue
		}
		for i, s := range r.std.steps {
			if len(s.match) > 0 {
				id := r.std.prefix(i) + "." + s.name
				taken[id] = append(taken[id], s.match)
			}
		}
	}
	for _, r := range k.m.rules {
		if r.std == nil {
			continue
		}
		for i := range r.std.steps {
			if s := &r.std.steps[i]; s.list && len(s.match) == 0 {
				s.other = taken[r.std.prefix(i)+"."+s.name]
			}
		}
	}
	for _, s := range k.m.scopes {
		s.picked = slices.ContainsFunc(k.m.rules, func(r *rule) bool {
			return slices.ContainsFunc(r.whole, func(p record.Path) bool { return picks(p, s.whole) })
		})
	}
	for _, r := range k.m.rules {
		if r.scope == nil || r.std == nil || !r.out {
			continue
		}
		for _, child := range r.scope.children {
			n := len(child.std)
			if len(r.rest) >= n && len(child.std[n-1].match) == 0 && r.std.prefix(child.depth) == child.general {
				child.skipFirst = true
			}
		}
	}
}

// picks reports whether a place lies in an item of a list that is named by a condition.
func picks(p, list record.Path) bool {
	n := len(list)
	return len(p) >= n && p[n-1].Step == record.Where && p[n-1].Name == list[n-1].Name && p[:n-1].String() == list[:n-1].String()
}

func eachSteps(p record.Path) []int {
	var out []int
	for i, s := range p {
		if s.Step == record.Each {
			out = append(out, i)
		}
	}
	return out
}

func prefixOf(p record.Path, steps []int) string { return p[:steps[len(steps)-1]+1].String() }

func labelOfTarget(t target) string { return labelAt(t.path) }
