package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
	"referworks/node/connection"
)

// driftRow is what is different, and the draft that was prepared for it.
type driftRow struct {
	Same    bool            `json:"same"`
	Changes []schema.Change `json:"changes"`
	Draft   string          `json:"draft,omitempty"` // the file
	Notes   []string        `json:"notes,omitempty"` // what a person has to decide
	Rules   int             `json:"newRules,omitempty"`
}

func mappingDrift() *cli.Command {
	return &cli.Command{
		Name: "drift", Usage: "say what is different in new samples, and prepare a draft for it; needs no running node", ArgsUsage: "OLD NEW",
		Description: "Compares what two samples look like: fields that are new, gone or different, and new values. With --mapping it prepares\na draft of that mapping, in which what is sure has a rule; nothing is published by itself.",
		Flags: []cli.Flag{
			formatFlag,
			&cli.StringFlag{Name: "mapping", Usage: "`FILE` of the mapping that was made for the old one"},
			&cli.StringFlag{Name: "draft", Usage: "write the draft to `FILE`"},
		},
		Action: driftMapping,
	}
}

func driftMapping(c *cli.Context) error {
	if err := needArgs(c, 2, "two samples, the old one and the new one"); err != nil {
		return err
	}
	if c.IsSet("draft") != c.IsSet("mapping") {
		return fail(exitUsage, "", "a draft needs both --mapping and --draft")
	}
	var shapes [2]*schema.Shape
	for i := range shapes {
		one, err := readSample(c, c.Args().Get(i))
		if err != nil {
			return err
		}
		if shapes[i], err = infer(one); err != nil {
			return err
		}
	}
	if shapes[0].Format != shapes[1].Format {
		return fail(exitUsage, "", "%w: %s and %s", schema.ErrMixed, shapes[0].Format, shapes[1].Format)
	}
	out := driftRow{Changes: schema.Compare(shapes[0], shapes[1])}
	out.Same = len(out.Changes) == 0
	if c.IsSet("mapping") {
		if err := redraft(c, shapes[1], &out); err != nil {
			return err
		}
	}
	return show(c, mustJSON(out), func(w io.Writer) error {
		lines := []string{}
		for _, change := range out.Changes {
			lines = append(lines, change.Sentence)
		}
		if out.Same {
			lines = append(lines, "Both look the same.")
		}
		if out.Draft != "" {
			lines = append(lines, fmt.Sprintf("The draft stands in %s, with %d new rules.", out.Draft, out.Rules))
			for _, n := range out.Notes {
				lines = append(lines, "- "+n)
			}
		}
		return printLines(w, lines)
	})
}

// redraft prepares the draft of a mapping for documents as they look now.
func redraft(c *cli.Context, now *schema.Shape, out *driftRow) error {
	doc, err := readMapping(c.String("mapping"))
	if err != nil {
		return fmt.Errorf("%s: %w", c.String("mapping"), err)
	}
	drafted, _, err := suggest.Redraft(doc, suggest.FieldsOf(now), suggest.ChangesOf(out.Changes), suggest.Options{})
	if err != nil {
		return err
	}
	if _, err := mapping.Compile(drafted.Document); err != nil {
		return fmt.Errorf("the draft does not compile: %w", err)
	}
	b, err := indented(drafted.Document)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.String("draft"), b, 0o644); err != nil {
		return fmt.Errorf("write the draft: %w", err)
	}
	out.Draft, out.Notes, out.Rules = c.String("draft"), drafted.Notes, len(drafted.Document.Rules)-len(doc.Rules)
	return nil
}

// driftCommand shows what a connection's documents look like now, against how they began.
func driftCommand() *cli.Command {
	return &cli.Command{
		Name: "drift", Usage: "show what is different in the documents that come over a connection", ArgsUsage: "ID",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "draft", Usage: "write a draft of the mapping for it to `FILE`"},
			&cli.BoolFlag{Name: "accept", Usage: "say that the documents are right as they are now"},
		},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one connection id"); err != nil {
				return err
			}
			path := "/v1/connections/" + segment(c.Args().First()) + "/drift"
			if c.Bool("accept") {
				return clientOf(c).call(c.Context, http.MethodDelete, path, nil, nil)
			}
			var d connection.Drift
			return fetch(c, path, &d, func(w io.Writer) error {
				lines := []string{}
				for _, change := range d.Changes {
					lines = append(lines, change.Sentence)
				}
				if len(lines) == 0 {
					lines = append(lines, fmt.Sprintf("Nothing is different. %d records were looked at.", d.Records))
				}
				for _, n := range d.Notes {
					lines = append(lines, "- "+n)
				}
				if file := c.String("draft"); file != "" && len(d.Draft) > 0 {
					if err := os.WriteFile(file, append(d.Draft, '\n'), 0o644); err != nil {
						return fmt.Errorf("write the draft: %w", err)
					}
					lines = append(lines, "The draft stands in "+file+".")
				}
				return printLines(w, lines)
			})
		},
	}
}
