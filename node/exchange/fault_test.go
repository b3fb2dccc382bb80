package exchange_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/protocol"

	"pgregory.net/rapid"
)

// TestReceiptsLost: every receipt is lost for a while. The message takes effect once, and "sent" says what is known.
func TestReceiptsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		var frames atomic.Int64
		a.net.set(func(_, to *side, _ []byte) (error, error) {
			if to == b {
				frames.Add(1)
			}
			return nil, errLost
		})
		id := a.send(b).Parts[0].Referral
		time.Sleep(10 * time.Minute)
		v := a.show(id)
		if v.State != protocol.Sent || v.Attempts < 3 || v.Reason == "" || v.NextTry.IsZero() || b.arrived() != 1 || frames.Load() < 4 {
			t.Fatalf("after ten minutes without a receipt it is %+v; %d frames, %d arrived", v, frames.Load(), b.arrived())
		}
		a.net.set(nil)
		a.Contact(b.OrgID())
		synctest.Wait()
		time.Sleep(time.Second)
		v = a.show(id)
		if v.State != protocol.OnTheirDisk || b.arrived() != 1 || len(v.Receipts) != 1 || v.Attempts != 0 {
			t.Errorf("afterwards it is %+v; %d arrived", v, b.arrived())
		}
	})
}

// TestLadder: a partner that cannot be reached is tried at most once an hour in the end, is seen to be late, and the
// referral ends visibly.
func TestLadder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		a.lifetime = 3 * 24 * time.Hour
		a.restart()
		var mu sync.Mutex
		var tries []time.Time
		a.net.set(func(_, to *side, _ []byte) (error, error) {
			mu.Lock()
			defer mu.Unlock()
			tries = append(tries, time.Now())
			return exchange.ErrUnreachable, nil
		})
		began := time.Now()
		var ids []protocol.ReferralID
		for range 3 {
			ids = append(ids, a.send(b).Parts[0].Referral)
		}
		for _, step := range []struct {
			at   time.Duration
			want exchange.Alarm
		}{{10 * time.Minute, exchange.OnTime}, {16 * time.Minute, exchange.Late}, {5 * time.Hour, exchange.Warning}, {25 * time.Hour, exchange.Phone}} {
			time.Sleep(time.Until(began.Add(step.at)))
			for _, id := range ids {
				if v := a.show(id); v.Alarm != step.want || v.State != protocol.Queued {
					t.Errorf("after %s it is %s with alarm %q", step.at, v.State, v.Alarm)
				}
			}
		}
		early := 0
		mu.Lock()
		for i, at := range tries {
			switch gap := at.Sub(tries[max(i-1, 0)]); {
			case gap > time.Hour+time.Minute:
				t.Errorf("%s passed without a try", gap)
			case at.Sub(began) < time.Minute:
				early++
			}
		}
		if early < 4 || len(tries) > 200 {
			t.Errorf("%d tries in the first minute, %d in all", early, len(tries))
		}
		mu.Unlock()
		time.Sleep(3 * 24 * time.Hour)
		for _, id := range ids {
			if v := a.show(id); v.State != protocol.Undeliverable || v.Alarm != exchange.Phone || v.Code != protocol.CodeExpired {
				t.Errorf("after its end it is %s with alarm %q", v.State, v.Alarm)
			}
		}
		if n := slices.Index(a.kinds(), exchange.EventUndeliverable); n < 0 {
			t.Error("the end left no event")
		}
		a.net.set(nil)
		fresh := a.send(b).Parts[0].Referral
		must(t, a.TryNow(ctx, fresh))
		synctest.Wait()
		time.Sleep(time.Second)
		if a.state(fresh) != protocol.OnTheirDisk || b.arrived() != 1 {
			t.Errorf("after the partner came back a new referral is %s, and %d arrived", a.state(fresh), b.arrived())
		}
	})
}

// TestParkedExpires: what waits for a standing ends at its expiry too, and a consent that ends is an expiry.
func TestParkedExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		must(t, a.book.Stand(ctx, "admin", b.OrgID(), protocol.Suspended))
		out := outgoing(b)
		for i := range out.Referral.Consents {
			out.Referral.Consents[i].ObtainedAt = protocol.TimeOf(time.Now())
			out.Referral.Consents[i].ExpiresAt = protocol.TimeOf(time.Now().Add(48 * time.Hour))
		}
		sent, err := a.Send(ctx, out)
		must(t, err)
		id := sent.Parts[0].Referral
		time.Sleep(47 * time.Hour)
		if v := a.show(id); v.State != protocol.Waiting {
			t.Errorf("it is %s", v.State)
		}
		time.Sleep(2 * time.Hour)
		if v := a.show(id); v.State != protocol.Undeliverable {
			t.Errorf("after the consent ended it is %s", v.State)
		}
	})
}

// TestClocks: the receiver judges by its own clock.
func TestClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		_, plain, _ := caught(t, a, b)
		try := func(change func(m *protocol.Manifest)) protocol.Answer {
			var m protocol.Manifest
			_, err := crypto.Peek(plain.Token, protocol.TypMessage, &m)
			must(t, err)
			change(&m)
			p := plain
			if m.Kind == protocol.KindNote {
				p.Body = []byte(`{"text":"hello"}`)
				m.Body = crypto.BodyHash(p.Salt, p.Body)
			}
			signed, err := crypto.SignMessage(&m, a.Signer())
			must(t, err)
			p.Token = signed.Token
			return b.Receive(ctx, a.Peer(), reseal(t, a, b, p))
		}
		now := time.Now()
		at := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
		if got := try(func(m *protocol.Manifest) { m.At = at(11 * time.Minute) }); got.Code != protocol.CodeClock || got.Receipt != nil {
			t.Errorf("a message from the future was answered %+v", got)
		}
		code := func(a protocol.Answer) protocol.Code {
			if a.Receipt == nil {
				return "none: " + a.Code
			}
			return a.Receipt.Receipt.Code
		}
		if got := try(func(m *protocol.Manifest) { m.At, m.Expires = at(-2*time.Hour), at(-11*time.Minute) }); code(got) != protocol.CodeExpired {
			t.Errorf("an expired message was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.At, m.Expires = at(-30*time.Minute), at(-9*time.Minute) }); code(got) != protocol.CodeConflict { // in time, but not the first
			t.Errorf("a message within the grace was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.Body = protocol.Hash{1} }); code(got) != protocol.CodeSignature {
			t.Errorf("another body was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.Kind, m.Seq, m.Prev = protocol.KindNote, 3, protocol.Hash{1} }); got.Code != protocol.CodeEarlier || got.Receipt != nil {
			t.Errorf("a message after a gap was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.Kind, m.Seq, m.Prev = protocol.KindNote, 2, protocol.Hash{1} }); code(got) != protocol.CodeConflict {
			t.Errorf("a message behind another one than ours was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.Kind = "sing" }); code(got) != protocol.CodeSchema {
			t.Errorf("an unknown kind was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) {
			m.Referral = protocol.ReferralID("urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071")
		}); code(got) != protocol.CodeSchema {
			t.Errorf("a body with another number was answered %+v", got)
		}
		if got := try(func(m *protocol.Manifest) { m.Terms = protocol.Hash{1} }); code(got) != protocol.CodeConflict {
			t.Errorf("other terms were answered %+v", got)
		}
		if b.arrived() != 1 {
			t.Errorf("%d arrived", b.arrived())
		}
	})
}

// TestLoss: whatever the wires lose, double and mix up, and whenever a side restarts: exactly one effect, and both sides
// agree in the end.
func TestLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		lose, double := rapid.IntRange(0, 60).Draw(rt, "lost of 100"), rapid.IntRange(0, 40).Draw(rt, "doubled of 100")
		n := rapid.IntRange(1, 8).Draw(rt, "referrals")
		restarts := rapid.SliceOfN(rapid.IntRange(0, 1), 0, 3).Draw(rt, "restarts")
		synctest.Test(t, func(t *testing.T) { lossy(t, rand.New(rand.NewPCG(seed, 1)), lose, double, n, restarts) })
	})
}

func lossy(t *testing.T, rng *rand.Rand, lose, double, n int, restarts []int) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	dice := make(chan int) // one goroutine draws, so that a seed says everything but the order of goroutines
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
			late := time.Duration(<-dice) * 100 * time.Millisecond
			time.Sleep(late / 50) // others overtake
			to.Receive(ctx, from.Peer(), sealed)
		}
		if <-dice < lose {
			after = errLost
		}
		return before, after
	})
	taken := map[protocol.ReferralID]int{}
	stop := make(chan struct{})
	sunk := make(chan struct{})
	go func() {
		defer close(sunk)
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
			}
			sink(t, b, taken)
		}
	}()
	var ids []protocol.ReferralID
	for i := range n {
		ids = append(ids, a.send(b).Parts[0].Referral)
		if i < len(restarts) {
			time.Sleep(time.Second)
			close(stop)
			<-sunk
			w[restarts[i]].restart()
			stop, sunk = make(chan struct{}), make(chan struct{})
			go func(stop, sunk chan struct{}) {
				defer close(sunk)
				for {
					select {
					case <-stop:
						return
					case <-time.After(200 * time.Millisecond):
					}
					sink(t, b, taken)
				}
			}(stop, sunk)
		}
	}
	time.Sleep(time.Minute)
	a.net.set(nil) // healed
	a.Contact(b.OrgID())
	b.Contact(a.OrgID())
	time.Sleep(5 * time.Minute)
	close(stop)
	<-sunk
	if b.arrived() != n {
		t.Errorf("%d of %d are with the partner", b.arrived(), n)
	}
	for _, id := range ids {
		v := a.show(id)
		if v.State != protocol.InTheirMedium || taken[id] != 1 || b.state(id) != protocol.InTheirMedium {
			t.Errorf("%s is %s here and %s there, and was handed over %d times", id, v.State, b.state(id), taken[id])
		}
		seen := map[protocol.Level]int{}
		for _, r := range v.Receipts {
			seen[r.Receipt.Level]++
		}
		if seen[protocol.Delivered] != 1 || seen[protocol.Received] > 1 {
			t.Errorf("%s has receipts %v", id, seen)
		}
	}
}

// sink takes what is due without waiting.
func sink(t *testing.T, b *side, taken map[protocol.ReferralID]int) {
	for {
		short, cancel := withTimeout(time.Millisecond)
		desk := b.desk()
		items, err := desk.ClaimInbox(short, 4)
		cancel()
		if err != nil {
			return
		}
		for _, it := range items {
			taken[it.Referral]++
			if err := desk.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M"}); err != nil && !errors.Is(err, errLost) {
				t.Error(err)
			}
		}
	}
}
