package exchange

import (
	"context"
	"errors"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// laterBody is the plaintext beside a later receipt: the proof, so that one signature may serve a group, and the note.
type laterBody struct {
	V     int                   `json:"v"`
	Proof protocol.ReceiptProof `json:"proof"`
	Note  protocol.Note         `json:"note"`
}

// push brings a later receipt (delivered, read) to the partner; it is tried until a plain ok, and never receipted.
func (d *Desk) push(ctx context.Context, c store.Claim, t *thread, p *private, pair *partner.Pair) {
	if err := pair.MayAnswer(); err != nil {
		d.settle(c, func(t *thread, p *private) string { t.Push, p.Notes = 0, nil; return "" })
		return
	}
	proof, note := t.Given[len(t.Given)-t.Push], p.Notes[0]
	body, err := crypto.Marshal(laterBody{protocol.Version, proof, note.Note})
	if err != nil {
		d.again(c, t, err, time.Time{})
		return
	}
	answer, err := d.exchange(ctx, pair, crypto.Plain{Token: []byte(proof.JWS), Salt: note.Salt, Body: body})
	switch {
	case err != nil:
		d.again(c, t, err, time.Time{})
	case answer.Code == protocol.CodeKeyUnknown && answer.Card != "":
		if _, err := d.Book.Merge(ctx, protocol.PairState{V: protocol.Version, From: pair.ID(), To: d.Self.OrgID(), Card: answer.Card}); err != nil {
			d.again(c, t, err, time.Time{})
			return
		}
		d.Org.Release(c.Token, store.Due{At: d.Now().Add(firstRetry / 10), Queue: netQueue(t.Partner)})
	case answer.Code != "":
		d.again(c, t, &protocol.Error{Code: answer.Code}, time.UnixMilli(answer.RetryAt))
	default:
		d.forget(c)
		d.settle(c, func(t *thread, p *private) string {
			t.Push--
			p.Notes = p.Notes[1:]
			return ""
		})
	}
}

// takeReceipt takes a later receipt for a message of ours. The answer is a plain ok once it is on our disk.
func (d *Desk) takeReceipt(ctx context.Context, peer protocol.PeerID, pair *partner.Pair, plain crypto.Plain) protocol.Answer {
	var body laterBody
	if crypto.Unmarshal(plain.Body, &body) != nil || body.Proof.JWS != string(plain.Token) || !pair.Chain().HasPeer(peer) {
		return refused()
	}
	r := &body.Proof.Receipt
	if d.verifier.Verify(&body.Proof, pair.Chain()) != nil || r.To != d.Self.OrgID() || r.From != pair.ID() {
		return refused()
	}
	if pair.MayAnswer() != nil {
		return refused()
	}
	canonical, err := crypto.Marshal(body.Note)
	if err != nil || crypto.NoteHash(plain.Salt, canonical) != r.Note {
		return refused()
	}
	key := laneOf(pair.ID(), r.Referral)
	err = d.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		row, _, err := tx.Lane(key)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		if r.Seq < 1 || r.Seq > t.OurSeq || r.Seq == t.OurSeq && r.Manifest != t.OurHead {
			return errNotOurs
		}
		if slices.ContainsFunc(t.Got, func(p protocol.ReceiptProof) bool { return p.Receipt.Level == r.Level && p.Receipt.Seq == r.Seq }) {
			return nil
		}
		return d.alter(tx, key, nil, func(t *thread, p *private) string {
			t.Got = append(t.Got, body.Proof)
			t.Sending = 0 // a delivered message was received
			p.Reference, p.TheirReport = body.Note.Reference, body.Note.Report
			if s := protocol.TransportOf(r.Level); t.State.After(s) {
				t.become(s, "", body.Note.Sentence, d.Now())
			}
			return "referral." + string(protocol.TransportOf(r.Level))
		})
	})
	switch {
	case err == nil:
		return protocol.Answer{V: protocol.Version}
	case errors.Is(err, errNotOurs), errors.Is(err, store.ErrNotFound):
		return refused()
	}
	return busy()
}

var errNotOurs = errors.New("the receipt is about no message of ours")
