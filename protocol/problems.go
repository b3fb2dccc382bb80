package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a referral. It names the field and never holds a value.
type Problem struct {
	Path     string `json:"path"`  // concrete
	Label    string `json:"label"` // "Referred person - First name"
	Sentence string `json:"sentence"`
}

func (p Problem) String() string { return p.Label + ": " + p.Sentence }

// Problems is everything that is wrong with a referral, in the order of the standard, at most MaxProblems.
type Problems struct {
	List []Problem `json:"problems"`
	More bool      `json:"more,omitempty"` // there were others
}

// MaxProblems is how many problems are listed: someone who sends nonsense gets no essay back.
const MaxProblems = 100

func (p *Problems) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "check referral: %d problem(s)", len(p.List))
	for i, one := range p.List {
		if i == 10 {
			b.WriteString("; and more")
			break
		}
		b.WriteString("; " + one.String())
	}
	return b.String()
}

func (p *Problems) add(path, sentence string) {
	if len(p.List) == MaxProblems {
		p.More = true
		return
	}
	p.List = append(p.List, Problem{Path: path, Label: Label(path), Sentence: sentence})
}

// err gives p as an error, or nil: a nil *Problems in an error would not be nil.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}

// step is a part of the way to a place.
type step struct {
	node     *node
	position int // in a list, else -1
}

// trail is the way to a place. The path is only written when there is a problem to report.
type trail []step

func (t trail) path() string {
	b := make([]byte, 0, 64)
	for i, s := range t {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, s.node.name...)
		if s.position >= 0 {
			b = append(strconv.AppendInt(append(b, '['), int64(s.position), 10), ']')
		}
	}
	return string(b)
}
