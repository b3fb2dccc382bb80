package mapping

import (
	"slices"
	"strings"
)

// nameArgs are the arguments of "name".
type nameArgs struct {
	Part  string `json:"part"`  // our place holds only this part: given, middle, family, prefix, suffix; empty for the whole name
	Order string `json:"order"` // given-first (default) or family-first, for whole names
}

// nameFunction joins whole names or parts of names with a name of the standard. A whole name always travels as it
// was written; parts that had to be guessed from it are flagged.
type nameFunction struct {
	part        string
	familyFirst bool
}

var nameParts = []string{"prefix", "given", "middle", "family", "suffix"}

func newName(a nameArgs) (spec, string) {
	f := nameFunction{part: a.Part, familyFirst: a.Order == "family-first"}
	if a.Order != "" && a.Order != "given-first" && a.Order != "family-first" {
		return spec{}, `"order" must be given-first or family-first`
	}
	if a.Part == "" {
		return spec{function: f, members: append([]string{"full"}, nameParts...)}, ""
	}
	if !slices.Contains(nameParts, a.Part) {
		return spec{}, `"part" must be one of ` + strings.Join(nameParts, ", ")
	}
	return spec{function: f, members: []string{a.Part}}, ""
}

func (f nameFunction) forward(c *call, v value) value {
	full := collapse(v.text)
	if full != v.text {
		c.note(Normalized, "extra spaces were removed")
	}
	if f.part != "" {
		return value{kind: group, parts: []part{{f.part, full}}}
	}
	parts := splitName(full, f.familyFirst)
	out := value{kind: group, parts: []part{{"full", full}}}
	if len(parts) > 0 {
		c.note(Flagged, "the parts of the name were guessed from the whole name")
	}
	out.parts = append(out.parts, parts...)
	return out
}

// back gives the part that is asked for, from the parts if there are any, otherwise from the whole name, flagged.
func (f nameFunction) back(c *call, v value) value {
	if f.part == "" {
		if full := v.part("full"); full != "" {
			return textValue(full)
		}
		var words []string
		for _, name := range nameParts {
			if s := v.part(name); s != "" {
				words = append(words, s)
			}
		}
		c.note(Normalized, "the parts of the name were joined")
		return textValue(strings.Join(words, " "))
	}
	full := v.part("full")
	if given, family := v.part("given"), v.part("family"); given != "" || family != "" || full == "" {
		return textValue(v.part(f.part))
	}
	parts := splitName(full, f.familyFirst)
	if len(parts) == 0 {
		// One word is no first name and no last name by itself; it stands where a reader looks first.
		parts = []part{{"family", full}}
	}
	guess := value{parts: parts}.part(f.part)
	if guess != "" {
		c.note(Flagged, "the part was guessed from the whole name")
	}
	return textValue(guess)
}

var (
	namePrefixes  = words("mr mrs ms miss mx dr prof rev fr sr sra srta don dona doña hon judge")
	nameSuffixes  = words("jr sr ii iii iv v esq md phd rn jd dds")
	nameParticles = words("de del de la las los da das do dos di du des van von der den ter ten bin ibn al el la le st san santa y e mac")
)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// splitName guesses the parts of a whole name. It returns none for a single word, and for scripts that are written
// without spaces.
func splitName(full string, familyFirst bool) []part {
	if family, rest, comma := strings.Cut(full, ","); comma {
		return splitComma(strings.TrimSpace(family), strings.TrimSpace(rest))
	}
	w := strings.Fields(full)
	var prefix, suffix string
	if len(w) > 2 && namePrefixes[plainWord(w[0])] {
		prefix, w = w[0], w[1:]
	}
	if len(w) > 2 && nameSuffixes[plainWord(w[len(w)-1])] {
		suffix, w = w[len(w)-1], w[:len(w)-1]
	}
	if len(w) < 2 {
		return nil
	}
	var given, middle, family []string
	if familyFirst {
		family, given = w[:1], w[1:]
	} else {
		at := len(w) - 1
		for at > 1 && nameParticles[plainWord(w[at-1])] {
			at--
		}
		given, middle, family = w[:1], w[1:at], w[at:]
	}
	return nonEmpty(part{"prefix", prefix}, part{"given", strings.Join(given, " ")}, part{"middle", strings.Join(middle, " ")},
		part{"family", strings.Join(family, " ")}, part{"suffix", suffix})
}

// splitComma reads "de la Cruz, Maria Elena" and "Cruz, Maria, Jr.".
func splitComma(family, rest string) []part {
	given, suffix, _ := strings.Cut(rest, ",")
	if nameSuffixes[plainWord(strings.TrimSpace(given))] { // Maria Cruz, Jr.
		parts := splitName(family, false)
		return append(parts, nonEmpty(part{"suffix", strings.TrimSpace(given)})...)
	}
	w := strings.Fields(given)
	if family == "" || len(w) == 0 {
		return nil
	}
	return nonEmpty(part{"given", w[0]}, part{"middle", strings.Join(w[1:], " ")}, part{"family", family}, part{"suffix", strings.TrimSpace(suffix)})
}

func nonEmpty(all ...part) []part {
	return slices.DeleteFunc(all, func(p part) bool { return p.text == "" })
}

func plainWord(s string) string { return strings.ToLower(strings.Trim(s, ".")) }

// collapse trims and joins runs of white space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
