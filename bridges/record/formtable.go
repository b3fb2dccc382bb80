package record

import "strings"

// htmlTable is a table whose end tag has not come.
type htmlTable struct {
	rows   [][]*htmlFrame
	row    []*htmlFrame
	frames int // how many were open around it
}

func (h *htmlReader) openFrame(name string) {
	h.flush()
	h.frames = append(h.frames, &htmlFrame{name: name, line: h.line})
}

// closeFrame takes the innermost frame off; the lines of one that nobody looks at go to the frame around it.
func (h *htmlReader) closeFrame() {
	h.flush()
	frame := h.frames[len(h.frames)-1]
	h.frames = h.frames[:len(h.frames)-1]
	around := h.frames[len(h.frames)-1]
	switch frame.name {
	case "dt":
		h.term, h.termLine = frame.joined(" "), frame.line
	case "dd":
		h.pair(h.term, h.termLine, frame)
	default:
		around.lines = append(around.lines, frame.lines...)
	}
}

// closeDefinition ends the dt or dd at hand, if there is one in this cell.
func (h *htmlReader) closeDefinition() {
	if at := h.frames[len(h.frames)-1].name; at == "dt" || at == "dd" {
		h.closeFrame()
	}
}

func (h *htmlReader) openTable() {
	h.frames[len(h.frames)-1].nested = true
	h.tables = append(h.tables, &htmlTable{frames: len(h.frames)})
}

func (h *htmlReader) openCell(name string) {
	if len(h.tables) == 0 {
		h.flush()
		return
	}
	h.closeCell()
	h.openFrame(name)
}

func (h *htmlReader) closeCell() {
	if len(h.tables) == 0 {
		h.flush()
		return
	}
	t := h.tables[len(h.tables)-1]
	for len(h.frames) > t.frames+1 {
		h.closeFrame()
	}
	h.flush()
	if len(h.frames) > t.frames {
		t.row = append(t.row, h.frames[len(h.frames)-1])
		h.frames = h.frames[:t.frames]
	}
}

func (h *htmlReader) closeRow() {
	h.closeCell()
	if len(h.tables) == 0 {
		return
	}
	t := h.tables[len(h.tables)-1]
	for _, cell := range t.row {
		if cell.joined("") != "" {
			t.rows = append(t.rows, t.row)
			break
		}
	}
	t.row = nil
}

func (h *htmlReader) closeTable() {
	h.closeRow()
	t := h.tables[len(h.tables)-1]
	h.tables = h.tables[:len(h.tables)-1]
	h.blank()
	if t.grid() {
		h.grid(t.rows)
	} else {
		if t.titled() {
			t.rows = t.rows[1:]
		}
		for i := 0; i < len(t.rows); i++ {
			row := t.rows[i]
			if i+1 < len(t.rows) && labelAbove(row, t.rows[i+1]) {
				h.pair(row[0].joined(" "), row[0].line, t.rows[i+1][1])
				i++
				continue
			}
			h.row(row)
		}
	}
	h.blank()
}

// grid reports whether the first row names the columns of the others.
func (t *htmlTable) grid() bool {
	if len(t.rows) < 2 || len(t.rows[0]) < 2 {
		return false
	}
	for i, row := range t.rows {
		if len(row) != len(t.rows[0]) {
			return false
		}
		for j, cell := range row {
			if cell.nested || i == 0 && cell.name != "th" || i > 0 && j > 0 && cell.name == "th" {
				return false
			}
		}
	}
	return len(t.rows[0]) > 2 || !t.titled() && t.rows[1][0].name == "td"
}

// titled reports whether the first row only says that labels and values follow.
func (t *htmlTable) titled() bool {
	if len(t.rows) == 0 || len(t.rows[0]) != 2 || t.rows[0][0].name != "th" || t.rows[0][1].name != "th" {
		return false
	}
	switch Loose(t.rows[0][1].joined(" ")) {
	case "value", "values", "answer", "answers", "response", "entry", "data", "valor", "respuesta", "details":
		return true
	}
	return false
}

func (h *htmlReader) grid(rows [][]*htmlFrame) {
	title := ""
	lines := h.frames[len(h.frames)-1].lines
	for i := len(lines) - 1; i >= 0; i-- { // a caption or a line above it names the rows
		if l := lines[i]; l.text != "" {
			if l.kind == headingLine || l.kind == boldLine || l.kind == plainLine && isLabel(cleanLabel(l.text)) && len(l.text) < 60 {
				title = cleanLabel(l.text)
				h.frames[len(h.frames)-1].lines = lines[:i]
			}
			break
		}
	}
	head := make([]string, len(rows[0]))
	for i, cell := range rows[0] {
		head[i] = cell.joined(" ")
	}
	for _, row := range rows[1:] {
		l := formLine{kind: cellsLine, label: title, labels: head, number: row[0].line, quoted: h.top().quote}
		for _, cell := range row {
			l.cells = append(l.cells, cell.written("\n"))
		}
		h.emit(l)
	}
}

// labelAbove reports whether a row holds a label alone and the next one its value, as form builders write.
func labelAbove(row, next []*htmlFrame) bool {
	if len(row) != 1 || len(next) != 2 || row[0].nested || next[0].nested || next[1].nested {
		return false
	}
	return next[0].joined("") == "" && next[1].joined("") != "" && isLabel(cleanLabel(row[0].joined(" ")))
}

// row emits what one row of a table that has no heading row means.
func (h *htmlReader) row(row []*htmlFrame) {
	nested, colons := false, true
	for i, cell := range row {
		nested = nested || cell.nested
		if i%2 == 0 && cell.name != "th" && !strings.HasSuffix(cell.joined(" "), ":") {
			colons = false
		}
	}
	switch {
	case nested || len(row) == 1 && row[0].name == "td":
		for _, cell := range row {
			for _, l := range cell.lines {
				h.emit(l)
			}
		}
	case len(row) == 1:
		for _, l := range row[0].lines {
			if l.kind == boldLine {
				l.kind = headingLine
			}
			h.emit(l)
		}
	case len(row) == 2 && isLabel(cleanLabel(row[0].joined(" "))):
		h.pair(row[0].joined(" "), row[0].line, row[1])
	case len(row)%2 == 0 && colons:
		for i := 0; i < len(row); i += 2 {
			if label := row[i].joined(" "); label != "" || row[i+1].joined("") != "" {
				h.pair(label, row[i].line, row[i+1])
			}
		}
	default:
		texts := make([]string, 0, len(row))
		for _, cell := range row {
			if text := cell.written(" "); text != "" {
				texts = append(texts, text)
			}
		}
		h.emit(formLine{text: strings.Join(texts, " | "), number: row[0].line, quoted: h.top().quote})
	}
}

// pair emits a label with the value that a cell or dd holds; several bullets in it, and checked boxes, are values of
// their own. A line alone is no list, whatever it begins with, and is kept whole.
func (h *htmlReader) pair(label string, line int, value *htmlFrame) {
	clean := cleanLabel(label)
	if !isLabel(clean) {
		if label != "" {
			h.emit(formLine{text: label, number: line, quoted: h.top().quote})
		}
		for _, l := range value.lines {
			h.emit(l)
		}
		return
	}
	l := formLine{kind: pairLine, label: clean, written: label, number: line, quoted: h.top().quote}
	items, listed := 0, true
	for _, item := range value.lines {
		if item.text != "" || item.kind != plainLine {
			items++
			listed = listed && item.kind == bulletLine
		}
	}
	if !listed || items < 2 {
		l.text = value.written("\n")
		if checked, empty, found := boxes(l.text); found {
			l.choose(checked)
			h.emptyBoxes(empty, line)
		}
		h.emit(l)
		return
	}
	var chosen []string
	for _, item := range value.lines {
		if emptyBox(item.mark) {
			h.emptyBoxes(true, item.number)
		} else if item.text != "" {
			chosen = append(chosen, item.text)
		}
	}
	l.choose(chosen)
	h.emit(l)
}

// choose makes of several values the text of a pair and its further cells.
func (l *formLine) choose(values []string) {
	l.text, l.cells = "", nil
	if len(values) > 0 {
		l.text, l.cells = values[0], values[1:]
	}
}

func (h *htmlReader) emptyBoxes(some bool, line int) {
	if some {
		h.notes = append(h.notes, Note{From: line, To: line, What: "empty box"})
	}
}

// joined returns the lines of a frame as one text, without bullets; pairs inside it are written out.
func (f *htmlFrame) joined(with string) string {
	return f.join(with, func(l formLine) string { return l.text })
}

// written returns the lines of a frame as one text, as they stand there.
func (f *htmlFrame) written(with string) string {
	return f.join(with, func(l formLine) string {
		if l.whole != "" {
			return l.whole
		}
		return l.text
	})
}

func (f *htmlFrame) join(with string, plain func(formLine) string) string {
	parts := make([]string, 0, len(f.lines))
	for _, l := range f.lines {
		text := plain(l)
		if l.kind == pairLine {
			text = l.label + ": " + l.text
		}
		if l.kind == cellsLine {
			text = strings.Join(l.cells, " | ")
		}
		parts = append(parts, text)
	}
	return strings.Trim(strings.Join(parts, with), " \n")
}
