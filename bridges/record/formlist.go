package record

// bullet adds an item to the label above, or a label of its own, or text.
func (f *formBuilder) bullet(i int) {
	l := f.lines[i]
	label, value, found := splitLabel(l.text)
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
		f.goOn("- " + l.text)
	default:
		f.prose("- "+l.text, l)
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
func (f *formBuilder) bold(i int) {
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
	direct := i+1 < len(f.lines) && f.lines[i+1].text != ""
	switch {
	case found:
		f.value(label, value, l)
	case isLabel(clean) && direct && next.kind == plainLine && !follows:
		f.value(clean, "", l)
	case isLabel(clean) && direct && next.kind == bulletLine:
		f.value(clean, "", l)
	case isLabel(clean) && (follows || next.kind == pairLine || next.kind == boldLine || next.kind == cellsLine):
		f.heading(clean, l)
	default:
		f.prose(l.text, l)
	}
}
