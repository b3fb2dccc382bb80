package connection

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/node/store"
	"referworks/protocol"
)

// An errand is what a connection is to be told of one referral, step by step, in order. The errands are rows; those of an
// organization that runs are in memory too, where whoever works them finds what is due.

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

	busy  bool
	woken int // how often an event asked to look again
}

func errandKey(connection string, id protocol.ReferralID) store.Key {
	return store.K("errand", connection, string(id))
}

func (e *errand) key() store.Key { return errandKey(e.Connection, e.Referral) }

// tellers is how many errands are under way at once.
const tellers = 8

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

// addErrands stores errands together with how far the events were read.
func (s *Set) addErrands(found []*errand, after uint64) error {
	err := s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		for _, e := range found {
			if err := wake(tx, e); err != nil {
				return err
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
			there.woken++
		} else {
			s.errands[e.key()] = e
		}
	}
	s.mu.Unlock()
	s.tellSoon()
	return nil
}

// wake stores an errand that is new, or that somebody looks at one that rests: the events will not say so again.
func wake(tx *store.Tx, e *errand) error {
	row, err := tx.Get(e.key())
	if errors.Is(err, store.ErrNotFound) {
		return putJSON(tx, e.key(), e)
	} else if err != nil {
		return err
	}
	var there errand
	if err := json.Unmarshal(row.Kept, &there); err != nil || !there.Idle {
		return err
	}
	there.Idle = false
	return putJSON(tx, e.key(), there)
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
