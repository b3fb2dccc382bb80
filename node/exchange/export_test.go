package exchange

import (
	"bytes"
	"context"

	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// Say adds a message to a thread whatever the life of the referral allows.
func (d *Desk) Say(ctx context.Context, partner protocol.OrgID, id protocol.ReferralID, kind protocol.MessageKind, body []byte) error {
	err := d.org.Update(ctx, func(tx *store.Tx) error {
		return d.alter(tx, laneOf(partner, id), nil, "test", func(t *thread, _ *private) string {
			t.add(&act{kind: kind, at: d.now().UnixMilli(), actor: "test", body: body})
			return ""
		})
	})
	signal(d.outbox)
	return err
}

// Disable takes guards away, to show that the attack which they stop succeeds without them.
func (d *Desk) Disable(addressee, standing, identity bool) {
	d.off = guards{addressee: addressee, standing: standing, identity: identity}
}

// Reread reads b as each kind of row. What can be read is written again; the forms in which that differs are given.
func Reread(b []byte) (differ []string) {
	reread := func(name string, form int64, fields func(*coder)) {
		if decode(b, form, fields) == nil && !bytes.Equal(encode(form, 0, fields), b) {
			differ = append(differ, name)
		}
	}
	reread("thread", threadForm, new(thread).fields)
	reread("private", threadForm, new(private).fields)
	reread("message", messageForm, new(messageParts).kept)
	reread("content", messageForm, new(messageParts).private)
	reread("private note", noteForm, new(PrivateNote).fields)
	reread("gist", gistForm, new(Gist).fields)
	reread("note", proofForm, new(sealedNote).fields)
	var p protocol.ReceiptProof
	reread("receipt", proofForm, func(c *coder) { proofFields(c, &p) })
	return differ
}

// PackProof and UnpackProof are how a receipt is kept.
var (
	PackProof   = packProof
	UnpackProof = unpackProof
)

// WholeFirst sends everything at once, whatever the terms say.
func (d *Desk) WholeFirst() { d.off.names = true }

// Multiply stores n copies of a received referral under ids of their own, row for row as they were accepted: each is a
// case with its message and its thread.
func (d *Desk) Multiply(ctx context.Context, id protocol.ReferralID, n int) error {
	const batch = 200
	for done := 0; done < n; done += batch {
		err := d.org.Update(ctx, func(tx *store.Tx) error {
			_, row, _, err := d.find(tx, id)
			if err != nil {
				return err
			}
			t, p, err := readThread(row)
			if err != nil {
				return err
			}
			gist, err := tx.Get(gistKey(t.Partner, t.Referral))
			if err != nil {
				return err
			}
			message, err := tx.Get(messageKey(t.Partner, t.Referral, theirs, 1))
			if err != nil {
				return err
			}
			for range min(batch, n-done) {
				t.Referral = protocol.ReferralID(newID())
				if t.held, err = tx.NewCase(); err != nil {
					return err
				}
				message.Case = t.held
				if err := tx.Put(messageKey(t.Partner, t.Referral, theirs, 1), message); err != nil {
					return err
				}
				gist.Case = t.held
				if err := tx.Put(gistKey(t.Partner, t.Referral), gist); err != nil {
					return err
				}
				if err := tx.PutLane(laneOf(t.Partner, t.Referral), t.row(p), t.due(d.now())); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// InitialsOf gives what a list shows of a name.
func InitialsOf(p *protocol.Person) string { return initialsOf(p) }

// Shows tells whether a referral is in a view.
func Shows(v View, t *Thread, person string, now time.Time) bool { return v.shows(t, person, now) }
