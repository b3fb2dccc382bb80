package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

func charterCommand() *cli.Command {
	return &cli.Command{
		Name: "charter", Usage: "show which nodes speak for the organization; with --root, renew that",
		Description: "Partners trust what the newest charter names. Renewing it gives this node's key a new term; it needs the\nroot file of the recovery kit, which stays yours: the node forgets it at once.",
		Flags:       sealedFlags("root"),
		Action: func(c *cli.Context) error {
			var out api.Charter
			people := func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "Organization  %s\nCharter       %d.%d  %s\nNodes         %d\n", out.Org, out.Mark.Epoch, out.Mark.N, out.Mark.Hash, len(out.Nodes))
				for _, n := range out.Nodes {
					if err == nil {
						_, err = fmt.Fprintf(w, "              %s\n", n)
					}
				}
				return err
			}
			if c.String("root") == "" {
				return fetch(c, "/v1/charter", &out, people)
			}
			sealed, err := readSealed(c, "root")
			if err != nil {
				return err
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "POST", "/v1/charter", sealed, &raw); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &out); err != nil {
				return err
			}
			return show(c, raw, people)
		},
	}
}

// sealedFlags are for a command that opens a file of the recovery kit.
func sealedFlags(which string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: which, Usage: "the `FILE` " + which + ".txt of the recovery kit"},
		&cli.StringFlag{Name: "passphrase-file", Usage: "`FILE` with the passphrase of that file"},
	}
}

// readSealed reads the file of the kit and its passphrase. Passphrases come from files, never from the command line.
func readSealed(c *cli.Context, which string) (api.Sealed, error) {
	if c.String(which) == "" || c.String("passphrase-file") == "" {
		return api.Sealed{}, fail(exitUsage, "See: referworks "+c.Command.FullName()+" --help", "%s needs --%s and --passphrase-file", c.Command.FullName(), which)
	}
	file, err := readInput(c.String(which))
	if err != nil {
		return api.Sealed{}, err
	}
	passphrase, err := os.ReadFile(c.String("passphrase-file"))
	if err != nil {
		return api.Sealed{}, fail(exitNotFound, "", "read the passphrase: %w", err)
	}
	return api.Sealed{File: file, Passphrase: strings.TrimRight(string(passphrase), "\r\n")}, nil
}
