package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"referworks/bridges"
)

// hosts is what all connections know together of the hosts that they ask.
type hosts struct {
	mu sync.Mutex
	at map[string]*host
}

func newHosts() *hosts { return &hosts{at: map[string]*host{}} }

// host is one host. After several failures in a row it is left alone for a while; then one request tries it.
type host struct {
	mu     sync.Mutex
	failed int           // in a row
	broken time.Time     // nobody asks before, because it does not answer
	paused time.Time     // nobody asks before, because it said so
	one    chan struct{} // of systems that take one push at a time
}

func (h *hosts) host(name string) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at[name] == nil {
		h.at[name] = &host{one: make(chan struct{}, 1)}
	}
	return h.at[name]
}

const (
	breakAfter   = 5 // failures in a row
	firstBreak   = 30 * time.Second
	longestBreak = 10 * time.Minute
)

// ready tells that the host may be asked now; else the error is Temporary and says when.
func (h *host) ready(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case now.Before(h.paused):
		return &bridges.Error{Class: bridges.Temporary, Sentence: "The system takes no more requests for the moment, as it said itself. It is tried again.", RetryAfter: h.paused.Sub(now)}
	case now.Before(h.broken):
		return &bridges.Error{Class: bridges.Temporary, Sentence: fmt.Sprintf("The system has not answered %d times in a row. It is left alone for a while and then tried again.", h.failed), RetryAfter: h.broken.Sub(now)}
	case h.failed >= breakAfter: // the one that tries; the others wait for what becomes of it
		h.broken = now.Add(firstBreak)
	}
	return nil
}

// answered notes what became of a request.
func (h *host) answered(now time.Time, err error, status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var be *bridges.Error
	bad := status/100 == 5 && status != http.StatusNotImplemented || errors.As(err, &be) && (be.Class == bridges.Temporary || be.Class == bridges.Unknown)
	if !bad || errors.Is(err, context.Canceled) {
		h.failed, h.broken = 0, time.Time{}
		return
	}
	h.failed++
	if h.failed >= breakAfter {
		h.broken = now.Add(min(firstBreak<<min(h.failed-breakAfter, 8), longestBreak))
	}
}

// rest notes that the system wants no request for a while.
func (h *host) rest(now time.Time, pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := now.Add(min(pause, time.Hour)); until.After(h.paused) {
		h.paused = until
	}
}

// allowance reads how many requests the system still takes; the pause is 0 when there are some.
func allowance(header http.Header, remaining, reset string, now time.Time) time.Duration {
	if remaining == "" {
		return 0
	}
	said := header.Get(remaining)
	if _, counts, ok := strings.Cut(said, "="); ok { // api-usage=18/5000: so many of so many
		used, all, _ := strings.Cut(counts, "/")
		u, err1 := strconv.Atoi(used)
		a, err2 := strconv.Atoi(strings.TrimSpace(all))
		if err1 != nil || err2 != nil {
			return 0
		}
		said = strconv.Itoa(a - u)
	}
	left, err := strconv.ParseFloat(said, 64)
	if err != nil || left >= 1 {
		return 0
	}
	at, err := strconv.ParseInt(header.Get(reset), 10, 64)
	switch {
	case err != nil || at <= 0:
		return time.Minute
	case at > 1_000_000_000: // since 1970
		return max(time.Unix(at, 0).Sub(now), 0)
	}
	return time.Duration(at) * time.Second
}
