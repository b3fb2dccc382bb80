package connection

import (
	"errors"
	"fmt"
	"strings"

	"referworks/bridges"
)

// Flaw is one thing that is wrong with a connection as somebody wrote it, with its place: "name", "settings.url",
// "recipients.Elm Street", "rules.0".
type Flaw struct {
	At       string
	Sentence string
}

// Flaws are all of them. Nothing was kept.
type Flaws struct {
	ID   string
	List []Flaw
}

func (f *Flaws) Error() string {
	lines := make([]string, len(f.List))
	for i, one := range f.List {
		lines[i] = one.Sentence
	}
	return fmt.Sprintf("set up connection %s: %s", clip(f.ID), strings.Join(lines, "\n"))
}

func (f *Flaws) say(at, format string, args ...any) {
	f.List = append(f.List, Flaw{at, fmt.Sprintf(format, args...)})
}

// settings adds what a medium says of its own settings, each at its place.
func (f *Flaws) settings(err error) {
	if err == nil {
		return
	}
	var wrong *bridges.Wrong
	switch joined := err.(type) { //nolint:errorlint // only the join itself is taken apart
	case interface{ Unwrap() []error }:
		for _, one := range joined.Unwrap() {
			f.settings(one)
		}
	default:
		if errors.As(err, &wrong) {
			f.say("settings."+wrong.Setting, "%s", wrong.Err)
		} else {
			f.say("settings", "%s", err)
		}
	}
}

// orNil gives the flaws as an error.
func (f *Flaws) orNil() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}
