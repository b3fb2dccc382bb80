package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/protocol"
)

func mappingRun() *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "convert a document with a mapping and print what becomes of it; needs no running node", ArgsUsage: "MAPPING FILE",
		Description: "Reads a document of yours and prints the referral and the report, as it would be on a connection that states a contact and how consent is taken. What waits for a person ends with 3 and is printed as far as it came. With --out it reads a referral, or what it has printed before, and prints the document of yours, the report goes to stderr.",
		Flags: []cli.Flag{
			formatFlag, sheetFlag,
			&cli.StringFlag{Name: "xsd", Usage: "`FILE` with an XML Schema of your documents: say what it would object to, on stderr"},
			&cli.BoolFlag{Name: "in", Usage: "from your document to a referral (the default)"},
			&cli.BoolFlag{Name: "out", Usage: "from a referral to your document"},
			&cli.BoolFlag{Name: "bare", Usage: "without stand-ins for what a connection states (organization, contact, consent)"},
		},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 2, "a mapping and a document"); err != nil {
				return err
			}
			if c.Bool("in") && c.Bool("out") {
				return fail(exitUsage, "", "--in and --out are two directions: name one")
			}
			m, err := compileFile(c.Args().First())
			if err != nil {
				return err
			}
			b, err := readInput(c.Args().Get(1))
			if err != nil {
				return err
			}
			if c.Bool("out") {
				return runOut(c, m, b)
			}
			return runIn(c, m, b)
		},
	}
}

// converted is one record's way in.
type converted struct {
	Referral *protocol.Referral `json:"referral,omitempty"` // as far as it came when there is a problem
	Report   *mapping.Report    `json:"report"`
	Problem  string             `json:"problem,omitempty"`
}

func runIn(c *cli.Context, m *mapping.Mapping, b []byte) error {
	format := c.String("format")
	if side := m.Document().Side.Format; format == "" && side != "letter" {
		format = side
	}
	if err := adviseOf(c, m, b); err != nil {
		return err
	}
	all, _, err := schema.Records(schema.Sample{Name: c.Args().Get(1), Format: format, Sheet: c.String("sheet"), Bytes: b}, record.Limits{})
	if err != nil {
		return err
	}
	var list []converted
	var problem error
	ctx := contextOf(c)
	for _, rec := range all {
		one := converted{}
		var err error
		if one.Referral, one.Report, err = m.ToReferral(rec, ctx); err != nil {
			one.Problem, problem = err.Error(), err
		}
		list = append(list, one)
	}
	var out any = map[string]any{"results": list}
	if len(list) == 1 {
		out = list[0]
	}
	if _, err := fmt.Fprintln(c.App.Writer, string(mustJSON(out))); err != nil {
		return err
	}
	var hold *mapping.Hold
	if errors.As(problem, &hold) {
		return fail(exitPartly, "", "%w", problem)
	}
	return problem
}

func contextOf(c *cli.Context) mapping.Context {
	if c.Bool("bare") {
		return mapping.Context{Now: time.Now()}
	}
	return standIn(time.Now())
}

// standIn says what a connection states of itself, in words that show that they are none of the record's. The report
// lists it as stated. A referral that run has made comes home when it is run out with the same mapping.
func standIn(now time.Time) mapping.Context {
	return mapping.Context{
		Now: now, Organization: protocol.OrgIDOf(protocol.Hash{}), OrganizationName: "(your organization)",
		Contact: &mapping.ContactStatement{Name: "(your contact)"},
		Consent: &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodVerbal, Capacity: protocol.CapacitySelf, Days: 180},
	}
}

func runOut(c *cli.Context, m *mapping.Mapping, b []byte) error {
	var earlier struct {
		Referral json.RawMessage `json:"referral"`
		Needs    json.RawMessage `json:"needs"`
	}
	if err := json.Unmarshal(b, &earlier); err != nil {
		return fmt.Errorf("read the referral: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(earlier.Referral), []byte("{")) && earlier.Needs == nil {
		b = earlier.Referral // what run has printed: the standard's own member "referral" has needs beside it
	}
	var ref protocol.Referral
	if err := json.Unmarshal(b, &ref); err != nil {
		return fmt.Errorf("read the referral: %w", err)
	}
	rec, report, err := m.FromReferral(&ref, contextOf(c))
	if err != nil {
		return err
	}
	text, err := write(m, rec)
	if err != nil {
		return err
	}
	if err := adviseOf(c, m, text); err != nil {
		return err
	}
	if c.Bool("json") {
		_, err = fmt.Fprintln(c.App.Writer, string(mustJSON(map[string]any{"format": m.Document().Side.Format, "document": string(text), "report": report})))
		return err
	}
	for _, s := range report.Sentences() {
		talk(c, "%s", printable(s))
	}
	_, err = os.Stdout.Write(append(bytes.TrimRight(text, "\n"), '\n'))
	return err
}

// adviseOf says what an XML Schema would object to in a document of ours. It is advice: the conversion goes on.
func adviseOf(c *cli.Context, m *mapping.Mapping, document []byte) error {
	name := c.String("xsd")
	if name == "" {
		return nil
	}
	if side := m.Document().Side.Format; side != "xml" {
		return fail(exitUsage, "", "--xsd is for XML, and the mapping is for %s", side)
	}
	b, err := readInput(name)
	if err != nil {
		return err
	}
	x, err := schema.ReadXSD(b, "", besideFile(name))
	if err != nil {
		return err
	}
	n, err := record.DecodeXML(document, record.Limits{})
	if err != nil {
		return err
	}
	for _, a := range x.Check(n) {
		talk(c, "XML Schema, line %d: %s", a.Line, printable(a.Sentence))
	}
	for _, what := range x.Unchecked() {
		talk(c, "Not checked: %s.", printable(what))
	}
	return nil
}

// write puts a record into the format of the mapping's side.
func write(m *mapping.Mapping, rec *record.Node) ([]byte, error) {
	switch m.Document().Side.Format {
	case "csv":
		return record.EncodeCSV(rec, record.CSVStyle{})
	case "mail":
		return record.EncodeForm(rec)
	}
	return m.Encode(rec)
}
