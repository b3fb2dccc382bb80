package protocol

import (
	"slices"
	"time"
)

// The life of a referral is what both sides' signed messages come to: a fold over them that reads no clock, the same
// whatever the order in which they arrived. One table (Acts) says who may do what in which status; the documentation,
// the words of the screens, the refusals and the checks at both ends are made from it.

// Side is one of the two organizations of a thread.
type Side string

// The sides. Sender is who opened the thread.
const (
	Sender    Side = "sender"
	Recipient Side = "recipient"
	Either    Side = "either" // in the table only
)

// Other gives the other side.
func (s Side) Other() Side {
	if s == Sender {
		return Recipient
	}
	return Sender
}

// Status is where a referral stands, as decision and service together: each referral has exactly one.
type Status string

// The statuses. New to Waitlisted, Declined and Returned are of the decision register, Accepted to Closed of the
// service register; the rest are the sender's.
const (
	StatusNew          Status = "new"
	StatusInReview     Status = "in-review"
	StatusWaitlisted   Status = "waitlisted"
	StatusAccepted     Status = "accepted"
	StatusScheduled    Status = "scheduled"
	StatusNoShow       Status = "no-show"
	StatusInService    Status = "in-service"
	StatusClosed       Status = "closed"
	StatusDeclined     Status = "declined"
	StatusReturned     Status = "returned"
	StatusRecalled     Status = "recalled"
	StatusConsentEnded Status = "consent-ended"
	StatusError        Status = "entered-in-error"
)

// Undecided and Working are the statuses in which something is still to be done.
var (
	undecided = []Status{StatusNew, StatusInReview, StatusWaitlisted}
	working   = []Status{StatusAccepted, StatusScheduled, StatusNoShow, StatusInService}
	open      = slices.Concat(undecided, working)
	over      = []Status{StatusClosed, StatusDeclined, StatusReturned, StatusRecalled, StatusConsentEnded, StatusError}
	always    = slices.Concat(open, over)
	// Kept are those in which something about the person may still pass: not after the consent ended or the referral
	// was sent by mistake.
	kept = slices.Concat(open, []Status{StatusClosed, StatusDeclined, StatusReturned, StatusRecalled})
)

// Open tells whether somebody is to do something about a referral in this status.
func (s Status) Open() bool { return slices.Contains(open, s) }

// Undecided tells whether the recipient has not said yes or no.
func (s Status) Undecided() bool { return slices.Contains(undecided, s) }

// Act is a row of the table: one kind of message.
type Act struct {
	Kind  MessageKind
	By    Side
	From  []Status
	To    map[Status]Status // by the status before; a status that is not here stays
	Needs []string          // members of Step that must be there
	Takes []string          // members that may be there
	When  Condition         // beyond the status; empty: none
	Rank  int               // of two concurrent acts the lower one is taken first
}

// Condition is what else must hold for an act.
type Condition string

// The conditions.
const (
	RecallAsked   Condition = "recall-asked"   // the sender asked to stop, and got no answer
	QuestionAsked Condition = "question-asked" // the question that it names is open, and the other side's
	PurgeAsked    Condition = "purge-asked"    // personal data is to be destroyed by who acts, and that is not answered
	Proposed      Condition = "proposed"       // the proposal that it names is open
)

func to(next Status, from ...Status) map[Status]Status {
	m := make(map[Status]Status, len(from))
	for _, f := range from {
		m[f] = next
	}
	return m
}

// Acts is the whole table, in the order in which a referral lives. KindReferral opens the thread and is not in it.
func Acts() []Act { return acts }

var acts = []Act{
	{Kind: KindReview, By: Recipient, From: []Status{StatusNew, StatusWaitlisted}, To: to(StatusInReview, StatusNew, StatusWaitlisted), Takes: []string{"text"}, Rank: 10},
	{Kind: KindCleared, By: Recipient, From: undecided, Takes: []string{"text"}, Rank: 3},
	{Kind: KindAccept, By: Recipient, From: undecided, To: to(StatusAccepted, undecided...), Takes: []string{"text"}, Rank: 12},
	{Kind: KindWaitlist, By: Recipient, From: []Status{StatusNew, StatusInReview}, To: to(StatusWaitlisted, StatusNew, StatusInReview), Takes: []string{"text", "at"}, Rank: 11},
	{Kind: KindDecline, By: Recipient, From: undecided, To: to(StatusDeclined, undecided...), Needs: []string{"reason"}, Takes: []string{"text"}, Rank: 40},
	{Kind: KindReturn, By: Recipient, From: undecided, To: to(StatusReturned, undecided...), Needs: []string{"reason"}, Takes: []string{"text"}, Rank: 41},
	{Kind: KindUnaccept, By: Recipient, From: []Status{StatusAccepted}, To: to(StatusInReview, StatusAccepted), Needs: []string{"text"}, Rank: 15},
	{Kind: KindSchedule, By: Recipient, From: working, To: to(StatusScheduled, StatusAccepted, StatusNoShow), Needs: []string{"id", "at"}, Takes: []string{"until", "place", "text"}, Rank: 13},
	{Kind: KindNoShow, By: Recipient, From: []Status{StatusScheduled, StatusInService}, To: to(StatusNoShow, StatusScheduled), Takes: []string{"of", "text"}, Rank: 13},
	{Kind: KindServe, By: Recipient, From: []Status{StatusAccepted, StatusScheduled, StatusNoShow}, To: to(StatusInService, StatusAccepted, StatusScheduled, StatusNoShow), Takes: []string{"text"}, Rank: 13},
	{Kind: KindClose, By: Recipient, From: working, To: to(StatusClosed, working...), Needs: []string{"outcomes"}, Takes: []string{"text"}, Rank: 14},
	{Kind: KindReopen, By: Recipient, From: []Status{StatusClosed}, To: to(StatusInService, StatusClosed), Needs: []string{"text"}, Rank: 15},
	{Kind: KindRecall, By: Sender, From: open, To: to(StatusRecalled, undecided...), Needs: []string{"text"}, Rank: 30},
	{Kind: KindRecallAnswer, By: Recipient, From: working, When: RecallAsked, Needs: []string{"agreed"}, Takes: []string{"text"}, Rank: 16},
	{Kind: KindUpdate, By: Sender, From: open, Needs: []string{"referral"}, Takes: []string{"text", "files"}, Rank: 5},
	{Kind: KindQuestion, By: Either, From: open, Needs: []string{"id", "text"}, Rank: 1},
	{Kind: KindAnswer, By: Either, From: kept, When: QuestionAsked, Needs: []string{"of", "text"}, Takes: []string{"files"}, Rank: 2},
	{Kind: KindNote, By: Either, From: kept, Needs: []string{"text"}, Rank: 0},
	{Kind: KindAttach, By: Either, From: open, Needs: []string{"files"}, Takes: []string{"text"}, Rank: 0},
	{Kind: KindPropose, By: Recipient, From: open, Needs: []string{"id", "to"}, Takes: []string{"toName", "text"}, Rank: 3},
	{Kind: KindProposeAnswer, By: Sender, From: open, When: Proposed, Needs: []string{"of", "agreed"}, Takes: []string{"text"}, Rank: 4},
	{Kind: KindEnteredInError, By: Sender, From: kept, To: to(StatusError, kept...), Takes: []string{"text"}, Rank: 60},
	{Kind: KindConsentEnded, By: Either, From: kept, To: to(StatusConsentEnded, kept...), Takes: []string{"text"}, Rank: 61},
	{Kind: KindPurged, By: Recipient, From: always, When: PurgeAsked, Needs: []string{"agreed"}, Takes: []string{"text"}, Rank: 70},
}

// ActOf gives the row of a kind; false for KindReferral and for a kind that this version does not know.
func ActOf(k MessageKind) (Act, bool) {
	i := slices.IndexFunc(acts, func(a Act) bool { return a.Kind == k })
	if i < 0 {
		return Act{}, false
	}
	return acts[i], true
}

// UnacceptWithin is how long after its acceptance the recipient may take it back. The fold reads no clock, so that only
// the acting side's own node holds to it.
const UnacceptWithin = 5 * 24 * time.Hour

// DeclineReasons are why a recipient may decline. The last but one is a mask: a legal conflict must not show.
var DeclineReasons = []string{
	"not-eligible-income", "not-eligible-assets", "not-eligible-area", "not-eligible-age", "not-eligible-citizenship", "not-eligible-household", "not-eligible",
	"no-capacity", "wrong-service", "missing-information", "missing-document", "could-not-contact", "person-declined", "consent-withdrawn", "duplicate",
	"already-served", "deadline-too-short", "no-interpreter-or-access", "safety", "unable-to-assist", "other",
}

// ReturnReasons are why a recipient may give a referral back undecided.
var ReturnReasons = []string{"wrong-recipient", "incomplete", "not-usable"}

// Outcomes are what may have become of a need.
var Outcomes = []string{
	"helped-fully", "helped-partly", "advice-only", "enrolled", "eligible-waiting", "could-not-contact", "no-show", "person-declined", "not-eligible",
	"no-capacity", "referred-on", "unknown",
}
