package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

func recoverCommand() *cli.Command {
	return &cli.Command{
		Name: "recover", Usage: "take the organization back after its root file or the node's key was lost or stolen",
		Description: "Needs the recovery file of the kit. It wins over every charter that a thief signed. Both old files are\nworthless afterwards: the new kit is written as by org create.",
		Flags: append(sealedFlags("recovery"),
			&cli.StringFlag{Name: "kit", Usage: "`FOLDER` for the new recovery kit (default: beside the data folder)"}),
		Action: func(c *cli.Context) error {
			sealed, err := readSealed(c, "recovery")
			if err != nil {
				return err
			}
			if ok, err := confirm(c, "Recover? The present root and recovery files become worthless."); err != nil || !ok {
				return err
			}
			var made api.Created
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "POST", "/v1/recovery", sealed, &raw); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &made); err != nil {
				return fmt.Errorf("read the node's answer: %w", err)
			}
			return keepKit(c, made, fmt.Sprintf("-%d", time.Now().Unix()))
		},
	}
}
