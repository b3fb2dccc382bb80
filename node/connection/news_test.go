package connection_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// taker is a pair whose b hands what arrives to a hub, which calls it 4711.
func taker(t *testing.T, h *hub) (a, b *desk, accept bridges.Accept) {
	t.Helper()
	a, b = pair(t, nil)
	b.open(h.kinds())
	b.publish("intake", "court-help-center")
	c := out("intake")
	c.Kind, c.Direction = "hub", connection.Both
	must(t, b.set.Put(c, nil, "test"))
	return a, b, accepting(t, b, h)
}

func status(t *testing.T, d *desk, id protocol.ReferralID) protocol.Status {
	t.Helper()
	time.Sleep(time.Minute) // what was said goes over
	return d.thread(id).Status
}

// What our own system says of a referral becomes our signed step, under its own id or ours, once.
func TestNewsBecomesSteps(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b, accept := taker(t, h)
		id := a.send()
		time.Sleep(time.Minute)
		tell := func(n bridges.News) bridges.Accepted {
			t.Helper()
			got, err := accept(t.Context(), bridges.Inbound{News: &n})
			if err != nil || got.Reference != id.Reference() {
				t.Fatalf("%+v %v", got, err)
			}
			return got
		}
		n := bridges.News{Reference: "4711", Kind: protocol.KindAccept, Key: "1", Step: protocol.Step{Text: "Welcome"}}
		if got := tell(n); got.Waiting || got.Again {
			t.Errorf("%+v", got)
		}
		if s := status(t, a, id); s != protocol.StatusAccepted {
			t.Fatalf("the sender sees %s", s)
		}
		for range 2 { // told again, before and after a restart
			if got := tell(n); !got.Again || got.Waiting {
				t.Errorf("again: %+v", got)
			}
			b.halt()
			b.open(h.kinds())
			accept = accepting(t, b, h)
		}
		n.Key = "2" // an echo of what we said
		if got := tell(n); got.Waiting || len(waiting(t, b)) != 0 {
			t.Errorf("an echo: %+v", got)
		}
		// By a word of the status map, with the steps in between.
		tell(bridges.News{Referral: id, Word: "In Progress", Key: "3"})
		if s := status(t, a, id); s != protocol.StatusInService {
			t.Fatalf("the sender sees %s", s)
		}
		tell(bridges.News{Reference: "4711", Word: "completed", Key: "4"})
		if s := status(t, a, id); s != protocol.StatusClosed {
			t.Fatalf("the sender sees %s", s)
		}
		life, _, err := a.desk.Life(id)
		if err != nil || len(life.Outcomes) == 0 || life.Outcomes[0].Result != "unknown" {
			t.Errorf("%+v %v", life.Outcomes, err)
		}
	})
}

// A word that comes before the acceptance goes the whole way.
func TestNewsGoesTheWholeWay(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b, accept := taker(t, &hub{})
		c, err := b.set.Connection("intake")
		must(t, err)
		c.Statuses = []bridges.StatusWord{{Word: "Matter closed", Status: protocol.StatusClosed, Outcome: "helped-fully"}, {Word: "Rejected", Status: protocol.StatusDeclined, Reason: "no-capacity"}}
		must(t, b.set.Put(c, nil, "test"))
		time.Sleep(time.Second)
		for word, want := range map[string]protocol.Status{"matter CLOSED": protocol.StatusClosed, "rejected": protocol.StatusDeclined} {
			id := a.send()
			time.Sleep(time.Minute)
			if got, err := accept(t.Context(), bridges.Inbound{News: &bridges.News{Referral: id, Word: word}}); err != nil || got.Waiting {
				t.Fatalf("%+v %v", got, err)
			}
			if s := status(t, a, id); s != want {
				t.Errorf("%s: the sender sees %s", word, s)
			}
		}
	})
}

// What the life of the referral does not allow is a task with the reason, in both languages, once.
func TestNewsThatCannotBeIsATask(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b, accept := taker(t, &hub{})
		id := a.send()
		time.Sleep(time.Minute)
		_, err := b.desk.Act(t.Context(), id, exchange.Doing{Kind: protocol.KindDecline, Step: protocol.Step{Reason: "no-capacity"}, Actor: "person"})
		must(t, err)
		for i, c := range []struct {
			news bridges.News
			says string
		}{
			{bridges.News{Kind: protocol.KindAccept, Step: protocol.Step{Text: "We take it"}}, "declined"},
			{bridges.News{Word: "in progress"}, "cannot come to"},
			{bridges.News{Word: "on the pile"}, "does not say what that means"},
			{bridges.News{Kind: protocol.KindRecall, Step: protocol.Step{Text: "x"}}, "only"},
		} {
			c.news.Reference, c.news.Key = "4711", c.says
			for range 2 {
				got, err := accept(t.Context(), bridges.Inbound{News: &c.news})
				if err != nil || !got.Waiting && !got.Again {
					t.Errorf("%d: %+v %v", i, got, err)
				}
			}
			list := waiting(t, b)
			if len(list) != i+1 {
				t.Fatalf("%d: %d tasks", i, len(list))
			}
			found := false
			for _, w := range list {
				if w.Task != nil && strings.Contains(w.Sentence, c.says) {
					found = w.Task.Why.ES != "" && w.Task.Why.ES != w.Task.Why.EN && w.Task.Referral == id && w.Referral == id
				}
			}
			if !found {
				t.Errorf("%d: no task says %q: %+v", i, c.says, list)
			}
		}
		if s := status(t, a, id); s != protocol.StatusDeclined {
			t.Errorf("the sender sees %s", s)
		}
		list := waiting(t, b)
		if w, err := b.set.WaitingItem(list[0].ID); err != nil || len(w.Original) == 0 {
			t.Errorf("what the system said is gone: %v", err)
		}
		if _, err := b.set.Resend(list[0].ID, nil, "person", nil); err == nil {
			t.Error("a task was sent")
		}
		must(t, b.set.Discard(list[0].ID, "person"))
	})
}

// News of a referral that is not this connection's is refused, and nothing is done.
func TestNewsOfAnothersReferral(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b, _ := taker(t, h)
		id := a.send()
		time.Sleep(time.Minute)
		other := out("other")
		other.Kind, other.Direction, other.Needs = "hub", connection.Both, []protocol.NeedCode{{System: "test", Code: "none"}}
		b.halt()
		must(t, b.set.Pause("intake", true, "test"))
		must(t, b.set.Put(other, nil, "test"))
		accept := accepting(t, b, h)
		for _, n := range []bridges.News{{Referral: id}, {Reference: "4711"}, {Reference: "none"}, {}} {
			n.Kind = protocol.KindAccept
			_, err := accept(t.Context(), bridges.Inbound{News: &n})
			var be *bridges.Error
			if !errors.As(err, &be) || be.Class != bridges.Permanent {
				t.Errorf("%+v: %v", n, err)
			}
		}
		if s := status(t, a, id); s != protocol.StatusNew || len(waiting(t, b)) != 0 {
			t.Errorf("the sender sees %s", s)
		}
	})
}
