package exchange

import (
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// KeptItem gives an item that stays in the built-in inbox, as ClaimInbox would: for who fetches it there and confirms it
// with Delivered or gives it back with Hold. It is nobody's alone. ErrNone when there is none, ErrErased of the store.
func (d *Desk) KeptItem(from protocol.OrgID, id protocol.ReferralID) (it Item, err error) {
	key := laneOf(from, id)
	err = d.org.View(func(tx *store.Tx) error {
		row, _, err := tx.Lane(key)
		if err != nil {
			return ErrNone
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		if t.Item.State != itemKept {
			return ErrNone
		}
		it = Item{
			From: t.Partner, Referral: t.Referral, Seq: t.Item.Seq, Kind: protocol.KindReferral, Practice: t.Mode == protocol.ModePractice,
			Attempt: t.Item.Attempt + 1, Since: time.UnixMilli(t.Item.Since), claim: store.Claim{Key: key},
		}
		m, erased, err := readMessage(tx, messageKey(from, id, theirs, it.Seq))
		if err == nil && erased {
			err = store.ErrErased
		}
		if err != nil {
			return err
		}
		it.content, it.Body = m.content, new(protocol.Referral)
		return crypto.Unmarshal(m.body, it.Body)
	})
	return it, err
}
