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

// act is a message of ours that is decided and on our disk, and has no number yet. It gets number, seen and signature
// when all earlier ones of ours in the thread have their receipt and the pair may be numbered (see mayNumber): so a node
// that was restored from a backup never gives a number twice.
type act struct {
	kind  protocol.MessageKind
	at    int64
	actor string // a role or a key, never a person's name
	body  []byte // canonical
}

func (a *act) kept(c *coder) {
	text(c, &a.kind)
	c.number(&a.at)
	text(c, &a.actor)
}

func (a *act) private(c *coder) { octets(c, &a.body) }

func actKey(p protocol.OrgID, id protocol.ReferralID, n int64) store.Key {
	return store.K("act", string(p), string(id)).Number(uint64(n))
}

// add puts an act behind the others of the thread. After an erasure only what says nothing about the person may still be
// said, so that its body is kept in the open.
func (t *thread) add(a *act) {
	if !t.Acts.any() {
		t.Acts = acts{1, 0}
	}
	t.Acts.Last++
	row := store.Row{Case: t.held}
	if t.erased {
		row.Kept = encode(messageForm, 64+len(a.body), func(c *coder) { a.kept(c); a.private(c) })
	} else {
		row.Kept = encode(messageForm, 64, func(c *coder) {
			var none []byte
			a.kept(c)
			octets(c, &none)
		})
		row.Private = encode(messageForm, 16+len(a.body), a.private)
	}
	t.also = append(t.also, also{actKey(t.Partner, t.Referral, t.Acts.Last), row})
	if t.Sending == 0 {
		t.Act.become(protocol.Queued, "", "", time.UnixMilli(a.at))
		t.Attempts, t.Next = 0, 0
	}
}

// readAct gives an act; without a body when it was erased meanwhile.
func readAct(tx *store.Tx, key store.Key) (*act, error) {
	r, err := tx.Get(key)
	if err != nil {
		return nil, err
	}
	a := new(act)
	err = decode(r.Kept, messageForm, func(c *coder) { a.kept(c); a.private(c) })
	if err == nil && len(a.body) == 0 && len(r.Private) > 0 {
		err = decode(r.Private, messageForm, a.private)
	}
	if err != nil {
		return nil, fmt.Errorf("read act: %w", err)
	}
	return a, nil
}

// author signs the act that is next in its thread and gives it its number. The claim is settled; the message goes out
// as every other does.
func (d *Desk) author(ctx context.Context, s *step) {
	if why := d.mayNumber(s.to); why != nil {
		d.hold(s, why)
		if d.mayNumber(s.to) == nil { // it became so while we wrote, and nobody tells us twice
			d.PartnerChanged(s.to)
		}
		return
	}
	for round := range maxRounds {
		m, n, err := d.authored(s)
		if err == nil {
			err = d.org.Update(ctx, func(tx *store.Tx) error { return d.number(tx, s, m, n) })
		}
		switch {
		case err == nil:
			signal(d.outbox)
			return
		case !errors.Is(err, errChanged):
			d.shelve(s, err)
			return
		}
		settled(ctx, round)
	}
	d.org.Release(s.claim.Token)
}

// authored reads the next act and signs it as the thread stands now. nil with a number: the act was erased.
func (d *Desk) authored(s *step) (m *message, n int64, err error) {
	var t *thread
	var a *act
	err = d.org.View(func(tx *store.Tx) error {
		row, _, err := tx.Lane(s.claim.Key)
		if err != nil {
			return err
		}
		if t, _, err = readThread(row); err != nil || !t.Acts.any() || t.Sending > 0 {
			return errors.Join(err, errChanged)
		}
		a, err = readAct(tx, actKey(t.Partner, t.Referral, t.Acts.First))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	n = t.Acts.First
	if len(a.body) == 0 {
		return nil, n, nil
	}
	m = &message{to: t.Partner, thread: *t, parts: messageParts{salt: newSalt(), body: a.body, facts: factsOf(a.body)}}
	now := d.now()
	m.thread.Expires = now.Add(d.lifetime).UnixMilli()
	m.manifest = m.thread.next(d.self.OrgID(), a.kind, crypto.BodyHash(m.parts.salt, a.body), now)
	if m.signed, err = crypto.SignMessage(&m.manifest, d.self.Signer()); err != nil {
		return nil, 0, err
	}
	m.parts.token, m.parts.content, m.parts.kid = m.signed.Token, m.signed.Content, d.self.Signer().Kid()
	var said protocol.Step
	m.destroys = crypto.Unmarshal(a.body, &said) == nil && destroys(a.kind, &said)
	m.parts.open = t.erased || m.destroys
	return m, n, nil
}

// number writes a signed act in the place of the unsigned one, if nothing passed in the thread since it was signed.
func (d *Desk) number(tx *store.Tx, s *step, m *message, n int64) error {
	var wrong error
	err := d.alter(tx, s.claim.Key, &s.claim.Token, "node", func(t *thread, _ *private) string {
		if t.Acts.First != n || t.Sending > 0 || m != nil && (t.OurSeq != m.thread.OurSeq || t.TheirSeq != m.thread.TheirSeq || t.erased && !m.parts.open) {
			wrong = errChanged
			return ""
		}
		wrong = tx.Delete(actKey(t.Partner, t.Referral, n))
		if t.Acts.First++; !t.Acts.any() {
			t.Acts = acts{}
		}
		if m == nil {
			t.anew = true
			return ""
		}
		if m.destroys && !t.erased {
			wrong = errors.Join(wrong, tx.Erase(t.held))
			t.erased = true
		}
		t.also = append(t.also, also{messageKey(t.Partner, t.Referral, ours, m.manifest.Seq), m.parts.row(t.held, t.erased)})
		t.authored(m.signed.Content)
		t.Expires, t.Attempts, t.Next = m.thread.Expires, 0, 0
		t.Act.become(protocol.Queued, "", "", d.now())
		return ""
	})
	return errors.Join(wrong, err)
}

// gone ends a message whose content was erased before it was delivered. A later one that may have left keeps its number,
// and the thread waits where everybody sees it.
func (d *Desk) gone(s *step) {
	why := &protocol.Error{Code: protocol.CodeExpired, Sentence: "The person's data was erased here before it was delivered."}
	switch {
	case s.thread.opening():
		d.fail(s, protocol.Undeliverable, why)
	case s.thread.under().State == protocol.Sent:
		d.hold(s, why)
	default:
		d.finish(s, func(t *thread) string {
			t.Act.become(protocol.Undeliverable, why.Code, why.Text(), d.now())
			t.withdraw(s)
			return EventUndeliverable
		})
	}
}

// mayNumber says whether a message may get its number now, or why it waits.
func (d *Desk) mayNumber(partner protocol.OrgID) *protocol.Error {
	if d.numbering == nil {
		return nil
	}
	return d.numbering(partner)
}

// factsOf is what is kept of a body when it is destroyed. What cannot be read has none.
func factsOf(body []byte) []byte {
	var s protocol.Step
	if crypto.Unmarshal(body, &s) != nil {
		return nil
	}
	b, err := crypto.Marshal(s.Facts())
	if err != nil {
		return nil
	}
	return b
}
