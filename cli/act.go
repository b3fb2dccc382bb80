package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/protocol"
)

// actCommand takes a step in the life of a referral. What there is to do comes from the table of the protocol.
func actCommand() *cli.Command {
	var kinds strings.Builder
	for _, a := range protocol.Acts() {
		fmt.Fprintf(&kinds, "%-17s %s\n", a.Kind, withPartner(protocol.WordsOfAct(a.Kind).Means.EN))
	}
	return &cli.Command{
		Name: "act", Usage: "take a step in a referral: accept, decline, question, answer, close, recall ...", ArgsUsage: "KIND ID",
		Description: "The kinds of steps:\n\n" + kinds.String() + "\nWhat can be done now, and what each step needs: referworks referral thread ID",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "text", Usage: "`MESSAGE` for the people at the other side"},
			&cli.StringFlag{Name: "reason", Usage: "`CODE` of a decline or a return"},
			&cli.StringFlag{Name: "of", Usage: "`ID` of the question or proposal that it answers; not needed when there is one"},
			&cli.BoolFlag{Name: "yes", Usage: "the answer is yes; of purged: destroy what is here"},
			&cli.BoolFlag{Name: "no", Usage: "the answer is no"},
			&cli.StringFlag{Name: "at", Usage: "`TIME` of an appointment, like 2026-12-01T10:00:00-05:00"},
			&cli.StringFlag{Name: "until", Usage: "`TIME` when it ends"},
			&cli.StringFlag{Name: "place", Usage: "`WHERE` an appointment is"},
			&cli.StringSliceFlag{Name: "outcome", Usage: "`NEED=RESULT`: what became of a need (repeat)"},
			&cli.StringFlag{Name: "organization", Usage: "`ID` of the organization that is proposed"},
			&cli.StringFlag{Name: "organization-name", Usage: "its `NAME`"},
			&cli.StringFlag{Name: "file", Usage: "`FILE` with the new version, in the common standard, of an update"},
			attachFlag(),
			&cli.StringFlag{Name: "key", Usage: "idempotency `KEY`: the same step with the same key is taken once"},
			languageFlag(),
		},
		Action: takeStep,
	}
}

// withPartner puts words in place of a partner's name.
func withPartner(s string) string {
	s = strings.ReplaceAll(s, "{partner}", "the partner")
	s = strings.ReplaceAll(s, ". the partner", ". The partner")
	if rest, begins := strings.CutPrefix(s, "the partner"); begins {
		s = "The partner" + rest
	}
	return s
}

func languageFlag() cli.Flag {
	return &cli.StringFlag{Name: "language", Value: "en", Usage: "en or es"}
}

func takeStep(c *cli.Context) error {
	if err := needArgs(c, 2, "the kind of step and a referral id"); err != nil {
		return err
	}
	kind, id := c.Args().Get(0), c.Args().Get(1)
	if _, ok := protocol.ActOf(protocol.MessageKind(kind)); !ok {
		return fail(exitUsage, "See: referworks referral act --help", "there is no step %q", printable(kind))
	}
	in := map[string]any{"kind": kind}
	for flag, member := range map[string]string{"text": "text", "reason": "reason", "of": "of", "at": "at", "until": "until", "place": "place", "organization": "to", "organization-name": "toName"} {
		if c.IsSet(flag) {
			in[member] = c.String(flag)
		}
	}
	switch {
	case c.Bool("yes") && c.Bool("no"):
		return fail(exitUsage, "", "say --yes or --no, not both")
	case c.Bool("yes") || c.Bool("no"):
		in["agreed"] = c.Bool("yes")
	}
	var outcomes []protocol.Outcome
	for _, o := range c.StringSlice("outcome") {
		need, result, ok := strings.Cut(o, "=")
		if !ok {
			return fail(exitUsage, "", "write an outcome as NEED=RESULT; the results are: %s", strings.Join(protocol.Outcomes, ", "))
		}
		outcomes = append(outcomes, protocol.Outcome{Need: need, Result: result})
	}
	if outcomes != nil {
		in["outcomes"] = outcomes
	}
	if c.IsSet("file") {
		b, err := os.ReadFile(c.String("file"))
		if err != nil {
			return fmt.Errorf("read the new version: %w", err)
		}
		if !json.Valid(b) {
			return fail(exitUsage, "", "the new version is not JSON")
		}
		in["referral"] = json.RawMessage(b)
	}
	files, err := uploadAll(c)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		in["files"] = files
	}
	header := []string{"Accept-Language", c.String("language")}
	if key := c.String("key"); key != "" {
		header = append(header, "Idempotency-Key", key)
	}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "POST", "/v1/referrals/"+segment(id)+"/acts", in, &raw, header...); err != nil {
		return err
	}
	return show(c, raw, func(w io.Writer) error { return printThread(w, raw) })
}

// threadCommand shows where a referral stands and what was said.
func threadCommand() *cli.Command {
	return &cli.Command{
		Name: "thread", Usage: "show a referral's life: where it stands, whose move it is, what was said, what you can do", ArgsUsage: "ID",
		Flags: []cli.Flag{languageFlag()},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one referral id"); err != nil {
				return err
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "GET", "/v1/referrals/"+segment(c.Args().First())+"/thread", nil, &raw, "Accept-Language", c.String("language")); err != nil {
				return err
			}
			return show(c, raw, func(w io.Writer) error { return printThread(w, raw) })
		},
	}
}

func readCommand() *cli.Command {
	return &cli.Command{
		Name: "read", Usage: "print what a referral says, in the common standard; that it was read is in the audit log", ArgsUsage: "ID",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one referral id"); err != nil {
				return err
			}
			var raw json.RawMessage
			if err := clientOf(c).call(c.Context, "GET", "/v1/referrals/"+segment(c.Args().First())+"/content", nil, &raw); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.App.Writer, string(raw))
			return err
		},
	}
}

func printThread(w io.Writer, raw json.RawMessage) error {
	var t struct {
		Status, Words, Turn, Side, Phone, Purge string
		ReplyBy                                 int64
		Late                                    bool
		Version                                 int
		Allowed                                 []struct {
			Kind, Button string
			Needs        []string
		}
		Messages []struct {
			Mine, Void, Erased                               bool
			By, Kind, Did, State, Text, Because, When, Place string
			Outcomes                                         []protocol.Outcome
			At                                               int64
		}
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", t.Words)
	switch {
	case t.Turn == "":
	case t.Turn == t.Side:
		fmt.Fprintf(&b, "It is your move%s.\n", untilWhen(t.ReplyBy))
	default:
		fmt.Fprintf(&b, "It is their move%s.\n", untilWhen(t.ReplyBy))
	}
	if t.Late {
		fmt.Fprintf(&b, "It is late. Phone them%s.\n", map[bool]string{true: ": " + printable(t.Phone)}[t.Phone != ""])
	}
	b.WriteString("\n")
	for _, m := range t.Messages {
		fmt.Fprintf(&b, "%s  %s %s", when(m.At), printable(m.By), m.Did)
		if m.Because != "" {
			fmt.Fprintf(&b, ": %s", m.Because)
		}
		if m.When != "" {
			fmt.Fprintf(&b, ": %s %s", printable(m.When), printable(m.Place))
		}
		switch {
		case m.Void:
			b.WriteString("  (it changed nothing: something else came first)")
		case m.Erased:
			b.WriteString("  (destroyed)")
		case m.Mine && m.State != string(protocol.OnTheirDisk):
			fmt.Fprintf(&b, "  (%s)", m.State)
		}
		b.WriteString("\n")
		for _, o := range m.Outcomes {
			fmt.Fprintf(&b, "    %s: %s\n", printable(o.Need), protocol.OutcomeWords(o.Result).EN)
		}
		for line := range strings.Lines(m.Text) {
			fmt.Fprintf(&b, "    %s\n", printable(strings.TrimRight(line, "\r\n")))
		}
	}
	if len(t.Allowed) > 0 {
		b.WriteString("\nYou can (referworks referral act KIND ID):\n")
	}
	for _, a := range t.Allowed {
		needs := ""
		if len(a.Needs) > 0 {
			needs = "  needs " + strings.Join(a.Needs, ", ")
		}
		fmt.Fprintf(&b, "  %-17s %s%s\n", a.Kind, a.Button, needs)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func untilWhen(at int64) string {
	if at == 0 {
		return ""
	}
	return ", until " + time.UnixMilli(at).Format("Monday 2 January 15:04")
}
