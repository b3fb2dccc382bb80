package record

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// EncodeXLSX writes a row (an Object) or rows (a List of Objects) below a header row as a spreadsheet with one sheet.
// Columns are those given, else the members of all rows, in order. Every cell is a text: nothing that a person wrote is
// ever a formula, and no number loses its zeros. A member that no column takes and a value that is an object or a list
// are errors.
func EncodeXLSX(n *Node, columns []Column) ([]byte, error) {
	rows := []*Node{n}
	if n.Kind == List {
		rows = n.Children
	}
	if len(columns) == 0 {
		columns = columnsOf(rows)
	}
	if len(columns) == 0 || len(columns) > lastColumn+1 {
		return nil, fmt.Errorf("writing a spreadsheet: it needs from 1 to %d columns", lastColumn+1)
	}
	w := sheetWriter{at: map[string]int{}}
	labels := make([]string, len(columns))
	for i, c := range columns {
		if _, twice := w.at[c.Name]; twice {
			return nil, fmt.Errorf("writing a spreadsheet: the column %q is named twice", clip(c.Name))
		}
		w.at[c.Name] = i
		if labels[i] = c.Label; strings.TrimSpace(c.Label) == "" {
			labels[i] = c.Name // every column has a label, so that the header can be told from a row
		}
	}
	w.b.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	w.row(labels)
	for i, row := range rows {
		cells, err := w.cells(row, len(columns))
		if err != nil {
			return nil, fmt.Errorf("writing a spreadsheet: row %d: %w", i+1, err)
		}
		w.row(cells)
	}
	w.b.WriteString(`</sheetData></worksheet>`)
	return packed(w.b.Bytes())
}

type sheetWriter struct {
	b    bytes.Buffer
	at   map[string]int // column by name
	rows int
}

func (w *sheetWriter) cells(row *Node, columns int) ([]string, error) {
	if row.Kind != Object {
		return nil, fmt.Errorf("a row is an object and not a %s", row.Kind)
	}
	out, filled := make([]string, columns), make([]bool, columns)
	for _, c := range row.Children {
		i, known := w.at[c.Name]
		switch {
		case !known:
			return nil, fmt.Errorf("no column is named %q", clip(c.Name))
		case !c.Leaf():
			return nil, fmt.Errorf("%q is a %s and a cell holds one text", clip(c.Name), c.Kind)
		case filled[i]:
			return nil, fmt.Errorf("%q stands twice in a row and a cell holds one text", clip(c.Name))
		}
		out[i], filled[i] = c.Text, true
	}
	return out, nil
}

func (w *sheetWriter) row(cells []string) {
	w.rows++
	w.b.WriteString(`<row r="` + strconv.Itoa(w.rows) + `">`)
	for i, text := range cells {
		if text == "" {
			continue
		}
		w.b.WriteString(`<c r="` + columnName(i) + strconv.Itoa(w.rows) + `" t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(&w.b, []byte(escape(text))) // a buffer takes everything
		w.b.WriteString(`</t></is></c>`)
	}
	w.b.WriteString(`</row>`)
}

// escape spells the characters that XML does not have or keep, and what would read as such a spelling.
func escape(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "_x", "_x005F_x")
	if strings.IndexFunc(s, unspoken) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unspoken(r) {
			fmt.Fprintf(&b, "_x%04X_", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unspoken(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF }

func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// packed makes the smallest archive that spreadsheet programs take. It holds no time, so that the same rows are the
// same bytes.
func packed(sheet []byte) ([]byte, error) {
	const (
		types = xml.Header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`
		rels  = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
		book  = xml.Header + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`
		in    = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range []struct {
		name    string
		content []byte
	}{
		{"[Content_Types].xml", []byte(types)}, {"_rels/.rels", []byte(rels)}, {"xl/workbook.xml", []byte(book)},
		{"xl/_rels/workbook.xml.rels", []byte(in)}, {"xl/worksheets/sheet1.xml", sheet},
	} {
		f, err := z.Create(part.name)
		if err == nil {
			_, err = f.Write(part.content)
		}
		if err != nil {
			return nil, fmt.Errorf("writing a spreadsheet: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("writing a spreadsheet: %w", err)
	}
	return out.Bytes(), nil
}
