package connection_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// brought is a referral that came in through a's hub and is at b.
func brought(t *testing.T, h *hub) (a, b *desk, id protocol.ReferralID) {
	t.Helper()
	a, b = sender(t, h)
	b.run()
	accept := accepting(t, a, h)
	_, err := accept(t.Context(), document(t, b, "matter 12"))
	must(t, err)
	time.Sleep(time.Minute)
	return a, b, threads(t, a)[0].Referral
}

func (d *desk) act(id protocol.ReferralID, kind protocol.MessageKind, step protocol.Step) {
	d.t.Helper()
	_, err := d.desk.Act(d.t.Context(), id, exchange.Doing{Kind: kind, Step: step, Actor: "person"})
	must(d.t, err)
	time.Sleep(time.Minute)
}

func kinds(list []bridges.News) string {
	var all []string
	for _, n := range list {
		all = append(all, string(n.Kind)+string(n.Transport))
	}
	return strings.Join(all, " ")
}

// What a partner does is told once, in order, under the medium's own id, across restarts.
func TestPartnersStepsAreTold(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b, id := brought(t, h)
		b.act(id, protocol.KindReview, protocol.Step{})
		a.halt()
		a.open(h.kinds())
		b.act(id, protocol.KindAccept, protocol.Step{Text: "Welcome"}) // while nobody listens
		b.act(id, protocol.KindQuestion, protocol.Step{Text: "When?"})
		a.run()
		time.Sleep(time.Minute)
		for range 2 {
			a.halt()
			a.open(h.kinds())
			a.run()
			time.Sleep(time.Hour)
		}
		a.act(id, protocol.KindNote, protocol.Step{Text: "ours is no news to us"})
		list := h.news()
		if kinds(list) != "review accept question" {
			t.Fatalf("told: %s", kinds(list))
		}
		n := list[1]
		if n.Referral != id || n.Reference != "matter 12" || n.Status != protocol.StatusAccepted || n.Word != "accepted" || n.Step.Text != "Welcome" || n.Partner.Name != b.name || n.Key == "" || n.Key == list[0].Key || n.Attempt != 1 || n.Unknown {
			t.Errorf("%+v", n)
		}
	})
}

// The ladder is that of deliveries: temporary and unknown again by itself, paused waits, what else happens a person sees.
func TestTellingIsTriedAgainAndHeld(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		h.tells = func(_ context.Context, n int, _ bridges.News) error {
			switch n {
			case 1:
				return &bridges.Error{Class: bridges.Temporary, Sentence: "away"}
			case 2:
				return &bridges.Error{Class: bridges.Unknown, Sentence: "no answer came"}
			case 4:
				return &bridges.Error{Class: bridges.Hold, Sentence: "The matter is locked."}
			case 6:
				return &bridges.Error{Class: bridges.Permanent, Sentence: "The matter is gone."}
			}
			return nil
		}
		a, b, id := brought(t, h)
		b.act(id, protocol.KindReview, protocol.Step{})
		time.Sleep(time.Minute)
		list := h.news()
		if len(list) != 3 || list[1].Attempt != 2 || list[1].Unknown || !list[2].Unknown || list[2].Key != list[0].Key {
			t.Fatalf("%d attempts: %+v", len(list), list)
		}
		must(t, a.set.Pause("hub", true, "test"))
		b.act(id, protocol.KindAccept, protocol.Step{})
		time.Sleep(time.Hour)
		if len(h.news()) != 3 {
			t.Fatal("told while paused")
		}
		must(t, a.set.Pause("hub", false, "test"))
		time.Sleep(10 * time.Minute)
		item := func() connection.Waiting {
			t.Helper()
			list := waiting(t, a)
			if len(list) != 1 || list[0].Task == nil || !list[0].Task.Tell || list[0].Referral != id || list[0].Task.Why.ES == "" {
				t.Fatalf("%+v", list)
			}
			return list[0]
		}
		if w := item(); !strings.Contains(w.Sentence, "The matter is locked.") || !strings.Contains(w.Sentence, "Accepted") {
			t.Errorf("%s", w.Sentence)
		}
		b.act(id, protocol.KindServe, protocol.Step{}) // waits behind it
		if len(h.news()) != 4 {
			t.Fatalf("told: %s", kinds(h.news()))
		}
		_, err := a.set.Resend(item().ID, nil, "person", nil)
		must(t, err)
		time.Sleep(time.Minute)
		if got := kinds(h.news()); got != "review review review accept accept serve" {
			t.Fatalf("told: %s", got)
		}
		a.halt()
		a.open(h.kinds()) // held across a restart
		a.run()
		time.Sleep(time.Hour)
		b.act(id, protocol.KindNote, protocol.Step{Text: "more"})
		if len(h.news()) != 6 {
			t.Fatalf("told: %s", kinds(h.news()))
		}
		must(t, a.set.Discard(item().ID, "person"))
		time.Sleep(time.Minute)
		if got := kinds(h.news()); got != "review review review accept accept serve note" || len(waiting(t, a)) != 0 {
			t.Errorf("told: %s", got)
		}
	})
}

// When the node stops in the middle of telling, nobody knows what the medium did, and the next attempt says so.
func TestTellingThatWasCutOffIsUnknown(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		h.once = true
		h.tells = func(ctx context.Context, n int, _ bridges.News) error {
			if n == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		a, b, id := brought(t, h)
		b.act(id, protocol.KindAccept, protocol.Step{})
		a.halt()
		a.open(h.kinds())
		a.run()
		time.Sleep(time.Minute)
		if list := h.news(); len(list) != 2 || list[0].Unknown || !list[1].Unknown || list[0].Key != list[1].Key {
			t.Errorf("%+v", list)
		}
	})
}

// What never arrives is told too.
func TestUndeliverableIsTold(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		must(t, b.book.Stand(t.Context(), "test", a.OrgID(), protocol.Suspended))
		_, err := accept(t.Context(), document(t, b, "matter 12"))
		must(t, err)
		time.Sleep(31 * 24 * time.Hour)
		if list := h.news(); len(list) != 1 || list[0].Kind != "" || list[0].Transport == "" || list[0].Step.Text == "" || list[0].Reference != "matter 12" {
			t.Errorf("%s %+v, %s", kinds(list), list, a.thread(threads(t, a)[0].Referral).State)
		}
	})
}
