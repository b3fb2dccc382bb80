package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/node/exchange"
)

func proofCommand() *cli.Command {
	return &cli.Command{
		Name: "proof", Usage: "write the signatures of one referral, without anything about the person", ArgsUsage: "ID",
		Description: "The file shows, to anybody and offline, that the two organizations exchanged this referral, when, and\nunder which terms. Check it with: referworks verify FILE",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "`FILE` to write (default: print it)"},
			&cli.BoolFlag{Name: "body", Usage: "with what was said; this shows everything about the person, and is noted in the audit log"},
		},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one referral id"); err != nil {
				return err
			}
			path := "/v1/referrals/" + segment(c.Args().First()) + "/proof"
			if c.Bool("body") {
				path += "?body=true"
			}
			var p exchange.Proof
			if err := clientOf(c).call(c.Context, "GET", path, nil, &p); err != nil {
				return err
			}
			b, err := exchange.WriteProof(&p)
			if err != nil {
				return err
			}
			if c.String("out") == "" {
				_, err = c.App.Writer.Write(b)
				return err
			}
			if err := os.WriteFile(c.String("out"), b, 0o600); err != nil {
				return fmt.Errorf("write the proof: %w", err)
			}
			_, err = fmt.Fprintf(c.App.Writer, "The proof is in %s. Anybody can check it with: referworks verify %s\n", printable(c.String("out")), printable(c.String("out")))
			return err
		},
	}
}

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "check a proof offline", ArgsUsage: "FILE",
		Description: "Needs no node and no network. It ends with 0 only when every signature in the file holds.",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file"); err != nil {
				return err
			}
			f, err := os.Open(c.Args().First())
			if err != nil {
				return fmt.Errorf("read the proof: %w", err)
			}
			defer f.Close()
			b, err := io.ReadAll(io.LimitReader(f, exchange.MaxProof+1))
			if err != nil {
				return fmt.Errorf("read the proof: %w", err)
			}
			v, err := exchange.VerifyProof(b)
			if err != nil {
				return fail(exitIntegrity, "Ask for the file again from who gave it to you.", "this proof does not hold: %w", err)
			}
			raw, err := json.Marshal(v)
			if err != nil {
				return err
			}
			return show(c, raw, func(w io.Writer) error { return printVerified(w, v) })
		},
	}
}

func printVerified(w io.Writer, v *exchange.Verified) error {
	_, err := fmt.Fprintf(w, "The proof holds.\nReferral %s\nfrom     %s\nto       %s\n\n", v.Referral, v.From, v.To)
	for _, s := range v.Steps {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s  %s  %s, by %s\n", s.At.Format(time.DateTime), "signed", s.Kind, s.By.Short())
		for _, r := range s.Receipts {
			if err == nil {
				_, err = fmt.Fprintf(w, "%s    %s%s\n", r.At.Format(time.DateTime), r.Level, codeOf(r))
			}
		}
	}
	if err == nil && v.Bodies > 0 {
		_, err = fmt.Fprintf(w, "\nThe file also holds what %d of the messages said, exactly as it was signed.\n", v.Bodies)
	}
	return err
}

func codeOf(r exchange.VerifiedReceipt) string {
	if r.Code == "" {
		return ""
	}
	return ": " + string(r.Code)
}
