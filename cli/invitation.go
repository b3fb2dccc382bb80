package main

import (
	"io"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

func invitationsCommand() *cli.Command {
	return &cli.Command{Name: "invitations", Usage: "list invitations that nobody has taken up", Action: func(c *cli.Context) error {
		var out struct{ Items []api.OpenInvitation }
		return fetch(c, "/v1/partners/invitations", &out, func(w io.Writer) error {
			var rows [][]string
			for _, i := range out.Items {
				rows = append(rows, []string{i.ID.String(), when(i.Expires.UnixMilli())})
			}
			return table(w, "No invitation is open.", []string{"ID", "UNTIL"}, rows)
		})
	}}
}

func withdrawCommand() *cli.Command {
	return &cli.Command{Name: "withdraw", Usage: "withdraw an invitation that nobody has taken up", ArgsUsage: "ID", Action: func(c *cli.Context) error {
		if err := needArgs(c, 1, "one id (see: referworks partner invitations)"); err != nil {
			return err
		}
		return clientOf(c).call(c.Context, "DELETE", "/v1/partners/invitations/"+segment(c.Args().First()), nil, nil)
	}}
}
