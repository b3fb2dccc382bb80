// Package spanish says in Spanish what the node says to people in English: the sentences that its packages make, the forms
// of media and presets, and the fields of the common standard. The English text is the key, with {} where a value goes, so
// that what was kept, or came from a partner, is said in Spanish too; es.json is the whole list. What is not in it stays as
// it is. A test reads the sources and fails when a sentence of theirs is missing.
package spanish

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed es.json
var source []byte

// Wanted tells whether an Accept-Language header asks for Spanish first.
func Wanted(header string) bool { return strings.HasPrefix(strings.ToLower(header), "es") }

// Say gives a text of the node in Spanish, and as it is when it is not known.
func Say(text string) string {
	said, _ := theBook().say(text, false, newDepth())
	return said
}

// Label gives a field of the standard in Spanish, as it is when it is none: "Referred person - First name", or a part of it.
func Label(text string) string {
	if said, ok := theBook().label(text); ok {
		return said
	}
	return text
}

// Has tells whether a text of the source, with {} where a value goes, is in the list.
func Has(template string) bool {
	b := theBook()
	if _, ok := b.whole[template]; ok {
		return true
	}
	if _, ok := b.label(template); ok {
		return true
	}
	return slices.ContainsFunc(b.parted, func(p *parted) bool { return p.english == template })
}

const (
	deepest = 5    // values that are texts of the node themselves, in one another
	longest = 2048 // bytes; what is longer was not made by us
	most    = 300  // looks through the list for one text; what takes more was made to be slow, and its rest stays as it is
)

// depth is how deep a part of a text may still go, and how often all its parts together may look through the list.
type depth struct {
	levels int
	left   *int
}

func newDepth() depth {
	left := most
	return depth{deepest, &left}
}

func (d depth) down() depth { return depth{d.levels - 1, d.left} }

func (d depth) over() bool { return d.levels <= 0 || *d.left <= 0 }

// parted is a text with values in it.
type parted struct {
	english string
	between []string // the English text between the values; one more than there are values
	numbers []bool   // which values are digits only
	spanish []string // the same in Spanish ...
	order   []int    // ... and which value follows each
	letters int
}

type book struct {
	whole  map[string]string
	labels map[string]string
	parted []*parted // what says more comes first
}

var theBook = sync.OnceValue(func() *book {
	var parts map[string]map[string]string
	if err := json.Unmarshal(source, &parts); err != nil {
		panic(err) // it is part of the program, and every test reads it
	}
	b := &book{whole: map[string]string{}, labels: parts["labels"]}
	delete(parts, "labels")
	for _, part := range parts {
		for english, spanish := range part {
			if p := newParted(english, spanish); p != nil {
				b.parted = append(b.parted, p)
			} else {
				b.whole[english] = spanish
			}
		}
	}
	slices.SortFunc(b.parted, func(x, y *parted) int {
		if x.letters != y.letters {
			return y.letters - x.letters
		}
		return strings.Compare(x.english, y.english)
	})
	return b
})

// newParted reads a text with values; nil when it has none.
func newParted(english, spanish string) *parted {
	p := &parted{english: english}
	text, numbers, _ := cut(english)
	if len(numbers) == 0 {
		return nil
	}
	p.between, p.numbers = text, numbers
	p.spanish, _, p.order = cut(spanish)
	for _, t := range text {
		p.letters += len(t)
	}
	return p
}

// cut divides a text at its values: {}, {n} of digits, {1} for the first.
func cut(text string) (between []string, numbers []bool, order []int) {
	at := 0
	for i := 0; i < len(text); {
		end := strings.IndexByte(text[i:], '}')
		if text[i] != '{' || end < 0 {
			i++
			continue
		}
		name := text[i+1 : i+end]
		n, err := strconv.Atoi(name)
		if name != "" && name != "n" && err != nil {
			i++
			continue
		}
		if err != nil {
			n = len(numbers) + 1
		}
		between, numbers, order = append(between, text[at:i]), append(numbers, name == "n"), append(order, n-1)
		i += end + 1
		at = i
	}
	return append(between, text[at:]), numbers, order
}

// values finds what stands at the values of a text that is like p.
func (p *parted) values(text string) ([]string, bool) {
	last := len(p.between) - 1
	rest, ok := strings.CutPrefix(text, p.between[0])
	if !ok {
		return nil, false
	}
	if rest, ok = strings.CutSuffix(rest, p.between[last]); !ok {
		return nil, false
	}
	found := make([]string, 0, last)
	for _, next := range p.between[1:last] {
		i := strings.Index(rest, next)
		if next == "" { // the second of two values together is a hint, as in "; did you mean"
			if i = strings.IndexByte(rest, ';'); i < 0 {
				i = len(rest)
			}
		}
		if i < 0 {
			return nil, false
		}
		found, rest = append(found, rest[:i]), rest[i+len(next):]
	}
	found = append(found, rest)
	for i, v := range found {
		if p.numbers[i] && strings.Trim(v, "0123456789") != "" {
			return nil, false
		}
	}
	return found, true
}

// say gives a text in Spanish. Inside is true of a value, which may also be a label, or a list of labels.
func (b *book) say(text string, inside bool, deep depth) (string, bool) {
	if text == "" || deep.over() || len(text) > longest {
		return text, false
	}
	if s, ok := b.whole[text]; ok {
		return s, true
	}
	if inside && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		return text, false // somebody's own word
	}
	if inside {
		if s, ok := b.label(text); ok {
			return s, true
		}
	}
	if s, ok := b.known(text, deep); ok {
		return s, true
	}
	for _, split := range []func(*book, string, depth) (string, bool){(*book).lines, (*book).sentences, (*book).named, (*book).ended} {
		if s, ok := split(b, text, deep); ok {
			return s, true
		}
	}
	if inside {
		return b.list(text, deep)
	}
	return text, false
}

// known says a text that is in the list, whole or with values.
func (b *book) known(text string, deep depth) (string, bool) {
	if s, ok := b.whole[text]; ok || deep.over() {
		return s, ok
	}
	*deep.left--
	for _, p := range b.parted {
		if found, ok := p.values(text); ok {
			if said, sure := b.fill(p, found, deep); sure {
				return said, true
			}
		}
	}
	return "", false
}

// fill puts values into a text. It is not sure of a text that says next to nothing itself, when nothing is known of what
// stands in it.
func (b *book) fill(p *parted, found []string, deep depth) (string, bool) {
	var out strings.Builder
	sure := p.letters > 6
	for i, n := range p.order {
		out.WriteString(p.spanish[i])
		value := found[n]
		if !strings.HasSuffix(p.spanish[i], "«") && !strings.HasSuffix(p.spanish[i], `"`) { // a word of somebody's
			said, ok := b.say(value, true, deep.down())
			value, sure = said, sure || ok
		}
		out.WriteString(value)
	}
	out.WriteString(p.spanish[len(p.order)])
	return out.String(), sure
}

// label says a field of the standard: "Referred person - First name".
func (b *book) label(text string) (string, bool) {
	if s, ok := b.labels[text]; ok {
		return s, true
	}
	group, name, ok := strings.Cut(text, " - ")
	if !ok {
		return "", false
	}
	g, known := b.labels[group]
	n, too := b.labels[name]
	return g + " - " + n, known && too
}

// lines says what has a line for each thing.
func (b *book) lines(text string, deep depth) (string, bool) {
	if !strings.Contains(text, "\n") {
		return text, false
	}
	lines := strings.Split(text, "\n")
	all := false
	for i, l := range lines {
		dash := ""
		if rest, ok := strings.CutPrefix(l, "- "); ok {
			dash, l = "- ", rest
		}
		said, ok := b.say(l, false, deep.down())
		lines[i], all = dash+said, all || ok
	}
	return strings.Join(lines, "\n"), all
}

// sentences says sentence after sentence. A text of ours may have several, so up to four are looked at together.
func (b *book) sentences(text string, deep depth) (string, bool) {
	all := ends.Split(text, -1)
	if len(all) == 1 {
		return text, false
	}
	at, pieces := 0, make([]string, len(all))
	for i, piece := range all {
		pieces[i] = text[at:min(at+len(piece)+1, len(text))]
		at += len(piece) + 2
	}
	out, any := make([]string, 0, len(pieces)), false
	for i := 0; i < len(pieces); {
		to, said := i+1, pieces[i]
		for j := min(i+4, len(pieces)); j > i; j-- {
			if s, ok := b.known(strings.Join(pieces[i:j], " "), deep.down()); ok && j-i < len(pieces) {
				to, said, any = j, s, true
				break
			}
		}
		out, i = append(out, said), to
	}
	return strings.Join(out, " "), any
}

var ends = regexp.MustCompile(`[.?!] `)

// named says what begins with a name: of a field, of a connection.
func (b *book) named(text string, deep depth) (string, bool) {
	name, what, ok := strings.Cut(text, ": ")
	if !ok {
		return text, false
	}
	said, ok := b.say(what, false, deep.down())
	if !ok {
		return text, false
	}
	name, _ = b.say(name, true, deep.down())
	return name + ": " + said, true
}

// ended says a part of a sentence that was made a sentence by its period.
func (b *book) ended(text string, deep depth) (string, bool) {
	part, ok := strings.CutSuffix(text, ".")
	if !ok || strings.HasSuffix(part, ".") {
		return text, false
	}
	said, ok := b.say(part, false, deep.down())
	return strings.TrimSuffix(said, ".") + ".", ok
}

// list says labels one after another.
func (b *book) list(text string, deep depth) (string, bool) {
	for _, comma := range []string{"; ", ", "} {
		if !strings.Contains(text, comma) {
			continue
		}
		parts := strings.Split(text, comma)
		any := false
		for i, p := range parts {
			said, ok := b.say(p, true, deep.down())
			parts[i], any = said, any || ok
		}
		return strings.Join(parts, comma), any
	}
	return text, false
}
