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
	in := &inspector{at: map[string]int{}, columns: map[string]int{}}
	for _, r := range all {
		in.places = &grouper{root: r, lists: map[string][]*record.Node{}}
		r.Leaves(in.see)
	}
	for i := range in.fields {
		f, seen := &in.fields[i], in.words[i].all
		for _, w := range seen[:min(len(seen), fewValues)] {
			f.Examples = append(f.Examples, w.Text)
		}
		if len(seen) > 0 && len(seen) <= fewValues && f.Filled >= 2*len(seen) {
			f.Values = seen
		}
	}
	return in.fields
}

type inspector struct {
	fields  []seenField
	words   []*vocabulary  // of each field
	at      map[string]int // place -> field
	columns map[string]int // the same for cells of sheets, of which there are many, without making a path
	places  *grouper       // of the record at hand
}

func (in *inspector) see(p record.Path, leaf *record.Node) {
	f, i := in.field(p, leaf)
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
	in.words[i].count(leaf.Text)
}

// field finds the field of a leaf and makes it when it is new.
func (in *inspector) field(p record.Path, leaf *record.Node) (*seenField, int) {
	cell := len(p) == 1 && p[0].Step == record.Plain && p[0].Space == ""
	if cell {
		if i, known := in.columns[p[0].Name]; known {
			return &in.fields[i], i
		}
	}
	path := in.places.place(p)
	i, known := in.at[path]
	if !known {
		i = len(in.fields)
		in.at[path] = i
		in.fields = append(in.fields, seenField{Path: path, Label: labelOf(p, leaf), Kind: "null"})
		in.words = append(in.words, &vocabulary{at: map[string]int{}})
	}
	if cell {
		in.columns[p[0].Name] = i
	}
	return &in.fields[i], i
}

// vocabulary is the different values of a field, in the order of their first coming, with their counts.
type vocabulary struct {
	all []suggest.Word
	at  map[string]int
}

func (v *vocabulary) count(text string) {
	if i, known := v.at[text]; known {
		v.all[i].Count++
	} else if len(v.all) < mostSeen {
		v.at[text] = len(v.all)
		v.all = append(v.all, suggest.Word{Text: text, Count: 1})
	}
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
