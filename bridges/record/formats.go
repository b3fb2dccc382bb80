package record

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Format names how a document is written, as connections and mappings do.
type Format string

// The formats. A letter is written for people by package mapping and read by nobody.
const (
	FormatJSON   Format = "json"
	FormatXML    Format = "xml"
	FormatCSV    Format = "csv"
	FormatMail   Format = "mail"
	FormatXLSX   Format = "xlsx" // a spreadsheet
	FormatPDF    Format = "pdf"  // the fields of a form
	FormatLetter Format = "letter"
)

// FormatInfo is one row of the table of formats.
type FormatInfo struct {
	Format    Format
	Title     string // for people
	MediaType string
	Suffix    string // of file names
	Reads     bool   // Decode reads it
	Writes    bool   // Encode writes it
}

// Formats returns the table of formats, the one place that lists them.
func Formats() []FormatInfo {
	return []FormatInfo{
		{FormatJSON, "JSON", "application/json", ".json", true, true},
		{FormatXML, "XML", "application/xml", ".xml", true, true},
		{FormatCSV, "CSV", "text/csv", ".csv", true, true},
		{FormatXLSX, "spreadsheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", true, true},
		{FormatPDF, "PDF form", "application/pdf", ".pdf", true, false},
		{FormatMail, "form mail", "text/plain", ".txt", true, true},
		{FormatLetter, "letter", "text/plain", ".txt", false, false},
	}
}

// Document is what was read of a document.
type Document struct {
	Format Format
	// Root is the record, or for CSV and spreadsheets the List of them.
	Root *Node
	// Encoding is how the bytes stood for text: "UTF-8", "UTF-16", "windows-1252" or "ISO-8859-1".
	Encoding string
	// Notes say which lines of a mail were left out.
	Notes []Note
	// Understood says in words for people what was read, without a value of it.
	Understood string
}

// Records returns the records of the document: the rows of CSV and of a spreadsheet, and else the root alone.
func (d *Document) Records() []*Node {
	if d.Format == FormatCSV || d.Format == FormatXLSX {
		return d.Root.Children
	}
	return []*Node{d.Root}
}

// Decode reads a document of a known format. Errors are *SyntaxError, for CSV and spreadsheets also *RecordError, or say that nothing
// reads the format.
func Decode(format Format, b []byte, lim Limits) (*Document, error) {
	d := &Document{Format: format, Encoding: "UTF-8"}
	var err error
	switch format {
	case FormatJSON:
		d.Root, err = DecodeJSON(b, lim)
	case FormatXML:
		if d.Root, err = DecodeXML(b, lim); err == nil {
			var enc xmlEncoding
			enc, _, err = detectXML(b)
			d.Encoding = strings.TrimRight(enc.name, "LBE")
		}
	case FormatCSV:
		var style CSVStyle
		d.Root, style, err = decodeCSV(b, lim)
		d.Encoding, d.Understood = style.Encoding, understoodCSV(d.Root, style)
	case FormatXLSX:
		var t sheetTable
		d.Root, t, err = decodeXLSX(b, lim)
		d.Understood = understoodXLSX(d.Root, t)
	case FormatPDF:
		d.Root, err = DecodePDF(b, lim)
	case FormatMail:
		d.Root, d.Notes, err = DecodeForm(b, lim)
		d.Encoding = formEncoding(b)
	default:
		return nil, fmt.Errorf("reading a document: nothing reads the format %q", clip(string(format)))
	}
	if err != nil {
		return nil, err
	}
	if d.Understood == "" {
		d.Understood = understood(d)
	}
	return d, nil
}

// Encode writes a record (for CSV and spreadsheets also a List of them) in a format. A sample of the partner's is filled where the format
// has one: XML (EncodeXML) and CSV (CSVStyleOf); others ignore it. It may be empty.
func Encode(format Format, n *Node, sample []byte) ([]byte, error) {
	switch format {
	case FormatJSON:
		return EncodeJSON(n)
	case FormatXML:
		return EncodeXML(n, sample)
	case FormatCSV:
		style := CSVStyle{}
		if len(sample) > 0 {
			var err error
			if style, err = CSVStyleOf(sample); err != nil {
				return nil, err
			}
		}
		return EncodeCSV(n, style)
	case FormatXLSX:
		return EncodeXLSX(n, nil)
	case FormatMail:
		return EncodeForm(n)
	}
	return nil, fmt.Errorf("writing a document: nothing here writes the format %q", clip(string(format)))
}

// Sniff finds the format of a document from its content and reads it. It tries what the first characters say, then
// CSV, then mail. The error is that of the format whose signs the document has.
func Sniff(b []byte, lim Limits) (*Document, error) {
	switch start := firstText(b); {
	case start == "":
		return nil, errors.New("finding the format: the document is empty")
	case strings.HasPrefix(start, "{") || strings.HasPrefix(start, "["):
		d, err := Decode(FormatJSON, b, lim)
		if err == nil || start[0] == '{' || !mailLike(b, lim) {
			return d, err
		}
		return Decode(FormatMail, b, lim)
	case strings.HasPrefix(start, "<") && !isHTML(start):
		return Decode(FormatXML, b, lim)
	case strings.HasPrefix(start, "<"):
		return Decode(FormatMail, b, lim)
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")):
		return Decode(FormatXLSX, b, lim)
	case bytes.HasPrefix(b, []byte("%PDF")):
		return Decode(FormatPDF, b, lim)
	}
	csv, csvErr := Decode(FormatCSV, b, lim)
	if csvErr == nil && len(csv.Root.Children) > 0 && len(csv.Root.Children[0].Children) > 1 && !formLike(csv) {
		return csv, nil
	}
	if mailLike(b, lim) {
		return Decode(FormatMail, b, lim)
	}
	if table(b, lim) {
		return csv, csvErr
	}
	if csvErr == nil && len(csv.Root.Children) > 0 && !bytes.ContainsAny(b, ":.") {
		return csv, nil // one column
	}
	if d, err := Decode(FormatMail, b, lim); err != nil || d.Root.Value(ContentName) == "" {
		return d, err
	}
	return nil, errors.New("finding the format: the text is no JSON, XML or CSV, and no line of it is a label with a value like \"First name: Ana\"")
}

// firstText returns the beginning of the document, in UTF-8 and without space before it.
func firstText(b []byte) string {
	text, _ := formText(b[:min(len(b), 16<<10)&^1])
	if text == "" { // the beginning was cut in the middle of a character, or is no text
		text = strings.ToValidUTF8(string(bytes.TrimPrefix(b[:min(len(b), 16<<10)], []byte("\xEF\xBB\xBF"))), "")
	}
	return strings.TrimLeft(text, " \t\r\n")
}

// formLike reports whether what reads as CSV is rather a form: its header has a label and a value.
func formLike(csv *Document) bool {
	for _, c := range csv.Root.Children[0].Children {
		label := labelOf(c)
		if l, value, found := splitLabel(label); found && l != "" && value != "" && !strings.Contains(label, "\t") {
			return true
		}
	}
	return false
}

// mailLike reports whether at least two lines have labels.
func mailLike(b []byte, lim Limits) bool {
	n, _, err := DecodeForm(b, lim)
	if err != nil {
		return false
	}
	found := 0
	n.Leaves(func(p Path, _ *Node) {
		if p[len(p)-1].Name != ContentName {
			found++
		}
	})
	return found > 1
}

// table reports whether the header row has several columns though a row below is spoiled.
func table(b []byte, lim Limits) bool {
	c, err := OpenCSV(bytes.NewReader(b), lim)
	return err == nil && len(c.Style().Columns) > 1
}
