package connection

import (
	"encoding/json"
	"errors"
	"strconv"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// attempts is what is known of the attempts at one item, for media that would take it twice.
type attempts struct {
	Began   int `json:"began,omitempty"`   // an attempt that was durable here before the medium heard of it
	Allowed int `json:"allowed,omitempty"` // an attempt that a person asked for, knowing how the one before ended
}

func attemptKey(from protocol.OrgID, id protocol.ReferralID, seq int64) store.Key {
	return store.K("attempt", string(from), string(id), strconv.FormatInt(seq, 10))
}

// begin settles whether the end of the attempt before this one is known. For a medium that would take a delivery
// twice it notes the attempt first: when the node dies between the medium's answer and our own note of it, the item
// comes back with the same number, and that number began before. Other media cost no write. noted says that there is
// a row to forget.
func (s *Set) begin(item *exchange.Item, sink bridges.Sink) (noted bool, err error) {
	once, ok := sink.(bridges.Once)
	marks := ok && once.Once()
	if !marks && !item.Unknown {
		return false, nil
	}
	key := attemptKey(item.From, item.Referral, item.Seq)
	var a attempts
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(key)
		if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &a)
	})
	switch {
	case err == nil:
	case errors.Is(err, store.ErrNotFound):
	default:
		return false, err
	}
	switch {
	case a.Began == item.Attempt:
		item.Unknown = true
	case a.Allowed == item.Attempt:
		item.Unknown = false
	}
	if !marks {
		return a != attempts{}, nil
	}
	a.Began = item.Attempt
	return true, s.Org.UpdateAlways(background, func(tx *store.Tx) error { return putJSON(tx, key, a) })
}

// forgetAttempts drops what was noted of an item that was delivered. Nobody waits for it: the row says nothing of
// another attempt.
func (s *Set) forgetAttempts(item exchange.Item) {
	key := attemptKey(item.From, item.Referral, item.Seq)
	s.Org.Later(func(tx *store.Tx) error { return tx.Delete(key) })
}

// allow notes that a person looked and wants the next attempt.
func (s *Set) allow(w Waiting) error {
	return s.Org.Update(background, func(tx *store.Tx) error {
		return putJSON(tx, attemptKey(w.From, w.Referral, w.Seq), attempts{Allowed: w.Attempt + 1})
	})
}
