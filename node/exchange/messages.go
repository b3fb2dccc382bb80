package exchange

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Message is one step of a thread as it stands here.
type Message struct {
	Ours     bool
	Seq      int64 // 0: it is ours and has no number yet
	Kind     protocol.MessageKind
	At       time.Time     // by its author's clock
	Seen     int64         // highest seq of the other side that its author held
	Body     []byte        // canonical; empty when it was erased
	Step     protocol.Step // what the body says, or what is left of it; zero for the opener
	Erased   bool
	State    protocol.Transport // of ours: how far it got
	Receipts []protocol.ReceiptProof

	facts []byte
}

// Messages gives a thread's messages: those with a number in the order of their authors' clocks, each side's own in the
// order of its numbers, then ours that have none yet. ErrNone when there is no such referral.
func (d *Desk) Messages(id protocol.ReferralID) (list []Message, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		list, err = messages(tx, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return list, nil
}

// messages reads a thread's messages with their receipts.
func messages(tx *store.Tx, t *thread) ([]Message, error) {
	kept, err := receipts(tx, t)
	if err != nil {
		return nil, err
	}
	sides := map[author][]Message{}
	for by, last := range map[author]int64{ours: t.OurSeq, theirs: t.TheirSeq} {
		for seq := int64(1); seq <= last; seq++ {
			m, err := readOne(tx, t, by, seq)
			if err != nil {
				return nil, err
			}
			for _, k := range kept {
				if r := &k.proof.Receipt; r.Seq == seq && (r.From == t.Partner) == m.Ours && r.Manifest == m.content {
					m.Receipts = append(m.Receipts, k.proof)
				}
			}
			sides[by] = append(sides[by], m.Message)
		}
	}
	list := interleave(sides[ours], sides[theirs])
	for n := t.Acts.First; t.Acts.any() && n <= t.Acts.Last; n++ {
		a, err := readAct(tx, actKey(t.Partner, t.Referral, n))
		if err != nil {
			return nil, err
		}
		one := Message{Ours: true, Kind: a.kind, At: time.UnixMilli(a.at), Seen: t.TheirSeq, Body: a.body, Erased: len(a.body) == 0, State: protocol.Queued}
		if one.Step, err = stepOf(&one); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

type readMsg struct {
	Message
	content protocol.Hash
}

func readOne(tx *store.Tx, t *thread, by author, seq int64) (m readMsg, err error) {
	parts, erased, err := readMessage(tx, messageKey(t.Partner, t.Referral, by, seq))
	if err != nil {
		return m, err
	}
	var man protocol.Manifest
	if _, err := crypto.Peek(parts.token, protocol.TypMessage, &man); err != nil {
		return m, errors.Join(errRow, err)
	}
	m.content = parts.content
	m.Message = Message{Ours: by == ours, Seq: seq, Kind: man.Kind, At: time.UnixMilli(man.At), Seen: man.Seen, Body: parts.body, Erased: erased, facts: parts.facts}
	if m.Step, err = stepOf(&m.Message); err != nil {
		return m, err
	}
	switch {
	case by == theirs:
		m.State = protocol.OnTheirDisk
		proof, err := parts.given()
		if err != nil {
			return m, err
		}
		m.Receipts = []protocol.ReceiptProof{proof}
	case t.Sending > 0 && seq >= t.Sending, seq == t.OurSeq:
		m.State = t.of(ours, seq).State
	default:
		m.State = protocol.OnTheirDisk
	}
	return m, nil
}

// interleave merges two sides, each in the order of its numbers: a message comes after all that its author had seen.
func interleave(a, b []Message) []Message {
	list := make([]Message, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i == len(a):
			list, j = append(list, b[j]), j+1
		case j == len(b):
			list, i = append(list, a[i]), i+1
		case a[i].Seen > int64(j): // it has seen b[j]
			list, j = append(list, b[j]), j+1
		case b[j].Seen > int64(i):
			list, i = append(list, a[i]), i+1
		case b[j].At.Before(a[i].At):
			list, j = append(list, b[j]), j+1
		default:
			list, i = append(list, a[i]), i+1
		}
	}
	return slices.Clip(list)
}

// stepOf reads what a later message says, or what is left of it.
func stepOf(m *Message) (s protocol.Step, err error) {
	text := m.Body
	if m.Erased {
		text = m.facts
	}
	if m.Kind == protocol.KindReferral || len(text) == 0 {
		return s, nil
	}
	if err := crypto.Unmarshal(text, &s); err != nil {
		return s, errors.Join(errRow, err)
	}
	return s, nil
}
