package exchange

import (
	"context"
	"errors"
	"slices"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// A later receipt (delivered, delivered-blind, read) travels in an envelope of its own: in the place of a message's
// token the canonical ReceiptProof, then the salt and the canonical Note that the receipt's note commits to. Without a
// body the note was erased at its author.

// confirm brings the oldest later receipt of a lane to the partner. It is tried until a plain ok and never receipted.
func (d *Desk) confirm(ctx context.Context, s *step) {
	if err := s.pair.MayAnswer(); err != nil { // blocked: nobody is told anything any more
		d.settle(s.claim, func(t *thread, p *private) string { t.Later, p.Notes = nil, nil; return "" })
		return
	}
	proof, err := d.resign(&s.thread.Later[0])
	if err != nil {
		d.again(s, err)
		return
	}
	plain := crypto.Plain{Salt: make([]byte, crypto.SaltSize)}
	if plain.Token, err = crypto.Marshal(proof); err != nil {
		d.again(s, err)
		return
	}
	if len(s.private.Notes) > 0 {
		plain.Salt, plain.Body = s.private.Notes[0].Salt, s.private.Notes[0].Note
	}
	answer, err := d.hand(ctx, s, plain)
	switch {
	case errors.Is(err, errChanged):
		d.org.Release(s.claim.Token)
	case err != nil:
		d.again(s, err)
	case answer.Code.Class() == protocol.Temporary && answer.Code != "":
		d.again(s, &protocol.Error{Code: answer.Code})
	case answer.Code != "": // the way is fine; they may know the message later
		d.org.Release(s.claim.Token, store.Due{At: d.now().Add(lastRetry), Queue: netQueue(s.to)})
	default:
		d.reached(s.to)
		d.settle(s.claim, func(t *thread, p *private) string {
			if len(t.Later) == 0 || string(t.Later[0].Receipt.Salt) != string(proof.Receipt.Salt) {
				return ""
			}
			t.Given, t.Later = append(t.Given, *proof), t.Later[1:]
			if len(p.Notes) > 0 {
				p.Notes = p.Notes[1:]
			}
			return ""
		})
	}
}

// takeReceipt takes a later receipt for a message of ours. The answer is a plain ok once it is on our disk.
func (d *Desk) takeReceipt(ctx context.Context, peer protocol.PeerID, pair *partner.Pair, plain crypto.Plain) protocol.Answer {
	proof, note := new(protocol.ReceiptProof), protocol.Note{}
	if crypto.Unmarshal(plain.Token, proof) != nil || !pair.Chain().HasPeer(peer) || d.verifier.Verify(proof, pair.Chain()) != nil {
		return refused()
	}
	r := &proof.Receipt
	if r.To != d.self.OrgID() {
		return refused()
	}
	if len(plain.Body) > 0 && (crypto.NoteHash(plain.Salt, plain.Body) != r.Note || crypto.Unmarshal(plain.Body, &note) != nil) {
		return failed(protocol.CodeSchema)
	}
	event, ok := map[protocol.Level]string{protocol.Delivered: EventDelivered, protocol.DeliveredBlind: EventBlind, protocol.Read: EventRead}[r.Level]
	if !ok {
		return failed(protocol.CodeSchema)
	}
	err := d.org.UpdateAlways(ctx, func(tx *store.Tx) error { return d.confirmed(tx, proof, &note, event) })
	var e *protocol.Error
	switch {
	case err == nil:
		return protocol.Answer{V: protocol.Version}
	case errors.As(err, &e):
		return failed(e.Code)
	}
	return failed(protocol.CodeStorage)
}

// confirmed writes a later receipt into the thread that it is about.
func (d *Desk) confirmed(tx *store.Tx, proof *protocol.ReceiptProof, note *protocol.Note, event string) error {
	r := &proof.Receipt
	if pair, err := d.book.Pair(tx, r.From); err != nil || pair.MayAnswer() != nil {
		return &protocol.Error{Code: protocol.CodeRefused, Cause: err}
	}
	m, _, err := readMessage(tx, messageKey(r.From, r.Referral, ours, r.Seq))
	if errors.Is(err, store.ErrNotFound) || err == nil && m.content != r.Manifest {
		return &protocol.Error{Code: protocol.CodeConflict}
	} else if err != nil {
		return err
	}
	return d.alter(tx, laneOf(r.From, r.Referral), nil, "partner", func(t *thread, p *private) string {
		if slices.ContainsFunc(t.Got, func(g protocol.ReceiptProof) bool { return g.Receipt.Seq == r.Seq && g.Receipt.Level == r.Level }) {
			return ""
		}
		t.Got = append(t.Got, *proof)
		if t.Sending == r.Seq { // whose first receipt was lost
			t.Sending, t.Next = 0, 0
			if r.Seq < t.OurSeq {
				t.Sending = r.Seq + 1
			}
		}
		if note.Reference != "" {
			p.Reference = note.Reference
		}
		if len(note.Report) > 0 {
			p.TheirReport = note.Report
		}
		// The partner's word is stronger than what we concluded from its silence.
		if state := protocol.TransportOf(r.Level); !state.After(t.State) && state != t.State {
			t.become(state, "", note.Sentence, d.now())
		}
		return event
	})
}
