package suggest

import (
	"cmp"
	"slices"

	"referworks/bridges/schema"
)

// Field is a field of our own schema, as far as it helps to know what it is.
type Field struct {
	Path     string   // as mapping documents write it: "adverse_parties[].first_name"
	Label    string   // what people call it; may be empty
	Kind     string   // text, number, bool, date, datetime; may be empty
	Examples []string // values, in any order
	Values   []Word   // all values, when there are few
}

// FieldsOf gives the fields of a shape as the matcher takes them.
func FieldsOf(s *schema.Shape) []Field {
	out := make([]Field, len(s.Fields))
	for i := range s.Fields {
		out[i] = fieldOf(&s.Fields[i])
	}
	return out
}

func fieldOf(f *schema.Field) Field {
	kind := f.Kind
	if kind == "null" {
		kind = ""
	}
	return Field{Path: f.Path, Label: f.Label, Kind: kind, Examples: f.Examples, Values: f.Values}
}

// Suggestion is what a field of ours could be.
type Suggestion struct {
	Local      string      `json:"local"`
	Label      string      `json:"label,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"` // best first
	Band       Band        `json:"band"`                 // of the first
	Chosen     bool        `json:"chosen,omitempty"`     // sure, and clearly ahead of the second
}

// Candidate is a field of the standard for a field of ours.
type Candidate struct {
	Standard string   `json:"standard"` // general path, as protocol.FieldAt knows it
	Place    string   `json:"place"`    // as a mapping document writes it: with conditions
	Label    string   `json:"label"`
	Score    float64  `json:"score"`
	Band     Band     `json:"band"`
	Reasons  []string `json:"reasons"`

	target int
}

// Fields proposes places of the standard for every field, in the order of the fields. A place that holds one value is
// chosen for one field only.
func Fields(fields []Field, o Options) []Suggestion {
	v := theVocabulary()
	m := &matcher{v: v, o: o, locals: make([]local, len(fields)), learnt: learntNames(v, o)}
	for i := range fields {
		m.locals[i] = m.prepare(&fields[i])
	}
	m.dropPrefixes()
	m.yours()
	all := make([][]Candidate, len(fields))
	for i := range fields {
		all[i] = m.candidates(&m.locals[i])
	}
	m.neighbors(all)
	for i := range all {
		m.sort(all[i])
	}
	m.assign(all)
	out := make([]Suggestion, len(fields))
	for i := range fields {
		out[i] = finish(&fields[i], all[i], o)
	}
	choose(out)
	return out
}

func finish(f *Field, cands []Candidate, o Options) Suggestion {
	s := Suggestion{Local: f.Path, Label: f.Label, Band: None}
	seen := map[string]bool{}
	for _, c := range cands {
		if c.Score < maybeScore || seen[c.Standard] || len(s.Candidates) == o.most() {
			continue
		}
		seen[c.Standard] = true
		c.Score = min(c.Score, 1)
		c.Band = bandOf(c.Score)
		s.Candidates = append(s.Candidates, c)
	}
	if len(s.Candidates) == 0 {
		return s
	}
	first := &s.Candidates[0]
	if first.Band == Sure && len(s.Candidates) > 1 && first.Score-s.Candidates[1].Score < lead {
		first.Band = Likely
	}
	s.Band = first.Band
	s.Chosen = s.Band == Sure
	return s
}

// choose keeps one field for each place that holds one value.
func choose(all []Suggestion) {
	best := map[string]int{}
	v := theVocabulary()
	for i := range all {
		if !all[i].Chosen || v.targets[all[i].Candidates[0].target].shared {
			continue
		}
		place := all[i].Candidates[0].Place
		if j, taken := best[place]; !taken {
			best[place] = i
		} else {
			if all[i].Candidates[0].Score > all[j].Candidates[0].Score {
				i, j = j, i
			}
			all[i].lower()
			if best[place] = j; all[j].Candidates[0].Score-all[i].Candidates[0].Score < lead {
				all[j].lower() // nothing says which of the two it is
			}
		}
	}
}

// lower makes a suggestion likely whose place was chosen for another field.
func (s *Suggestion) lower() {
	s.Chosen = false
	s.Band, s.Candidates[0].Band = Likely, Likely
	s.Candidates[0].Reasons = append(s.Candidates[0].Reasons, "another of your fields fits there as well or better")
}

// matcher holds what is worked out for one schema.
type matcher struct {
	v      *vocabulary
	o      Options
	locals []local
	learnt map[string][]learntPlace
}

func (m *matcher) sort(cands []Candidate) {
	slices.SortStableFunc(cands, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.target, b.target))
	})
}
