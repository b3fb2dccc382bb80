package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"referworks/bridges/suggest"
)

// previewRow is one referral that a document would become.
type previewRow struct {
	Sentence string
	Report   json.RawMessage
	Partners []struct {
		Name, Sentence string
		NamesFirst     bool
		Lines          []suggest.Line
	}
	More []previewRow
}

// standingWords are headings of a preview, in their order.
var standingWords = []struct {
	standing suggest.Standing
	words    string
}{
	{suggest.AsField, "as fields of their own"},
	{suggest.AsText, "as text"},
	{suggest.Unknown, "somehow: their card does not say what their system keeps"},
	{suggest.NotCarried, "only on their node; their system has no place for it"},
	{suggest.Withheld, "not at all; it stays here"},
}

// printPreview shows what each partner would read of a document.
func printPreview(w io.Writer, raw json.RawMessage) error {
	var p previewRow
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	var b strings.Builder
	for i, one := range append([]previewRow{p}, p.More...) {
		if len(p.More) > 0 {
			fmt.Fprintf(&b, "Referral %d\n", i+1)
		}
		if one.Sentence != "" {
			fmt.Fprintf(&b, "It would wait for a person: %s\n", printable(one.Sentence))
		}
		if len(one.Report) > 0 {
			fmt.Fprintf(&b, "Of your document: %s\n", reportLine(one.Report))
		}
		for _, to := range one.Partners {
			fmt.Fprintf(&b, "\n%s", printable(to.Name))
			if to.Sentence != "" {
				fmt.Fprintf(&b, ": %s\n", printable(to.Sentence))
				continue
			}
			b.WriteString(" would read\n")
			if to.NamesFirst {
				b.WriteString("  at first the names alone, and the rest when there is no conflict of interest\n")
			}
			for _, s := range standingWords {
				if labels := labelsOf(to.Lines, s.standing); len(labels) > 0 {
					fmt.Fprintf(&b, "  %s (%d):\n    %s\n", s.words, countOf(to.Lines, s.standing), strings.Join(labels, "\n    "))
				}
			}
		}
	}
	b.WriteString("\nNothing was sent.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// labelsOf names the values that reach the partner in one way: a line for each part of the referral, each name once.
func labelsOf(lines []suggest.Line, s suggest.Standing) (labels []string) {
	var part string
	var names []string
	times := map[string]int{}
	flush := func() {
		for i, n := range names {
			if times[n] > 1 {
				names[i] = fmt.Sprintf("%s (%d times)", n, times[n])
			}
		}
		if len(names) > 0 {
			labels = append(labels, part+": "+strings.Join(names, ", "))
		}
		names = nil
		clear(times)
	}
	for _, l := range lines {
		if l.Standing != s {
			continue
		}
		group, name, _ := strings.Cut(printable(l.Label), " - ")
		if name == "" {
			name = group
		}
		if l.Note != "" && s == suggest.AsField {
			name += " (" + printable(l.Note) + ")"
		}
		if group != part {
			flush()
			part = group
		}
		if times[name]++; times[name] == 1 {
			names = append(names, name)
		}
	}
	flush()
	return labels
}

// countOf is how many values reach the partner in one way.
func countOf(lines []suggest.Line, s suggest.Standing) (n int) {
	for _, l := range lines {
		if l.Standing == s {
			n++
		}
	}
	return n
}
