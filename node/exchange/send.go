package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Outgoing is one document on its way out: a referral and whom it goes to.
type Outgoing struct {
	Referral   *protocol.Referral // without number; each recipient gets a copy with its own. Not changed.
	To         []protocol.OrgID   // at most MaxRecipients
	Raw        []byte             // the document as it came, kept once with the case
	RawFormat  string
	Report     []byte        // canonical JSON of our conversion report
	Mapping    string        // the published version that made the referral
	Connection string        // ours, that it came in through
	Origin     string        // the medium's own id of the document, or empty; see Desk.Origin
	Whole      []byte        // the whole of what came, when Raw is only a part of it; kept at home, see Desk.Whole
	Actor      string        // a role or a key, never a person's name
	Key        string        // Idempotency-Key, or empty
	KeyHash    protocol.Hash // what the key stands for: the same key with another hash is ErrKeyReused
	Files      []string      // ids of uploads that go along, beside those that the referral lists by such an id
	Override   *Override     // a person sends it without consent; its consent stands in the referral
	Also       []Further     // the other referrals of a document that asks for several things, each of its own

	uploads []*file // read
}

// Further is one more referral of the same document. All of them are in one group and one case.
type Further struct {
	Referral *protocol.Referral
	To       []protocol.OrgID
	Report   []byte
}

// MaxRecipients is how many partners one document may go to.
const MaxRecipients = 50

// Sent is what became of an Outgoing: one part a recipient.
type Sent struct {
	Group string `json:"group"` // of several recipients, else empty
	Parts []Part `json:"parts"`
}

// Part is one referral of a document. With state refused it was refused here and is not stored; the others go on.
type Part struct {
	Referral protocol.ReferralID `json:"referral,omitempty"`
	To       protocol.OrgID      `json:"to"`
	Nth      int                 `json:"nth,omitempty"` // of several referrals of one document which, from 1
	State    protocol.Transport  `json:"state"`
	Code     protocol.Code       `json:"code,omitempty"`
	Sentence string              `json:"sentence,omitempty"`
	Withheld []string            `json:"withheld,omitempty"` // paths kept back by the terms or the consent
}

// Send takes a document out: each recipient's copy is validated, judged by the grant and signed, and all of them are
// stored in one transaction. nil means on our disk. One recipient may be refused while the others go on; when nobody
// may get it, nothing is stored and the error says why (*protocol.Problems or *protocol.Error).
func (d *Desk) Send(ctx context.Context, out Outgoing) (Sent, error) {
	earlier, err := d.sentBefore(&out)
	if err != nil || earlier != nil {
		return *orZero(earlier), err
	}
	if err := d.suspension(); err != nil {
		return Sent{}, err
	}
	if err := d.attachAll(&out); err != nil {
		return Sent{}, err
	}
	for round := range maxRounds {
		p, err := d.compose(ctx, &out) // validate, MaySend, sign
		if err != nil {
			return Sent{}, err
		}
		d.keepLeaving(p)
		err = d.org.Update(ctx, func(tx *store.Tx) error { return d.enqueue(tx, &out, p) })
		if err != nil || p.known {
			d.dropLeaving(p)
		}
		if err == nil {
			signal(d.outbox)
			return p.sent, nil
		}
		if !errors.Is(err, errChanged) {
			return Sent{}, fmt.Errorf("send referral: %w", err)
		}
		settled(ctx, round)
	}
	return Sent{}, &protocol.Error{Code: protocol.CodeBusy, Cause: errChanged}
}

// enqueue stores all messages of a document under one case, with one event: the case's key, a message and a lane for
// each recipient. What is permitted is asked once more here, where a standing cannot change any more.
func (d *Desk) enqueue(tx *store.Tx, out *Outgoing, p *post) error {
	if earlier, err := d.readKey(tx, out); err != nil || earlier != nil {
		p.sent, p.known = *orZero(earlier), true
		return err
	}
	p.known = false
	for _, m := range p.messages {
		if pair, err := d.book.Pair(tx, m.to); err != nil || pair.Version() != m.pair {
			return errors.Join(errChanged, err)
		}
	}
	if err := d.spend(tx, len(p.messages), true); err != nil {
		return err
	}
	id, err := tx.NewCase()
	if err != nil {
		return err
	}
	for _, m := range p.messages {
		if err := tx.Put(messageKey(m.to, m.manifest.Referral, ours, 1), m.parts.row(id, false)); err != nil {
			return err
		}
		if err := tx.Put(gistKey(m.to, m.manifest.Referral), store.Row{Case: id, Private: m.gist}); err != nil {
			return err
		}
		if err := keepFiles(tx, id, m.to, m.manifest.Referral, m.files); err != nil {
			return err
		}
		if len(m.rest) > 0 {
			if err := tx.Put(restKey(m.to, m.manifest.Referral), store.Row{Case: id, Private: m.rest}); err != nil {
				return err
			}
		}
		if out.Origin != "" {
			if err := tx.Put(originKey(m.to, m.manifest.Referral), store.Row{Case: id, Private: []byte(out.Origin)}); err != nil {
				return err
			}
		}
		m.lane.Case = id
		if err := tx.PutLane(laneOf(m.to, m.manifest.Referral), m.lane, m.thread.due(d.now())); err != nil {
			return err
		}
	}
	if err := useUploads(tx, id, out.uploads); err != nil {
		return err
	}
	if p.sent.Group != "" && out.Referral.Header.Group.Rule.Is(protocol.GroupFirstAccepted) {
		var g group1st
		for _, m := range p.messages {
			g.members = append(g.members, groupMember{m.to, m.manifest.Referral})
		}
		if err := tx.Put(groupKey(p.sent.Group), store.Row{Kept: encode(groupForm, 256, g.fields)}); err != nil {
			return err
		}
	}
	if !p.blob.IsZero() {
		if err := tx.NameBlob(p.blob, id); err != nil {
			return err
		}
	}
	if len(out.Whole) > 0 {
		if err := keepWhole(tx, id, out, p); err != nil {
			return err
		}
	}
	e := audit.Event{At: d.now().UnixMilli(), Actor: out.Actor, Kind: EventQueued, Subject: p.subject(), Case: id, Details: p.details}
	if _, err := audit.Record(tx, e); err != nil {
		return err
	}
	if o := out.Override; o != nil {
		details, err := json.Marshal(o)
		if err != nil {
			return err
		}
		e.Kind, e.Details = EventOverridden, details
		if _, err := audit.Record(tx, e); err != nil {
			return err
		}
	}
	return d.keepKey(tx, out, &p.sent)
}

// keepLeaving keeps for the first attempt what it needs of each message that need not wait.
func (d *Desk) keepLeaving(p *post) {
	for _, m := range p.messages {
		if m.thread.State == protocol.Queued {
			d.leaving.keep(laneOf(m.to, m.manifest.Referral), &messageParts{
				token: m.parts.token, kid: m.parts.kid, content: m.parts.content, salt: m.parts.salt, body: m.parts.body,
			})
		}
	}
}

func (d *Desk) dropLeaving(p *post) {
	for _, m := range p.messages {
		d.leaving.drop(laneOf(m.to, m.manifest.Referral))
	}
}
