package exchange

import (
	"context"
	"errors"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// clockGrace is how far a sender's clock may be ahead, and how long after its expiry a message is still taken.
const clockGrace = 10 * time.Minute

// arrival is a message whose signature was verified: who sent it is certain, whether it may be taken is not.
type arrival struct {
	pair     *partner.Pair // that it was verified by
	manifest *protocol.Manifest
	content  protocol.Hash
	plain    crypto.Plain
	referral *protocol.Referral // of an opener, once read
	step     *protocol.Step     // of a later message, once read
}

// Receive takes a sealed envelope that arrived on a stream of peer. The answer carries a signed receipt once the
// message is on our disk (received), or was refused for good. Until the signature of a partner in standing is verified
// every answer is the same refusal, after the same work.
func (d *Desk) Receive(ctx context.Context, peer protocol.PeerID, sealed []byte) protocol.Answer {
	pair, plain, refusal := d.open(peer, sealed) // for me? pair? Open
	if refusal != nil {
		return *refusal
	}
	if areReceipts(plain.Token) {
		return d.takeReceipts(ctx, peer, pair, plain)
	}
	a, ok := d.verify(pair, peer, plain) // Verify
	if !ok {
		return refused()
	}
	if d.hosted().Suspended { // only a partner that proved who it is learns of it
		return failed(protocol.CodePaused)
	}
	if err := d.judge(a); err != nil { // time, body, validate
		return d.refuse(ctx, a, err)
	}
	if err := d.gather(ctx, a); err != nil { // its files first
		return d.refuse(ctx, a, err)
	}
	for round := range maxRounds {
		leaf := d.receipt(a.manifest.From, a.manifest.Referral, a.manifest.Seq, a.content, protocol.Received)
		var stored *protocol.ReceiptProof
		err := d.release(leaf, func(proof protocol.ReceiptProof) (err error) {
			stored, err = d.take(ctx, a, &proof) // MayReceive, and on our disk
			return err
		})
		switch {
		case err == nil:
			signal(d.inbox)
			return protocol.Answer{V: protocol.Version, Receipt: stored}
		case !errors.Is(err, errChanged):
			return d.refuse(ctx, a, err)
		}
		settled(ctx, round)
		if !d.renew(a, peer) { // what was signed by the old numbers is not released; it goes round again
			return refused()
		}
	}
	return failed(protocol.CodeBusy)
}

// take stores an arrival with the receipt that was signed for it, or finds the one that is stored.
func (d *Desk) take(ctx context.Context, a *arrival, proof *protocol.ReceiptProof) (stored *protocol.ReceiptProof, err error) {
	rows := d.rows(a, proof)
	key := laneOf(a.manifest.From, a.manifest.Referral)
	d.arrived.keep(key, a)
	err = d.org.Update(ctx, func(tx *store.Tx) (err error) {
		stored, err = d.accept(tx, a, rows)
		return err
	})
	if err != nil || stored != proof {
		d.arrived.drop(key)
	}
	return stored, err
}

// accepted is what an arrival becomes on our disk, with the receipt that was signed for it.
type accepted struct {
	proof   *protocol.ReceiptProof
	move    partner.Move
	thread  *thread
	lane    store.Row
	message messageParts
	gist    []byte    // of an opener
	alike   store.Key // zero when it says too little about who it is
}

func (d *Desk) rows(a *arrival, proof *protocol.ReceiptProof) (r *accepted) {
	m, now := a.manifest, d.now().UnixMilli()
	r = &accepted{proof: proof}
	r.message = messageParts{token: a.plain.Token, content: a.content, salt: a.plain.Salt, body: a.plain.Body}
	if r.message.receipt = packProof(proof); a.referral == nil {
		r.message.facts = factsOf(a.plain.Body)
		return r
	}
	r.move = openerOf(a.referral, m.Terms)
	r.thread = &thread{
		Partner: m.From, Referral: m.Referral, Terms: m.Terms, Group: a.referral.Header.Group.ID.Text(), Mode: a.referral.Header.Mode.Value(),
		Opened: now, register: register{State: protocol.OnTheirDisk, Since: now}, Expires: m.Expires, TheirSeq: m.Seq, TheirHead: a.content,
		Item: item{Seq: m.Seq, State: itemDue, Since: now}, Status: protocol.StatusNew, StatusSince: m.At, Turn: protocol.Recipient, Version: 1,
	}
	r.thread.ReplyBy = d.deadline(r.thread, d.now())
	r.lane = r.thread.row(&private{})
	r.alike, _ = d.likeness(a.referral)
	r.gist = gistOf(a.referral)
	return r
}

// accept is the accepting transaction: identity, order, grant; then the case, the message with the receipt signed for
// it, the thread and the event are written. The same message again gets the receipt that is stored.
func (d *Desk) accept(tx *store.Tx, a *arrival, r *accepted) (*protocol.ReceiptProof, error) {
	m, now := a.manifest, d.now()
	pair, err := d.book.Pair(tx, m.From)
	if err != nil {
		return nil, &protocol.Error{Code: protocol.CodeRefused, Cause: err}
	}
	if err := pair.MayAnswer(); err != nil && !d.off.standing {
		return nil, &protocol.Error{Code: protocol.CodeRefused, Cause: err}
	}
	t, stored, err := d.earlier(tx, a)
	if err != nil || stored != nil {
		return stored, err
	}
	if pair.Version() != a.pair.Version() || r.proof.Receipt.Charter != d.self.Chain().Mark().Hash {
		return nil, errChanged
	}
	if t != nil {
		return r.proof, d.acceptLater(tx, a, r, pair, t)
	}
	move := r.move
	today, err := d.openedToday(tx, pair, &move, now)
	if err != nil {
		return nil, err
	}
	if err := pair.MayReceive(move, now); err != nil && !d.off.standing {
		return nil, err
	}
	if terms, ok := pair.Terms(m.Terms); ok && terms.NamesFirst && !onlyNames(a.referral) {
		return nil, protocol.Errorf(protocol.CodeBeyond, "The terms say that only names come first.")
	}
	c, err := gathered(tx, a)
	if err == nil && c.IsZero() {
		c, err = tx.NewCase()
	}
	if err != nil {
		return nil, err
	}
	if err := tx.Put(messageKey(m.From, m.Referral, theirs, m.Seq), r.message.row(c, false)); err != nil {
		return nil, err
	}
	if err := tx.Put(gistKey(m.From, m.Referral), store.Row{Case: c, Private: r.gist}); err != nil {
		return nil, err
	}
	r.thread.Alike = ""
	if !r.alike.IsZero() {
		if r.thread.Alike, err = d.looksLike(tx, r.alike, m.Referral, now); err != nil {
			return nil, err
		}
	}
	if r.thread.Alike != "" {
		r.lane = r.thread.row(&private{})
		if err := d.record(tx, EventAlike, "node", r.thread); err != nil {
			return nil, err
		}
	}
	r.lane.Case = c
	if err := tx.PutLane(laneOf(m.From, m.Referral), r.lane, r.thread.due(now)); err != nil {
		return nil, err
	}
	if err := d.spend(tx, 1, false); err != nil {
		return nil, err
	}
	if err := errors.Join(today.put(tx), d.watch(tx, r.thread), d.marked(tx, r.thread, mark{})); err != nil {
		return nil, err
	}
	return r.proof, d.record(tx, EventReceived, "partner", r.thread)
}

// earlier finds what is here under the identity of a message. The same content again gets the stored receipt; another
// content is a conflict; for the next one of a thread, the thread. A message whose predecessor is missing is not kept:
// the sender holds it back and sends it again in order, so that no gap is ever stored here
// (docs/decisions/0030-no-gaps.md).
func (d *Desk) earlier(tx *store.Tx, a *arrival) (*thread, *protocol.ReceiptProof, error) {
	m := a.manifest
	row, _, err := tx.Lane(laneOf(m.From, m.Referral))
	if errors.Is(err, store.ErrNotFound) {
		if m.Kind != protocol.KindReferral {
			return nil, nil, &protocol.Error{Code: protocol.CodeEarlier}
		}
		stored, err := refusedBefore(tx, a)
		return nil, stored, err
	} else if err != nil {
		return nil, nil, err
	}
	t, _, err := readThread(row)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case m.Seq > t.TheirSeq+1:
		return nil, nil, &protocol.Error{Code: protocol.CodeEarlier}
	case m.Seq == t.TheirSeq+1:
		if stored, err := refusedBefore(tx, a); err != nil || stored != nil {
			return nil, stored, err
		}
		return t, nil, t.follows(m)
	}
	parts, _, err := readMessage(tx, messageKey(m.From, m.Referral, theirs, m.Seq))
	if err != nil {
		return nil, nil, err
	}
	if !d.off.identity && parts.content != a.content {
		return nil, nil, &protocol.Error{Code: protocol.CodeConflict}
	}
	proof, err := parts.given()
	return nil, &proof, err
}
