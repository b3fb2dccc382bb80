package account

import (
	"fmt"
	"sync"
	"time"
)

// throttle slows down who guesses. Each pair of account and place has some tries, then waits longer and longer; each
// place has some for all accounts together. A browser that a person signed in with before is a place of its own, so that
// strangers at the same address cannot lock the person out (OWASP: device cookies).
type throttle struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*tries
}

type tries struct {
	n    int
	last time.Time
}

const (
	freeTries    = 5
	freeForPlace = 40
	longestWait  = 5 * time.Minute
	forgetAfter  = time.Hour
	mostTries    = 50_000 // entries
)

// TooMany says how long to wait.
type TooMany struct{ Wait time.Duration }

func (e *TooMany) Error() string {
	return fmt.Sprintf("There were too many tries. Wait %s, then try again.", e.Wait.Round(time.Second))
}

// ask refuses while one of the keys has to wait; otherwise it counts a try for each, which good takes back.
func (t *throttle) ask(keys map[string]int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.all == nil || len(t.all) > mostTries {
		t.sweep(now)
	}
	var wait time.Duration
	for key, free := range keys {
		if e := t.all[key]; e != nil && now.Sub(e.last) < forgetAfter && e.n >= free {
			pause := min(time.Second<<min(e.n-free, 10), longestWait)
			wait = max(wait, e.last.Add(pause).Sub(now))
		}
	}
	if wait > 0 {
		return &TooMany{wait}
	}
	for key := range keys {
		e := t.all[key]
		if e == nil || now.Sub(e.last) >= forgetAfter {
			e = &tries{}
			t.all[key] = e
		}
		e.n++
		e.last = now
	}
	return nil
}

func (t *throttle) good(keys map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range keys {
		delete(t.all, key)
	}
}

func (t *throttle) sweep(now time.Time) {
	kept := map[string]*tries{}
	for key, e := range t.all {
		if now.Sub(e.last) < forgetAfter && len(t.all) <= 2*mostTries {
			kept[key] = e
		}
	}
	t.all = kept
}
