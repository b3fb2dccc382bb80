package mapping

import (
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// wrong notes a mistake of a rule, naming our label, the standard's label and the rule.
func (k *compiler) wrong(r *rule, sentence string) {
	name := "The rule " + quote(r.doc.ID)
	if r.doc.ID == "" {
		name = fmt.Sprintf("Rule %d", r.index+1)
	}
	theirs := r.doc.Standard
	if r.std != nil {
		theirs = r.std.label
	}
	switch {
	case r.label != "" && theirs != "":
		name += fmt.Sprintf(" (%q with %q)", r.label, theirs)
	case r.label+theirs != "":
		name += fmt.Sprintf(" (%q)", r.label+theirs)
	}
	k.problems.All = append(k.problems.All, Problem{Rule: r.doc.ID, Label: r.label, Standard: theirs,
		At: fmt.Sprintf("rules[%d]", r.index), Sentence: name + ": " + sentence + "."})
}

func (k *compiler) rules() {
	ids := map[string]bool{}
	for i := range k.doc.Rules {
		r := &rule{doc: &k.doc.Rules[i], index: i}
		r.label = labelOf(r.doc)
		if r.doc.ID == "" || ids[r.doc.ID] {
			k.wrong(r, "it must have an id of its own")
		}
		ids[r.doc.ID] = true
		before := len(k.problems.All)
		k.attributes(r)
		k.pathsOf(r)
		k.pipeline(r)
		if len(k.problems.All) > before {
			continue
		}
		k.targets(r)
		k.shape(r)
		k.m.rules = append(k.m.rules, r)
	}
	// Rules without a place of ours come last: they belong to every scope that their place lies in.
	for _, r := range k.m.rules {
		if len(r.whole) > 0 {
			k.join(r)
		}
	}
	for _, r := range k.m.rules {
		if len(r.whole) == 0 {
			k.joinStandard(r)
		}
		k.when(r)
	}
}

func labelOf(r *Rule) string {
	if r.Label != "" || len(r.Local) == 0 {
		return r.Label
	}
	if p, err := record.ParsePath(r.Local[0]); err == nil {
		return humanize(p)
	}
	return r.Local[0]
}

func (k *compiler) attributes(r *rule) {
	if !validDirection(r.doc.Direction) {
		k.wrong(r, "direction must be both, in or out")
	}
	r.in = r.doc.Direction != "out"
	r.out = r.doc.Direction != "in"
	if !slices.Contains([]string{"", "flag", "hold", "skip"}, r.doc.OnFailure) {
		k.wrong(r, "onFailure must be flag, hold or skip")
	}
	if !slices.Contains([]string{"", "null", "empty"}, r.doc.Blank) || r.doc.Blank != "" && (r.doc.DefaultLocal != "" || len(r.doc.Local) != 1) {
		k.wrong(r, "blank must be null or empty, for a rule with one place of ours and no defaultLocal")
	}
	if !slices.Contains([]string{"", "text", "number", "bool"}, r.doc.As) {
		k.wrong(r, "as must be text, number or bool")
	}
}

func (k *compiler) pathsOf(r *rule) {
	for _, s := range r.doc.Local {
		p, sentence := k.localPath(s)
		if sentence == "" && len(p) == 0 {
			sentence = "our path must name a place inside the record"
		}
		if sentence != "" {
			k.wrong(r, sentence)
		}
		r.whole = append(r.whole, p)
	}
	if r.doc.Standard == "" {
		return
	}
	std, sentence := resolve(r.doc.Standard)
	if sentence != "" {
		k.wrong(r, sentence)
	}
	r.std = std
	if std == nil {
		return
	}
	if n := len(std.steps); n > 1 && r.doc.Direction != "out" {
		for _, m := range std.steps[n-2].match {
			if m.name == std.steps[n-1].name {
				k.wrong(r, "its condition already says that "+quote(m.name)+" is "+quote(m.value)+" there, so no other value has a place; give the rule the direction out, or take the condition away")
			}
		}
	}
}

func (k *compiler) pipeline(r *rule) {
	for i, step := range r.doc.Via {
		s, sentence := k.build(step, fmt.Sprintf("rules[%d].via[%d]", r.index, i))
		if sentence != "" {
			k.wrong(r, sentence)
			continue
		}
		last := i == len(r.doc.Via)-1
		k.fits(r, step.Fn, &s)
		switch {
		case s.fills != "":
			r.fills, r.always = s.fills, s.always
			if s.always && len(r.doc.Via) > 1 {
				k.wrong(r, "a constant stands alone and cannot be combined with other functions")
			}
			continue
		case (s.members != nil || s.table) && !last && r.doc.Via[len(r.doc.Via)-1].Fn != "default":
			k.wrong(r, "the function "+quote(step.Fn)+" must be the last, because it makes more than a text")
		case s.many && i > 0:
			k.wrong(r, "the function "+quote(step.Fn)+" must be the first, because it takes several places")
		}
		r.many = r.many || s.many
		if t, ok := s.function.(tableFunction); ok {
			r.table = t
		}
		r.steps = append(r.steps, s)
	}
	if r.doc.Default != "" {
		r.fills = r.doc.Default
	}
	switch {
	case r.always && r.doc.Direction != "in" && r.doc.Direction != "out":
		k.wrong(r, "a constant has no way back; give the rule the direction in or out")
	case r.always && r.doc.Direction == "in" && (r.std == nil || len(r.whole) > 0):
		k.wrong(r, "a constant into the standard names only the place in the standard")
	case r.always && r.doc.Direction == "out" && (len(r.whole) != 1 || r.doc.Standard != ""):
		k.wrong(r, "a constant into our record names only one place of ours")
	case !r.always && (len(r.whole) == 0 || r.doc.Standard == ""):
		k.wrong(r, "it must join a place of ours (local) with a place of the standard")
	}
}

// fits refuses a function that does not fit the rule's direction or its number of places.
func (k *compiler) fits(r *rule, fn string, s *spec) {
	if s.oneWay && (r.in && r.out || s.inOnly && r.out) {
		directions := "in or out"
		if s.inOnly {
			directions = "in"
		}
		k.wrong(r, "the function "+quote(fn)+" has no way back; give the rule the direction "+directions)
	}
	if s.places > 0 && len(r.whole) != s.places {
		k.wrong(r, fmt.Sprintf("the function %q takes %d places of ours here, and the rule names %d", fn, s.places, len(r.whole)))
	}
}

// targets finds the leaves that the rule reads and writes.
func (k *compiler) targets(r *rule) {
	k.localKind(r)
	if r.std == nil {
		return
	}
	var wanted []string
	if len(r.steps) > 0 {
		wanted = r.steps[len(r.steps)-1].members
	}
	switch {
	case r.std.leaf && wanted == nil:
		r.target = []target{{kind: r.std.kind, path: r.std.general, class: r.std.class, limit: limitOf(r.std.general)}}
	case r.std.leaf:
		at := strings.LastIndexByte(r.std.text, '.')
		k.wrong(r, "the function "+quote(r.doc.Via[len(r.doc.Via)-1].Fn)+" fills a group of fields; write "+quote(r.std.text[:max(at, 0)])+" as the place in the standard")
	case wanted == nil:
		k.wrong(r, quote(r.std.text)+" is a group of fields; name one of them, or use a function that fills the group")
	default:
		k.members(r, wanted)
	}
	for _, t := range r.target {
		if k.m.neverHolds(t.path) {
			k.wrong(r, quote(t.path)+" is on the never list; allow it there, with a reason, or remove the rule")
		}
	}
	if r.fills != "" && r.std.leaf && r.table.table == nil {
		if err := settable(r.std, r.fills); err != nil {
			k.wrong(r, "the value that it fills in "+err.Error())
		}
	}
	for i := range r.steps {
		if f, ok := r.steps[i].function.(datetimeFunction); ok {
			f.whole = r.std.kind == protocol.LeafTime
			r.steps[i].function = f
		}
	}
}

// localKind decides how the rule's value is written into our record.
func (k *compiler) localKind(r *rule) {
	r.local = record.Text
	if r.std != nil && len(r.steps) == 0 { // a pipeline makes words
		r.local = natural(r.std.kind)
	}
	switch r.doc.As {
	case "text":
		r.local = record.Text
	case "number":
		r.local = record.Number
	case "bool":
		r.local = record.Bool
	}
}

// members finds the leaves of a group. A group may name the number as typed "phone" where others say "value".
func (k *compiler) members(r *rule, wanted []string) {
	names := members(r.std.typ)
	for _, name := range wanted {
		own := name
		if name == "value" && !slices.Contains(names, name) {
			own = "phone"
		}
		i := slices.Index(names, own)
		leaf := r.std.member(own)
		if leaf == nil && i >= 0 {
			leaf = r.std.member(own + "[]")
		}
		if i < 0 || leaf == nil {
			k.wrong(r, quote(r.std.text)+" has no field "+quote(name)+" for the function to fill")
			return
		}
		var items *stdStep
		limit := limitOf(leaf.general)
		if last := &leaf.steps[len(leaf.steps)-1]; last.list {
			items, limit = last, 0 // the standard counts its items, not their characters
		}
		r.target = append(r.target, target{items: items, name: name, index: i, kind: leaf.kind, path: leaf.general, class: leaf.class, limit: limit})
	}
}

// shape refuses rules whose functions do not fit the number of places.
func (k *compiler) shape(r *rule) {
	if len(r.whole) > 1 && !r.many {
		k.wrong(r, "several places of ours need the function join or list first")
	}
	if r.many && len(r.whole) == 1 && len(r.steps) == 1 && r.steps[0].many && r.whole[0].Lists() == 0 {
		k.wrong(r, "the function "+quote(r.doc.Via[0].Fn)+" takes several places of ours, or a list; with one place there is nothing to combine")
	}
	makesList := false
	for _, s := range r.steps {
		if f, ok := s.function.(joinFunction); ok {
			makesList = f.split
		} else if _, ok := s.function.(listFunction); ok {
			makesList = true
		}
	}
	if makesList && r.std != nil && (!r.std.leaf || !r.std.steps[len(r.std.steps)-1].list) {
		k.wrong(r, "it makes a list, but "+quote(r.std.text)+" is a single value; name a list in the standard")
	}
}

// settable reports whether a text may stand at a leaf.
func settable(p *stdPath, text string) error {
	return newSlot(p.typ).Set(text)
}

func limitOf(path string) int {
	f, _ := protocol.FieldAt(path)
	return f.Max
}
