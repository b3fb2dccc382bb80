package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name: "restore", Usage: "take up an organization here whose node is gone", ArgsUsage: "HOUSEFILE",
		Description: "Needs the root file of the kit and the newest house file (referworks org house). This node alone speaks for\nthe organization afterwards. Partners that answer are partners again; our side stays suspended with each until you\nresume it.",
		Flags:       sealedFlags("root"),
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one house file"); err != nil {
				return err
			}
			root, err := readSealed(c, "root")
			if err != nil {
				return err
			}
			house, err := readInput(c.Args().First())
			if err != nil {
				return err
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "POST", "/v1/organizations:restore", api.Restoring{Root: root, House: house}, &raw); err != nil {
				return err
			}
			var o struct{ ID, Name string }
			if err := json.Unmarshal(raw, &o); err != nil {
				return fmt.Errorf("read the node's answer: %w", err)
			}
			return show(c, raw, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is here now.\n  id: %s\nResume with each partner: referworks partner list, then referworks partner resume PARTNER\n", printable(o.Name), o.ID)
				return err
			})
		},
	}
}
