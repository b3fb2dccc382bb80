package suggest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"referworks/protocol"
)

// hit is the best reading of a field as one target.
type hit struct {
	score   float64
	phrase  *phrase
	variant int
}

// candidates scores every target that shares a word with the field.
func (m *matcher) candidates(l *local) []Candidate {
	best := map[int]hit{}
	seen := map[int32]bool{}
	for vi := range l.variants {
		va := &l.variants[vi]
		clear(seen)
		for _, t := range va.tokens {
			if t < 0 {
				continue
			}
			for _, pi := range m.v.byToken[t] {
				if seen[pi] {
					continue
				}
				seen[pi] = true
				p := &m.v.phrases[pi]
				if s := m.fit(l, va, p); s > best[p.target].score {
					best[p.target] = hit{s, p, vi}
				}
			}
		}
	}
	var all []Candidate
	for ti, h := range best {
		t := &m.v.targets[ti]
		if h.score < 0.2 || rejectedField(m.o.Rejected, l.field.Path, t) {
			continue
		}
		factor, why := l.profile.judge(t)
		if l.asks && !t.answersYes() {
			factor *= 0.75
		}
		if !t.field.Repeats && strings.HasSuffix(l.field.Path, "[]") || l.plural && t.counts() && !strings.HasSuffix(h.phrase.text, "s") {
			factor *= 0.82 // several of ours, one of theirs
		}
		if t.standard == "person.identifiers[].value" && strings.Contains(l.group, "[") && l.role != "person" {
			factor *= 0.75 // the number of an item, and not of the person
		}
		if h.score *= factor; h.score < 0.25 {
			continue
		}
		if t.role == "person" && l.strange && h.score >= sureScore {
			h.score = sureScore - 0.01 // whose it is, what it stands in does not say
		}
		c := Candidate{Standard: t.standard, Place: l.placeIn(t), Label: t.field.Label, Score: h.score, target: ti}
		c.Reasons = append(c.Reasons, m.nameReason(l, h, t))
		if l.role != "" && l.role == t.role && l.role != "person" {
			c.Reasons = append(c.Reasons, fmt.Sprintf("%q speaks of %s", l.roleAt, rolePhrase[l.role]))
		}
		if why != "" {
			c.Reasons = append(c.Reasons, why)
		}
		all = append(all, c)
	}
	all = m.byRole(l, all)
	all = m.byLearning(l, all)
	return m.byValues(l, all)
}

// placeIn is the place of a target for this field: of several relatives each is a person of their own.
func (l *local) placeIn(t *target) string {
	if t.role != l.role || t.role != "family" && t.role != "other" || !ownPerson[l.roleAt] {
		return t.place
	}
	return strings.Replace(t.place, "role="+t.role+"]", "role="+t.role+",relationship="+strings.ReplaceAll(l.roleAt, " ", "-")+"]", 1)
}

// ownPerson are the role words that name one person.
var ownPerson = map[string]bool{
	"mother": true, "father": true, "guardian": true, "spouse": true, "partner": true, "caregiver": true, "next kin": true,
	"legal guardian": true, "parent": true, "grandmother": true, "grandfather": true, "ex spouse": true, "representative": true,
	"authorized representative": true, "parent guardian": true, "friend": true, "neighbor": true,
}

var rolePhrase = map[string]string{
	"person": "the referred person", "referrer": "who refers", "target": "who is asked to help", "adverse": "the other side",
	"household": "people in the home", "family": "family", "landlord": "the landlord", "employer": "the employer",
	"witness": "a witness", "other": "other people",
}

func rejectedField(rejected []Rejection, path string, t *target) bool {
	for _, r := range rejected {
		if r.Code == "" && r.Local == path && (r.Standard == t.standard || r.Standard == t.place) {
			return true
		}
	}
	return false
}

// fit says how well a phrase reads the field's own name together with what it stands in.
func (m *matcher) fit(l *local, va *variant, p *phrase) float64 {
	t := &m.v.targets[p.target]
	var inOwn, inParents float64
	parents := l.segments[:len(l.segments)-1]
	roleUsed, contentInOwn, missing := false, false, 1.0
	for _, q := range p.tokens {
		w := m.v.weights[q]
		switch {
		case contains(va.tokens, q):
			inOwn += w
			contentInOwn = contentInOwn || w > 0.2
		case inAny(parents, q):
			inParents += w
		default:
			if isNumber(m.v.names[q]) {
				missing = 0.6 // "last 4" is not the whole number
			}
			continue
		}
		roleUsed = roleUsed || contains(l.roleSet, q)
	}
	if inOwn == 0 || !contentInOwn && inParents == 0 {
		return 0
	}
	cover := (inOwn + 0.95*inParents) / p.weight
	if cover < 0.45 {
		return 0
	}
	own := m.explained(l, va, p, t)
	if va.soft {
		own = math.Sqrt(own)
	}
	strength := p.strength
	if strength == doubtful && l.role != "" && l.role == t.role {
		strength = 0.83 // whom it speaks of settles it
	}
	score := missing * strength * va.strength * math.Pow(cover, 1.6) * math.Pow(own, 1.4)
	if m.head(p.tokens) != m.head(va.tokens) && contains(p.tokens, m.head(va.tokens)) && contains(va.tokens, m.head(p.tokens)) {
		score *= 0.93 // "language of the note" is no "note on the language"
	} else if !contains(va.tokens, m.head(p.tokens)) {
		score *= 0.88
	}
	return score * m.parentFactor(parents, p, l) * roleFactor(l, t, roleUsed)
}

// answersYes reports whether yes or no can be a value of the target.
func (t *target) answersYes() bool {
	switch t.field.Kind {
	case protocol.LeafFlag, protocol.LeafCoded, protocol.LeafChoice:
		return true
	}
	return false
}

// counts reports whether the target is one amount or one choice.
func (t *target) counts() bool {
	return t.field.Kind == protocol.LeafDecimal || t.field.Kind == protocol.LeafChoice
}

// listed reports whether the values of a target come from a list, of which systems keep the number of the entry.
func (t *target) listed() bool {
	switch t.field.Kind {
	case protocol.LeafCoded, protocol.LeafChoice, protocol.LeafLanguage, protocol.LeafCountry:
		return true
	}
	return strings.HasSuffix(t.standard, ".prefix") || strings.HasSuffix(t.standard, ".suffix") || strings.HasSuffix(t.standard, ".region")
}

// head is the last word that carries meaning.
func (m *matcher) head(tokens []token) token {
	for i := len(tokens) - 1; i >= 0; i-- {
		if tokens[i] >= 0 && m.v.weights[tokens[i]] > 0.3 {
			return tokens[i]
		}
	}
	return tokens[len(tokens)-1]
}

// explained is the share of the own name that the phrase, the role or nothing in particular accounts for.
func (m *matcher) explained(l *local, va *variant, p *phrase, t *target) float64 {
	if va.weight == 0 {
		return 0
	}
	sum := 0.0
	for i, q := range va.tokens {
		if q < 0 {
			continue
		}
		w := m.v.weights[q]
		switch {
		case contains(p.tokens, q):
			sum += w
		case contains(l.roleSet, q) && (t.role == l.role || l.role == "person"):
			sum += w
		case w <= 0.25:
			sum += w * 0.7
		case i > 0 && i == len(va.tokens)-1 && (m.v.names[q] == "id" || m.v.names[q] == "code") && t.listed():
			sum += w * 0.9 // "country_id"
		}
	}
	return min(1, sum/va.weight)
}

// parentFactor lowers the score when what the field stands in speaks of something else.
func (m *matcher) parentFactor(parents [][]token, p *phrase, l *local) float64 {
	f := 1.0
	for i, seg := range parents {
		deep := 0.05
		if i == len(parents)-1 {
			deep = 0.18
		}
		for _, q := range seg {
			switch {
			case q < 0:
				f -= deep / 2
			case contains(p.tokens, q), contains(l.roleSet, q), containers[m.v.names[q]], m.v.weights[q] < 1:
			default:
				f -= deep
			}
		}
	}
	return max(f, 0.6)
}

// roleFactor lowers the score when the field speaks of someone else than the target.
func roleFactor(l *local, t *target, used bool) float64 {
	switch {
	case t.role == l.role:
		return 1.01
	case t.role == "":
		switch {
		case l.role == "", l.role == "person", used, strings.HasPrefix(t.standard, "consents[]"):
			return 1 // a parent's consent is the referral's
		case slices.Contains(peopleRoles, l.role):
			return 0.5
		}
		return 0.75
	case t.role == "person":
		switch {
		case l.role == "":
			return 1
		case used:
			return 0.9
		case l.role == "household" && onlyOfPerson(t.standard):
			return 0.75 // the person is among those in the home
		}
		return 0.25
	case used && l.role != "person":
		return 0.6
	case l.role == "":
		return 0.35
	}
	return 0.2
}

// onlyOfPerson reports whether the standard knows this of the referred person alone.
func onlyOfPerson(standard string) bool {
	return !strings.Contains(standard, ".names[]") && !strings.Contains(standard, "birthDate") && !strings.HasPrefix(standard, "contact.") &&
		!strings.Contains(standard, "addresses") && !strings.Contains(standard, "identifiers")
}

func inAny(segments [][]token, t token) bool {
	for _, s := range segments {
		if contains(s, t) {
			return true
		}
	}
	return false
}

func (m *matcher) nameReason(l *local, h hit, t *target) string {
	name := l.field.Label
	if h.variant == 0 || name == "" {
		names := pathNames(l.field.Path)
		name = names[len(names)-1]
	}
	what := strings.ToLower(t.field.Label)
	switch {
	case h.score >= 0.9 && h.phrase.strength == plain:
		return fmt.Sprintf("the name %q usually means: %s", name, what)
	case h.phrase.strength < plain:
		return fmt.Sprintf("the name %q may mean: %s", name, what)
	}
	return fmt.Sprintf("the name %q is like %q: %s", name, h.phrase.text, what)
}
