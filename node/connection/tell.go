package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/bridges"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// What a partner does in a referral is told to the connection that has it: one errand a referral, step by step, in order
// (bridges.Teller). The events of the organization say that there may be something; the errand says how far it was told.

// errand is what a connection is to be told of one referral. Its row stays, so that nothing is told twice.
type errand struct {
	Connection string              `json:"connection"`
	Referral   protocol.ReferralID `json:"referral"`
	Told       int64               `json:"told,omitempty"` // the partner's last message that was told
	Over       bool                `json:"over,omitempty"` // that it will not arrive was told
	Attempt    int                 `json:"attempt,omitempty"`
	Since      int64               `json:"since,omitempty"` // of the first attempt at this step
	Next       int64               `json:"next,omitempty"`  // milliseconds UTC
	Began      bool                `json:"began,omitempty"` // an attempt is under way at a medium that would take it twice
	Unknown    bool                `json:"unknown,omitempty"`
	Held       bool                `json:"held,omitempty"` // waits for a person
	Idle       bool                `json:"idle,omitempty"` // nothing is to be told

	busy bool
}

func errandKey(connection string, id protocol.ReferralID) store.Key {
	return store.K("errand", connection, string(id))
}

func (e *errand) key() store.Key { return errandKey(e.Connection, e.Referral) }

const (
	tellers      = 8   // errands at once
	lookEvents   = 200 // events at once
	unsavedLooks = 500 // events that may be looked at again after a restart
)

var tellCursorKey = store.K("errand-cursor")

// runTells tells until ctx ends.
func (s *Set) runTells(ctx context.Context) error {
	if err := s.loadErrands(); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.follow(ctx) })
	group.Go(func() error { return s.runErrands(ctx) })
	return group.Wait()
}

func (s *Set) loadErrands() error {
	all := map[store.Key]*errand{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("errand"), store.Key{}) {
			if err != nil {
				return err
			}
			e := new(errand)
			if err := json.Unmarshal(item.Row.Kept, e); err != nil {
				return err
			}
			if e.Began { // the node ended in the middle of it
				e.Began, e.Unknown = false, true
			}
			all[item.Key] = e
		}
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errands = all
	return err
}

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

// errandOf tells whether an event is news to a connection that can be told.
func (s *Set) errandOf(e *audit.Entry) (*errand, error) {
	kind, about := strings.CutPrefix(e.Kind, "referral.")
	_, act := protocol.ActOf(protocol.MessageKind(kind))
	if !about || !(act && e.Actor == "partner") && e.Kind != exchange.EventUndeliverable && e.Kind != exchange.EventRefused {
		return nil, nil
	}
	t, err := s.Desk.Thread(protocol.ReferralID(e.Subject))
	if errors.Is(err, exchange.ErrNone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	id, err := s.through(&t)
	if err != nil || id == "" {
		return nil, err
	}
	c, err := s.Connection(id)
	if errors.Is(err, ErrNone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if _, medium := s.Kinds[c.Kind]; !medium {
		return nil, nil
	}
	if bridge, err := s.bridge(&c); err == nil {
		if _, tells := bridge.(bridges.Teller); !tells {
			return nil, nil
		}
	}
	return &errand{Connection: id, Referral: t.Referral}, nil
}

// addErrands stores errands together with how far the events were read.
func (s *Set) addErrands(found []*errand, after uint64) error {
	err := s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		for _, e := range found {
			has, err := tx.Has(e.key())
			if err != nil {
				return err
			}
			if !has {
				if err := putJSON(tx, e.key(), e); err != nil {
					return err
				}
			}
		}
		return putJSON(tx, tellCursorKey, after)
	})
	if err != nil || len(found) == 0 {
		return err
	}
	s.mu.Lock()
	for _, e := range found {
		if there := s.errands[e.key()]; there != nil {
			there.Idle = false
		} else {
			s.errands[e.key()] = e
		}
	}
	s.mu.Unlock()
	s.tellSoon()
	return nil
}

func (s *Set) tellSoon() {
	select {
	case s.telling <- struct{}{}:
	default: // it will look anyway
	}
}

// runErrands works what is due.
func (s *Set) runErrands(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(tellers + 1)
	group.Go(func() error {
		for {
			next := s.Now().Add(time.Hour)
			for _, e := range s.dueErrands(&next) {
				group.Go(func() error {
					err := s.tell(ctx, e)
					s.mu.Lock()
					e.busy = false
					s.mu.Unlock()
					s.tellSoon()
					return err
				})
			}
			rest := time.NewTimer(next.Sub(s.Now()))
			select {
			case <-ctx.Done():
				rest.Stop()
				return nil
			case <-s.telling:
				rest.Stop()
			case <-rest.C:
			}
		}
	})
	return group.Wait()
}

// dueErrands gives what may be told now, as many as there are hands, and lowers next to when something will be due.
func (s *Set) dueErrands(next *time.Time) (due []*errand) {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	busy := 0
	for _, e := range s.errands {
		if e.busy {
			busy++
		}
	}
	for _, e := range s.errands {
		if e.busy || e.Held || e.Idle {
			continue
		}
		if at := time.UnixMilli(e.Next); at.After(now) {
			if at.Before(*next) {
				*next = at
			}
			continue
		}
		if busy == tellers {
			break // whoever ends first wakes us
		}
		e.busy = true
		busy++
		due = append(due, e)
	}
	return due
}

// tell takes the next step of an errand. Only an error of our own store is returned.
func (s *Set) tell(ctx context.Context, e *errand) error {
	c, err := s.Connection(e.Connection)
	if errors.Is(err, ErrNone) {
		return s.dropErrand(e)
	} else if err != nil {
		return err
	}
	if c.Paused {
		return s.rest(e, pausedFor)
	}
	news, seq, err := s.nextNews(&c, e)
	if err != nil {
		return err
	}
	if news == nil {
		return s.saveErrand(e, func(e *errand) { e.Idle, e.Attempt, e.Since = true, 0, 0 })
	}
	news.Attempt, news.Unknown = e.Attempt+1, e.Unknown
	err = s.tellMedium(ctx, &c, e, news)
	var be *bridges.Error
	switch {
	case err == nil:
		s.setHealth(c.ID, nil)
		return s.told(e, seq)
	case ctx.Err() != nil: // the node is stopping; unless nothing was said, nobody knows what the medium did
		return s.saveErrand(e, func(e *errand) {
			e.Began, e.Unknown = false, e.Unknown || !errors.As(err, &be) || be.Class != bridges.Temporary
		})
	case errors.As(err, &be) && (be.Class == bridges.Temporary || be.Class == bridges.Unknown) && (e.Since == 0 || s.Now().Sub(time.UnixMilli(e.Since)) < giveUp):
		s.healthAfter(&c, err)
		return s.saveErrand(e, func(e *errand) {
			if e.Since == 0 {
				e.Since = s.Now().UnixMilli()
			}
			e.Attempt++
			e.Began, e.Unknown = false, be.Class == bridges.Unknown
			e.Next = s.Now().Add(pause(e.Attempt, be.RetryAfter)).UnixMilli()
		})
	}
	return s.holdErrand(&c, e, news, sentence(err))
}

// tellMedium hands one piece of news to the medium. For one that would take it twice the attempt is noted first.
func (s *Set) tellMedium(ctx context.Context, c *Connection, e *errand, news *bridges.News) error {
	bridge, err := s.bridge(c)
	if err != nil {
		return &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf("The connection %s cannot be opened: %v", c.Name, err)}
	}
	teller, ok := bridge.(bridges.Teller)
	if !ok {
		return nil // since it was changed there is nobody to tell
	}
	if once, ok := bridge.(bridges.Once); ok && once.Once() {
		if err := s.saveErrand(e, func(e *errand) { e.Began = true }); err != nil {
			return err
		}
	}
	return teller.Tell(ctx, *news)
}

// nextNews gives the first thing that a connection was not told of a referral, and the number of the message; nil when
// there is none.
func (s *Set) nextNews(c *Connection, e *errand) (*bridges.News, int64, error) {
	t, err := s.Desk.Thread(e.Referral)
	if errors.Is(err, exchange.ErrNone) {
		return nil, 0, nil
	} else if err != nil {
		return nil, 0, err
	}
	list, err := s.Desk.Messages(e.Referral)
	if err != nil {
		return nil, 0, err
	}
	life, side, err := s.Desk.Life(e.Referral)
	if err != nil {
		return nil, 0, err
	}
	n := &bridges.News{Referral: e.Referral, Reference: t.Reference, Status: life.Status, Partner: bridges.Party{ID: t.Partner, Name: s.partnerName(t.Partner)}}
	if t.Direction == "out" {
		if n.Reference, err = s.Desk.Origin(e.Referral); err != nil {
			return nil, 0, err
		}
	}
	for _, m := range list {
		if m.Ours || m.Seq <= e.Told || m.Kind == protocol.KindReferral || m.Erased {
			continue
		}
		i := slices.IndexFunc(life.Taken, func(k protocol.Taken) bool { return k.By == side.Other() && k.Seq == m.Seq })
		if i < 0 || life.Taken[i].Void {
			continue
		}
		n.Kind, n.Status, n.Step, n.At = m.Kind, life.Taken[i].After, m.Step, m.At
		n.Word, n.Key = s.wordOf(c, n.Status), deliveryKey(t.Partner, e.Referral, m.Seq)
		return n, m.Seq, nil
	}
	if t.Direction != "out" || e.Over || t.State != protocol.Undeliverable && t.State != protocol.TurnedAway {
		return nil, 0, nil
	}
	n.Transport, n.At, n.Step.Text = t.State, t.Since, t.Reason
	n.Key = deliveryKey(t.Partner, e.Referral, 0)
	return n, 0, nil
}

// told notes that news was told, 0 that the referral will not arrive, and goes on with what comes behind it.
func (s *Set) told(e *errand, seq int64) error {
	return s.saveErrand(e, func(e *errand) {
		if seq == 0 {
			e.Over = true
		} else {
			e.Told = seq
		}
		e.Attempt, e.Since, e.Next, e.Began, e.Unknown, e.Held, e.Idle = 0, 0, 0, false, false, false, false
	})
}

// rest waits without counting an attempt. After a restart it is looked at again.
func (s *Set) rest(e *errand, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Next = s.Now().Add(d).UnixMilli()
	return nil
}

func (s *Set) saveErrand(e *errand, change func(*errand)) error {
	s.mu.Lock()
	change(e)
	kept := *e
	s.mu.Unlock()
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error { return putJSON(tx, kept.key(), kept) })
}

func (s *Set) dropErrand(e *errand) error {
	s.mu.Lock()
	delete(s.errands, e.key())
	s.mu.Unlock()
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error { return tx.Delete(e.key()) })
}

// holdErrand stops telling until a person says go on (Resend) or leaves this piece of news out (Discard).
func (s *Set) holdErrand(c *Connection, e *errand, n *bridges.News, because string) error {
	status := protocol.WordsOfStatus(n.Status).Label
	task := Task{Referral: e.Referral, Kind: n.Kind, Word: clip(n.Word), Tell: true, Why: words(
		fmt.Sprintf("Your system was not told that this referral stands at \"%s\". %s Correct what is wrong and tell it again, or enter it there yourself and take this off the list.", status.EN, because),
		fmt.Sprintf("No se pudo avisar a su sistema de que esta derivación está en «%s». %s Corrija lo que falla y avise de nuevo, o anótelo allí usted y quite esto de la lista.", status.ES, because))}
	sum := sha256.Sum256([]byte(e.Connection + " " + string(e.Referral)))
	w := Waiting{
		ID: "tell-" + hex.EncodeToString(sum[:10]), Direction: Out, Connection: c.ID, Sentence: task.Why.EN, Since: s.Now().UnixMilli(),
		From: n.Partner.ID, Referral: e.Referral, Task: &task,
	}
	s.mu.Lock()
	e.Held, e.Began = true, false
	kept := *e
	s.mu.Unlock()
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		return errors.Join(putJSON(tx, kept.key(), kept), s.putWaiting(tx, &w, "node"))
	})
}

// resumeTell goes on telling: with the piece of news that was held, or behind it.
func (s *Set) resumeTell(w Waiting, skip bool, kind, actor string) error {
	s.mu.Lock()
	loaded := s.errands != nil
	s.mu.Unlock()
	if !loaded { // nothing runs yet
		if err := s.loadErrands(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	e := s.errands[errandKey(w.Connection, w.Referral)]
	s.mu.Unlock()
	if e == nil { // its connection is gone
		return s.drop(w, kind, actor)
	}
	c, err := s.Connection(w.Connection)
	if err != nil {
		return err
	}
	seq := int64(-1)
	if skip {
		if _, seq, err = s.nextNews(&c, e); err != nil {
			return err
		}
	}
	s.mu.Lock()
	e.Held, e.Idle, e.Unknown, e.Attempt, e.Since, e.Next = false, false, false, 0, 0, 0
	switch {
	case seq > 0:
		e.Told = seq
	case seq == 0:
		e.Over = true
	}
	kept := *e
	s.mu.Unlock()
	err = s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		return errors.Join(putJSON(tx, kept.key(), kept), s.dropIn(tx, w, kind, actor))
	})
	s.tellSoon()
	return err
}
