// Quality measures the matcher and the converter on real schemas of other systems against right answers that were written
// by hand, prints a table and writes quality.json. It asserts nothing. The samples are read and never copied:
// REFERWORKS_SAMPLES names their folder.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"referworks/bridges/suggest"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}

// usualSamples is where the samples lie beside a checkout.
const usualSamples = "../shared/data"

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("quality", flag.ContinueOnError)
	flags.SetOutput(out)
	folder := flags.String("samples", os.Getenv("REFERWORKS_SAMPLES"), "folder of the samples")
	answers := flags.String("truth", "", "folder of the right answers (default: our own)")
	result := flags.String("out", "quality.json", "file for the figures")
	misses := flags.Bool("misses", false, "also print every wrong answer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *folder == "" {
		if _, err := os.Stat(usualSamples); err != nil {
			_, err := fmt.Fprintf(out, "REFERWORKS_SAMPLES is not set and %s is not there: the quality of mapping is not measured.\n", usualSamples)
			return err
		}
		*folder = usualSamples
	}
	var where fs.FS
	if *answers != "" {
		where = os.DirFS(*answers)
	} else if sub, err := fs.Sub(ourTruth, "truth"); err == nil {
		where = sub
	}
	all, err := readTruth(where)
	if err != nil {
		return err
	}
	lines := measure(all, *folder)
	if err := table(out, lines, *misses); err != nil {
		return err
	}
	b, err := json.MarshalIndent(figuresOf(lines), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*result, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	_, err = fmt.Fprintf(out, "The figures stand in %s.\n", *result)
	return err
}

// line is the figures of one system.
type line struct {
	truth    *truth
	problem  string // why there are none
	leaves   int
	unlisted []string
	first    matching // nothing learnt
	learnt   matching // learnt from the other systems only
	values   matching
	journey  *journey // nil when the sample holds no records
}

func measure(all []truth, folder string) []line {
	lines := make([]line, len(all))
	accepted := learnt(all)
	for i := range all {
		t, l := &all[i], &lines[i]
		l.truth = t
		s, err := readSample(folder, t)
		if err != nil {
			l.problem = err.Error()
			continue
		}
		l.leaves, l.unlisted = len(s.fields), s.unlisted
		l.first = matchFields(t, s, suggest.Options{})
		l.learnt = matchFields(t, s, suggest.Options{Learnt: accepted, WithoutSystem: t.Family})
		l.values = matchValues(t)
		if len(s.records) > 0 {
			if l.journey, err = travel(t, s); err != nil {
				l.problem = err.Error()
			}
		}
	}
	return lines
}
