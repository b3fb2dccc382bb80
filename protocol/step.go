package protocol

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Step is the body of every message but the first. Which members a kind needs and takes is in the table of Acts.
type Step struct {
	redact `json:"-"`

	Text     string       `json:"text,omitempty"`     // for the people at the other side
	Reason   string       `json:"reason,omitempty"`   // of DeclineReasons or ReturnReasons
	ID       string       `json:"id,omitempty"`       // of a question, an appointment or a proposal, within its author's messages
	Of       string       `json:"of,omitempty"`       // the id that it is about
	Agreed   *bool        `json:"agreed,omitempty"`   // of an answer to a recall or a proposal; of purged: it cannot be read any more
	At       string       `json:"at,omitempty"`       // RFC 3339: of an appointment; of a waiting list, when a place is hoped for
	Until    string       `json:"until,omitempty"`    // RFC 3339
	Place    string       `json:"place,omitempty"`    // of an appointment
	Outcomes []Outcome    `json:"outcomes,omitempty"` // one for each need
	To       OrgID        `json:"to,omitempty"`       // of a proposal: who would be better
	ToName   string       `json:"toName,omitempty"`
	Files    []Attachment `json:"files,omitempty"`
	Referral *Referral    `json:"referral,omitempty"` // of an update: the whole new version
}

// Outcome is what became of one need.
type Outcome struct {
	Need   string `json:"need"`   // its short id
	Result string `json:"result"` // of Outcomes
	Text   string `json:"text,omitempty"`
}

// Sizes of a Step, in characters.
const (
	maxStepText = 10_000
	maxStepID   = 40
	maxOutcomes = 100
)

// members names what is there, by its JSON name.
func (s *Step) members() []string {
	there := []struct {
		name string
		is   bool
	}{
		{"text", s.Text != ""}, {"reason", s.Reason != ""}, {"id", s.ID != ""}, {"of", s.Of != ""}, {"agreed", s.Agreed != nil}, {"at", s.At != ""},
		{"until", s.Until != ""}, {"place", s.Place != ""}, {"outcomes", len(s.Outcomes) > 0}, {"to", s.To != ""}, {"toName", s.ToName != ""},
		{"files", len(s.Files) > 0}, {"referral", s.Referral != nil},
	}
	var names []string
	for _, m := range there {
		if m.is {
			names = append(names, m.name)
		}
	}
	return names
}

// Check says what is wrong with the body of a message of the kind: every mistake at once, as sentences without values.
// It does not look into a referral; see Referral.ValidateFor.
func (s *Step) Check(kind MessageKind) error {
	a, ok := ActOf(kind)
	if !ok {
		return fmt.Errorf("there is no step %q", clipped(string(kind)))
	}
	p := &Problems{}
	there := s.members()
	for _, need := range a.Needs {
		if !slices.Contains(there, need) {
			p.step(need, "is needed")
		}
	}
	for _, name := range there {
		if !slices.Contains(a.Needs, name) && !slices.Contains(a.Takes, name) {
			p.step(name, "does not belong here")
		}
	}
	for _, m := range [][2]string{{"text", s.Text}, {"place", s.Place}, {"toName", s.ToName}} {
		if !utf8.ValidString(m[1]) || utf8.RuneCountInString(m[1]) > maxStepText {
			p.step(m[0], fmt.Sprintf("may have %d characters", maxStepText))
		}
	}
	for _, m := range [][2]string{{"id", s.ID}, {"of", s.Of}} {
		if len(m[1]) > maxStepID || strings.ContainsFunc(m[1], func(r rune) bool { return r <= ' ' || r > '~' }) {
			p.step(m[0], fmt.Sprintf("must be at most %d letters, digits or signs", maxStepID))
		}
	}
	for _, m := range [][2]string{{"at", s.At}, {"until", s.Until}} {
		if _, err := time.Parse(time.RFC3339, m[1]); m[1] != "" && err != nil {
			p.step(m[0], "must be a time with its offset, like 2026-11-23T14:30:00-05:00")
		}
	}
	if s.Reason != "" && !slices.Contains(reasonsOf(kind), s.Reason) {
		p.step("reason", "must be one of: "+strings.Join(reasonsOf(kind), ", "))
	}
	if len(s.Outcomes) > maxOutcomes {
		p.step("outcomes", fmt.Sprintf("may have %d entries", maxOutcomes))
	}
	for i, o := range s.Outcomes {
		if o.Need == "" || len(o.Need) > maxStepID || !slices.Contains(Outcomes, o.Result) || utf8.RuneCountInString(o.Text) > maxStepText {
			p.step(fmt.Sprintf("outcomes[%d]", i), "must name a need and one of: "+strings.Join(Outcomes, ", "))
		}
	}
	if s.To != "" {
		if _, err := ParseOrgID(string(s.To)); err != nil {
			p.step("to", "must be an organization id")
		}
	}
	if len(s.Files) > MaxFiles {
		p.step("files", fmt.Sprintf("may have %d entries", MaxFiles))
	}
	return p.err()
}

func (p *Problems) step(name, sentence string) {
	member, _, _ := strings.Cut(name, "[")
	p.List = append(p.List, Problem{Path: name, Label: stepLabels[member], Sentence: sentence})
}

// stepLabels are the members as people read them.
var stepLabels = map[string]string{
	"text": "Message", "reason": "Reason", "id": "Short id", "of": "What it answers", "agreed": "Yes or no", "at": "When", "until": "Until",
	"place": "Where", "outcomes": "What became of each need", "to": "Organization", "toName": "Organization name", "files": "Files", "referral": "New version",
}

func reasonsOf(k MessageKind) []string {
	switch k {
	case KindDecline:
		return DeclineReasons
	case KindReturn:
		return ReturnReasons
	}
	return nil
}

func clipped(s string) string { return s[:min(len(s), 40)] }

// Facts gives what the fold reads of a body and nothing about the person: it may be kept when the body is destroyed.
func (s *Step) Facts() Step { return Step{ID: s.ID, Of: s.Of, Agreed: s.Agreed} }
