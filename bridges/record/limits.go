package record

import "fmt"

// Limits bound what a decoder reads, so that its time and memory are bounded too. A zero field means the
// default.
type Limits struct {
	Size    int // bytes of one document that is read whole; default 16 MiB
	Depth   int // nested objects, lists or elements; default 64
	Nodes   int // values, elements and attributes of one document, or of one record of a stream; default 100,000, for CSV that is read whole 500,000
	Columns int // columns of a CSV file; default 2,000
	Record  int // bytes of one record of a stream (a CSV row, an XML element); default 16 MiB
	// KeepDuplicates makes DecodeJSON keep members of one object that have the same name, in order. By
	// default they are refused, because two readers could each believe another one.
	KeepDuplicates bool
	// Sheet names the sheet of a spreadsheet to read, in whatever case; empty: the first one that is shown.
	Sheet string
}

func (l Limits) filled() Limits {
	if l.Size <= 0 {
		l.Size = 16 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 64
	}
	if l.Nodes <= 0 {
		l.Nodes = 100_000
	}
	if l.Columns <= 0 {
		l.Columns = 2_000
	}
	if l.Record <= 0 {
		l.Record = 16 << 20
	}
	return l
}

// SyntaxError says why a document could not be read and where. Its text holds no value from the document; it
// may hold a member, column or element name.
type SyntaxError struct {
	Format       string // "JSON", "XML", "CSV" or "mail"
	Line, Column int    // from 1; 0 when the whole document is meant
	Reason       string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading %s: %s", e.Format, e.Reason)
	}
	return fmt.Sprintf("reading %s: line %d, column %d: %s", e.Format, e.Line, e.Column, e.Reason)
}

// RecordError says why one record of a stream could not be read. The records after it are still good, so a stream
// goes on behind it; it ends with any other error.
type RecordError struct {
	Format string // "XML" or "CSV"
	Record int    // which one, from 1; a CSV header is not counted
	Line   int    // where it begins, from 1
	Reason string // holds no value from the document
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("reading %s: record %d in line %d: %s", e.Format, e.Record, e.Line, e.Reason)
}
