package protocol_test

import (
	"errors"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
	"referworks/protocol"
)

const (
	sender    = protocol.Sender
	recipient = protocol.Recipient
)

// said is a step of a script: by whom, what.
type said struct {
	by   protocol.Side
	kind protocol.MessageKind
}

// Both sides act in their own view before anything arrives; then everything does.
func TestCrossings(t *testing.T) {
	accepted := []said{{recipient, protocol.KindAccept}}
	for _, c := range []struct {
		name     string
		before   []said // each delivered at once
		crossing []said
		status   protocol.Status
		void     []protocol.MessageKind
		asked    bool
		purge    protocol.Purge
	}{
		{name: "an acceptance that had not seen the recall stands, and the recall becomes a request",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindAccept}}, status: protocol.StatusAccepted, asked: true},
		{name: "so does all that followed the acceptance",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindReview}, {recipient, protocol.KindAccept}, {recipient, protocol.KindServe}}, status: protocol.StatusInService, asked: true},
		{name: "an acceptance that was taken back leaves the recall as it was meant",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindAccept}, {recipient, protocol.KindUnaccept}}, status: protocol.StatusRecalled, purge: protocol.PurgePending},
		{name: "taking the acceptance back grants the request to stop",
			before: accepted, crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindUnaccept}}, status: protocol.StatusRecalled, purge: protocol.PurgePending},
		{name: "a decline is behind a recall",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindDecline}}, status: protocol.StatusRecalled, void: []protocol.MessageKind{protocol.KindDecline}, purge: protocol.PurgePending},
		{name: "so is a return",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindReturn}}, status: protocol.StatusRecalled, void: []protocol.MessageKind{protocol.KindReturn}, purge: protocol.PurgePending},
		{name: "a review and a waiting list do not keep a recall up",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindReview}, {recipient, protocol.KindWaitlist}}, status: protocol.StatusRecalled, purge: protocol.PurgePending},
		{name: "what is closed cannot be recalled",
			before: accepted, crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindClose}}, status: protocol.StatusClosed, void: []protocol.MessageKind{protocol.KindRecall}},
		{name: "the end of the consent is above an acceptance",
			crossing: []said{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindAccept}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "above an outcome",
			before: accepted, crossing: []said{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindClose}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "above a decline",
			crossing: []said{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindDecline}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "above a recall, when the recipient notes it",
			crossing: []said{{sender, protocol.KindRecall}, {recipient, protocol.KindConsentEnded}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "above a new version",
			crossing: []said{{sender, protocol.KindUpdate}, {recipient, protocol.KindConsentEnded}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "noted by both, once is enough",
			crossing: []said{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindConsentEnded}}, status: protocol.StatusConsentEnded, void: []protocol.MessageKind{protocol.KindConsentEnded}, purge: protocol.PurgePending},
		{name: "a referral that was sent by mistake asks for its destruction in any case",
			crossing: []said{{sender, protocol.KindEnteredInError}, {recipient, protocol.KindConsentEnded}}, status: protocol.StatusError, void: []protocol.MessageKind{protocol.KindConsentEnded}, purge: protocol.PurgePending},
		{name: "the mistake is above the outcome",
			before: accepted, crossing: []said{{sender, protocol.KindEnteredInError}, {recipient, protocol.KindClose}}, status: protocol.StatusError, purge: protocol.PurgePending},
		{name: "what was destroyed stays destroyed when the consent ends at the same time",
			before: []said{{sender, protocol.KindRecall}}, crossing: []said{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindPurged}}, status: protocol.StatusConsentEnded, purge: protocol.PurgeDone},
		{name: "an answer that meets the end of the consent is kept, and the question is gone",
			before: []said{{recipient, protocol.KindQuestion}}, crossing: []said{{sender, protocol.KindAnswer}, {recipient, protocol.KindConsentEnded}}, status: protocol.StatusConsentEnded, purge: protocol.PurgePending},
		{name: "a question that meets an outcome stays open",
			before: accepted, crossing: []said{{sender, protocol.KindQuestion}, {recipient, protocol.KindClose}}, status: protocol.StatusClosed},
		{name: "a yes to the request to stop that meets a new version",
			before: append(accepted, said{sender, protocol.KindRecall}), crossing: []said{{sender, protocol.KindUpdate}, {recipient, protocol.KindRecallAnswer}}, status: protocol.StatusRecalled, purge: protocol.PurgePending},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := newConversation()
			for _, s := range c.before {
				talk.post(t, s.by, s.kind)
				talk.deliver()
			}
			for _, s := range c.crossing {
				talk.post(t, s.by, s.kind)
			}
			talk.deliver()
			life := talk.view(sender)
			if other := talk.view(recipient); !reflect.DeepEqual(life, other) {
				t.Fatalf("the sides differ:\n%+v\n%+v", life, other)
			}
			var void []protocol.MessageKind
			for _, m := range life.Taken {
				if m.Void {
					void = append(void, m.Kind)
				}
			}
			if life.Status != c.status || life.RecallAsked != c.asked || life.Purge != c.purge || !slices.Equal(void, c.void) {
				t.Errorf("status %s, recall asked %v, purge %q, void %v", life.Status, life.RecallAsked, life.Purge, void)
			}
			if life.Status == protocol.StatusRecalled && life.By != sender {
				t.Error("a recall is not the recipient's")
			}
		})
	}
}

func TestARequestToStopIsAnsweredOnce(t *testing.T) {
	no := false
	c := newConversation()
	for _, k := range []said{{recipient, protocol.KindAccept}, {sender, protocol.KindRecall}} {
		c.post(t, k.by, k.kind)
		c.deliver()
	}
	c.refuse(t, sender, protocol.KindRecall)
	c.say(recipient, protocol.KindRecallAnswer, protocol.Step{Agreed: &no})
	c.deliver()
	c.refuse(t, recipient, protocol.KindRecallAnswer)
	if life := c.view(sender); life.Status != protocol.StatusAccepted || life.RecallAsked || life.Purge != protocol.PurgeNone {
		t.Fatalf("after a no: %+v", life)
	}
	c.post(t, sender, protocol.KindRecall) // ask again
}

func TestAPurgeThatWasRefusedMayBeAskedAgain(t *testing.T) {
	no := false
	c := newConversation()
	c.post(t, sender, protocol.KindRecall)
	c.deliver()
	c.say(recipient, protocol.KindPurged, protocol.Step{Agreed: &no, Text: "The law asks us to keep it for a year."})
	c.deliver()
	if life := c.view(sender); life.Purge != protocol.PurgeRefused || life.Turn() != "" {
		t.Fatalf("after a no: purge %q, turn %q", life.Purge, life.Turn())
	}
	c.refuse(t, recipient, protocol.KindPurged)
	c.post(t, sender, protocol.KindConsentEnded)
	c.deliver()
	c.post(t, recipient, protocol.KindPurged)
	if life := c.view(recipient); life.Purge != protocol.PurgeDone {
		t.Errorf("purge %q", life.Purge)
	}
}

func TestAnAppointmentIsThereWhileItStands(t *testing.T) {
	c := newConversation()
	for _, s := range []struct {
		kind protocol.MessageKind
		is   bool
	}{{protocol.KindAccept, false}, {protocol.KindSchedule, true}, {protocol.KindNoShow, false}, {protocol.KindServe, false}, {protocol.KindSchedule, true}, {protocol.KindNoShow, false}, {protocol.KindSchedule, true}, {protocol.KindClose, false}, {protocol.KindReopen, false}} {
		c.post(t, recipient, s.kind)
		if life := c.view(recipient); (life.Appointment != nil) != s.is {
			t.Errorf("after %s in %s the appointment is %v", s.kind, life.Status, life.Appointment != nil)
		}
	}
}

// talk draws a conversation: acts that a side's own view allows, and now and then one that nobody should have sent.
func talk(t *rapid.T) *conversation {
	c := newConversation()
	for range rapid.IntRange(0, 14).Draw(t, "acts") {
		by := rapid.SampledFrom(sides).Draw(t, "by")
		life := c.view(by)
		choice := life.Allowed(by)
		if len(choice) == 0 || rapid.IntRange(0, 9).Draw(t, "rogue") == 0 {
			choice = protocol.Acts()
		}
		kind := rapid.SampledFrom(choice).Draw(t, "act").Kind
		s := stepFor(by, kind)
		if s.Agreed != nil {
			*s.Agreed = rapid.Bool().Draw(t, "agreed")
		}
		c.say(by, kind, s)
		for _, side := range sides {
			c.held[side] += rapid.IntRange(0, c.inFlight(side)).Draw(t, "arrive")
		}
	}
	return c
}

// Whatever way the messages took and whatever the order of the input, both sides come to the same.
func TestFoldConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		c.deliver()
		want := c.view(sender)
		list := c.holds(recipient)
		before := slices.Clone(list)
		if got := protocol.Fold(list); !reflect.DeepEqual(got, want) {
			t.Fatalf("the sides differ:\n%+v\n%+v", want, got)
		}
		if !reflect.DeepEqual(list, before) {
			t.Fatal("Fold changed its input")
		}
		r := rand.New(rand.NewSource(int64(rapid.Uint32().Draw(t, "seed"))))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := protocol.Fold(list); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order:\n%+v\n%+v", want, got)
		}
		if len(want.Taken) != len(list) {
			t.Fatalf("%d of %d messages were taken", len(want.Taken), len(list))
		}
		oneStatus(t, &want)
	})
}

// Whatever it meets, the end of the consent ends the referral and asks for destruction; only a mistake is told instead.
func TestTheEndOfTheConsentIsFinal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		by := rapid.SampledFrom(sides).Draw(t, "who")
		own := c.view(by)
		if own.May(by, protocol.KindConsentEnded, &protocol.Step{}) != nil {
			return
		}
		c.say(by, protocol.KindConsentEnded, protocol.Step{})
		c.deliver()
		life := c.view(sender)
		if life.Status != protocol.StatusConsentEnded && life.Status != protocol.StatusError || life.Purge == protocol.PurgeNone || life.Questions != nil {
			t.Fatalf("%+v", life)
		}
		for _, side := range sides {
			for _, a := range life.Allowed(side) {
				if a.Kind != protocol.KindPurged {
					t.Fatalf("after the consent ended the %s may still %s", side, a.Kind)
				}
			}
		}
	})
}

func oneStatus(t interface{ Fatalf(string, ...any) }, l *protocol.Life) {
	if w := protocol.WordsOfStatus(l.Status); w.Label.EN == "" || w.Label.ES == "" {
		t.Fatalf("status %q has no name", l.Status)
	}
}

// A message is taken behind all that its author had seen, and behind its author's earlier ones.
func TestFoldKeepsCauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		c.deliver()
		seen := map[protocol.Side]map[int64]int64{sender: {}, recipient: {}}
		for _, m := range c.holds(sender) {
			seen[m.By][m.Seq] = m.Seen
		}
		life, done := c.view(sender), map[protocol.Side]int64{}
		for _, m := range life.Taken {
			if m.Seq != done[m.By]+1 || done[m.By.Other()] < seen[m.By][m.Seq] {
				t.Fatalf("message %d of the %s was taken too early", m.Seq, m.By)
			}
			done[m.By] = m.Seq
		}
	})
}

// What is behind a gap is left out, as if it had not arrived.
func TestFoldStopsAtAGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		c.deliver()
		all := c.holds(sender)
		drop := rapid.SampledFrom(all).Draw(t, "drop")
		var gap, cut []protocol.Said
		for _, m := range all {
			if m.By != drop.By || m.Seq != drop.Seq {
				gap = append(gap, m)
			}
			if m.By != drop.By || m.Seq < drop.Seq {
				cut = append(cut, m)
			}
		}
		if a, b := protocol.Fold(gap), protocol.Fold(cut); !reflect.DeepEqual(a, b) {
			t.Fatalf("without message %d of the %s:\n%+v\n%+v", drop.Seq, drop.By, a, b)
		}
		twice := append(slices.Clone(all), drop)
		if a, b := protocol.Fold(twice), protocol.Fold(cut); !reflect.DeepEqual(a, b) {
			t.Fatalf("with message %d of the %s twice:\n%+v\n%+v", drop.Seq, drop.By, a, b)
		}
	})
}

// When the bodies are destroyed, what the fold needs is left.
func TestFoldAfterErasure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		c.deliver()
		whole := c.view(sender)
		list := c.holds(sender)
		for i := range list {
			list[i].Step = list[i].Step.Facts()
			if s := list[i].Step; s.Text != "" || s.Place != "" || s.Outcomes != nil || s.Referral != nil || s.Files != nil || s.ToName != "" {
				t.Fatal("something about the person is left")
			}
		}
		left := protocol.Fold(list)
		whole.Appointment, left.Appointment, whole.Outcomes, left.Outcomes, whole.Turned, left.Turned = nil, nil, nil, nil, protocol.Step{}, protocol.Step{}
		if !reflect.DeepEqual(whole, left) {
			t.Fatalf("after erasure:\n%+v\n%+v", whole, left)
		}
	})
}

// What a side may do it can do, what it may not do is refused, and its own message is the last of its own view.
func TestMayAndAllowedAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk(t)
		for _, by := range sides {
			life := c.view(by)
			allowed := life.Allowed(by)
			for _, a := range protocol.Acts() {
				s := stepFor(by, a.Kind)
				err := life.May(by, a.Kind, &s)
				listed := slices.ContainsFunc(allowed, func(b protocol.Act) bool { return b.Kind == a.Kind })
				var no *protocol.Refusal
				if err != nil && !errors.As(err, &no) {
					t.Fatalf("%s: %v", a.Kind, err)
				}
				if (err == nil) != listed && (no == nil || no.Why != protocol.WhyTwice) {
					t.Fatalf("%s by the %s in %s: listed %v, May says %v", a.Kind, by, life.Status, listed, err)
				}
			}
		}
	})
}
