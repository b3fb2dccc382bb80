package email

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"referworks/bridges"
)

// errTooLong is work that was ended because it took too long.
var errTooLong = errors.New("it takes longer to read than any real mail")

// errBusy is a mail that is not read now, because others are.
var errBusy = &bridges.Error{Class: bridges.Temporary, Sentence: "The node is busy with other mail. Send it again later."}

// busyFor is how long a mail waits for its turn to be read.
const busyFor = 30 * time.Second

// workers bounds how many mails are read at once. A reader that does not end keeps its place, so that at most so many
// ever hang; when all places are taken so, mail is asked to come later.
type workers chan struct{}

func newWorkers(n int) workers { return make(workers, n) }

// leash ends work that has no context of its own: what is read through it, and what asks it, ends when time is up.
type leash struct {
	until time.Time
	asked atomic.Int64
}

// maxAsked is how often a parser may ask about one mail: every part asks a few times.
const maxAsked = 20 * maxParts

// pull ends the goroutine that calls it when time is up, as the library has no other way to be stopped in the middle.
func (l *leash) pull() {
	if time.Now().After(l.until) || l.asked.Add(1) > maxAsked {
		runtime.Goexit()
	}
}

type leashed struct {
	*bytes.Reader
	leash *leash
	ends  int
}

// maxEnds is how often a parser may come back to the end of a mail, which nested multiparts without an end make it do.
const maxEnds = 20_000

func (r *leashed) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		if r.ends++; r.ends > maxEnds {
			runtime.Goexit()
		}
	}
	if time.Now().After(r.leash.until) {
		runtime.Goexit()
	}
	return n, err
}

// do runs f in a goroutine of its own for at most that long. A panic of a parser on a hostile mail is an error like any
// other: the mail waits for a person.
func do[T any](w workers, limit time.Duration, f func(*leash) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	turn := time.NewTimer(busyFor)
	defer turn.Stop()
	select {
	case w <- struct{}{}:
	case <-turn.C:
		var none T
		return none, errBusy
	}
	l := &leash{until: time.Now().Add(limit)}
	ended := make(chan result, 1)
	go func() {
		r := result{err: errTooLong}
		defer func() {
			if p := recover(); p != nil {
				r = result{err: errors.New("the parser cannot read it")}
			}
			ended <- r
			<-w
		}()
		value, err := f(l)
		r = result{value, err}
	}()
	timer := time.NewTimer(limit + limit/4)
	defer timer.Stop()
	select {
	case r := <-ended:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, errTooLong
	}
}
