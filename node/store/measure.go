package store

import (
	"context"
	"encoding/binary"
	"fmt"
)

// Size is how much an organization keeps.
type Size struct {
	Rows  int   // in the store
	Bytes int64 // of these rows, sealed, before the store compresses and copies them: about what they take
	Files int64 // bytes of its files, before they are sealed
}

// Measure counts what an organization keeps, by reading all of it: seconds for a large one, so do it when somebody asks.
func (o *Org) Measure(ctx context.Context) (Size, error) {
	var size Size
	snap := o.store.engine.snapshot()
	defer snap.discard()
	lo := physical(o.number, 0, "")[:pathAt-1]
	var broken error
	err := snap.scan(lo, prefixEnd(lo), false, func(key string, value func() ([]byte, error)) bool {
		var v []byte
		if v, broken = value(); broken == nil {
			broken = ctx.Err()
		}
		size.Rows++
		size.Bytes += int64(len(key) + len(v))
		return broken == nil
	})
	if err == nil {
		err = broken
	}
	if err == nil {
		err = o.View(func(tx *Tx) error {
			lo, hi := tx.bounds(areaBlobs, Key{})
			for item, err := range tx.items(lo, hi, false) {
				if err != nil {
					return err
				}
				if p := item.Row.Private; len(p) == 40 {
					size.Files += int64(binary.BigEndian.Uint64(p[32:]))
				}
			}
			return nil
		})
	}
	if err != nil {
		return Size{}, fmt.Errorf("measure organization: %w", err)
	}
	return size, nil
}
