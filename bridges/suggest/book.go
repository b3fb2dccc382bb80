package suggest

import (
	"embed"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"referworks/protocol/codes"
)

//go:embed tables
var files embed.FS

// rows splits an embedded table into cells, without its line of titles and lines that begin with "//".
func rows(name string) [][]string {
	b, err := files.ReadFile("tables/" + name)
	if err != nil {
		panic(err) // not embedded: a bug of ours
	}
	var all [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		if line != "" && !strings.HasPrefix(line, "//") {
			all = append(all, strings.Split(line, "\t"))
		}
	}
	return all
}

// list splits "a; b; c".
func list(s string) []string {
	var all []string
	for _, part := range strings.Split(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// book is a code system with all that its codes are called.
type book struct {
	system  string
	entries []entry
	weights map[string]float64
	numeric bool            // its codes begin with digits
	exact   map[string]bool // folded texts that are codes, labels or synonyms
}

type entry struct {
	system, code, label string
	folded              string
	rest                bool // what does not fit elsewhere: "Other Housing"
	sayings             []saying
}

// saying is one way to say what a code means.
type saying struct {
	text     string
	folded   string
	tokens   []string
	kind     sayingKind
	strength float64
}

type sayingKind int

const (
	byLabel sayingKind = iota
	bySpanish
	bySynonym
)

var books sync.Map // Goal's system and values -> *book

func bookOf(g Goal) *book {
	key := g.System + "\x00" + strings.Join(g.Values, "\x00")
	if b, ok := books.Load(key); ok {
		return b.(*book)
	}
	b := newBook(g)
	if t, ok := codes.System(g.System); !ok || !t.CodesOnly {
		books.Store(key, b)
	}
	return b
}

// synonyms are the rows of tables/codes.tsv, by system and code.
var synonyms = sync.OnceValue(func() map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for _, r := range rows("codes.tsv") {
		if all[r[0]] == nil {
			all[r[0]] = map[string][]string{}
		}
		all[r[0]][r[1]] = append(all[r[0]][r[1]], list(r[2])...)
	}
	return all
})

func newBook(g Goal) *book {
	b := &book{system: g.System}
	seen := map[string]bool{}
	add := func(system, code, label, spanish string) {
		if seen[system+" "+code] {
			return
		}
		seen[system+" "+code] = true
		e := entry{system: system, code: code, label: label, folded: fold(code)}
		e.rest = strings.HasPrefix(fold(label), "other") || code == "other"
		e.say(code, byLabel, 1)
		e.say(label, byLabel, 1)
		for _, part := range alternatives(label) {
			e.say(part, byLabel, 0.93)
		}
		e.say(spanish, bySpanish, 1)
		for _, part := range alternatives(spanish) {
			e.say(part, bySpanish, 0.93)
		}
		for _, s := range synonyms()[system][code] {
			strength := 0.96
			if len([]rune(s)) < 2 {
				strength = 0.6 // a digit or a letter says little
				if (system == "gender" || system == "sex") && (s == "f" || s == "m") {
					strength = 0.93
				}
			}
			e.say(s, bySynonym, strength)
		}
		b.entries = append(b.entries, e)
	}
	if t, ok := codes.System(g.System); ok {
		for _, e := range t.Entries {
			if !e.Heading && (len(g.Values) == 0 || slices.Contains(g.Values, e.Code)) {
				add(g.System, e.Code, e.Label, e.Spanish)
			}
		}
	}
	for _, l := range localList(g.System) {
		add(g.System, l.code, l.label, l.spanish)
	}
	for _, v := range g.Values {
		add(g.System, v, "", "")
	}
	if t, ok := codes.System(absentList); ok {
		for _, e := range t.Entries {
			if !slices.ContainsFunc(b.entries, func(x entry) bool { return x.code == e.Code }) {
				add(absentList, e.Code, e.Label, e.Spanish)
			}
		}
	}
	b.weigh()
	b.exact = map[string]bool{}
	for _, e := range b.entries {
		for _, s := range e.sayings {
			if e.system != absentList && s.strength > 0.9 {
				b.exact[fold(s.text)] = true
			}
		}
	}
	return b
}

func (e *entry) say(text string, kind sayingKind, strength float64) {
	tokens := tokensOf(text)
	if len(tokens) == 0 {
		return
	}
	for i := range e.sayings {
		if slices.Equal(e.sayings[i].tokens, tokens) {
			if strength > e.sayings[i].strength {
				e.sayings[i].strength = strength
			}
			return
		}
	}
	e.sayings = append(e.sayings, saying{text: text, folded: fold(text), tokens: tokens, kind: kind, strength: strength})
}

// alternatives splits a label that says several things: "Divorce/Sep./Annul.", "Loans (auto or other)".
func alternatives(label string) []string {
	var all []string
	main, inner, found := strings.Cut(label, "(")
	if found {
		all = append(all, main)
		inner = strings.TrimSuffix(strings.TrimSpace(inner), ")")
		if lower := strings.ToLower(inner); !strings.HasPrefix(lower, "not ") {
			for _, cut := range []string{"including ", "(", "incl. "} {
				if rest, ok := strings.CutPrefix(lower, cut); ok {
					inner = rest
				}
			}
			all = append(all, inner)
		}
	}
	for _, sep := range []string{"/", " or ", ", ", " and ", " o ", " y "} {
		parts := strings.Split(main, sep)
		if len(parts) < 2 || sep == " or " && strings.Contains(main, "/") {
			continue
		}
		all = append(all, parts...)
	}
	return all
}

func (b *book) weigh() {
	in := map[string]int{}
	for _, e := range b.entries {
		seen := map[string]bool{}
		for _, s := range e.sayings {
			for _, t := range s.tokens {
				if !seen[t] {
					seen[t] = true
					in[t]++
				}
			}
		}
		b.numeric = b.numeric || e.code != "" && e.code[0] >= '0' && e.code[0] <= '9'
	}
	n := math.Log(1 + float64(len(b.entries)))
	b.weights = make(map[string]float64, len(in))
	for t, k := range in {
		b.weights[t] = max(0.15, math.Log(1+float64(len(b.entries))/float64(k))/n)
	}
}

func (b *book) weight(t string) float64 {
	switch {
	case weak[t]:
		return 0.2
	case isNumber(t):
		return 0.3
	}
	if w, ok := b.weights[t]; ok {
		return w
	}
	return 0.8 // not known at all
}

// word is one of our values, read.
type word struct {
	folded    string
	code      string     // a code of the system that stands in front or behind
	whole     []string   // tokens
	rest      []string   // tokens without the code or a number in front
	parts     [][]string // of "Housing: Eviction" or "Divorce/Custody"
	numbered  bool       // what stands in front has the form of a code
	saysOther bool
	tag       string // of a language
}

var (
	codeInFront = regexp.MustCompile(`^\W*([A-Za-z]?\d[\w.-]*)(?:[\s:.)\]–—-]+|$)(.*)$`)
	codeBehind  = regexp.MustCompile(`^(.*\S)\s*[(\[]\s*([A-Za-z]?\d[\w.-]*)\s*[)\]]\s*$`)
	partsOf     = regexp.MustCompile(`\s+[-–—]+\s+|[:>|;/,(]+`)
)

func (b *book) read(text string) word {
	text = strings.TrimSpace(text)
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "")
	}
	w := word{folded: fold(text), whole: tokensOf(text)}
	rest := text
	number := ""
	if m := codeInFront.FindStringSubmatch(text); m != nil {
		number, rest = m[1], m[2]
	} else if m := codeBehind.FindStringSubmatch(text); m != nil {
		number, rest = m[2], m[1]
	}
	if number != "" {
		w.rest = tokensOf(rest)
		if b.numeric {
			number = strings.TrimRight(number, ".-")
			w.numbered = len(number) == 2 && isNumber(number)
			for _, try := range []string{number, "0" + number, strings.TrimLeft(number, "0")} {
				if slices.ContainsFunc(b.entries, func(e entry) bool { return e.code == try }) {
					w.code = try
					break
				}
			}
		}
	}
	if parts := partsOf.Split(rest, 6); len(parts) > 1 {
		for _, p := range parts {
			if t := tokensOf(p); len(t) > 0 {
				w.parts = append(w.parts, t)
			}
		}
	}
	if b.system == languageList {
		w.tag = tagged(text)
	}
	w.saysOther = slices.Contains(w.whole, "other") || slices.Contains(w.whole, "otro")
	return w
}

// short are words that say nothing by themselves.
var short = wordSet("the a an of for to my our in on at with by is and or el la los las de del un una y o en por para mi su con se i")

// weak are words that say little.
var weak = wordSet("need needed help assistance issue problem matter service services program programs support")

// cutWords are words that are often cut short in lists.
var cutWords = map[string]string{
	"fed": "federal", "govt": "government", "gov": "government", "sep": "separation", "annul": "annulment", "conserv": "conservatorship",
	"termin": "termination", "prop": "property", "depend": "dependent", "repo": "repossession", "def": "deficiency", "garnish": "garnishment",
	"purch": "purchase", "comp": "compensation", "ins": "insurance", "disab": "disability", "pub": "public", "hsg": "housing", "svc": "service",
	"unemp": "unemployment", "appt": "appointment", "info": "information", "tx": "treatment", "immig": "immigration", "guard": "guardianship",
	"ll": "landlord", "empl": "employment", "educ": "education", "med": "medical", "dom": "domestic", "viol": "violence", "svcs": "service",
	"util": "utility", "trans": "transportation", "vet": "veteran", "fam": "family", "misc": "miscellaneous", "lic": "license", "ch": "chapter", "disc": "discrimination", "pvt": "private", "priv": "private", "emerg": "emergency", "assist": "assistance",
}

// tokensOf gives the words of a text that carry meaning, folded and in the singular.
func tokensOf(text string) []string {
	all := strings.Fields(fold(text))
	out := make([]string, 0, len(all))
	for _, t := range all {
		if full, ok := cutWords[t]; ok {
			t = full
		}
		if !short[t] {
			out = append(out, singular(t))
		}
	}
	if len(out) == 0 {
		for _, t := range all {
			out = append(out, singular(t))
		}
	}
	return out[:min(len(out), 16)]
}

func wordSet(s string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(s) {
		all[w] = true
	}
	return all
}
