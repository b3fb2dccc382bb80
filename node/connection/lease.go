package connection

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"referworks/bridges"
	"referworks/bridges/mapping"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// The leased inbox is for systems that can only poll. What arrived for a connection of the kind api is offered there
// until somebody took it and said so; who fetches it has it for a time, and when that is over it is offered again. Leases are
// stored beside what they are for, under the hash of their token, before anybody has them: a restart ends none, and who has one
// confirms it afterwards as before.

// Limits of leases.
const (
	maxLeased    = 100
	longestLease = 12 * time.Hour
)

// Leased is a referral in the organization's own format, in the hands of who fetched it until Until.
type Leased struct {
	Token      string
	Until      time.Time
	Connection string
	From       protocol.OrgID
	Referral   protocol.ReferralID
	Since      time.Time // of its arrival
	Delivery   bridges.Delivery
	Report     *mapping.Report

	item  exchange.Item
	place store.Key
}

// held is a lease as it stands in the row of what is offered.
type held struct {
	Hash  protocol.Hash `json:"hash"`  // of the token
	Until int64         `json:"until"` // milliseconds UTC
}

// ErrLease means that a token is not known, or its time is over: what it was for was confirmed, or is offered again.
var ErrLease = errors.New("this lease is over: it was confirmed or given back, or its time ran out; fetch again")

func offeredKey(connection string, from protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("offered", connection, string(id), string(from))
}

// offer leaves an item where who polls finds it. It is kept and offered in one transaction: what is offered and not kept
// is taken for something that was dealt with, and withdrawn.
func (s *Set) offer(ctx context.Context, c *Connection, item exchange.Item) error {
	return s.Desk.Keep(ctx, item, func(tx *store.Tx) error {
		return tx.Put(offeredKey(c.ID, item.From, item.Referral), store.Row{})
	})
}

// Lease gives up to max referrals that are offered, of one connection or of all, the oldest first.
func (s *Set) Lease(ctx context.Context, connection string, max int, lasts time.Duration) ([]*Leased, error) {
	if connection != "" {
		if _, err := s.Connection(connection); err != nil {
			return nil, err
		}
	}
	s.leasing.Lock()
	defer s.leasing.Unlock()
	if err := s.loadLeases(); err != nil {
		return nil, err
	}
	prefix := store.K("offered")
	if connection != "" {
		prefix = store.K("offered", connection)
	}
	var places []store.Key
	err := s.Org.View(func(tx *store.Tx) error {
		for key, err := range tx.Keys(prefix, store.Key{}) {
			if err != nil {
				return err
			}
			places = append(places, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// An id of a referral begins with its time.
	slices.SortFunc(places, func(a, b store.Key) int { return compare(a.At(2), b.At(2)) })
	got := []*Leased{}
	for _, place := range places {
		if len(got) == min(max, maxLeased) || ctx.Err() != nil {
			break
		}
		if s.leased(place) {
			continue
		}
		one, err := s.lease(ctx, place, lasts)
		if err != nil {
			return nil, err
		}
		if one != nil {
			got = append(got, one)
		}
	}
	if err := s.keepLeases(got); err != nil {
		for _, l := range got {
			delete(s.leases, sumOf(l.Token))
		}
		return nil, err
	}
	return got, nil
}

// loadLeases reads what was leased before the node was restarted, once. The caller holds leasing.
func (s *Set) loadLeases() error {
	if s.leases != nil {
		return nil
	}
	leases := map[protocol.Hash]*Leased{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("offered"), store.Key{}) {
			if err != nil {
				return err
			}
			if len(item.Row.Kept) == 0 {
				continue
			}
			var h held
			if err := json.Unmarshal(item.Row.Kept, &h); err != nil {
				return err
			}
			leases[h.Hash] = &Leased{Until: time.UnixMilli(h.Until), Connection: item.Key.At(1), place: item.Key}
		}
		return nil
	})
	if err == nil {
		s.leases = leases
	}
	return err
}

// keepLeases stores leases. What is not offered any more stays so.
func (s *Set) keepLeases(list []*Leased) error {
	if len(list) == 0 {
		return nil
	}
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		for _, l := range list {
			there, err := tx.Has(l.place)
			if err == nil && there {
				err = putJSON(tx, l.place, held{sumOf(l.Token), l.Until.UnixMilli()})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// leased tells whether somebody has what is offered at a place. The caller holds leasing.
func (s *Set) leased(place store.Key) bool {
	now := s.Now()
	for hash, l := range s.leases {
		if !now.Before(l.Until) {
			delete(s.leases, hash)
		} else if l.place == place {
			return true
		}
	}
	return false
}

// lease converts what is offered at a place; nil when it is not there any more, its connection is paused, or a person
// must look at it. The caller holds leasing.
func (s *Set) lease(ctx context.Context, place store.Key, lasts time.Duration) (*Leased, error) {
	c, err := s.Connection(place.At(1))
	if err == nil && c.Paused {
		return nil, nil
	}
	var item exchange.Item
	if err == nil {
		item, err = s.Desk.KeptItem(protocol.OrgID(place.At(3)), protocol.ReferralID(place.At(2)))
	}
	if errors.Is(err, ErrNone) || errors.Is(err, exchange.ErrNone) || errors.Is(err, store.ErrErased) {
		return nil, s.withdraw(place)
	} else if err != nil {
		return nil, err
	}
	d, report, err := s.delivery(&c, &item)
	if err != nil {
		return nil, errors.Join(s.hold(ctx, &c, item, err.Error()), s.withdraw(place))
	}
	l := &Leased{
		Token: rand.Text(), Until: s.Now().Add(min(lasts, longestLease)), Connection: c.ID, From: item.From, Referral: item.Referral, Since: item.Since,
		Delivery: d, Report: report, item: item, place: place,
	}
	s.leases[sumOf(l.Token)] = l
	return l, nil
}

func (s *Set) withdraw(place store.Key) error {
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error { return tx.Delete(place) })
}

// leaseOf gives what a token is for. The caller holds leasing.
func (s *Set) leaseOf(token string) (*Leased, error) {
	if err := s.loadLeases(); err != nil {
		return nil, err
	}
	hash := sumOf(token)
	l := s.leases[hash]
	if l == nil || !s.Now().Before(l.Until) {
		delete(s.leases, hash)
		return nil, ErrLease
	}
	l.Token = token
	return l, nil
}

// renewed makes a lease from before a restart whole again. The caller holds leasing.
func (s *Set) renewed(l *Leased) error {
	if l.Report != nil {
		return nil
	}
	c, err := s.Connection(l.Connection)
	if err == nil {
		l.item, err = s.Desk.KeptItem(protocol.OrgID(l.place.At(3)), protocol.ReferralID(l.place.At(2)))
	}
	if errors.Is(err, ErrNone) || errors.Is(err, exchange.ErrNone) || errors.Is(err, store.ErrErased) {
		return errors.Join(ErrLease, s.withdraw(l.place))
	}
	if err == nil {
		l.Delivery, l.Report, err = s.delivery(&c, &l.item)
	}
	return err
}

// Ack says that the organization's system has what was leased, under its own reference: the partner gets the delivered
// receipt. nil means durable.
func (s *Set) Ack(ctx context.Context, token, reference string) error {
	s.leasing.Lock()
	defer s.leasing.Unlock()
	l, err := s.leaseOf(token)
	if err == nil {
		err = s.renewed(l)
	}
	if err != nil {
		return err
	}
	told, err := packReport(l.Report)
	if err != nil {
		return err
	}
	if err := s.Desk.Delivered(ctx, l.item, protocol.Delivered, protocol.Note{Reference: reference, Report: told}); err != nil {
		return err
	}
	delete(s.leases, sumOf(token))
	return s.withdraw(l.place)
}

// Nack gives back what was leased: it is offered again at once, or, with a sentence, waits for a person.
func (s *Set) Nack(ctx context.Context, token, sentence string) error {
	s.leasing.Lock()
	defer s.leasing.Unlock()
	l, err := s.leaseOf(token)
	if err == nil {
		err = s.renewed(l)
	}
	if err != nil {
		return err
	}
	if sentence != "" {
		c, err := s.Connection(l.Connection)
		if err == nil {
			err = s.hold(ctx, &c, l.item, sentence)
		}
		if err == nil {
			err = s.withdraw(l.place)
		}
		if err != nil {
			return err
		}
	} else if err := s.offerAgain(l); err != nil {
		return err
	}
	delete(s.leases, sumOf(token))
	return nil
}

// offerAgain offers what was leased again.
func (s *Set) offerAgain(l *Leased) error {
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		there, err := tx.Has(l.place)
		if err != nil || !there {
			return err
		}
		return tx.Put(l.place, store.Row{})
	})
}

// Extend keeps what was leased for longer, counted from now.
func (s *Set) Extend(token string, lasts time.Duration) (time.Time, error) {
	s.leasing.Lock()
	defer s.leasing.Unlock()
	l, err := s.leaseOf(token)
	if err != nil {
		return time.Time{}, err
	}
	before := l.Until
	l.Until = s.Now().Add(min(lasts, longestLease))
	if err := s.keepLeases([]*Leased{l}); err != nil {
		l.Until = before
		return time.Time{}, err
	}
	return l.Until, nil
}
