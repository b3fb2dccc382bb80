package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

const (
	lookEvents   = 200 // events at once
	unsavedLooks = 500 // events that may be looked at again after a restart
)

var tellCursorKey = store.K("errand-cursor")

// follow reads the organization's events and makes errands of those that are news to a connection.
func (s *Set) follow(ctx context.Context) error {
	after, err := s.eventCursor()
	saved := after
	for err == nil {
		if err = audit.Wait(ctx, s.Org, after); err != nil {
			break
		}
		var list []audit.Entry
		if list, err = audit.List(s.Org, after, lookEvents); err != nil || len(list) == 0 {
			continue
		}
		after = list[len(list)-1].Seq
		var found []*errand
		for _, e := range list {
			one, err := s.errandOf(&e)
			if err != nil {
				return fmt.Errorf("follow the events of %s: %w", s.Self.Short(), err)
			}
			if one != nil {
				found = append(found, one)
			}
		}
		if len(found) > 0 || after-saved >= unsavedLooks {
			saved = after
			err = s.addErrands(found, after)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("follow the events of %s: %w", s.Self.Short(), err)
}

// eventCursor is the event up to which everything became errands. An organization that has none begins with what comes
// next.
func (s *Set) eventCursor() (after uint64, err error) {
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(tellCursorKey)
		if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &after)
	})
	if !errors.Is(err, store.ErrNotFound) {
		return after, err
	}
	last, err := audit.ListBack(s.Org, 0, 1)
	if err != nil {
		return 0, err
	}
	if len(last) > 0 {
		after = last[0].Seq
	}
	return after, s.addErrands(nil, after)
}

// errandOf tells whether an event is news to a connection that can be told. What a partner did before its referral was handed
// over is news when that was done.
func (s *Set) errandOf(e *audit.Entry) (*errand, error) {
	kind, about := strings.CutPrefix(e.Kind, "referral.")
	_, act := protocol.ActOf(protocol.MessageKind(kind))
	handed := e.Kind == exchange.EventHandedOver
	if !about || !(act && e.Actor == "partner") && !handed && e.Kind != exchange.EventUndeliverable && e.Kind != exchange.EventRefused {
		return nil, nil
	}
	if handed { // most are over with that: it costs no more than a look
		if some, err := s.handedThrough(protocol.ReferralID(e.Subject)); err != nil || some == "" {
			return nil, err
		}
	}
	t, err := s.Desk.Thread(protocol.ReferralID(e.Subject))
	if errors.Is(err, exchange.ErrNone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	id, err := s.through(&t)
	if err != nil || id == "" || t.Direction == "in" && t.Item != "done" {
		return nil, err
	}
	c, err := s.Connection(id)
	if errors.Is(err, ErrNone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if listens, err := s.listens(&c); err != nil || !listens {
		return nil, err
	}
	if handed {
		if more, err := s.saidMore(t.Referral); err != nil || !more {
			return nil, err
		}
	}
	return &errand{Connection: id, Referral: t.Referral}, nil
}

// listens tells whether a connection's medium can be told what becomes of a referral. One that cannot be opened now may be.
func (s *Set) listens(c *Connection) (bool, error) {
	if _, medium := s.Kinds[c.Kind]; !medium {
		return false, nil
	}
	bridge, err := s.bridge(c)
	if err != nil {
		return true, nil
	}
	_, tells := bridge.(bridges.Teller)
	return tells || updates(bridge), nil
}

// saidMore tells whether the partner said something after the referral itself.
func (s *Set) saidMore(id protocol.ReferralID) (bool, error) {
	list, err := s.Desk.Messages(id)
	return slices.ContainsFunc(list, func(m exchange.Message) bool { return !m.Ours && m.Kind != protocol.KindReferral }), err
}
