package mapping

import (
	"fmt"
	"slices"
	"strings"

	"referworks/protocol"
	"referworks/protocol/codes"
)

// table is a ValueTable made ready for look-ups in both directions.
type table struct {
	name    string
	doc     *ValueTable
	forward map[string]*Row          // our word, as key gives it
	back    map[protocol.Coding]*Row // system and code
	// parentsOf is the document's parents by words as key gives them.
	parentsOf map[string]string
}

var relations = []string{"equivalent", "broader", "narrower", "related"}

func (t *table) key(word string) string {
	if t.doc.Exact {
		return word
	}
	return strings.ToLower(collapse(word))
}

func (r *Row) relation() string {
	if r.Relation == "" {
		return "equivalent"
	}
	return r.Relation
}

// newTable checks a table and notes every mistake.
func newTable(name string, doc *ValueTable, p *Problems) *table {
	t := &table{name: name, doc: doc, forward: map[string]*Row{}, back: map[protocol.Coding]*Row{}, parentsOf: map[string]string{}}
	for _, child := range sortedKeys(doc.Parents) {
		t.parentsOf[t.key(child)] = doc.Parents[child]
	}
	t.circles("valueTables."+name, p)
	at := "valueTables." + name
	for i := range doc.Rows {
		row := &doc.Rows[i]
		here := fmt.Sprintf("%s.rows[%d]", at, i)
		if row.System == "" {
			row.System = doc.System
		}
		if row.Label == "" {
			if entry, known := codes.Lookup(row.System, row.Code); known {
				row.Label = entry.Label
			}
		}
		if strings.TrimSpace(row.Ours) == "" || row.Code == "" {
			p.add(here, 0, "Row %d of the value table %q must have our word (ours) and a code.", i+1, name)
			continue
		}
		if !slices.Contains(relations, row.relation()) {
			p.add(here, 0, "Row %d of the value table %q (%s): relation must be one of %s.", i+1, name, row.Ours, strings.Join(relations, ", "))
		}
		if !validDirection(row.Direction) {
			p.add(here, 0, "Row %d of the value table %q (%s): direction must be both, in or out.", i+1, name, row.Ours)
		}
		t.addForward(row, here, p)
		t.addBack(row, here, p)
	}
	t.checkPolicy(at, doc.Unknown.In, p)
	t.checkPolicy(at, doc.Unknown.Out, p)
	return t
}

func (t *table) addForward(row *Row, at string, p *Problems) {
	if row.Direction == "out" {
		return
	}
	k := t.key(row.Ours)
	old := t.forward[k]
	switch {
	case old == nil || row.Default && !old.Default:
		t.forward[k] = row
	case row.Default == old.Default:
		p.add(at, 0, "In the value table %q our word %q stands twice; mark one row as default, or give the other the direction out.", t.name, row.Ours)
	}
}

func (t *table) addBack(row *Row, at string, p *Problems) {
	if row.Direction == "in" {
		return
	}
	k := protocol.Coding{System: row.System, Code: row.Code}
	old := t.back[k]
	rank := func(r *Row) int {
		n := slices.Index(relations, r.relation()) * 2
		if !r.Default {
			n++
		}
		return n
	}
	switch {
	case old == nil || rank(row) < rank(old):
		t.back[k] = row
	case rank(row) == rank(old):
		p.add(at, 0, "In the value table %q our words %q and %q both stand for the code %q; mark one as default for the way back, or give it the direction in.", t.name, old.Ours, row.Ours, row.Code)
	}
}

// circles refuses parents that lead back to where they began.
func (t *table) circles(at string, p *Problems) {
	for _, child := range sortedKeys(t.parentsOf) {
		k := child
		for range len(t.parentsOf) {
			next, found := t.parentsOf[k]
			if !found {
				break
			}
			if k = t.key(next); k == child {
				p.add(at+".parents", 0, "In the value table %q the parents of %q go round in a circle.", t.name, child)
				break
			}
		}
	}
}

func (t *table) checkPolicy(at string, policy *Policy, p *Problems) {
	if policy == nil {
		return
	}
	if !slices.Contains([]string{"keep", "fixed", "parent", "hold"}, policy.Policy) {
		p.add(at+".unknown", 0, "The value table %q: what to do with unknown values must be keep, fixed, parent or hold.", t.name)
	}
	if (policy.Policy == "fixed") != (policy.Value != "") {
		p.add(at+".unknown", 0, "The value table %q: a value is given for unknown values exactly when the policy is fixed.", t.name)
	}
}

// valueArgs are the arguments of "value".
type valueArgs struct {
	Table string `json:"table"`
}

// tableFunction is "value": a word of ours and a code, or a value of a closed list. The sender's own word always
// travels beside the code.
type tableFunction struct{ *table }

func (f tableFunction) forward(c *call, v value) value {
	if v.kind != list {
		return f.code(c, v.text)
	}
	for _, word := range v.list {
		v.codes = append(v.codes, f.code(c, word).coding)
	}
	return v
}

// code finds the code of one word.
func (f tableFunction) code(c *call, word string) value {
	word = strings.TrimSpace(word)
	if row := f.table.forward[f.key(word)]; row != nil {
		c.outcome(f.name, row.relation())
		return codedValue(row, word)
	}
	if row := f.above(word); row != nil {
		c.note(Flagged, "the value is not in the value table; the one above it stands for it")
		c.outcome(f.name, "broader")
		return codedValue(row, word)
	}
	switch policy := f.doc.Unknown.In; {
	case policy != nil && policy.Policy == "fixed":
		c.note(Flagged, "the value is not in the value table; a fixed value stands for it")
		c.outcome(f.name, "fixed")
		return value{kind: coded, coding: protocol.Coding{System: f.doc.System, Code: policy.Value, Original: word}}
	case policy != nil && policy.Policy == "hold":
		c.note(Held, "the value is not in the value table")
		c.outcome(f.name, "held")
	default:
		c.note(Flagged, "the value is not in the value table; it travels in the sender's own word")
		c.outcome(f.name, "kept")
	}
	return value{kind: coded, coding: protocol.Coding{Original: word}}
}

// above climbs from an unknown word of ours, when the policy says so, to the nearest word above it that has a row.
func (f tableFunction) above(word string) *Row {
	if f.doc.Unknown.In == nil || f.doc.Unknown.In.Policy != "parent" {
		return nil
	}
	for k := f.key(word); ; {
		next, found := f.parentsOf[k]
		if !found {
			return nil // the compiler has refused circles
		}
		if k = f.key(next); f.table.forward[k] != nil {
			return f.table.forward[k]
		}
	}
}

func codedValue(row *Row, word string) value {
	return value{kind: coded, coding: protocol.Coding{System: row.System, Code: row.Code, Label: row.Label, Original: word}}
}

func (f tableFunction) back(c *call, v value) value {
	if v.kind != list {
		return f.word(c, v.coding)
	}
	out := value{kind: list}
	for _, coding := range v.codes {
		one := f.word(c, coding)
		if one.kind == failed {
			return one
		}
		out.list = append(out.list, one.text)
	}
	return out
}

// word finds our word for one code.
func (f tableFunction) word(c *call, coding protocol.Coding) value {
	row, relation := f.rowOf(coding)
	if row != nil {
		c.outcome(f.name, relation)
		if relation == "broader" {
			c.note(Narrowed, "our word means more than the code")
		}
		return textValue(row.Ours)
	}
	policy := f.doc.Unknown.Out
	if policy != nil && policy.Policy == "hold" {
		c.note(Held, "the code is not in the value table")
		c.outcome(f.name, "held")
		return value{kind: failed}
	}
	if policy != nil && policy.Policy == "fixed" {
		c.note(Flagged, "the code is not in the value table; a fixed word stands for it")
		c.outcome(f.name, "fixed")
		return textValue(policy.Value)
	}
	c.note(Flagged, "the code is not in the value table; it is shown as the sender has it")
	c.outcome(f.name, "kept")
	return textValue(protocol.CodedAs(coding).Text())
}

// rowOf finds our word for a code: the sender's own word when it is one of ours for that very code, then the row
// of the code, then by policy the rows of the codes above it.
func (f tableFunction) rowOf(coding protocol.Coding) (row *Row, relation string) {
	if row := f.table.forward[f.key(coding.Original)]; row != nil && coding.Original != "" && row.Direction != "in" && row.System == coding.System && row.Code == coding.Code {
		return row, row.relation()
	}
	k := protocol.Coding{System: coding.System, Code: coding.Code}
	if row := f.table.back[k]; row != nil {
		return row, inverse(row.relation())
	}
	if f.doc.Unknown.Out == nil || f.doc.Unknown.Out.Policy != "parent" {
		return nil, ""
	}
	for range len(f.doc.Parents) {
		above, found := f.doc.Parents[k.Code]
		if !found {
			return nil, ""
		}
		k.Code = above
		if row := f.table.back[k]; row != nil {
			return row, "broader"
		}
	}
	return nil, ""
}

// inverse turns the relation of a code to our word into that of our word to the code.
func inverse(relation string) string {
	switch relation {
	case "broader":
		return "narrower"
	case "narrower":
		return "broader"
	}
	return relation
}

// knows reports whether the table has a word for the code.
func (f tableFunction) knows(coding protocol.Coding) bool {
	row, _ := f.rowOf(coding)
	return row != nil
}
