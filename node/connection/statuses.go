package connection

import (
	"errors"
	"fmt"
	"slices"

	"referworks/bridges"
	"referworks/bridges/record"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// statuses gives the status map of a connection: its own, what its kind says, or the words of FHIR Task and our own.
func (s *Set) statuses(c *Connection) []bridges.StatusWord {
	if len(c.Statuses) > 0 {
		return c.Statuses
	}
	if own := s.Kinds[c.Kind].Statuses; len(own) > 0 {
		return own
	}
	return commonStatuses
}

// commonStatuses are our own words for where a referral stands, then those of FHIR Task.
var commonStatuses = func() (all []bridges.StatusWord) {
	for _, walk := range protocol.Crosswalks() {
		if walk.Name != "FHIR R4 Task.status" {
			continue
		}
		for _, row := range walk.Rows {
			all = append(all, bridges.StatusWord{Word: row.Ours, Status: protocol.Status(row.Ours)})
		}
		for _, row := range walk.Rows {
			all = append(all, bridges.StatusWord{Word: row.Theirs, Status: protocol.Status(row.Ours)})
		}
	}
	return all
}()

// wordOf gives a connection's word for a status, or "".
func (s *Set) wordOf(c *Connection, status protocol.Status) string {
	all := s.statuses(c)
	if i := slices.IndexFunc(all, func(w bridges.StatusWord) bool { return w.Status == status }); i >= 0 {
		return all[i].Word
	}
	return ""
}

// stepsOf gives the steps that news comes to, in order; none when the referral stands there already. why says in words
// why there are none that could be taken.
func (s *Set) stepsOf(c *Connection, id protocol.ReferralID, n *bridges.News) (steps []exchange.Doing, why protocol.Words, err error) {
	life, side, err := s.Desk.Life(id)
	if err != nil {
		return nil, why, err
	}
	path := []protocol.MessageKind{n.Kind}
	said := bridges.StatusWord{}
	switch {
	case n.Kind != "":
		if a, _ := protocol.ActOf(n.Kind); life.By == side && slices.Contains(statusesTo(&a), life.Status) && !slices.Contains(a.From, life.Status) {
			return nil, why, nil // an echo of what we did
		}
	default:
		all := s.statuses(c)
		i := slices.IndexFunc(all, func(w bridges.StatusWord) bool { return record.Loose(w.Word) == record.Loose(n.Word) })
		if i < 0 {
			return nil, words(
				fmt.Sprintf("Your system says %q, and the connection %s does not say what that means. Look at the referral, take the step yourself, and add the word to the connection's list of statuses.", clip(n.Word), c.Name),
				fmt.Sprintf("Su sistema dice %q, y la conexión %s no indica qué significa. Abra la derivación, dé usted el paso y agregue la palabra a la lista de estados de la conexión.", clip(n.Word), c.Name)), nil
		}
		if said = all[i]; said.Status == life.Status {
			return nil, why, nil
		}
		if path = pathTo(life.Status, said.Status, side, &n.Step); path == nil {
			from, to := protocol.WordsOfStatus(life.Status).Label, protocol.WordsOfStatus(said.Status).Label
			return nil, words(
				fmt.Sprintf("Your system says %q. This referral stands at \"%s\" and cannot come to \"%s\" by itself. Look at it and take the step that is right.", clip(n.Word), from.EN, to.EN),
				fmt.Sprintf("Su sistema dice %q. Esta derivación está en «%s» y no puede pasar a «%s» por sí sola. Ábrala y dé el paso que corresponda.", clip(n.Word), from.ES, to.ES)), nil
		}
	}
	for i, kind := range path {
		step := protocol.Step{}
		if i == len(path)-1 {
			step = n.Step
		}
		if err := s.fill(id, kind, &step, said); err != nil {
			return nil, why, err
		}
		steps = append(steps, exchange.Doing{Kind: kind, Step: step})
	}
	return steps, why, nil
}

func words(en, es string) protocol.Words { return protocol.Words{EN: en, ES: es} }

func statusesTo(a *protocol.Act) (all []protocol.Status) {
	for _, to := range a.To {
		all = append(all, to)
	}
	return all
}

// pathTo gives the fewest steps of a side from one status to another, or nil. Steps that take something back are a
// person's, and one that needs what the news does not say is no way.
func pathTo(from, to protocol.Status, side protocol.Side, s *protocol.Step) []protocol.MessageKind {
	type place struct {
		status protocol.Status
		path   []protocol.MessageKind
	}
	queue, seen := []place{{from, nil}}, map[protocol.Status]bool{from: true}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, a := range protocol.Acts() {
			next, moves := a.To[at.status]
			if !moves || seen[next] || a.By != side && a.By != protocol.Either || a.When != "" || !passable(&a, s) {
				continue
			}
			path := append(slices.Clone(at.path), a.Kind)
			if next == to {
				return path
			}
			seen[next] = true
			queue = append(queue, place{next, path})
		}
	}
	return nil
}

func passable(a *protocol.Act, s *protocol.Step) bool {
	switch a.Kind {
	case protocol.KindUnaccept, protocol.KindReopen, protocol.KindEnteredInError, protocol.KindConsentEnded:
		return false
	case protocol.KindSchedule:
		return s.At != ""
	case protocol.KindRecall:
		return s.Text != ""
	}
	return true
}

// fill adds what a step needs and the news did not say: what the status map says, and otherwise the most careful word.
func (s *Set) fill(id protocol.ReferralID, kind protocol.MessageKind, step *protocol.Step, said bridges.StatusWord) error {
	if (kind == protocol.KindDecline || kind == protocol.KindReturn) && step.Reason == "" {
		if step.Reason = said.Reason; step.Reason == "" {
			step.Reason = map[protocol.MessageKind]string{protocol.KindDecline: "other", protocol.KindReturn: "not-usable"}[kind]
		}
	}
	if kind != protocol.KindClose || len(step.Outcomes) > 0 {
		return nil
	}
	result := said.Outcome
	if result == "" {
		result = "unknown"
	}
	r, err := s.Desk.Body(id)
	if errors.Is(err, store.ErrErased) {
		return nil // the step is refused, with its sentence
	} else if err != nil {
		return err
	}
	for _, n := range r.Needs {
		step.Outcomes = append(step.Outcomes, protocol.Outcome{Need: n.ID.Text(), Result: result})
	}
	return nil
}
