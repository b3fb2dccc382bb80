package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// View is a choice among referrals by what is to be done with them. What is over is in ViewClosed alone.
type View string

// The views. Whose move it is, lateness and the reply-by day are those of a Thread.
const (
	ViewWaiting View = "waiting" // it is our move
	ViewOverdue View = "overdue" // whose turn it is should have answered
	ViewSoon    View = "soon"    // our move, and less than a day is left
	ViewUrgent  View = "urgent"  // urgent or an emergency, and not over
	ViewMine    View = "mine"    // a person's own, and not over
	ViewStuck   View = "stuck"   // sent, and does not get through by itself
	ViewClosed  View = "closed"
)

// Views lists the views in the order in which people read them.
func Views() []View {
	return []View{ViewWaiting, ViewOverdue, ViewSoon, ViewUrgent, ViewMine, ViewStuck, ViewClosed}
}

// shows tells whether a referral is in a view. The gist and the assignee must be there.
func (v View) shows(t *Thread, person string, now time.Time) bool {
	mine := !t.Erased && t.Turn == protocol.Recipient && t.Direction == "in" || !t.Erased && t.Turn == protocol.Sender && t.Direction == "out"
	switch open := t.Status.Open(); v {
	case ViewWaiting:
		return open && mine
	case ViewOverdue:
		return open && t.Late
	case ViewSoon:
		return open && mine && !t.ReplyBy.IsZero() && t.ReplyBy.Before(now.Add(24*time.Hour))
	case ViewUrgent:
		return open && (t.Gist.Urgency == protocol.Urgent || t.Gist.Urgency == protocol.Emergency)
	case ViewMine:
		return open && t.Assignee != "" && t.Assignee == person
	case ViewStuck:
		return open && !t.Erased && t.stuck()
	case ViewClosed:
		return !open
	}
	return true
}

// stuck tells a sent referral that does not get through by itself.
func (t *Thread) stuck() bool {
	switch {
	case t.Direction != "out":
		return false
	case t.State == protocol.Waiting, t.State == protocol.TurnedAway, t.State == protocol.Undeliverable:
		return true
	}
	return (t.State == protocol.Queued || t.State == protocol.Sent) && (t.Alarm != OnTime || t.Reason != "")
}

// Counts says how many referrals there are in each view but ViewUrgent, for which each would have to be opened.
type Counts struct {
	In, Out map[View]int
	More    bool // only the newest maxCounted were looked at
}

// maxCounted is how many threads are counted: a third of a second of work.
const maxCounted = 20_000

// Count counts referrals by view, for a person ("" for nobody). One count is made at a time: however many pages ask, it takes
// no more than a core.
func (d *Desk) Count(person string) (Counts, error) {
	d.counting.Lock()
	defer d.counting.Unlock()
	all := Counts{In: map[View]int{}, Out: map[View]int{}}
	now := d.now()
	err := d.org.View(func(tx *store.Tx) error {
		his, err := assigned(tx, person)
		if err != nil {
			return err
		}
		looked := 0
		for it, err := range d.newest(tx, Query{}) {
			if err != nil {
				return err
			}
			t, err := d.view(it.Row, it.Due)
			if err != nil {
				return err
			}
			if his[assigneeKey(t.Partner, t.Referral)] {
				t.Assignee = person
			}
			into := all.In
			if t.Direction == "out" {
				into = all.Out
			}
			for _, v := range Views() {
				if v != ViewUrgent && v.shows(&t, person, now) {
					into[v]++
				}
			}
			if looked++; looked == maxCounted {
				all.More = true
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return all, fmt.Errorf("count referrals: %w", err)
	}
	return all, nil
}

// assigned gives the keys of what is a person's.
func assigned(tx *store.Tx, person string) (map[store.Key]bool, error) {
	his := map[store.Key]bool{}
	for it, err := range tx.Scan(store.K("assignee"), store.Key{}) {
		if err != nil {
			return nil, err
		}
		if person != "" && string(it.Row.Kept) == person {
			his[it.Key] = true
		}
	}
	return his, nil
}

// addDesk adds what the people at this desk see of a referral in a list: its gist and whose it is.
func addDesk(tx *store.Tx, t *Thread) (err error) {
	if t.Gist, err = readGist(tx, t.Partner, t.Referral); err != nil {
		return err
	}
	row, err := tx.Get(assigneeKey(t.Partner, t.Referral))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	t.Assignee = string(row.Kept)
	return err
}

// EventAssigned says that a referral was given to a person, or to nobody any more.
const EventAssigned = "referral.assigned"

func assigneeKey(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("assignee", string(p), string(id))
}

// Assign gives a referral to a person of the organization, by the id of the account; "" to nobody. The partner is not
// told. ErrNone when there is no such referral.
func (d *Desk) Assign(ctx context.Context, id protocol.ReferralID, person, actor string) error {
	err := d.org.Update(ctx, func(tx *store.Tx) error {
		key, _, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		partner := protocol.OrgID(key.Dest)
		at := assigneeKey(partner, id)
		if person == "" {
			err = tx.Delete(at)
		} else {
			err = tx.Put(at, store.Row{Kept: []byte(person)})
		}
		if err != nil {
			return err
		}
		details, err := crypto.Marshal(assignedTo{partner, person})
		if err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: d.now().UnixMilli(), Actor: actor, Kind: EventAssigned, Subject: string(id), Details: details})
		return err
	})
	if err != nil {
		return fmt.Errorf("assign referral: %w", err)
	}
	return nil
}

// assignedTo are the details of EventAssigned: the account's id, never a name.
type assignedTo struct {
	Partner protocol.OrgID `json:"partner"`
	Person  string         `json:"person,omitempty"`
}

// PrivateNote is a note of the people at this desk about a referral: it never goes to the partner, and goes with the case.
type PrivateNote struct {
	At   int64  // milliseconds UTC
	By   string // id of the account or key
	Text string
}

// MaxPrivateNote is how long a private note may be, in bytes (4,000 letters of any script), and MaxPrivateNotes how many a referral may have.
const (
	MaxPrivateNote  = 16 << 10
	MaxPrivateNotes = 500
)

// EventNoted says that a private note was written; what it says is in no event.
const EventNoted = "referral.noted"

func noteKey(p protocol.OrgID, id protocol.ReferralID, note string) store.Key {
	return store.K("private-note", string(p), string(id), note)
}

func (n *PrivateNote) fields(c *coder) {
	c.number(&n.At)
	text(c, &n.By)
	text(c, &n.Text)
}

// WriteNote adds a private note. Errors: ErrNone, store.ErrErased, *protocol.Error.
func (d *Desk) WriteNote(ctx context.Context, id protocol.ReferralID, words, actor string) error {
	if words = strings.TrimSpace(words); words == "" || len(words) > MaxPrivateNote {
		return protocol.Errorf(protocol.CodeTooLarge, "A note has at least one letter and at most %d KiB. Put a longer text into several notes.", MaxPrivateNote>>10)
	}
	note := PrivateNote{At: d.now().UnixMilli(), By: actor, Text: words}
	err := d.org.Update(ctx, func(tx *store.Tx) error {
		key, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if row.Erased {
			return store.ErrErased
		}
		partner := protocol.OrgID(key.Dest)
		list, err := notes(tx, partner, id)
		if err != nil {
			return err
		}
		if len(list) >= MaxPrivateNotes {
			return protocol.Errorf(protocol.CodeTooLarge, "This referral has %d private notes, and no more are kept.", len(list))
		}
		if err := tx.Put(noteKey(partner, id, newID()), store.Row{Case: row.Case, Private: encode(noteForm, 64+len(words), note.fields)}); err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: note.At, Actor: actor, Kind: EventNoted, Subject: string(id)})
		return err
	})
	if err != nil {
		return fmt.Errorf("write private note: %w", err)
	}
	return nil
}

// Notes gives a referral's private notes, the newest first; none of those that were erased.
func (d *Desk) Notes(id protocol.ReferralID) (list []PrivateNote, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		key, _, _, err := d.find(tx, id)
		if err == nil {
			list, err = notes(tx, protocol.OrgID(key.Dest), id)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list private notes: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}

func notes(tx *store.Tx, p protocol.OrgID, id protocol.ReferralID) (list []PrivateNote, err error) {
	for it, err := range tx.Scan(store.K("private-note", string(p), string(id)), store.Key{}) {
		if err != nil {
			return nil, err
		}
		if it.Row.Erased || len(it.Row.Private) == 0 {
			continue
		}
		var n PrivateNote
		if err := decode(it.Row.Private, noteForm, n.fields); err != nil {
			return nil, fmt.Errorf("read private note: %w", err)
		}
		list = append(list, n)
	}
	return list, nil
}
