package exchange

import (
	"errors"
	"time"

	"referworks/crypto"
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
	if _, err := gathered(tx, a); err != nil {
		return err
	}
	if err := tx.Put(messageKey(m.From, m.Referral, theirs, m.Seq), r.message.row(t.held, t.erased)); err != nil {
		return err
	}
	key := laneOf(m.From, m.Referral)
	err := d.alter(tx, key, nil, "partner", func(t *thread, _ *private) string {
		t.TheirSeq, t.TheirHead = m.Seq, a.content
		return actEvent(m.Kind)
	})
	if err != nil {
		return err
	}
	life, err := d.folded(tx, key)
	if err != nil {
		return err
	}
	switch {
	case life.Status == protocol.StatusAccepted && m.Kind == protocol.KindAccept:
		return d.recallOthers(tx, t)
	case m.Kind == protocol.KindCleared:
		return d.sendRest(tx, t)
	}
	return nil
}

// readStep reads and checks the body of a later message.
func readStep(m *protocol.Manifest, body []byte) (*protocol.Step, error) {
	s := new(protocol.Step)
	if err := crypto.Unmarshal(body, s); err != nil {
		return nil, &protocol.Error{Code: protocol.CodeSchema}
	}
	if err := s.Check(m.Kind); err != nil {
		return nil, &protocol.Error{Code: protocol.CodeSchema, Cause: err}
	}
	if s.Referral != nil {
		if s.Referral.Header.ID.ID() != m.Referral {
			return nil, &protocol.Error{Code: protocol.CodeSchema}
		}
		if err := s.Referral.ValidateFor(time.UnixMilli(m.At), m.To); err != nil {
			return nil, &protocol.Error{Code: protocol.CodeSchema, Cause: err}
		}
	}
	return s, nil
}

// recallOthers asks the others of a group back when the first of them accepted, if that is the group's rule.
func (d *Desk) recallOthers(tx *store.Tx, t *thread) error {
	if t.Group == "" || !t.Out {
		return nil
	}
	row, err := tx.Get(groupKey(t.Group))
	if errors.Is(err, store.ErrNotFound) {
		return nil // all may accept
	} else if err != nil {
		return err
	}
	var g group1st
	if err := decode(row.Kept, groupForm, g.fields); err != nil {
		return err
	}
	for _, m := range g.members {
		if m.id == t.Referral {
			continue
		}
		_, err := d.act(tx, laneOf(m.to, m.id), Doing{Kind: protocol.KindRecall, Actor: "node", Step: protocol.Step{Text: "Another organization accepted first. / Otra organización aceptó primero."}})
		var no *NotNow
		var never *protocol.Error
		if err != nil && !errors.As(err, &no) && !errors.As(err, &never) && !errors.Is(err, ErrNone) {
			return err
		}
	}
	return nil
}

// group1st is a group of which the first to accept wins.
type group1st struct{ members []groupMember }

type groupMember struct {
	to protocol.OrgID
	id protocol.ReferralID
}

const groupForm = 1

func groupKey(id string) store.Key { return store.K("group", id) }

func (g *group1st) fields(c *coder) {
	list(c, &g.members, func(c *coder, m *groupMember) {
		text(c, &m.to)
		text(c, &m.id)
	})
}
