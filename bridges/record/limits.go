package record

import "fmt"

// Limits bound what a decoder reads, so that its time and memory are bounded too. A zero field means the
// default.
type Limits struct {
	Size  int // bytes of input; default 16 MiB
	Depth int // nested objects, lists or elements; default 64
	Nodes int // values, elements and attributes together; default 100,000
	// KeepDuplicates makes DecodeJSON keep members of one object that have the same name, in order. By
	// default they are refused, because two readers could each believe another one.
	KeepDuplicates bool
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
	return l
}

// SyntaxError says why a document could not be read and where. Its text holds no value from the document; it
// may hold a member or element name.
type SyntaxError struct {
	Format       string // "JSON" or "XML"
	Line, Column int    // from 1; 0 when the whole document is meant
	Reason       string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading %s: %s", e.Format, e.Reason)
	}
	return fmt.Sprintf("reading %s: line %d, column %d: %s", e.Format, e.Line, e.Column, e.Reason)
}
