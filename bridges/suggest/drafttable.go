package suggest

import (
	"slices"

	"referworks/bridges/mapping"
	"referworks/protocol"
)

// valueTable makes a table of the words that are sure, and names it; "" when there is nothing to put in it.
func (d *drafter) valueTable(f *Field, std protocol.Field) string {
	goal, ok := GoalOf(std.Path)
	if !ok {
		return ""
	}
	words := wordsOf(f)
	if goal.System == "" {
		goal.System = fittest(words, d.o)
	}
	t := mapping.ValueTable{}
	if std.Kind == protocol.LeafCoded {
		t.System = goal.System
	}
	open := 0
	byCode := map[string]bool{}
	for _, s := range Values(goal, words, d.o) {
		if !s.Chosen || s.Candidates[0].System == absentList {
			d.absent(s)
			open += btoi(!s.Chosen)
			continue
		}
		c := s.Candidates[0]
		row := mapping.Row{Ours: s.Ours, Code: c.Code, Label: c.Label, Relation: c.Relation, Default: !byCode[c.Code]}
		if std.Kind != protocol.LeafCoded {
			row.Label, row.Relation = "", ""
		}
		byCode[c.Code] = true
		t.Rows = append(t.Rows, row)
	}
	if open > 0 {
		d.note("%s: %d of %d values have no code yet.", named(f), open, len(words))
	}
	if std.Kind == protocol.LeafChoice {
		d.complete(&t, goal, byCode)
	}
	if len(t.Rows) == 0 {
		return ""
	}
	oneDefault(t.Rows)
	name := d.unique(nameOf(f.Path), func(s string) bool { _, taken := d.doc.ValueTables[s]; return taken })
	d.doc.ValueTables[name] = t
	return name
}

// complete adds a row in the standard's own words for each value of a closed list that no word of ours has, so that
// everything that comes can be written.
func (d *drafter) complete(t *mapping.ValueTable, goal Goal, done map[string]bool) {
	for _, e := range bookOf(goal).entries {
		if e.system != goal.System || done[e.code] {
			continue
		}
		ours := e.label
		if ours == "" {
			ours = e.code
		}
		if !slices.ContainsFunc(t.Rows, func(r mapping.Row) bool { return fold(r.Ours) == fold(ours) }) {
			t.Rows = append(t.Rows, mapping.Row{Ours: ours, Code: e.code})
		}
	}
}

// oneDefault leaves the mark of the default only where one code has several words.
func oneDefault(rows []mapping.Row) {
	n := map[string]int{}
	for _, r := range rows {
		n[r.Code]++
	}
	for i := range rows {
		if n[rows[i].Code] < 2 {
			rows[i].Default = false
		}
	}
}

// absent takes a word for "unknown" or "declined" into the side, for all fields.
func (d *drafter) absent(s ValueSuggestion) {
	if !s.Chosen {
		return
	}
	if d.doc.Side.Absent == nil {
		d.doc.Side.Absent = map[string]string{}
	}
	d.doc.Side.Absent[s.Ours] = s.Candidates[0].Code
}

// wordsOf gives the words of a field, from its values or its examples.
func wordsOf(f *Field) []Word {
	if len(f.Values) > 0 {
		return f.Values
	}
	var out []Word
	for _, e := range f.Examples {
		if e != "" && !slices.ContainsFunc(out, func(w Word) bool { return fold(w.Text) == fold(e) }) {
			out = append(out, Word{Text: e, Count: 1})
		}
	}
	return out
}
