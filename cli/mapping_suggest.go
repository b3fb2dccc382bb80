package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
)

var formatFlag = &cli.StringFlag{Name: "format", Usage: "json, xml, csv, xlsx, pdf or mail (default: by the file's ending, else by what stands in it)"}

var sheetFlag = &cli.StringFlag{Name: "sheet", Usage: "`NAME` of the sheet of a spreadsheet (default: the first)"}

// descriptionFlags choose among what a description of documents describes.
var descriptionFlags = []cli.Flag{
	&cli.StringFlag{Name: "operation", Usage: "`OPERATION` of an OpenAPI description, as \"POST /intakes\" or by its operationId"},
	&cli.StringFlag{Name: "element", Usage: "`NAME` of the element that documents of an XML Schema begin with"},
}

// samples is what the files that a command names hold: records of one kind, or one description.
type samples struct {
	*schema.Shape
	last []byte
}

func readSamples(c *cli.Context) (*samples, error) {
	if c.Args().Len() == 0 {
		return nil, fail(exitUsage, "See: referworks "+c.Command.FullName()+" --help", "%s takes one or more samples", c.Command.FullName())
	}
	var all []schema.Sample
	for _, name := range c.Args().Slice() {
		one, err := readSample(c, name)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	shape, err := infer(all...)
	if err != nil {
		return nil, err
	}
	if shape.Sample != "" { // of an XML Schema: the shape of documents, and not the schema
		return &samples{shape, []byte(shape.Sample)}, nil
	}
	return &samples{shape, all[len(all)-1].Bytes}, nil
}

func readSample(c *cli.Context, name string) (schema.Sample, error) {
	b, err := readInput(name)
	return schema.Sample{Name: name, Format: c.String("format"), Sheet: c.String("sheet"), Operation: c.String("operation"), Element: c.String("element"), Bytes: b, Beside: besideFile(name)}, err
}

// besideFile reads files of the folder that a file is in, by their names.
func besideFile(name string) func(string) ([]byte, error) {
	if name == "-" {
		return nil
	}
	return func(other string) ([]byte, error) {
		return readInput(filepath.Join(filepath.Dir(name), filepath.Base(other)))
	}
}

func infer(all ...schema.Sample) (*schema.Shape, error) {
	shape, err := schema.Infer(all...)
	if errors.Is(err, schema.ErrFormat) || errors.Is(err, schema.ErrMixed) {
		return nil, fail(exitUsage, "", "%w", err)
	}
	return shape, err
}

func mappingInfer() *cli.Command {
	return &cli.Command{
		Name: "infer", Usage: "list the fields of one or more samples; needs no running node", ArgsUsage: "SAMPLE...",
		Description: "A sample is a document of yours (JSON, XML, CSV, a spreadsheet, a PDF form, a mail), or a description of them: a JSON Schema,\nan XML Schema (.xsd), or an OpenAPI description (JSON or YAML), of which --operation names what is meant.",
		Flags:       append([]cli.Flag{formatFlag, sheetFlag, &cli.BoolFlag{Name: "masked", Usage: "show the form of examples and not what they say"}}, descriptionFlags...),
		Action: func(c *cli.Context) error {
			s, err := readSamples(c)
			if err != nil {
				return err
			}
			if c.Bool("masked") {
				s.Mask()
			}
			return show(c, mustJSON(s.Shape), func(w io.Writer) error {
				var rows [][]string
				for _, f := range s.Fields {
					example := ""
					if len(f.Examples) > 0 {
						example = short(f.Examples[0], 40)
					}
					rows = append(rows, []string{f.Path, f.Label, strings.TrimSpace(f.Kind + " " + f.Form), fmt.Sprint(f.Filled), example})
				}
				if err := table(w, "The sample has no fields.", []string{"FIELD", "LABEL", "KIND", "FILLED", "EXAMPLE"}, rows); err != nil {
					return err
				}
				for _, f := range s.Fields {
					if f.Ask != "" {
						if _, err := fmt.Fprintf(w, "%s: %s\n", f.Path, printable(f.Ask)); err != nil {
							return err
						}
					}
				}
				return nil
			})
		},
	}
}

func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func mappingSuggest() *cli.Command {
	return &cli.Command{
		Name: "suggest", Usage: "propose fields of the standard for the fields of a sample; needs no running node", ArgsUsage: "SAMPLE...",
		Flags: append([]cli.Flag{
			formatFlag, sheetFlag,
			&cli.StringFlag{Name: "about", Usage: "what the fields speak of when they do not say it themselves, such as \"adverse party\""},
			&cli.StringFlag{Name: "rejected", Usage: "`FILE` with suggestions that were turned down before, as a JSON list of {local, standard}"},
			&cli.StringFlag{Name: "draft", Usage: "also write a mapping of what is sure to `FILE`"},
			&cli.StringFlag{Name: "name", Usage: "name of the draft", Value: "Draft"},
		}, descriptionFlags...),
		Action: suggestMapping,
	}
}

func suggestMapping(c *cli.Context) error {
	s, err := readSamples(c)
	if err != nil {
		return err
	}
	o := suggest.Options{About: c.String("about")}
	if name := c.String("rejected"); name != "" {
		b, err := readInput(name)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &o.Rejected); err != nil {
			return fmt.Errorf("read the rejections in %s: %w", name, err)
		}
	}
	fields := suggest.FieldsOf(s.Shape)
	found := suggest.Fields(fields, o)
	values := map[string][]suggest.ValueSuggestion{}
	for i, s := range found {
		if len(s.Candidates) == 0 {
			continue
		}
		if goal, ok := suggest.GoalOf(s.Candidates[0].Standard); ok && len(words(&fields[i])) > 0 {
			values[s.Local] = suggest.Values(goal, words(&fields[i]), o)
		}
	}
	out := map[string]any{"format": s.Format, "fields": found, "values": values}
	if file := c.String("draft"); file != "" {
		drafted, err := suggest.Draft(suggest.Head{Name: c.String("name"), Side: sideOf(s.Format, s.last)}, fields, suggest.Chosen(found), o)
		if err != nil {
			return err
		}
		b, err := indented(drafted.Document)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			return fmt.Errorf("write the draft: %w", err)
		}
		out["draft"], out["carried"], out["notes"] = file, drafted.Carried, drafted.Notes
		talk(c, "The draft stands in %s: %d rules; %d fields travel as extra facts.", file, len(drafted.Document.Rules), len(drafted.Carried))
		for _, n := range drafted.Notes {
			talk(c, "- %s", printable(n))
		}
	}
	return show(c, mustJSON(out), func(w io.Writer) error { return suggestionTable(w, found, values) })
}

func words(f *suggest.Field) []suggest.Word {
	if len(f.Values) > 0 {
		return f.Values
	}
	var out []suggest.Word
	for _, e := range f.Examples {
		out = append(out, suggest.Word{Text: e, Count: 1})
	}
	return out
}

func suggestionTable(w io.Writer, found []suggest.Suggestion, values map[string][]suggest.ValueSuggestion) error {
	var rows [][]string
	for _, s := range found {
		row := []string{s.Local, string(s.Band), "", "travels as an extra fact"}
		if len(s.Candidates) > 0 {
			row[2], row[3] = s.Candidates[0].Label, strings.Join(s.Candidates[0].Reasons, "; ")
		}
		rows = append(rows, row)
		for _, v := range values[s.Local] {
			row := []string{"  = " + short(v.Ours, 40), string(v.Band), "", ""}
			if len(v.Candidates) > 0 {
				row[2], row[3] = strings.TrimSpace(v.Candidates[0].Code+" "+v.Candidates[0].Label), v.Candidates[0].Reason
			}
			rows = append(rows, row)
		}
	}
	return table(w, "The sample has no fields.", []string{"FIELD", "BAND", "COULD BE", "BECAUSE"}, rows)
}

// sideOf is what a draft says of a sample's format; XML is written in the sample's shape.
func sideOf(format string, b []byte) mapping.Side {
	side := mapping.Side{Format: format, Language: "en"}
	if format == "xml" {
		side.Sample = string(b)
	}
	return side
}
