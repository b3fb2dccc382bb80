package exchange

import (
	"errors"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// What an attempt comes to. Each of these settles or releases the claim of its step; all that is written is written by
// a closure that reads the thread again.

// receipted ends the message with the partner's word on it.
func (d *Desk) receipted(s *step, proof protocol.ReceiptProof) {
	if err := d.check(s, &proof); err != nil {
		d.log.Warn("refused a receipt", "partner", string(s.to), "error", err)
		d.again(s, errors.New("the partner's receipt could not be verified"))
		return
	}
	d.reached(s.to)
	seq := s.thread.Sending
	if proof.Receipt.Level == protocol.Refused {
		code := proof.Receipt.Code
		d.finish(s, func(t *thread) string {
			t.keepReceipt(theirs, &proof, nil)
			t.of(ours, seq).become(protocol.TurnedAway, code, code.Sentence(), d.now())
			if !t.Out || seq > 1 {
				t.withdraw(s)
			}
			return EventRefused
		})
		return
	}
	d.finish(s, func(t *thread) string {
		t.keepReceipt(theirs, &proof, nil)
		t.of(ours, seq).become(protocol.OnTheirDisk, "", "", d.now())
		if t.Out && seq == 1 && t.Status == protocol.StatusNew { // their time begins when it is with them
			t.ReplyBy = d.deadline(t, d.now())
			t.timed = true
		}
		return EventAcknowledged
	})
}

// withdraw takes a message out of the thread that the partner refused for good: its number is free for the next one.
// What was refused stands aside, with the refusal.
func (t *thread) withdraw(s *step) {
	var m protocol.Manifest
	if _, err := crypto.Peek(s.message.token, protocol.TypMessage, &m); err != nil || m.Seq != t.OurSeq {
		return
	}
	t.OurSeq, t.OurHead, t.anew = m.Seq-1, m.Prev, true
	t.also = append(t.also, also{store.K("withdrawn", string(t.Partner), string(t.Referral), s.message.content.String()), s.message.row(t.held, t.erased || s.erased)})
}

// check verifies a receipt and holds it against the message that it is about.
func (d *Desk) check(s *step, p *protocol.ReceiptProof) error {
	if err := d.verifier.Verify(p, s.pair.Chain()); err != nil {
		return err
	}
	r := &p.Receipt
	if r.To != d.self.OrgID() || r.Referral != s.thread.Referral || r.Seq != s.thread.Sending || r.Manifest != s.message.content {
		return errors.New("check receipt: it is about another message")
	}
	return nil
}

// finish settles the message that was under way, unless a later receipt of the partner did so meanwhile.
func (d *Desk) finish(s *step, change func(*thread) (event string)) {
	seq := s.thread.Sending
	d.settle(s.claim, func(t *thread, _ *private) string {
		if t.Sending != seq {
			return ""
		}
		t.pass()
		return change(t)
	})
}

// fail ends the message by a rule of our own.
func (d *Desk) fail(s *step, state protocol.Transport, why *protocol.Error) {
	event := EventRefused
	if state == protocol.Undeliverable {
		event = EventUndeliverable
	}
	seq := s.thread.Sending
	d.finish(s, func(t *thread) string {
		t.of(ours, seq).become(state, why.Code, why.Text(), d.now())
		return event
	})
}

// park follows our own rules: a hold waits until the pair changes, a limit until its time, the rest is over.
func (d *Desk) park(s *step, err error) {
	var why *protocol.Error
	if !errors.As(err, &why) {
		d.again(s, err)
		return
	}
	switch t, reg := s.thread, s.thread.under(); {
	case why.Code.Class() == protocol.Permanent && t.opening():
		d.fail(s, protocol.TurnedAway, why)
	case t.opening() && reg.State == protocol.Waiting && reg.Reason == why.Text() && why.RetryAt.IsZero():
		d.org.Release(s.claim.Token, store.Due{At: time.UnixMilli(t.Expires), Queue: netQueue(s.to)})
	default:
		d.hold(s, why)
	}
	if d.changed(s) { // while we wrote, and nobody tells us twice
		d.PartnerChanged(s.to)
	}
}

func (d *Desk) hold(s *step, why *protocol.Error) {
	d.settle(s.claim, func(t *thread, _ *private) string {
		if t.Sending == 0 && !t.Acts.any() {
			return ""
		}
		t.wait(why, d.now())
		return EventWaiting
	})
}

// told follows a code that the partner answered. Nothing but a signed refusal ends a message, so a permanent code
// without a signature is one more reason to try later.
func (d *Desk) told(s *step, e *protocol.Error) {
	now := d.now()
	if e.Code.Class() == protocol.Hold {
		d.reached(s.to)
		e.RetryAt = now.Add(lastRetry) // we may not hear of the change
		d.hold(s, e)
		return
	}
	next := e.RetryAt
	moved := false
	switch e.Code {
	case protocol.CodeRate: // not the whole way is held up
	case protocol.CodePending:
		moved = d.moved(s) // then it is being worked on
		next = later(next, now.Add(soonest))
	default:
		next = later(next, d.missed(s.to, s.round, e.Text()))
	}
	d.settle(s.claim, func(t *thread, _ *private) string {
		if t.Sending == 0 {
			return ""
		}
		if t.Attempts++; moved {
			t.Attempts = 0
		} else {
			next = later(next, now.Add(backoff(t.Attempts)))
		}
		t.Next = t.notAfter(next)
		t.under().become(protocol.Queued, e.Code, e.Text(), now)
		return ""
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// unanswered keeps the message for the next attempt. Nothing is written, except once that it may have left.
func (d *Desk) unanswered(s *step, err error) {
	if errors.Is(err, ErrUnreachable) || s.thread.under().State == protocol.Sent {
		d.again(s, err)
		return
	}
	next := d.missed(s.to, s.round, unansweredReason)
	d.settle(s.claim, func(t *thread, _ *private) string {
		if t.Sending == 0 {
			return ""
		}
		t.under().become(protocol.Sent, "", "", d.now())
		t.Next = t.notAfter(next)
		return ""
	})
}

const unansweredReason = "The partner's computer does not answer. We try again."

// again gives the lane back, due after the way was tried again by another one: no message may be in front for good.
func (d *Desk) again(s *step, err error) {
	d.log.Debug("could not deliver", "partner", string(s.to), "error", err)
	next := d.missed(s.to, s.round, unansweredReason)
	if s.thread.Sending > 0 && len(s.thread.Later) == 0 {
		next = time.UnixMilli(s.thread.notAfter(next.Add(time.Millisecond)))
	}
	d.org.Release(s.claim.Token, store.Due{At: next, Queue: netQueue(s.to)})
}
