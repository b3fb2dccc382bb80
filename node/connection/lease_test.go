package connection_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// polled is a pair whose b fetches what arrives.
func polled(t *testing.T) (a, b *desk) {
	t.Helper()
	a, b = pair(t, nil)
	b.publish("intake", "court-help-center")
	must(t, b.set.Put(connection.Connection{ID: "poll", Name: "poll", Kind: connection.KindAPI, Direction: connection.Out, Format: "json", Mapping: "intake"}, nil, "test"))
	b.run()
	return a, b
}

func TestLeasedInbox(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := polled(t)
		lease := func(max int) []*connection.Leased {
			t.Helper()
			list, err := b.set.Lease(t.Context(), "poll", max, time.Minute)
			must(t, err)
			return list
		}
		if len(lease(10)) != 0 {
			t.Fatal("something was there before anything came")
		}
		first := a.send()
		time.Sleep(time.Second)
		second := a.send()
		time.Sleep(time.Minute)
		got := lease(1)
		if len(got) != 1 || got[0].Referral != first || len(got[0].Delivery.Document.Bytes) == 0 || got[0].From != a.OrgID() || got[0].Report == nil {
			t.Fatalf("%d, %+v", len(got), got)
		}
		rest := lease(10)
		if len(rest) != 1 || rest[0].Referral != second || rest[0].Token == got[0].Token {
			t.Fatalf("%d beside it", len(rest))
		}
		// Confirmed: the partner has the receipt with the reference.
		must(t, b.set.Ack(t.Context(), got[0].Token, "CASE-7"))
		time.Sleep(time.Minute)
		if th := a.thread(first); th.State != protocol.InTheirMedium || th.Reference != "CASE-7" || len(th.TheirReport) == 0 {
			t.Errorf("the sender sees %s, %q", th.State, th.Reference)
		}
		if err := b.set.Ack(t.Context(), got[0].Token, "CASE-8"); !errors.Is(err, connection.ErrLease) {
			t.Errorf("the same token again: %v", err)
		}
		// The other one's time is over: the token is stale, and it comes back.
		if err := b.set.Ack(t.Context(), rest[0].Token, "x"); !errors.Is(err, connection.ErrLease) {
			t.Errorf("a token whose time is over: %v", err)
		}
		got = lease(10)
		if len(got) != 1 || got[0].Referral != second {
			t.Fatalf("%d came back", len(got))
		}
		until, err := b.set.Extend(got[0].Token, time.Hour)
		if err != nil || time.Until(until) != time.Hour {
			t.Errorf("%v %v", until, err)
		}
		time.Sleep(30 * time.Minute)
		if len(lease(10)) != 0 {
			t.Error("it was offered while somebody has it")
		}
		must(t, b.set.Nack(t.Context(), got[0].Token, ""))
		if got = lease(10); len(got) != 1 {
			t.Fatalf("given back, %d are offered", len(got))
		}
		b.halt() // a restart
		b.open(nil)
		b.run()
		if len(lease(10)) != 0 {
			t.Error("it was offered after a restart while somebody has it")
		}
		// A person is to look; then it is offered again.
		must(t, b.set.Nack(t.Context(), got[0].Token, "The court's code is not known here."))
		list := waiting(t, b)
		if len(list) != 1 || !strings.Contains(list[0].Sentence, "court's code") || len(lease(10)) != 0 {
			t.Fatalf("%+v", list)
		}
		_, err = b.set.Resend(list[0].ID, nil, "person", nil)
		must(t, err)
		time.Sleep(time.Second)
		if got = lease(10); len(got) != 1 || got[0].Referral != second {
			t.Fatalf("resumed, %d are offered", len(got))
		}
		must(t, b.set.Pause("poll", true, "test"))
		must(t, b.set.Ack(t.Context(), got[0].Token, "")) // what was taken was taken
		third := a.send()
		time.Sleep(time.Minute)
		if len(lease(10)) != 0 {
			t.Error("offered while paused")
		}
		must(t, b.set.Pause("poll", false, "test"))
		if got = lease(10); len(got) != 1 || got[0].Referral != third {
			t.Errorf("%d are offered after the pause", len(got))
		}
	})
}

// TestPollingWhileItArrives: who polls all the time gets each referral once, also while it is being taken in.
func TestPollingWhileItArrives(t *testing.T) {
	a, b := polled(t)
	const n = 40
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for range n {
			out := exchange.Outgoing{Referral: referral(), To: []protocol.OrgID{b.OrgID()}, Raw: []byte(`{}`), RawFormat: "json", Actor: "test"}
			if _, err := a.desk.Send(t.Context(), out); err != nil {
				t.Error(err)
			}
		}
	}()
	seen := map[protocol.ReferralID]bool{}
	for end := time.Now().Add(2 * time.Minute); len(seen) < n; {
		list, err := b.set.Lease(t.Context(), "poll", 100, time.Hour)
		must(t, err)
		for _, l := range list {
			if seen[l.Referral] {
				t.Errorf("%s was given out twice", l.Referral)
			}
			seen[l.Referral] = true
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d were offered", len(seen), n)
		}
	}
	<-sent
}

// A restart ends no lease: who has a referral confirms it afterwards, with the receipt as ever; what was not confirmed comes
// back when its time is over, and what was confirmed never.
func TestLeasesOutliveARestart(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := polled(t)
		first := a.send()
		time.Sleep(time.Second)
		second := a.send()
		time.Sleep(time.Second)
		a.send()
		time.Sleep(time.Minute)
		got, err := b.set.Lease(t.Context(), "poll", 10, time.Hour)
		must(t, err)
		if len(got) != 3 {
			t.Fatalf("%d are offered", len(got))
		}
		restart := func() {
			b.halt()
			b.open(nil)
			b.run()
			time.Sleep(time.Second)
		}
		restart()
		must(t, b.set.Ack(t.Context(), got[0].Token, "CASE-7"))
		if until, err := b.set.Extend(got[1].Token, 3*time.Hour); err != nil || time.Until(until) != 3*time.Hour {
			t.Errorf("extended after a restart: %v", err)
		}
		time.Sleep(time.Minute)
		if th := a.thread(first); th.State != protocol.InTheirMedium || th.Reference != "CASE-7" || len(th.TheirReport) == 0 {
			t.Errorf("the sender sees %s, %q, a report of %d bytes", th.State, th.Reference, len(th.TheirReport))
		}
		if err := b.set.Ack(t.Context(), "a token that nobody gave", ""); !errors.Is(err, connection.ErrLease) {
			t.Errorf("a token that nobody gave: %v", err)
		}
		restart()
		if err := b.set.Ack(t.Context(), got[0].Token, "CASE-7"); !errors.Is(err, connection.ErrLease) {
			t.Errorf("confirmed twice: %v", err)
		}
		time.Sleep(2 * time.Hour)
		left, err := b.set.Lease(t.Context(), "poll", 10, time.Minute)
		must(t, err)
		if len(left) != 1 || left[0].Referral == first || left[0].Referral == second {
			t.Errorf("%d are offered when the time of one is over", len(left))
		}
		must(t, b.set.Nack(t.Context(), got[1].Token, "Not for us."))
		restart()
		if list := waiting(t, b); len(list) != 1 || !strings.Contains(list[0].Sentence, "Not for us.") {
			t.Errorf("%d wait for a person", len(list))
		}
	})
}
