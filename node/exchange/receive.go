package exchange

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// clockGrace is how far a sender's clock may be ahead, and how long after its expiry a message is still taken.
const clockGrace = 10 * time.Minute

// Receive takes a sealed envelope that arrived on a stream of peer. The answer carries a signed receipt once the
// message is on our disk; until the signature of a partner is verified, every answer is the same refusal.
func (d *Desk) Receive(ctx context.Context, peer protocol.PeerID, sealed []byte) protocol.Answer {
	head, pair, plain, answer := d.open(peer, sealed)
	if answer != nil {
		return *answer
	}
	if isReceipt(plain.Token) {
		return d.takeReceipt(ctx, peer, pair, plain)
	}
	m, content, err := crypto.VerifyMessage(plain.Token, pair.Chain(), peer)
	if err != nil || m.From != head.From || m.To != head.To || m.To != d.Self.OrgID() {
		return refused()
	}
	if pair.MayAnswer() != nil { // verified, and still nobody who may learn more
		return refused()
	}
	a := &arrival{pair: pair, manifest: m, content: content, plain: plain}
	a.referral, err = d.judge(m, plain)
	if err != nil {
		return d.refuse(ctx, a, err)
	}
	for range maxRounds {
		proof, err := d.sign(a, protocol.Received, nil, protocol.Hash{})
		if err != nil {
			return busy()
		}
		a.proof = proof
		err = d.Org.Update(ctx, func(tx *store.Tx) error { return d.accept(tx, a) })
		switch {
		case err == nil:
			d.arrived(a)
			return protocol.Answer{V: protocol.Version, Receipt: &a.proof}
		case errors.Is(err, errAgain): // a standing or a charter changed meanwhile: the receipt is not released
			now, ok := d.Book.Current(head.From)
			if !ok || !now.Chain().HasPeer(peer) {
				return refused()
			}
			a.pair = now
		default:
			return d.refuse(ctx, a, err)
		}
	}
	return busy()
}

// maxRounds is how often a message goes round when the pair changes under it.
const maxRounds = 4

var errAgain = errors.New("the partnership changed meanwhile")

// arrival is a verified message on its way to our disk.
type arrival struct {
	pair     *partner.Pair
	manifest *protocol.Manifest
	content  protocol.Hash
	plain    crypto.Plain
	referral *protocol.Referral
	proof    protocol.ReceiptProof
	again    bool // it was here before
}

// open finds the pair by the clear header and opens the envelope. What a stranger, a partner of somebody else and a
// wrong key get is the same refusal, after the same work.
func (d *Desk) open(peer protocol.PeerID, sealed []byte) (protocol.EnvelopeHeader, *partner.Pair, crypto.Plain, *protocol.Answer) {
	no := refused()
	head, err := crypto.ReadHeader(sealed)
	if err != nil || head.To != d.Self.OrgID() {
		return head, nil, crypto.Plain{}, &no
	}
	pair, ok := d.Book.Current(head.From)
	known := ok && pair.Confirmed() && pair.Chain().HasPeer(peer)
	key := d.Self.Decryption(head.Kid)
	if key == nil && known && pair.MayAnswer() == nil {
		return head, nil, crypto.Plain{}, &protocol.Answer{V: protocol.Version, Code: protocol.CodeKeyUnknown, Card: d.Self.Card()}
	}
	if key == nil {
		return head, nil, crypto.Plain{}, &no
	}
	plain, err := crypto.Open(sealed, key)
	if err != nil || !known {
		return head, nil, crypto.Plain{}, &no
	}
	return head, pair, plain, nil
}

// judge checks what depends on the message alone: version, time, body.
func (d *Desk) judge(m *protocol.Manifest, plain crypto.Plain) (*protocol.Referral, error) {
	now := d.Now()
	switch {
	case m.At > now.Add(clockGrace).UnixMilli():
		return nil, &protocol.Error{Code: protocol.CodeClock, RetryAt: time.UnixMilli(m.At)}
	case now.Add(-clockGrace).UnixMilli() > m.Expires:
		return nil, &protocol.Error{Code: protocol.CodeExpired}
	case m.Kind != protocol.KindReferral:
		return nil, &protocol.Error{Code: protocol.CodeSchema}
	case crypto.BodyHash(plain.Salt, plain.Body) != m.Body:
		return nil, &protocol.Error{Code: protocol.CodeSignature}
	}
	r := new(protocol.Referral)
	if err := crypto.Unmarshal(plain.Body, r); err != nil {
		return nil, &protocol.Error{Code: protocol.CodeSchema, Cause: err}
	}
	if err := r.ValidateFor(now, d.Self.OrgID()); err != nil {
		return nil, &protocol.Error{Code: protocol.CodeSchema, Cause: err}
	}
	if r.Header.ID.Text() != string(m.Referral) {
		return nil, &protocol.Error{Code: protocol.CodeSchema}
	}
	return r, nil
}

// accept is the accepting transaction: identity, order, grant; then case, message, thread and event are written with
// the receipt that was signed before. The same message again gets the stored receipt.
func (d *Desk) accept(tx *store.Tx, a *arrival) error {
	m, now := a.manifest, d.Now()
	a.again = false
	pair, err := d.Book.Pair(tx, m.From)
	if err != nil {
		return &protocol.Error{Code: protocol.CodeRefused}
	}
	row, _, err := tx.Lane(laneOf(m.From, m.Referral))
	switch {
	case err == nil:
		return d.repeatOrRefuse(tx, a, row)
	case !errors.Is(err, store.ErrNotFound):
		return err
	case m.Seq != 1:
		return &protocol.Error{Code: protocol.CodeEarlier}
	case pair.Version() != a.pair.Version():
		return errAgain
	}
	move := moveOf(a.referral, m.Terms)
	if err := d.countToday(tx, m.From, false, &move, pair, now); err != nil {
		return err
	}
	if err := pair.MayReceive(move, now); err != nil {
		return err
	}
	c, err := tx.NewCase()
	if err != nil {
		return err
	}
	t := &thread{
		Partner: m.From, Referral: m.Referral, Terms: m.Terms, Group: a.referral.Header.Group.ID.Text(), Mode: a.referral.Header.Mode.Text(), Opened: now.UnixMilli(),
		State: protocol.OnTheirDisk, Since: now.UnixMilli(), TheirSeq: m.Seq, TheirHead: a.content, Given: []protocol.ReceiptProof{a.proof},
		Item: item{Seq: m.Seq, State: itemDue, Since: now.UnixMilli()},
	}
	part := messagePart{Salt: a.plain.Salt, Body: a.plain.Body}
	if err := tx.Put(messageKey(m.From, m.Referral, false, m.Seq), store.Row{Kept: a.plain.Token, Case: c, Private: part.pack()}); err != nil {
		return err
	}
	laneRow, err := t.row(c, false, &private{Needs: move.Needs})
	if err != nil {
		return err
	}
	if err := tx.PutLane(laneOf(m.From, m.Referral), laneRow, t.due(now)); err != nil {
		return err
	}
	return d.event(tx, eventReceived, "partner", t, c, now)
}

// repeatOrRefuse answers a message whose thread is here: the same identity and content get the stored receipt, the
// same identity with another content is a conflict, anything else is not known to this version.
func (d *Desk) repeatOrRefuse(tx *store.Tx, a *arrival, row store.Row) error {
	t, _, err := readThread(row)
	if err != nil {
		return err
	}
	for i := range t.Given {
		r := &t.Given[i].Receipt
		if r.Seq == a.manifest.Seq && r.Level == protocol.Received {
			if r.Manifest != a.content {
				return &protocol.Error{Code: protocol.CodeConflict}
			}
			a.proof, a.again = t.Given[i], true
			return nil
		}
	}
	if a.manifest.Seq > t.TheirSeq+1 {
		return &protocol.Error{Code: protocol.CodeEarlier}
	}
	return &protocol.Error{Code: protocol.CodeConflict}
}

// arrived wakes who waits for new items.
func (d *Desk) arrived(a *arrival) {
	if !a.again {
		signal(d.inbox)
	}
}

// refuse answers a verified message with a signed refusal. A permanent one leaves an event, without any content.
func (d *Desk) refuse(ctx context.Context, a *arrival, cause error) protocol.Answer {
	var pe *protocol.Error
	switch {
	case errors.As(cause, &pe):
	case errors.Is(cause, store.ErrFull):
		pe = &protocol.Error{Code: protocol.CodeStorage}
	default:
		return busy()
	}
	if pe.Code == protocol.CodeRefused {
		return refused()
	}
	proof, err := d.sign(a, protocol.Refused, pe, protocol.Hash{})
	if err != nil {
		return busy()
	}
	if pe.Code.Class() == protocol.Permanent {
		m := a.manifest
		t := &thread{Partner: m.From, Referral: m.Referral, Code: pe.Code}
		err := d.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
			return d.event(tx, "referral.turned-away", "partner", t, store.CaseID{}, d.Now())
		})
		if err != nil {
			return busy()
		}
	}
	return protocol.Answer{V: protocol.Version, Receipt: &proof}
}

// isReceipt reads the typ of a token's header; the verifier of the kind checks it again.
func isReceipt(token []byte) bool {
	head, _, _ := bytes.Cut(token, []byte{'.'})
	b, err := base64.RawURLEncoding.DecodeString(string(head))
	return err == nil && bytes.Contains(b, []byte(`"`+protocol.TypReceipt+`"`))
}

func refused() protocol.Answer {
	return protocol.Answer{V: protocol.Version, Code: protocol.CodeRefused}
}
func busy() protocol.Answer { return protocol.Answer{V: protocol.Version, Code: protocol.CodeBusy} }
