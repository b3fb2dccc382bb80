package connection

import (
	"context"
	"errors"
	"fmt"

	"referworks/node/store"
)

// maxState is the largest value of a bridge's state, in bytes.
const maxState = 1 << 20

// keep is what the bridge of one connection keeps (bridges.State). Its rows are sealed as all rows are.
type keep struct {
	set *Set
	id  string
}

func (k keep) key(name string) store.Key { return store.K("connection-state", k.id, name) }

func (k keep) Load(name string) (value []byte, err error) {
	err = k.set.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(k.key(name))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		value = append([]byte(nil), row.Kept...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of connection %s: %w", k.id, err)
	}
	return value, nil
}

func (k keep) Save(ctx context.Context, name string, value []byte) error {
	if len(name) > 200 || len(value) > maxState {
		return fmt.Errorf("keep the state of connection %s: a name may have 200 bytes and a value %d", k.id, maxState)
	}
	kept := append([]byte(nil), value...)
	err := k.set.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		if len(kept) == 0 {
			return tx.Delete(k.key(name))
		}
		return tx.Put(k.key(name), store.Row{Kept: kept})
	})
	if err != nil {
		return fmt.Errorf("keep the state of connection %s: %w", k.id, err)
	}
	return nil
}

// dropKept forgets what the bridge of a removed connection kept.
func dropKept(tx *store.Tx, id string) error {
	for item, err := range tx.Scan(store.K("connection-state", id), store.Key{}) {
		if err != nil {
			return err
		}
		if err := tx.Delete(item.Key); err != nil {
			return err
		}
	}
	return nil
}
