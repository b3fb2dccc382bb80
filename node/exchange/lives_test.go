package exchange_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"referworks/node/exchange"
	"referworks/protocol"
)

// TestLives plays random lives of a referral between two sides over a bad network, with restarts: whatever is allowed is
// done, whatever is not is refused with its sentence in both languages, and in the end both hold the same thread and the
// same life. LONG=1 plays a hundred times as many.
func TestLives(t *testing.T) {
	seeds := 2000
	switch {
	case os.Getenv("LONG") != "":
		seeds = 200_000
	case testing.Short():
		seeds = 60
	}
	hands := runtime.GOMAXPROCS(0)
	next := make(chan uint64)
	go func() {
		defer close(next)
		for s := range seeds {
			next <- uint64(s)
		}
	}()
	var mu sync.Mutex
	statuses := map[protocol.Status]int{}
	t.Run("hands", func(t *testing.T) {
		for i := range hands {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for s := range next {
					if t.Failed() {
						continue
					}
					synctest.Test(t, func(t *testing.T) {
						status := live(t, s)
						mu.Lock()
						statuses[status]++
						mu.Unlock()
					})
				}
			})
		}
	})
	t.Logf("%d lives ended as %v", seeds, statuses)
	for _, s := range []protocol.Status{protocol.StatusNew, protocol.StatusAccepted, protocol.StatusDeclined, protocol.StatusRecalled, protocol.StatusConsentEnded} {
		if statuses[s] == 0 && !t.Failed() && !testing.Short() {
			t.Errorf("no life ended as %s", s)
		}
	}
}

// live plays one life and gives what it came to.
func live(t *testing.T, seed uint64) protocol.Status {
	rng := rand.New(rand.NewPCG(seed, 3))
	w := world(t, "Elm Street Food", "Harbor Legal Aid")
	a, b := w[0], w[1]
	var mu sync.Mutex // the desks' goroutines draw too
	dice := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
	lose, double, down := dice(50), dice(30), false
	a.net.set(func(from, to *side, sealed []byte) (before, after error) {
		mu.Lock()
		isDown := down
		mu.Unlock()
		if isDown || dice(100) < lose {
			before = errLost
		}
		if !isDown && dice(100) < double {
			time.Sleep(time.Duration(dice(100)) * 2 * time.Millisecond) // others overtake
			to.Receive(ctx, from.Peer(), sealed)
		}
		if dice(100) < lose {
			after = errLost
		}
		return before, after
	})
	take := func() {
		for _, s := range w {
			sink(t, s, map[protocol.ReferralID]int{})
		}
	}
	id := a.send(b).Parts[0].Referral
	for range 3 + dice(12) {
		s := w[dice(2)]
		switch dice(10) {
		case 0:
			mu.Lock()
			down = !down
			mu.Unlock()
		case 1:
			s.restart()
		case 2, 3:
			time.Sleep(time.Duration(dice(3000)) * time.Millisecond)
		default:
			step(t, s, id, dice)
		}
		take()
	}
	time.Sleep(time.Minute)
	take()
	a.net.set(nil) // healed
	for range 3 {
		a.Contact(b.OrgID())
		b.Contact(a.OrgID())
		time.Sleep(2 * time.Minute)
		take()
	}
	at, bt := a.told(id), b.told(id)
	if a.show(id).Erased || b.show(id).Erased {
		at, bt = bare(at), bare(bt)
	}
	if len(at) == 0 || !slices.Equal(at, bt) {
		t.Errorf("seed %d: the sides hold\n%s\nand\n%s", seed, strings.Join(at, "\n"), strings.Join(bt, "\n"))
		return ""
	}
	la, sa, err := a.Life(id)
	must(t, err)
	lb, sb, err := b.Life(id)
	must(t, err)
	if fmt.Sprintf("%+v", la.Taken) != fmt.Sprintf("%+v", lb.Taken) || la.Status != lb.Status || la.Purge != lb.Purge || la.Version != lb.Version || sa == sb {
		t.Errorf("seed %d: the lives are %+v and %+v", seed, la, lb)
	}
	for _, s := range w {
		if v := s.show(id); v.Status != la.Status || v.Turn != la.Turn() || v.Purge != la.Purge || v.Version != la.Version {
			t.Errorf("seed %d: %s shows %s, and it is %s", seed, s.name, v.Status, la.Status)
		}
		p, err := s.Proof(id)
		if _, err := exchange.VerifyProof(written(t, p, err)); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	return la.Status
}

// bare leaves out what the messages said.
func bare(told []string) (list []string) {
	for _, m := range told {
		text, _, _ := strings.Cut(m, "{")
		list = append(list, text)
	}
	return list
}

// step takes a random step at a side: one that is allowed must be taken, any other must be refused in words.
func step(t *testing.T, s *side, id protocol.ReferralID, dice func(int) int) {
	life, side, err := s.Life(id)
	if errors.Is(err, exchange.ErrNone) {
		return // it has not arrived
	}
	must(t, err)
	all := protocol.Acts()
	act := all[dice(len(all))]
	if allowed := life.Allowed(side); len(allowed) > 0 && dice(4) > 0 {
		act = allowed[dice(len(allowed))]
	}
	if act.Kind == protocol.KindAttach || act.Kind == protocol.KindUpdate && s.show(id).Direction == "in" {
		return
	}
	do := exchange.Doing{Kind: act.Kind, Actor: "test", Step: words(act, life, side, dice)}
	may := life.May(side, act.Kind, &do.Step)
	_, err = s.Act(ctx, id, do)
	if now, _, lost := s.Life(id); lost == nil && (err == nil) != (may == nil) { // something arrived between the two
		may = now.May(side, act.Kind, &do.Step)
		if err == nil && len(now.Taken) > len(life.Taken)+1 {
			return
		}
	}
	var no *exchange.NotNow
	switch {
	case may == nil && err != nil:
		t.Errorf("%s %s in %s: %v", side, act.Kind, life.Status, err)
	case may != nil && !errors.As(err, &no):
		t.Errorf("%s %s in %s was not refused: %v", side, act.Kind, life.Status, err)
	case may != nil:
		for _, language := range []string{"en", "es"} {
			if text := no.Sentence(language); len(text) < 20 || strings.ContainsAny(text, "{}") {
				t.Errorf("%s %s in %s: %q", side, act.Kind, life.Status, text)
			}
		}
	}
}

// words fills in what an act needs.
func words(act protocol.Act, life protocol.Life, side protocol.Side, dice func(int) int) (s protocol.Step) {
	for _, need := range act.Needs {
		switch need {
		case "text":
			s.Text = fmt.Sprintf("text %d", dice(1000))
		case "reason":
			s.Reason = "wrong-recipient"
			if act.Kind == protocol.KindDecline {
				s.Reason = protocol.DeclineReasons[dice(len(protocol.DeclineReasons))]
			}
		case "agreed":
			v := dice(2) == 0
			s.Agreed = &v
		case "at":
			s.At = "2026-12-01T10:00:00-05:00"
		case "outcomes":
			s.Outcomes = []protocol.Outcome{{Need: "n1", Result: protocol.Outcomes[dice(len(protocol.Outcomes))]}}
		case "to":
			s.To = protocol.OrgIDOf(protocol.Hash{9})
		case "id":
			s.ID = "given by the desk"
		case "of":
			list := slices.Concat(life.Questions, life.Proposals)
			s.Of = "x"
			for _, o := range list {
				if o.By == side.Other() && (act.Kind == protocol.KindAnswer) == slices.Contains(life.Questions, o) {
					s.Of = o.ID
				}
			}
		case "referral":
			r := outgoing().Referral
			r.Narrative.Summary = protocol.Of[protocol.Long](fmt.Sprintf("version %d", dice(1000)))
			s.Referral = r
		}
	}
	return s
}
