package suggest

import (
	"slices"
	"strings"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

// dateStep writes the formats that the examples show, the most frequent first; the standard's own form is always
// understood. Days and months that no example tells apart stay as they are written in most of the world and in the
// United States: the conversion then asks about each date that could be both.
func dateStep(f *Field, standard string) mapping.Step {
	counts := map[string]int{}
	for _, w := range wordsOf(f) {
		for _, format := range formatsOf(w.Text) {
			counts[format] += max(1, w.Count)
		}
	}
	var formats []string
	for format := range counts {
		formats = append(formats, format)
	}
	slices.SortFunc(formats, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(b, a) // MM before DD
	})
	for _, pair := range [][2]string{{"MM/DD/YYYY", "DD/MM/YYYY"}, {"MM-DD-YYYY", "DD-MM-YYYY"}, {"MM.DD.YYYY", "DD.MM.YYYY"}} {
		a, b := counts[pair[0]], counts[pair[1]]
		drop := ""
		if a > b {
			drop = pair[1]
		} else if b > a {
			drop = pair[0]
		}
		formats = slices.DeleteFunc(formats, func(s string) bool { return s == drop })
	}
	for _, always := range []string{"YYYY-MM-DD", "YYYY-MM", "YYYY"} {
		if !slices.Contains(formats, always) {
			formats = append(formats, always)
		}
	}
	s := step("date")
	s.Args = record.NewObject()
	s.Args.Add("formats", textList(formats))
	if strings.HasSuffix(standard, "birthDate.value") {
		s.Args.Add("birth", record.NewBool(true))
	}
	return s
}

// formatsOf gives the formats that a text may be written in.
func formatsOf(s string) []string {
	s = strings.TrimSpace(s)
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		s = s[:10]
	}
	for _, sep := range []string{"/", "-", "."} {
		parts := strings.Split(s, sep)
		if len(parts) != 3 {
			continue
		}
		var n [3]int
		for i, p := range parts {
			v, ok := smallNumber(p)
			if !ok {
				return namedMonth(parts, sep)
			}
			n[i] = v
		}
		year := "YYYY"
		switch {
		case len(parts[0]) == 4:
			return []string{"YYYY" + sep + "MM" + sep + "DD"}
		case len(parts[2]) == 2:
			year = "YY"
		}
		var out []string
		if n[0] <= 12 && n[1] <= 31 {
			out = append(out, "MM"+sep+"DD"+sep+year)
		}
		if n[1] <= 12 && n[0] <= 31 {
			out = append(out, "DD"+sep+"MM"+sep+year)
		}
		return out
	}
	if v, ok := smallNumber(s); ok && len(s) == 4 && v > 1800 {
		return []string{"YYYY"}
	}
	return nil
}

func namedMonth(parts []string, sep string) []string {
	if len(parts[1]) == 3 && months[strings.ToLower(parts[1])] {
		if len(parts[2]) == 4 {
			return []string{"DD" + sep + "MMM" + sep + "YYYY"}
		}
		return []string{"DD" + sep + "MMM" + sep + "YY"}
	}
	return nil
}

// hasTimes reports whether the examples say a time of day.
func hasTimes(f *Field) bool {
	if f.Kind == "datetime" {
		return true
	}
	for _, w := range wordsOf(f) {
		if strings.Contains(w.Text, ":") {
			return true
		}
	}
	return false
}

// boolStep writes our words for yes and no; those that the examples show come first.
func boolStep(f *Field) mapping.Step {
	yes, no := []string{"Yes", "true", "Y", "1", "Sí", "S"}, []string{"No", "false", "N", "0"}
	for _, w := range wordsOf(f) {
		switch fold(w.Text) {
		case "yes", "true", "y", "1", "si", "s":
			yes = front(yes, w.Text)
		case "no", "false", "n", "0":
			no = front(no, w.Text)
		}
	}
	s := step("bool")
	s.Args = record.NewObject()
	s.Args.Add("true", textList(yes))
	s.Args.Add("false", textList(no))
	return s
}

func front(all []string, w string) []string {
	all = slices.DeleteFunc(all, func(s string) bool { return strings.EqualFold(s, w) })
	return append([]string{w}, all...)
}

// moneyStep writes the signs that amounts are written with.
func moneyStep(f *Field) mapping.Step {
	for _, w := range wordsOf(f) {
		t := w.Text
		comma, point := strings.LastIndexByte(t, ','), strings.LastIndexByte(t, '.')
		switch {
		case comma > point && point >= 0:
			return step("number", "decimal", ",", "group", ".")
		case strings.Contains(t, "$"):
			return step("number", "group", ",", "prefix", "$")
		case comma >= 0:
			return step("number", "group", ",")
		}
	}
	return step("number")
}

func textList(all []string) *record.Node {
	n := record.NewList()
	for _, s := range all {
		n.Children = append(n.Children, record.NewText(s))
	}
	return n
}

// pointPlace finds the contact point that a field belongs to: by home, work or mobile in its name, otherwise one of
// its own for a number or address, and the plain phone for what is said about one.
func (d *drafter) pointPlace(f *Field, std protocol.Field, place string) string {
	words := theVocabulary().canonical(strings.Join(pathNames(f.Path), " ") + " " + f.Label)
	label := ""
	for _, w := range []string{"home", "mobile", "work", "other", "mailing"} {
		if slices.Contains(words, w) {
			label = w
			break
		}
	}
	kind := "phone"
	if strings.Contains(place, "kind=email") || slices.Contains(words, "email") {
		kind = "email"
	}
	if label == "" {
		label = kind
	}
	suffix := strings.TrimPrefix(std.Path, "contact.points[]")
	if strings.Contains(f.Path, "[]") {
		return "contact.points[]" + suffix
	}
	if suffix == ".kind" || suffix == ".label" {
		return place
	}
	for n := 1; ; n++ {
		at := "contact.points[kind=" + kind + ",label=" + numbered(label, n) + "]"
		taken := slices.ContainsFunc(d.doc.Rules, func(r mapping.Rule) bool { return r.Standard == at+suffix || r.Standard == at && suffix == ".value" })
		if !taken || n > 9 {
			return at + suffix
		}
	}
}

func numbered(label string, n int) string {
	if n < 2 {
		return label
	}
	return label + string(rune('0'+n%10))
}
