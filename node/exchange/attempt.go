package exchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// step is what one attempt works on, read in one transaction.
type step struct {
	claim   store.Claim
	to      protocol.OrgID
	round   int // see begin
	thread  *thread
	pair    *partner.Pair
	message *messageParts // of thread.Sending
	erased  bool

	proof protocol.ReceiptProof // of thread.Later[0]
	note  sealedNote            // beside it
}

// work does the next step of each lane: a later receipt of ours first, since it waits for nothing, else the message.
func (d *Desk) work(ctx context.Context, to protocol.OrgID, round int, claims []store.Claim, under *sync.WaitGroup) {
	var confirm []*step
	for _, c := range claims {
		s := &step{claim: c, to: to, round: round}
		var err error
		if s.thread, _, err = readThread(c.Row); err != nil {
			d.shelve(s, err)
			d.end(to, 1)
			continue
		}
		if len(s.thread.Later) > 0 {
			confirm = append(confirm, s)
			continue
		}
		under.Go(func() {
			defer d.end(to, 1)
			d.attempt(ctx, s)
		})
	}
	if len(confirm) > 0 {
		d.confirmAll(ctx, to, confirm)
	}
}

// attempt tries to bring the message over that is next in its thread.
func (d *Desk) attempt(ctx context.Context, s *step) {
	switch t := s.thread; {
	case ctx.Err() != nil:
		d.org.Release(s.claim.Token)
		return
	case t.Sending == 0 && t.Acts.any():
		d.author(ctx, s)
		return
	case t.Sending == 0: // settled meanwhile
		d.settle(s.claim, func(*thread, *private) string { return "" })
		return
	case t.expired(d.now()):
		d.expire(s.claim)
		return
	}
	switch err := d.load(s); {
	case err != nil:
		d.shelve(s, err)
	case s.erased:
		d.gone(s)
	default:
		d.deliver(ctx, s)
	}
}

// load gets the message that is next. Of the pair it takes the newest: what is seen here is asked once more before the
// frame is written.
func (d *Desk) load(s *step) error {
	if m, ok := d.leaving.take(s.claim.Key); ok && s.thread.opening() && !s.claim.Row.Erased {
		if s.pair, ok = d.book.Current(s.to); ok {
			s.message = m
			return nil
		}
	}
	return d.org.View(func(tx *store.Tx) (err error) {
		if s.pair, err = d.book.Pair(tx, s.to); err != nil {
			return err
		}
		s.message, s.erased, err = readMessage(tx, messageKey(s.to, s.thread.Referral, ours, s.thread.Sending))
		return err
	})
}

// shelve puts a lane aside that cannot be read.
func (d *Desk) shelve(s *step, err error) {
	d.log.Error("could not read what is to be sent", "partner", string(s.to), "error", err)
	d.org.Release(s.claim.Token, store.Due{At: d.now().Add(lastRetry), Queue: netQueue(s.to)})
}

// deliver asks the rules again and hands the message over. Only a verified receipt ends it.
func (d *Desk) deliver(ctx context.Context, s *step) {
	if err := s.pair.MaySend(againOf(s), d.now()); err != nil && !d.off.standing {
		d.park(s, err)
		return
	}
	m := s.message
	if signer := d.self.Signer(); m.kid != signer.Kid() { // its key has left our charter
		if err := m.signAgain(signer); err != nil {
			d.again(s, err)
			return
		}
		d.keepSigned(s)
	}
	answer, err := d.hand(ctx, s, crypto.Plain{Token: m.token, Salt: m.salt, Body: m.body})
	switch {
	case errors.Is(err, errChanged): // the rules are asked once more, at once
		d.org.Release(s.claim.Token)
	case err != nil:
		d.unanswered(s, err)
	case answer.Receipt != nil:
		d.receipted(s, *answer.Receipt)
	case answer.Code != "":
		e := &protocol.Error{Code: answer.Code}
		if answer.RetryAt > 0 {
			e.RetryAt = time.UnixMilli(answer.RetryAt)
		}
		d.told(s, e)
	default:
		d.again(s, errors.New("the partner's node answered without a receipt"))
	}
}

// againOf is an opener as the rules see it at an attempt. Its needs, fields and files were within these very terms when
// it was signed, and terms never change: what is asked now is whether they still stand.
func againOf(s *step) partner.Move {
	m := partner.Move{Opener: s.thread.Out && s.thread.Sending == 1, Terms: s.thread.Terms}
	if terms, ok := s.pair.Terms(m.Terms); ok && len(terms.Needs) > 0 {
		m.Needs = [][]protocol.NeedCode{terms.Needs[:1]}
	}
	return m
}

// signAgain signs the same manifest by another key: identity and content do not change.
func (m *messageParts) signAgain(key *crypto.SigningKey) error {
	var manifest protocol.Manifest
	if _, err := crypto.Peek(m.token, protocol.TypMessage, &manifest); err != nil {
		return err
	}
	signed, err := crypto.SignMessage(&manifest, key)
	if err == nil && signed.Content != m.content {
		err = errRow
	}
	m.token, m.kid = signed.Token, key.Kid()
	return err
}

// keepSigned puts the new token in the place of the old one: a proof is to verify by keys that stand.
func (d *Desk) keepSigned(s *step) {
	key, token, kid := messageKey(s.to, s.thread.Referral, ours, s.thread.Sending), s.message.token, s.message.kid
	d.org.Later(func(tx *store.Tx) error {
		row, err := tx.Get(key)
		if err != nil {
			return err
		}
		m, erased, err := readMessage(tx, key)
		if err != nil {
			return err
		}
		m.token, m.kid = token, kid
		return tx.Put(key, m.row(row.Case, erased))
	})
}

// hand seals to the partner's newest key and delivers. errChanged means that the pair changed under our hands: nothing
// left, or the partner has another key by now and sent its card, so that the step is to be done anew at once.
func (d *Desk) hand(ctx context.Context, s *step, plain crypto.Plain) (protocol.Answer, error) {
	sealed, err := d.seal(s.pair, plain)
	if err != nil {
		return protocol.Answer{}, err
	}
	if d.changed(s) && !d.off.standing {
		return protocol.Answer{}, errChanged // after a revocation was acknowledged no frame is written
	}
	answer, err := d.carry(ctx, s.pair.Peer(), sealed)
	if err != nil || answer.Code != protocol.CodeKeyUnknown || answer.Card == "" {
		return answer, err
	}
	if _, err := d.book.Merge(ctx, protocol.PairState{V: protocol.Version, From: s.to, To: d.self.OrgID(), Card: answer.Card}); err != nil {
		return protocol.Answer{}, fmt.Errorf("take the partner's new card: %w", err)
	}
	if d.changed(s) {
		return protocol.Answer{}, errChanged
	}
	return answer, nil // it does not know the key that its own newest card names
}

// changed tells whether the pair is another one than the step was judged by.
func (d *Desk) changed(s *step) bool {
	now, ok := d.book.Current(s.to)
	return !ok || now.Version() != s.pair.Version()
}

func (d *Desk) carry(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	way, ok := d.network.(interface{ Reachable(protocol.PeerID) bool })
	reachable := !ok || way.Reachable(peer)
	answer, err := d.network.Deliver(ctx, peer, sealed)
	if err != nil && !reachable {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return answer, err
}

// seal makes the envelope of one attempt. It is never stored.
func (d *Desk) seal(pair *partner.Pair, plain crypto.Plain) ([]byte, error) {
	var key protocol.EncryptionKey
	if card := pair.Card(); card != nil {
		for _, k := range card.Keys {
			if k.Suite == protocol.Suite1 && (key.Suite == "" || k.Created > key.Created) {
				key = k
			}
		}
	}
	if key.Suite == "" {
		return nil, fmt.Errorf("seal: the partner's card with its key is not here yet: %w", ErrUnreachable)
	}
	head := protocol.EnvelopeHeader{V: protocol.Version, From: d.self.OrgID(), To: pair.ID(), Charter: d.self.Chain().Mark().Hash}
	return d.sealer.Seal(head, key, plain)
}
