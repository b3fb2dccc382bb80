package suggest

import (
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

// Match is a suggestion that was accepted: a field of ours and a place of the standard, as Candidate.Place has it, or a
// general path.
type Match struct {
	Local    string `json:"local"`
	Standard string `json:"standard"`
}

// Head is what a draft says beside its rules.
type Head struct {
	ID   string
	Name string
	Side mapping.Side // Format json when empty
}

// Drafted is a document that compiles. It is a draft: a person reads it before it is published.
type Drafted struct {
	Document *mapping.Document
	Carried  []string // our fields without a rule: they travel as extra facts
	Notes    []string // what a person should look at, in sentences
}

// Chosen gives the matches that were chosen beforehand.
func Chosen(all []Suggestion) []Match {
	var out []Match
	for _, s := range all {
		if s.Chosen {
			out = append(out, Match{s.Local, s.Candidates[0].Place})
		}
	}
	return out
}

// Draft makes a mapping document of accepted matches, with functions chosen by the kind of each field, date formats read
// from the examples, and value tables. A match that cannot be expressed as a rule becomes a note, and its field is carried.
func Draft(head Head, fields []Field, accepted []Match, o Options) (*Drafted, error) {
	if head.Side.Format == "" {
		head.Side.Format = "json"
	}
	d := &drafter{o: o, fields: map[string]*Field{}, out: &Drafted{}, used: map[string]bool{}, doc: &mapping.Document{
		V: 1, ID: head.ID, Standard: mapping.Standard, Name: head.Name, Side: head.Side,
		Rules: []mapping.Rule{}, ValueTables: map[string]mapping.ValueTable{},
	}}
	if d.doc.ID == "" {
		d.doc.ID = "draft"
	}
	if d.doc.Name == "" {
		d.doc.Name = "Draft"
	}
	for i := range fields {
		d.fields[fields[i].Path] = &fields[i]
	}
	d.all(accepted)
	return d.finish(fields)
}

type drafter struct {
	o      Options
	fields map[string]*Field
	doc    *mapping.Document
	out    *Drafted
	used   map[string]bool // ids
	ruled  map[string]bool // our fields with a rule

	attempts   []attempt
	together   bool           // rules are tried beside those before them
	base       []mapping.Rule // of the document that is drafted again
	baseGroups []mapping.Group
}

// all makes the rules: those of list leaves that several fields fill as one rule.
func (d *drafter) all(accepted []Match) {
	d.ruled = map[string]bool{}
	places := map[string][]string{} // place of a list leaf -> our fields
	var order []string
	for _, m := range accepted {
		f := d.fields[m.Local]
		if f == nil || d.ruled[m.Local] {
			continue
		}
		std, ok := protocol.FieldAt(plainPlace(m.Standard))
		if !ok {
			d.note("%s: the standard has no field %s.", m.Local, m.Standard)
			continue
		}
		d.ruled[m.Local] = true
		if strings.HasSuffix(std.Path, ".lines[]") && !strings.Contains(m.Local, "[]") {
			if places[m.Standard] == nil {
				order = append(order, m.Standard)
			}
			places[m.Standard] = append(places[m.Standard], m.Local)
			continue
		}
		d.rule(f, std, m.Standard, accepted)
	}
	for _, place := range order {
		locals := places[place]
		r := mapping.Rule{ID: d.id(locals[0]), Label: d.fields[locals[0]].Label, Local: locals, Standard: place}
		if len(locals) > 1 {
			r.Via = []mapping.Step{step("list")}
		}
		d.try(r, locals, nil)
	}
}

// plainPlace takes the conditions out of a place.
func plainPlace(place string) string {
	var b strings.Builder
	in := false
	for _, r := range place {
		switch {
		case r == '[':
			in = true
			b.WriteByte('[')
		case r == ']':
			in = false
			b.WriteByte(']')
		case !in:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (d *drafter) rule(f *Field, std protocol.Field, place string, accepted []Match) {
	r := mapping.Rule{ID: d.id(f.Path), Label: f.Label, Local: mapping.Paths{f.Path}, Standard: place}
	table := ""
	switch {
	case strings.HasPrefix(std.Path, "contact.points[]."):
		r.Standard = d.pointPlace(f, std, place)
		if std.Path == "contact.points[].value" {
			switch {
			case strings.Contains(r.Standard, "kind=email"):
				r.Via = []mapping.Step{step("email")}
			case strings.Contains(r.Standard, "kind=phone"):
				r.Standard = strings.TrimSuffix(r.Standard, ".value")
				r.Via = []mapping.Step{step("phone")}
			}
			break
		}
		r.Via, table = d.via(f, std, place)
	case std.Path == "people[].contact.phone" || std.Path == "referrer.contact.phone":
		r.Standard = strings.TrimSuffix(place, ".phone")
		r.Via = []mapping.Step{step("phone")}
	case strings.HasSuffix(std.Path, "names[].full") && !d.hasParts(place, accepted):
		r.Standard = strings.TrimSuffix(place, ".full")
		r.Via = []mapping.Step{step("name")}
	default:
		r.Via, table = d.via(f, std, place)
	}
	switch f.Kind {
	case "number", "integer":
		r.As = "number"
	case "bool":
		r.As = "bool"
	}
	if len(r.Via) == 0 && r.As != "" && (std.Kind == protocol.LeafInteger || std.Kind == protocol.LeafFlag) {
		r.As = "" // whole numbers and flags keep their kind by themselves
	}
	d.try(r, []string{f.Path}, tableNames(table))
}

func tableNames(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// hasParts reports whether parts of the same name were accepted too.
func (d *drafter) hasParts(place string, accepted []Match) bool {
	stem := strings.TrimSuffix(place, "full")
	return slices.ContainsFunc(accepted, func(m Match) bool { return m.Standard == stem+"given" || m.Standard == stem+"family" })
}

// via chooses the functions for a field by the kind of its place, and adds the value table that they need.
func (d *drafter) via(f *Field, std protocol.Field, place string) (steps []mapping.Step, table string) {
	switch std.Kind {
	case protocol.LeafDate:
		return []mapping.Step{dateStep(f, std.Path)}, ""
	case protocol.LeafWhen:
		if hasTimes(f) {
			return []mapping.Step{step("datetime")}, ""
		}
		return []mapping.Step{dateStep(f, std.Path)}, ""
	case protocol.LeafTime:
		return []mapping.Step{step("datetime")}, ""
	case protocol.LeafEmail:
		return []mapping.Step{step("email")}, ""
	case protocol.LeafPhone:
		return nil, ""
	case protocol.LeafDecimal:
		if f.Kind == "number" || f.Kind == "integer" {
			return []mapping.Step{step("number")}, ""
		}
		return []mapping.Step{moneyStep(f)}, ""
	case protocol.LeafFlag:
		if f.Kind == "bool" {
			return nil, ""
		}
		return []mapping.Step{boolStep(f)}, ""
	case protocol.LeafChoice, protocol.LeafCoded, protocol.LeafLanguage, protocol.LeafCountry:
		if name := d.valueTable(f, std); name != "" {
			return []mapping.Step{step("value", "table", name)}, name
		}
	}
	return nil, ""
}

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

// attempt is a rule that try was asked to add.
type attempt struct {
	rule           mapping.Rule
	locals, tables []string
}

// try adds a rule in the first form that compiles: as it is, with lists of ours entered at their first item, on the
// way in only; otherwise its fields are carried. Rules are tried one by one; only when they do not fit together, each
// is tried beside those before it.
func (d *drafter) try(r mapping.Rule, locals, tables []string) {
	d.attempts = append(d.attempts, attempt{r, locals, tables})
	for _, form := range forms(r) {
		doc := *d.doc
		doc.Groups = d.withGroup(form)
		doc.Rules = []mapping.Rule{form}
		if d.together {
			doc.Rules = append(slices.Clone(d.doc.Rules), form)
		}
		if _, err := mapping.Compile(&doc); err == nil {
			d.doc.Rules, d.doc.Groups = append(slices.Clip(d.doc.Rules), form), doc.Groups
			if form.Direction == "in" && r.Direction != "in" {
				d.note("%s is taken on the way in only.", d.label(locals[0]))
			}
			return
		}
	}
	for _, l := range locals {
		delete(d.ruled, l)
		d.note("%s: %s could not be filled by itself, it may be taken already.", d.label(l), r.Standard)
	}
}

// retry adds the rules again, each beside those before it.
func (d *drafter) retry() {
	all := d.attempts
	d.together, d.attempts = true, nil
	d.doc.Rules, d.doc.Groups = d.base, d.baseGroups
	d.out.Notes = slices.Clip(d.out.Notes)
	for _, a := range all {
		for _, l := range a.locals {
			d.ruled[l] = true
		}
		d.try(a.rule, a.locals, a.tables)
	}
}

// dropTables takes out the tables that only rules used that could not be added.
func (d *drafter) dropTables() {
	used := map[string]bool{}
	for _, r := range d.doc.Rules {
		used[tableOf(r)] = true
	}
	for _, a := range d.attempts {
		for _, t := range a.tables {
			if !used[t] {
				delete(d.doc.ValueTables, t)
			}
		}
	}
}

func (d *drafter) label(local string) string { return named(d.fields[local]) }

func named(f *Field) string {
	if f.Label != "" {
		return f.Label
	}
	return f.Path
}

// forms gives a rule and weaker forms of it.
func forms(r mapping.Rule) []mapping.Rule {
	out := []mapping.Rule{r}
	if lists := strings.Count(r.Local[0], "[]"); lists > 0 {
		for keep := lists - 1; keep >= 0; keep-- {
			f := r
			f.Local = slices.Clone(r.Local)
			for i := range f.Local {
				f.Local[i] = firstItems(f.Local[i], keep)
			}
			out = append(out, f)
		}
	}
	if len(r.Via) > 0 {
		f := r
		f.Direction = "in"
		out = append(out, f)
	}
	return out
}

// firstItems keeps the first lists of a path and enters the others at their first item.
func firstItems(path string, keep int) string {
	var b strings.Builder
	for {
		i := strings.Index(path, "[]")
		if i < 0 {
			b.WriteString(path)
			return b.String()
		}
		b.WriteString(path[:i])
		if keep > 0 {
			keep--
			b.WriteString("[]")
		} else {
			b.WriteString("[0]")
		}
		path = path[i+2:]
	}
}

// withGroup gives the groups with the one that pairs the rule's list of ours with the standard's.
func (d *drafter) withGroup(r mapping.Rule) []mapping.Group {
	i := strings.Index(r.Local[0], "[]")
	j := strings.IndexByte(r.Standard, ']')
	if i < 0 || j < 0 || strings.Count(r.Local[0], "[]") != 1 || j+1 == len(r.Standard) {
		return d.doc.Groups
	}
	local, std := r.Local[0][:i+2], r.Standard[:j+1]
	for _, g := range d.doc.Groups {
		if g.Local == local || g.Standard == std {
			return d.doc.Groups
		}
	}
	id := d.unique(nameOf(local), func(s string) bool {
		return slices.ContainsFunc(d.doc.Groups, func(g mapping.Group) bool { return g.ID == s })
	})
	return append(slices.Clone(d.doc.Groups), mapping.Group{ID: id, Local: local, Standard: std})
}

func (d *drafter) finish(fields []Field) (*Drafted, error) {
	if _, err := mapping.Compile(d.doc); err != nil {
		d.retry()
	}
	d.dropTables()
	if len(d.doc.ValueTables) == 0 {
		d.doc.ValueTables = nil
	}
	for _, f := range fields {
		if !d.ruled[f.Path] {
			d.out.Carried = append(d.out.Carried, f.Path)
		}
	}
	if _, err := mapping.Compile(d.doc); err != nil {
		return nil, fmt.Errorf("draft a mapping: %w", err)
	}
	d.out.Document = d.doc
	return d.out, nil
}

func (d *drafter) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(d.out.Notes, s) {
		d.out.Notes = append(d.out.Notes, s)
	}
}

func (d *drafter) id(path string) string {
	id := d.unique(nameOf(path), func(s string) bool { return d.used[s] })
	d.used[id] = true
	return id
}

func (d *drafter) unique(name string, taken func(string) bool) string {
	if !taken(name) {
		return name
	}
	for n := 2; ; n++ {
		if s := fmt.Sprintf("%s-%d", name, n); !taken(s) {
			return s
		}
	}
}

// nameOf makes an id of a path: "adverse_parties[].first_name" is "adverse-parties-first-name".
func nameOf(path string) string {
	var words []string
	for _, n := range pathNames(path) {
		words = append(words, split(n)...)
	}
	words = words[max(0, len(words)-6):]
	if len(words) == 0 {
		return "field"
	}
	return strings.Join(words, "-")
}

func step(fn string, args ...string) mapping.Step {
	s := mapping.Step{Fn: fn}
	if len(args) > 0 {
		s.Args = record.NewObject()
		for i := 0; i+1 < len(args); i += 2 {
			s.Args.Add(args[i], record.NewText(args[i+1]))
		}
	}
	return s
}
