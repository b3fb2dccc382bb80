package connection

import (
	"context"

	"referworks/node/exchange"
	"referworks/protocol"
)

// Came is a document that came over a connection, as it was posted.
type Came struct {
	Referral   protocol.ReferralID
	Connection string
	Format     string
	Opened     int64 // milliseconds UTC
	Text       string
}

const (
	mostCame   = 5
	mostSample = 256 << 10 // bytes of one
)

// LastCame gives the last documents that a mapping converted, the newest first. Each is about a person: that it was
// read is noted for the referral that it became.
func (s *Set) LastCame(ctx context.Context, name, actor string) ([]Came, error) {
	if _, _, err := s.mapping(name); err != nil {
		return nil, err
	}
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	all := []Came{}
	seen := map[string]bool{}
	q := exchange.Query{Direction: "out", Limit: 100}
	for looked := 0; looked < rerunLook && len(all) < mostCame; looked += q.Limit {
		threads, next, err := s.Desk.Threads(q)
		if err != nil {
			return nil, err
		}
		for i := range threads {
			t := &threads[i]
			if len(all) == mostCame || t.Group != "" && seen[t.Group] {
				continue
			}
			if again, err := s.againIn(name, list, t); err != nil || again == nil {
				continue
			}
			raw, format, err := s.Desk.Input(t.Referral)
			if err != nil || len(raw) == 0 || len(raw) > mostSample {
				continue
			}
			if err := s.Desk.Viewed(ctx, t.Referral, actor); err != nil {
				return nil, err
			}
			seen[t.Group] = true
			all = append(all, Came{t.Referral, t.Connection, format, t.Opened.UnixMilli(), string(raw)})
		}
		if q.After = next; next == "" {
			break
		}
	}
	return all, nil
}
