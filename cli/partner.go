package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
	"referworks/protocol"
)

// partnerRow is a partner as the node lists it.
type partnerRow struct {
	ID       protocol.OrgID
	Name     string
	State    string
	TheySend string
	WeSend   string
	Words    []string
	Alarm    string
}

func partnerCommand() *cli.Command {
	stand := func(name, usage string, state protocol.State, said string) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, ArgsUsage: "PARTNER", Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one partner, by name or id"); err != nil {
				return err
			}
			if state == protocol.Blocked || state == protocol.Ended {
				if ok, err := confirm(c, fmt.Sprintf("%s %s? What is open with them stops.", name, c.Args().First())); err != nil || !ok {
					return err
				}
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "PUT", "/v1/partners/"+segment(c.Args().First())+"/standing", map[string]any{"state": state}, &raw); err != nil {
				return err
			}
			return show(c, raw, func(w io.Writer) error { _, err := fmt.Fprintln(w, said); return err })
		}}
	}
	return &cli.Command{
		Name: "partner", Usage: "who may send you referrals, and whom you may send to",
		Subcommands: []*cli.Command{
			{Name: "invite", Usage: "make an invitation for another organization", Action: invitePartner},
			invitationsCommand(), withdrawCommand(),
			{Name: "accept", Usage: "accept an invitation (read from FILE, or from standard input with -)", ArgsUsage: "FILE|-", Action: acceptInvitation},
			{
				Name: "confirm", Usage: "say that the four words match, and what is permitted", ArgsUsage: "PARTNER",
				Description: "Call the partner on a number that you already had and compare the four words. Nothing passes before both\nsides have done this, and referrals move in a direction only after both sides have permitted it.",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: "they-send", Usage: "they may send us referrals"},
					&cli.BoolFlag{Name: "we-send", Usage: "we may send them referrals"},
					&cli.StringSliceFlag{Name: "need", Usage: "only this need, as `SYSTEM:CODE` (repeat; default: every need)"},
					&cli.StringSliceFlag{Name: "withhold", Usage: "this `FIELD` or class must not travel to us (repeat)"},
					&cli.BoolFlag{Name: "names-first", Usage: "they send who the parties are first, for a check on conflicts of interest, and the rest when you found none"},
					&cli.IntFlag{Name: "per-day", Usage: "at most `N` new referrals a day"},
					&cli.StringFlag{Name: "words", Usage: "the four words as the partner read them, \"a b c d\"; else you are asked"},
				},
				Action: confirmWords,
			},
			{Name: "reject", Usage: "say that the words differ: the pairing stops", ArgsUsage: "PARTNER", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one partner, by name or id"); err != nil {
					return err
				}
				return clientOf(c).call(c.Context, "POST", "/v1/partners/"+segment(c.Args().First())+"/confirmation", map[string]any{"match": false, "theySend": false, "weSend": false}, nil)
			}},
			{Name: "list", Usage: "list partners", Action: func(c *cli.Context) error {
				var out struct{ Items []partnerRow }
				return fetch(c, "/v1/partners", &out, func(w io.Writer) error {
					var rows [][]string
					for _, p := range out.Items {
						rows = append(rows, []string{p.Name, p.State, p.TheySend, p.WeSend, strings.Join(p.Words, " "), p.ID.Short(), p.Alarm})
					}
					return table(w, "No partner yet. Invite one with: referworks partner invite", []string{"NAME", "STATE", "THEY SEND", "WE SEND", "WORDS", "ID", "ALARM"}, rows)
				})
			}},
			{Name: "try", Usage: "try to reach a partner now", ArgsUsage: "PARTNER", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one partner, by name or id"); err != nil {
					return err
				}
				return clientOf(c).call(c.Context, "POST", "/v1/partners/"+segment(c.Args().First())+"/try", nil, nil)
			}},
			stand("suspend", "hold referrals in both directions; nothing is lost", protocol.Suspended, "Suspended. What is queued waits, on both sides, until you resume."),
			stand("resume", "let referrals move again", protocol.Active, "Resumed."),
			stand("wind-down", "finish what is open, begin nothing new", protocol.WindingDown, "Winding down. Open referrals finish; no new ones begin."),
			stand("end", "end the partnership", protocol.Ended, "Ended."),
			stand("block", "stop everything with a partner at its next word", protocol.Blocked, "Blocked. Nothing passes in either direction."),
		},
	}
}

func invitePartner(c *cli.Context) error {
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "POST", "/v1/partners/invitations", map[string]any{}, &raw); err != nil {
		return err
	}
	var out struct {
		Invitation string
		Expires    time.Time
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return err
	}
	talk(c, "Give this text to the other organization; it works once, until %s.\nThey accept it with: referworks partner accept -", out.Expires.Local().Format("Mon 2 Jan, 15:04"))
	return show(c, raw, func(w io.Writer) error { _, err := fmt.Fprintln(w, out.Invitation); return err })
}

func acceptInvitation(c *cli.Context) error {
	if err := needArgs(c, 1, "a file with the invitation, or - for standard input"); err != nil {
		return err
	}
	text, err := readInput(c.Args().First())
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "POST", "/v1/partners:accept", map[string]any{"invitation": strings.TrimSpace(string(text))}, &raw); err != nil {
		return err
	}
	var p partnerRow
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	return show(c, raw, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s answered. Call them on a number that you already had, and compare:\n\n    %s\n\nIf the words are the same: referworks partner confirm %q --they-send --we-send\nIf not:                    referworks partner reject %q\n",
			printable(p.Name), strings.Join(p.Words, "   "), p.Name, p.Name)
		return err
	})
}

func confirmWords(c *cli.Context) error {
	if err := needArgs(c, 1, "one partner, by name or id"); err != nil {
		return err
	}
	cl := clientOf(c)
	var list struct{ Items []partnerRow }
	if err := cl.call(c.Context, "GET", "/v1/partners", nil, &list); err != nil {
		return err
	}
	var p *partnerRow
	for i, row := range list.Items {
		if strings.EqualFold(row.Name, c.Args().First()) || strings.HasPrefix(string(row.ID), c.Args().First()) {
			p = &list.Items[i]
		}
	}
	if p == nil {
		return fail(exitNotFound, "List them with: referworks partner list", "there is no partner %q", c.Args().First())
	}
	if len(p.Words) > 0 {
		words := strings.Join(p.Words, " ")
		if said := c.String("words"); said != "" {
			if !strings.EqualFold(strings.Join(strings.Fields(said), " "), words) {
				return fail(exitNotAllowed, "Do not go on: someone may stand between you. Stop with: referworks partner reject "+p.ID.Short(), "the words differ from the ones shown here")
			}
		} else if ok, err := confirm(c, fmt.Sprintf("Did %s read the same four words on the phone: %s?", printable(p.Name), words)); err != nil || !ok {
			return err
		}
	}
	allow := api.Allow{TheySend: c.Bool("they-send"), WeSend: c.Bool("we-send"), Withheld: c.StringSlice("withhold"), PerDay: c.Int("per-day"), NamesFirst: c.Bool("names-first")}
	for _, n := range c.StringSlice("need") {
		system, code, ok := strings.Cut(n, ":")
		if !ok {
			return fail(exitUsage, "", "a need is written SYSTEM:CODE, for example lsc:33")
		}
		allow.Needs = append(allow.Needs, protocol.NeedCode{System: system, Code: code})
	}
	body := struct {
		api.Allow
		Match bool `json:"match"`
	}{allow, true}
	var raw json.RawMessage
	if err := cl.call(c.Context, "POST", "/v1/partners/"+segment(string(p.ID))+"/confirmation", body, &raw); err != nil {
		return err
	}
	return show(c, raw, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Confirmed. Referrals move as soon as %s has confirmed too. See: referworks partner list\n", printable(p.Name))
		return err
	})
}

// confirm asks a person; without a terminal it refuses rather than guess.
func confirm(c *cli.Context, question string) (bool, error) {
	if c.Bool("yes") {
		return true, nil
	}
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false, fail(exitUsage, "Say --yes when you are sure.", "this needs an answer and there is no terminal to ask on")
	}
	fmt.Fprintf(os.Stderr, "%s [yes/no] ", question)
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if a := strings.ToLower(strings.TrimSpace(line)); a == "yes" || a == "y" {
		return true, nil
	}
	return false, fail(exitNotAllowed, "", "nothing was changed")
}

// maxInput is the largest file that a command reads, in bytes.
const maxInput = 8 << 20

// readInput reads a file, or standard input for "-".
func readInput(name string) ([]byte, error) {
	r := io.Reader(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fail(exitNotFound, "", "%w", err)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(b) > maxInput {
		err = fail(exitUsage, "", "%s is larger than %d MiB", name, maxInput>>20)
	}
	return b, err
}
