package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/vm"

	"referworks/bridges/record"
	"referworks/protocol"
)

// condition is a Condition with its paths read.
type condition struct {
	local, std []check
	program    *vm.Program
	reads      map[string]check // by the paths of program
}

type check struct {
	path  record.Path // from the item when inside is set, otherwise from the record
	steps []stdStep   // from the item when inside is set, otherwise from the referral
	// inside tells that the path lies in the list of the rule's scope.
	inside  bool
	is, not []string
	empty   *bool
}

// when reads the condition of a rule.
func (k *compiler) when(r *rule) {
	if r.doc.When == nil || r.scope == nil {
		return
	}
	complain := func(sentence string) { k.wrong(r, sentence) }
	r.when = k.condition(r.doc.When, r.scope, complain)
	if r.doc.When.Expr != "" && r.in && r.out {
		complain("a condition with an expression has no way back; give the rule the direction in or out")
	} else if r.doc.When.Expr != "" {
		k.conditionExpr(r.when, r.doc.When.Expr, r.scope, r.in, complain)
	}
}

// condition reads a condition on what lies in the scope's items or anywhere in the document.
func (k *compiler) condition(doc *Condition, s *scope, complain func(string)) *condition {
	out := &condition{}
	for _, c := range doc.Local {
		if one, sentence := k.localCheck(c, s); sentence != "" {
			complain("its condition: " + sentence)
		} else {
			out.local = append(out.local, one)
		}
	}
	for _, c := range doc.Standard {
		if one, sentence := standardCheck(c, s); sentence != "" {
			complain("its condition: " + sentence)
		} else {
			out.std = append(out.std, one)
		}
	}
	if len(doc.Local)+len(doc.Standard) == 0 && doc.Expr == "" {
		complain("its condition tests nothing")
	}
	return out
}

func (k *compiler) localCheck(c Check, s *scope) (check, string) {
	p, sentence := k.localPath(c.Path)
	one := check{path: p, is: c.Is, not: c.Not, empty: c.Empty}
	if n := len(s.whole); n > 0 && len(p) >= n && p[:n].String() == s.whole.String() {
		one.path, one.inside = p[n:], true
	}
	return one, firstOf(sentence, checkShape(c))
}

func standardCheck(c Check, s *scope) (check, string) {
	p, sentence := resolve(c.Path)
	if sentence == "" && !p.leaf {
		sentence = quote(c.Path) + " is a group of fields; name one of them"
	}
	if sentence = firstOf(sentence, checkShape(c)); sentence != "" {
		return check{}, sentence
	}
	one := check{steps: p.steps, is: c.Is, not: c.Not, empty: c.Empty}
	if n := s.depth; n > 0 && len(p.steps) >= n && p.prefix(n) == s.general {
		one.steps, one.inside = p.steps[n:], true
	}
	return one, ""
}

// conditionExpr reads an expression and resolves the places that it reads.
func (k *compiler) conditionExpr(to *condition, code string, s *scope, in bool, complain func(string)) {
	program, paths, sentence := compileExpression(code, true)
	if sentence != "" {
		complain(sentence)
		return
	}
	to.program, to.reads = program, map[string]check{}
	yes := true
	for _, path := range paths {
		var one check
		if in {
			one, sentence = k.localCheck(Check{Path: path, Empty: &yes}, s)
		} else {
			one, sentence = standardCheck(Check{Path: path, Empty: &yes}, s)
		}
		if sentence != "" {
			complain("its condition: " + sentence)
		}
		to.reads[path] = one
	}
}

// holdsExpr runs the condition's expression; one that fails does not hold.
func (c *condition) holdsExpr(read func(*check) string) bool {
	if c.program == nil {
		return true
	}
	at := func(path string) string {
		place := c.reads[path]
		text := read(&place)
		if len(text) > maxExpressionText {
			return ""
		}
		return text
	}
	result, err := run(c.program, map[string]any{"at": at})
	holds, ok := result.(bool)
	return err == nil && ok && holds
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
