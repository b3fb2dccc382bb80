package mapping

import (
	"slices"
	"strings"
)

// addressArgs are the arguments of "address". With Parts, each place of ours holds the part of that name; without, one
// place holds the whole address in one line.
type addressArgs struct {
	Parts []string `json:"parts"`
}

// addressFunction joins an address of ours with an address of the standard.
type addressFunction struct{ parts []string }

// linesPart is the list of street lines in the standard, a line of text each.
const linesPart = "lines"

var addressParts = []string{"city", linesPart, "region", "postalCode", "country"}

func newAddress(a addressArgs) (spec, string) {
	for i, p := range a.Parts {
		if !slices.Contains(addressParts, p) || slices.Contains(a.Parts[:i], p) && p != linesPart {
			return spec{}, `"parts" must name, place by place, ` + strings.Join(addressParts, ", ") + `; only lines may stand twice`
		}
	}
	return spec{function: addressFunction{a.Parts}, members: addressParts, many: len(a.Parts) > 0, places: len(a.Parts)}, ""
}

func (f addressFunction) forward(c *call, v value) value {
	if len(f.parts) > 0 {
		return f.gather(v.list)
	}
	line := collapse(v.text)
	if line != v.text {
		c.note(Normalized, "")
	}
	guess := splitAddress(line)
	if lineOf(value{parts: guess}) != line {
		// What cannot be put together again as it was, is not taken apart.
		guess = []part{{linesPart, line}}
	}
	c.note(Flagged, "the parts of the address were guessed from one line")
	return value{kind: group, parts: guess}
}

func (f addressFunction) gather(texts []string) value {
	out := value{kind: group}
	for i, name := range f.parts {
		text := ""
		if i < len(texts) {
			text = strings.TrimSpace(texts[i])
		}
		if at := slices.IndexFunc(out.parts, func(p part) bool { return p.name == name }); at >= 0 && text != "" {
			out.parts[at].text += "\n" + text
		} else if text != "" {
			out.parts = append(out.parts, part{name, text})
		}
	}
	if len(out.parts) == 0 {
		return value{}
	}
	return out
}

func (f addressFunction) back(c *call, v value) value {
	if len(f.parts) == 0 {
		c.note(Normalized, "")
		return textValue(lineOf(v))
	}
	lines := strings.Split(v.part(linesPart), "\n")
	last := -1 // the last of our places for lines takes all that are left
	for i, name := range f.parts {
		if name == linesPart {
			last = i
		}
	}
	out := value{kind: list, list: make([]string, len(f.parts))}
	for i, name := range f.parts {
		switch {
		case name != linesPart:
			out.list[i] = v.part(name)
		case i == last:
			if len(lines) > 1 {
				c.note(Narrowed, "there are more street lines than places of ours; the last place holds several")
			}
			out.list[i] = strings.Join(lines, ", ")
		case len(lines) > 0:
			out.list[i], lines = lines[0], lines[1:]
		}
	}
	for _, name := range addressParts {
		if v.part(name) != "" && !slices.Contains(f.parts, name) {
			c.note(Narrowed, "our record has no place for the "+addressWords[name])
		}
	}
	return out
}

var addressWords = map[string]string{"city": "city", linesPart: "street", "region": "state or region", "postalCode": "postal code", "country": "country"}

// lineOf writes an address in one line: 418 Tremont Street, Apt 3R, Boston, MA 02118, US.
func lineOf(v value) string {
	var out []string
	for _, s := range append(strings.Split(v.part(linesPart), "\n"), v.part("city"), strings.TrimSpace(v.part("region")+" "+v.part("postalCode")), v.part("country")) {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// splitAddress reads the form that lineOf writes, from the end.
func splitAddress(line string) []part {
	pieces := strings.Split(line, ", ")
	var out []part
	if n := len(pieces) - 1; n > 1 && len(pieces[n]) == 2 && strings.ToUpper(pieces[n]) == pieces[n] && strings.ContainsAny(pieces[n-1], "0123456789") {
		out = append(out, part{"country", pieces[n]})
		pieces = pieces[:n]
	}
	n := len(pieces) - 1
	if n < 2 {
		return nil
	}
	region, code, _ := strings.Cut(pieces[n], " ")
	if len(region) != 2 || strings.ToUpper(region) != region || strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil
	}
	if code != "" && (len(code) > 20 || !strings.ContainsAny(code, "0123456789")) {
		return nil
	}
	return append(out, nonEmpty(part{linesPart, strings.Join(pieces[:n-1], "\n")}, part{"city", pieces[n-1]}, part{"region", region}, part{"postalCode", code})...)
}
