package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/bridges/record"
	"referworks/bridges/suggest"
)

// samples is what the files that a command names hold: records of one kind, or one JSON Schema.
type samples struct {
	fields  []seenField
	format  string
	schema  bool
	records int
	last    []byte
}

func readSamples(c *cli.Context) (*samples, error) {
	if c.Args().Len() == 0 {
		return nil, fail(exitUsage, "See: referworks "+c.Command.FullName()+" --help", "%s takes one or more samples", c.Command.FullName())
	}
	s := &samples{}
	var all []*record.Node
	for _, name := range c.Args().Slice() {
		b, err := readInput(name)
		if err != nil {
			return nil, err
		}
		some, as, err := records(c.String("format"), name, b)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if s.format != "" && as != s.format {
			return nil, fail(exitUsage, "", "the samples have different formats: %s and %s", s.format, as)
		}
		all, s.format, s.last = append(all, some...), as, b
	}
	if s.format == "json" && len(all) == 1 && isSchema(all[0]) {
		s.schema, s.fields = true, schemaFields(all[0])
		return s, nil
	}
	s.records, s.fields = len(all), inspect(all)
	return s, nil
}

func mappingInfer() *cli.Command {
	return &cli.Command{
		Name: "infer", Usage: "list the fields of one or more samples; needs no running node", ArgsUsage: "SAMPLE...",
		Flags: []cli.Flag{formatFlag, &cli.BoolFlag{Name: "masked", Usage: "show the form of examples and not what they say"}},
		Action: func(c *cli.Context) error {
			s, err := readSamples(c)
			if err != nil {
				return err
			}
			fields := s.fields
			if c.Bool("masked") {
				for i := range fields {
					fields[i].mask()
				}
			}
			return show(c, mustJSON(map[string]any{"format": s.format, "schema": s.schema, "records": s.records, "fields": fields}), func(w io.Writer) error {
				var rows [][]string
				for _, f := range fields {
					example := ""
					if len(f.Examples) > 0 {
						example = short(f.Examples[0], 40)
					}
					rows = append(rows, []string{f.Path, f.Label, f.Kind, fmt.Sprint(f.Filled), example})
				}
				return table(w, "The sample has no fields.", []string{"FIELD", "LABEL", "KIND", "FILLED", "EXAMPLE"}, rows)
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
		Flags: []cli.Flag{
			formatFlag,
			&cli.StringFlag{Name: "about", Usage: "what the fields speak of when they do not say it themselves, such as \"adverse party\""},
			&cli.StringFlag{Name: "rejected", Usage: "`FILE` with suggestions that were turned down before, as a JSON list of {local, standard}"},
			&cli.StringFlag{Name: "draft", Usage: "also write a mapping of what is sure to `FILE`"},
			&cli.StringFlag{Name: "name", Usage: "name of the draft", Value: "Draft"},
		},
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
	fields := forMatcher(s.fields)
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
	out := map[string]any{"format": s.format, "fields": found, "values": values}
	if file := c.String("draft"); file != "" {
		drafted, err := suggest.Draft(suggest.Head{Name: c.String("name"), Side: sideOf(s.format, s.last)}, fields, suggest.Chosen(found), o)
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
