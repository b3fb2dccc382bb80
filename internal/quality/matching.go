package main

import (
	"referworks/bridges/suggest"
	"referworks/protocol"
)

// share is a part of a whole.
type share struct{ Part, Whole int }

func (s *share) count(yes bool) {
	s.Whole++
	if yes {
		s.Part++
	}
}

func (s share) plus(o share) share { return share{s.Part + o.Part, s.Whole + o.Whole} }

// fraction is 1 of nothing.
func (s share) fraction() float64 {
	if s.Whole == 0 {
		return 1
	}
	return float64(s.Part) / float64(s.Whole)
}

// miss is a wrong answer, to be looked at.
type miss struct {
	Local, Said, Right string
	Sure               bool
}

// matching is how well suggestions did for one system.
type matching struct {
	First  share // of the fields that mean a field of the standard: the first suggestion is right
	Wrong  share // of the chosen ones: it is wrong
	Misses []miss
}

// matchFields counts suggestions against the right answers. A field that may also mean nothing is right without one.
func matchFields(t *truth, s *sample, o suggest.Options) matching {
	var m matching
	for i, got := range suggest.Fields(s.fields, o) {
		f := &t.Fields[i]
		first := ""
		if len(got.Candidates) > 0 {
			first = got.Candidates[0].Place
		}
		right := f.right(first)
		if f.Standard != "" {
			m.First.count(right)
		}
		if got.Chosen {
			m.Wrong.count(!right)
		}
		if !right && (f.Standard != "" || got.Chosen) {
			m.Misses = append(m.Misses, miss{f.Local, first, f.Standard, got.Chosen})
		}
	}
	return m
}

// learnt is what people would have accepted for every system.
func learnt(all []truth) []suggest.Accepted {
	var out []suggest.Accepted
	for _, t := range all {
		for _, f := range t.Fields {
			if f.Standard != "" {
				out = append(out, suggest.Accepted{System: t.Family, Local: f.Local, Standard: f.Standard})
			}
		}
	}
	return out
}

// matchValues counts suggestions for words. A word for which there is no code counts only when one is chosen.
func matchValues(t *truth) matching {
	var m matching
	for _, v := range t.Values {
		words := make([]suggest.Word, len(v.Words))
		for i, w := range v.Words {
			words[i] = suggest.Word{Text: w.Ours, Count: 1}
		}
		for i, got := range suggest.Values(v.goal(), words, suggest.Options{}) {
			w := &v.Words[i]
			first := ""
			if len(got.Candidates) > 0 {
				first = got.Candidates[0].Code
				if v.System == "" {
					first = got.Candidates[0].System + ":" + first
				}
			}
			right := w.right(first)
			if w.Code != "" {
				m.First.count(right)
			}
			if got.Chosen {
				m.Wrong.count(!right)
			}
			if !right && (w.Code != "" || got.Chosen) {
				m.Misses = append(m.Misses, miss{w.Ours, first, w.Code, got.Chosen})
			}
		}
	}
	return m
}

// languageTags is what the tables call the codes of languages.
const languageTags = "bcp47"

func (v *valueTruth) goal() suggest.Goal {
	goal := suggest.Goal{Standard: v.Standard, System: v.System}
	field, ok := protocol.FieldAt(v.Standard)
	if !ok {
		return goal
	}
	if own, ok := suggest.GoalOf(v.Standard); ok && (v.System == languageTags || v.System == own.System) {
		return own
	}
	if field.System == v.System {
		goal.Values = field.Values
	}
	return goal
}
