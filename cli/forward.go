package main

import (
	"encoding/json"
	"net/http"

	"github.com/urfave/cli/v2"
)

// forwardCommand sends a referral to somebody else.
func forwardCommand() *cli.Command {
	return &cli.Command{
		Name: "forward", Usage: "send a referral to somebody else: your own after a decline, or one that you received where its consent allows it", ArgsUsage: "ID",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "to", Required: true, Usage: "partner `NAME` or id (repeat for several)"},
			&cli.BoolFlag{Name: "first", Usage: "of several, the first to accept is the only one"},
			&cli.StringFlag{Name: "key", Usage: "idempotency `KEY`: the same request with the same key passes it on once"},
		},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one referral id"); err != nil {
				return err
			}
			in := map[string]any{"to": c.StringSlice("to")}
			if c.Bool("first") {
				in["rule"] = "first-accepted"
			}
			var header []string
			if key := c.String("key"); key != "" {
				header = append(header, "Idempotency-Key", key)
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, http.MethodPost, "/v1/referrals/"+segment(c.Args().First())+"/forward", in, &raw, header...); err != nil {
				return err
			}
			return showPosted(c, raw)
		},
	}
}
