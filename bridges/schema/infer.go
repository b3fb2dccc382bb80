package schema

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"referworks/bridges/record"
)

// Sample is one document to infer from. Format is json, xml, csv, xlsx, pdf or mail; empty: by the ending of Name, else by how the
// document begins.
//
// A description stands for documents too: a JSON Schema, an XML Schema, or an operation of an OpenAPI description.
type Sample struct {
	Name      string
	Format    string
	Sheet     string // of a spreadsheet; empty: the first
	Operation string // of an OpenAPI description: "POST /intakes" or its operationId; empty: the only one that takes a body
	Element   string // of an XML Schema: what documents begin with; empty: the first element that no other refers to
	Bytes     []byte
	// Beside gives a file that lies beside the sample, by its name: what an XML Schema includes. Nil: there is none.
	Beside func(name string) ([]byte, error)
}

// ErrFormat is a format that is not known.
var ErrFormat = errors.New("the format is not known: it is json, xml, csv, xlsx, pdf or mail")

// ErrMixed are samples of different formats.
var ErrMixed = errors.New("the samples have different formats")

// Shape is what documents look like: their fields in the order of their first coming.
type Shape struct {
	Format  string  `json:"format"`
	Schema  bool    `json:"schema"`  // it was read from a description, not from records
	Records int     `json:"records"` // how many records were read
	Fields  []Field `json:"fields"`
	// Sample is an empty document in the shape of an XML Schema: what a mapping fills.
	Sample string `json:"sample,omitempty"`
}

// Infer reads samples of one format: records, as many as there are in each, or one description. Errors: ErrFormat,
// ErrMixed, and what is wrong with a document, after its name.
func Infer(samples ...Sample) (*Shape, error) {
	if len(samples) == 1 {
		if s, err := described(samples[0]); s != nil || err != nil {
			return s, err
		}
	}
	s := &Shape{}
	var all []*record.Node
	for _, one := range samples {
		some, as, err := Records(one, record.Limits{})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", one.Name, err)
		}
		if s.Format != "" && as != s.Format {
			return nil, fmt.Errorf("%w: %s and %s", ErrMixed, s.Format, as)
		}
		all, s.Format = append(all, some...), as
	}
	if s.Format == "json" && len(all) == 1 && isSchema(all[0]) {
		s.Schema, s.Fields = true, schemaFields(all[0])
		return s, nil
	}
	s.Records, s.Fields = len(all), inspect(all)
	return s, nil
}

// described reads a sample that describes documents and is none itself; nil when it is no such one. A JSON Schema looks
// like a record for longer and is told apart later.
func described(one Sample) (*Shape, error) {
	fail := func(err error) (*Shape, error) { return nil, fmt.Errorf("read %s: %w", one.Name, err) }
	isYAML := yamlLike(one)
	switch {
	case looksLikeXSD(one.Bytes):
		n, err := record.DecodeXML(one.Bytes, record.Limits{})
		if err != nil || !isXSD(n) {
			return nil, nil // said where it is read as a record
		}
		x, err := ReadXSD(one.Bytes, one.Element, one.Beside)
		if err != nil {
			return fail(err)
		}
		example, err := x.Example()
		if err != nil {
			return fail(err)
		}
		return &Shape{Format: "xml", Schema: true, Fields: x.Fields(), Sample: example}, nil
	case isYAML || looksLikeOpenAPI(one.Bytes) && formatOf(one.Name, one.Bytes) == "json":
		var n *record.Node
		var err error
		if isYAML {
			n, err = decodeYAML(one.Bytes, mostYAML)
		} else {
			n, err = record.DecodeJSON(one.Bytes, record.Limits{Nodes: mostYAML})
		}
		if err != nil || !isOpenAPI(n) {
			if isYAML && err == nil {
				err = errors.New("it is YAML, and no OpenAPI description of version 3")
			}
			if !isYAML {
				return nil, nil // said where it is read as a record
			}
			return fail(err)
		}
		fields, format, err := operationFields(n, one.Operation)
		if err != nil {
			return fail(err)
		}
		return &Shape{Format: format, Schema: true, Fields: fields}, nil
	}
	return nil, nil
}

// mostYAML bounds the values of a description; those of large products have some hundred thousand.
const mostYAML = 1_000_000

// yamlLike reports whether a sample is YAML: by its name, or because it begins as OpenAPI descriptions do.
func yamlLike(one Sample) bool {
	switch strings.ToLower(filepath.Ext(one.Name)) {
	case ".yaml", ".yml":
		return true
	}
	return bytes.HasPrefix(bytes.TrimLeft(one.Bytes, "\ufeff \t\r\n-"), []byte("openapi:"))
}

// Of gives the shape of records that were read before.
func Of(format string, records []*record.Node) *Shape {
	return &Shape{Format: format, Records: len(records), Fields: inspect(records)}
}

// Mask keeps the form of examples and hides what they say, and takes the values away.
func (s *Shape) Mask() {
	for i := range s.Fields {
		s.Fields[i].mask()
	}
}

// formatOf tells the format of a document by its ending, else by how it begins.
func formatOf(name string, b []byte) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return "json"
	case ".xml", ".xsd":
		return "xml"
	case ".csv", ".tsv":
		return "csv"
	case ".xlsx", ".xlsm", ".xls":
		return "xlsx"
	case ".pdf":
		return "pdf"
	case ".txt", ".eml", ".htm", ".html":
		return "mail"
	}
	start := bytes.TrimLeft(b, "\ufeff \t\r\n")
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return "xlsx"
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return "json"
	case bytes.HasPrefix(start, []byte("<?xml")):
		return "xml"
	case len(start) > 0 && start[0] == '<' && !bytes.HasPrefix(bytes.ToLower(start), []byte("<html")) && !bytes.HasPrefix(bytes.ToLower(start), []byte("<!doctype html")):
		return "xml"
	}
	return "mail"
}

// Records reads the records of a document: the rows of a sheet, the items of a list, else the whole.
func Records(s Sample, lim record.Limits) (all []*record.Node, format string, err error) {
	format, b := s.Format, s.Bytes
	if format == "" {
		format = formatOf(s.Name, b)
	}
	var root *record.Node
	switch format {
	case "json":
		root, err = record.DecodeJSON(b, lim)
	case "xml":
		root, err = record.DecodeXML(b, lim)
	case "csv":
		root, err = record.DecodeCSV(b, lim)
	case "xlsx":
		lim.Sheet = s.Sheet
		root, err = record.DecodeXLSX(b, lim)
	case "pdf":
		root, err = record.DecodePDF(b, lim)
	case "mail":
		root, _, err = record.DecodeForm(b, lim)
	default:
		return nil, "", ErrFormat
	}
	if err != nil {
		return nil, format, err
	}
	if root.Kind == record.List {
		return root.Children, format, nil
	}
	return []*record.Node{root}, format, nil
}

// Field is a field of a shape.
type Field struct {
	Path     string   `json:"path"` // as mapping documents write it: "adverse_parties[].first_name"
	Label    string   `json:"label,omitempty"`
	Kind     string   `json:"kind"`           // text, number, bool or null; date and datetime where a JSON Schema says so
	Form     string   `json:"form,omitempty"` // of dates: MM/DD/YYYY
	Ask      string   `json:"ask,omitempty"`  // what only a person can say of the values
	Filled   int      `json:"filled"`         // places with a value
	Empty    int      `json:"empty,omitempty"`
	Examples []string `json:"examples,omitempty"`
	Values   []Word   `json:"values,omitempty"` // all of them, when they are few and come again
}

// Word is one of our values with how often it was seen.
type Word struct {
	Text  string `json:"text"`
	Count int    `json:"count,omitempty"`
}

// The most different values of a field that are kept, and that are called few.
const (
	mostSeen  = 100
	fewValues = 20
)

// inspect lists the fields of records in their order.
func inspect(all []*record.Node) []Field {
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
		f.Form, f.Ask = in.words[i].dates.form(f.Filled)
		if len(seen) > 0 && len(seen) <= fewValues && f.Filled >= 2*len(seen) {
			f.Values = seen
		}
	}
	return in.fields
}

type inspector struct {
	fields  []Field
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
func (in *inspector) field(p record.Path, leaf *record.Node) (*Field, int) {
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
		in.fields = append(in.fields, Field{Path: path, Label: labelOf(p, leaf), Kind: "null"})
		in.words = append(in.words, &vocabulary{at: map[string]int{}})
	}
	if cell {
		in.columns[p[0].Name] = i
	}
	return &in.fields[i], i
}

// vocabulary is the different values of a field, in the order of their first coming, with their counts.
type vocabulary struct {
	all   []Word
	at    map[string]int
	dates dates
}

func (v *vocabulary) count(text string) {
	v.dates.count(text)
	if i, known := v.at[text]; known {
		v.all[i].Count++
	} else if len(v.all) < mostSeen {
		v.at[text] = len(v.all)
		v.all = append(v.all, Word{Text: text, Count: 1})
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

func (f *Field) mask() {
	for i := range f.Examples {
		f.Examples[i] = masked(f.Examples[i])
	}
	slices.Sort(f.Examples)
	f.Examples = slices.Compact(f.Examples)
	f.Values = nil
	if f.Ask != "" {
		f.Ask = "Is the first number of these dates the day or the month?"
	}
}
