package suggest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/protocol"
)

// Change is what is different between the schema that a mapping was made for and the one that is seen now.
type Change struct {
	Kind  ChangeKind
	Field Field // as it is now; for Gone only the path counts
}

// ChangeKind says what happened to a field.
type ChangeKind = schema.ChangeKind

// The kinds of change.
const (
	New       = schema.New
	Gone      = schema.Gone
	Changed   = schema.Changed
	NewValues = schema.NewValues
)

// ChangesOf gives the changes of a shape as Redraft takes them.
func ChangesOf(all []schema.Change) []Change {
	out := make([]Change, len(all))
	for i := range all {
		out[i] = Change{Kind: all[i].Kind, Field: fieldOf(&all[i].Field)}
	}
	return out
}

// Redraft prepares a draft of an existing document for a changed schema: rules for new fields and rows for new values
// where the suggestion is sure and the place is free, notes for everything else. Existing rules stay as they are, also
// those that read a field that is gone. The document is not changed. fields is the whole schema as it is now.
func Redraft(doc *mapping.Document, fields []Field, changes []Change, o Options) (*Drafted, []Suggestion, error) {
	d, err := redrafter(doc, fields, o)
	if err != nil {
		return nil, nil, fmt.Errorf("redraft a mapping: %w", err)
	}
	known := map[string]bool{}
	for i := range d.doc.Rules {
		for _, l := range d.doc.Rules[i].Local {
			known[samePath(l)] = true
		}
	}
	all := d.changes(fields, changes, known)
	out, err := d.finish(fields)
	return out, all, err
}

// redrafter drafts on top of a copy of a document.
func redrafter(doc *mapping.Document, fields []Field, o Options) (*drafter, error) {
	next, err := cloneDocument(doc)
	if err != nil {
		return nil, err
	}
	if _, err := mapping.Compile(next); err != nil {
		return nil, fmt.Errorf("the document that is there has mistakes: %w", err)
	}
	d := &drafter{o: o, fields: map[string]*Field{}, out: &Drafted{}, used: map[string]bool{}, ruled: map[string]bool{}, doc: next}
	if next.ValueTables == nil {
		next.ValueTables = map[string]mapping.ValueTable{}
	}
	d.base, d.baseGroups = slices.Clip(next.Rules), slices.Clip(next.Groups)
	known := map[string]bool{}
	for i := range next.Rules {
		d.used[next.Rules[i].ID] = true
		for _, l := range next.Rules[i].Local {
			known[samePath(l)] = true
		}
	}
	for i := range fields {
		d.fields[fields[i].Path] = &fields[i]
		d.ruled[fields[i].Path] = known[samePath(fields[i].Path)]
	}
	return d, nil
}

func cloneDocument(doc *mapping.Document) (*mapping.Document, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("copy a mapping document: %w", err)
	}
	next, err := mapping.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("copy a mapping document: %w", err)
	}
	return next, nil
}

// samePath writes a path in its one form, so that notations compare.
func samePath(path string) string {
	if p, err := record.ParsePath(path); err == nil {
		return p.String()
	}
	return path
}

func (d *drafter) changes(fields []Field, changes []Change, known map[string]bool) []Suggestion {
	added := map[string]bool{}
	for _, c := range changes {
		switch c.Kind {
		case New:
			if !known[samePath(c.Field.Path)] {
				added[c.Field.Path] = true
				if d.fields[c.Field.Path] == nil {
					fields = append(slices.Clone(fields), c.Field)
					d.fields[c.Field.Path] = &fields[len(fields)-1]
				}
			}
		case Gone:
			for _, r := range d.doc.Rules {
				if slices.ContainsFunc(r.Local, func(l string) bool { return samePath(l) == samePath(c.Field.Path) }) {
					d.note("%s is gone from your records. Its rule %q stays until you remove it.", c.Field.Path, r.ID)
				}
			}
		case Changed:
			d.note("%s looks different now. See whether its rule still fits.", c.Field.Path)
		case NewValues:
			d.newValues(c.Field)
		}
	}
	if len(added) == 0 {
		return nil
	}
	var out []Suggestion
	var matches []Match
	for _, s := range Fields(fields, d.o) {
		if !added[s.Local] {
			continue
		}
		out = append(out, s)
		switch {
		case s.Chosen && d.free(s.Candidates[0].Place):
			matches = append(matches, Match{s.Local, s.Candidates[0].Place})
		case len(s.Candidates) > 0:
			d.note("%s is new and has no rule yet. It could be: %s.", named(d.fields[s.Local]), strings.ToLower(s.Candidates[0].Label))
		default:
			d.note("%s is new. It travels as an extra fact.", named(d.fields[s.Local]))
		}
	}
	before := d.ruled
	d.all(matches)
	for path := range before {
		d.ruled[path] = d.ruled[path] || before[path]
	}
	return out
}

// free reports whether no rule writes a place yet, or the place takes several.
func (d *drafter) free(place string) bool {
	if strings.HasSuffix(place, "[]") || strings.HasPrefix(place, "contact.points[") {
		return true
	}
	return !slices.ContainsFunc(d.doc.Rules, func(r mapping.Rule) bool {
		return r.Standard == place || strings.HasPrefix(place, r.Standard+".")
	})
}

// newValues adds rows for words that are sure to the tables of the rules that read the field.
func (d *drafter) newValues(f Field) {
	for _, r := range d.doc.Rules {
		if !slices.ContainsFunc(r.Local, func(l string) bool { return samePath(l) == samePath(f.Path) }) {
			continue
		}
		name := tableOf(r)
		t, ok := d.doc.ValueTables[name]
		std, known := protocol.FieldAt(plainPlace(r.Standard))
		if !ok || !known {
			continue
		}
		goal, _ := GoalOf(std.Path)
		if std.Kind == protocol.LeafCoded && t.System != "" {
			goal = Goal{Standard: std.Path, System: t.System}
		}
		var open []Word
		for _, w := range f.Values {
			if !slices.ContainsFunc(t.Rows, func(row mapping.Row) bool { return fold(row.Ours) == fold(w.Text) }) {
				open = append(open, w)
			}
		}
		for _, s := range Values(goal, open, d.o) {
			if !s.Chosen || s.Candidates[0].System == absentList {
				d.note("%s has a new value without a code.", named(&f))
				continue
			}
			row := mapping.Row{Ours: s.Ours, Code: s.Candidates[0].Code, Direction: "in"}
			if std.Kind == protocol.LeafCoded {
				row.Label, row.Relation = s.Candidates[0].Label, s.Candidates[0].Relation
			}
			if !slices.ContainsFunc(t.Rows, func(x mapping.Row) bool { return x.Code == row.Code }) {
				row.Direction = ""
			}
			t.Rows = append(slices.Clone(t.Rows), row)
		}
		d.doc.ValueTables[name] = t
	}
}

// tableOf is the value table that a rule uses, or "".
func tableOf(r mapping.Rule) string {
	for _, s := range r.Via {
		if s.Fn != "value" || s.Args == nil {
			continue
		}
		for _, c := range s.Args.Children {
			if c.Name == "table" {
				return c.Text
			}
		}
	}
	return ""
}
