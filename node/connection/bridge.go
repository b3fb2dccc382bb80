package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/bridges"
	"referworks/node/store"
)

// bridge gives the bridge of a connection: opened once, shared by whoever uses it, and opened again after each change.
func (s *Set) bridge(c *Connection) (any, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	s.mu.Lock()
	open, ok := s.bridges[c.ID]
	s.mu.Unlock()
	if ok && open.changed == c.Changed {
		return open.bridge, nil
	}
	secrets, err := s.secrets(c.ID)
	if err != nil {
		return nil, err
	}
	id := c.ID
	bridge, err := s.openWith(c, secrets, func(err error) { s.setHealth(id, err) }, false)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.bridges[c.ID] = openBridge{c.Changed, bridge}
	s.mu.Unlock()
	return bridge, nil
}

// openWith opens a connection's bridge with these secrets, fresh from a form or as they were kept. It dials nothing.
func (s *Set) openWith(c *Connection, secrets map[string]string, health func(error), fresh bool) (any, error) {
	kind, ok := s.Kinds[c.Kind]
	if !ok {
		return nil, fmt.Errorf("the kind %q is not known here", c.Kind)
	}
	id := c.ID
	cfg := bridges.Config{
		Organization: s.Self, Format: c.Format, Settings: c.Settings, Fresh: fresh, Log: s.Log, Now: s.Now, AllowPrivate: s.AllowPrivate, Health: health,
		Secrets: func(name string) (string, bool) { v, ok := secrets[name]; return v, ok },
		State:   keep{s, id},
		Again:   func(ctx context.Context, key string) (bridges.Delivery, error) { return s.again(ctx, id, key) },
	}
	if s.Address != nil {
		cfg.Address = s.Address(id)
	}
	return kind.New(cfg)
}

// secrets reads what is kept for a connection.
func (s *Set) secrets(id string) (map[string]string, error) {
	secrets := map[string]string{}
	err := s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(secretKey(id))
		if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &secrets)
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return secrets, err
}

// dropBridge forgets an open bridge that cannot be trusted any more: the next use opens another.
func (s *Set) dropBridge(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bridges, id)
}
