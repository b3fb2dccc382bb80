package suggest

import (
	"fmt"
	"slices"
)

// byRole reads a name that says whom it speaks of and nothing else as their name: "Emergency contact".
func (m *matcher) byRole(l *local, all []Candidate) []Candidate {
	if l.role == "" || l.role == "person" || len(l.roleSet) == 0 {
		return all
	}
	whole := false
	for _, va := range l.variants {
		whole = whole || slices.Equal(m.heavy(va.tokens), m.heavy(l.roleSet))
	}
	place := "people[role=" + l.role + "].names[].full"
	switch l.role {
	case "referrer":
		place = "referrer.contact.name"
	case "target":
		place = "target.organization.name"
	}
	ti := m.v.targetOf(place)
	if !whole || ti < 0 || rejectedField(m.o.Rejected, l.field.Path, &m.v.targets[ti]) {
		return all
	}
	t := &m.v.targets[ti]
	factor, _ := l.profile.judge(t)
	score := 0.8 * min(factor, 1)
	c := Candidate{Standard: t.standard, Place: l.placeIn(t), Label: t.field.Label, Score: score, target: ti,
		Reasons: []string{fmt.Sprintf("%q speaks of %s and says nothing else", l.roleAt, rolePhrase[l.role])}}
	at := slices.IndexFunc(all, func(c Candidate) bool { return c.target == ti })
	switch {
	case at < 0:
		return append(all, c)
	case all[at].Score < score:
		all[at] = c
	}
	return all
}

// heavy leaves out the words that say little.
func (m *matcher) heavy(tokens []token) []token {
	out := make([]token, 0, len(tokens))
	for _, t := range tokens {
		if t < 0 || m.v.weights[t] > 0.2 {
			out = append(out, t)
		}
	}
	return out
}

// foreignNumber reports whether a name is "number" or "id" after one word that is not known, as the name of a system is.
func (m *matcher) foreignNumber(l *local) bool {
	tokens := l.variants[0].tokens
	if len(tokens) != 2 || tokens[0] >= 0 || tokens[1] < 0 {
		return false
	}
	last := m.v.names[tokens[1]]
	return last == "number" || last == "id"
}

// byValues offers what the values alone suggest when the name says nothing.
func (m *matcher) byValues(l *local, all []Candidate) []Candidate {
	for _, c := range all {
		if c.Score >= maybeScore {
			return all
		}
	}
	p := &l.profile
	place, score := "", 0.0
	switch {
	case p.n >= 1 && p.most(p.email):
		place, score = "contact.points[kind=email].value", 0.5
	case p.n >= 2 && p.most(p.phone):
		place, score = "contact.points[kind=phone].value", 0.45
	case m.foreignNumber(l) && !p.most(p.flag) && !p.most(p.date) && !p.most(p.decimal):
		place, score = "person.identifiers[].value", 0.45
	}
	if place == "" || l.role != "" && l.role != "person" {
		return all
	}
	for ti := range m.v.targets {
		t := &m.v.targets[ti]
		if t.place == place && !rejectedField(m.o.Rejected, l.field.Path, t) {
			_, why := p.judge(t)
			if why == "" {
				why = "it looks like the number that some system gave the person"
			}
			return append(all, Candidate{Standard: t.standard, Place: t.place, Label: t.field.Label, Score: score, target: ti, Reasons: []string{why}})
		}
	}
	return all
}
