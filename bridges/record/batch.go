package record

import (
	"bytes"
	"fmt"
	"io"
	"iter"
)

// Documents yields each record of a batch as a document of its own in the same format, in order: the rows of CSV and of a
// spreadsheet each below their header, the elements at a path of XML, the items of a JSON list. Different people stand in a batch; alone,
// each can be kept, erased and sent again without the others. What is no batch is yielded whole, byte for byte: other
// formats, and XML when at is empty.
//
// CSV and XML with a path take memory for their largest record, everything else for the document, which may have
// Limits.Size bytes. A record that cannot be read gives a *RecordError and those behind it follow; any other error ends
// the batch. A document belongs to the caller.
func Documents(format Format, r io.Reader, at Path, lim Limits) iter.Seq2[[]byte, error] {
	switch {
	case format == FormatCSV:
		return csvDocuments(r, lim)
	case format == FormatXML && len(at) > 0:
		return encoded(XMLRecords(r, at, lim), "XML", func(n *Node) ([]byte, error) { return EncodeXML(n, nil) })
	}
	return func(yield func([]byte, error) bool) {
		whole, err := readWhole(format, r, lim.filled())
		if err != nil {
			yield(nil, err)
			return
		}
		for one, err := range wholeDocuments(format, whole, lim) {
			if !yield(one, err) {
				return
			}
		}
	}
}

// wholeDocuments are the documents of a batch that is read whole.
func wholeDocuments(format Format, whole []byte, lim Limits) iter.Seq2[[]byte, error] {
	if format == FormatJSON {
		root, err := DecodeJSON(whole, lim)
		if err == nil && root.Kind == List {
			return encoded(items(root), "JSON", EncodeJSON)
		}
	}
	if format == FormatXLSX {
		records, t, err := sheetRecords(whole, lim)
		if err != nil {
			return func(yield func([]byte, error) bool) { yield(nil, err) }
		}
		return encoded(func(yield func(*Node, error) bool) {
			for _, r := range records {
				if !yield(r.node, r.err) {
					return
				}
			}
		}, "spreadsheet", func(n *Node) ([]byte, error) { return EncodeXLSX(n, t.columns) })
	}
	return func(yield func([]byte, error) bool) { yield(whole, nil) }
}

func items(list *Node) iter.Seq2[*Node, error] {
	return func(yield func(*Node, error) bool) {
		for _, item := range list.Children {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func csvDocuments(r io.Reader, lim Limits) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		c, err := OpenCSV(r, lim)
		if err != nil {
			yield(nil, err)
			return
		}
		style := CSVStyle{Columns: c.Style().Columns, Delimiter: c.Style().Delimiter}
		for one, err := range encoded(c.Rows(), "CSV", func(n *Node) ([]byte, error) { return EncodeCSV(n, style) }) {
			if !yield(one, err) {
				return
			}
		}
	}
}

// encoded writes each record by itself. One that cannot be written (a name that the format does not have) is a
// *RecordError as one that cannot be read.
func encoded(records iter.Seq2[*Node, error], format string, encode func(*Node) ([]byte, error)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		n := 0
		for rec, err := range records {
			n++
			var one []byte
			if err == nil {
				line := int(rec.Line)
				if one, err = encode(rec); err != nil {
					err = &RecordError{Format: format, Record: n, Line: line, Reason: "it cannot stand alone: " + err.Error()}
				}
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

func readWhole(format Format, r io.Reader, lim Limits) ([]byte, error) {
	var whole bytes.Buffer
	n, err := whole.ReadFrom(io.LimitReader(r, int64(lim.Size)+1))
	if err != nil {
		return nil, fmt.Errorf("reading a document: %w", err)
	}
	if n > int64(lim.Size) {
		return nil, tooLarge(titleOf(format), lim)
	}
	return whole.Bytes(), nil
}

func titleOf(format Format) string {
	for _, f := range Formats() {
		if f.Format == format {
			return f.Title
		}
	}
	return string(format)
}
