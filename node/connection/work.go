package connection

import (
	"encoding/json"
	"errors"
	"fmt"

	"referworks/node/store"
)

// maxWork is the largest note of work, in bytes.
const maxWork = 512 << 10

func workKey(name string) store.Key { return store.K("mapping-work", name) }

// Work gives what people's tools keep beside the mapping of a name, through all its versions: the fields that were seen,
// suggestions that were turned down, what was looked at. Or ErrNone.
func (s *Set) Work(name string) (note json.RawMessage, err error) {
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(workKey(name))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("work at the mapping %q: %w", clip(name), ErrNone)
		} else if err != nil {
			return err
		}
		note = row.Kept
		return nil
	})
	return note, err
}

// PutWork replaces it. It is kept until it is replaced and belongs to no case, so it must not hold anything about people.
func (s *Set) PutWork(name string, note json.RawMessage) error {
	switch err := checkName(name); {
	case err != nil:
		return fmt.Errorf("keep work: %w", err)
	case len(note) > maxWork:
		return fmt.Errorf("keep work at the mapping %s: it has more than the %d KiB that may be kept", name, maxWork>>10)
	case !json.Valid(note):
		return fmt.Errorf("keep work at the mapping %s: it is not JSON", name)
	}
	return s.Org.Update(background, func(tx *store.Tx) error {
		return tx.Put(workKey(name), store.Row{Kept: note})
	})
}

// Drafts lists the drafts of all names, without their documents.
func (s *Set) Drafts() ([]Draft, error) {
	list := []Draft{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("mapping-draft"), store.Key{}) {
			if err != nil {
				return err
			}
			var d Draft
			if err := json.Unmarshal(item.Row.Kept, &d); err != nil {
				return err
			}
			d.Document = nil
			list = append(list, d)
		}
		return nil
	})
	return list, err
}
