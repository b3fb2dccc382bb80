package main

import (
	"github.com/urfave/cli/v2"
)

func announceCommand() *cli.Command {
	return &cli.Command{
		Name: "announce", Usage: "tell the organization's public card in the node's community topic, or stop it", ArgsUsage: "on|off",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "on or off"); err != nil {
				return err
			}
			word := c.Args().First()
			if word != "on" && word != "off" {
				return fail(exitUsage, "", "announce takes on or off")
			}
			return clientOf(c).call(c.Context, "PUT", "/v1/announcement", map[string]any{"announce": word == "on"}, nil)
		},
	}
}
