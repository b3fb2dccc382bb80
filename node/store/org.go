package store

import (
	"context"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"referworks/protocol"
)

type aead = cipher.AEAD

// CreateOrg gives the store a new organization with a data key of its own. Nil means durable. ErrExists.
func (s *Store) CreateOrg(ctx context.Context, id protocol.OrgID) (*Org, error) {
	if id == "" {
		return nil, fmt.Errorf("create organization: %w", ErrNotFound)
	}
	ring, err := s.keys.room(id, true)
	if err != nil {
		return nil, fmt.Errorf("create organization: %w", err)
	}
	o := &Org{}
	err = s.node.UpdateAlways(ctx, func(tx *Tx) error {
		entry := physical(nodeRoom, areaOrgs, K(string(id)).path)
		number := uint32(1)
		lo, hi := tx.bounds(areaOrgs, Key{})
		for it, err := range tx.items(lo, hi, false) {
			if err != nil {
				return err
			}
			if it.Key.At(0) == string(id) {
				return ErrExists
			}
			n, err := decodeRoomNumber(it.Row.Kept)
			if err != nil {
				return err
			}
			number = max(number, n+1)
		}
		dataKey := (*symmetricKey)(newKey())
		o.room.fill(s, id, number, ring, dataKey)
		tx.own.put(&change{room: &o.room, key: physical(number, areaDataKey, ""), secret: dataKey})
		return tx.write(entry, Row{Kept: binary.BigEndian.AppendUint32(nil, number)}, dueRow{})
	})
	if err != nil {
		return nil, fmt.Errorf("create organization: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orgs[id] = o
	return o, nil
}

// foundNode writes the first batch of a new store: the node's data key.
func (s *Store) foundNode(snap snapshot, ring *keyring) error {
	dataKey := (*symmetricKey)(newKey())
	s.node.room.fill(s, "", nodeRoom, ring, dataKey)
	first := newOverlay()
	first.put(&change{room: &s.node.room, key: physical(nodeRoom, areaDataKey, ""), secret: dataKey})
	return s.commit(snap, first)
}

func decodeRoomNumber(b []byte) (uint32, error) {
	if len(b) != 4 {
		return 0, fmt.Errorf("read the number of an organization: %w", ErrIntegrity)
	}
	return binary.BigEndian.Uint32(b), nil
}
