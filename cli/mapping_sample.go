package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/suggest"
)

var formatFlag = &cli.StringFlag{Name: "format", Usage: "json, xml, csv or mail (default: by the file's ending, else by what stands in it)"}

// formatOf tells the format of a document by its ending, else by how it begins.
func formatOf(name string, b []byte) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return "json"
	case ".xml":
		return "xml"
	case ".csv", ".tsv":
		return "csv"
	case ".txt", ".eml", ".htm", ".html":
		return "mail"
	}
	start := bytes.TrimLeft(b, "\ufeff \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return "json"
	case bytes.HasPrefix(start, []byte("<?xml")):
		return "xml"
	case len(start) > 0 && start[0] == '<' && !bytes.HasPrefix(bytes.ToLower(start), []byte("<html")) && !bytes.HasPrefix(bytes.ToLower(start), []byte("<!doctype html")):
		return "xml"
	}
	return "mail"
}

// records reads the records of a document: the rows of a sheet, the items of a list, else the whole.
func records(format, name string, b []byte) (all []*record.Node, usedFormat string, err error) {
	if format == "" {
		format = formatOf(name, b)
	}
	var root *record.Node
	switch format {
	case "json":
		root, err = record.DecodeJSON(b, record.Limits{})
	case "xml":
		root, err = record.DecodeXML(b, record.Limits{})
	case "csv":
		root, err = record.DecodeCSV(b, record.Limits{})
	case "mail":
		root, _, err = record.DecodeForm(b, record.Limits{})
	default:
		return nil, "", fail(exitUsage, "", "the format %q is not known: it is json, xml, csv or mail", format)
	}
	if err != nil {
		return nil, format, err
	}
	if root.Kind == record.List {
		return root.Children, format, nil
	}
	return []*record.Node{root}, format, nil
}

// seenField is a field of a sample as `mapping infer` prints it.
type seenField struct {
	Path     string         `json:"path"`
	Label    string         `json:"label,omitempty"`
	Kind     string         `json:"kind"`   // text, number, bool or null
	Filled   int            `json:"filled"` // places with a value
	Empty    int            `json:"empty,omitempty"`
	Examples []string       `json:"examples,omitempty"`
	Values   []suggest.Word `json:"values,omitempty"` // all of them, when they are few and come again
}

// The most different values of a field that are kept, and that are called few.
const (
	mostSeen  = 100
	fewValues = 20
)

// inspect lists the fields of records in their order.
func inspect(all []*record.Node) []seenField {
	var fields []seenField
	at := map[string]int{}
	words := map[string][]suggest.Word{}
	for _, r := range all {
		r.Leaves(func(p record.Path, leaf *record.Node) {
			path := everyItem(p)
			i, known := at[path]
			if !known {
				i = len(fields)
				at[path] = i
				fields = append(fields, seenField{Path: path, Label: labelOf(p, leaf), Kind: "null"})
			}
			f := &fields[i]
			if strings.TrimSpace(leaf.Text) == "" {
				f.Empty++
				return
			}
			f.Filled++
			if kind := leaf.Kind.String(); f.Kind == "null" {
				f.Kind = kind
			} else if f.Kind != kind {
				f.Kind = "text"
			}
			words[path] = count(words[path], leaf.Text)
		})
	}
	for i := range fields {
		f := &fields[i]
		seen := words[f.Path]
		for _, w := range seen[:min(len(seen), fewValues)] {
			f.Examples = append(f.Examples, w.Text)
		}
		if len(seen) > 0 && len(seen) <= fewValues && f.Filled >= 2*len(seen) {
			f.Values = seen
		}
	}
	return fields
}

func count(words []suggest.Word, text string) []suggest.Word {
	if i := slices.IndexFunc(words, func(w suggest.Word) bool { return w.Text == text }); i >= 0 {
		words[i].Count++
	} else if len(words) < mostSeen {
		words = append(words, suggest.Word{Text: text, Count: 1})
	}
	return words
}

// everyItem is a path with [] at every list.
func everyItem(p record.Path) string {
	q := slices.Clone(p)
	for i := range q {
		if q[i].Step == record.Item {
			q[i].Step, q[i].Index = record.Each, 0
		}
	}
	return q.String()
}

// labelOf is what people call the field: what the source shows, or a name that is words already.
func labelOf(p record.Path, leaf *record.Node) string {
	if leaf.Label != "" {
		return leaf.Label
	}
	if len(p) > 0 && strings.Contains(p[len(p)-1].Name, " ") {
		return p[len(p)-1].Name
	}
	return ""
}

// masked keeps the form of a text and hides what it says: letters are x, digits 9.
func masked(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return 'X'
		case unicode.IsLetter(r):
			return 'x'
		case unicode.IsDigit(r):
			return '9'
		}
		return r
	}, s)
}

func (f *seenField) mask() {
	for i := range f.Examples {
		f.Examples[i] = masked(f.Examples[i])
	}
	slices.Sort(f.Examples)
	f.Examples = slices.Compact(f.Examples)
	f.Values = nil
}

// forMatcher is the fields as suggest takes them.
func forMatcher(fields []seenField) []suggest.Field {
	out := make([]suggest.Field, len(fields))
	for i, f := range fields {
		kind := f.Kind
		if kind == "null" {
			kind = ""
		}
		out[i] = suggest.Field{Path: f.Path, Label: f.Label, Kind: kind, Examples: f.Examples, Values: f.Values}
	}
	return out
}

// sideOf is what a draft says of a sample's format; XML is written in the sample's shape.
func sideOf(format string, b []byte) mapping.Side {
	side := mapping.Side{Format: format, Language: "en"}
	if format == "xml" {
		side.Sample = string(b)
	}
	return side
}
