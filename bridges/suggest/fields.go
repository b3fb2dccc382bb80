package suggest

import (
	"cmp"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// Field is a field of our own schema, as far as it helps to know what it is.
type Field struct {
	Path     string   // as mapping documents write it: "adverse_parties[].first_name"
	Label    string   // what people call it; may be empty
	Kind     string   // text, number, bool, date, datetime; may be empty
	Examples []string // values, in any order
	Values   []Word   // all values, when there are few
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

// local is a field of ours, read.
type local struct {
	field    *Field
	segments [][]token // of each name in the path, the field's own last
	variants []variant // ways to read the own name
	group    string    // path of what it stands in
	key      string    // canonical words of the own name
	role     string
	roleAt   string // the words that say so
	roleSet  []token
	plural   bool
	strange  bool // what it stands in is not known, and nothing says whom it speaks of
	asks     bool // "is_…", "has_…": yes or no
	profile  profile
}

// variant is one reading of the own name: by the path or by the label.
type variant struct {
	tokens   []token
	weight   float64
	strength float64
	soft     bool // the name of what it stands in: words that are not understood count less
}

func (m *matcher) prepare(f *Field) local {
	l := local{field: f, profile: profileOf(f)}
	names := pathNames(f.Path)
	words := make([][]string, len(names))
	for i, n := range names {
		words[i] = m.v.canonical(n)
		l.segments = append(l.segments, m.tokens(words[i]))
	}
	if w := split(names[len(names)-1]); len(w) > 1 {
		l.asks = slices.Contains([]string{"is", "has", "was", "are", "does", "can", "may", "needs"}, w[0]) || slices.Contains(w[1:len(w)-1], "is")
	}
	if i := strings.LastIndexByte(f.Path, '.'); i > 0 {
		l.group = f.Path[:i]
	}
	own := words[len(words)-1]
	l.plural = pluralName(names[len(names)-1])
	l.variants = append(l.variants, m.variant(own, 1))
	if (plainGeneric(own) || contentless(own)) && len(words) > 1 {
		l.variants = append(l.variants, m.variant(append(slices.Clone(words[len(words)-2]), own...), 0.99))
		if contentless(own) {
			m.climb(&l, words)
		}
	}
	if label := m.v.canonical(f.Label); len(label) > 0 && !slices.Equal(label, own) {
		strength := 0.99
		if len(label) > 6 {
			strength = 0.9
		}
		l.variants = append(l.variants, m.variant(label, strength))
	}
	l.key = strings.Join(own, " ")
	m.findRole(&l, words)
	if l.role == "" {
		for i, seg := range l.segments[:len(l.segments)-1] {
			for j, t := range seg {
				l.strange = l.strange || t < 0 && !containers[words[i][j]] && !isNumber(words[i][j])
			}
		}
	}
	return l
}

// climb reads a mere wrapping by what it stands in, up to the first name that says something.
func (m *matcher) climb(l *local, words [][]string) {
	strength := 0.97
	var below []string
	for i := len(words) - 2; i >= 0 && i >= len(words)-4; i-- {
		if len(words[i]) == 1 && words[i][0] == "extension" {
			return // of a format, and of no phone
		}
		va := m.variant(append(slices.Clone(words[i]), below...), strength)
		va.soft = true
		l.variants = append(l.variants, va)
		if !plainGeneric(words[i]) {
			return
		}
		if !contentless(words[i]) {
			below = append(slices.Clone(words[i]), below...)
		}
		strength -= 0.02
	}
}

func (m *matcher) tokens(words []string) []token {
	out := make([]token, len(words))
	for i, w := range words {
		out[i] = m.token(w)
	}
	return out
}

// token finds a word, or the only word that it is a slip of the keyboard away from. Unknown words are negative.
func (m *matcher) token(w string) token {
	if id, ok := m.v.ids[w]; ok {
		return id
	}
	if len(w) >= 5 {
		for id, known := range m.v.names {
			if len(known) >= 5 && near(w, known) {
				return token(id)
			}
		}
	}
	return -1
}

func (m *matcher) variant(words []string, strength float64) variant {
	v := variant{tokens: m.tokens(words), strength: strength}
	for i, t := range v.tokens {
		if t >= 0 {
			v.weight += m.v.weights[t]
		} else if i == 0 && len(words) > 1 {
			v.weight += 0.5 // often the name of a system
		} else {
			v.weight += min(weightOf(words[i]), 0.8)
		}
	}
	return v
}

func pluralName(name string) bool {
	w := split(name)
	return len(w) > 0 && singular(w[len(w)-1]) != w[len(w)-1]
}

// plainGeneric reports that a name says little without what it stands in.
func plainGeneric(words []string) bool {
	for _, w := range words {
		if !generic[w] && !light[w] && !containers[w] && w != "display" && w != "system" && w != "extension" && w != "content" && !isNumber(w) && len(w) > 1 {
			return false
		}
	}
	return true
}

// contentless reports that a name is a mere wrapping of the value: coding.code, name.text.
func contentless(words []string) bool {
	for _, w := range words {
		switch w {
		case "value", "code", "text", "display", "coding", "label", "content", "item", "string", "codeable", "concept", "x", "raw", "decoded":
		default:
			return false
		}
	}
	return true
}

func isNumber(w string) bool { return w != "" && strings.Trim(w, "0123456789") == "" }

// pathNames gives the names in a path, without list marks; of conditions the values, which often say what is meant.
func pathNames(path string) []string {
	var names []string
	if p, err := record.ParsePath(path); err == nil {
		for _, seg := range p {
			name := seg.Name
			for _, match := range seg.Match {
				name += " " + match.Value
			}
			if name = strings.Trim(name, "@#"); name != "" && name != "text" {
				names = append(names, name)
			}
		}
	} else {
		names = strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '/' })
	}
	if len(names) == 0 {
		names = []string{path}
	}
	return names[max(0, len(names)-8):]
}

// findRole finds whom the field speaks of: what its own name says, otherwise what it stands in, from the inside out.
func (m *matcher) findRole(l *local, words [][]string) {
	for i := len(words) - 1; i >= 0; i-- {
		if i < len(words)-1 && i > 0 && len(words[i]) == 1 && words[i][0] == "contact" && strings.Contains(l.field.Path, "contact[") {
			if role, n, _ := m.v.roleIn(words[i-1]); n > 0 && role == "person" || i > 1 && m.personIn(words[:i]) {
				l.role, l.roleAt, l.roleSet = "other", "contact", m.tokens(words[i]) // the patient's contact is someone else
				return
			}
		}
		if i == len(words)-1 && len(words[i]) == 1 && words[i][0] == "family" {
			continue // the family name
		}
		if i < len(words)-1 && len(words[i]) == 1 && words[i][0] == "children" {
			l.role, l.roleAt, l.roleSet = "household", "children", m.tokens(words[i])
			return
		}
		if i < len(words)-1 && len(words[i]) == 1 && words[i][0] == "source" {
			l.role, l.roleAt, l.roleSet = "referrer", "source", m.tokens(words[i])
			return
		}
		if role, n, at := m.v.roleIn(words[i]); n > 0 {
			l.role, l.roleAt, l.roleSet = role, strings.Join(words[i][at:at+n], " "), m.tokens(words[i][at:at+n])
			return
		}
	}
	for _, text := range []string{l.field.Label, m.o.About} {
		words := m.v.canonical(text)
		if role, n, at := m.v.roleIn(words); n > 0 {
			l.role, l.roleAt, l.roleSet = role, strings.Join(words[at:at+n], " "), m.tokens(words[at:at+n])
			return
		}
	}
}

func (m *matcher) personIn(words [][]string) bool {
	return slices.ContainsFunc(words, func(w []string) bool {
		role, n, _ := m.v.roleIn(w)
		return n > 0 && role == "person"
	})
}

// roleIn finds the longest role word in words; of equals one that is not the person.
func (v *vocabulary) roleIn(words []string) (role string, n, at int) {
	for i := range words {
		for _, r := range v.roles[words[i]] {
			k := len(r.tokens)
			if i+k > len(words) || !slices.Equal(words[i:i+k], r.tokens) {
				continue
			}
			if i > 0 && (words[i-1] == "relationship" || words[i-1] == "with") || i > 1 && words[i-1] == "to" && words[i-2] == "relationship" {
				continue // "relationship to client", "lives with client" speak of someone else
			}
			if (words[i] == "to" || words[i] == "from" || words[i] == "self") && k == 1 && i > 0 {
				continue
			}
			if k > n || k == n && role == "person" {
				role, n, at = r.role, k, i
			}
		}
	}
	return role, n, at
}

// yours reads "Your name" in a form that speaks of a client elsewhere as who fills it in.
func (m *matcher) yours() {
	clients := 0
	for i := range m.locals {
		clients += btoi(m.locals[i].role == "person" && m.locals[i].roleAt != "")
	}
	if clients < 2 {
		return
	}
	for i := range m.locals {
		l := &m.locals[i]
		names := pathNames(l.field.Path)
		w := split(names[len(names)-1])
		if l.field.Label != "" {
			w = split(l.field.Label)
		}
		if l.role == "" && len(w) > 1 && (w[0] == "your" || w[0] == "my") {
			l.role, l.roleAt = "referrer", w[0]
		}
	}
}

// dropPrefixes reads names also without a first word that most fields of their group begin with: "ssp_first_name",
// "relation_name" in a list of relatives. Words that say whom a field speaks of are read as such already.
func (m *matcher) dropPrefixes() {
	counts, sizes := map[[2]string]int{}, map[string]int{}
	first := make([]string, len(m.locals))
	rest := make([]string, len(m.locals))
	for i := range m.locals {
		l := &m.locals[i]
		names := pathNames(l.field.Path)
		sizes[l.group]++
		if w := split(names[len(names)-1]); len(w) > 1 {
			first[i], rest[i] = w[0], strings.Join(w[1:], " ")
			counts[[2]string{l.group, w[0]}]++
		}
	}
	for i := range m.locals {
		l := &m.locals[i]
		n := counts[[2]string{l.group, first[i]}]
		known := m.v.known(first[i]) || m.v.words[first[i]] != nil
		if first[i] == "" || n < 4 || 2*n < sizes[l.group] || len(m.v.roles[first[i]]) > 0 || known && (l.group == "" || 5*n < 3*sizes[l.group]) {
			continue
		}
		words := m.v.canonical(rest[i])
		strength := 1.0
		if known {
			strength = 0.95
		} else {
			l.key = strings.Join(words, " ")
		}
		l.variants = append(l.variants, m.variant(words, strength))
	}
}

func (m *matcher) sort(cands []Candidate) {
	slices.SortStableFunc(cands, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.target, b.target))
	})
}
