package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Column is one column of a CSV file. Name is what paths use: the label without space around it, with "_2" behind the
// second column of one label, and "column_3" for the third column when it has no label. Label is the header cell as it
// stands.
type Column struct{ Name, Label string }

// CSVReader reads the rows of one CSV file, one at a time, in memory that depends on the largest row and not on the
// file. Each row is an Object whose members, named by the header, are Text nodes: no cell is ever taken for a
// number, so ids and postcodes keep their zeros. It belongs to one goroutine.
//
// The file is RFC 4180 with these freedoms: comma, semicolon or tab between cells, whichever cuts the first rows most
// evenly, or what a first line "sep=;" says; LF, CR LF or CR at the end of rows; blank lines are skipped; a
// quotation mark inside an unquoted cell is text. Text is UTF-8, UTF-16 with a byte order mark, or, when the
// first cell that is not ASCII is no UTF-8, windows-1252.
type CSVReader struct {
	scan    csvScanner
	lim     Limits
	style   CSVStyle
	decided bool // the encoding is known
	records int
}

const (
	csvPeek  = 64 << 10 // how far the delimiter is looked for, in bytes
	csvCells = 500_000  // rows and cells of a file that is read whole, when no limit is set
)

// OpenCSV reads as far as the header row. Errors are *SyntaxError, or come from r.
func OpenCSV(r io.Reader, lim Limits) (*CSVReader, error) { return openCSV(r, lim, csvPeek) }

func openCSV(r io.Reader, lim Limits, room int) (*CSVReader, error) {
	c := &CSVReader{lim: lim.filled(), style: CSVStyle{Encoding: "UTF-8"}}
	in := bufio.NewReaderSize(r, room)
	start, err := in.Peek(3)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading CSV: %w", err)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, _ = in.Discard(3)
		c.style.BOM, c.decided = true, true
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		in = bufio.NewReaderSize(utf16.NewDecoder().Reader(in), csvPeek)
		c.style.Encoding, c.style.BOM, c.decided = "UTF-16", true, true
	}
	c.scan = csvScanner{in: in, most: c.lim.Record, line: 1, column: 1}
	return c, c.header()
}

func (c *CSVReader) header() error {
	start, err := c.scan.in.Peek(c.scan.in.Size())
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading CSV: %w", err)
	}
	if bytes.IndexByte(start, 0) >= 0 {
		return &SyntaxError{Format: "CSV", Reason: "the file holds zero bytes and is no text; save it as CSV in UTF-8"}
	}
	c.style.CRLF = bytes.Contains(start, []byte("\r\n"))
	first, _, _ := bytes.Cut(start, []byte("\n"))
	if first = bytes.TrimSuffix(first, []byte("\r")); len(first) == 5 && bytes.EqualFold(first[:4], []byte("sep=")) && separates(first[4]) {
		c.style.Delimiter = first[4]
		if err := c.scan.row(); err != nil { // no delimiter is set: the line is one cell
			return csvFatal(err)
		}
	} else {
		c.style.Delimiter = findDelimiter(start, err == io.EOF)
	}
	c.scan.delimiter = c.style.Delimiter
	switch err := c.scan.row(); {
	case err == io.EOF:
		return &SyntaxError{Format: "CSV", Reason: "the file is empty; its first row must name the columns"}
	case errors.Is(err, errBadRow):
		return &SyntaxError{Format: "CSV", Line: int(c.scan.at), Column: 1, Reason: "the header row cannot be read: " + err.Error()}
	case err != nil:
		return csvFatal(err)
	}
	if len(c.scan.cells) > c.lim.Columns {
		return &SyntaxError{Format: "CSV", Line: int(c.scan.at), Column: 1, Reason: fmt.Sprintf("the header row has more than %d columns", c.lim.Columns)}
	}
	return c.columns()
}

// separates reports whether c can stand between cells.
func separates(c byte) bool {
	return c == '\t' || c > ' ' && c < 0x7F && c != '"' && !isWordRune(rune(c))
}

// columns names the columns after the cells of the header row.
func (c *CSVReader) columns() error {
	cells := make([]string, len(c.scan.cells))
	whole := string(c.scan.text)
	for i := range cells {
		label, reason := c.cell(whole, i)
		if reason != "" {
			return &SyntaxError{Format: "CSV", Line: int(c.scan.at), Column: 1, Reason: reason}
		}
		cells[i] = label
	}
	c.style.Columns = nameColumns(cells)
	return nil
}

// nameColumns names columns after their labels, as Column says.
func nameColumns(labels []string) []Column {
	all := make([]Column, 0, len(labels))
	taken, used := map[string]bool{}, map[string]bool{}
	for _, label := range labels {
		taken[strings.TrimSpace(label)] = true
	}
	for i, label := range labels {
		name := strings.TrimSpace(label)
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		base := name
		for n := 2; used[name] || name != strings.TrimSpace(label) && taken[name]; n++ {
			name = base + "_" + strconv.Itoa(n)
		}
		used[name] = true
		all = append(all, Column{Name: name, Label: label})
	}
	return all
}

// Style returns how the file is written, its columns included; EncodeCSV writes in that way again. Its Encoding is final
// when all rows are read.
func (c *CSVReader) Style() CSVStyle { return c.style }

// Rows yields the rows in order, each once. A row that cannot be read gives a *RecordError, with its line, and the rows
// behind it follow; after any other error nothing follows. A row with fewer cells than the header has, or with more
// that are not empty, is such an error: nobody can tell which cell is the wrong one. A row belongs to the caller.
func (c *CSVReader) Rows() iter.Seq2[*Node, error] {
	return func(yield func(*Node, error) bool) {
		for {
			err := c.scan.row()
			if err == io.EOF {
				return
			}
			c.records++
			if err != nil && !errors.Is(err, errBadRow) {
				yield(nil, csvFatal(err))
				return
			}
			var row *Node
			reason := ""
			if err != nil {
				reason = err.Error()
			} else {
				row, reason = c.row()
			}
			if reason != "" {
				row, err = nil, &RecordError{Format: "CSV", Record: c.records, Line: int(c.scan.at), Reason: reason}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// row turns the scanned cells into a record, or says why it cannot.
func (c *CSVReader) row() (*Node, string) {
	cells, columns := c.scan.cells, c.style.Columns
	if len(cells) < len(columns) {
		return nil, fmt.Sprintf("the row has %d cells and the header names %d columns", len(cells), len(columns))
	}
	for _, extra := range cells[len(columns):] {
		if extra.start != extra.end {
			return nil, fmt.Sprintf("the row has %d cells and the header names %d columns", len(cells), len(columns))
		}
	}
	nodes := make([]Node, len(columns)+1)
	row := &nodes[len(columns)]
	row.Kind, row.Line, row.Column = Object, c.scan.at, 1
	row.Children = make([]*Node, len(columns))
	whole := string(c.scan.text)
	for i, column := range columns {
		text, reason := c.cell(whole, i)
		if reason != "" {
			return nil, reason
		}
		n := &nodes[i]
		n.Kind, n.Name, n.Text, n.Line, n.Column = Text, column.Name, text, cells[i].line, cells[i].column
		if column.Label != column.Name {
			n.Label = column.Label
		}
		row.Children[i] = n
	}
	return row, ""
}

// cell returns the text of one scanned cell in UTF-8; whole is the text of all cells of the row, which they share.
func (c *CSVReader) cell(whole string, i int) (text, reason string) {
	b := c.scan.text[c.scan.cells[i].start:c.scan.cells[i].end]
	if ascii(b) {
		return whole[c.scan.cells[i].start:c.scan.cells[i].end], ""
	}
	if !c.decided {
		c.decided = true
		if !utf8.Valid(b) {
			c.style.Encoding = "windows-1252"
		}
	}
	if c.style.Encoding == "windows-1252" {
		out, err := charmap.Windows1252.NewDecoder().Bytes(b)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", "the row holds text that is neither UTF-8 nor windows-1252; save the file in UTF-8"
		}
		return string(out), ""
	}
	if c.style.Encoding == "UTF-16" && bytes.ContainsRune(b, utf8.RuneError) {
		return "", "the row holds text that is not UTF-16; save the file in UTF-8"
	}
	if !utf8.Valid(b) {
		return "", "the row holds text that is not UTF-8, as the rows before it are; save the file in UTF-8"
	}
	return whole[c.scan.cells[i].start:c.scan.cells[i].end], ""
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func csvFatal(err error) error {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return err
	}
	return fmt.Errorf("reading CSV: %w", err)
}

// DecodeCSV reads a whole CSV file into a List of rows; CSVReader says how. It is for files that are kept in memory:
// the first row that cannot be read refuses the file. Errors are *SyntaxError and *RecordError.
func DecodeCSV(b []byte, lim Limits) (*Node, error) {
	root, _, err := decodeCSV(b, lim)
	return root, err
}

func decodeCSV(b []byte, lim Limits) (*Node, CSVStyle, error) {
	if lim.Nodes <= 0 {
		lim.Nodes = csvCells
	}
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, CSVStyle{}, tooLarge("CSV", lim)
	}
	if lim.Depth < 2 {
		return nil, CSVStyle{}, &SyntaxError{Format: "CSV", Reason: "rows of cells are nested deeper than 1 level"}
	}
	c, err := openCSV(bytes.NewReader(b), lim, min(len(b)+16, csvPeek))
	if err != nil {
		return nil, CSVStyle{}, err
	}
	if !c.decided && !utf8.Valid(b) {
		c.style.Encoding, c.decided = "windows-1252", true
	}
	root := &Node{Kind: List, Line: 1, Column: 1}
	nodes := 1
	for row, err := range c.Rows() {
		if err != nil {
			return nil, c.style, err
		}
		if nodes += 1 + len(row.Children); nodes > lim.Nodes {
			return nil, c.style, &SyntaxError{Format: "CSV", Line: int(row.Line), Column: 1, Reason: fmt.Sprintf("the file has more than %d cells", lim.Nodes)}
		}
		root.Children = append(root.Children, row)
	}
	return root, c.style, nil
}

func tooLarge(format string, lim Limits) *SyntaxError {
	return &SyntaxError{Format: format, Reason: fmt.Sprintf("the document is larger than %d bytes", lim.Size)}
}
