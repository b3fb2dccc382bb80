package exchange

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// Times and limits of the outbox.
const (
	lease      = 2 * time.Minute  // a claim that was not settled by then is anybody's
	timeout    = 30 * time.Second // of one delivery
	firstRetry = time.Second
	lastRetry  = time.Hour
	glance     = time.Second // how often to look while there is due work that must wait
	sweepEvery = 15 * time.Minute
	maxSweep   = 1 << 14 // lanes
)

// destination is what is known of the way to a partner since the start; nothing of it is stored.
type destination struct {
	under    int // attempts under way
	failures int // in a row
	until    time.Time
	swept    time.Time
	reason   string

	pulling      int // messages whose files are being pulled
	pullFailures int // in a row

	confirm    []*step // later receipts for the next envelope
	confirming bool    // one is under way
}

// Run works the outbox until ctx ends and leaves no goroutine behind. Lanes are claimed here and worked in goroutines,
// at most InFlight for one partner: a partner that hangs holds up nobody else.
func (d *Desk) Run(ctx context.Context) error {
	var under sync.WaitGroup
	defer under.Wait()
	for ctx.Err() == nil {
		d.dispatch(ctx, &under)
		if err := d.rest(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// dispatch claims what may go out now.
func (d *Desk) dispatch(ctx context.Context, under *sync.WaitGroup) {
	now, suspended := d.now(), d.hosted().Suspended
	for _, queue := range d.org.Queues(now) {
		if queue == timerQueue {
			d.ring(now)
			continue
		}
		if suspended {
			continue
		}
		if strings.HasPrefix(queue, gatherPrefix) {
			d.collect(ctx, queue, now, under)
			continue
		}
		to, ok := partnerOf(queue)
		if !ok {
			continue
		}
		room, sweep := d.room(to, now)
		if sweep {
			d.sweep(queue, now)
		}
		if room == 0 {
			continue
		}
		if claims := d.org.Claim(queue, now, room, lease); len(claims) > 0 {
			round := d.begin(to, len(claims))
			under.Go(func() { d.work(ctx, to, round, claims, under) })
		}
	}
}

// rest waits for something to do. While there is due work that nobody wants now (a sink's, or that of a partner who does
// not answer), the store would answer at once; then it waits for a signal of our own, and looks again after a moment.
func (d *Desk) rest(ctx context.Context) error {
	if len(d.org.Queues(d.now())) == 0 {
		return d.org.WaitDue(ctx)
	}
	t := time.NewTimer(glance)
	defer t.Stop()
	select {
	case <-d.outbox:
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// room says how many lanes may be claimed for a partner now: one as a probe after a failure, and whether the others are
// to be looked through for what has expired meanwhile.
func (d *Desk) room(to protocol.OrgID, now time.Time) (n int, sweep bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.dest(to)
	if t.failures == 0 {
		return d.inFlight - t.under, false
	}
	if sweep = now.Sub(t.swept) >= sweepEvery; sweep {
		t.swept = now
	}
	if now.Before(t.until) || t.under > 0 {
		return 0, sweep
	}
	return 1, sweep
}

// dest is called with mu held.
func (d *Desk) dest(to protocol.OrgID) *destination {
	t := d.dests[to]
	if t == nil {
		t = &destination{}
		d.dests[to] = t
	}
	return t
}

// begin counts attempts and gives the number of failures that it starts from: what was under way together fails once.
func (d *Desk) begin(to protocol.OrgID, n int) (round int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.dest(to)
	t.under += n
	return t.failures
}

func (d *Desk) end(to protocol.OrgID, n int) {
	d.mu.Lock()
	d.dest(to).under -= n
	d.mu.Unlock()
	signal(d.outbox)
}

// missed notes that the partner did not answer, or not as we need it, and says when to try again.
func (d *Desk) missed(to protocol.OrgID, round int, reason string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, now := d.dest(to), d.now()
	if t.failures == round {
		if t.failures == 0 {
			t.swept = now
		}
		t.failures++
		t.until = now.Add(backoff(t.failures))
	}
	t.reason = reason
	return t.until
}

// reached forgets failures: the partner took something, or somebody knows that it is back.
func (d *Desk) reached(to protocol.OrgID) {
	d.mu.Lock()
	t := d.dest(to)
	wake := t.failures > 0
	t.failures, t.until, t.reason = 0, time.Time{}, ""
	d.mu.Unlock()
	if wake {
		d.org.Wake(netQueue(to))
		signal(d.outbox)
	}
}

// backoff is full jitter up to a limit that doubles with each failure, at most an hour.
func backoff(failures int) time.Duration {
	limit := min(firstRetry<<min(failures, 16), lastRetry)
	return time.Duration(rand.Int64N(int64(limit))) + 1
}

// sweep ends what expired while its partner did not answer, so that it is shown at once and not at the next probe.
func (d *Desk) sweep(queue string, now time.Time) {
	for _, c := range d.org.Claim(queue, now, maxSweep, lease) {
		t, _, err := readThread(c.Row)
		if err == nil && t.expired(now) && len(t.Later) == 0 {
			d.expire(c)
		} else {
			d.org.Release(c.Token)
		}
	}
}

// expire ends an opener that was not taken in time. A later message is not ended by us: the partner may hold it, and
// only its word frees the number.
func (d *Desk) expire(c store.Claim) {
	d.settle(c, func(t *thread, _ *private) string {
		if !t.opening() {
			return ""
		}
		t.Sending = 0
		t.of(ours, 1).become(protocol.Undeliverable, protocol.CodeExpired, protocol.CodeExpired.Sentence(), d.now())
		return EventUndeliverable
	})
}

// Contact says that the partner's node answered something: what waited for it is tried now.
func (d *Desk) Contact(partner protocol.OrgID) {
	d.reached(partner)
	signal(d.outbox)
}

// PartnerChanged says that a standing, a charter or a card of the pair changed: what was parked is looked at again.
func (d *Desk) PartnerChanged(partner protocol.OrgID) {
	d.reached(partner)
	d.org.Wake(netQueue(partner))
	signal(d.outbox)
}

// TryNow makes a referral due at once, with everything else that waits for its partner.
func (d *Desk) TryNow(_ context.Context, id protocol.ReferralID) error {
	t, err := d.Thread(id)
	if err == nil {
		d.PartnerChanged(t.Partner)
	}
	return err
}
