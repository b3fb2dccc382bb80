package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Sentence is one difference between two versions of a document, for people. It repeats names, paths and words of value
// tables, which are no personal data, and never what tests hold.
type Sentence struct {
	Rule  string `json:"rule,omitempty"`  // id
	Table string `json:"table,omitempty"` // value table
	Text  string `json:"text"`
}

// Diff says in sentences what changes from one document to the other; none when they do the same. The order is that of the
// new document, then what was removed.
func Diff(old, now *Document) []Sentence {
	d := differ{}
	d.changed("", "The name of the mapping", old.Name, now.Name)
	if old.ID != now.ID {
		d.say(Sentence{Text: "It is another mapping: the id changes, so that extra facts of earlier referrals do not come home."})
	}
	d.part("How our records are written (side)", old.Side, now.Side)
	d.rules(old.Rules, now.Rules)
	d.groups(old.Groups, now.Groups)
	d.tables(old.ValueTables, now.ValueTables)
	d.part("Who a referral goes to (recipients)", old.Recipients, now.Recipients)
	d.part("What becomes of places without a rule (unmapped)", old.Unmapped, now.Unmapped)
	d.never(old.Never, now.Never)
	if !same(old.Tests, now.Tests) {
		d.say(Sentence{Text: fmt.Sprintf("The stored tests change: there were %d, there are %d.", len(old.Tests), len(now.Tests))})
	}
	return d.all
}

type differ struct{ all []Sentence }

func (d *differ) say(s Sentence) { d.all = append(d.all, s) }

func (d *differ) changed(rule, what, old, now string) {
	if old == now {
		return
	}
	text := fmt.Sprintf("%s changes from %s to %s.", what, quoteOr(old, "nothing"), quoteOr(now, "nothing"))
	d.say(Sentence{Rule: rule, Text: text})
}

func (d *differ) part(what string, old, now any) {
	if !same(old, now) {
		d.say(Sentence{Text: what + " changes."})
	}
}

// same compares as the document's hash does.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func quoteOr(s, empty string) string {
	if s == "" {
		return empty
	}
	return quote(s)
}

func (d *differ) rules(old, now []Rule) {
	for i := range now {
		r := &now[i]
		at := slices.IndexFunc(old, func(o Rule) bool { return o.ID == r.ID })
		if at < 0 {
			d.say(Sentence{Rule: r.ID, Text: "New: " + joins(r) + "."})
			continue
		}
		d.rule(&old[at], r)
	}
	for i := range old {
		if !slices.ContainsFunc(now, func(n Rule) bool { return n.ID == old[i].ID }) {
			d.say(Sentence{Rule: old[i].ID, Text: "Removed: " + joins(&old[i]) + "."})
		}
	}
	if order(old, now) {
		d.say(Sentence{Text: "The order of the rules changes, and with it the order of the lines in letters."})
	}
}

// order reports whether the rules that both have stand in another order.
func order(old, now []Rule) bool {
	ids := func(in, of []Rule) (out []string) {
		for i := range in {
			if slices.ContainsFunc(of, func(r Rule) bool { return r.ID == in[i].ID }) {
				out = append(out, in[i].ID)
			}
		}
		return out
	}
	return !slices.Equal(ids(old, now), ids(now, old))
}

// joins tells what a rule joins: "Zip" goes with "Postal code".
func joins(r *Rule) string {
	ours, theirs := labelOf(r), r.Standard
	if std, wrong := resolve(r.Standard); wrong == "" {
		theirs = std.label
	}
	switch {
	case len(r.Local) == 0:
		return quote(theirs) + " is filled in"
	case theirs == "":
		return "our " + quote(ours) + " is filled in"
	case r.Direction == "in":
		return "our " + quote(ours) + " becomes " + quote(theirs)
	case r.Direction == "out":
		return quote(theirs) + " becomes our " + quote(ours)
	}
	return "our " + quote(ours) + " goes with " + quote(theirs)
}

func (d *differ) rule(old, now *Rule) {
	name := quote(labelOf(now))
	if len(now.Local) == 0 {
		name = quote(now.Standard)
	}
	d.changed(now.ID, name+": our place", strings.Join(old.Local, ", "), strings.Join(now.Local, ", "))
	d.changed(now.ID, name+": the place in the standard", old.Standard, now.Standard)
	d.changed(now.ID, name+": the label", old.Label, now.Label)
	d.changed(now.ID, name+": the section", old.Section, now.Section)
	d.changed(now.ID, name+": the direction", orBoth(old.Direction), orBoth(now.Direction))
	d.changed(now.ID, name+": what is filled in when our place is empty", old.Default, now.Default)
	d.changed(now.ID, name+": what is written when the standard's place is empty", old.DefaultLocal, now.DefaultLocal)
	d.changed(now.ID, name+": what stands for nothing", old.Blank, now.Blank)
	d.changed(now.ID, name+": how it is written", old.As, now.As)
	d.changed(now.ID, name+": what happens on failure", old.OnFailure, now.OnFailure)
	if old.Required != now.Required {
		word := "is required now"
		if !now.Required {
			word = "is not required any more"
		}
		d.say(Sentence{Rule: now.ID, Text: name + " " + word + "."})
	}
	if !same(old.When, now.When) {
		d.say(Sentence{Rule: now.ID, Text: name + ": the condition changes."})
	}
	if a, b := functionsOf(old), functionsOf(now); a != b {
		d.changed(now.ID, name+": the functions", a, b)
	} else if !same(old.Via, now.Via) {
		d.say(Sentence{Rule: now.ID, Text: name + ": what its functions are told changes."})
	}
	if old.Comment != now.Comment {
		d.say(Sentence{Rule: now.ID, Text: name + ": the comment changes."})
	}
}

func orBoth(s string) string {
	if s == "" {
		return "both"
	}
	return s
}

func functionsOf(r *Rule) string {
	var names []string
	for _, s := range r.Via {
		names = append(names, s.Fn)
	}
	return strings.Join(names, ", ")
}

func (d *differ) groups(old, now []Group) {
	for i := range now {
		at := slices.IndexFunc(old, func(o Group) bool { return o.ID == now[i].ID })
		if at < 0 {
			d.say(Sentence{Text: fmt.Sprintf("New: each item of our %q goes with an item of %q.", now[i].Local, now[i].Standard)})
		} else if !same(old[at], now[i]) {
			d.say(Sentence{Text: fmt.Sprintf("The group %q changes.", now[i].ID)})
		}
	}
	for i := range old {
		if !slices.ContainsFunc(now, func(n Group) bool { return n.ID == old[i].ID }) {
			d.say(Sentence{Text: fmt.Sprintf("Removed: the group %q of our %q with %q.", old[i].ID, old[i].Local, old[i].Standard)})
		}
	}
}

func (d *differ) tables(old, now map[string]ValueTable) {
	for _, name := range sortedKeys(now) {
		o, found := old[name]
		if !found {
			d.say(Sentence{Table: name, Text: fmt.Sprintf("New: the value table %q with %d %s.", name, len(now[name].Rows), plural(len(now[name].Rows), "row", "rows"))})
			continue
		}
		d.table(name, o, now[name])
	}
	for _, name := range sortedKeys(old) {
		if _, found := now[name]; !found {
			d.say(Sentence{Table: name, Text: fmt.Sprintf("Removed: the value table %q.", name)})
		}
	}
}

func (d *differ) table(name string, old, now ValueTable) {
	text := func(t *ValueTable, r Row) string {
		system := r.System
		if system == "" {
			system = t.System
		}
		out := quote(r.Ours) + " means " + strings.TrimSpace(system+" "+r.Code)
		if r.Relation != "" && r.Relation != "equivalent" {
			out += " (" + r.Relation + ")"
		}
		if r.Direction != "" && r.Direction != "both" {
			out += " (" + r.Direction + " only)"
		}
		if r.Default {
			out += " (default)"
		}
		return out
	}
	all := func(t *ValueTable) (out []string) {
		for _, r := range t.Rows {
			out = append(out, text(t, r))
		}
		return out
	}
	was, is := all(&old), all(&now)
	said := false
	for _, s := range is {
		if !slices.Contains(was, s) {
			said = true
			d.say(Sentence{Table: name, Text: fmt.Sprintf("Value table %q, new: %s.", name, s)})
		}
	}
	for _, s := range was {
		if !slices.Contains(is, s) {
			said = true
			d.say(Sentence{Table: name, Text: fmt.Sprintf("Value table %q, removed: %s.", name, s)})
		}
	}
	if !same(old.Unknown, now.Unknown) {
		said = true
		d.say(Sentence{Table: name, Text: fmt.Sprintf("Value table %q: what becomes of unknown values changes.", name)})
	}
	if !said && !same(old, now) {
		d.say(Sentence{Table: name, Text: fmt.Sprintf("Value table %q: labels, parents, order or the way words are compared change.", name)})
	}
}

func (d *differ) never(old, now []Never) {
	text := func(n Never) string {
		place := firstOf(n.Local, n.Standard)
		if n.Allow {
			return quote(place) + " may be sent"
		}
		return quote(place) + " is never sent"
	}
	for _, n := range now {
		if !slices.Contains(old, n) {
			d.say(Sentence{Text: "New: " + text(n) + "."})
		}
	}
	for _, n := range old {
		if !slices.Contains(now, n) {
			d.say(Sentence{Text: "No longer: " + text(n) + "."})
		}
	}
}
