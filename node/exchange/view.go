package exchange

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Thread is a referral as it is shown at one side: nothing about the person but what is in the reports, which name
// fields and never values.
type Thread struct {
	Referral   protocol.ReferralID
	Direction  string // "out": we sent it; "in": we received it
	Partner    protocol.OrgID
	Group      string
	Practice   bool
	State      protocol.Transport
	Since      time.Time // of the state
	Code       protocol.Code
	Reason     string
	Attempts   int       // that came to nothing
	NextTry    time.Time // zero: at once, or nothing is to be tried
	Alarm      Alarm
	Connection string
	Mapping    string
	Reference  string // the number that the recipient's system gave
	Opened     time.Time
	Expires    time.Time
	Item       string // of a received referral: due, kept, held, done
	Case       store.CaseID
	Erased     bool
	LookAlike  protocol.ReferralID // an earlier one of the same person for the same need, to be looked at by a person

	Status      protocol.Status // what the messages come to
	StatusSince time.Time
	Turn        protocol.Side // whose move it is, "" nobody's
	Purge       protocol.Purge
	Version     int
	NamesFirst  bool               // only who the parties are is known to the recipient so far
	ReplyBy     time.Time          // when whose turn it is should have answered; zero: there is no hurry
	Late        bool               // that time is over: phone them
	Act         protocol.Transport // how far our newest later message got, "" without one
	ActReason   string

	Gist     Gist   // zero once erased
	Assignee string // id of the account whose it is, "" nobody's

	// Of one thread, not of those in a list.
	Receipts    []protocol.ReceiptProof
	OurReport   []byte // as it was handed in
	TheirReport []byte
}

// Alarm says how late a referral is that has not reached the partner's disk.
type Alarm string

// The alarms.
const (
	OnTime  Alarm = ""
	Late    Alarm = "late"       // after 15 minutes
	Warning Alarm = "warning"    // after 4 hours
	Phone   Alarm = "phone-them" // after 24 hours, and at once when it cannot be delivered
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

// Thread gives one referral, or ErrNone.
func (d *Desk) Thread(id protocol.ReferralID) (out Thread, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		_, row, due, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if out, err = d.view(row, due); err != nil {
			return err
		}
		if err := addDesk(tx, &out); err != nil {
			return err
		}
		return addReceipts(tx, row, &out)
	})
	return out, err
}

// addReceipts adds what stands in rows of its own.
func addReceipts(tx *store.Tx, row store.Row, v *Thread) error {
	t, _, err := readThread(row)
	if err != nil {
		return err
	}
	kept, err := receipts(tx, t)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if r := &k.proof.Receipt; r.To != t.Partner || !slices.Contains(t.Later, pending{r.Seq, r.Level}) {
			v.Receipts = append(v.Receipts, k.proof)
		}
		switch {
		case len(k.note.Report) == 0:
		case t.Out:
			v.TheirReport = k.note.Report
		default:
			v.OurReport = k.note.Report
		}
	}
	if t.Out {
		m, _, err := readMessage(tx, messageKey(t.Partner, t.Referral, ours, 1))
		if err != nil {
			return err
		}
		v.OurReport = m.report
	}
	return nil
}

// find looks for a referral at every partner: a thread is only ever reached together with its partner. Numbers are
// random; of two partners that use the same one, our own thread comes first.
func (d *Desk) find(tx *store.Tx, id protocol.ReferralID) (key store.LaneKey, row store.Row, due store.Due, err error) {
	found := false
	for _, p := range d.book.List() {
		k := laneOf(p.ID(), id)
		r, at, err := tx.Lane(k)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return key, row, due, err
		}
		t, _, err := readThread(r)
		if err != nil {
			return key, row, due, err
		}
		if !found || t.Out {
			key, row, due, found = k, r, at, true
		}
	}
	if !found {
		err = ErrNone
	}
	return key, row, due, err
}

func (d *Desk) view(row store.Row, due store.Due) (Thread, error) {
	t, p, err := readThread(row)
	if err != nil {
		return Thread{}, err
	}
	v := Thread{
		Referral: t.Referral, Direction: "in", Partner: t.Partner, Group: t.Group, Practice: t.Mode == protocol.ModePractice, State: t.State,
		Since: time.UnixMilli(t.Since), Code: t.Code, Reason: t.Reason, Attempts: t.Attempts, Connection: t.Connection, Mapping: t.Mapping,
		Reference: p.Reference, Opened: time.UnixMilli(t.Opened), Expires: time.UnixMilli(t.Expires), Item: string(t.Item.State),
		Case: row.Case, Erased: row.Erased, LookAlike: t.Alike, Status: t.Status, StatusSince: time.UnixMilli(t.StatusSince), Turn: t.Turn, Purge: t.Purge, Version: t.Version, NamesFirst: d.awaitsNames(t),
		Act: t.Act.State, ActReason: t.Act.Reason,
	}
	if t.ReplyBy > 0 {
		v.ReplyBy = time.UnixMilli(t.ReplyBy)
		v.Late = !d.now().Before(v.ReplyBy)
	}
	if t.Out {
		v.Direction = "out"
	}
	if v.Reason == "" {
		v.Reason = t.Item.Sentence
	}
	switch {
	case t.Sending > 0:
		v.Alarm = alarmAfter(d.now().Sub(v.Opened))
		if due.At.After(d.now()) {
			v.NextTry = due.At
		}
		d.addWay(&v)
	case t.State == protocol.Undeliverable:
		v.Alarm = Phone
	}
	return v, nil
}

// addWay adds what is known of the way to the partner since the start.
func (d *Desk) addWay(v *Thread) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.dests[v.Partner]
	if w == nil || w.failures == 0 || v.State == protocol.Waiting {
		return
	}
	v.Attempts += w.failures
	if w.until.After(d.now()) {
		v.NextTry = w.until
	}
	if v.Reason == "" {
		v.Reason = w.reason
	}
}

// Query chooses referrals; empty members choose all.
type Query struct {
	Direction string // "in" or "out"
	State     protocol.Transport
	Partner   protocol.OrgID
	View      View
	Person    string // of ViewMine
	After     string // cursor of the page before
	Limit     int    // default 50, at most 200
}

// maxLook is how many threads are looked at for one page: with a narrow filter a page may be short and not the last.
const maxLook = 5000

// Threads gives a page of referrals, the newest first, and the cursor of the next page, "" on the last.
func (d *Desk) Threads(q Query) (list []Thread, next string, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	now := d.now()
	err = d.org.View(func(tx *store.Tx) error {
		looked := 0
		for it, err := range d.newest(tx, q) {
			if err != nil {
				return err
			}
			v, err := d.view(it.Row, it.Due)
			if err != nil {
				return err
			}
			if looked++; (q.Direction == "" || q.Direction == v.Direction) && (q.State == "" || q.State == v.State) {
				if err := addDesk(tx, &v); err != nil {
					return err
				}
				if q.View.shows(&v, q.Person, now) {
					list = append(list, v)
				}
			}
			if len(list) == q.Limit || looked == maxLook {
				next = it.Key.ID
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("list referrals: %w", err)
	}
	return list, next, nil
}

// newest merges the partners' threads, each of which stand in the order of the newest.
func (d *Desk) newest(tx *store.Tx, q Query) iter.Seq2[store.LaneItem, error] {
	type stream struct {
		head store.LaneItem
		err  error
		next func() (store.LaneItem, error, bool)
		stop func()
	}
	return func(yield func(store.LaneItem, error) bool) {
		var all []*stream
		defer func() {
			for _, s := range all {
				s.stop()
			}
		}()
		for _, p := range d.book.List() {
			if q.Partner != "" && q.Partner != p.ID() {
				continue
			}
			after := store.LaneKey{}
			if q.After != "" {
				after = store.LaneKey{Kind: threadKind, Dest: string(p.ID()), ID: q.After}
			}
			s := &stream{}
			s.next, s.stop = iter.Pull2(tx.ScanLanes(threadKind, string(p.ID()), after))
			var ok bool
			if s.head, s.err, ok = s.next(); !ok {
				s.stop()
				continue
			}
			all = append(all, s)
		}
		for len(all) > 0 {
			first := 0
			for i, s := range all {
				if s.head.Key.ID < all[first].head.Key.ID {
					first = i
				}
			}
			s := all[first]
			if !yield(s.head, s.err) || s.err != nil {
				return
			}
			var ok bool
			if s.head, s.err, ok = s.next(); !ok {
				s.stop()
				all = append(all[:first], all[first+1:]...)
			}
		}
	}
}

// Body gives the referral itself, in its newest version. Whoever shows it records the view. ErrErased of the store when
// it was erased here.
func (d *Desk) Body(id protocol.ReferralID) (r *protocol.Referral, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err == nil {
			r, err = newest(tx, t)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// newest reads the newest version of a referral: the opener, or the last update.
func newest(tx *store.Tx, t *thread) (*protocol.Referral, error) {
	by, seq := theirs, t.TheirSeq
	if t.Out {
		by, seq = ours, t.OurSeq
	}
	if t.Version <= 1 {
		seq = 1
	}
	for ; seq >= 1; seq-- {
		m, err := readOne(tx, t, by, seq)
		switch {
		case err != nil:
			return nil, err
		case m.Erased:
			return nil, store.ErrErased
		case m.Kind == protocol.KindReferral:
			r := new(protocol.Referral)
			return r, crypto.Unmarshal(m.Body, r)
		case m.Kind == protocol.KindUpdate:
			s := new(protocol.Step)
			err = crypto.Unmarshal(m.Body, s)
			return s.Referral, err
		}
	}
	return nil, ErrNone
}
