package exchange_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"referworks/node/exchange"
	"referworks/protocol"
)

// say adds a message to the thread with o.
func (s *side) say(o *side, id protocol.ReferralID, text string) {
	s.t.Helper()
	must(s.t, s.Say(ctx, o.OrgID(), id, protocol.KindNote, fmt.Appendf(nil, `{"text":%q}`, text)))
}

// told is a thread as its messages say it, without what only one side knows.
func (s *side) told(id protocol.ReferralID) (list []string) {
	s.t.Helper()
	all, err := s.Messages(id)
	if errors.Is(err, exchange.ErrNone) {
		return nil
	}
	must(s.t, err)
	out := s.show(id).Direction == "out"
	for _, m := range all {
		if m.Kind == protocol.KindReferral {
			m.Body = m.Body[:min(len(m.Body), 20)]
		}
		list = append(list, fmt.Sprint(m.Ours == out, m.Seq, m.Kind, m.Seen, string(m.Body)))
	}
	slices.Sort(list)
	return list
}

// keepAll puts what arrives into the built-in inbox.
func keepAll(t testing.TB, sides ...*side) {
	stop, cancel := withTimeout(time.Hour)
	var hands sync.WaitGroup
	for _, s := range sides {
		hands.Go(func() {
			for {
				desk := s.desk() // it may restart meanwhile
				items, err := desk.ClaimInbox(stop, 8)
				if err != nil {
					return
				}
				for _, it := range items {
					if err := desk.Keep(ctx, it, nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	t.Cleanup(func() { cancel(); hands.Wait() })
}

// TestConversation: both sides speak, one at a time and at once, and hold the same thread.
func TestConversation(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	b.say(a, id, "when were you served?")
	until(t, "the question", func() bool { return len(a.told(id)) == 2 })
	a.say(b, id, "on Monday")
	a.say(b, id, "at the door")
	b.say(a, id, "thank you")
	until(t, "all", func() bool { return len(a.told(id)) == 5 && slices.Equal(a.told(id), b.told(id)) })
	until(t, "all receipts", func() bool {
		at, err := a.Proof(id)
		must(t, err)
		bt, err := b.Proof(id)
		must(t, err)
		return len(at.Receipts) == 5 && len(bt.Receipts) == 5
	})
	list, err := a.Messages(id)
	must(t, err)
	for i, m := range list {
		if m.Ours && (len(m.Receipts) != 1 || m.State != protocol.OnTheirDisk) || !m.Ours && len(m.Receipts) != 1 {
			t.Errorf("message %d has %d receipts and is %s", i, len(m.Receipts), m.State)
		}
		if i > 0 && string(m.Body) == `{"text":"on Monday"}` && m.Seen != 1 {
			t.Errorf("the answer has seen %d", m.Seen)
		}
	}
	proof, err := b.Proof(id)
	must(t, err)
	if len(proof.Messages) != 5 || len(proof.Receipts) != 5 {
		t.Errorf("the proof has %d messages and %d receipts", len(proof.Messages), len(proof.Receipts))
	}
}

// TestActsWaitForTheOpener: what is said while the partner cannot be reached waits without a number, and goes in order.
func TestActsWaitForTheOpener(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	a.net.set(cut)
	id := a.send(b).Parts[0].Referral
	a.say(b, id, "1")
	a.say(b, id, "2")
	list, err := a.Messages(id)
	must(t, err)
	if len(list) != 3 || list[1].Seq != 0 || list[2].Seq != 0 || list[1].State != protocol.Queued {
		t.Fatalf("the thread is %+v", list)
	}
	a.restart()
	a.net.set(nil)
	a.Contact(b.OrgID())
	until(t, "both", func() bool { return len(b.told(id)) == 3 && slices.Equal(a.told(id), b.told(id)) })
	list, err = b.Messages(id)
	must(t, err)
	if string(list[1].Body) != `{"text":"1"}` || list[1].Seq != 2 || list[2].Seq != 3 {
		t.Errorf("they came as %+v", list)
	}
}

// TestErasedBeforeItLeft: an act whose content was erased is not sent, and those behind it are.
func TestErasedBeforeItLeft(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	a.net.set(cut)
	b.say(a, id, "gone")
	until(t, "an attempt that came to nothing", func() bool { return b.show(id).Attempts > 0 })
	_, err := b.Erase(ctx, id, "test")
	must(t, err)
	must(t, b.Say(ctx, a.OrgID(), id, protocol.KindPurged, []byte(`{"agreed":true}`)))
	a.net.set(nil)
	b.Contact(a.OrgID())
	until(t, "the purge answer", func() bool { return len(a.told(id)) == 2 })
	list, err := a.Messages(id)
	must(t, err)
	if m := list[1]; m.Kind != protocol.KindPurged || m.Seq != 1 || string(m.Body) != `{"agreed":true}` {
		t.Errorf("what came is %+v", m)
	}
	if list, err = b.Messages(id); err != nil || len(list) != 2 || !list[0].Erased || list[1].Erased || string(list[1].Body) != `{"agreed":true}` {
		t.Errorf("what is left is %+v, %v", list, err)
	}
	a.say(b, id, "too late") // says something about a person: it is taken, and its content is not kept
	until(t, "the note", func() bool { return len(b.told(id)) == 3 })
	if list, err = b.Messages(id); err != nil || len(list) != 3 || !list[2].Erased || len(list[2].Body) > 0 {
		t.Errorf("after the erasure %+v, %v", list, err)
	}
}

// TestRefusedNumberIsFree: a message that the partner refuses for good stands aside, and the next has its number.
func TestRefusedNumberIsFree(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, a, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	must(t, a.Say(ctx, b.OrgID(), id, "sing", []byte(`{}`)))
	until(t, "the refusal", func() bool {
		return slices.Contains(a.kinds(), exchange.EventRefused)
	})
	a.say(b, id, "words")
	until(t, "the note", func() bool { return len(b.told(id)) == 2 && slices.Equal(a.told(id), b.told(id)) })
	if list, err := b.Messages(id); err != nil || list[1].Seq != 2 || list[1].Kind != protocol.KindNote {
		t.Errorf("it is %+v, %v", list, err)
	}
	if v := a.show(id); v.State != protocol.OnTheirDisk {
		t.Errorf("the referral itself became %s", v.State)
	}
}

// TestConversationLoss: whatever the wires lose and double, and whenever a side restarts, both hold the same thread.
func TestConversationLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		lose, double := rapid.IntRange(0, 50).Draw(rt, "lost of 100"), rapid.IntRange(0, 30).Draw(rt, "doubled of 100")
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a", "b", "restart a", "restart b", "wait"}), 1, 14).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) { talk(t, rand.New(rand.NewPCG(seed, 2)), lose, double, steps) })
	})
}

func talk(t *testing.T, rng *rand.Rand, lose, double int, steps []string) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	dice := make(chan int)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case dice <- rng.IntN(100):
			case <-done:
				return
			}
		}
	}()
	a.net.set(func(from, to *side, sealed []byte) (before, after error) {
		if <-dice < lose {
			before = errLost
		}
		if <-dice < double {
			time.Sleep(time.Duration(<-dice) * 2 * time.Millisecond) // others overtake
			to.Receive(ctx, from.Peer(), sealed)
		}
		if <-dice < lose {
			after = errLost
		}
		return before, after
	})
	stop := make(chan struct{})
	var sunk sync.WaitGroup
	sunk.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				sink(t, b, map[protocol.ReferralID]int{})
			}
		}
	})
	defer sunk.Wait()
	defer close(stop)
	id := a.send(b).Parts[0].Referral
	said := 1
	for i, s := range steps {
		switch s {
		case "a":
			a.say(b, id, fmt.Sprint("a", i))
			said++
		case "b":
			if err := b.Say(ctx, a.OrgID(), id, protocol.KindNote, fmt.Appendf(nil, `{"text":"b%d"}`, i)); err == nil {
				said++
			} else if !errors.Is(err, exchange.ErrNone) {
				t.Fatal(err)
			}
		case "restart a":
			a.restart()
		case "restart b":
			b.restart()
		case "wait":
			time.Sleep(time.Second)
		}
	}
	time.Sleep(time.Minute)
	a.net.set(nil) // healed
	a.Contact(b.OrgID())
	b.Contact(a.OrgID())
	time.Sleep(5 * time.Minute)
	at, bt := a.told(id), b.told(id)
	if len(at) != said || !slices.Equal(at, bt) {
		t.Errorf("of %d messages\n%v\n%v", said, at, bt)
	}
}
