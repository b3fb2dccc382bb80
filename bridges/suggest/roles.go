package suggest

import (
	"slices"
	"strings"
)

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
