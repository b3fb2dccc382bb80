package exchange

import (
	"context"
	"fmt"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Erase makes a referral's content unreadable here, with everything that came in or went out in the same document: raw
// input, the other recipients' copies, notes, reports. Manifests and receipts stay. What was not delivered yet will not
// be. It says nothing to the partner. It gives the referrals whose content is gone. ErrNone when there is none.
func (d *Desk) Erase(ctx context.Context, id protocol.ReferralID, actor string) ([]protocol.ReferralID, error) {
	var c store.CaseID
	var gone []protocol.ReferralID
	var keys []store.LaneKey
	var alike []store.Key
	partners := map[protocol.OrgID]bool{}
	err := d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		c = row.Case
		return d.inCase(tx, row, func(t *thread) {
			gone = append(gone, t.Referral)
			keys = append(keys, laneOf(t.Partner, t.Referral))
			partners[t.Partner] = t.Sending > 0
			if k, ok := d.likenessOf(tx, t); ok {
				alike = append(alike, k)
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("erase referral: %w", err)
	}
	details, err := crypto.Marshal(gone)
	if err != nil {
		return nil, err
	}
	err = d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		if err := tx.Erase(c); err != nil {
			return err
		}
		for _, k := range alike {
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
		_, err := audit.Record(tx, audit.Event{At: d.now().UnixMilli(), Actor: actor, Kind: EventErased, Subject: string(id), Details: details})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("erase referral: %w", err)
	}
	for _, k := range keys {
		d.arrived.drop(k)
		d.leaving.drop(k)
	}
	for p, sending := range partners {
		if sending { // the outbox finds out that there is nothing left to deliver
			d.PartnerChanged(p)
		}
	}
	return gone, nil
}

// inCase visits the threads of one case: the referrals that were made of one document.
func (d *Desk) inCase(tx *store.Tx, row store.Row, visit func(*thread)) error {
	t, _, err := readThread(row)
	if err != nil {
		return err
	}
	if t.Group == "" || !t.Out {
		visit(t)
		return nil
	}
	for it, err := range tx.ScanLanes(threadKind, "", store.LaneKey{}) {
		if err != nil {
			return err
		}
		if it.Row.Case != row.Case {
			continue
		}
		t, _, err := readThread(it.Row)
		if err != nil {
			return err
		}
		visit(t)
	}
	return nil
}

// likenessOf is what a received referral is found again by.
func (d *Desk) likenessOf(tx *store.Tx, t *thread) (store.Key, bool) {
	if t.Out || t.erased {
		return store.Key{}, false
	}
	m, _, err := readMessage(tx, messageKey(t.Partner, t.Referral, theirs, 1))
	r := new(protocol.Referral)
	if err != nil || crypto.Unmarshal(m.body, r) != nil {
		return store.Key{}, false
	}
	return d.likeness(r)
}
