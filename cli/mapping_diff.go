package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"referworks/bridges/mapping"
)

func mappingDiff() *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "say in sentences what differs between two mappings; needs no running node", ArgsUsage: "OLD NEW",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 2, "two files, the old one and the new one"); err != nil {
				return err
			}
			before, err := readMapping(c.Args().Get(0))
			if err != nil {
				return fmt.Errorf("%s: %w", c.Args().Get(0), err)
			}
			after, err := readMapping(c.Args().Get(1))
			if err != nil {
				return fmt.Errorf("%s: %w", c.Args().Get(1), err)
			}
			lines := differences(before, after)
			return show(c, mustJSON(map[string]any{"same": len(lines) == 0, "sentences": append([]string{}, lines...)}), func(w io.Writer) error {
				if len(lines) == 0 {
					lines = []string{"The two mappings do the same."}
				}
				return printLines(w, lines)
			})
		},
	}
}

// differences tells what the second document does otherwise. Nothing is left out: what has no sentence of its own is
// named by its part.
func differences(before, after *mapping.Document) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	old := map[string]*mapping.Rule{}
	for i := range before.Rules {
		old[before.Rules[i].ID] = &before.Rules[i]
	}
	for i := range after.Rules {
		r := &after.Rules[i]
		was := old[r.ID]
		delete(old, r.ID)
		switch {
		case was == nil:
			say("New: %s", sentenceOf(r))
		case !alike(was, r):
			if a, b := sentenceOf(was), sentenceOf(r); a != b {
				say("Changed: %s Before: %s", b, a)
			} else {
				say("Changed in a detail: %s", b)
			}
		}
	}
	for i := range before.Rules {
		if r := &before.Rules[i]; old[r.ID] != nil {
			say("Gone: %s", sentenceOf(r))
		}
	}
	lines = append(lines, tableDifferences(before.ValueTables, after.ValueTables)...)
	for _, part := range []struct {
		what          string
		before, after any
	}{
		{"name", before.Name, after.Name}, {"standard", before.Standard, after.Standard},
		{"description of our side", before.Side, after.Side}, {"groups", before.Groups, after.Groups},
		{"recipients", before.Recipients, after.Recipients}, {"part for unmapped fields", before.Unmapped, after.Unmapped},
		{"list of what never travels", before.Never, after.Never}, {"tests", before.Tests, after.Tests},
		{"comment", before.Comment, after.Comment}, {"id", before.ID, after.ID},
	} {
		if !alike(part.before, part.after) {
			say("The %s changed.", part.what)
		}
	}
	return lines
}

func tableDifferences(before, after map[string]mapping.ValueTable) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, name := range sortedNames(after) {
		was, known := before[name]
		if !known {
			say("New: the value table %s, with %d rows.", name, len(after[name].Rows))
			continue
		}
		codes := map[string]string{}
		for _, r := range was.Rows {
			codes[r.Ours] = r.Code
		}
		told := false
		for _, r := range after[name].Rows {
			code, known := codes[r.Ours]
			delete(codes, r.Ours)
			switch {
			case !known:
				say("Value table %s: %q is now %s.", name, r.Ours, r.Code)
			case code != r.Code:
				say("Value table %s: %q is now %s and was %s.", name, r.Ours, r.Code, code)
			default:
				continue
			}
			told = true
		}
		for _, r := range was.Rows {
			if _, gone := codes[r.Ours]; gone {
				say("Value table %s: %q has no code any more; it was %s.", name, r.Ours, r.Code)
				delete(codes, r.Ours)
				told = true
			}
		}
		if !told && !alike(was, after[name]) {
			say("Value table %s changed in a detail.", name)
		}
	}
	for _, name := range sortedNames(before) {
		if _, still := after[name]; !still {
			say("Gone: the value table %s.", name)
		}
	}
	return lines
}

// alike compares two parts of documents by what they say in JSON.
func alike(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}
