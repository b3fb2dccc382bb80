package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Thread is a referral as it is shown at one side.
type Thread struct {
	Referral    protocol.ReferralID
	Direction   string // "out": we sent it; "in": we received it
	Partner     protocol.OrgID
	Group       string
	Practice    bool
	State       protocol.Transport
	Since       time.Time // of the state
	Code        protocol.Code
	Reason      string
	Attempts    int // that failed since the node started
	NextTry     time.Time
	Alarm       Alarm
	Connection  string
	Mapping     string
	Reference   string // the other medium's own number
	Opened      time.Time
	Item        string // of a received referral: due, kept, held, done
	OurReport   json.RawMessage
	TheirReport json.RawMessage
	Erased      bool
}

// Alarm says how late an undelivered referral is.
type Alarm string

// The alarms, by how long a referral has not reached the partner's disk.
const (
	OnTime  Alarm = ""
	Late    Alarm = "late"       // 15 minutes
	Warning Alarm = "warning"    // 4 hours
	Phone   Alarm = "phone-them" // 24 hours
)

func alarmAfter(d time.Duration) Alarm {
	switch {
	case d >= 24*time.Hour:
		return Phone
	case d >= 4*time.Hour:
		return Warning
	case d >= 15*time.Minute:
		return Late
	}
	return OnTime
}

// Query chooses referrals; empty members choose all.
type Query struct {
	Direction string // "in" or "out"
	State     protocol.Transport
	Partner   protocol.OrgID
	After     string // cursor
	Limit     int    // default 50, at most 200
}

// Thread gives one referral, or ErrNone. A thread is only ever found together with its partner.
func (d *Desk) Thread(id protocol.ReferralID) (Thread, error) {
	var out Thread
	err := d.Org.View(func(tx *store.Tx) error {
		row, err := d.find(tx, id)
		if err != nil {
			return err
		}
		out, err = d.view(row)
		return err
	})
	return out, err
}

// find looks for a referral at every partner.
func (d *Desk) find(tx *store.Tx, id protocol.ReferralID) (store.Row, error) {
	for _, p := range d.Book.List() {
		row, _, err := tx.Lane(laneOf(p.ID(), id))
		if err == nil {
			return row, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return row, err
		}
	}
	return store.Row{}, ErrNone
}

func (d *Desk) view(row store.Row) (Thread, error) {
	t, p, err := readThread(row)
	if err != nil {
		return Thread{}, err
	}
	v := Thread{
		Referral: t.Referral, Direction: "in", Partner: t.Partner, Group: t.Group, Practice: t.Mode == string(protocol.ModePractice), State: t.State,
		Since: time.UnixMilli(t.Since), Code: t.Code, Reason: t.Reason, Connection: t.Connection, Mapping: t.Mapping, Reference: p.Reference,
		Opened: time.UnixMilli(t.Opened), Item: string(t.Item.State), OurReport: json.RawMessage(p.OurReport), TheirReport: json.RawMessage(p.TheirReport), Erased: row.Erased,
	}
	if t.Out {
		v.Direction = "out"
	}
	if v.Reason == "" {
		v.Reason = t.Item.Sentence
	}
	if t.Sending > 0 {
		d.mu.Lock()
		x := d.tries[string(t.Partner)+"/"+string(t.Referral)]
		d.mu.Unlock()
		v.Attempts, v.NextTry = x.n, x.next
		if v.Reason == "" && x.n > 0 {
			v.Reason = x.sentence
		}
		v.Alarm = alarmAfter(d.Now().Sub(v.Opened))
	}
	return v, nil
}

// Threads gives a page of referrals, newest first, and the cursor of the next page, "" on the last. The event log is
// the order: each thread began with one event.
func (d *Desk) Threads(q Query) ([]Thread, string, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	before, _ := strconv.ParseUint(q.After, 10, 64)
	list := []Thread{}
	for {
		events, err := audit.ListBack(d.Org, before, 200)
		if err != nil {
			return nil, "", err
		}
		for _, e := range events {
			before = e.Seq
			if !opens(e.Kind) {
				continue
			}
			t, err := d.Thread(protocol.ReferralID(e.Subject))
			if errors.Is(err, ErrNone) {
				continue
			} else if err != nil {
				return nil, "", err
			}
			if q.Direction != "" && t.Direction != q.Direction || q.State != "" && t.State != q.State || q.Partner != "" && t.Partner != q.Partner {
				continue
			}
			if list = append(list, t); len(list) == q.Limit {
				return list, strconv.FormatUint(before, 10), nil
			}
		}
		if len(events) < 200 || before <= 1 {
			return list, "", nil
		}
	}
}

// Kinds of events that begin a thread.
const (
	eventEnqueued = "referral.enqueued"
	eventReceived = "referral.received"
)

func opens(kind string) bool { return kind == eventEnqueued || kind == eventReceived }

// Proof is what shows that two organizations exchanged a referral, without anything about the person.
type Proof struct {
	Referral protocol.ReferralID               `json:"referral"`
	Messages []string                          `json:"messages"` // compact JWS
	Receipts []protocol.ReceiptProof           `json:"receipts"`
	Terms    *protocol.Terms                   `json:"terms,omitempty"`
	Chains   map[protocol.OrgID]protocol.Chain `json:"chains"`
}

// Proof gathers the signatures of a referral.
func (d *Desk) Proof(id protocol.ReferralID) (Proof, error) {
	out := Proof{Referral: id, Chains: map[protocol.OrgID]protocol.Chain{d.Self.OrgID(): d.Self.Chain().Wire()}}
	err := d.Org.View(func(tx *store.Tx) error {
		row, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		out.Receipts = append(t.Got, t.Given...)
		if pair, ok := d.Book.Current(t.Partner); ok {
			out.Chains[t.Partner] = pair.Chain().Wire()
			if terms, ok := pair.Terms(t.Terms); ok {
				out.Terms = terms
			}
		}
		for _, ours := range []bool{true, false} {
			for seq := int64(1); seq <= t.OurSeq+t.TheirSeq; seq++ {
				m, err := tx.Get(messageKey(t.Partner, id, ours, seq))
				if errors.Is(err, store.ErrNotFound) {
					break
				} else if err != nil {
					return err
				}
				out.Messages = append(out.Messages, string(m.Kept))
			}
		}
		return nil
	})
	return out, err
}

// Body gives the referral itself; ErrErased of the store when it was erased here.
func (d *Desk) Body(id protocol.ReferralID) (*protocol.Referral, error) {
	t, err := d.Thread(id)
	if err != nil {
		return nil, err
	}
	return d.body(t.Partner, id, t.Direction == "out", 1)
}

// TryNow makes a referral due at once, with everything else that waits for its partner.
func (d *Desk) TryNow(_ context.Context, id protocol.ReferralID) error {
	t, err := d.Thread(id)
	if err == nil {
		d.Contact(t.Partner)
	}
	return err
}

// Erase makes a referral's content unreadable here, with everything that came in the same document; signatures stay.
func (d *Desk) Erase(ctx context.Context, id protocol.ReferralID, actor string) error {
	return d.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		row, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if err := tx.Erase(row.Case); err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: d.Now().UnixMilli(), Actor: actor, Kind: "referral.erased", Subject: string(id)})
		return err
	})
}
