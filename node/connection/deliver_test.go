package connection_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/node/store"
	"referworks/protocol"
)

func fails(class bridges.Class, after time.Duration) func(int, bridges.Delivery) (bridges.Outcome, error) {
	return func(int, bridges.Delivery) (bridges.Outcome, error) {
		return bridges.Outcome{}, &bridges.Error{Class: class, Sentence: "The system says " + string(class) + ".", RetryAfter: after}
	}
}

// untilTaken fails in a way n times.
func untilTaken(n int, fail func(int, bridges.Delivery) (bridges.Outcome, error)) func(int, bridges.Delivery) (bridges.Outcome, error) {
	return func(i int, d bridges.Delivery) (bridges.Outcome, error) {
		if i <= n {
			return fail(i, d)
		}
		return bridges.Outcome{Reference: "4711"}, nil
	}
}

func TestDeliveryIsTriedAgainUntilItIsTaken(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{answer: untilTaken(4, fails(bridges.Temporary, 0))}
		a, b := receiver(t, m)
		id := a.send()
		b.run()
		time.Sleep(time.Minute)
		if want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}; !slices.Equal(m.gaps(), want) {
			t.Errorf("it was tried after %v, want %v", m.gaps(), want)
		}
		for i, d := range m.deliveries() {
			if d.Attempt != i+1 || d.Unknown || d.Key != m.deliveries()[0].Key {
				t.Errorf("delivery %d is attempt %d, unknown %t, key %s", i+1, d.Attempt, d.Unknown, d.Key)
			}
		}
		if th := a.thread(id); th.State != protocol.InTheirMedium || th.Reference != "4711" {
			t.Errorf("the sender sees %s with the number %q", th.State, th.Reference)
		}
		time.Sleep(24 * time.Hour)
		if n := len(m.deliveries()); n != 5 {
			t.Errorf("after it was taken, it was handed over again: %d", n)
		}
	})
}

func TestRetryAfterWinsWhenItIsLonger(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{90 * time.Second: 90 * time.Second, time.Second: 2 * time.Second} {
		inTime(t, func(t *testing.T) {
			m := &medium{answer: untilTaken(1, fails(bridges.Temporary, asked))}
			a, b := receiver(t, m)
			a.send()
			b.run()
			time.Sleep(time.Hour)
			if got := m.gaps(); len(got) != 1 || got[0] != want {
				t.Errorf("asked for %s, it was tried again after %v", asked, got)
			}
		})
	}
}

func TestUnknownIsSaidAtTheNextAttempt(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{answer: untilTaken(1, fails(bridges.Unknown, 0))}
		a, b := receiver(t, m)
		a.send()
		b.run()
		time.Sleep(time.Minute)
		if got := m.deliveries(); len(got) != 2 || got[0].Unknown || !got[1].Unknown {
			t.Errorf("got %d deliveries, the first of an unknown state: %t", len(got), got[0].Unknown)
		}
	})
}

func TestAfterTwoDaysAPersonIsAsked(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{answer: fails(bridges.Temporary, 0)}
		a, b := receiver(t, m)
		id := a.send()
		b.run()
		time.Sleep(47 * time.Hour)
		if list, err := b.set.WaitingList(); err != nil || len(list) != 0 {
			t.Fatalf("after 47 hours %d items wait: %v", len(list), err)
		}
		time.Sleep(2 * time.Hour)
		list, err := b.set.WaitingList()
		if err != nil || len(list) != 1 || list[0].Referral != id || !strings.Contains(list[0].Sentence, "temporary") {
			t.Fatalf("after 49 hours %+v wait: %v", list, err)
		}
		n := len(m.deliveries())
		time.Sleep(48 * time.Hour)
		if again := len(m.deliveries()); again != n || n < 96 || n > 120 { // every 30 minutes
			t.Errorf("it was tried %d times, and %d more after it was given up", n, again-n)
		}
		m.answer = nil
		if _, err := b.set.Resend(list[0].ID, nil, "test", nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if th := a.thread(id); th.State != protocol.InTheirMedium {
			t.Errorf("after a person sent it again, it is %s", th.State)
		}
		if list, err := b.set.WaitingList(); err != nil || len(list) != 0 {
			t.Errorf("it still waits: %+v %v", list, err)
		}
	})
}

func TestHeldAndRefusedWaitForAPerson(t *testing.T) {
	for _, class := range []bridges.Class{bridges.Hold, bridges.Permanent} {
		inTime(t, func(t *testing.T) {
			m := &medium{answer: fails(class, 0)}
			a, b := receiver(t, m)
			id := a.send()
			b.run()
			time.Sleep(72 * time.Hour)
			list, err := b.set.WaitingList()
			if err != nil || len(list) != 1 || list[0].Direction != connection.Out || list[0].Connection != "intake" || list[0].From != a.OrgID() {
				t.Fatalf("%+v wait: %v", list, err)
			}
			if n := len(m.deliveries()); n != 1 {
				t.Errorf("it was tried %d times", n)
			}
			if th := a.thread(id); th.State != protocol.OnTheirDisk {
				t.Errorf("the sender sees %s", th.State)
			}
			// It is held again after a person tried in vain: still one item.
			if _, err := b.set.Resend(list[0].ID, nil, "test", nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if again, err := b.set.WaitingList(); err != nil || len(again) != 1 || again[0].ID != list[0].ID || len(m.deliveries()) != 2 {
				t.Errorf("after a second refusal %+v wait: %v", again, err)
			}
		})
	}
}

// asks is what a medium does that would take the same twice and cannot be asked: with an unknown state a person must look.
func asks(answer func(int, bridges.Delivery) (bridges.Outcome, error)) func(int, bridges.Delivery) (bridges.Outcome, error) {
	return func(n int, d bridges.Delivery) (bridges.Outcome, error) {
		if d.Unknown {
			return bridges.Outcome{}, &bridges.Error{Class: bridges.Hold, Sentence: "Look there, then send it again."}
		}
		return answer(n, d)
	}
}

// A person who looked and says: send it again, is obeyed once.
func TestPersonSettlesAnUnknownState(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{once: true, answer: asks(untilTaken(1, fails(bridges.Unknown, 0)))}
		a, b := receiver(t, m)
		id := a.send()
		b.run()
		time.Sleep(time.Minute)
		list, err := b.set.WaitingList()
		if err != nil || len(list) != 1 || len(m.deliveries()) != 2 {
			t.Fatalf("%+v wait after %d deliveries: %v", list, len(m.deliveries()), err)
		}
		if _, err := b.set.Resend(list[0].ID, nil, "test", nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got := m.deliveries()
		if th := a.thread(id); th.State != protocol.InTheirMedium || len(got) != 3 || got[2].Unknown {
			t.Errorf("after a person decided, it is %s; deliveries %d", th.State, len(got))
		}
	})
}

// The node dies after the medium took a referral and before that was written down here. The item comes back with the
// same attempt, and a medium that would take it twice is told that the end of it is not known.
func TestCutOffAttemptIsUnknown(t *testing.T) {
	for once, want := range map[bool]bool{true: true, false: false} {
		inTime(t, func(t *testing.T) {
			dead := make(chan struct{})
			m := &medium{once: once, answer: func(n int, _ bridges.Delivery) (bridges.Outcome, error) {
				if n == 1 {
					<-dead // taken, and nobody here learns of it
				}
				return bridges.Outcome{}, nil
			}}
			a, b := receiver(t, m)
			a.send()
			b.run()
			time.Sleep(time.Second)
			if len(m.deliveries()) != 1 {
				t.Fatal("nothing was handed over")
			}
			// A second process over the same rows: it knows nothing of the claim, as after its lease.
			killed := b.stop
			b.stop = nil
			b.open(map[string]bridges.Kind{"medium": m.kind("medium")})
			b.run()
			time.Sleep(11 * time.Minute)
			got := m.deliveries()
			if len(got) != 2 || got[1].Unknown != want || got[1].Attempt != 1 {
				t.Errorf("once %t: %d deliveries, the last of an unknown state: %t", once, len(got), got[len(got)-1].Unknown)
			}
			close(dead)
			synctest.Wait()
			killed()
		})
	}
}

// A stop in the middle of an attempt leaves the state unknown; one that the medium says sent nothing does not.
func TestStopInAnAttempt(t *testing.T) {
	for class, want := range map[bridges.Class]bool{bridges.Unknown: true, bridges.Temporary: false} {
		inTime(t, func(t *testing.T) {
			going := make(chan struct{})
			m := &medium{}
			m.answer = func(n int, d bridges.Delivery) (bridges.Outcome, error) {
				if n == 1 {
					<-going
					return fails(class, 0)(n, d)
				}
				return bridges.Outcome{}, nil
			}
			a, b := receiver(t, m)
			a.send()
			b.run()
			synctest.Wait()
			go func() { time.Sleep(time.Second); close(going) }()
			b.halt()
			b.run()
			time.Sleep(time.Minute)
			if got := m.deliveries(); len(got) != 2 || got[1].Unknown != want || got[1].Attempt != 2 {
				t.Errorf("%s: %d deliveries, the last as attempt %d, unknown %t", class, len(got), got[len(got)-1].Attempt, got[len(got)-1].Unknown)
			}
		})
	}
}

// What is noted of attempts is forgotten once they are over.
func TestAttemptsLeaveNothingBehind(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{once: true, answer: untilTaken(2, fails(bridges.Temporary, 0))}
		a, b := receiver(t, m)
		b.run()
		a.send()
		time.Sleep(time.Minute)
		must(t, b.org.View(func(tx *store.Tx) error {
			for item, err := range tx.Scan(store.K("attempt"), store.Key{}) {
				t.Errorf("%v is left: %v", item.Key, err)
			}
			return nil
		}))
		if len(m.deliveries()) != 3 {
			t.Errorf("%d deliveries", len(m.deliveries()))
		}
	})
}
