package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/protocol"
)

// postedRow is the node's answer to a posted document.
type postedRow struct {
	Group     string
	Referrals []struct {
		ID                    protocol.ReferralID
		Reference, Name       string
		To                    protocol.OrgID
		State, Code, Sentence string
	}
	Waiting, Sentence string
	Report            json.RawMessage
}

// referralRow is a referral as the node lists it.
type referralRow struct {
	ID                                protocol.ReferralID
	Reference, Direction, Partner     string
	PartnerName, State, Words, Reason string
	Since, NextTry                    int64
	Attempts                          int
	TheirReference                    string
	OurReport, TheirReport            json.RawMessage
}

func referralCommand() *cli.Command {
	return &cli.Command{
		Name: "referral", Usage: "send and follow referrals",
		Subcommands: []*cli.Command{
			{
				Name: "send", Usage: "send a referral from a file in your own system's format", ArgsUsage: "FILE|-",
				Flags: []cli.Flag{
					&cli.StringSliceFlag{Name: "to", Usage: "partner `NAME` or id (repeat for several; default: the document or the connection decides)"},
					&cli.StringFlag{Name: "connection", Usage: "which of your connections takes the file"},
					&cli.StringFlag{Name: "format", Usage: "json or xml (default: by the file's ending, else json)"},
					&cli.StringFlag{Name: "key", Usage: "idempotency `KEY`: the same file with the same key is sent once"},
					attachFlag(),
					&cli.BoolFlag{Name: "first", Usage: "of several, the first to accept is the only one; the others are recalled"},
					&cli.BoolFlag{Name: "preview", Usage: "send nothing, and show what each partner would read of it"},
				},
				Action: sendReferral,
			},
			{Name: "list", Usage: "list referrals, newest first", Flags: []cli.Flag{
				&cli.StringFlag{Name: "direction", Usage: "in or out"}, &cli.StringFlag{Name: "state"}, &cli.StringFlag{Name: "after", Usage: "`CURSOR` of the page before"}, &cli.IntFlag{Name: "limit", Value: 50},
			}, Action: listReferrals},
			{Name: "show", Usage: "show one referral", ArgsUsage: "ID", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one referral id"); err != nil {
					return err
				}
				var r referralRow
				return fetch(c, "/v1/referrals/"+segment(c.Args().First()), &r, func(w io.Writer) error { return showReferral(w, &r) })
			}},
			threadCommand(),
			actCommand(),
			readCommand(),
			forwardCommand(),
			filesCommand(),
			fileCommand(),
			proofCommand(),
			{Name: "retry", Usage: "try to deliver now", ArgsUsage: "ID", Action: func(c *cli.Context) error {
				if err := needArgs(c, 1, "one referral id"); err != nil {
					return err
				}
				return clientOf(c).call(c.Context, "POST", "/v1/referrals/"+segment(c.Args().First())+"/retry", nil, nil)
			}},
			{Name: "watch", Usage: "print events as they happen, one JSON object a line", Flags: []cli.Flag{&cli.Uint64Flag{Name: "after", Usage: "sequence `NUMBER` of the last event that you have"}}, Action: watchReferrals},
		},
	}
}

func sendReferral(c *cli.Context) error {
	if err := needArgs(c, 1, "one file, or - for standard input"); err != nil {
		return err
	}
	name := c.Args().First()
	b, err := readInput(name)
	if err != nil {
		return err
	}
	media := "application/json"
	if c.String("format") == "xml" || c.String("format") == "" && strings.EqualFold(filepath.Ext(name), ".xml") {
		media = "application/xml"
	}
	q := url.Values{}
	for _, to := range c.StringSlice("to") {
		q.Add("to", to)
	}
	if id := c.String("connection"); id != "" {
		q.Set("connection", id)
	}
	if c.Bool("first") {
		q.Set("rule", string(protocol.GroupFirstAccepted))
	}
	path := "/v1/referrals"
	if c.Bool("preview") {
		path += ":preview"
	} else if files, err := uploadAll(c); err != nil {
		return err
	} else {
		q["file"] = files
	}
	header := []string{"Content-Type", media}
	if key := c.String("key"); key != "" {
		header = append(header, "Idempotency-Key", key)
	}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, http.MethodPost, path+"?"+q.Encode(), b, &raw, header...); err != nil {
		return err
	}
	if c.Bool("preview") {
		return show(c, raw, func(w io.Writer) error { return printPreview(w, raw) })
	}
	return showPosted(c, raw)
}

func showPosted(c *cli.Context, raw json.RawMessage) error {
	var p postedRow
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	partly := p.Waiting != ""
	err := show(c, raw, func(w io.Writer) error {
		if p.Waiting != "" {
			_, err := fmt.Fprintf(w, "It is stored here and waits for a person: %s\nSee: referworks waiting list\n", printable(p.Sentence))
			return err
		}
		var rows [][]string
		for _, r := range p.Referrals {
			rows = append(rows, []string{r.Reference, r.Name, r.State, r.Sentence, string(r.ID)})
		}
		return table(w, "Nothing was sent.", []string{"REFERENCE", "TO", "STATE", "WHY", "ID"}, rows)
	})
	for _, r := range p.Referrals {
		partly = partly || r.State == string(protocol.TurnedAway)
	}
	if err == nil && partly {
		return fail(exitPartly, "", "not everything is on its way")
	}
	return err
}

func listReferrals(c *cli.Context) error {
	q := url.Values{}
	for _, name := range []string{"direction", "state", "after"} {
		if v := c.String(name); v != "" {
			q.Set(name, v)
		}
	}
	q.Set("limit", fmt.Sprint(c.Int("limit")))
	var out struct {
		Items []referralRow
		Next  string
	}
	return fetch(c, "/v1/referrals?"+q.Encode(), &out, func(w io.Writer) error {
		var rows [][]string
		for _, r := range out.Items {
			rows = append(rows, []string{r.Reference, r.Direction, r.PartnerName, r.Words, r.Reason, when(r.Since), string(r.ID)})
		}
		if err := table(w, "No referral yet. Send one with: referworks referral send FILE", []string{"REFERENCE", "WAY", "PARTNER", "STATE", "WHY", "SINCE", "ID"}, rows); err != nil || out.Next == "" {
			return err
		}
		_, err := fmt.Fprintf(w, "\nMore with: --after %s\n", out.Next)
		return err
	})
}

func showReferral(w io.Writer, r *referralRow) error {
	lines := [][2]string{{"Reference", r.Reference}, {"Way", r.Direction}, {"Partner", r.PartnerName}, {"State", r.Words}, {"Why", r.Reason}, {"Since", when(r.Since)}, {"Next try", when(r.NextTry)}, {"Their reference", r.TheirReference}, {"Id", string(r.ID)}}
	for _, l := range lines {
		if l[1] != "" {
			if _, err := fmt.Fprintf(w, "%-16s %s\n", l[0], printable(l[1])); err != nil {
				return err
			}
		}
	}
	for title, report := range map[string]json.RawMessage{"Our report": r.OurReport, "Their report": r.TheirReport} {
		if len(report) > 0 && string(report) != "null" {
			if _, err := fmt.Fprintf(w, "%s: see --json\n", title); err != nil {
				return err
			}
		}
	}
	return nil
}

// watchReferrals follows the event stream over the control socket until it is interrupted.
func watchReferrals(c *cli.Context) error {
	cl := clientOf(c)
	after := c.Uint64("after")
	for {
		var out struct {
			Items []json.RawMessage
			Next  string
		}
		if err := cl.call(c.Context, "GET", fmt.Sprintf("/v1/events?after=%d&limit=200&wait=true", after), nil, &out); err != nil {
			return err
		}
		for _, e := range out.Items {
			if _, err := fmt.Fprintln(c.App.Writer, string(e)); err != nil {
				return err
			}
		}
		if out.Next != "" {
			if _, err := fmt.Sscan(out.Next, &after); err != nil {
				return err
			}
		}
	}
}
