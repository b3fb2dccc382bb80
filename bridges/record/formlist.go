package record

import (
	"regexp"
	"strings"
)

var (
	numbered = regexp.MustCompile(`^\(?[0-9]{1,2}[.)]\s`)
	box      = regexp.MustCompile(`\[[ xX✓_]?\]|\([xX ]\)|[☐☒☑]`)
)

// bulletMark returns the bullet, number or box that a line begins with, or "".
func bulletMark(text string, indent int) string {
	for _, bullet := range []string{"-", "*", "•", "–", "·", "o", "‣", "▪"} {
		if rest, is := strings.CutPrefix(text, bullet+" "); is && (bullet != "o" || indent > 0) && strings.Trim(rest, "-*•–· ") != "" {
			return bullet
		}
	}
	if at := numbered.FindStringIndex(text); at != nil && at[1] < len(text) {
		return text[:at[1]-1]
	}
	if at := box.FindStringIndex(text); at != nil && at[0] == 0 && strings.TrimSpace(text[at[1]:]) != "" && len(box.FindAllStringIndex(text, 2)) == 1 {
		return text[:at[1]]
	}
	return ""
}

// emptyBox reports whether a mark is a box that is not checked.
func emptyBox(mark string) bool { return mark != "" && strings.Trim(mark, "[]()_☐ ") == "" }

// boxes returns the checked ones of the choices that stand in one line: [x] Housing [ ] Food.
func boxes(value string) (checked []string, empty, found bool) {
	all := box.FindAllStringIndex(value, -1)
	if len(all) == 0 || all[0][0] > 0 {
		return nil, false, false
	}
	for i, at := range all {
		end := len(value)
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		text := strings.Trim(value[at[1]:end], " \t,;")
		if emptyBox(value[at[0]:at[1]]) {
			empty = true
		} else if text != "" {
			checked = append(checked, text)
		}
	}
	return checked, empty, true
}

// bullet adds an item to the label above, or a label of its own, or text.
func (f *formBuilder) bullet(i int) {
	l := f.lines[i]
	label, value, found := splitLabel(l.text)
	if emptyBox(l.mark) && (f.listing || f.last != nil && f.last.Text == "" && f.last.Name != ContentName) {
		f.notes = append(f.notes, Note{From: l.number, To: l.number, What: "empty box"})
		return
	}
	if box.MatchString(l.mark) {
		found = false
	}
	switch {
	case f.below != nil && found && f.indent < 0:
		f.add(f.below, label, value, l)
	case f.last != nil && f.last.Text == "" && f.last.Kind == Text && f.last.Name != ContentName && !f.listing:
		if f.labelsOnly(i) {
			f.nest(-1)
			f.add(f.below, label, value, l)
			f.open = true
			return
		}
		f.last.Text = l.text
		f.listing, f.open = true, true
	case f.listing && f.last != nil:
		in, name := f.section, f.last.Name
		if f.below != nil {
			in = f.below
		}
		f.add(in, name, l.text, l)
		f.listing, f.open = true, true
	case found:
		f.below = nil
		f.value(label, value, l)
	case f.open && f.last != nil:
		f.goOn(l.mark + " " + l.text)
	default:
		f.prose(l.mark+" "+l.text, l)
	}
}

// labelsOnly reports whether every bullet from line i on is a label with a value.
func (f *formBuilder) labelsOnly(i int) bool {
	for ; i < len(f.lines) && f.lines[i].kind == bulletLine; i++ {
		if _, value, found := splitLabel(f.lines[i].text); !found || value == "" {
			return false
		}
	}
	return true
}

// bold takes a line in bold: a label when its value follows, a heading when labels follow, and else text.
// It returns how many lines behind it are used up with it.
func (f *formBuilder) bold(i int) int {
	l := f.lines[i]
	label, value, found := splitLabel(l.text)
	clean := cleanLabel(l.text)
	next := formLine{}
	for _, n := range f.lines[i+1:] {
		if next = n; n.text != "" || n.kind != plainLine {
			break
		}
	}
	_, _, follows := splitLabel(next.text)
	blanks := 0
	for i+1+blanks < len(f.lines) && f.lines[i+1+blanks].text == "" && f.lines[i+1+blanks].kind == plainLine {
		blanks++
	}
	direct := next.text != "" && blanks < 2
	switch {
	case found:
		f.value(label, value, l)
	case isLabel(clean) && direct && (next.kind == bulletLine || next.kind == plainLine && !follows):
		f.value(clean, "", l)
		return blanks
	case isLabel(clean) && (follows || next.kind == pairLine || next.kind == boldLine || next.kind == cellsLine):
		f.heading(clean, l)
	default:
		f.prose(l.text, l)
	}
	return 0
}
