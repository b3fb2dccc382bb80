package exchange

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// Hosted is what who runs the node lets an organization do. The zero value lets it do everything.
type Hosted struct {
	// Suspended: nothing goes out and nothing is taken in. What waits keeps waiting, what comes is answered "paused",
	// which partners take up again by themselves.
	Suspended bool
	// PerDay is how many new referrals, sent and received together, there may be in 24 hours; 0: no limit.
	PerDay int
}

// suspendedHere is what our own people are told of a suspension.
const suspendedHere = "Who runs this node has suspended your organization: nothing is sent or taken in until it is resumed. What waits is kept. Ask them why."

// suspension says why the organization may do nothing with the network now, or nil.
func (d *Desk) suspension() error {
	if !d.hosted().Suspended {
		return nil
	}
	return &protocol.Error{Code: protocol.CodePaused, Sentence: suspendedHere}
}

// spentKey counts new referrals as today does, for the whole organization.
var spentKey = store.K("spent")

// spend counts n new referrals against the limit of the organization, in the transaction that stores them. The error of a
// full day says when there is room again.
func (d *Desk) spend(tx *store.Tx, n int, ours bool) error {
	limit := d.hosted().PerDay
	if limit == 0 || n == 0 {
		return nil
	}
	row, err := tx.Get(spentKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	c := countQuarters(row.Kept, d.now())
	if c.sum+n > limit {
		e := &protocol.Error{Code: protocol.CodeQuota, RetryAt: c.free}
		if ours {
			e.Sentence = fmt.Sprintf("Who runs this node allows your organization %d new referrals in 24 hours, and %d were sent and received. Send it again after %s.", limit, c.sum, c.when(d.now()))
		}
		return e
	}
	return tx.Put(spentKey, store.Row{Kept: c.with(n)})
}

// Spent is how many new referrals there were in the last 24 hours. They are counted while there is a limit.
func (d *Desk) Spent() (n int, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		row, err := tx.Get(spentKey)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		n = countQuarters(row.Kept, d.now()).sum
		return err
	})
	return n, err
}

// GoOn looks at once for what may go out, after the organization was suspended.
func (d *Desk) GoOn() { signal(d.outbox) }

// quarters is a count by quarters of an hour, of the last 24 hours: {quarter 8, count 4}…
type quarters struct {
	this  uint64
	count uint32 // of this quarter
	sum   int    // of all
	rows  []byte // the earlier quarters
	free  time.Time
}

func countQuarters(b []byte, now time.Time) (c quarters) {
	c.this = uint64(now.UnixMilli() / quarter.Milliseconds())
	oldest := c.this - uint64(24*time.Hour/quarter)
	for ; len(b) >= quarterRow; b = b[quarterRow:] {
		q, n := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
		if q < oldest || q > c.this {
			continue
		}
		if c.sum == 0 { // the first that will leave the 24 hours
			c.free = time.UnixMilli(int64(q+1) * quarter.Milliseconds()).Add(24 * time.Hour)
		}
		c.sum += int(n)
		if q == c.this {
			c.count = n
			continue
		}
		c.rows = append(c.rows, b[:quarterRow]...)
	}
	return c
}

// with gives the count with n more in this quarter.
func (c *quarters) with(n int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(c.rows, c.this), c.count+uint32(n))
}

// when is the time at which there is room again, or a day from now when the limit is below what was asked at once.
func (c *quarters) when(now time.Time) string {
	if c.free.IsZero() {
		c.free = now.Add(24 * time.Hour)
	}
	return c.free.UTC().Format("Mon 2 Jan 2006, 15:04 UTC")
}
