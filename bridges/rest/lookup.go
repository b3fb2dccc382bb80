package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"referworks/bridges"
	"referworks/bridges/record"
)

// find asks the system whether it has the referral already, before every attempt: a process that dies between the
// system's answer and our note of it knows nothing of either. What it cannot tell without doubt waits for a person.
func (s *sink) find(ctx context.Context, d bridges.Delivery) (bridges.Outcome, bool, error) {
	a, err := s.ask(ctx, http.MethodGet, expand(s.lookup, d.Reference, d.Key), d)
	if err != nil {
		return bridges.Outcome{}, false, stay(err, d)
	}
	switch {
	case a.Status == http.StatusNotFound, a.Status == http.StatusNoContent:
		return bridges.Outcome{}, false, nil
	case a.Status != http.StatusOK:
		e := Refusal(a, s.now())
		if e.Class == bridges.Permanent || e.Class == bridges.Unknown {
			e.Class = bridges.Hold
		}
		e.Sentence = "Looking the referral up: " + e.Sentence
		return bridges.Outcome{}, false, stay(e, d)
	}
	n := decode(a.Body)
	if n == nil || webPage(a) {
		return bridges.Outcome{}, false, hold(unclear)
	}
	switch found := ids(n, s.lookupID); {
	case len(found) == 1:
		return bridges.Outcome{Reference: found[0], Detail: "found by look-up"}, true, nil
	case len(found) > 1:
		return bridges.Outcome{}, false, hold("The system has several records under the referral's reference number. Look there which is right; nothing was sent.")
	case !empty(n, s.lookupID):
		return bridges.Outcome{}, false, hold(unclear)
	}
	return bridges.Outcome{}, false, nil
}

const unclear = "The system's answer to our look-up cannot be understood, so we do not know whether it has the referral. Check the look-up address and the place of the id; nothing was sent."

// empty reports whether an answer without an id at p says that there is nothing: on the way there is a list without
// items (or without the ones p asks for), a null, or an empty element. Any other answer, like an error inside a 200
// or another shape, says nothing.
func empty(n *record.Node, p record.Path) bool {
	for i, seg := range p {
		list := p[:i] // where the list stands that the step enters
		if !seg.Self {
			list = append(slices.Clone(list), record.Segment{Name: seg.Name, Space: seg.Space})
		}
		items := n.Find(p[:i+1])
		for _, m := range n.Find(list) {
			switch {
			case m.Kind == record.Null, m.Kind == record.Text && m.Text == "":
				return true
			case m.Kind == record.List && len(items) == 0:
				return true
			}
		}
	}
	return false
}

// stay keeps an unknown state unknown when the look-up itself failed: otherwise the next attempt would send again.
func stay(err error, d bridges.Delivery) error {
	var e *bridges.Error
	if d.Unknown && errors.As(err, &e) && e.Class == bridges.Temporary {
		e.Class = bridges.Unknown
	}
	return err
}
