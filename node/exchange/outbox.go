package exchange

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Limits of attempts.
const (
	lease      = 2 * time.Minute // a claim that was not settled by then is anybody's
	timeout    = 30 * time.Second
	firstRetry = time.Second
	lastRetry  = time.Hour
)

// drain works one partner's queue until nothing in it is due, with at most InFlight messages under way.
func (d *Desk) drain(ctx context.Context, queue string, to protocol.OrgID) {
	var under sync.WaitGroup
	slots := make(chan struct{}, d.InFlight)
	defer under.Wait()
	for ctx.Err() == nil {
		slots <- struct{}{} // wait for room, then take as much as there is
		free := cap(slots) - len(slots) + 1
		claims := d.Org.Claim(queue, d.Now(), free, lease)
		<-slots
		if len(claims) == 0 {
			if len(slots) == 0 {
				return
			}
			// What is under way may put more into this queue; wait for one of them to end.
			slots <- struct{}{}
			<-slots
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond):
			}
			continue
		}
		for _, c := range claims {
			slots <- struct{}{}
			under.Go(func() { defer func() { <-slots }(); d.attempt(ctx, c, to) })
		}
	}
}

// attempt does the next step of a lane that is due for the network: a later receipt that waits, else the message.
func (d *Desk) attempt(ctx context.Context, c store.Claim, to protocol.OrgID) {
	t, p, err := readThread(c.Row)
	if err != nil {
		d.Log.Error("could not read a thread", "organization", d.Self.OrgID().Short(), "error", err)
		d.Org.Release(c.Token, store.Due{At: d.Now().Add(lastRetry), Queue: netQueue(to)})
		return
	}
	pair, ok := d.Book.Current(to)
	switch {
	case !ok:
		d.later(c, t, protocol.Errorf(protocol.CodeNoGrant, "This partner is not known any more."))
	case t.Push > 0 && len(p.Notes) > 0:
		d.push(ctx, c, t, p, pair)
	case t.Sending > 0 && d.Now().UnixMilli() >= t.Expires:
		d.settle(c, func(t *thread, _ *private) string {
			t.Sending = 0
			t.become(protocol.Undeliverable, protocol.CodeExpired, protocol.CodeExpired.Sentence(), d.Now())
			return "referral.undeliverable"
		})
	case t.Sending > 0:
		d.deliver(ctx, c, t, p, pair)
	default: // nothing is left to do
		d.settle(c, func(*thread, *private) string { return "" })
	}
}

// deliver asks the rules again, seals to the partner's newest key and delivers. Only a receipt counts.
func (d *Desk) deliver(ctx context.Context, c store.Claim, t *thread, p *private, pair *partner.Pair) {
	if err := pair.MaySend(partner.Move{Opener: t.Out, Terms: t.Terms, Needs: p.Needs}, d.Now()); err != nil {
		d.later(c, t, err)
		return
	}
	plain, err := d.plain(t)
	if err != nil {
		d.erased(c, err)
		return
	}
	answer, err := d.exchange(ctx, pair, *plain)
	if err != nil {
		d.again(c, t, err, time.Time{})
		return
	}
	switch {
	case answer.Receipt != nil:
		if err := d.checkReceipt(answer.Receipt, pair, t.Referral, t.Sending, t.OurHead); err != nil {
			d.Log.Warn("refused a receipt", "organization", d.Self.OrgID().Short(), "partner", pair.ID().Short(), "error", err)
			d.again(c, t, errors.New("the partner's receipt could not be verified"), time.Time{})
			return
		}
		d.receipted(c, t, *answer.Receipt)
	case answer.Code == protocol.CodeKeyUnknown && answer.Card != "":
		if _, err := d.Book.Merge(ctx, protocol.PairState{V: protocol.Version, From: pair.ID(), To: d.Self.OrgID(), Card: answer.Card}); err == nil {
			if newer, ok := d.Book.Current(pair.ID()); ok && newer.Version() != pair.Version() {
				d.deliver(ctx, c, t, p, newer) // once: the version changed
				return
			}
		}
		d.again(c, t, &protocol.Error{Code: protocol.CodeKeyUnknown}, time.Time{})
	case answer.Code != "":
		d.again(c, t, &protocol.Error{Code: answer.Code}, time.UnixMilli(answer.RetryAt))
	default:
		d.again(c, t, errors.New("the partner's node answered without a receipt"), time.Time{})
	}
}

// exchange seals one plaintext and brings it over.
func (d *Desk) exchange(ctx context.Context, pair *partner.Pair, plain crypto.Plain) (protocol.Answer, error) {
	key, ok := newestKey(pair.Card())
	if !ok {
		return protocol.Answer{}, errors.New("the partner's card is not known yet")
	}
	head := protocol.EnvelopeHeader{V: protocol.Version, From: d.Self.OrgID(), To: pair.ID(), Charter: d.Self.Chain().Mark().Hash}
	sealed, err := d.sealer.Seal(head, key, plain)
	if err != nil {
		return protocol.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.Network.Deliver(ctx, pair.Peer(), sealed)
}

func newestKey(card *protocol.Card) (best protocol.EncryptionKey, ok bool) {
	if card == nil {
		return best, false
	}
	for _, k := range card.Keys {
		if k.Suite == protocol.Suite1 && (!ok || k.Created > best.Created) {
			best, ok = k, true
		}
	}
	return best, ok
}

// plain reads the message that is to be sent from its row.
func (d *Desk) plain(t *thread) (*crypto.Plain, error) {
	var plain *crypto.Plain
	err := d.Org.View(func(tx *store.Tx) error {
		r, err := tx.Get(messageKey(t.Partner, t.Referral, true, t.Sending))
		if err != nil {
			return err
		}
		if r.Erased {
			return store.ErrErased
		}
		m, err := unpack(r.Private)
		if err != nil {
			return err
		}
		plain = &crypto.Plain{Token: r.Kept, Salt: m.Salt, Body: m.Body}
		return nil
	})
	return plain, err
}

// checkReceipt verifies a receipt and holds it against the message that it is about.
func (d *Desk) checkReceipt(p *protocol.ReceiptProof, pair *partner.Pair, id protocol.ReferralID, seq int64, content protocol.Hash) error {
	if err := d.verifier.VerifyEver(p, pair.Chain()); err != nil {
		return err
	}
	r := &p.Receipt
	if r.To != d.Self.OrgID() || r.Referral != id || r.Seq != seq || r.Manifest != content {
		return errors.New("check receipt: it is about another message")
	}
	return nil
}

// receipted settles a lane whose message was answered with a verified receipt. Nobody waits for the settle: after a
// restart the message goes out again and gets the same receipt.
func (d *Desk) receipted(c store.Claim, t *thread, proof protocol.ReceiptProof) {
	r := &proof.Receipt
	if r.Level == protocol.Refused {
		switch r.Code.Class() {
		case protocol.Temporary:
			d.again(c, t, &protocol.Error{Code: r.Code}, time.UnixMilli(r.RetryAt))
			return
		case protocol.Hold:
			d.later(c, t, &protocol.Error{Code: r.Code})
			return
		}
	}
	d.forget(c)
	d.settle(c, func(t *thread, _ *private) string {
		now := d.Now()
		t.Sending = 0
		t.Got = append(t.Got, proof)
		if r.Level == protocol.Refused {
			t.become(protocol.TurnedAway, r.Code, r.Code.Sentence(), now)
			return "referral.refused"
		}
		if t.State == protocol.Queued || t.State == protocol.Waiting || t.State == protocol.Sent {
			t.become(protocol.OnTheirDisk, "", "", now)
		}
		return "referral.on-their-disk"
	})
}

// later parks a lane with its reason, or ends it when the answer is permanent.
func (d *Desk) later(c store.Claim, t *thread, why error) {
	code := protocol.CodeOf(why)
	switch code.Class() {
	case protocol.Temporary:
		var pe *protocol.Error
		errors.As(why, &pe)
		d.again(c, t, why, pe.RetryAt)
		return
	case protocol.Hold:
		if t.State == protocol.Waiting && t.Reason == sentenceOf(why) {
			d.Org.Release(c.Token, t.due(d.Now()))
			return
		}
		d.settle(c, func(t *thread, _ *private) string {
			t.become(protocol.Waiting, code, sentenceOf(why), d.Now())
			return "referral.waiting"
		})
	default:
		d.settle(c, func(t *thread, _ *private) string {
			t.Sending = 0
			t.become(protocol.TurnedAway, code, sentenceOf(why), d.Now())
			return "referral.refused"
		})
	}
}

// again gives a lane back to be tried later: full jitter up to a doubling limit, at most an hour, or when the partner
// said. Nothing is written, except once that it left here.
func (d *Desk) again(c store.Claim, t *thread, why error, at time.Time) {
	now := d.Now()
	lane := c.Key.Dest + "/" + c.Key.ID
	d.mu.Lock()
	x := d.tries[lane]
	x.n++
	x.sentence = sentenceOf(why)
	wait := firstRetry << min(x.n-1, 12)
	x.next = now.Add(time.Duration(rand.Int64N(int64(min(wait, lastRetry)))) + firstRetry/4)
	if at.After(now) {
		x.next = at
	}
	if t.Sending > 0 && x.next.UnixMilli() > t.Expires {
		x.next = time.UnixMilli(t.Expires)
	}
	d.tries[lane] = x
	d.mu.Unlock()
	d.Org.Release(c.Token, store.Due{At: x.next, Queue: netQueue(t.Partner)})
}

func (d *Desk) forget(c store.Claim) {
	d.mu.Lock()
	delete(d.tries, c.Key.Dest+"/"+c.Key.ID)
	d.mu.Unlock()
}

// settle reads the thread as it is now, lets change alter it, and writes it with the event that change names, in the
// next batch. Nobody waits for it.
func (d *Desk) settle(c store.Claim, change func(*thread, *private) (event string)) {
	d.Org.Later(func(tx *store.Tx) error { return d.alter(tx, c.Key, &c.Token, change) })
}

func (d *Desk) alter(tx *store.Tx, key store.LaneKey, token *store.Token, change func(*thread, *private) (event string)) error {
	r, _, err := tx.Lane(key)
	if err != nil {
		return err
	}
	t, p, err := readThread(r)
	if err != nil {
		return err
	}
	now := d.Now()
	event := change(t, p)
	row, err := t.row(r.Case, r.Erased, p)
	if err != nil {
		return err
	}
	if token != nil {
		err = tx.Settle(*token, row, t.due(now))
	} else {
		err = tx.PutLane(key, row, t.due(now))
	}
	if err != nil || event == "" {
		return err
	}
	c := r.Case
	if r.Erased {
		c = store.CaseID{}
	}
	return d.event(tx, event, "node", t, c, now)
}

// erased ends a lane whose message cannot be read any more.
func (d *Desk) erased(c store.Claim, err error) {
	if !errors.Is(err, store.ErrErased) {
		d.Log.Error("could not read a message", "organization", d.Self.OrgID().Short(), "error", err)
	}
	d.settle(c, func(t *thread, _ *private) string {
		t.Sending = 0
		t.become(protocol.Undeliverable, "", "The person's data was erased here before it was delivered.", d.Now())
		return "referral.undeliverable"
	})
}
