package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/bridges/suggest"
)

// sample is what a system's files give: the records, when there are any, and each field as a matcher sees it.
type sample struct {
	format   string
	records  []*record.Node
	fields   []suggest.Field
	unlisted []string // leaves of the records that the right answers do not speak of
	bytes    []byte   // of the file; for XML and CSV its shape
}

func readSample(folder string, t *truth) (*sample, error) {
	s := &sample{format: t.Format}
	for _, name := range t.Samples {
		b, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		s.bytes = b
		switch t.Format {
		case "json-schema":
			err = s.fromSchema(b, t)
		case "dictionary":
			err = s.fromDictionary(b, t)
		default:
			err = s.fromRecords(b, t)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

func decode(format string, b []byte) (*record.Node, error) {
	switch format {
	case "json":
		return record.DecodeJSON(b, record.Limits{})
	case "xml":
		return record.DecodeXML(b, record.Limits{})
	case "csv":
		return record.DecodeCSV(b, record.Limits{})
	}
	return nil, fmt.Errorf("the format %q is not known", format)
}

func (s *sample) fromRecords(b []byte, t *truth) error {
	root, err := decode(t.Format, b)
	if err != nil {
		return err
	}
	s.records = []*record.Node{root}
	switch {
	case t.Format == "csv":
		s.records = root.Children
	case t.Record != "":
		s.records = root.Find(record.MustPath(t.Record))
	}
	whole := []*record.Node{root}
	if t.Format == "csv" {
		whole = root.Children
	}
	listed := map[*record.Node]bool{}
	for _, f := range t.Fields {
		p := record.MustPath(f.Local)
		field := suggest.Field{Path: f.Local}
		if t.Format == "csv" {
			field.Label = p[0].Name
		}
		for _, r := range whole {
			for _, n := range r.Find(p) {
				see(&field, n)
				listed[n] = true
			}
		}
		s.add(field)
	}
	for _, r := range whole {
		r.Leaves(func(p record.Path, leaf *record.Node) {
			at := plain(p)
			if !listed[leaf] && !slices.Contains(s.unlisted, at) {
				s.unlisted = append(s.unlisted, at)
			}
		})
	}
	return nil
}

// plain is a path with [] at every list.
func plain(p record.Path) string {
	q := slices.Clone(p)
	for i := range q {
		if q[i].Step == record.Item {
			q[i].Step = record.Each
		}
	}
	return q.String()
}

// see adds a value to what is known of a field.
func see(f *suggest.Field, n *record.Node) {
	if !n.Leaf() {
		return
	}
	switch {
	case n.Kind == record.Null || n.Text == "":
		return
	case f.Kind == "":
		f.Kind = n.Kind.String()
	case f.Kind != n.Kind.String():
		f.Kind = "text"
	}
	f.Examples = append(f.Examples, n.Text)
}

// The most values that are called few, and examples that are kept.
const (
	fewValues    = 20
	mostExamples = 50
)

// add finishes a field: words with their counts, when they are few and come again.
func (s *sample) add(f suggest.Field) {
	var words []suggest.Word
	for _, e := range f.Examples {
		if i := slices.IndexFunc(words, func(w suggest.Word) bool { return w.Text == e }); i >= 0 {
			words[i].Count++
		} else {
			words = append(words, suggest.Word{Text: e, Count: 1})
		}
	}
	if len(words) > 0 && len(words) <= fewValues && len(f.Examples) >= 2*len(words) {
		f.Values = words
	}
	f.Examples = f.Examples[:min(len(f.Examples), mostExamples)]
	s.fields = append(s.fields, f)
}

// property is what is read of a JSON Schema.
type property struct {
	Type       any                  `json:"type"`
	Format     string               `json:"format"`
	Enum       []any                `json:"enum"`
	Items      *property            `json:"items"`
	Properties map[string]*property `json:"properties"`
}

func (s *sample) fromSchema(b []byte, t *truth) error {
	var root property
	if err := json.Unmarshal(b, &root); err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, f := range t.Fields {
		listed[f.Local] = true
		p := root.at(record.MustPath(f.Local))
		if p == nil {
			return fmt.Errorf("the schema has no field %s", f.Local)
		}
		s.fields = append(s.fields, p.field(f.Local))
	}
	root.leaves("", func(path string) {
		if !listed[path] {
			s.unlisted = append(s.unlisted, path)
		}
	})
	return nil
}

func (p *property) at(path record.Path) *property {
	for _, seg := range path {
		if p = p.Properties[seg.Name]; p == nil {
			return nil
		}
		if seg.Step == record.Each && p.Items != nil {
			p = p.Items
		}
	}
	return p
}

func (p *property) leaves(path string, visit func(string)) {
	if p.Items != nil {
		p, path = p.Items, path+"[]"
	}
	if len(p.Properties) == 0 {
		visit(path)
		return
	}
	for name, child := range p.Properties {
		child.leaves(strings.TrimPrefix(path+"."+record.Path{{Name: name}}.String(), "."), visit)
	}
}

func (p *property) field(local string) suggest.Field {
	f := suggest.Field{Path: local}
	kinds := fmt.Sprint(p.Type)
	switch {
	case p.Format == "date":
		f.Kind = "date"
	case p.Format == "date-time":
		f.Kind = "datetime"
	case strings.Contains(kinds, "boolean"):
		f.Kind = "bool"
	case strings.Contains(kinds, "string"):
		f.Kind = "text"
	case strings.Contains(kinds, "integer"), strings.Contains(kinds, "number"):
		f.Kind = "number"
	}
	for _, e := range p.Enum {
		if e != nil {
			f.Values = append(f.Values, suggest.Word{Text: fmt.Sprint(e)})
		}
	}
	return f
}

// fromDictionary reads a FHIR data dictionary: each row is a field of a profile.
func (s *sample) fromDictionary(b []byte, t *truth) error {
	var doc struct {
		Rows []struct {
			Profile string `json:"Profile Title"`
			Label   string `json:"Data Element Name"`
			Element string `json:"FHIR Element (R4)"`
		} `json:"profileElements"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	labels := map[string]string{}
	for _, row := range doc.Rows {
		path := record.Path{{Name: row.Profile}}
		for _, name := range strings.Split(strings.TrimSpace(row.Element), ".")[1:] {
			path = append(path, record.Segment{Name: name})
		}
		labels[path.String()] = row.Label
	}
	for _, f := range t.Fields {
		at := record.MustPath(f.Local).String()
		label, ok := labels[at]
		if !ok {
			return fmt.Errorf("the dictionary has no field %s", f.Local)
		}
		delete(labels, at)
		s.fields = append(s.fields, suggest.Field{Path: f.Local, Label: label})
	}
	for path := range labels {
		s.unlisted = append(s.unlisted, path)
	}
	return nil
}
