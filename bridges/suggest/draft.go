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
