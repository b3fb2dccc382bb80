package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/node/connection"
)

func mappingPublish() *cli.Command {
	return &cli.Command{
		Name: "publish", Usage: "make a mapping the current version under a name", ArgsUsage: "NAME [FILE]",
		Description: "Runs the tests that stand in the document, and converts the last documents again with it. Without a file, it publishes the draft that was saved on the page.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "untested", Usage: "publish although tests of the document fail; the audit log keeps it"}},
		Action: func(c *cli.Context) error {
			if n := c.Args().Len(); n < 1 || n > 2 {
				return needArgs(c, 1, "a name, and perhaps a file")
			}
			name, file := c.Args().First(), c.Args().Get(1)
			untested := ""
			if c.Bool("untested") {
				untested = "?untested=true"
			}
			if file == "" {
				return published(c, "POST", "/v1/mappings/"+segment(name)+"/publish"+untested, nil)
			}
			b, err := readInput(file)
			if err != nil {
				return err
			}
			return published(c, "PUT", "/v1/mappings/"+segment(name)+untested, b)
		},
	}
}

// published asks the node for another current version, and says what is different and how the last documents fare.
func published(c *cli.Context, method, path string, in any) error {
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, method, path, in, &raw); err != nil {
		return err
	}
	var v connection.Published
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return show(c, raw, func(w io.Writer) error {
		for _, d := range v.Differences {
			talk(c, "%s", printable(d.Text))
		}
		for _, f := range v.Failed {
			talk(c, "%s", printable(f))
		}
		if v.Rerun != nil {
			talk(c, "%s", printable(v.Rerun.Sentence))
			for _, f := range v.Rerun.Fails {
				for _, r := range f.Reasons {
					talk(c, "  %s: %s %s", f.Referral.Reference(), printable(r.Label), printable(r.Sentence))
				}
			}
		}
		_, err := fmt.Fprintf(w, "%s is published, version %d (%s). Connections that use it follow with their next document.\n", v.Name, v.N, v.Hash)
		return err
	})
}

func mappingList() *cli.Command {
	return &cli.Command{Name: "list", Usage: "list published mappings", Action: func(c *cli.Context) error {
		var out struct{ Items []connection.Version }
		return fetch(c, "/v1/mappings", &out, func(w io.Writer) error {
			var rows [][]string
			for _, v := range out.Items {
				rows = append(rows, []string{v.Name, fmt.Sprint(v.N), when(v.Published), v.Hash})
			}
			return table(w, "No mapping is published yet. Publish one with: referworks mapping publish NAME FILE", []string{"NAME", "VERSION", "PUBLISHED", "HASH"}, rows)
		})
	}}
}

// publishedVersion asks the node for a published version, by name or hash, with its document.
func publishedVersion(c *cli.Context, nameOrHash string) (v connection.Version, err error) {
	err = clientOf(c).call(c.Context, "GET", "/v1/mappings/"+segment(nameOrHash), nil, &v)
	return v, err
}

func mappingVersions() *cli.Command {
	return &cli.Command{Name: "versions", Usage: "list what was ever current under a name, the newest first", ArgsUsage: "NAME", Action: func(c *cli.Context) error {
		if err := needArgs(c, 1, "a name"); err != nil {
			return err
		}
		var out struct{ Items []connection.Version }
		return fetch(c, "/v1/mappings/"+segment(c.Args().First())+"/versions", &out, func(w io.Writer) error {
			var rows [][]string
			for _, v := range out.Items {
				rows = append(rows, []string{fmt.Sprint(v.N), when(v.Published), v.By, v.Hash})
			}
			return table(w, "", []string{"VERSION", "PUBLISHED", "BY", "HASH"}, rows)
		})
	}}
}

func mappingRollback() *cli.Command {
	return &cli.Command{
		Name: "rollback", Usage: "make an earlier version the current one again", ArgsUsage: "NAME [HASH]",
		Description: "HASH is what publish printed for the earlier version; without it, it is the one that was current before. The earlier document becomes a new version: what was converted in between keeps the version that converted it.",
		Action: func(c *cli.Context) error {
			if n := c.Args().Len(); n < 1 || n > 2 {
				return needArgs(c, 1, "a name, and perhaps the hash of an earlier version")
			}
			return published(c, "POST", "/v1/mappings/"+segment(c.Args().Get(0))+"/rollback", map[string]string{"hash": c.Args().Get(1)})
		},
	}
}

func mappingExport() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write a published mapping to a file, or print it", ArgsUsage: "NAME|HASH [FILE]",
		Action: func(c *cli.Context) error {
			if n := c.Args().Len(); n < 1 || n > 2 {
				return needArgs(c, 1, "a name or hash, and perhaps a file")
			}
			v, err := publishedVersion(c, c.Args().First())
			if err != nil {
				return err
			}
			b, err := indented(v.Document)
			if err != nil {
				return err
			}
			file := c.Args().Get(1)
			if file == "" {
				_, err := os.Stdout.Write(b)
				return err
			}
			if err := os.WriteFile(file, b, 0o644); err != nil {
				return fmt.Errorf("write the mapping: %w", err)
			}
			v.Document = nil
			return show(c, mustJSON(v), func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s, version %d, stands in %s.\n", v.Name, v.N, file)
				return err
			})
		},
	}
}

func mappingImport() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "check a mapping from elsewhere, run its tests, and publish it under its own id", ArgsUsage: "FILE|-",
		Flags: []cli.Flag{&cli.StringFlag{Name: "as", Usage: "`NAME` to publish it under (default: its id)"}},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file"); err != nil {
				return err
			}
			b, err := readInput(c.Args().First())
			if err != nil {
				return err
			}
			doc, err := mapping.Parse(b)
			if err != nil {
				return err
			}
			m, err := mapping.Compile(doc)
			if err != nil {
				return err
			}
			if wrong := m.RunTests(mapping.Context{}); len(wrong) > 0 {
				if err := printLines(os.Stderr, wrong); err != nil {
					return err
				}
				return fail(exitError1, "Mend it, or take the tests out of it that no longer hold.", "the mapping was not published: %d expectations of its own tests do not hold", len(wrong))
			}
			name := c.String("as")
			if name == "" {
				name = doc.ID
			}
			return published(c, "PUT", "/v1/mappings/"+segment(name), b)
		},
	}
}
