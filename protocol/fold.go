package protocol

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Said is one message of a thread as the fold reads it: what its manifest says, and its body or what is left of it.
type Said struct {
	By   Side
	Seq  int64 // of its author, from 1 without gaps
	Seen int64 // highest seq of the other side that its author held
	Kind MessageKind
	At   int64 // milliseconds UTC by its author's clock; shown, never compared
	Step Step  // of the opener: zero
}

// Life is what a thread's messages come to.
type Life struct {
	Status      Status
	Since       int64 // At of the message that made it
	By          Side  // who made it
	Version     int   // of the referral: 1, and one more for each update
	RecallAsked bool  // the sender asked to stop, and the recipient has not answered
	Purge       Purge
	Questions   []Open // that are not answered
	Proposals   []Open // that are not answered
	Appointment *Step  // the newest, while it is scheduled
	Outcomes    []Outcome
	Turned      Step // of the decline or return
	Taken       []Taken
}

// Purge is where the destruction of the person's data at the recipient stands.
type Purge string

// The states of a purge.
const (
	PurgeNone    Purge = ""
	PurgePending Purge = "asked"
	PurgeDone    Purge = "done"
	PurgeRefused Purge = "refused" // with a reason, for instance a law that asks to keep it
)

// Open is a question or a proposal that waits for its answer.
type Open struct {
	By Side
	ID string
	At int64
}

// Taken is a message in the order in which the fold took it.
type Taken struct {
	By     Side
	Seq    int64
	Kind   MessageKind
	Before Status // the status that it met
	After  Status
	Void   bool // it changed nothing: the status that it met does not allow it, or what it names is not there
}

// Fold gives the life of a thread from both sides' messages, each side's in the order of its numbers; what is behind a
// gap, or from a number on that is there twice, is left out. A message is taken after all that its author had seen. Of two that are concurrent (neither author
// had seen the other's) the one with the lower rank in the table comes first, of equal ranks the sender's: so an
// acceptance that had not seen the recall stands, and the recall becomes a request.
func Fold(said []Said) Life {
	life := Life{Status: StatusNew, By: Sender, Version: 1}
	s, r := bySeq(said, Sender), bySeq(said, Recipient)
	i, j := 0, 0
	for i < len(s) || j < len(r) {
		if first := i < len(s) && (j == len(r) || senderFirst(&s[i], &r[j], int64(i), int64(j))); first {
			life.take(&s[i])
			i++
		} else {
			life.take(&r[j])
			j++
		}
	}
	return life
}

// senderFirst tells which of two heads is taken first; i and j are how many of each side's were taken.
func senderFirst(s, r *Said, i, j int64) bool {
	switch {
	case s.Seen > j: // it had seen r
		return false
	case r.Seen > i:
		return true
	}
	return rank(s.Kind) <= rank(r.Kind)
}

func rank(k MessageKind) int {
	if a, ok := ActOf(k); ok {
		return a.Rank
	}
	return -1 // the opener
}

func bySeq(said []Said, by Side) []Said {
	var list []Said
	for _, m := range said {
		if m.By == by {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Said) int { return cmp.Compare(a.Seq, b.Seq) })
	for i := range list {
		if list[i].Seq != int64(i)+1 || i+1 < len(list) && list[i+1].Seq == list[i].Seq {
			return list[:i]
		}
	}
	return list
}

func (l *Life) take(m *Said) {
	t := Taken{By: m.By, Seq: m.Seq, Kind: m.Kind, Before: l.Status}
	switch {
	case m.Kind == KindReferral && m.By == Sender && m.Seq == 1:
		l.Since = m.At
	case l.May(m.By, m.Kind, &m.Step) != nil:
		t.Void = true
	default:
		l.apply(m)
	}
	t.After = l.Status
	l.Taken = append(l.Taken, t)
}

// apply takes what May allowed.
func (l *Life) apply(m *Said) {
	a, _ := ActOf(m.Kind)
	if next, ok := a.To[l.Status]; ok {
		l.Status, l.Since, l.By = next, m.At, m.By
	}
	s := &m.Step
	switch m.Kind {
	case KindRecall:
		if l.Status == StatusRecalled {
			l.ask()
		} else {
			l.RecallAsked = true
		}
	case KindRecallAnswer:
		l.RecallAsked = false
		if s.Agreed != nil && *s.Agreed {
			l.recall(m.At)
		}
	case KindConsentEnded, KindEnteredInError:
		l.ask()
	case KindPurged:
		l.Purge = PurgeRefused
		if s.Agreed != nil && *s.Agreed {
			l.Purge = PurgeDone
		}
	case KindUpdate:
		l.Version++
	case KindQuestion:
		l.Questions = append(l.Questions, Open{m.By, s.ID, m.At})
	case KindAnswer:
		l.Questions = without(l.Questions, m.By.Other(), s.Of)
	case KindPropose:
		l.Proposals = append(l.Proposals, Open{m.By, s.ID, m.At})
	case KindProposeAnswer:
		l.Proposals = without(l.Proposals, m.By.Other(), s.Of)
	case KindSchedule:
		l.Appointment = s
	case KindNoShow:
		l.Appointment = nil
	case KindClose:
		l.Outcomes = s.Outcomes
	case KindReopen:
		l.Outcomes = nil
	case KindDecline, KindReturn:
		l.Turned = *s
	case KindUnaccept:
		if l.RecallAsked { // what the sender waits for needs no answer any more
			l.recall(m.At)
		}
	}
	if l.Status != StatusScheduled && l.Status != StatusInService {
		l.Appointment = nil
	}
	if !l.Status.Open() {
		l.RecallAsked = false
		l.Proposals = nil
	}
	if !slices.Contains(kept, l.Status) {
		l.Questions = nil
	}
}

// recall ends a referral as the sender asked, whoever's message made it possible.
func (l *Life) recall(at int64) {
	l.Status, l.Since, l.By = StatusRecalled, at, Sender
	l.ask()
}

// ask asks for the destruction of what the recipient holds, once.
func (l *Life) ask() {
	if l.Purge == PurgeNone || l.Purge == PurgeRefused {
		l.Purge = PurgePending
	}
}

func without(list []Open, by Side, id string) []Open {
	return slices.DeleteFunc(slices.Clone(list), func(o Open) bool { return o.By == by && o.ID == id })
}

// May says whether a side may take a step now: nil, or a *Refusal. The body's form is Step.Check's.
func (l *Life) May(by Side, kind MessageKind, s *Step) error {
	a, ok := ActOf(kind)
	no := &Refusal{Kind: kind, By: by, Status: l.Status, Since: l.Since, Made: l.By}
	switch {
	case !ok:
		no.Why = WhyUnknown
	case a.By != Either && a.By != by:
		no.Why = WhySide
	case !slices.Contains(a.From, l.Status):
		no.Why = WhyStatus
	case !l.holds(a.When, by, s):
		no.Why = WhyCondition
		no.When = a.When
	case (kind == KindQuestion || kind == KindPropose) && l.taken(kind, by, s.ID):
		no.Why = WhyTwice
	case kind == KindRecall && l.RecallAsked:
		no.Why = WhyTwice
	default:
		return nil
	}
	for _, next := range l.Allowed(by) {
		no.Instead = append(no.Instead, next.Kind)
	}
	return no
}

func (l *Life) holds(c Condition, by Side, s *Step) bool {
	names := func(list []Open) bool {
		return slices.ContainsFunc(list, func(o Open) bool { return o.By == by.Other() && (s == nil || o.ID == s.Of) })
	}
	switch c {
	case RecallAsked:
		return l.RecallAsked
	case QuestionAsked:
		return names(l.Questions)
	case Proposed:
		return names(l.Proposals)
	case PurgeAsked:
		return l.Purge == PurgePending
	}
	return true
}

// taken tells whether an id was used before by the side, so that an answer is about one question only.
func (l *Life) taken(kind MessageKind, by Side, id string) bool {
	list := l.Questions
	if kind == KindPropose {
		list = l.Proposals
	}
	return slices.ContainsFunc(list, func(o Open) bool { return o.By == by && o.ID == id })
}

// Allowed gives what a side may do now, in the order of the table.
func (l *Life) Allowed(by Side) []Act {
	var list []Act
	for _, a := range acts {
		if (a.By == Either || a.By == by) && slices.Contains(a.From, l.Status) && l.holds(a.When, by, nil) && (a.Kind != KindRecall || !l.RecallAsked) {
			list = append(list, a)
		}
	}
	return list
}

// Turn says whose move it is: who has something to answer or to decide. With an open question the other side's clock
// runs, whatever the status. "" when nobody must do anything.
func (l *Life) Turn() Side {
	switch {
	case l.Purge == PurgePending:
		return Recipient
	case len(l.Questions) > 0:
		return l.Questions[len(l.Questions)-1].By.Other()
	case l.RecallAsked:
		return Recipient
	case len(l.Proposals) > 0:
		return l.Proposals[0].By.Other()
	case l.Status.Open():
		return Recipient
	}
	return ""
}

// NextID gives a short id that the side has not used for a question, an appointment or a proposal.
func NextID(said []Said, by Side) string {
	n := 1
	for _, m := range said {
		if m.By == by && m.Step.ID != "" {
			n++
		}
	}
	return fmt.Sprintf("%c%s", by[0], strconv.Itoa(n))
}
