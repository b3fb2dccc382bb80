package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Item is something that arrived and is to be handed to the organization's own medium.
type Item struct {
	From     protocol.OrgID
	Referral protocol.ReferralID
	Seq      int64
	Body     *protocol.Referral
	Practice bool
	Attempt  int       // from 1
	Unknown  bool      // the last attempt ended in an unknown state
	Since    time.Time // of its arrival
	claim    store.Claim
	content  protocol.Hash
}

// itemLease is how long a sink may take.
const itemLease = 10 * time.Minute

// ClaimInbox waits until something is due for a sink and gives up to max items, each once. An item that is neither
// delivered, kept, held nor retried within ten minutes is given again.
func (d *Desk) ClaimInbox(ctx context.Context, max int) ([]Item, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if claims := d.Org.Claim(sinkQueue, d.Now(), max, itemLease); len(claims) > 0 {
			items := make([]Item, 0, len(claims))
			for _, c := range claims {
				if it, err := d.item(c); err == nil {
					items = append(items, it)
				} else {
					d.unreadable(c, err)
				}
			}
			return items, nil
		}
		select {
		case <-d.inbox:
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (d *Desk) item(c store.Claim) (Item, error) {
	t, _, err := readThread(c.Row)
	if err != nil {
		return Item{}, err
	}
	it := Item{From: t.Partner, Referral: t.Referral, Seq: t.Item.Seq, Practice: t.Mode == string(protocol.ModePractice), Attempt: t.Item.Attempt + 1,
		Unknown: t.Item.Unknown, Since: time.UnixMilli(t.Item.Since), claim: c, content: t.TheirHead}
	it.Body, err = d.body(t.Partner, t.Referral, false, t.Item.Seq)
	return it, err
}

// body reads the referral of a stored message.
func (d *Desk) body(p protocol.OrgID, id protocol.ReferralID, ours bool, seq int64) (*protocol.Referral, error) {
	r := new(protocol.Referral)
	err := d.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(messageKey(p, id, ours, seq))
		if err != nil {
			return err
		}
		if row.Erased {
			return store.ErrErased
		}
		m, err := unpack(row.Private)
		if err != nil {
			return err
		}
		return crypto.Unmarshal(m.Body, r)
	})
	return r, err
}

// unreadable takes an item out of the queue that can never be handed over.
func (d *Desk) unreadable(c store.Claim, err error) {
	sentence := "It can no longer be read here."
	if errors.Is(err, store.ErrErased) {
		sentence = "The person's data was erased here before it was handed over."
	}
	d.settle(c, func(t *thread, _ *private) string {
		t.Item.State, t.Item.Sentence = itemHeld, sentence
		return "referral.held"
	})
}

// Delivered says that the medium took an item, and sends the partner a later receipt with the note. It is settled
// with the next batch: after a crash in between, the item is handed over again under the same key.
func (d *Desk) Delivered(_ context.Context, it Item, level protocol.Level, note protocol.Note) error {
	canonical, err := crypto.Marshal(note)
	if err != nil {
		return err
	}
	salt := newSalt()
	proof, err := d.signReceipt(d.receipt(it.From, it.Referral, it.Seq, it.content, level, crypto.NoteHash(salt, canonical)))
	if err != nil {
		return fmt.Errorf("sign the delivery of %s: %w", it.Referral, err)
	}
	d.Org.Later(func(tx *store.Tx) error {
		defer signal(d.outbox)
		return d.alter(tx, it.claim.Key, &it.claim.Token, func(t *thread, p *private) string {
			t.Item.State, t.Item.Sentence = itemDone, ""
			t.Given = append(t.Given, proof)
			t.Push++
			p.Notes = append(p.Notes, laterNote{salt, note})
			p.Reference, p.OurReport = note.Reference, note.Report
			t.become(protocol.TransportOf(level), "", "", d.Now())
			return "referral." + string(t.State)
		})
	})
	return nil
}

// Keep leaves an item in the built-in inbox, until a person opens it.
func (d *Desk) Keep(_ context.Context, it Item) error {
	d.settle(it.claim, func(t *thread, _ *private) string { t.Item.State = itemKept; return "" })
	return nil
}

// Retry hands an item over again at a later time. unknown says that nobody knows whether the last attempt took effect.
func (d *Desk) Retry(ctx context.Context, it Item, at time.Time, sentence string, unknown bool) error {
	return d.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		r, _, err := tx.Lane(it.claim.Key)
		if err != nil {
			return err
		}
		t, p, err := readThread(r)
		if err != nil {
			return err
		}
		t.Item.Attempt, t.Item.Sentence, t.Item.Unknown = it.Attempt, sentence, unknown
		row, err := t.row(r.Case, r.Erased, p)
		if err != nil {
			return err
		}
		return tx.Settle(it.claim.Token, row, store.Due{At: at, Queue: sinkQueue})
	})
}

// Hold stops handing an item over until a person resumes it.
func (d *Desk) Hold(ctx context.Context, it Item, sentence string) error {
	return d.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		return d.alter(tx, it.claim.Key, &it.claim.Token, func(t *thread, _ *private) string {
			t.Item.State, t.Item.Sentence, t.Item.Attempt = itemHeld, sentence, it.Attempt
			return "referral.held"
		})
	})
}

// Resume hands a kept or held item over again.
func (d *Desk) Resume(ctx context.Context, from protocol.OrgID, id protocol.ReferralID) error {
	err := d.Org.Update(ctx, func(tx *store.Tx) error {
		return d.alter(tx, laneOf(from, id), nil, func(t *thread, _ *private) string {
			if t.Item.State == itemHeld || t.Item.State == itemKept {
				t.Item.State, t.Item.Since = itemDue, d.Now().UnixMilli()
			}
			return "referral.resumed"
		})
	})
	signal(d.inbox)
	if errors.Is(err, store.ErrNotFound) {
		return ErrNone
	}
	return err
}
