package connection

import (
	"maps"
	"slices"
)

// Condition is how a connection is, in one word.
type Condition string

// The conditions.
const (
	Works   Condition = "works"
	Trouble Condition = "trouble"
	Resting Condition = "paused"
	Untried Condition = "untried" // nothing was heard of its medium since it was set up or changed
)

// State is a connection as an administrator sees it.
type State struct {
	Condition Condition `json:"condition" enum:"works,trouble,paused,untried"`
	Sentence  string    `json:"sentence,omitempty" doc:"What its medium said last, when it did not work."`
	At        int64     `json:"at,omitempty" doc:"Since when it is so; milliseconds UTC."`
	Success   int64     `json:"success,omitempty" doc:"When it last worked; milliseconds UTC."`
	Secrets   []string  `json:"secrets" doc:"Names of the secrets that are kept."`
}

// State tells how a connection is. Connections without a medium always work.
func (s *Set) State(c Connection) (State, error) {
	secrets, err := s.secrets(c.ID)
	if err != nil {
		return State{}, err
	}
	h, err := s.Health(c.ID)
	if err != nil {
		return State{}, err
	}
	ok := h.Since != 0
	st := State{Condition: Untried, Sentence: h.Error, At: h.Since, Success: h.Success, Secrets: slices.Sorted(maps.Keys(secrets))}
	if st.Secrets == nil {
		st.Secrets = []string{}
	}
	switch {
	case c.Paused:
		st.Condition = Resting
	case c.Kind == KindAPI || c.Kind == KindInbox:
		st.Condition = Works
	case ok && h.Error != "":
		st.Condition = Trouble
	case ok:
		st.Condition = Works
	}
	return st, nil
}
