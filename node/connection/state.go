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
	Untried Condition = "untried" // nothing was heard of its medium since it was set up or the node started
)

// State is a connection as an administrator sees it.
type State struct {
	Condition Condition `json:"condition" enum:"works,trouble,paused,untried"`
	Sentence  string    `json:"sentence,omitempty" doc:"What its medium said last, when it did not work."`
	At        int64     `json:"at,omitempty" doc:"When that was; milliseconds UTC."`
	Secrets   []string  `json:"secrets" doc:"Names of the secrets that are kept."`
}

// heard is the last word of a medium.
type heard struct {
	sentence string // empty: it works
	at       int64
}

// hear keeps what a medium said; nil says that it works.
func (s *Set) hear(id string, err error) {
	h := heard{at: s.Now().UnixMilli()}
	if err != nil {
		h.sentence = err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[id] = h
}

// State tells how a connection is. Connections without a medium always work.
func (s *Set) State(c Connection) (State, error) {
	secrets, err := s.secrets(c.ID)
	if err != nil {
		return State{}, err
	}
	s.mu.Lock()
	h, ok := s.heard[c.ID]
	s.mu.Unlock()
	st := State{Condition: Untried, Sentence: h.sentence, At: h.at, Secrets: slices.Sorted(maps.Keys(secrets))}
	if st.Secrets == nil {
		st.Secrets = []string{}
	}
	switch {
	case c.Paused:
		st.Condition = Resting
	case c.Kind == KindAPI || c.Kind == KindInbox:
		st.Condition = Works
	case ok && h.sentence != "":
		st.Condition = Trouble
	case ok:
		st.Condition = Works
	}
	return st, nil
}
