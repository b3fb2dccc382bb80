package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/urfave/cli/v2"

	"referworks/node/practice"
)

// practiceRow is the practice partner as the API shows it.
type practiceRow struct {
	Ready     bool
	Name      string
	Behaviors []practice.Behavior
}

func practiceCommand() *cli.Command {
	return &cli.Command{
		Name: "practice", Usage: "try things out with a partner that answers by itself and takes nothing real",
		Subcommands: []*cli.Command{
			{Name: "start", Usage: "make the practice partner of this node a partner; again is no error", Flags: []cli.Flag{languageFlag()}, Action: func(c *cli.Context) error {
				var raw json.RawMessage
				if err := clientOf(c).call(c.Context, http.MethodPost, "/v1/practice", nil, &raw); err != nil {
					return err
				}
				return showPractice(c, raw)
			}},
			{Name: "show", Usage: "show how the practice partner answers", Flags: []cli.Flag{languageFlag()}, Action: func(c *cli.Context) error {
				var raw json.RawMessage
				if err := clientOf(c).call(c.Context, http.MethodGet, "/v1/practice", nil, &raw); err != nil {
					return err
				}
				return showPractice(c, raw)
			}},
		},
	}
}

func showPractice(c *cli.Context, raw json.RawMessage) error {
	var p practiceRow
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return show(c, raw, func(w io.Writer) error {
		first := fmt.Sprintf("%s is your partner. Send to it: referworks referral send FILE --to '%s'\n", p.Name, p.Name)
		if !p.Ready {
			first = "There is no practice partner yet. Start with: referworks practice start\n"
		}
		if _, err := fmt.Fprintf(w, "%sA word in the name of the referred person decides how it answers:\n\n", first); err != nil {
			return err
		}
		var rows [][]string
		for _, b := range p.Behaviors {
			word := b.Word
			if word == "" {
				word = "(any other)"
			}
			rows = append(rows, []string{word, b.Shows.In(c.String("language"))})
		}
		return table(w, "", []string{"NAME HAS", "WHAT HAPPENS"}, rows)
	})
}
