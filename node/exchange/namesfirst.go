package exchange

import (
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Where the terms say names first, the first message holds who the parties are and no more (protocol.NamesFirst). The
// whole referral stays here until the recipient found no conflict of interest, and goes then by itself, as an update. A
// recipient that declines because of a conflict never saw it, and its reason does not tell that there was one.

// ReasonConflict is a reason of a decline that stays in our own audit log: the partner reads that we are unable to assist.
const ReasonConflict = "conflict"

const unable = "unable-to-assist"

func restKey(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("rest", string(p), string(id))
}

// sendRest sends what was kept back until the recipient found no conflict.
func (d *Desk) sendRest(tx *store.Tx, t *thread) error {
	if !t.Out {
		return nil
	}
	key := restKey(t.Partner, t.Referral)
	row, err := tx.Get(key)
	if errors.Is(err, store.ErrNotFound) || err == nil && row.Erased {
		return nil
	} else if err != nil {
		return err
	}
	r := new(protocol.Referral)
	if err := crypto.Unmarshal(row.Private, r); err != nil {
		return fmt.Errorf("read what was kept back: %w", err)
	}
	_, err = d.act(tx, laneOf(t.Partner, t.Referral), Doing{Kind: protocol.KindUpdate, Actor: "node", Step: protocol.Step{Referral: r}})
	var no *NotNow
	var never *protocol.Error
	switch {
	case errors.As(err, &no), errors.As(err, &never): // it was recalled, or the partnership is over
		return nil
	case err != nil:
		return err
	}
	return tx.Delete(key)
}

// awaitsNames tells whether only the names of a received referral are here.
func (d *Desk) awaitsNames(t *thread) bool {
	pair, ok := d.book.Current(t.Partner)
	if !ok || t.Version > 1 {
		return false
	}
	terms, ok := pair.Terms(t.Terms)
	return ok && terms.NamesFirst
}

// onlyNames tells whether a referral says no more than who the parties are.
func onlyNames(r *protocol.Referral) bool {
	whole, err1 := crypto.Marshal(r)
	names, err2 := crypto.Marshal(r.NamesFirst())
	return err1 == nil && err2 == nil && string(whole) == string(names)
}
