package exchange

import (
	"encoding/binary"
	"errors"
	"time"

	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

const day = 24 * time.Hour

// countToday fills in how many threads were opened in the last 24 hours, and counts this one. It costs a row only
// where the terms have a daily limit. Its row holds times and nothing else.
func (d *Desk) countToday(tx *store.Tx, id protocol.OrgID, out bool, m *partner.Move, pair *partner.Pair, now time.Time) error {
	terms, ok := pair.Terms(m.Terms)
	if !ok || terms.PerDay == 0 {
		return nil
	}
	way := "in"
	if out {
		way = "out"
	}
	key := store.K("opened", string(id), way)
	row, err := tx.Get(key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var kept []byte
	for b := row.Kept; len(b) >= 8; b = b[8:] {
		at := time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
		if now.Sub(at) >= day {
			continue
		}
		if m.OpenedToday == 0 {
			m.Free = at.Add(day)
		}
		m.OpenedToday++
		kept = append(kept, b[:8]...)
	}
	if m.OpenedToday >= terms.PerDay {
		return nil // the rules refuse it; it does not count
	}
	return tx.Put(key, store.Row{Kept: binary.BigEndian.AppendUint64(kept, uint64(now.UnixMilli()))})
}
