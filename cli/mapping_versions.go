package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/node/connection"
)

func mappingPublish() *cli.Command {
	return &cli.Command{
		Name: "publish", Usage: "make a mapping the current version under a name", ArgsUsage: "NAME FILE",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 2, "a name and a file"); err != nil {
				return err
			}
			b, err := readInput(c.Args().Get(1))
			if err != nil {
				return err
			}
			return publish(c, c.Args().First(), b)
		},
	}
}

// publish makes a document the current version under a name, and says so.
func publish(c *cli.Context, name string, document []byte) error {
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "PUT", "/v1/mappings/"+segment(name), document, &raw); err != nil {
		return err
	}
	var v connection.Version
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return show(c, raw, func(w io.Writer) error {
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

func mappingRollback() *cli.Command {
	return &cli.Command{
		Name: "rollback", Usage: "make an earlier version the current one again", ArgsUsage: "NAME [HASH]",
		Description: "HASH is what publish printed for the earlier version; without it, it is the one that was current before. The earlier document becomes a new version: what was converted in between keeps the version that converted it.",
		Action: func(c *cli.Context) error {
			if n := c.Args().Len(); n < 1 || n > 2 {
				return needArgs(c, 1, "a name, and perhaps the hash of an earlier version")
			}
			name, hash := c.Args().Get(0), c.Args().Get(1)
			now, err := publishedVersion(c, name)
			if err != nil {
				return err
			}
			if hash == "" {
				if hash, err = hashBefore(c, now); err != nil {
					return err
				}
			}
			earlier, err := publishedVersion(c, hash)
			if err != nil {
				return err
			}
			if earlier.Name != name {
				return fail(exitUsage, "Look at the names with: referworks mapping list", "that version is one of %s and not of %s", earlier.Name, name)
			}
			before, err := mapping.Parse(now.Document)
			if err != nil {
				return err
			}
			after, err := mapping.Parse(earlier.Document)
			if err != nil {
				return err
			}
			for _, l := range differences(before, after) {
				talk(c, "%s", printable(l))
			}
			return publish(c, name, earlier.Document)
		},
	}
}

// hashBefore finds, in the node's events, the version of a name that was current before the present one.
func hashBefore(c *cli.Context, now connection.Version) (hash string, err error) {
	for after := "0"; after != ""; {
		var page struct {
			Items []struct{ Kind, Subject string }
			Next  string
		}
		if err := clientOf(c).call(c.Context, "GET", "/v1/events?after="+after, nil, &page); err != nil {
			return "", err
		}
		for _, e := range page.Items {
			name, h, found := strings.Cut(e.Subject, "@")
			if found && e.Kind == "mapping.published" && name == now.Name && h != now.Hash {
				hash = h
			}
		}
		after = page.Next
	}
	if hash == "" {
		return "", fail(exitNotFound, "", "%s has no earlier version", now.Name)
	}
	return hash, nil
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
			return publish(c, name, b)
		},
	}
}
