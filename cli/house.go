package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
)

func houseCommand() *cli.Command {
	return &cli.Command{
		Name: "house", Usage: "save the house file, which finds your partners again after the node is lost", ArgsUsage: "FILE",
		Description: "It is sealed to your root file. Save a new one after each pairing, away from this machine.",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file to write"); err != nil {
				return err
			}
			var out struct{ File []byte }
			if err := clientOf(c).call(c.Context, "GET", "/v1/house-file", nil, &out); err != nil {
				return err
			}
			name := c.Args().First()
			if err := os.WriteFile(name, out.File, 0o600); err != nil {
				return fmt.Errorf("save the house file: %w", err)
			}
			return show(c, mustJSON(map[string]any{"file": name, "bytes": len(out.File)}), func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "The house file is saved in %s. Keep it away from this machine.\n", name)
				return err
			})
		},
	}
}
