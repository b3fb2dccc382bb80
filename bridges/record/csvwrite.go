package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// CSVStyle says how a CSV file is written. CSVStyleOf takes it from a partner's sample.
type CSVStyle struct {
	Columns   []Column // in order; a Column without Label is labeled with its Name
	Delimiter byte     // 0 means comma
	CRLF      bool     // rows end with CR LF instead of LF
	Encoding  string   // "UTF-8" (also ""), "UTF-16" or "windows-1252"
	BOM       bool     // UTF-8 begins with a byte order mark; spreadsheets need it to see that it is UTF-8
	// GuardFormulas puts an apostrophe before a cell that a spreadsheet would run as a formula: one that begins
	// with = + - @ or a tab and is more than digits and signs. A person's text can carry a formula that sends the
	// sheet elsewhere or starts a program on the reader's machine. It is an option because it changes the text: choose
	// it for files that people open, not for files that a program reads.
	GuardFormulas bool
}

// CSVStyleOf reads how a sample is written: its columns, delimiter, line ends and encoding.
func CSVStyleOf(sample []byte) (CSVStyle, error) {
	_, style, err := decodeCSV(sample, Limits{})
	var row *RecordError
	if err != nil && !errors.As(err, &row) {
		return CSVStyle{}, fmt.Errorf("reading the CSV sample to fill: %w", err)
	}
	return style, nil
}

// EncodeCSV writes a row (an Object) or rows (a List of Objects) below a header row. Without columns in the style
// the members of all rows, in order, are the columns. A member that no column takes and a value that is an
// object or a list are errors: a cell holds one text, and nothing is left out in silence.
func EncodeCSV(n *Node, style CSVStyle) ([]byte, error) {
	rows := []*Node{n}
	if n.Kind == List {
		rows = n.Children
	}
	if len(style.Columns) == 0 {
		style.Columns = columnsOf(rows)
	}
	var out bytes.Buffer
	w, err := NewCSVWriter(&out, style)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	return out.Bytes(), nil
}

func columnsOf(rows []*Node) []Column {
	var out []Column
	seen := map[string]bool{}
	for _, row := range rows {
		for _, c := range row.Children {
			if row.Kind == Object && !seen[c.Name] {
				seen[c.Name] = true
				out = append(out, Column{Name: c.Name, Label: c.Label})
			}
		}
	}
	return out
}

// CSVWriter writes rows as they come. It writes whole rows and does not close what it writes to.
type CSVWriter struct {
	to    io.Writer
	style CSVStyle
	at    map[string]int // column by name
	codec encoding.Encoding
	row   []byte
	cells []*Node
}

// NewCSVWriter writes the header row. It refuses columns that share a name and a delimiter that cannot separate.
func NewCSVWriter(to io.Writer, style CSVStyle) (*CSVWriter, error) {
	if style.Delimiter == 0 {
		style.Delimiter = ','
	}
	w := &CSVWriter{to: to, style: style, at: map[string]int{}, cells: make([]*Node, len(style.Columns))}
	if !separates(style.Delimiter) {
		return nil, fmt.Errorf("writing CSV: %q cannot stand between cells", style.Delimiter)
	}
	if len(style.Columns) == 0 {
		return nil, errors.New("writing CSV: no columns are named")
	}
	switch style.Encoding {
	case "", "UTF-8":
		if style.BOM {
			w.row = append(w.row, "\xEF\xBB\xBF"...)
		}
	case "UTF-16":
		w.codec = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		if _, err := to.Write([]byte("\xFF\xFE")); err != nil {
			return nil, fmt.Errorf("writing CSV: %w", err)
		}
	case "windows-1252":
		w.codec = charmap.Windows1252
	default:
		return nil, fmt.Errorf("writing CSV: the encoding %q is not one of UTF-8, UTF-16 and windows-1252", clip(style.Encoding))
	}
	for i, c := range style.Columns {
		if _, twice := w.at[c.Name]; twice {
			return nil, fmt.Errorf("writing CSV: the column %q is named twice", clip(c.Name))
		}
		w.at[c.Name] = i
		label := c.Label
		if label == "" && !strings.HasPrefix(c.Name, "column_") {
			label = c.Name
		}
		w.cell(i, label, false)
	}
	return w, w.end()
}

// Write writes one row, an Object of leaves. Columns that it lacks stay empty.
func (w *CSVWriter) Write(row *Node) error {
	if row.Kind != Object {
		return fmt.Errorf("writing CSV: a row is an object and not a %s", row.Kind)
	}
	clear(w.cells)
	for _, c := range row.Children {
		i, known := w.at[c.Name]
		switch {
		case !known:
			return fmt.Errorf("writing CSV: no column is named %q", clip(c.Name))
		case !c.Leaf():
			return fmt.Errorf("writing CSV: %q is a %s and a cell holds one text", clip(c.Name), c.Kind)
		case w.cells[i] != nil:
			return fmt.Errorf("writing CSV: %q stands twice in a row and a cell holds one text", clip(c.Name))
		}
		w.cells[i] = c
	}
	for i, c := range w.cells {
		if c == nil {
			w.cell(i, "", false)
		} else {
			w.cell(i, c.Text, w.style.GuardFormulas && c.Kind == Text)
		}
	}
	return w.end()
}

func (w *CSVWriter) cell(i int, text string, guard bool) {
	if i > 0 {
		w.row = append(w.row, w.style.Delimiter)
	}
	if guard && formula(text) {
		text = "'" + text
	}
	quoted := strings.IndexByte(text, w.style.Delimiter) >= 0 || strings.ContainsAny(text, "\"\r\n") ||
		text == "" && len(w.style.Columns) == 1 || strings.HasPrefix(text, " ") || i == 0 && (strings.HasPrefix(text, "\uFEFF") || len(text) == 5 && strings.EqualFold(text[:4], "sep="))
	if !quoted {
		w.row = append(w.row, text...)
		return
	}
	w.row = append(w.row, '"')
	w.row = append(w.row, strings.ReplaceAll(text, `"`, `""`)...)
	w.row = append(w.row, '"')
}

// formula reports whether a spreadsheet would compute the text rather than show it.
func formula(text string) bool {
	text = strings.TrimLeft(text, " \r\n")
	return text != "" && strings.IndexByte("=+-@\t", text[0]) >= 0 && strings.Trim(text, "0123456789+-.,() ") != ""
}

func (w *CSVWriter) end() error {
	if w.style.CRLF {
		w.row = append(w.row, '\r')
	}
	w.row = append(w.row, '\n')
	out := w.row
	w.row = w.row[:0]
	if w.codec != nil {
		var err error
		if out, err = w.codec.NewEncoder().Bytes(out); err != nil {
			return fmt.Errorf("writing CSV: a row holds a character that %s lacks; write the file in UTF-8", w.style.Encoding)
		}
	}
	if _, err := w.to.Write(out); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

// GuardCSV writes a CSV file again, in its own style, with CSVStyle.GuardFormulas.
func GuardCSV(b []byte) ([]byte, error) {
	root, style, err := decodeCSV(b, Limits{})
	if err != nil {
		return nil, err
	}
	style.GuardFormulas = true
	return EncodeCSV(root, style)
}
