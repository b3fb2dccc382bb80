package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
)

func mappingCommand() *cli.Command {
	return &cli.Command{
		Name: "mapping", Usage: "how your fields and values meet the common standard",
		Subcommands: []*cli.Command{
			mappingInfer(), mappingSuggest(), mappingCheck(), mappingRun(), mappingTest(), mappingExplain(), mappingDiff(), mappingDrift(),
			mappingPublish(), mappingList(), mappingVersions(), mappingRollback(), mappingExport(), mappingImport(),
		},
	}
}

func mappingCheck() *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "check a mapping document; needs no running node", ArgsUsage: "FILE|-",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file"); err != nil {
				return err
			}
			m, err := compileFile(c.Args().First())
			var wrong *mapping.Problems
			if errors.As(err, &wrong) && c.Bool("json") {
				if err := show(c, mustJSON(map[string]any{"ok": false, "problems": wrong.All}), nil); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
			return show(c, mustJSON(map[string]any{"ok": true, "hash": m.Hash()}), func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "The mapping is right. Its version is %s.\n", m.Hash())
				return err
			})
		},
	}
}

func mappingTest() *cli.Command {
	return &cli.Command{
		Name: "test", Usage: "run the tests that a mapping document holds; needs no running node", ArgsUsage: "FILE|-",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file"); err != nil {
				return err
			}
			m, err := compileFile(c.Args().First())
			if err != nil {
				return err
			}
			tests := len(m.Document().Tests)
			wrong := m.RunTests(mapping.Context{})
			err = show(c, mustJSON(map[string]any{"tests": tests, "ok": len(wrong) == 0, "problems": append([]string{}, wrong...)}), func(w io.Writer) error {
				for _, s := range wrong {
					if _, err := fmt.Fprintln(w, printable(s)); err != nil {
						return err
					}
				}
				if len(wrong) == 0 {
					_, err := fmt.Fprintf(w, "Tests of the mapping: %d. All expectations hold.\n", tests)
					return err
				}
				return nil
			})
			if err == nil && len(wrong) > 0 {
				err = fail(exitError1, "", "%s of the mapping's tests did not hold", counted(len(wrong), "expectation"))
			}
			return err
		},
	}
}

func readMapping(name string) (*mapping.Document, error) {
	b, err := readInput(name)
	if err != nil {
		return nil, err
	}
	return mapping.Parse(b)
}

func compileFile(name string) (*mapping.Mapping, error) {
	doc, err := readMapping(name)
	if err != nil {
		return nil, err
	}
	return mapping.Compile(doc)
}

// indented is JSON as a person reads it.
func indented(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}
