package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/node/connection"
)

func mappingCommand() *cli.Command {
	return &cli.Command{
		Name: "mapping", Usage: "how your fields and values meet the common standard",
		Subcommands: []*cli.Command{
			{Name: "check", Usage: "check a mapping document; needs no running node", ArgsUsage: "FILE|-", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one file"); err != nil {
					return err
				}
				m, err := compileFile(c.Args().First())
				if err != nil {
					return err
				}
				return show(c, mustJSON(map[string]any{"ok": true, "hash": m.Hash()}), func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "The mapping is right. Its version is %s.\n", m.Hash())
					return err
				})
			}},
			{
				Name: "run", Usage: "convert a document with a mapping and print what becomes of it; needs no running node", ArgsUsage: "MAPPING FILE",
				Flags:  []cli.Flag{&cli.StringFlag{Name: "format", Usage: "json or xml (default: by the file's ending)"}},
				Action: runMapping,
			},
			{
				Name: "publish", Usage: "make a mapping the current version under a name", ArgsUsage: "NAME FILE",
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 2, "a name and a file"); err != nil {
						return err
					}
					b, err := readInput(c.Args().Get(1))
					if err != nil {
						return err
					}
					var raw json.RawMessage
					if err := clientOf(c).call(c.Context, "PUT", "/v1/mappings/"+segment(c.Args().First()), b, &raw); err != nil {
						return err
					}
					var v connection.Version
					if err := json.Unmarshal(raw, &v); err != nil {
						return err
					}
					return show(c, raw, func(w io.Writer) error {
						_, err := fmt.Fprintf(w, "%s is published, version %d (%s). Connections that use it follow with their next document.\n", v.Name, v.N, v.Hash)
						return err
					})
				},
			},
			{Name: "list", Usage: "list published mappings", Action: func(c *cli.Context) error {
				var out struct{ Items []connection.Version }
				return fetch(c, "/v1/mappings", &out, func(w io.Writer) error {
					var rows [][]string
					for _, v := range out.Items {
						rows = append(rows, []string{v.Name, fmt.Sprint(v.N), when(v.Published), v.Hash})
					}
					return table(w, "No mapping is published yet. Publish one with: referworks mapping publish NAME FILE", []string{"NAME", "VERSION", "PUBLISHED", "HASH"}, rows)
				})
			}},
		},
	}
}

func compileFile(name string) (*mapping.Mapping, error) {
	b, err := readInput(name)
	if err != nil {
		return nil, err
	}
	doc, err := mapping.Parse(b)
	if err != nil {
		return nil, err
	}
	return mapping.Compile(doc)
}

func runMapping(c *cli.Context) error {
	if err := needArgs(c, 2, "a mapping and a document"); err != nil {
		return err
	}
	m, err := compileFile(c.Args().First())
	if err != nil {
		return err
	}
	b, err := readInput(c.Args().Get(1))
	if err != nil {
		return err
	}
	decode := record.DecodeJSON
	if c.String("format") == "xml" || c.String("format") == "" && strings.EqualFold(filepath.Ext(c.Args().Get(1)), ".xml") {
		decode = record.DecodeXML
	}
	rec, err := decode(b, record.Limits{})
	if err != nil {
		return err
	}
	r, report, err := m.ToReferral(rec, mapping.Context{Now: time.Now()})
	out := map[string]any{"report": report}
	if err != nil {
		out["problem"] = err.Error()
	} else {
		out["referral"] = r
	}
	_, writeErr := fmt.Fprintln(c.App.Writer, string(mustJSON(out)))
	if writeErr != nil {
		return writeErr
	}
	return err
}
