package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"referworks/bridges/record"
	"referworks/protocol"
)

// condition is a Condition with its paths read.
type condition struct {
	local, std []check
}

type check struct {
	path  record.Path // from the item when inside is set, otherwise from the record
	steps []stdStep   // from the item when inside is set, otherwise from the referral
	// inside tells that the path lies in the list of the rule's scope.
	inside  bool
	is, not []string
	empty   *bool
}

func (k *compiler) when(r *rule) {
	doc := r.doc.When
	if doc == nil || r.scope == nil {
		return
	}
	if doc.Expr != "" {
		k.wrong(r, "conditions written as expr are not available in this version")
	}
	r.when = &condition{}
	for _, c := range doc.Local {
		p, sentence := k.localPath(c.Path)
		if sentence = firstOf(sentence, checkShape(c)); sentence != "" {
			k.wrong(r, "its condition: "+sentence)
			continue
		}
		one := check{path: p, is: c.Is, not: c.Not, empty: c.Empty}
		if n := len(r.scope.whole); n > 0 && len(p) >= n && p[:n].String() == r.scope.whole.String() {
			one.path, one.inside = p[n:], true
		}
		r.when.local = append(r.when.local, one)
	}
	for _, c := range doc.Standard {
		p, sentence := resolve(c.Path)
		if sentence == "" && !p.leaf {
			sentence = quote(c.Path) + " is a group of fields; name one of them"
		}
		if sentence = firstOf(sentence, checkShape(c)); sentence != "" {
			k.wrong(r, "its condition: "+sentence)
			continue
		}
		one := check{steps: p.steps, is: c.Is, not: c.Not, empty: c.Empty}
		if n := r.scope.depth; n > 0 && len(p.steps) >= n && p.prefix(n) == r.scope.general {
			one.steps, one.inside = p.steps[n:], true
		}
		r.when.std = append(r.when.std, one)
	}
	if len(doc.Local)+len(doc.Standard) == 0 && doc.Expr == "" {
		k.wrong(r, "its condition tests nothing")
	}
}

func checkShape(c Check) string {
	given := 0
	for _, is := range []bool{len(c.Is) > 0, len(c.Not) > 0, c.Empty != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return fmt.Sprintf("the test of %q must have exactly one of is, not and empty", c.Path)
	}
	return ""
}

func firstOf(sentences ...string) string {
	for _, s := range sentences {
		if s != "" {
			return s
		}
	}
	return ""
}

// holdsAt judges a leaf of the standard; of a coded value, its code, label or original word may be what is compared.
func (c *check) holdsAt(at reflect.Value) bool {
	if !at.IsValid() {
		return c.holds("")
	}
	slot := slotOf(at)
	if leaf, ok := slot.(*protocol.Coded); ok && leaf.Given() && c.empty == nil {
		v := leaf.Coding()
		is := len(c.is) > 0
		for _, text := range []string{v.Code, v.Label, v.Original} {
			if text != "" && c.holds(text) != !is {
				return is
			}
		}
		return !is
	}
	return c.holds(slot.Text())
}

func (c *check) holds(text string) bool {
	switch {
	case c.empty != nil:
		return (text == "") == *c.empty
	case len(c.is) > 0:
		return slices.Contains(c.is, text)
	}
	return !slices.Contains(c.not, text)
}
