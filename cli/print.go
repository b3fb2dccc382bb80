package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"
)

// printable takes control and direction characters out of text that came from outside, so that it cannot play
// tricks on a terminal. New lines stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c:
			return '�'
		}
		return r
	}, s)
}

// show prints data: as one JSON object with --json, else as people read it.
func show(c *cli.Context, data json.RawMessage, people func(io.Writer) error) error {
	if c.Bool("json") {
		_, err := fmt.Fprintln(os.Stdout, strings.TrimRight(string(data), "\n"))
		return err
	}
	return people(os.Stdout)
}

// fetch asks the node and shows the answer; out is filled before people runs.
func fetch(c *cli.Context, path string, out any, people func(io.Writer) error) error {
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, "GET", path, nil, &raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return show(c, raw, people)
}

// table prints rows under a head; with no rows it prints the empty sentence instead.
func table(w io.Writer, empty string, head []string, rows [][]string) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, empty)
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(head, "\t"))
	for _, r := range rows {
		for i := range r {
			r[i] = strings.ReplaceAll(strings.ReplaceAll(printable(r[i]), "\t", " "), "\n", " ")
		}
		fmt.Fprintln(tw, strings.Join(r, "\t"))
	}
	return tw.Flush()
}

// talk tells a person what happens, on stderr; --quiet silences it.
func talk(c *cli.Context, format string, args ...any) {
	if !c.Bool("quiet") {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

// when writes a time as people read it.
func when(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).Format("Mon 2 Jan 2006, 15:04")
}

func size(b int64) string {
	switch {
	case b <= 0:
		return "unknown"
	case b < 1<<30:
		return fmt.Sprintf("%d MiB", b>>20)
	}
	return fmt.Sprintf("%d GiB", b>>30)
}

// counted writes a number with its word: 1 receipt, 2 receipts.
func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
