package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/schema"
	"referworks/protocol"
	"referworks/protocol/codes"
)

// Word is one of our values with how often it was seen.
type Word = schema.Word

// Goal is the list that words are given codes of.
type Goal struct {
	Standard string   // path of the standard's field; may be empty
	System   string   // code system or closed list; empty for the one that fits best
	Values   []string // of a closed list: the only codes
}

// GoalOf gives the goal of a field of the standard. It is false for a field whose values are not codes, or whose
// codes are not known here.
func GoalOf(standard string) (Goal, bool) {
	f, ok := protocol.FieldAt(standard)
	if !ok {
		return Goal{}, false
	}
	g := Goal{Standard: f.Path, System: f.System, Values: f.Values}
	switch {
	case f.Kind == protocol.LeafLanguage:
		g.System = languageList
	case f.Kind == protocol.LeafCountry:
		g.System = countryList
	case f.Kind == protocol.LeafCoded && g.System == "":
		g.System = ownLists[f.Path]
		return g, g.System != "" || f.Path == "needs[].codes[]"
	}
	return g, g.System != ""
}

// ValueSuggestion is what one of our words could mean.
type ValueSuggestion struct {
	Ours       string           `json:"ours"`
	Count      int              `json:"count,omitempty"`
	Candidates []ValueCandidate `json:"candidates,omitempty"` // best first
	Band       Band             `json:"band"`                 // of the first
	Chosen     bool             `json:"chosen,omitempty"`     // sure, and clearly ahead of the second
}

// ValueCandidate is a code for a word of ours. In the system "absent" the code is a reason for there being no value.
type ValueCandidate struct {
	System   string  `json:"system"`
	Code     string  `json:"code"`
	Label    string  `json:"label,omitempty"`
	Relation string  `json:"relation,omitempty"` // of the code to our word, when it is not the same: broader, related
	Score    float64 `json:"score"`
	Band     Band    `json:"band"`
	Reason   string  `json:"reason"`
}

const absentList = "absent"

// Values proposes codes for words of ours, in the order of the words.
func Values(goal Goal, words []Word, o Options) []ValueSuggestion {
	if goal.System == "" {
		goal.System = fittest(words, o)
	}
	book := bookOf(goal)
	learnt := map[string]string{}
	for _, l := range o.LearntValues {
		if l.Codes == goal.System && (o.WithoutSystem == "" || l.System != o.WithoutSystem) {
			learnt[fold(l.Ours)] = l.Code
		}
	}
	all := make([]ValueSuggestion, len(words))
	for i, w := range words {
		s := ValueSuggestion{Ours: w.Text, Count: w.Count, Band: None}
		cands := book.candidates(w.Text, learnt)
		cands = slices.DeleteFunc(cands, func(c ValueCandidate) bool {
			return c.Score < maybeScore || rejectedValue(o.Rejected, goal, w.Text, c)
		})
		slices.SortStableFunc(cands, func(a, b ValueCandidate) int { return cmp.Compare(b.Score, a.Score) })
		for j := range cands {
			cands[j].Band = bandOf(cands[j].Score)
		}
		if len(cands) > 0 {
			if cands[0].Band == Sure && len(cands) > 1 && cands[0].Score-cands[1].Score < lead {
				cands[0].Band = Likely
			}
			s.Band = cands[0].Band
			s.Chosen = s.Band == Sure
		}
		s.Candidates = cands[:min(len(cands), o.most())]
		all[i] = s
	}
	return all
}

// fittest is the system for needs that knows most of the words.
func fittest(words []Word, o Options) string {
	best, most := codes.LSC, -1.0
	for _, name := range []string{codes.LSC, codes.SDOHCC} {
		sum := 0.0
		for _, s := range Values(Goal{System: name}, words, Options{Most: 1, Rejected: o.Rejected}) {
			if len(s.Candidates) > 0 {
				sum += s.Candidates[0].Score
			}
		}
		if sum > most {
			best, most = name, sum
		}
	}
	return best
}

func rejectedValue(rejected []Rejection, goal Goal, ours string, c ValueCandidate) bool {
	for _, r := range rejected {
		if r.Code == c.Code && r.Ours != "" && fold(r.Ours) == fold(ours) &&
			(r.System == "" || r.System == c.System) && (r.Standard == "" || goal.Standard == "" || r.Standard == goal.Standard) {
			return true
		}
	}
	return false
}

// candidates scores every code of the book for a word.
func (b *book) candidates(text string, learnt map[string]string) []ValueCandidate {
	w := b.read(text)
	if len(w.whole) == 0 {
		return nil
	}
	var all []ValueCandidate
	elsewhere := b.elsewhere(w)
	for i := range b.entries {
		e := &b.entries[i]
		score, why := b.score(w, e)
		if w.code == e.code && elsewhere && score > contested {
			score, why = contested-0.1, fmt.Sprintf("the number in it is the code %s, but the words are rather those of another code", e.code)
		}
		if code, ok := learnt[w.folded]; ok && code == e.code {
			score, why = max(score, 0.96), fmt.Sprintf("another system uses the word %q for it", text)
		}
		if score < maybeScore {
			continue
		}
		c := ValueCandidate{System: e.system, Code: e.code, Label: e.label, Score: min(score, 1), Reason: why}
		switch {
		case score < likelyScore:
			c.Relation = "related"
		case e.rest && !w.saysOther:
			c.Relation = "broader"
		}
		all = append(all, c)
	}
	return all
}

// elsewhere reports whether the words beside a code are the name of another code: lists grow and numbers move.
func (b *book) elsewhere(w word) bool {
	if w.code == "" || len(w.rest) == 0 {
		return false
	}
	own, other := 0.0, 0.0
	for i := range b.entries {
		score := b.best(w.rest, &b.entries[i]).score
		if b.entries[i].code == w.code {
			own = max(own, score)
		} else {
			other = max(other, score)
		}
	}
	return other >= 0.9 && own < other-0.15
}

// contested is the most that words are believed whose number is that of another code, or of none.
const contested = 0.8

// score compares a word with one code and says why.
func (b *book) score(w word, e *entry) (float64, string) {
	if w.folded == e.folded || w.tag != "" && w.tag == e.code {
		return 1, "it is the code itself"
	}
	if w.code != "" && w.code == e.code {
		if len(w.rest) == 0 {
			return 0.97, fmt.Sprintf("%s is the code", e.code)
		}
		switch like := b.best(w.rest, e).score; {
		case like >= 0.5:
			return 0.99, fmt.Sprintf("the number %s and the words both say %q", e.code, e.label)
		case like >= 0.25:
			return 0.8, fmt.Sprintf("the number %s says %q, and its words are a little like it", e.code, e.label)
		}
		return 0.6, fmt.Sprintf("the number in it is the code %s, but its words are not those of %q", e.code, e.label)
	}
	m := b.best(w.whole, e)
	for i := range e.sayings {
		if s := &e.sayings[i]; s.folded == w.folded && s.strength+0.03 > m.score {
			m = matched{score: min(1, s.strength+0.03), saying: s, exact: true}
		}
	}
	if len(w.rest) > 0 {
		if r := b.best(w.rest, e); r.score > m.score {
			m = r
		}
	}
	factor, parts := 0.94, make([]matched, len(w.parts))
	for i, p := range w.parts {
		if parts[i] = b.best(p, e); parts[i].score < 0.5 {
			factor = 0.88 // not all parts speak of it
		}
	}
	for _, r := range parts {
		if r.score *= factor; r.score > m.score {
			m = r
		}
	}
	if m.score < maybeScore {
		return 0, ""
	}
	if w.numbered && len(w.rest) > 0 && m.score > contested {
		return contested, m.reason(e) + ", but the number in it says something else"
	}
	return m.score, m.reason(e)
}

// matched is how well the words at hand fit one saying of an entry.
type matched struct {
	score  float64
	saying *saying
	exact  bool
}

func (m matched) reason(e *entry) string {
	same := "is much like"
	if m.exact {
		same = "means the same as"
	}
	switch {
	case m.saying.kind == byLabel && m.exact:
		return fmt.Sprintf("it is the name of the code, %q", e.label)
	case m.saying.kind == byLabel:
		return fmt.Sprintf("it is much like %q", e.label)
	case m.saying.kind == bySpanish:
		return fmt.Sprintf("it %s the Spanish name of the code, %q", same, m.saying.text)
	}
	if e.label == "" {
		return fmt.Sprintf("it %s %q, which is another word for %s", same, m.saying.text, e.code)
	}
	return fmt.Sprintf("it %s %q, which is another word for %q", same, m.saying.text, e.label)
}

// best finds the saying of an entry that fits tokens best.
func (b *book) best(tokens []string, e *entry) matched {
	var top matched
	for i := range e.sayings {
		s := &e.sayings[i]
		if m := b.fit(tokens, s); m.score > top.score {
			top = m
		}
	}
	return top
}

func (b *book) fit(tokens []string, s *saying) matched {
	var ours, theirs, inOurs, inTheirs float64
	exact := len(tokens) == len(s.tokens)
	var used [16]bool
	for _, t := range s.tokens {
		theirs += b.weight(t)
	}
	for _, t := range tokens {
		w := b.weight(t)
		ours += w
		like, at := 0.0, -1
		for j, q := range s.tokens[:min(len(s.tokens), len(used))] {
			if used[j] {
				continue
			}
			if l := alike(t, q); l > like {
				like, at = l, j
			}
		}
		if like < 1 {
			exact = false
		}
		if at >= 0 {
			used[at] = true
			inOurs += w * like
			inTheirs += b.weight(s.tokens[at]) * like
		}
	}
	if inOurs == 0 || ours == 0 || theirs == 0 {
		return matched{}
	}
	p, r := inOurs/ours, inTheirs/theirs
	f := 2 * p * r / (p + r)
	score := s.strength * (0.6*f + 0.4*p*r)
	if exact && len(tokens) > 1 && !slices.Equal(tokens, s.tokens) {
		score *= 0.93 // "male to female" is not "female to male"
	}
	return matched{score: score, saying: s, exact: exact}
}

// alike compares two tokens: the same, a slip of the keyboard, or one cut short.
func alike(a, b string) float64 {
	switch {
	case a == b:
		return 1
	case near(a, b):
		return 0.9
	case len(a) >= 4 && len(b) > len(a) && strings.HasPrefix(b, a), len(b) >= 4 && len(a) > len(b) && strings.HasPrefix(a, b):
		return 0.8
	}
	return 0
}
