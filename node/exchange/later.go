package exchange

import (
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// follows holds the next message of a thread against what is here: it names its author's message before, nothing of
// ours that is not there, and the terms of the thread. Only a first message opens, and nobody opens a thread of ours.
func (t *thread) follows(m *protocol.Manifest) error {
	switch {
	case m.Kind == protocol.KindReferral, m.Prev != t.TheirHead, m.Seen > t.OurSeq:
		return &protocol.Error{Code: protocol.CodeConflict}
	case m.Terms != t.Terms:
		return &protocol.Error{Code: protocol.CodeNoGrant}
	}
	return nil
}

// acceptLater takes the next message of a thread: it is stored whatever it says, since what it comes to is for the fold
// of both sides' messages, the same at both ends.
func (d *Desk) acceptLater(tx *store.Tx, a *arrival, r *accepted, pair *partner.Pair, t *thread) error {
	m, now := a.manifest, d.now()
	if err := pair.MayReceive(partner.Move{Terms: m.Terms}, now); err != nil && !d.off.standing {
		return err
	}
	if err := tx.Put(messageKey(m.From, m.Referral, theirs, m.Seq), r.message.row(t.held, t.erased)); err != nil {
		return err
	}
	return d.alter(tx, laneOf(m.From, m.Referral), nil, "partner", func(t *thread, _ *private) string {
		t.TheirSeq, t.TheirHead = m.Seq, a.content
		return EventMessage
	})
}
