package connection

import (
	"context"
	"fmt"
	"slices"

	"referworks/bridges"
)

// maxLookup bounds the values of one list.
const maxLookup = 5000

// Lookups names the lists of values that can be read from the system of a connection; none when it has none.
func (s *Set) Lookups(id string) ([]string, error) {
	lister, _, err := s.lister(id)
	if err != nil || lister == nil {
		return []string{}, err
	}
	return append([]string{}, lister.Lists()...), nil
}

// Lookup reads one list from the system itself. The error is one clear sentence; ErrNone when there is no such list.
func (s *Set) Lookup(ctx context.Context, id, list string) ([]bridges.Value, error) {
	lister, c, err := s.lister(id)
	if err != nil {
		return nil, err
	}
	if lister == nil || !slices.Contains(lister.Lists(), list) {
		return nil, fmt.Errorf("list %q of the connection %s: %w", clip(list), c.Name, ErrNone)
	}
	values, err := lister.Values(ctx, list)
	if err != nil {
		return nil, err
	}
	return values[:min(len(values), maxLookup)], nil
}

// lister opens what reads lists; nil when the medium reads none.
func (s *Set) lister(id string) (bridges.Lister, *Connection, error) {
	c, err := s.Connection(id)
	if err != nil {
		return nil, nil, err
	}
	if _, medium := s.Kinds[c.Kind]; !medium {
		return nil, &c, nil
	}
	bridge, err := s.bridge(&c)
	if err != nil {
		return nil, nil, fmt.Errorf("the connection %s cannot be opened: %w", c.Name, err)
	}
	lister, _ := bridge.(bridges.Lister)
	return lister, &c, nil
}
