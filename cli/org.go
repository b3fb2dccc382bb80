package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
	"referworks/protocol"
)

func orgCommand() *cli.Command {
	return &cli.Command{
		Name: "org", Usage: "organizations on this node",
		Subcommands: []*cli.Command{
			{
				Name: "create", Usage: "create an organization with an identity of its own", ArgsUsage: "NAME",
				Description: "Writes the recovery kit into a folder: two sealed files and two passphrases. Keep each file and each\npassphrase in a different place. The node keeps none of them; without the kit nobody can move or save the\norganization after its node is lost.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "kit", Usage: "`FOLDER` for the recovery kit (default: beside the data folder)"},
					&cli.StringFlag{Name: "phone", Usage: "whom partners phone when nothing else works"},
					&cli.StringFlag{Name: "email", Usage: "public e-mail address"},
				},
				Action: createOrg,
			},
			{Name: "list", Usage: "list the organizations on this node", Action: func(c *cli.Context) error {
				var out struct{ Items []struct{ ID, Name string } }
				return fetch(c, "/v1/organizations", &out, func(w io.Writer) error {
					var rows [][]string
					for _, o := range out.Items {
						rows = append(rows, []string{o.Name, o.ID})
					}
					return table(w, "No organization is here yet. Create one with: referworks org create NAME", []string{"NAME", "ID"}, rows)
				})
			}},
			settingsCommand(), charterCommand(), recoverCommand(), houseCommand(), restoreCommand(), announceCommand(),
		},
	}
}

func createOrg(c *cli.Context) error {
	if err := needArgs(c, 1, "one name"); err != nil {
		return err
	}
	in := api.NewOrganization{Name: c.Args().First(), Contact: protocol.CardContact{Phone: c.String("phone"), Email: c.String("email")}}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "POST", "/v1/organizations", in, &raw); err != nil {
		return err
	}
	var made api.Created
	if err := json.Unmarshal(raw, &made); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return keepKit(c, made, "")
}

// keepKit writes a new recovery kit into its folder; suffix tells a later one from the first where no folder is named.
func keepKit(c *cli.Context, made api.Created, suffix string) error {
	folder := c.String("kit")
	if folder == "" {
		folder = filepath.Join(filepath.Dir(filepath.Clean(c.String("data"))), "recovery-"+string(made.ID[:13])+suffix)
	}
	if err := writeKit(folder, made); err != nil {
		// The kit exists only here: show it rather than lose it.
		fmt.Fprintf(os.Stderr, "The kit could not be written to %s (%v). Save what follows now; it is not shown again.\n", folder, err)
		return json.NewEncoder(os.Stdout).Encode(made)
	}
	return show(c, mustJSON(map[string]any{"id": made.ID, "name": made.Name, "kit": folder}), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s is ready.\n  id:           %s\n  recovery kit: %s\n\nKeep the four parts of the kit in different places: a file and its passphrase never together.\n", printable(made.Name), made.ID, folder)
		return err
	})
}

func writeKit(folder string, made api.Created) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"root.txt": made.RootFile, "root-passphrase.txt": made.RootPassphrase + "\n",
		"recovery.txt": made.RecoveryFile, "recovery-passphrase.txt": made.RecoveryPassphrase + "\n",
	} {
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		if err == nil {
			err = f.Sync()
		}
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own plain types come here
	}
	return b
}
