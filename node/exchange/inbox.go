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
	Kind     protocol.MessageKind
	Body     *protocol.Referral
	Practice bool
	Attempt  int       // from 1
	Unknown  bool      // the last attempt ended in an unknown state: look it up first
	Since    time.Time // of its arrival, or of the last Resume

	claim   store.Claim
	content protocol.Hash
}

// itemLease is how long a sink may take.
const itemLease = 10 * time.Minute

// ClaimInbox waits until something is due for a sink and gives up to max items. Each is the caller's until it calls
// Delivered, Keep, Retry or Hold; after ten minutes without, it is given again.
func (d *Desk) ClaimInbox(ctx context.Context, max int) ([]Item, error) {
	for {
		var items []Item
		for _, c := range d.org.Claim(sinkQueue, d.now(), max, itemLease) {
			if it, err := d.item(c); err == nil {
				items = append(items, it)
			} else if !d.unreadable(c, err) {
				return nil, fmt.Errorf("claim inbox: %w", err)
			}
		}
		if len(items) > 0 {
			return items, nil
		}
		if err := d.waitInbox(ctx); err != nil {
			return nil, err
		}
	}
}

// waitInbox is rest for the inbox: due work of other queues must not keep it awake.
func (d *Desk) waitInbox(ctx context.Context) error {
	if len(d.org.Queues(d.now())) == 0 {
		return d.org.WaitDue(ctx)
	}
	t := time.NewTimer(glance)
	defer t.Stop()
	select {
	case <-d.inbox:
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (d *Desk) item(c store.Claim) (it Item, err error) {
	t, _, err := readThread(c.Row)
	if err != nil {
		return it, err
	}
	it = Item{
		From: t.Partner, Referral: t.Referral, Seq: t.Item.Seq, Kind: protocol.KindReferral, Practice: t.Mode == protocol.ModePractice,
		Attempt: t.Item.Attempt + 1, Unknown: t.Item.Unknown, Since: time.UnixMilli(t.Item.Since), claim: c,
	}
	if a, ok := d.arrived.take(c.Key); ok && !c.Row.Erased && a.manifest.Seq == it.Seq {
		it.Body, it.content = a.referral, a.content
		return it, nil
	}
	err = d.org.View(func(tx *store.Tx) error {
		m, erased, err := readMessage(tx, messageKey(t.Partner, t.Referral, theirs, t.Item.Seq))
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

// unreadable takes an item out of the queue that was erased before it was handed over.
func (d *Desk) unreadable(c store.Claim, err error) bool {
	if !errors.Is(err, store.ErrErased) {
		return false
	}
	d.settle(c, func(t *thread, _ *private) string {
		t.Item.State, t.Item.Sentence = itemHeld, "The person's data was erased here before it was handed over."
		return EventHeld
	})
	return true
}

// Delivered says that the medium took an item, and sends the partner a later receipt of level with the note, sealed. nil
// means on our disk. The item goes to no sink again. The note must name a role, never a worker.
func (d *Desk) Delivered(ctx context.Context, it Item, level protocol.Level, note protocol.Note) error {
	switch level {
	case protocol.Delivered, protocol.DeliveredBlind:
	default:
		return fmt.Errorf("confirm item: the level %q is not one of a delivery", level)
	}
	if it.content.IsZero() {
		return errors.New("confirm item: it was not given by ClaimInbox")
	}
	err := d.promise(ctx, it.From, it.Referral, it.Seq, it.content, level, note, func(tx *store.Tx, add func(*thread)) error {
		return d.alter(tx, it.claim.Key, &it.claim.Token, "node", func(t *thread, p *private) string {
			if t.Item.Seq != it.Seq || t.Item.State == itemDone {
				return ""
			}
			t.Item.State, t.Item.Sentence, t.Item.Attempt = itemDone, "", it.Attempt
			p.Reference = note.Reference
			t.of(theirs, it.Seq).become(protocol.TransportOf(level), "", "", d.now())
			add(t)
			return EventHandedOver
		})
	})
	if err != nil {
		return fmt.Errorf("confirm item: %w", err)
	}
	return nil
}

// promise signs a later receipt together with what else is being signed for the partner, and commits it; add puts it
// into the thread, to be sent.
func (d *Desk) promise(ctx context.Context, to protocol.OrgID, id protocol.ReferralID, seq int64, content protocol.Hash, level protocol.Level, note protocol.Note, commit func(tx *store.Tx, add func(*thread)) error) error {
	text, err := crypto.Marshal(&note)
	if err != nil {
		return err
	}
	beside := sealedNote{newSalt(), text}
	leaf := d.receipt(to, id, seq, content, level)
	leaf.Note = crypto.NoteHash(beside.salt, text)
	err = d.release(leaf, func(proof protocol.ReceiptProof) error {
		return d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
			return commit(tx, func(t *thread) {
				t.keepReceipt(ours, &proof, &beside)
				t.Later, t.Next = append(t.Later, pending{seq, level}), 0
			})
		})
	})
	if err == nil {
		signal(d.outbox)
	}
	return err
}

// Keep leaves an item in the built-in inbox, until a person opens it; and, which may be nil, is committed with it.
func (d *Desk) Keep(ctx context.Context, it Item, and func(tx *store.Tx) error) error {
	return d.changeItem(ctx, it, EventKept, func(i *item) { i.State = itemKept }, and)
}

// Hold stops handing an item over until a person resumes it.
func (d *Desk) Hold(ctx context.Context, it Item, sentence string) error {
	return d.changeItem(ctx, it, EventHeld, func(i *item) { i.State, i.Sentence, i.Attempt = itemHeld, sentence, it.Attempt }, nil)
}

// Retry hands an item over again at a later time. unknown says that nobody knows whether the last attempt took effect.
func (d *Desk) Retry(ctx context.Context, it Item, at time.Time, sentence string, unknown bool) error {
	return d.changeItem(ctx, it, "", func(i *item) {
		i.Attempt, i.Sentence, i.Unknown, i.Next = it.Attempt, sentence, unknown, at.UnixMilli()
	}, nil)
}

func (d *Desk) changeItem(ctx context.Context, it Item, event string, change func(*item), and func(tx *store.Tx) error) error {
	err := d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		err := d.alter(tx, it.claim.Key, &it.claim.Token, "node", func(t *thread, _ *private) string {
			if t.Item.Seq != it.Seq || t.Item.State == itemDone {
				return ""
			}
			change(&t.Item)
			return event
		})
		if err == nil && and != nil {
			err = and(tx)
		}
		return err
	})
	signal(d.inbox)
	return err
}

// Resume hands a kept or held item over again; and, which may be nil, is committed with it. ErrNone when there is no such
// referral, ErrUnderWay while the item is being handed over anyway.
func (d *Desk) Resume(ctx context.Context, from protocol.OrgID, id protocol.ReferralID, and func(tx *store.Tx) error) error {
	err := d.org.Update(ctx, func(tx *store.Tx) error {
		underWay := false
		err := d.alter(tx, laneOf(from, id), nil, "person", func(t *thread, _ *private) string {
			underWay = t.Item.State == itemDue
			if t.Item.State != itemHeld && t.Item.State != itemKept {
				return ""
			}
			t.Item.State, t.Item.Since, t.Item.Next = itemDue, d.now().UnixMilli(), 0
			return EventResumed
		})
		switch {
		case err != nil:
			return err
		case underWay:
			return ErrUnderWay
		case and != nil:
			return and(tx)
		}
		return nil
	})
	signal(d.inbox)
	return err
}
