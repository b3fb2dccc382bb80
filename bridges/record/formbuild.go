package record

import (
	"fmt"
	"strings"
)

// formBuilder makes the record of the lines of a form.
type formBuilder struct {
	lim    Limits
	notes  []Note // of what was left out
	nodes  int
	line   int // at hand, for errors
	reason string

	lines   []formLine
	root    *Node
	section *Node
	names   map[*Node]map[string]string // of each section: Loose label to name
	below   *Node                       // an object made of indented or bulleted labels below a label
	indent  int                         // of those labels
	last    *Node                       // the value read last
	more    []string                    // further lines of it
	lastAt  formLine
	open    bool // no blank line stands between last and the line at hand
	blanks  int  // lines between
	listing bool // last is an item of a list
}

func (f *formBuilder) fail(reason string) {
	if f.reason == "" {
		f.reason = reason
	}
}

func (f *formBuilder) build(lines []formLine) *Node {
	lines, notes := leaveOut(lines)
	f.notes = append(f.notes, notes...)
	f.root = &Node{Kind: Object, Line: 1, Column: 1}
	f.section, f.lines, f.names, f.nodes = f.root, lines, map[*Node]map[string]string{}, 1
	for i := 0; i < len(lines) && f.reason == ""; i++ {
		f.line = lines[i].number
		i += f.take(i)
	}
	f.setLast(nil, formLine{})
	f.dropEmpty()
	return f.root
}

// take adds line i and returns how many lines behind it are used up with it.
func (f *formBuilder) take(i int) int {
	l := f.lines[i]
	if l.kind != plainLine {
		f.blanks = 0
	}
	switch l.kind {
	case pairLine:
		f.below = nil
		for _, text := range append([]string{l.text}, l.cells...) {
			f.add(f.section, l.label, text, l)
		}
		f.open, f.listing = false, false
	case cellsLine:
		f.row(l)
	case headingLine:
		f.heading(l.text, l)
	case bulletLine:
		f.bullet(i)
	case boldLine:
		return f.bold(i)
	default:
		return f.plain(i)
	}
	return 0
}

func (f *formBuilder) plain(i int) int {
	l := f.lines[i]
	if l.text == "" || rule(l.text) && !f.continues(l) {
		f.open = false
		f.blanks++
		return 0
	}
	blanks := f.blanks
	f.blanks = 0
	if blanks > 0 && l.indent > 1 && l.indent > f.lastAt.indent && f.last != nil && f.last.Name != ContentName && f.last.Text != "" && !f.listing {
		for range blanks { // a value of several paragraphs
			f.goOn("")
		}
		f.open = true
	}
	if title, is := markedHeading(l.text); is {
		f.heading(title, l)
		return 0
	}
	label, value, found := splitLabel(l.text)
	if i+1 < len(f.lines) && rule(f.lines[i+1].text) && value == "" && isLabel(cleanLabel(l.text)) && !f.continues(l) {
		f.heading(cleanLabel(l.text), l)
		return 1
	}
	if f.below != nil && l.indent < f.indent {
		f.below, f.open = nil, f.open && !found
	}
	switch {
	case f.continues(l) && (!found || f.last.Text != ""):
		f.goOn(l.text)
	case f.continues(l) && found && f.below == nil && f.last.Text == "" && !f.listing:
		f.nest(l.indent)
		f.value(label, value, l)
	case value == "" && capitals(l.text) && isLabel(cleanLabel(l.text)) && f.above(i):
		f.heading(cleanLabel(l.text), l)
	case found:
		f.value(label, value, l)
	case f.open && f.last != nil && !f.listing:
		f.goOn(l.text)
	default:
		f.prose(l.text, l)
	}
	return 0
}

// continues reports whether a line is indented below a value that is still open.
func (f *formBuilder) continues(l formLine) bool {
	return f.open && f.last != nil && f.last.Name != ContentName && l.indent > f.lastAt.indent
}

// above reports whether line i stands below a blank line, or first, and above labels that are not all capitals.
func (f *formBuilder) above(i int) bool {
	if i > 0 && f.lines[i-1].text != "" && !rule(f.lines[i-1].text) {
		return false
	}
	for _, l := range f.lines[i+1 : min(len(f.lines), i+4)] {
		if l.text == "" && l.kind == plainLine {
			continue
		}
		label, _, found := splitLabel(l.text)
		return l.kind == pairLine || found && !capitals(label)
	}
	return false
}

func (f *formBuilder) value(label, value string, l formLine) {
	in := f.section
	if f.below != nil {
		in = f.below
	}
	f.listing = false
	if checked, empty, found := boxes(value); found {
		if empty {
			f.notes = append(f.notes, Note{From: l.number, To: l.number, What: "empty box"})
		}
		for i := 1; i < len(checked); i++ {
			f.add(in, label, checked[i-1], l)
		}
		value = strings.Join(checked[max(0, len(checked)-1):], "")
		f.listing = len(checked) > 1
	}
	f.add(in, label, value, l)
	f.open = true
}

func (f *formBuilder) add(in *Node, label, text string, l formLine) {
	if f.nodes++; f.nodes > f.lim.Nodes {
		f.fail(fmt.Sprintf("the mail has more than %d labels", f.lim.Nodes))
		return
	}
	n := &Node{Kind: Text, Name: f.name(in, label), Text: text, Line: int32(l.number), Column: int32(l.indent + 1)}
	if written := l.writtenLabel(label); written != n.Name {
		n.Label = written
	}
	in.Children = append(in.Children, n)
	f.setLast(n, l)
}

// name returns what a label alike is called in this section already, or the label itself.
func (f *formBuilder) name(in *Node, label string) string {
	names := f.names[in]
	if names == nil {
		names = map[string]string{}
		f.names[in] = names
	}
	key := Loose(label)
	if name, known := names[key]; known {
		return name
	}
	names[key] = label
	return label
}

// goOn adds a line to the value read last. The lines are joined when the next value begins.
func (f *formBuilder) goOn(text string) {
	if f.last.Text == "" {
		f.last.Text = text
		return
	}
	f.more = append(f.more, text)
}

func (f *formBuilder) setLast(n *Node, l formLine) {
	if len(f.more) > 0 {
		f.last.Text += "\n" + strings.Join(f.more, "\n")
		f.more = f.more[:0]
	}
	f.last, f.lastAt = n, l
}

// nest makes an object of the label without value that came last.
func (f *formBuilder) nest(indent int) {
	if f.last == nil || f.lim.Depth < 3 {
		f.fail("labels are nested deeper than the limit")
		return
	}
	f.last.Kind = Object
	f.below, f.indent = f.last, indent
}

func (f *formBuilder) prose(text string, l formLine) {
	if f.last != nil && f.last.Name == ContentName && f.open {
		f.goOn(text)
		return
	}
	if f.nodes++; f.nodes > f.lim.Nodes {
		f.fail(fmt.Sprintf("the mail has more than %d parts", f.lim.Nodes))
		return
	}
	f.setLast(f.section.Add(ContentName, &Node{Kind: Text, Text: text, Line: int32(l.number), Column: int32(l.indent + 1)}), l)
	f.open, f.listing, f.below = true, false, nil
}

func (f *formBuilder) heading(title string, l formLine) {
	title = cleanLabel(title)
	if title == "" {
		return
	}
	if f.lim.Depth < 2 {
		f.fail("sections are nested deeper than 1 level")
		return
	}
	f.nodes++
	f.section = &Node{Kind: Object, Name: f.name(f.root, title), Line: int32(l.number), Column: int32(l.indent + 1)}
	if f.section.Name != title {
		f.section.Label = title
	}
	f.root.Children = append(f.root.Children, f.section)
	f.setLast(nil, formLine{})
	f.below, f.open, f.listing = nil, false, false
}

// row adds one row of a table with a heading row as an object.
func (f *formBuilder) row(l formLine) {
	title := l.label
	if title == "" {
		title = "row"
	}
	if f.lim.Depth < 3 {
		f.fail("tables are nested deeper than the limit")
		return
	}
	f.nodes++
	row := f.section.Add(f.name(f.section, title), &Node{Kind: Object, Line: int32(l.number), Column: 1})
	for i, text := range l.cells {
		label := cleanLabel(l.labels[i])
		if label == "" {
			label = fmt.Sprintf("column_%d", i+1)
		}
		f.add(row, label, text, l)
	}
	f.setLast(nil, formLine{})
	f.below, f.open, f.listing = nil, false, false
}

// dropEmpty makes text of sections that turned out to have no members, so that their titles are not lost.
func (f *formBuilder) dropEmpty() {
	for _, c := range f.root.Children {
		if c.Kind == Object && len(c.Children) == 0 {
			c.Kind, c.Text, c.Label, c.Name = Text, strings.TrimSpace(labelOf(c)), "", ContentName
		}
	}
}
