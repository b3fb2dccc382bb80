package store

import (
	"context"
	"fmt"
	"time"

	"referworks/protocol"
)

const (
	// rewrapAfter lets erasures of one hour share one new version of the organization's key.
	rewrapAfter = time.Hour
	// erasedKept is how long an erasure is noted: a day longer than any backup.
	erasedKept = 36 * 24 * time.Hour

	rewrapStep = 256 // key rows a closure
)

// Erasures gives the cases erased in the last 36 days and when, for backups to carry along.
func (o *Org) Erasures() map[CaseID]time.Time {
	f := o.store.keys
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[CaseID]time.Time)
	for id, at := range f.content.Rooms[o.id].Erased {
		all[id] = time.UnixMilli(at)
	}
	return all
}

// Rewrap wraps every key row under a new version of the organization's key and destroys the older versions. After it
// no copy of the store made before can be opened with the key file: what was erased stays erased. Run calls it within
// 24 hours of an erasure; calling it again, or after a crash in its middle, is safe.
func (o *Org) Rewrap(ctx context.Context) error {
	o.rewrap.Lock()
	defer o.rewrap.Unlock()
	if err := o.store.keys.addVersion(o.id); err != nil {
		return fmt.Errorf("rewrap keys: %w", err)
	}
	o.ring.Store(o.store.keys.ring(o.id))
	for _, area := range []byte{areaDataKey, areaCases} {
		if err := o.rewrapArea(ctx, area); err != nil {
			return fmt.Errorf("rewrap keys: %w", err)
		}
	}
	if err := o.store.keys.dropVersions(o.id); err != nil {
		return fmt.Errorf("destroy the old key: %w", err)
	}
	o.ring.Store(o.store.keys.ring(o.id))
	return nil
}

func (o *Org) rewrapArea(ctx context.Context, area byte) error {
	for from := physical(o.number, area, ""); from != ""; {
		var next string
		err := o.UpdateAlways(ctx, func(tx *Tx) (err error) {
			next, err = tx.rewrapFrom(from, prefixEnd(physical(o.number, area, "")))
			return err
		})
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

// rewrapFrom writes up to rewrapStep key rows of [lo, hi) again and gives where to go on, "" at the end.
func (tx *Tx) rewrapFrom(lo, hi string) (next string, err error) {
	var broken error
	seen := 0
	err = tx.scan(lo, hi, false, func(key string, c *change, value func() ([]byte, error)) bool {
		if seen++; seen > rewrapStep {
			next = key
			return false
		}
		if c != nil { // written in this batch, so under the current version already
			return true
		}
		broken = tx.rewrapRow(key, value)
		return broken == nil
	})
	if broken != nil {
		err = broken
	}
	return next, err
}

func (tx *Tx) rewrapRow(key string, value func() ([]byte, error)) error {
	v, err := value()
	if err != nil {
		return err
	}
	version, err := wrappedVersion(v)
	if err != nil || version == tx.ring.current {
		return err
	}
	secret, err := tx.unwrap(key, v)
	if err != nil {
		return err
	}
	tx.own.put(&change{room: tx.room, key: key, secret: secret, aead: secret.aead()})
	return nil
}

// addVersion makes a new current version, unless a rewrap that did not finish made it already.
func (f *keyFile) addVersion(id protocol.OrgID) error {
	return f.change(func(c *keyContent) error {
		r := c.Rooms[id]
		r.Rewrap = 0 // an erasure from here on asks for one more round
		if len(r.Keys) == 1 {
			r.Current++
			r.Keys[r.Current] = newKey()
		}
		return nil
	})
}

func (f *keyFile) dropVersions(id protocol.OrgID) error {
	return f.change(func(c *keyContent) error {
		r := c.Rooms[id]
		for v := range r.Keys {
			if v != r.Current {
				delete(r.Keys, v)
			}
		}
		return nil
	})
}

// rewrapDue lists the organizations whose key must be replaced by now.
func (f *keyFile) rewrapDue(now time.Time) []protocol.OrgID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var due []protocol.OrgID
	for id, r := range f.content.Rooms {
		pending := r.Rewrap != 0 && now.UnixMilli()-r.Rewrap >= rewrapAfter.Milliseconds()
		if pending || len(r.Keys) > 1 {
			due = append(due, id)
		}
	}
	return due
}

// finishErasures deletes the key rows of cases that the key file notes as erased: the store may be an older copy, or
// the process ended between the note and the commit. Notes that outlived every backup go.
func (s *Store) finishErasures(ctx context.Context) error {
	old := s.now().Add(-erasedKept).UnixMilli()
	for _, o := range s.orgs {
		var again []CaseID
		expired := false
		erased := o.Erasures()
		err := o.View(func(tx *Tx) error {
			for id, at := range erased {
				expired = expired || at.UnixMilli() < old
				v, err := tx.snap.get(caseKeyPath(o.number, id))
				if err != nil {
					return err
				}
				if v != nil {
					again = append(again, id)
				}
			}
			return nil
		})
		if err == nil && len(again) > 0 {
			err = o.UpdateAlways(ctx, func(tx *Tx) error {
				for _, id := range again {
					if err := tx.Erase(id); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err == nil && expired {
			err = s.keys.forgetErased(o.id, old)
		}
		if err != nil {
			return fmt.Errorf("finish erasures: %w", err)
		}
	}
	return nil
}

func (f *keyFile) forgetErased(id protocol.OrgID, before int64) error {
	return f.change(func(c *keyContent) error {
		r := c.Rooms[id]
		for e, at := range r.Erased {
			if at < before {
				delete(r.Erased, e)
			}
		}
		return nil
	})
}
