package exchange

import (
	"context"
	"errors"

	"referworks/node/store"
	"referworks/protocol"
)

// refuse answers a verified message that is not taken. What may change is answered by its code alone, and the sender
// comes again. What is for good gets a signed refusal, which frees the number: hash, code and pair are kept, no body.
func (d *Desk) refuse(ctx context.Context, a *arrival, cause error) protocol.Answer {
	var e *protocol.Error
	if !errors.As(cause, &e) {
		if ctx.Err() == nil {
			d.log.Error("could not store a message", "partner", string(a.manifest.From), "error", cause)
		}
		return failed(protocol.CodeStorage)
	}
	if e.Code == protocol.CodeRefused {
		return refused()
	}
	if e.Code.Class() != protocol.Permanent {
		answer := failed(e.Code)
		if !e.RetryAt.IsZero() {
			answer.RetryAt = e.RetryAt.UnixMilli()
		}
		return answer
	}
	leaf := d.receipt(a.manifest.From, a.manifest.Referral, a.manifest.Seq, a.content, protocol.Refused)
	leaf.Code = e.Code
	answer := protocol.Answer{V: protocol.Version}
	err := d.release(leaf, func(proof protocol.ReceiptProof) error {
		return d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
			stored, err := d.turnAway(tx, a, proof)
			answer.Receipt = stored
			return err
		})
	})
	switch {
	case errors.As(err, &e):
		return refused()
	case err != nil:
		return failed(protocol.CodeBusy)
	}
	return answer
}

// turnAway stores a refusal, or finds the one that is stored.
func (d *Desk) turnAway(tx *store.Tx, a *arrival, proof protocol.ReceiptProof) (*protocol.ReceiptProof, error) {
	m := a.manifest
	pair, err := d.book.Pair(tx, m.From)
	if err != nil || pair.MayAnswer() != nil {
		return nil, &protocol.Error{Code: protocol.CodeRefused, Cause: err}
	}
	if pair.Version() != a.pair.Version() {
		return nil, errChanged // the sender comes again
	}
	if stored, err := refusedBefore(tx, a); err != nil || stored != nil {
		return stored, err
	}
	if err := tx.Put(refusalKey(a), store.Row{Kept: packProof(&proof)}); err != nil {
		return nil, err
	}
	kind := EventTurnedAway
	if proof.Receipt.Code == protocol.CodeConflict {
		kind = EventConflict
	}
	return &proof, d.record(tx, kind, "partner", &thread{Partner: m.From, Referral: m.Referral, register: register{Code: proof.Receipt.Code}})
}

func refusalKey(a *arrival) store.Key {
	return store.K("refused", string(a.manifest.From), string(a.manifest.Referral), a.content.String())
}

// refusedBefore gives the refusal that this very content got, or nil.
func refusedBefore(tx *store.Tx, a *arrival) (*protocol.ReceiptProof, error) {
	r, err := tx.Get(refusalKey(a))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	p, err := unpackProof(r.Kept)
	return &p, err
}
