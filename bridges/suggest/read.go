package suggest

import (
	"slices"
	"strings"

	"referworks/bridges/record"
)

// local is a field of ours, read.
type local struct {
	field    *Field
	segments [][]token // of each name in the path, the field's own last
	variants []variant // ways to read the own name
	group    string    // path of what it stands in
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
		}
		l.variants = append(l.variants, m.variant(words, strength))
	}
}
