package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/bridges"
)

// presetCommand tells of the ready connections: what each needs from its vendor, and the mapping to start from. It needs no
// running node.
func presetCommand() *cli.Command {
	return &cli.Command{
		Name: "preset", Usage: "ready connections: list them, or show what one needs; write its mapping to start from", ArgsUsage: "[NAME]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "mapping", Usage: "write the mapping to start from into `FILE`, for: referworks mapping publish FILE"},
			&cli.StringFlag{Name: "sample", Usage: "write a sample record of the system into `FILE`"},
		},
		Action: func(c *cli.Context) error {
			kinds := presetKinds(media(c.String("data"), config{}))
			if c.Args().Len() == 0 {
				return listPresets(c, kinds)
			}
			for _, k := range kinds {
				if k.Name == c.Args().First() {
					return showPreset(c, k)
				}
			}
			return fail(exitUsage, "List them with: referworks connection preset", "there is no preset %q", printable(c.Args().First()))
		},
	}
}

func listPresets(c *cli.Context, kinds []bridges.Kind) error {
	var rows [][]string
	for _, k := range kinds {
		rows = append(rows, []string{k.Name, k.Title, strings.Join(k.Ways, " ")})
	}
	return show(c, mustJSON(rows), func(w io.Writer) error {
		return table(w, "", []string{"NAME", "SYSTEM", "DIRECTIONS"}, rows)
	})
}

func showPreset(c *cli.Context, k bridges.Kind) error {
	for flag, b := range map[string][]byte{"mapping": k.Mapping, "sample": k.Sample} {
		name := c.String(flag)
		if name == "" {
			continue
		}
		if b == nil {
			return fail(exitError1, "", "the preset %s has no %s", k.Name, flag)
		}
		if err := os.WriteFile(filepath.Clean(name), []byte(pretty(b)+"\n"), 0o600); err != nil {
			return fmt.Errorf("write the %s: %w", flag, err)
		}
		talk(c, "Wrote %s.", name)
	}
	type line struct {
		Name     string   `json:"name"`
		Label    string   `json:"label"`
		Help     string   `json:"help"`
		Type     string   `json:"type"`
		Required bool     `json:"required"`
		Default  string   `json:"default,omitempty"`
		Choices  []string `json:"choices,omitempty"`
	}
	out := struct {
		Name     string          `json:"name"`
		Title    string          `json:"title"`
		Vendor   []string        `json:"vendor"`
		Settings []line          `json:"settings"`
		Sample   json.RawMessage `json:"sample,omitempty"`
	}{k.Name, k.Title, strings.Split(k.Vendor, "\n"), nil, k.Sample}
	var rows [][]string
	for _, s := range k.Settings {
		out.Settings = append(out.Settings, line{s.Name, s.Label, s.Help, string(s.Type), s.Required, s.Default, s.Choices})
		needed := ""
		if s.Required {
			needed = "needed"
		}
		rows = append(rows, []string{s.Name, string(s.Type), needed, s.Default, s.Label + ". " + s.Help})
	}
	return show(c, mustJSON(out), func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "%s: %s\n\nWhat you need from your vendor:\n- %s\n\n", k.Title, k.Help, strings.Join(out.Vendor, "\n- ")); err != nil {
			return err
		}
		return table(w, "", []string{"SETTING", "TYPE", "", "DEFAULT", "WHAT IT IS"}, rows)
	})
}
