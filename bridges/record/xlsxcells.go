package record

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
)

// sheetRow is a row with something in it.
type sheetRow struct {
	number int // as the program shows it, from 1
	cells  []sheetCell
}

type sheetCell struct {
	column int // from 0
	text   string
	plain  bool // a text and no number, date or truth value
	bad    string
}

// rows reads the rows of the sheet that have something in them.
func (w *workbook) rows() ([]sheetRow, error) {
	var all []sheetRow
	var row *sheetRow
	cells := 0
	err := w.each(w.part, func(d *xml.Decoder, around []string, el xml.StartElement) (bool, error) {
		switch {
		case el.Name.Local == "row" && len(around) == 2 && around[1] == "sheetData":
			number := 0
			if row != nil {
				number = row.number
			}
			number++
			if r := attribute(el, "r"); r != "" {
				n, err := strconv.Atoi(r)
				if err != nil || n < number {
					return false, xlsxError("its rows are not in order; save it again in the spreadsheet program")
				}
				number = n
			}
			all = append(all, sheetRow{number: number})
			row = &all[len(all)-1]
			if cells++; cells > w.lim.Nodes {
				return false, xlsxError("the sheet has more than %d rows and cells", w.lim.Nodes)
			}
		case el.Name.Local == "c" && row != nil && len(around) == 3 && around[2] == "row":
			next := 0
			if n := len(row.cells); n > 0 {
				next = row.cells[n-1].column + 1
			}
			c, err := w.cell(d, el, next)
			if err != nil {
				return true, err
			}
			if c.column < next {
				return true, xlsxError("the cells of row %d are not in order; save it again in the spreadsheet program", row.number)
			}
			if cells++; cells > w.lim.Nodes {
				return true, xlsxError("the sheet has more than %d rows and cells", w.lim.Nodes)
			}
			row.cells = append(row.cells, c)
			return true, nil
		}
		return false, nil
	})
	if errors.Is(err, errNoPart) {
		return nil, whole(err)
	}
	return all, err
}

// lastColumn is the last that spreadsheet programs have, XFD.
const lastColumn = 16_383

// columnOf reads the letters of a place like BC12, from 0; -1 when they are none.
func columnOf(place string) int {
	n := 0
	for i := 0; i < len(place) && place[i] >= 'A' && place[i] <= 'Z'; i++ {
		if n = n*26 + int(place[i]-'A') + 1; n > lastColumn+1 {
			return -1
		}
	}
	return n - 1
}

// cell reads a cell to its end. next is its column when it does not say where it stands.
func (w *workbook) cell(d *xml.Decoder, el xml.StartElement, next int) (sheetCell, error) {
	c := sheetCell{column: next}
	if place := attribute(el, "r"); place != "" {
		if c.column = columnOf(place); c.column < 0 {
			return c, xlsxError("a cell says that it stands where no cell can")
		}
	}
	var value strings.Builder
	inline, formula, depth, in := "", false, 0, ""
	for {
		token, err := d.Token()
		if err != nil {
			return c, partError(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 && t.Name.Local == "is" {
				if inline, err = textOf(d); err != nil {
					return c, err
				}
				continue
			}
			formula = formula || depth == 0 && t.Name.Local == "f"
			if depth++; depth > 8 {
				return c, xlsxError("a cell is nested deeper than cells are")
			}
			in = t.Name.Local
		case xml.EndElement:
			if depth == 0 {
				return w.value(c, attribute(el, "t"), attribute(el, "s"), value.String(), inline, formula)
			}
			depth--
			in = ""
		case xml.CharData:
			if depth == 1 && in == "v" {
				value.Write(t)
			}
		}
	}
}

// value says what a cell holds.
func (w *workbook) value(c sheetCell, kind, style, value, inline string, formula bool) (sheetCell, error) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(w.strings) {
			return c, xlsxError("a cell names a text that is not there; save it again in the spreadsheet program")
		}
		c.text, c.plain = w.strings[i], true
	case "inlineStr":
		c.text, c.plain = inline, true
	case "str":
		c.text, c.plain = escaped(value), true
	case "b":
		c.text = map[string]string{"1": "true", "0": "false"}[strings.TrimSpace(value)]
	case "e":
		c.text = value
	case "d":
		c.text = value
	default:
		i, err := strconv.Atoi(style)
		if err != nil || i < 0 || i >= len(w.styles) {
			i = -1
		}
		format := numberFormat{}
		if i >= 0 {
			format = w.styles[i]
		}
		c.text = format.show(strings.TrimSpace(value), w.since)
	}
	if formula && c.text == "" && kind != "str" {
		c.bad = "it holds a formula that was never computed; open the file in the spreadsheet program and save it"
	}
	return c, nil
}

// headerRows is how many rows are looked at to find the header.
const headerRows = 20

// findHeader tells which row names the columns: the first that has only texts and is about as wide as the widest of the
// first rows; else the first.
func findHeader(rows []sheetRow) int {
	widest := 0
	first := rows[:min(len(rows), headerRows)]
	for _, r := range first {
		widest = max(widest, r.filled())
	}
	for i, r := range first {
		if n := r.filled(); n > 0 && n*10 >= widest*6 && r.texts() == n {
			return i
		}
	}
	return 0
}

func (r *sheetRow) filled() (n int) {
	for _, c := range r.cells {
		if strings.TrimSpace(c.text) != "" {
			n++
		}
	}
	return n
}

func (r *sheetRow) texts() (n int) {
	for _, c := range r.cells {
		if c.plain && strings.TrimSpace(c.text) != "" {
			n++
		}
	}
	return n
}

// sheetRecord is a row as a record, or a *RecordError.
type sheetRecord struct {
	node *Node
	err  error
}

// tabulate makes records of rows, named by the header.
func tabulate(rows []sheetRow, sheet string, lim Limits) ([]sheetRecord, sheetTable, error) {
	t := sheetTable{name: sheet}
	all := rows[:0]
	for _, r := range rows {
		if r.filled() > 0 || r.bad() != "" {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil, t, xlsxError("the sheet %q is empty; its first row must name the columns", clip(sheet))
	}
	at := findHeader(all)
	t.skipped = at
	header := all[at]
	labels := make([]string, header.cells[len(header.cells)-1].column+1)
	for _, c := range header.cells {
		labels[c.column] = c.text
	}
	for len(labels) > 0 && strings.TrimSpace(labels[len(labels)-1]) == "" {
		labels = labels[:len(labels)-1]
	}
	if len(labels) > lim.Columns {
		return nil, t, xlsxError("the header row has more than %d columns", lim.Columns)
	}
	t.columns = nameColumns(labels)
	records := make([]sheetRecord, 0, len(all)-at-1)
	for i, r := range all[at+1:] {
		row, reason := r.record(t.columns)
		if reason != "" {
			records = append(records, sheetRecord{err: &RecordError{Format: "spreadsheet", Record: i + 1, Line: r.number, Reason: reason}})
			continue
		}
		if (len(records)+1)*(1+len(t.columns)) >= lim.Nodes {
			return nil, t, xlsxError("the sheet has more than %d cells", lim.Nodes)
		}
		records = append(records, sheetRecord{node: row})
	}
	return records, t, nil
}

func (r *sheetRow) bad() string {
	for _, c := range r.cells {
		if c.bad != "" {
			return c.bad
		}
	}
	return ""
}

// record makes a row a record, or says why it cannot be one.
func (r *sheetRow) record(columns []Column) (*Node, string) {
	row := &Node{Kind: Object, Line: int32(r.number), Column: 1, Children: make([]*Node, len(columns))}
	nodes := make([]Node, len(columns))
	for i, c := range columns {
		nodes[i] = Node{Kind: Text, Name: c.Name, Line: int32(r.number), Column: int32(i + 1)}
		if c.Label != c.Name {
			nodes[i].Label = c.Label
		}
		row.Children[i] = &nodes[i]
	}
	for _, c := range r.cells {
		switch {
		case c.column >= len(columns) && strings.TrimSpace(c.text) == "" && c.bad == "":
		case c.column >= len(columns):
			return nil, "a cell stands to the right of the last column that the header names"
		case c.bad != "":
			return nil, "column " + strconv.Itoa(c.column+1) + ": " + c.bad
		default:
			nodes[c.column].Text = c.text
		}
	}
	return row, ""
}
