package exchange

import (
	"encoding/binary"
	"errors"
	"time"

	"referworks/node/partner"
	"referworks/node/store"
)

// today counts the threads that a partner opened in the last 24 hours, by quarters of an hour, so that the row stays
// small whatever the limit is. It is written where the terms have a daily limit only.
type today struct {
	key  store.Key
	rows []byte // {quarter 8, count 4}…
}

const (
	quarter    = 15 * time.Minute
	quarterRow = 12
)

// openedToday fills in what the rules ask of a move, and gives the count with this one in it, to be put once the rules
// have said yes.
func (d *Desk) openedToday(tx *store.Tx, pair *partner.Pair, m *partner.Move, now time.Time) (*today, error) {
	terms, ok := pair.Terms(m.Terms)
	if !ok || terms.PerDay == 0 {
		return nil, nil
	}
	t := &today{key: store.K("opened", string(pair.ID()))}
	row, err := tx.Get(t.key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	this, count := uint64(now.UnixMilli()/quarter.Milliseconds()), uint32(0)
	oldest := this - uint64(24*time.Hour/quarter)
	for b := row.Kept; len(b) >= quarterRow; b = b[quarterRow:] {
		q, n := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
		if q < oldest || q > this {
			continue
		}
		if m.OpenedToday == 0 { // the first that will leave the 24 hours
			m.Free = time.UnixMilli(int64(q+1) * quarter.Milliseconds()).Add(24 * time.Hour)
		}
		m.OpenedToday += int(n)
		if q == this {
			count = n
			continue
		}
		t.rows = append(t.rows, b[:quarterRow]...)
	}
	t.rows = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(t.rows, this), count+1)
	return t, nil
}

func (t *today) put(tx *store.Tx) error {
	if t == nil {
		return nil
	}
	return tx.Put(t.key, store.Row{Kept: t.rows})
}
