package exchange_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"referworks/node/calendar"
	"referworks/node/exchange"
	"referworks/protocol"
)

// do takes a step, which must be allowed.
func (s *side) do(id protocol.ReferralID, kind protocol.MessageKind, step protocol.Step) protocol.Life {
	s.t.Helper()
	life, err := s.Act(ctx, id, exchange.Doing{Kind: kind, Step: step, Actor: "test"})
	must(s.t, err)
	return life
}

// refusedTo tries a step, which must not be allowed, and gives the sentence.
func (s *side) refusedTo(id protocol.ReferralID, kind protocol.MessageKind, step protocol.Step) string {
	s.t.Helper()
	_, err := s.Act(ctx, id, exchange.Doing{Kind: kind, Step: step, Actor: "test"})
	var no *exchange.NotNow
	if !errors.As(err, &no) {
		s.t.Fatalf("%s: %v", kind, err)
	}
	return no.Error()
}

func (s *side) status(id protocol.ReferralID) protocol.Status {
	s.t.Helper()
	return s.show(id).Status
}

// both sides come to the same status.
func agree(t *testing.T, id protocol.ReferralID, want protocol.Status, sides ...*side) {
	t.Helper()
	for _, s := range sides {
		until(t, s.name+" to see "+string(want), func() bool { return s.status(id) == want })
	}
}

func yes(v bool) *bool { return &v }

// TestLife: a referral from its arrival to what became of it.
func TestLife(t *testing.T) {
	w := world(t, "Elm Street Food", "Harbor Legal Aid")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	if s := a.refusedTo(id, protocol.KindAccept, protocol.Step{}); !strings.Contains(s, "only Harbor Legal Aid can do this") {
		t.Errorf("the sender accepts: %s", s)
	}
	b.do(id, protocol.KindReview, protocol.Step{})
	life := b.do(id, protocol.KindQuestion, protocol.Step{Text: "When were the papers served?"})
	if life.Turn() != protocol.Sender || life.Questions[0].ID != "r1" {
		t.Errorf("after the question: %+v", life)
	}
	until(t, "the question", func() bool { return a.show(id).Turn == protocol.Sender })
	a.do(id, protocol.KindAnswer, protocol.Step{Text: "On Monday."})
	until(t, "the answer", func() bool { return b.show(id).Turn == protocol.Recipient })
	b.do(id, protocol.KindAccept, protocol.Step{})
	agree(t, id, protocol.StatusAccepted, a, b)
	if s := a.refusedTo(id, protocol.KindRecallAnswer, protocol.Step{Agreed: yes(true)}); !strings.Contains(s, "Harbor Legal Aid can") {
		t.Error(s)
	}
	b.do(id, protocol.KindSchedule, protocol.Step{At: "2026-12-01T10:00:00-05:00", Place: "Main office"})
	b.do(id, protocol.KindNoShow, protocol.Step{})
	b.do(id, protocol.KindServe, protocol.Step{})
	if _, err := b.Act(ctx, id, exchange.Doing{Kind: protocol.KindClose, Actor: "test"}); !errors.Is(err, exchange.ErrStep) {
		t.Errorf("closed without an outcome: %v", err)
	}
	b.do(id, protocol.KindClose, protocol.Step{Outcomes: []protocol.Outcome{{Need: "n1", Result: "helped-fully"}}})
	agree(t, id, protocol.StatusClosed, a, b)
	if s := a.refusedTo(id, protocol.KindRecall, protocol.Step{Text: "stop"}); !strings.Contains(s, "You can no longer recall this referral, because Harbor Legal Aid closed it on ") || !strings.Contains(s, "You can: ") {
		t.Error(s)
	}
	var no *exchange.NotNow
	_, err := a.Act(ctx, id, exchange.Doing{Kind: protocol.KindRecall, Step: protocol.Step{Text: "stop"}, Actor: "test"})
	if errors.As(err, &no); !strings.Contains(no.Sentence("es"), "Ya no puede retirar esta derivación, porque Harbor Legal Aid la cerró el ") {
		t.Error(no.Sentence("es"))
	}
	list, _, err := a.Life(id)
	must(t, err)
	if list.Outcomes[0].Result != "helped-fully" {
		t.Errorf("the sender sees %+v", list.Outcomes)
	}
	for _, kind := range []string{"referral.review", "referral.question", "referral.answer", "referral.accept", "referral.close"} {
		if !slices.Contains(a.kinds(), kind) || !slices.Contains(b.kinds(), kind) {
			t.Errorf("no event %s", kind)
		}
	}
}

// TestRecallAndPurge: before the acceptance a recall ends it at once, and what the recipient holds is destroyed for good.
func TestRecallAndPurge(t *testing.T) {
	w := world(t, "Elm Street Food", "Harbor Legal Aid")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	b.do(id, protocol.KindQuestion, protocol.Step{Text: "canary of a question"})
	until(t, "the question", func() bool { return a.show(id).Turn == protocol.Sender })
	a.do(id, protocol.KindRecall, protocol.Step{Text: "The person found help."})
	agree(t, id, protocol.StatusRecalled, a, b)
	if v := b.show(id); v.Purge != protocol.PurgePending || v.Turn != protocol.Recipient || v.ReplyBy.IsZero() {
		t.Errorf("the recipient sees %+v", v)
	}
	b.do(id, protocol.KindPurged, protocol.Step{Agreed: yes(true)})
	until(t, "the signed word", func() bool { return a.show(id).Purge == protocol.PurgeDone })
	if _, err := b.Body(id); err == nil {
		t.Error("the referral can still be read")
	}
	list, err := b.Messages(id)
	must(t, err)
	for _, m := range list {
		if m.Kind != protocol.KindPurged && (!m.Erased || len(m.Body) > 0) {
			t.Errorf("a message can still be read: %s", m.Kind)
		}
	}
	if v := b.show(id); v.Status != protocol.StatusRecalled || v.Purge != protocol.PurgeDone || !v.Erased {
		t.Errorf("after it the recipient sees %+v", v)
	}
	for _, s := range []*side{a, b} {
		p, err := s.Proof(id)
		if v, err := exchange.VerifyProof(written(t, p, err)); err != nil || len(v.Steps) != 4 {
			t.Errorf("the proof of %s: %+v, %v", s.name, v, err)
		}
	}
}

// TestCrossing: an acceptance that had not seen the recall stands, and the recall is a request.
func TestCrossing(t *testing.T) {
	w := world(t, "Elm Street Food", "Harbor Legal Aid")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	a.net.set(cut)
	if life := a.do(id, protocol.KindRecall, protocol.Step{Text: "stop"}); life.Status != protocol.StatusRecalled {
		t.Errorf("the sender sees %s", life.Status)
	}
	b.do(id, protocol.KindAccept, protocol.Step{})
	time.Sleep(50 * time.Millisecond) // both are signed, as far as they are
	a.net.set(nil)
	a.Contact(b.OrgID())
	b.Contact(a.OrgID())
	until(t, "one status", func() bool {
		return a.show(id).Status == b.show(id).Status && len(a.told(id)) == 3 && len(b.told(id)) == 3
	})
	la, _, err := a.Life(id)
	must(t, err)
	lb, _, err := b.Life(id)
	must(t, err)
	if la.Status != lb.Status || la.RecallAsked != lb.RecallAsked {
		t.Errorf("the sides come to %+v and %+v", la, lb)
	}
}

// TestFirstAccepted: of a group the first to accept wins, and the others are recalled.
func TestFirstAccepted(t *testing.T) {
	w := world(t, "Elm Street Food", "Harbor Legal Aid", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	keepAll(t, a, b, c)
	out := outgoing(b, c)
	out.Referral.Header.Group.Rule = protocol.Choose(protocol.GroupFirstAccepted)
	sent, err := a.Send(ctx, out)
	must(t, err)
	first, second := sent.Parts[0].Referral, sent.Parts[1].Referral
	a.becomes(first, protocol.OnTheirDisk)
	a.becomes(second, protocol.OnTheirDisk)
	b.do(first, protocol.KindAccept, protocol.Step{})
	agree(t, first, protocol.StatusAccepted, a, b)
	agree(t, second, protocol.StatusRecalled, a, c)
	if s := c.refusedTo(second, protocol.KindAccept, protocol.Step{}); !strings.Contains(s, "Elm Street Food recalled it") {
		t.Error(s)
	}
	all := a.send(b, c)
	a.becomes(all.Parts[0].Referral, protocol.OnTheirDisk)
	a.becomes(all.Parts[1].Referral, protocol.OnTheirDisk)
	b.do(all.Parts[0].Referral, protocol.KindAccept, protocol.Step{})
	agree(t, all.Parts[0].Referral, protocol.StatusAccepted, a)
	if st := c.status(all.Parts[1].Referral); st != protocol.StatusNew {
		t.Errorf("without the rule the other is %s", st)
	}
}

// TestUpdate: a new version goes through the same rules as the first.
func TestUpdate(t *testing.T) {
	w := world(t, "Elm Street Food", "Harbor Legal Aid")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	r := outgoing(b).Referral
	r.Narrative.Summary = protocol.Of[protocol.Long]("The hearing moved to Friday.")
	a.do(id, protocol.KindUpdate, protocol.Step{Referral: r})
	until(t, "the new version", func() bool { return b.show(id).Version == 2 })
	got, err := b.Body(id)
	must(t, err)
	if got.Narrative.Summary.Text() != "The hearing moved to Friday." || got.Header.ID.ID() != id {
		t.Errorf("the newest version says %q", got.Narrative.Summary.Text())
	}
	r.Consents = nil
	if _, err := a.Act(ctx, id, exchange.Doing{Kind: protocol.KindUpdate, Step: protocol.Step{Referral: r}, Actor: "test"}); err == nil {
		t.Error("a version without a consent was taken")
	}
}

// TestTimers: half of the time a reminder, then late at both sides, and again; an answer ends it.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Elm Street Food", "Harbor Legal Aid")
		a, b := w[0], w[1]
		for _, s := range w {
			s.rules.Calendar = calendar.Calendar{Zone: "America/New_York"}
		}
		time.Sleep(time.Until(time.Date(2000, 1, 3, 15, 0, 0, 0, time.UTC))) // Monday, ten in the morning
		id := a.send(b).Parts[0].Referral
		time.Sleep(time.Second)
		sink(t, b, map[protocol.ReferralID]int{})
		want := time.Date(2000, 1, 5, 22, 0, 0, 0, time.UTC) // Wednesday at five
		for _, s := range w {
			if v := s.show(id); !v.ReplyBy.Equal(want) || v.Late {
				t.Errorf("%s waits until %s", s.name, v.ReplyBy)
			}
		}
		count := func(s *side, kind string) (n int) {
			for _, k := range s.kinds() {
				if k == kind {
					n++
				}
			}
			return n
		}
		time.Sleep(30 * time.Hour)
		for _, s := range w {
			if count(s, exchange.EventReminder) != 1 || count(s, exchange.EventLate) != 0 {
				t.Errorf("after half of the time %s has %v", s.name, s.kinds())
			}
		}
		time.Sleep(time.Until(want.Add(time.Minute)))
		for _, s := range w {
			if v := s.show(id); count(s, exchange.EventLate) != 1 || !v.Late {
				t.Errorf("after the time %s has %v and shows %+v", s.name, s.kinds(), v)
			}
		}
		time.Sleep(6 * 24 * time.Hour)
		if n := count(a, exchange.EventLate); n != 4 {
			t.Errorf("a week later it was said %d times", n)
		}
		b.do(id, protocol.KindAccept, protocol.Step{})
		time.Sleep(time.Minute)
		for _, s := range w {
			if v := s.show(id); v.Late || !v.ReplyBy.IsZero() {
				t.Errorf("after the answer %s shows %+v", s.name, v)
			}
		}
		before := count(a, exchange.EventLate)
		b.do(id, protocol.KindQuestion, protocol.Step{Text: "When?"})
		time.Sleep(30 * 24 * time.Hour)
		if v := a.show(id); !v.Late || v.Turn != protocol.Sender {
			t.Errorf("a question that nobody answered: %+v", v)
		}
		if n := count(a, exchange.EventLate) - before; n < 5 || n > 8 {
			t.Errorf("in a month it was said %d times", n)
		}
	})
}
