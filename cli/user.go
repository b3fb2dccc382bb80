package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

// userCommand is for who runs the node: the page does all of it too, except when nobody can sign in any more.
func userCommand() *cli.Command {
	return &cli.Command{
		Name: "user", Usage: "people who sign in to the page",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list everybody who has an account", Action: func(c *cli.Context) error {
				var out struct {
					Items []struct {
						Name, Email   string
						Operator      bool
						Invited       bool
						SeenAt        int64
						Organizations []string
					}
				}
				return fetch(c, "/v1/node/people", &out, func(w io.Writer) error {
					var rows [][]string
					for _, p := range out.Items {
						what := counted(len(p.Organizations), "organization")
						if p.Operator {
							what += ", runs the node"
						}
						if p.Invited {
							what += ", invited"
						}
						rows = append(rows, []string{p.Name, p.Email, what, when(p.SeenAt)})
					}
					return table(w, "Nobody has an account yet. Make a link for the first person with: referworks user link", []string{"NAME", "E-MAIL", "WHAT", "LAST SEEN"}, rows)
				})
			}},
			{Name: "link", Usage: "make a link for the first account of the node", Action: func(c *cli.Context) error { return userLink(c, "") }},
			{
				Name: "recover", Usage: "make a link for a person who lost password and second factor", ArgsUsage: "E-MAIL",
				Description: "The last resort, on the machine of the node. With the link the person sets a new password; the second factor is\ntaken away, and they add a new one. It is recorded in the node and in each of the person's organizations.",
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 1, "one e-mail address"); err != nil {
						return err
					}
					return userLink(c, c.Args().First())
				},
			},
			{
				Name: "invite", Usage: "invite a person to an organization", ArgsUsage: "NAME E-MAIL",
				Flags: []cli.Flag{&cli.StringFlag{Name: "role", Value: "worker", Usage: "`ROLE`: owner, admin, worker or auditor"}},
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 2, "a name and an e-mail address"); err != nil {
						return err
					}
					var made struct{ Code string }
					in := map[string]string{"name": c.Args().Get(0), "email": c.Args().Get(1), "role": c.String("role")}
					if err := clientOf(c).call(c.Context, http.MethodPost, "/v1/people", in, &made); err != nil {
						return err
					}
					if made.Code == "" {
						talk(c, "%s has an account here and got the role.", printable(c.Args().Get(1)))
						return nil
					}
					return showLink(c, made.Code)
				},
			},
			{
				Name: "demo", Usage: "make an invented person, on a demo node", ArgsUsage: "NAME E-MAIL", Hidden: true,
				Flags: []cli.Flag{&cli.StringFlag{Name: "language", Usage: "`LANGUAGE` that the person reads"}, &cli.BoolFlag{Name: "operator", Usage: "they run the node and belong to no organization"}},
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 2, "a name and an e-mail address"); err != nil {
						return err
					}
					in := map[string]any{"name": c.Args().Get(0), "email": c.Args().Get(1), "language": c.String("language"), "operator": c.Bool("operator")}
					return clientOf(c).call(c.Context, http.MethodPost, "/v1/node/people:demo", in, nil)
				},
			},
			{
				Name: "operator", Usage: "let a person run the node", ArgsUsage: "E-MAIL",
				Flags: []cli.Flag{&cli.BoolFlag{Name: "off", Usage: "not any more"}},
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 1, "one e-mail address"); err != nil {
						return err
					}
					return clientOf(c).call(c.Context, http.MethodPut, "/v1/node/operators/"+segment(c.Args().First()), map[string]bool{"operator": !c.Bool("off")}, nil)
				},
			},
		},
	}
}

func userLink(c *cli.Context, email string) error {
	var made struct{ Code string }
	if err := clientOf(c).call(c.Context, http.MethodPost, "/v1/node/people:recover", map[string]string{"email": email}, &made); err != nil {
		return err
	}
	return showLink(c, made.Code)
}

func showLink(c *cli.Context, code string) error {
	var st api.Status
	if err := clientOf(c).call(c.Context, http.MethodGet, "/v1/status", nil, &st); err != nil {
		return err
	}
	link := st.URL + "/setup#" + code
	return show(c, mustJSON(map[string]string{"link": link}), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n\nIt works once. Give it to that person only.\n", link)
		return err
	})
}
