package exchange

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// thread is the row of one referral with one partner. The row is also the lane: it says what is to be done next, when,
// and in which queue. A thread is found by partner and number only, so that no partner reaches another's. Nothing in it
// is about the person; that is in private. It is written several times a referral inside the one writer, so it is
// small and stays so: messages and receipts have rows of their own, written once.
type thread struct {
	Out        bool // we opened it
	Partner    protocol.OrgID
	Referral   protocol.ReferralID
	Terms      protocol.Hash // of the first message, for all that follow
	Group      string
	Mode       protocol.Mode
	Connection string
	Mapping    string
	Opened     int64

	register          // of the message that opened it
	Act      register // of our newest later message
	Attempts int      // of the message under way, that were answered and not with a receipt
	Next     int64    // when the network may be tried again; 0: at once

	OurSeq    int64         // highest of ours
	OurHead   protocol.Hash // content of it
	TheirSeq  int64         // highest of theirs: what we have seen
	TheirHead protocol.Hash // content of it
	Sending   int64         // lowest seq of ours without a receipt
	Expires   int64         // of Sending

	Later []pending // receipts of ours that they have not taken yet, the oldest first
	Acts  acts      // messages of ours that have no number yet

	Alike protocol.ReferralID // an earlier one that looks like it

	// What the messages come to; see refold.
	Status      protocol.Status
	StatusSince int64
	Turn        protocol.Side
	Purge       protocol.Purge
	Version     int
	ReplyBy     int64 // when whose turn it is should have answered; 0: there is no hurry

	Item item

	// Of the row, not in it.
	held   store.CaseID
	erased bool
	also   []also // rows to be written with it
	timed  bool   // its deadline is to be watched
	anew   bool   // what its messages come to is another thing by now

	restored bool // it was not here before: its mark is counted from nothing
}

// register is how far a message got.
type register struct {
	State  protocol.Transport
	Since  int64 // of State
	Code   protocol.Code
	Reason string
}

func (r *register) fields(c *coder) {
	text(c, &r.State)
	c.number(&r.Since)
	text(c, &r.Code)
	text(c, &r.Reason)
}

func (r *register) become(s protocol.Transport, code protocol.Code, reason string, now time.Time) {
	if r.State != s {
		r.Since = now.UnixMilli()
	}
	r.State, r.Code, r.Reason = s, code, reason
}

// acts counts what we are to say in a thread and have not signed: the rows First to Last, none when First is behind.
type acts struct{ First, Last int64 }

func (a acts) any() bool { return a.First > 0 && a.First <= a.Last }

// of gives the register of a message: one's own when it opened the thread, one for all later ones of ours. How far a
// later one of theirs got is nobody's news here.
func (t *thread) of(by author, seq int64) *register {
	switch {
	case seq == 1 && t.Out == (by == ours):
		return &t.register
	case by == ours:
		return &t.Act
	}
	return new(register)
}

// under is the register of what goes out next.
func (t *thread) under() *register {
	if t.Sending == 0 {
		return &t.Act
	}
	return t.of(ours, t.Sending)
}

// pending names a receipt of ours beyond the first: for which message of theirs, and how far it got.
type pending struct {
	Seq   int64
	Level protocol.Level
}

// also is a row that is written with a thread.
type also struct {
	key store.Key
	row store.Row
}

// item is what arrived, on its way to our own medium.
type item struct {
	Seq      int64
	State    itemState
	Attempt  int
	Since    int64
	Next     int64
	Unknown  bool // nobody knows whether the last attempt took effect
	Sentence string
}

func (t *thread) fields(c *coder) {
	c.flag(&t.Out)
	text(c, &t.Partner)
	text(c, &t.Referral)
	c.hash(&t.Terms)
	text(c, &t.Group)
	text(c, &t.Mode)
	text(c, &t.Connection)
	text(c, &t.Mapping)
	c.number(&t.Opened)
	t.register.fields(c)
	t.Act.fields(c)
	c.count(&t.Attempts)
	c.number(&t.Next)
	c.number(&t.OurSeq)
	c.hash(&t.OurHead)
	c.number(&t.TheirSeq)
	c.hash(&t.TheirHead)
	c.number(&t.Sending)
	c.number(&t.Expires)
	list(c, &t.Later, func(c *coder, l *pending) {
		c.number(&l.Seq)
		text(c, &l.Level)
	})
	c.number(&t.Acts.First)
	c.number(&t.Acts.Last)
	text(c, &t.Alike)
	text(c, &t.Status)
	c.number(&t.StatusSince)
	text(c, &t.Turn)
	text(c, &t.Purge)
	c.count(&t.Version)
	c.number(&t.ReplyBy)
	i := &t.Item
	c.number(&i.Seq)
	text(c, &i.State)
	c.count(&i.Attempt)
	c.number(&i.Since)
	c.number(&i.Next)
	c.flag(&i.Unknown)
	text(c, &i.Sentence)
}

type itemState string

const (
	itemDue  itemState = "due"
	itemKept itemState = "kept" // in the built-in inbox
	itemHeld itemState = "held" // waits for a person
	itemDone itemState = "done" // goes to no sink again
)

// private is what a thread row holds near to the person; it goes with the case.
type private struct {
	Reference string // the number that the recipient's system gave
}

func (p *private) fields(c *coder) { text(c, &p.Reference) }

const (
	threadKind = "thread"
	netPrefix  = "net:"
	sinkQueue  = "sink:inbox"
)

func laneOf(p protocol.OrgID, id protocol.ReferralID) store.LaneKey {
	return store.LaneKey{Kind: threadKind, Dest: string(p), ID: newestFirst(id)}
}

// newestFirst turns the hexadecimal digits of an id over, so that a partner's lanes stand in the order of the newest:
// an id of version 7 begins with its time.
func newestFirst(id protocol.ReferralID) string {
	const digits = "0123456789abcdef"
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(digits, r); i >= 0 {
			return rune(digits[15-i])
		}
		return r
	}, strings.TrimPrefix(string(id), "urn:uuid:"))
}

func netQueue(id protocol.OrgID) string { return netPrefix + string(id) }

func partnerOf(queue string) (protocol.OrgID, bool) {
	id, ok := strings.CutPrefix(queue, netPrefix)
	return protocol.OrgID(id), ok
}

// due says when and where the next step is. A lane is in one queue at a time: when something is to go to the sink and to
// the partner, the earlier comes first, and the sink when both are due.
func (t *thread) due(now time.Time) store.Due {
	at := func(next int64, queue string) store.Due {
		return store.Due{At: time.UnixMilli(max(next, now.UnixMilli())), Queue: queue}
	}
	out := len(t.Later) > 0 || t.Sending > 0 || t.Acts.any()
	switch {
	case t.Item.State == itemDue && (!out || t.Item.Next <= max(t.Next, now.UnixMilli())):
		return at(t.Item.Next, sinkQueue)
	case out:
		return at(t.Next, netQueue(t.Partner))
	}
	return store.Due{}
}

// next makes the manifest of our next message in the thread.
func (t *thread) next(self protocol.OrgID, kind protocol.MessageKind, body protocol.Hash, now time.Time) protocol.Manifest {
	return protocol.Manifest{
		V: protocol.Version, From: self, To: t.Partner, Referral: t.Referral, Seq: t.OurSeq + 1, Prev: t.OurHead, Seen: t.TheirSeq,
		Kind: kind, Schema: protocol.SchemaNow, Terms: t.Terms, At: now.UnixMilli(), Expires: t.Expires, Body: body,
	}
}

// authored counts a message of ours that was signed with next.
func (t *thread) authored(content protocol.Hash) {
	t.OurSeq, t.OurHead = t.OurSeq+1, content
	if t.Sending == 0 {
		t.Sending = t.OurSeq
	}
}

// pass goes on to our next message, if there is one.
func (t *thread) pass() {
	t.Attempts, t.Next = 0, 0
	if t.Sending++; t.Sending > t.OurSeq {
		t.Sending = 0
	}
}

// expired tells whether the opener is under way and too old.
func (t *thread) expired(now time.Time) bool { return t.opening() && now.UnixMilli() >= t.Expires }

// opening tells whether what is under way is the message that opens the thread.
func (t *thread) opening() bool { return t.Out && t.Sending == 1 }

// notAfter is when the next attempt is due: an opener's expiry is an end that must be seen in time.
func (t *thread) notAfter(next time.Time) int64 {
	if t.opening() {
		return min(next.UnixMilli(), t.Expires)
	}
	return next.UnixMilli()
}

// wait parks the thread: until the pair changes, or why says when, or it expires.
func (t *thread) wait(why *protocol.Error, now time.Time) {
	t.under().become(protocol.Waiting, why.Code, why.Text(), now)
	if t.Next = now.Add(lastRetry).UnixMilli(); t.opening() {
		t.Next = t.Expires
	}
	if !why.RetryAt.IsZero() {
		t.Next = min(t.Next, why.RetryAt.UnixMilli())
	}
}

// readThread opens a thread row; its private part is zero when the case was erased.
func readThread(r store.Row) (*thread, *private, error) {
	t, p := &thread{held: r.Case, erased: r.Erased}, new(private)
	err := decode(r.Kept, threadForm, t.fields)
	if err == nil && len(r.Private) > 0 {
		err = decode(r.Private, threadForm, p.fields)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read thread: %w", err)
	}
	return t, p, nil
}

func (t *thread) row(p *private) store.Row {
	r := store.Row{Kept: encode(threadForm, 384, t.fields), Case: t.held}
	if !t.erased && p.Reference != "" {
		r.Private = encode(threadForm, 64, p.fields)
	}
	return r
}

// Kinds of events. Their subject is a referral, or the group of a document with several recipients.
const (
	EventQueued        = "referral.queued"
	EventWaiting       = "referral.waiting" // parked; the reason is in the thread
	EventAcknowledged  = "referral.acknowledged"
	EventRefused       = "referral.refused" // by the partner, or by our own rules at an attempt
	EventUndeliverable = "referral.undeliverable"
	EventDelivered     = "referral.delivered" // the partner's later receipts
	EventBlind         = "referral.delivered-blind"
	EventRead          = "referral.read"
	EventReceived      = "referral.received"
	EventMessage       = "referral.message"     // the partner's next message in a thread
	EventTurnedAway    = "referral.turned-away" // by us
	EventConflict      = "referral.conflict"    // another content under a number that is here
	EventAlike         = "referral.look-alike"  // the same person for the same need came before
	EventHeld          = "referral.held"        // waits for a person
	EventKept          = "referral.kept"        // in the built-in inbox
	EventResumed       = "referral.resumed"
	EventHandedOver    = "referral.handed-over" // to our medium
	EventErased        = "referral.erased"
	EventRestored      = "referral.restored"  // a message came back from the partner, after a restore
	EventViewed        = "referral.viewed"    // somebody read it
	EventTakenOut      = "referral.taken-out" // its content, in a proof
	EventMasked        = "referral.masked"    // a decline whose true reason is in the details, and not with the partner
	EventOverridden    = "consent.overridden" // sent without a consent; the reason is in the details
)

// alter reads a thread as it is now, lets change alter it, and writes it with the event that change names, if any. With
// a token it settles the claim too; a claim that ran out stays with whoever has the lane now.
func (d *Desk) alter(tx *store.Tx, key store.LaneKey, token *store.Token, actor string, change func(*thread, *private) (event string)) error {
	r, _, err := tx.Lane(key)
	if errors.Is(err, store.ErrNotFound) {
		return ErrNone
	} else if err != nil {
		return err
	}
	t, p, err := readThread(r)
	if err != nil {
		return err
	}
	before := t.mark()
	event := change(t, p)
	if t.restored {
		before = mark{}
	}
	for _, a := range t.also {
		if err := tx.Put(a.key, a.row); err != nil {
			return err
		}
	}
	if t.anew {
		if _, err := d.refold(tx, t); err != nil {
			return err
		}
	}
	if t.timed {
		if err := d.watch(tx, t); err != nil {
			return err
		}
	}
	if err := d.marked(tx, t, before); err != nil {
		return err
	}
	row, due := t.row(p), t.due(d.now())
	err = store.ErrStale
	if token != nil {
		err = tx.Settle(*token, row, due)
	}
	if errors.Is(err, store.ErrStale) {
		err = tx.PutLane(key, row, due)
	}
	if err != nil || event == "" {
		return err
	}
	return d.record(tx, event, actor, t)
}

// record writes an event about a thread. It holds ids and codes only, so that it needs no case.
func (d *Desk) record(tx *store.Tx, kind, actor string, t *thread) error {
	details, err := crypto.Marshal(eventDetails{t.Partner, t.Code})
	if err != nil {
		return err
	}
	_, err = audit.Record(tx, audit.Event{At: d.now().UnixMilli(), Actor: actor, Kind: kind, Subject: string(t.Referral), Details: details})
	return err
}

// eventDetails say with whom, and why.
type eventDetails struct {
	Partner protocol.OrgID `json:"partner"`
	Code    protocol.Code  `json:"code,omitempty"`
}

// settle is alter for a claim, in the next batch. Nobody waits for it: after a restart the step is done again, and comes
// to the same.
func (d *Desk) settle(c store.Claim, change func(*thread, *private) (event string)) {
	d.org.Later(func(tx *store.Tx) error { return d.alter(tx, c.Key, &c.Token, "node", change) })
}
