package mapping

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a document, as a sentence for its author, with what is needed to show it in its place.
type Problem struct {
	Rule     string `json:"rule,omitempty"`     // id of the rule
	Label    string `json:"label,omitempty"`    // our label
	Standard string `json:"standard,omitempty"` // the standard's label, else its path
	At       string `json:"at,omitempty"`       // where in the document: a path
	Line     int    `json:"line,omitempty"`     // in the source, when it was read from one
	Sentence string `json:"sentence"`
}

// Problems is every mistake of a document at once.
type Problems struct{ All []Problem }

func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.All)+1)
	if len(p.All) == 1 {
		lines = append(lines, "the mapping document has a mistake:")
	} else {
		lines = append(lines, fmt.Sprintf("the mapping document has %d mistakes:", len(p.All)))
	}
	for _, one := range p.All {
		lines = append(lines, "- "+one.Sentence)
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(at string, line int, format string, args ...any) {
	p.All = append(p.All, Problem{At: at, Line: line, Sentence: fmt.Sprintf(format, args...)})
}

func (p *Problems) orNil() error {
	if len(p.All) == 0 {
		return nil
	}
	return p
}
