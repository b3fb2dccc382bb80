package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

func mappingExplain() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "say in sentences what a mapping does; needs no running node", ArgsUsage: "FILE|-",
		Flags: []cli.Flag{&cli.StringFlag{Name: "field", Usage: "only what concerns this `FIELD`, of yours or of the standard"}},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one file"); err != nil {
				return err
			}
			m, err := compileFile(c.Args().First())
			if err != nil {
				return err
			}
			doc := m.Document()
			var lines []string
			for i := range doc.Rules {
				if r := &doc.Rules[i]; concerns(r, c.String("field")) {
					lines = append(lines, sentenceOf(r))
				}
			}
			if c.String("field") == "" {
				lines = append(lines, restOf(doc)...)
			} else if len(lines) == 0 {
				lines = append(lines, "No rule speaks of it: it travels as the part for unmapped fields says. "+unmappedSentence(doc))
			}
			return show(c, mustJSON(map[string]any{"name": doc.Name, "hash": m.Hash(), "sentences": lines}), func(w io.Writer) error {
				return printLines(w, lines)
			})
		},
	}
}

func printLines(w io.Writer, lines []string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, printable(l)); err != nil {
			return err
		}
	}
	return nil
}

func concerns(r *mapping.Rule, field string) bool {
	if field == "" || r.Standard == field || strings.EqualFold(r.Label, field) {
		return true
	}
	for _, l := range r.Local {
		if strings.EqualFold(l, field) || strings.EqualFold(strings.Trim(l, `"`), field) {
			return true
		}
	}
	return false
}

// sentenceOf tells a rule: whose field meets which, how, and when.
func sentenceOf(r *mapping.Rule) string {
	var b strings.Builder
	ours := strings.Join(r.Local, " + ")
	if r.Label != "" && ours != "" {
		ours = r.Label + " (" + ours + ")"
	}
	theirs := ""
	if r.Standard != "" {
		theirs = protocol.Label(general(r.Standard))
		if theirs != r.Standard {
			theirs += " (" + r.Standard + ")"
		}
	}
	switch {
	case theirs == "":
		fmt.Fprintf(&b, "%s is filled in by the mapping", ours)
	case ours == "":
		fmt.Fprintf(&b, "%s is filled in by the mapping", theirs)
	case r.Direction == "in":
		fmt.Fprintf(&b, "%s becomes %s, on the way in only", ours, theirs)
	case r.Direction == "out":
		fmt.Fprintf(&b, "%s becomes %s, on the way out only", theirs, ours)
	default:
		fmt.Fprintf(&b, "%s is %s, both ways", ours, theirs)
	}
	for i, s := range r.Via {
		b.WriteString([]string{", by ", ", then "}[min(i, 1)] + stepOf(s))
	}
	if r.When != nil {
		b.WriteString(", under a condition")
	}
	if r.Required {
		b.WriteString("; it is required")
	}
	switch r.OnFailure {
	case "hold":
		b.WriteString("; when it does not fit, the conversion waits for a person")
	case "skip":
		b.WriteString("; when it does not fit, it is left out")
	}
	b.WriteString(".")
	if r.Comment != "" {
		b.WriteString(" " + r.Comment)
	}
	return b.String()
}

// stepOf names a function with its arguments.
func stepOf(s mapping.Step) string {
	if s.Args == nil || len(s.Args.Children) == 0 {
		return s.Fn
	}
	var args []string
	for _, a := range s.Args.Children {
		text := a.Text
		if !a.Leaf() {
			if b, err := record.EncodeJSON(a); err == nil {
				text = string(b)
			}
		}
		args = append(args, a.Name+" "+text)
	}
	return s.Fn + " (" + strings.Join(args, ", ") + ")"
}

// general takes the conditions out of a place of the standard.
func general(place string) string {
	p, err := record.ParsePath(place)
	if err != nil {
		return place
	}
	for i := range p {
		if p[i].Step != record.Plain {
			p[i].Step, p[i].Match, p[i].Index = record.Each, nil, 0
		}
	}
	return p.String()
}

// restOf tells what a mapping does beside its rules.
func restOf(d *mapping.Document) []string {
	var lines []string
	for _, g := range d.Groups {
		lines = append(lines, fmt.Sprintf("Each item of %s is one of %s.", g.Local, protocol.Label(general(g.Standard))))
	}
	for _, name := range sortedNames(d.ValueTables) {
		t := d.ValueTables[name]
		lines = append(lines, fmt.Sprintf("The value table %s has %d rows.", name, len(t.Rows)))
	}
	for _, n := range d.Never {
		place := n.Local + n.Standard
		if n.Allow {
			lines = append(lines, fmt.Sprintf("%s may travel: %s", place, n.Reason))
		} else {
			lines = append(lines, fmt.Sprintf("%s never travels.", place))
		}
	}
	return append(lines, unmappedSentence(d))
}

func unmappedSentence(d *mapping.Document) string {
	if d.Unmapped.Policy == "drop" {
		return "Fields without a rule are left behind, and the report says so."
	}
	return "Fields without a rule travel as extra facts."
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
