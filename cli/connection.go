package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"referworks/node/connection"
)

func connectionCommand() *cli.Command {
	pause := func(name, usage string, paused bool) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, ArgsUsage: "ID", Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one connection id"); err != nil {
				return err
			}
			return clientOf(c).call(c.Context, "PUT", "/v1/connections/"+segment(c.Args().First())+"/paused", map[string]any{"paused": paused}, nil)
		}}
	}
	return &cli.Command{
		Name: "connection", Usage: "how you send and receive: media, formats, mappings",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list connections", Action: func(c *cli.Context) error {
				var out struct{ Items []connection.Connection }
				return fetch(c, "/v1/connections", &out, func(w io.Writer) error {
					var rows [][]string
					for _, x := range out.Items {
						state := "working"
						if x.Paused {
							state = "paused"
						}
						rows = append(rows, []string{x.ID, x.Name, x.Kind, string(x.Direction), x.Format, x.Mapping, state})
					}
					return table(w, "No connection yet. Set one up with: referworks connection put FILE", []string{"ID", "NAME", "KIND", "DIRECTION", "FORMAT", "MAPPING", "STATE"}, rows)
				})
			}},
			{Name: "show", Usage: "show a connection, without its secrets", ArgsUsage: "ID", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one connection id"); err != nil {
					return err
				}
				var raw json.RawMessage
				if err := clientOf(c).call(c.Context, "GET", "/v1/connections/"+segment(c.Args().First()), nil, &raw); err != nil {
					return err
				}
				_, err := fmt.Fprintln(c.App.Writer, string(raw))
				return err
			}},
			{
				Name: "put", Usage: "set up or change a connection from a JSON file", ArgsUsage: "FILE|-",
				Description: "The file has id, name, kind (api, inbox, email, rest, xml, folder, sftp, webhook), direction (in, out, both), format, mapping, settings,\nrecipients, rules and consent. Secrets come from a second file: a JSON object of names and values.",
				Flags:       []cli.Flag{&cli.StringFlag{Name: "secrets-file", Usage: "JSON `FILE` with the secrets"}}, Action: putConnection,
			},
			{Name: "test", Usage: "try a connection without sending a referral", ArgsUsage: "ID", Action: testConnection},
			presetCommand(),
			driftCommand(),
			pause("pause", "hold what goes through a connection", true),
			pause("resume", "let a connection work again", false),
		},
	}
}

func testConnection(c *cli.Context) error {
	if err := needArgs(c, 1, "one connection id"); err != nil {
		return err
	}
	if err := clientOf(c).call(c.Context, "POST", "/v1/connections/"+segment(c.Args().First())+"/test", nil, nil); err != nil {
		return err
	}
	talk(c, "It works.")
	return nil
}

func putConnection(c *cli.Context) error {
	if err := needArgs(c, 1, "a JSON file, or - for standard input"); err != nil {
		return err
	}
	b, err := readInput(c.Args().First())
	if err != nil {
		return err
	}
	var in map[string]any
	if err := json.Unmarshal(b, &in); err != nil {
		return fail(exitError1, "Correct the file and try again.", "read %s: %w", c.Args().First(), err)
	}
	if name := c.String("secrets-file"); name != "" {
		var secrets map[string]string
		b, err := readInput(name)
		if err != nil {
			return err
		}
		if json.Unmarshal(b, &secrets) != nil {
			return fail(exitError1, "", "%s must be a JSON object of names and texts", name)
		}
		in["secrets"] = secrets
	}
	id, _ := in["id"].(string)
	if id == "" {
		return fail(exitError1, "", "%s has no id", c.Args().First())
	}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "PUT", "/v1/connections/"+segment(id), in, &raw); err != nil {
		return err
	}
	return show(c, raw, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "The connection %s is set up. Try it with: referworks connection test %s\n", id, id)
		return err
	})
}

func waitingCommand() *cli.Command {
	return &cli.Command{
		Name: "waiting", Usage: "what waits for a person",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list what waits", Action: func(c *cli.Context) error {
				var out struct{ Items []connection.Waiting }
				return fetch(c, "/v1/waiting", &out, func(w io.Writer) error {
					var rows [][]string
					for _, x := range out.Items {
						rows = append(rows, []string{x.ID, when(x.Since), x.Connection, x.Sentence})
					}
					return table(w, "Nothing waits for a person.", []string{"ID", "SINCE", "CONNECTION", "WHY"}, rows)
				})
			}},
			{Name: "resend", Usage: "send again what waits", ArgsUsage: "ID", Flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "to", Usage: "partner `NAME` or id (repeat)"},
				&cli.StringFlag{Name: "without-consent", Usage: "send it although no consent covers it; `WHAT` allows it: legal-obligation or vital-interest"},
				&cli.StringFlag{Name: "reason", Usage: "`WHY` it goes without a consent; it is written into the referral and the audit log"},
			}, Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one id"); err != nil {
					return err
				}
				in := map[string]any{"to": c.StringSlice("to")}
				if c.IsSet("without-consent") || c.IsSet("reason") {
					in["override"] = map[string]string{"basis": c.String("without-consent"), "reason": c.String("reason")}
				}
				var raw json.RawMessage
				if err := clientOf(c).call(c.Context, "POST", "/v1/waiting/"+segment(c.Args().First())+"/resend", in, &raw); err != nil {
					return err
				}
				return showPosted(c, raw)
			}},
			{Name: "discard", Usage: "give up what waits, with its original", ArgsUsage: "ID", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one id"); err != nil {
					return err
				}
				if ok, err := confirm(c, "Give this up, with its original?"); err != nil || !ok {
					return err
				}
				return clientOf(c).call(c.Context, "DELETE", "/v1/waiting/"+segment(c.Args().First()), nil, nil)
			}},
		},
	}
}

func apikeyCommand() *cli.Command {
	return &cli.Command{
		Name: "apikey", Usage: "keys for case management systems",
		Subcommands: []*cli.Command{
			{
				Name: "create", Usage: "make a key; it is shown once", ArgsUsage: "NAME",
				Flags: []cli.Flag{&cli.StringFlag{Name: "scope", Usage: "referrals (post and read) or admin", Value: "referrals"}},
				Action: func(c *cli.Context) error {
					if err := needArgs(c, 1, "a name that says what the key is for"); err != nil {
						return err
					}
					var raw json.RawMessage
					if err := clientOf(c).call(c.Context, "POST", "/v1/apikeys", map[string]any{"name": c.Args().First(), "scope": c.String("scope")}, &raw); err != nil {
						return err
					}
					var out struct{ Key string }
					if err := json.Unmarshal(raw, &out); err != nil {
						return err
					}
					talk(c, "Keep this key where your case management system keeps secrets; it is not shown again.")
					return show(c, raw, func(w io.Writer) error { _, err := fmt.Fprintln(w, out.Key); return err })
				},
			},
			{Name: "list", Usage: "list keys", Action: func(c *cli.Context) error {
				var out struct {
					Items []struct {
						ID, Name, Scope  string
						Created, Revoked int64
					}
				}
				return fetch(c, "/v1/apikeys", &out, func(w io.Writer) error {
					var rows [][]string
					for _, k := range out.Items {
						rows = append(rows, []string{k.ID, k.Name, k.Scope, when(k.Created), when(k.Revoked)})
					}
					return table(w, "No key yet. Make one with: referworks apikey create NAME", []string{"ID", "NAME", "SCOPE", "CREATED", "REVOKED"}, rows)
				})
			}},
			{Name: "revoke", Usage: "make a key open nothing, at once", ArgsUsage: "ID", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one key id"); err != nil {
					return err
				}
				return clientOf(c).call(c.Context, "DELETE", "/v1/apikeys/"+segment(c.Args().First()), nil, nil)
			}},
		},
	}
}
