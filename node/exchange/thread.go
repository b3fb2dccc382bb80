package exchange

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// thread is the row of one referral: the lane that says what is to be done next, and in which queue. Nothing in it is
// about the person; that is in private.
type thread struct {
	Out        bool                `json:"out"` // we opened it
	Partner    protocol.OrgID      `json:"partner"`
	Referral   protocol.ReferralID `json:"referral"`
	Terms      protocol.Hash       `json:"terms"`
	Group      string              `json:"group,omitempty"`
	Mode       string              `json:"mode,omitempty"`
	Connection string              `json:"connection,omitempty"` // ours, that it came in through
	Mapping    string              `json:"mapping,omitempty"`    // the published version that converted it here
	Opened     int64               `json:"opened"`

	State  protocol.Transport `json:"state"`
	Since  int64              `json:"since"` // of State
	Code   protocol.Code      `json:"code,omitempty"`
	Reason string             `json:"reason,omitempty"`

	OurSeq    int64         `json:"ourSeq"`   // highest of ours
	TheirSeq  int64         `json:"theirSeq"` // highest of theirs
	OurHead   protocol.Hash `json:"ourHead,omitzero"`
	TheirHead protocol.Hash `json:"theirHead,omitzero"`
	Sending   int64         `json:"sending,omitempty"` // seq of ours that has no receipt yet
	Expires   int64         `json:"expires,omitempty"` // of Sending

	Got   []protocol.ReceiptProof `json:"got,omitempty"`   // receipts for ours
	Given []protocol.ReceiptProof `json:"given,omitempty"` // receipts of ours for theirs
	Push  int                     `json:"push,omitempty"`  // how many of Given, from the end, the partner has not taken yet

	Item item `json:"item,omitzero"` // what arrived and is on its way to our medium
}

// item is the state of the inbox item of a thread.
type item struct {
	Seq      int64     `json:"seq,omitempty"`
	State    itemState `json:"state,omitempty"`
	Attempt  int       `json:"attempt,omitempty"`
	Since    int64     `json:"since,omitempty"`
	Unknown  bool      `json:"unknown,omitempty"`
	Sentence string    `json:"sentence,omitempty"`
}

type itemState string

const (
	itemDue  itemState = "due"
	itemKept itemState = "kept" // in the built-in inbox
	itemHeld itemState = "held" // waits for a person
	itemDone itemState = "done"
)

// private is what a thread row holds about the person or what is near to it; it goes with the case.
type private struct {
	Needs       [][]protocol.NeedCode `json:"needs,omitempty"`
	OurReport   protocol.Bytes        `json:"ourReport,omitempty"`
	TheirReport protocol.Bytes        `json:"theirReport,omitempty"`
	Reference   string                `json:"reference,omitempty"` // the other medium's own number
	Notes       []laterNote           `json:"notes,omitempty"`     // beside Given that are to be pushed
}

// laterNote is what travels sealed beside a later receipt.
type laterNote struct {
	Salt protocol.Bytes `json:"salt"`
	Note protocol.Note  `json:"note"`
}

func laneOf(p protocol.OrgID, id protocol.ReferralID) store.LaneKey {
	return store.LaneKey{Kind: "thread", Dest: string(p), ID: string(id)}
}

const (
	netPrefix = "net:"
	sinkQueue = "sink"
)

func netQueue(id protocol.OrgID) string { return netPrefix + string(id) }

func partnerOf(queue string) (protocol.OrgID, bool) {
	id, ok := strings.CutPrefix(queue, netPrefix)
	return protocol.OrgID(id), ok
}

// due says when and where the thread's next step is: what arrived goes to the sink first, then receipts and messages
// go out. What is parked is due at its expiry, so that it ends visibly.
func (t *thread) due(now time.Time) store.Due {
	switch {
	case t.Item.State == itemDue:
		return store.Due{At: now, Queue: sinkQueue}
	case t.Push > 0:
		return store.Due{At: now, Queue: netQueue(t.Partner)}
	case t.Sending > 0 && t.State == protocol.Waiting:
		return store.Due{At: time.UnixMilli(t.Expires), Queue: netQueue(t.Partner)}
	case t.Sending > 0:
		return store.Due{At: now, Queue: netQueue(t.Partner)}
	}
	return store.Due{}
}

func (t *thread) become(s protocol.Transport, code protocol.Code, reason string, now time.Time) {
	if t.State != s {
		t.Since = now.UnixMilli()
	}
	t.State, t.Code, t.Reason = s, code, reason
}

// readThread opens a thread row; its private part is zero when the case was erased.
func readThread(r store.Row) (*thread, *private, error) {
	t, p := new(thread), new(private)
	if err := crypto.Unmarshal(r.Kept, t); err != nil {
		return nil, nil, fmt.Errorf("read thread: %w", err)
	}
	if r.Private != nil {
		if err := crypto.Unmarshal(r.Private, p); err != nil {
			return nil, nil, fmt.Errorf("read thread: %w", err)
		}
	}
	return t, p, nil
}

func (t *thread) row(c store.CaseID, erased bool, p *private) (store.Row, error) {
	kept, err := crypto.Marshal(t)
	if err != nil {
		return store.Row{}, err
	}
	r := store.Row{Kept: kept, Case: c}
	if !erased {
		r.Private, err = crypto.Marshal(p)
	}
	return r, err
}

// A message row keeps the signed manifest for good, and everything else under the case.
type messagePart struct {
	Salt, Body, Raw, Report []byte
	Format                  string // of Raw
}

func messageKey(p protocol.OrgID, id protocol.ReferralID, ours bool, seq int64) store.Key {
	side := "theirs"
	if ours {
		side = "ours"
	}
	return store.K("message", string(p), string(id), side).Number(uint64(seq))
}

func (m *messagePart) pack() []byte {
	fields := [][]byte{m.Salt, m.Body, m.Raw, m.Report, []byte(m.Format)}
	n := 0
	for _, f := range fields {
		n += binary.MaxVarintLen64 + len(f)
	}
	b := make([]byte, 0, n)
	for _, f := range fields {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	return b
}

var errMessage = errors.New("read message: it is not as it was written")

func unpack(b []byte) (*messagePart, error) {
	var fields [5][]byte
	for i := range fields {
		n, k := binary.Uvarint(b)
		if k <= 0 || uint64(len(b)-k) < n {
			return nil, errMessage
		}
		fields[i], b = b[k:k+int(n)], b[k+int(n):]
	}
	if len(b) > 0 {
		return nil, errMessage
	}
	return &messagePart{fields[0], fields[1], fields[2], fields[3], string(fields[4])}, nil
}
