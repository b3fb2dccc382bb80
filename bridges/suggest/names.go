package suggest

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds the words of a name that are read.
const maxWords = 14

// canonical reads a name: "clientDOB", "Fecha de nacimiento" and "date_of_birth" give the same words.
func (v *vocabulary) canonical(name string) []string {
	var out []string
	words := split(name)
	for i := 0; i < len(words) && len(out) < maxWords; {
		if words[i] == "no" && i+1 < len(words) && !isNumber(words[i+1]) { // "No fixed address" has no number
			out = append(out, "without")
			i++
			continue
		}
		n := v.longest(words[i:])
		if n > 0 {
			out = appendWords(out, v.words[strings.Join(words[i:i+n], " ")])
			i += n
			continue
		}
		out = appendWords(out, v.unknown(words[i]))
		i++
	}
	kept := out[:0]
	for _, w := range out {
		if !fillers[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return out[:min(len(out), maxWords)]
	}
	return kept[:min(len(kept), maxWords)]
}

// appendWords leaves out a word that stands there already: "cell phone phone".
func appendWords(out, words []string) []string {
	for _, w := range words {
		if len(out) == 0 || out[len(out)-1] != w {
			out = append(out, w)
		}
	}
	return out
}

// longest is the number of words, at most three, that are in the table together.
func (v *vocabulary) longest(words []string) int {
	for n := min(3, len(words)); n > 0; n-- {
		if _, ok := v.words[strings.Join(words[:n], " ")]; ok {
			return n
		}
	}
	return 0
}

// unknown reads a word that is not in the table: in the singular, with digits apart, or as words written together.
func (v *vocabulary) unknown(w string) []string {
	if v.known(w) {
		return []string{w}
	}
	if s := singular(w); s != w {
		if to, ok := v.words[s]; ok {
			return to
		}
		if v.known(s) {
			return []string{s}
		}
	}
	if at := strings.IndexFunc(w, unicode.IsDigit); at > 0 {
		return append(v.read(w[:at]), w[at:])
	}
	if v.built && len(w) >= 6 && len(w) <= 40 {
		if parts := v.segment(w); parts != nil {
			return parts
		}
	}
	return []string{singular(w)}
}

func (v *vocabulary) read(w string) []string {
	if to, ok := v.words[w]; ok {
		return append([]string(nil), to...)
	}
	return append([]string(nil), v.unknown(w)...)
}

func (v *vocabulary) known(w string) bool {
	_, ok := v.ids[w]
	return ok
}

// segment takes "homephonesafe" apart into the fewest known words, none shorter than three letters.
func (v *vocabulary) segment(w string) []string {
	type step struct{ from, count int }
	best := make([]step, len(w)+1)
	for i := 1; i <= len(w); i++ {
		best[i].count = -1
		for j := max(0, i-16); j <= i-3; j++ {
			if best[j].count < 0 || j > 0 && best[j].count == 0 {
				continue
			}
			part := w[j:i]
			_, ok := v.words[part]
			if !ok && !v.known(part) && !v.known(singular(part)) {
				continue
			}
			if n := best[j].count + 1; best[i].count < 0 || n < best[i].count {
				best[i] = step{j, n}
			}
		}
	}
	if best[len(w)].count < 2 || best[len(w)].count > 4 {
		return nil
	}
	var cuts []string
	for i := len(w); i > 0; i = best[i].from {
		cuts = append(cuts, w[best[i].from:i])
	}
	var out []string
	for i := len(cuts) - 1; i >= 0; i-- {
		if to, ok := v.words[cuts[i]]; ok {
			out = appendWords(out, to)
		} else if v.known(cuts[i]) {
			out = append(out, cuts[i])
		} else {
			out = append(out, singular(cuts[i]))
		}
	}
	return out
}

// split gives the words of a name in camel, snake or kebab case or in plain language, folded.
func split(name string) []string {
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	if len(name) > 400 {
		name = strings.ToValidUTF8(name[:400], "")
	}
	rs := []rune(norm.NFC.String(name))
	for i, r := range rs {
		switch {
		case r == '\'' || r == '’':
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case i > 0 && unicode.IsUpper(r) && (unicode.IsLower(rs[i-1]) || unicode.IsDigit(rs[i-1])):
			flush()
		case i > 0 && i+1 < len(rs) && unicode.IsUpper(r) && unicode.IsUpper(rs[i-1]) && unicode.IsLower(rs[i+1]) &&
			!(rs[i+1] == 's' && (i+2 == len(rs) || !unicode.IsLetter(rs[i+2]))):
			flush() // the last capital of "SSNLast" begins a word; that of "IDs" does not
		}
		b.WriteRune(unicode.ToLower(r))
	}
	flush()
	for i, w := range words {
		for _, r := range w {
			if r > unicode.MaxASCII {
				words[i] = fold(w)
				break
			}
		}
	}
	return words
}
