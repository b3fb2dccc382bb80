package exchange

import (
	"errors"
	"reflect"
	"sync"
	"time"

	"referworks/node/calendar"
	"referworks/node/store"
	"referworks/protocol"
)

// Nothing waits in silence: what should have been answered says so at both sides. Each side counts in its own working
// days, by its own clock; only its own events and what it shows depend on that.

// ReplyDays is how many working days a side has for its turn when the terms say nothing else.
const ReplyDays = 2

// planner keeps the calendar ready to count.
type planner struct {
	mu    sync.Mutex
	of    calendar.Calendar
	plan  *calendar.Plan
	ready bool
}

func (d *Desk) plan() *calendar.Plan {
	c := d.self.Rules().Calendar
	d.planner.mu.Lock()
	defer d.planner.mu.Unlock()
	if !d.planner.ready || !reflect.DeepEqual(c, d.planner.of) {
		plan, err := c.Plan()
		if err != nil { // it was checked when it was set
			plan, _ = calendar.Calendar{}.Plan()
		}
		d.planner.of, d.planner.plan, d.planner.ready = c, plan, true
	}
	return d.planner.plan
}

// replyBy is when the side whose turn it is should have answered: a new referral, a question, a request to stop, a
// proposal or a purge. 0 when nobody waits for an answer.
func (d *Desk) replyBy(t *thread, life *protocol.Life) int64 {
	since := life.Since
	switch turn := life.Turn(); {
	case turn == "":
		return 0
	case life.Purge == protocol.PurgePending:
	case len(life.Questions) > 0:
		since = life.Questions[len(life.Questions)-1].At
	case len(life.Proposals) > 0:
		since = life.Proposals[0].At
	case life.RecallAsked, life.Status == protocol.StatusNew:
	default:
		return 0
	}
	return d.deadline(t, time.UnixMilli(max(since, t.Opened)))
}

func (d *Desk) deadline(t *thread, since time.Time) int64 {
	if pair, ok := d.book.Current(t.Partner); ok {
		if terms, ok := pair.Terms(t.Terms); ok && terms.RespondIn > 0 {
			return since.UnixMilli() + terms.RespondIn
		}
	}
	return d.plan().After(since, ReplyDays).UnixMilli()
}

const (
	timerKind  = "timer"
	timerQueue = "timer"
	timerForm  = 1
)

// timer is the row of a deadline that is watched. Stage 0 is the reminder, 1 the deadline, then what is repeated.
type timer struct {
	Referral protocol.ReferralID
	ReplyBy  int64
	Stage    int
}

func (r *timer) fields(c *coder) {
	text(c, &r.Referral)
	c.number(&r.ReplyBy)
	c.count(&r.Stage)
}

func timerLane(p protocol.OrgID, id protocol.ReferralID) store.LaneKey {
	return store.LaneKey{Kind: timerKind, Dest: string(p), ID: newestFirst(id)}
}

// watch sets the timer of a thread to its deadline, or takes it away.
func (d *Desk) watch(tx *store.Tx, t *thread) error {
	key := timerLane(t.Partner, t.Referral)
	if t.ReplyBy == 0 {
		err := tx.DeleteLane(key)
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	}
	now := d.now()
	half := now.Add(time.UnixMilli(t.ReplyBy).Sub(now) / 2)
	r := timer{Referral: t.Referral, ReplyBy: t.ReplyBy}
	at := d.plan().Begin(half)
	if !at.Before(time.UnixMilli(t.ReplyBy)) {
		r.Stage, at = 1, time.UnixMilli(t.ReplyBy)
	}
	return tx.PutLane(key, store.Row{Kept: encode(timerForm, 64, r.fields)}, store.Due{At: at, Queue: timerQueue})
}

// Events of timers.
const (
	EventReminder = "referral.reminder" // half of the time to answer is over
	EventLate     = "referral.late"     // the time to answer is over; again after a working day, three times, then every week
)

// ring works the timers that are due.
func (d *Desk) ring(now time.Time) {
	for _, c := range d.org.Claim(timerQueue, now, 256, lease) {
		d.org.Later(func(tx *store.Tx) error { return d.rung(tx, c) })
	}
}

func (d *Desk) rung(tx *store.Tx, c store.Claim) error {
	var r timer
	if err := decode(c.Row.Kept, timerForm, r.fields); err != nil {
		return err
	}
	row, _, err := tx.Lane(laneOf(protocol.OrgID(c.Key.Dest), r.Referral))
	if errors.Is(err, store.ErrNotFound) {
		return tx.DeleteLane(c.Key)
	} else if err != nil {
		return err
	}
	t, _, err := readThread(row)
	if err != nil {
		return err
	}
	if t.ReplyBy != r.ReplyBy { // it was set anew
		return nil
	}
	now, event := d.now(), EventLate
	if r.Stage == 0 {
		event = EventReminder
	}
	r.Stage++
	next := time.UnixMilli(r.ReplyBy)
	switch {
	case r.Stage == 1:
	case r.Stage <= 4:
		next = d.plan().Begin(now.Add(24 * time.Hour))
	default:
		next = d.plan().Begin(now.Add(7 * 24 * time.Hour))
	}
	err = tx.Settle(c.Token, store.Row{Kept: encode(timerForm, 64, r.fields)}, store.Due{At: next, Queue: timerQueue})
	if errors.Is(err, store.ErrStale) {
		return nil // somebody set it meanwhile
	} else if err != nil {
		return err
	}
	return d.record(tx, event, "node", t)
}
