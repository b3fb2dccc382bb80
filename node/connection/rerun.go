package connection

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/node/exchange"
	"referworks/protocol"
)

const (
	rerunMost = 20  // how many of the last documents are tried again, of each direction
	rerunLook = 400 // how many referrals are looked at to find them
)

// Rerun says what a new version would have done with the last documents that the current one converted.
type Rerun struct {
	Works    int      `json:"works"`
	Fails    []Failed `json:"fails,omitempty"`
	Sentence string   `json:"sentence"`
}

// Failed is a document of the last days that a version would not convert.
type Failed struct {
	Referral protocol.ReferralID  `json:"referral"`
	Reasons  []mapping.HoldReason `json:"reasons"` // fields and why; never values
}

// rerun converts the last documents again, in memory, as if they came on their day. What the current version would not
// convert either (the organization's statement changed since, say) counts as neither.
func (s *Set) rerun(name string, before, now *mapping.Mapping) (*Rerun, error) {
	out := &Rerun{}
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, direction := range []string{"out", "in"} { // as exchange says it: sent, received
		judged := 0
		q := exchange.Query{Direction: direction, Limit: 100}
		for looked := 0; looked < rerunLook && judged < rerunMost; looked += q.Limit {
			threads, next, err := s.Desk.Threads(q)
			if err != nil {
				return nil, err
			}
			for i := range threads {
				again := s.againIn
				if direction == "in" {
					again = s.againOut
				}
				convert, err := again(name, list, &threads[i])
				if err != nil {
					return nil, err
				}
				if convert == nil || convert(before) != nil || judged == rerunMost {
					continue
				}
				judged++
				if err := convert(now); err != nil {
					out.Fails = append(out.Fails, Failed{threads[i].Referral, reasonsOf(err)})
				} else {
					out.Works++
				}
			}
			if q.After = next; next == "" {
				break
			}
		}
	}
	if out.Works+len(out.Fails) == 0 {
		return nil, nil
	}
	out.Sentence = fmt.Sprintf("%s would still work, %d would fail.", lastReferrals(out.Works), len(out.Fails))
	return out, nil
}

func lastReferrals(n int) string {
	if n == 1 {
		return "1 of the last referrals"
	}
	return fmt.Sprintf("%d of the last referrals", n)
}

// againIn gives the way to convert again what a referral of ours was made of; nil when it is not one for the rerun.
func (s *Set) againIn(name string, list []Connection, t *exchange.Thread) (func(*mapping.Mapping) error, error) {
	with, _, _ := strings.Cut(t.Mapping, "@")
	i := slices.IndexFunc(list, func(c Connection) bool { return c.ID == t.Connection })
	if with != name || i < 0 || t.Erased {
		return nil, nil
	}
	raw, format, err := s.Desk.Input(t.Referral)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	doc, err := record.Decode(record.Format(format), raw, record.Limits{Size: maxDocument})
	if err != nil {
		return nil, nil // it was read once; what reads it now is stricter, which says nothing of the mapping
	}
	about := mapping.Context{
		Now: t.Opened, Organization: s.Self, OrganizationName: s.Name(), Consent: list[i].Consent, Contact: s.statedContact(), Medium: list[i].Kind,
	}
	return func(m *mapping.Mapping) error {
		for _, rec := range doc.Records() {
			if _, _, err := m.ToReferrals(rec, about); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// againOut gives the way to convert again what we received and handed to a connection with the mapping.
func (s *Set) againOut(name string, _ []Connection, t *exchange.Thread) (func(*mapping.Mapping) error, error) {
	if t.Erased || t.Item != "done" {
		return nil, nil
	}
	body, err := s.Desk.Body(t.Referral)
	if err != nil {
		return nil, nil // destroyed meanwhile
	}
	c, err := s.sinkFor(exchange.Item{Body: body})
	if err != nil || c == nil || c.Mapping != name {
		return nil, err
	}
	about := mapping.Context{Now: t.Opened.Add(time.Second), Organization: s.Self, OrganizationName: s.Name(), Partner: t.Partner}
	return func(m *mapping.Mapping) error {
		_, _, err := m.FromReferral(body, about)
		return err
	}, nil
}

// reasonsOf gives what a person must settle; another error is one reason.
func reasonsOf(err error) []mapping.HoldReason {
	var held *mapping.Hold
	if errors.As(err, &held) {
		return held.Reasons
	}
	return []mapping.HoldReason{{Sentence: err.Error()}}
}
