package exchange

import (
	"errors"
	"time"

	"referworks/node/partner"
	"referworks/node/store"
)

// today counts the threads that a partner opened in the last 24 hours, by quarters of an hour, so that the row stays
// small whatever the limit is. It is written where the terms have a daily limit only.
type today struct {
	key  store.Key
	rows []byte
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
	c := countQuarters(row.Kept, now)
	m.OpenedToday, m.Free = c.sum, c.free
	t.rows = c.with(1)
	return t, nil
}

func (t *today) put(tx *store.Tx) error {
	if t == nil {
		return nil
	}
	return tx.Put(t.key, store.Row{Kept: t.rows})
}
