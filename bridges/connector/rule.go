package connector

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
)

// rule is a presets.Rule made ready.
type rule struct {
	presets.Rule
	path   record.Path
	fields []record.Path
	match  *regexp.Regexp
}

func readRules(list []presets.Rule) ([]rule, error) {
	var out []rule
	for _, r := range list {
		made := rule{Rule: r}
		var err error
		if r.Path != "" {
			if made.path, err = record.ParsePath(r.Path); err != nil {
				return nil, err
			}
		}
		for _, f := range r.Field {
			p, err := record.ParsePath(f)
			if err != nil {
				return nil, err
			}
			made.fields = append(made.fields, p)
		}
		if r.Match != "" {
			if made.match, err = regexp.Compile(r.Match); err != nil {
				return nil, err
			}
		}
		out = append(out, made)
	}
	return out, nil
}

// apply gives the error that an answer is by this rule, or nil.
func (r *rule) apply(a rest.Answer, answered, sent *record.Node) *bridges.Error {
	if len(r.Status) > 0 && !slices.Contains(r.Status, a.Status) {
		return nil
	}
	said := ""
	if r.path != nil {
		if answered == nil {
			return nil
		}
		at := answered.Find(r.path)
		i := slices.IndexFunc(at, r.holds)
		if i < 0 {
			return nil
		}
		said = at[i].Text
	}
	e := &bridges.Error{Class: bridges.Class(r.Class), Sentence: r.Says}
	if len(r.fields) > 0 {
		e.Field = rest.RefusedField(a, sent, r.fields)
	}
	if r.match != nil && e.Field == "" {
		if m := r.match.FindStringSubmatch(said); len(m) > 1 {
			if e.Field = member(sent, m[1]); e.Field == "" && r.Place != "" && holdsText(sent, m[1]) {
				e.Field = strings.ReplaceAll(r.Place, "$1", m[1])
			}
		}
	}
	if e.Sentence == "" {
		e.Sentence = fmt.Sprintf("The system refused the referral (%d). Correct the mapping or the values and send it again.", a.Status)
	}
	if e.Field != "" {
		e.Sentence = fmt.Sprintf("The system refused the referral because of its field %q (%d). Correct the mapping or the value and send it again.", e.Field, a.Status)
	}
	return e
}

func (r *rule) holds(n *record.Node) bool {
	if len(r.Is) > 0 {
		return slices.Contains(r.Is, n.Text)
	}
	if !n.Leaf() {
		return len(n.Children) > 0
	}
	return n.Kind != record.Null && n.Text != "" && n.Text != "0" && n.Text != "false"
}

// holdsText tells whether a value of the document is this text.
func holdsText(n *record.Node, text string) bool {
	return n != nil && (n.Kind == record.Text && n.Text == text || slices.ContainsFunc(n.Children, func(c *record.Node) bool { return holdsText(c, text) }))
}

// member returns a name if a member of the document has it: answers often repeat values where a name belongs.
func member(n *record.Node, name string) string {
	if n == nil || name == "" {
		return ""
	}
	if n.Name == name {
		return name
	}
	for _, c := range n.Children {
		if m := member(c, name); m != "" {
			return m
		}
	}
	return ""
}
