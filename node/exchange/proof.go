package exchange

import (
	"context"
	"errors"
	"fmt"

	"referworks/node/audit"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Proof shows offline that two organizations exchanged a referral, when, and under which terms. It says nothing about
// the person, also after an erasure.
type Proof struct {
	Referral  protocol.ReferralID               `json:"referral"`
	Messages  []string                          `json:"messages"` // compact JWS
	Receipts  []protocol.ReceiptProof           `json:"receipts"`
	Terms     *protocol.Terms                   `json:"terms,omitempty"`
	Standings []string                          `json:"standings"` // compact JWS: the newest of both sides
	Chains    map[protocol.OrgID]protocol.Chain `json:"chains"`
	Bodies    []ProofBody                       `json:"bodies,omitempty"` // with what was said, when asked for
}

// ProofBody is what one message said. It shows everything about the person.
type ProofBody struct {
	Message protocol.Hash  `json:"message"` // content of the message
	Salt    protocol.Bytes `json:"salt"`
	Body    protocol.Bytes `json:"body"` // canonical JSON
}

// Proof gathers the signatures of a referral. ErrNone when there is no such referral.
func (d *Desk) Proof(id protocol.ReferralID) (Proof, error) { return d.prove(id, false) }

// ProofWithBodies is Proof with what was said, as far as it is still here. That it was taken out is in the audit log.
func (d *Desk) ProofWithBodies(ctx context.Context, id protocol.ReferralID, actor string) (Proof, error) {
	p, err := d.prove(id, true)
	if err != nil {
		return Proof{}, err
	}
	err = d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		_, err := audit.Record(tx, audit.Event{At: d.now().UnixMilli(), Actor: actor, Kind: EventTakenOut, Subject: string(id)})
		return err
	})
	if err != nil {
		return Proof{}, fmt.Errorf("prove referral: %w", err)
	}
	return p, nil
}

func (d *Desk) prove(id protocol.ReferralID, bodies bool) (Proof, error) {
	out := Proof{Referral: id, Messages: []string{}, Receipts: []protocol.ReceiptProof{}, Standings: []string{}}
	out.Chains = map[protocol.OrgID]protocol.Chain{d.self.OrgID(): d.self.Chain().Wire()}
	err := d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		if err := d.addMessages(tx, t, &out, bodies); err != nil {
			return err
		}
		kept, err := receipts(tx, t)
		if err != nil {
			return err
		}
		for _, k := range kept {
			out.Receipts = append(out.Receipts, k.proof)
		}
		pair, err := d.book.Pair(tx, t.Partner)
		if errors.Is(err, partner.ErrNone) {
			return nil
		} else if err != nil {
			return err
		}
		out.Chains[t.Partner] = pair.Chain().Wire()
		out.Terms, _ = pair.Terms(t.Terms)
		way := partner.In
		if t.Out {
			way = partner.Out
		}
		for _, ours := range []bool{true, false} {
			if _, token := pair.Standing(way, ours); token != "" {
				out.Standings = append(out.Standings, token)
			}
		}
		return nil
	})
	if err != nil {
		return Proof{}, fmt.Errorf("prove referral: %w", err)
	}
	return out, nil
}

// addMessages adds both sides' messages in an order in which each comes after all that its author had seen.
func (d *Desk) addMessages(tx *store.Tx, t *thread, out *Proof, bodies bool) error {
	list, err := messages(tx, t)
	if err != nil {
		return err
	}
	for _, one := range list {
		if one.Seq == 0 {
			continue // not signed yet
		}
		by := theirs
		if one.Ours {
			by = ours
		}
		m, erased, err := readMessage(tx, messageKey(t.Partner, t.Referral, by, one.Seq))
		if err != nil {
			return err
		}
		out.Messages = append(out.Messages, string(m.token))
		if by == theirs {
			proof, err := m.given()
			if err != nil {
				return err
			}
			out.Receipts = append(out.Receipts, proof)
		}
		if bodies && !erased {
			out.Bodies = append(out.Bodies, ProofBody{m.content, m.salt, m.body})
		}
	}
	return nil
}

// Read says that a person of ours opened a received referral, and tells the partner by a later receipt. role is what
// that person is, never a name. Once for each referral. ErrNone when there is no such received referral.
func (d *Desk) Read(ctx context.Context, id protocol.ReferralID, role string) error {
	var key store.LaneKey
	var t *thread
	var content protocol.Hash
	err := d.org.View(func(tx *store.Tx) error {
		k, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		key = k
		if t, _, err = readThread(row); err != nil || t.Out {
			return err
		}
		m, _, err := readMessage(tx, messageKey(t.Partner, id, theirs, 1))
		if err == nil {
			content = m.content
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case t.Out:
		return ErrNone
	case t.State == protocol.SeenByPerson:
		return nil
	}
	return d.promise(ctx, t.Partner, id, 1, content, protocol.Read, protocol.Note{Role: role}, func(tx *store.Tx, add func(*thread)) error {
		return d.alter(tx, key, nil, role, func(t *thread, _ *private) string {
			if t.State == protocol.SeenByPerson {
				return ""
			}
			if t.Item.State == itemKept {
				t.Item.State = itemDone
			}
			t.of(theirs, 1).become(protocol.SeenByPerson, "", "", d.now())
			add(t)
			return EventRead
		})
	})
}
