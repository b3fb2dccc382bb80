package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// What a partner does in a referral is told to the connection that has it: one errand a referral, step by step, in order
// (bridges.Teller, and bridges.Updater for newer versions). The events of the organization say that there may be something;
// the errand says how far it was told.

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
	s.mu.Lock()
	woken := e.woken
	s.mu.Unlock()
	news, seq, err := s.nextNews(&c, e)
	if err != nil {
		return err
	}
	if news == nil {
		return s.saveErrand(e, func(e *errand) { e.Idle, e.Attempt, e.Since = e.woken == woken, 0, 0 })
	}
	news.Attempt, news.Unknown = e.Attempt+1, e.Unknown
	err = s.tellMedium(ctx, &c, e, news, seq)
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
func (s *Set) tellMedium(ctx context.Context, c *Connection, e *errand, news *bridges.News, seq int64) error {
	bridge, err := s.bridge(c)
	if err != nil {
		return &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf("The connection %s cannot be opened: %v", c.Name, err)}
	}
	if changes(news) && updates(bridge) {
		if err := s.update(ctx, c, bridge.(bridges.Sink), news, seq); err != nil {
			return err
		}
	}
	teller, ok := bridge.(bridges.Teller)
	if !ok {
		return nil // a medium that takes newer versions only, or since it was changed there is nobody to tell
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
