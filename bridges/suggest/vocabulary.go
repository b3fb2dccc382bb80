package suggest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"referworks/protocol"
)

// target is a place of the standard that a field of ours can be joined with. One field of the standard may be several
// places: the first name of the person's landlord and of a witness.
type target struct {
	place    string // as a mapping document writes it: "people[role=adverse].names[].given"
	standard string // general path
	field    protocol.Field
	role     string // whom it speaks of; "" when that does not matter
	part     string // what its neighbors share: "people[role=adverse]"
	shared   bool   // several fields of ours may go there
}

// phrase is one way to call a target.
type phrase struct {
	target   int
	text     string
	tokens   []token
	strength float64
	weight   float64 // of its tokens
}

// token is a word of the vocabulary; what is not in it is negative.
type token int

type vocabulary struct {
	ids     map[string]token
	names   []string
	weights []float64
	words   map[string][]string // a word, or several with spaces, to canonical words
	targets []target
	byToken [][]int32 // phrases that hold a token
	phrases []phrase
	roles   map[string][]roleWord // by first canonical word
	built   bool
}

// roleWord is a word, or several, that says whom a field speaks of.
type roleWord struct {
	role   string
	tokens []string
}

// Strengths of phrases: what means nothing else, what is often something else, what is hardly more than a hint.
const (
	plain    = 0.97
	boxed    = 0.8 // an entry of a list that has a field of its own
	doubtful = 0.72
	hint     = 0.5
)

// peopleRoles are the roles that other people have in the standard.
var peopleRoles = []string{"adverse", "household", "family", "landlord", "employer", "witness", "other"}

var (
	generic = wordSet("name number date type code id status amount note description text line flag information value level time address detail details other external internal client person by any")
	light   = wordSet("main known relevant principal exact exacta presenting main there this that have had been be it we they their them he she his her receive will would should many upcoming best live reach current actual to from at on in for with is has do are was and or of the a an all your you what how who does please enter select if yes s de del la el los las un una y o en su al por para con se es que cual")
	// fillers say nothing in a name.
	fillers = wordSet("of the a an and or your you my please enter field data value values de del la el los las un una y su al c r custom fld str txt var attr element item obj object s entry properties property required optional mm dd yyyy yy aaaa x identify specify component")
	// containers are names of groups that say nothing about what is inside.
	containers = wordSet("case matter referral request record form intake data payload body root result results response fields attributes entry resource bundle document message items list details information object profile submission answers envelope section main general content new extra custom additional attribute demographic demographics subject coding text compositerequest nested tracked entity tracker properties component observation resourcetype update create export import sheet row rows table referrals")
)

var theVocabulary = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{ids: map[string]token{}, words: map[string][]string{}, roles: map[string][]roleWord{}}
	for _, r := range rows("words.tsv") {
		v.words[r[0]] = strings.Fields(r[1])
	}
	for _, r := range rows("roles.tsv") {
		for _, words := range list(r[1]) {
			if t := v.canonical(words); len(t) > 0 {
				v.roles[t[0]] = append(v.roles[t[0]], roleWord{r[0], t})
				for _, w := range t {
					v.intern(w)
				}
			}
		}
	}
	for _, r := range rows("fields.tsv") {
		if !strings.Contains(r[0], "{}") {
			v.add(r[0], strings.TrimPrefix(r[1], "-"), r[2])
			continue
		}
		for _, role := range peopleRoles {
			v.add(strings.ReplaceAll(r[0], "{}", "role="+role), role, strings.ReplaceAll(r[2], "{}", strings.TrimSuffix(role, "other")))
		}
	}
	v.checkboxes()
	v.byToken = make([][]int32, len(v.names))
	for i, p := range v.phrases {
		for j, t := range p.tokens {
			if !contains(p.tokens[:j], t) {
				v.byToken[t] = append(v.byToken[t], int32(i))
			}
		}
	}
	for i := range v.phrases {
		p := &v.phrases[i]
		for _, t := range p.tokens {
			p.weight += v.weights[t]
		}
	}
	v.built = true
	return v
})

// add makes a target of a row of fields.tsv; a second row for a place in the same role adds phrases.
func (v *vocabulary) add(place, role, phrases string) {
	f, ok := protocol.FieldAt(place)
	if !ok {
		panic("read fields.tsv: the standard has no " + place) // a bug of ours; a test reads the table
	}
	at := len(v.targets)
	v.targets = append(v.targets, target{
		place: place, standard: f.Path, field: f, role: role, part: partOf(place),
		shared: strings.HasSuffix(f.Path, "[]") || f.Path == "people[].contact.address",
	})
	seen := map[string]bool{}
	for _, text := range list(phrases) {
		strength := plain
		if s, ok := strings.CutPrefix(text, "~"); ok {
			text, strength = s, doubtful
		} else if s, ok := strings.CutPrefix(text, "?"); ok {
			text, strength = s, hint
		}
		words := v.canonical(text)
		if len(words) == 0 || seen[strings.Join(words, " ")] {
			continue
		}
		if strength == plain && plainGeneric(words) && len(words) < len(strings.Fields(text)) {
			continue // "property type" would be any "type"
		}
		seen[strings.Join(words, " ")] = true
		p := phrase{target: at, text: text, strength: strength}
		for _, w := range words {
			p.tokens = append(p.tokens, v.intern(w))
		}
		v.phrases = append(v.phrases, p)
	}
}

// boxes are the lists whose entries are often fields of their own: a box to tick, with an amount beside it.
var boxes = []struct{ list, place, amount string }{
	{"gender", "person.gender[]", ""}, {"race-ethnicity", "person.raceEthnicity[]", ""},
	{"income-type", "eligibility.income[].type", "eligibility.income[].amount"},
	{"insurance-type", "eligibility.insurance[].type", ""}, {"access-need", "person.access[]", ""}, {"risk-kind", "risks[].kind", ""},
}

// checkboxes adds what the entries of such lists are called, where that means nothing else.
func (v *vocabulary) checkboxes() {
	taken := map[string]bool{}
	for _, p := range v.phrases {
		taken[v.key(p.tokens)] = true
	}
	for _, box := range boxes {
		at, amount := v.targetOf(box.place), v.targetOf(box.amount)
		for _, e := range bookOf(Goal{System: box.list}).entries {
			if e.system != box.list {
				continue
			}
			for _, s := range e.sayings {
				if len(s.text) < 2 || everyday[s.folded] || s.kind == bySynonym && len(s.text) < 4 && box.amount == "" {
					continue
				}
				v.box(at, s.text, taken)
				if amount >= 0 {
					v.box(amount, s.text+" amount", taken)
				}
			}
		}
	}
}

// everyday are entries that are too common as names of fields.
var everyday = map[string]bool{
	"other": true, "otro": true, "none": true, "work": true, "job": true, "business": true, "rent": true, "own": true, "car": true,
	"employment": true, "employed": true, "military": true, "group": true, "private": true, "veterans": true, "va": true, "black": true,
	"disability": true, "transgenero": true, "in person": true, "phone": true, "text": true, "danger": true, "support person": true,
	"trust": true, "interest": true, "gifts": true, "employer": true, "vision": true, "speech": true, "threats": true, "street": true,
	"technology": true, "language": true, "other income": true, "retirement": true, "ma": true, "walking": true, "physical": true,
	"companion": true, "advocate": true, "mental health": true, "substance use": true, "medical": true, "other risk": true, "bus": true,
	"ui": true, "man": true, "woman": true, "male": true, "female": true, "x": true, "nb": true, "other concern": true, "ga": false,
}

func (v *vocabulary) box(at int, text string, taken map[string]bool) {
	p := phrase{target: at, text: text, strength: boxed}
	for _, w := range v.canonical(text) {
		p.tokens = append(p.tokens, v.intern(w))
	}
	if len(p.tokens) > 0 && !taken[v.key(p.tokens)] {
		taken[v.key(p.tokens)] = true
		v.phrases = append(v.phrases, p)
	}
}

// key names a set of words.
func (v *vocabulary) key(tokens []token) string {
	sorted := slices.Clone(tokens)
	slices.Sort(sorted)
	return fmt.Sprint(sorted)
}

// partOf is the part of the standard that a place stands in: with the list, for a list.
func partOf(place string) string {
	head, rest, _ := strings.Cut(place, ".")
	if head == "person" || strings.Contains(head, "[") {
		return head
	}
	second, _, _ := strings.Cut(rest, ".")
	return head + "." + second
}

func (v *vocabulary) intern(w string) token {
	id, ok := v.ids[w]
	if !ok {
		id = token(len(v.names))
		v.ids[w] = id
		v.names = append(v.names, w)
		v.weights = append(v.weights, weightOf(w))
	}
	return id
}

func weightOf(w string) float64 {
	switch {
	case light[w]:
		return 0.15
	case generic[w]:
		return 0.55
	case w[0] >= '0' && w[0] <= '9':
		return 0.25
	}
	return 1
}

func contains(all []token, t token) bool {
	for _, x := range all {
		if x == t {
			return true
		}
	}
	return false
}
