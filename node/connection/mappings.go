package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"referworks/bridges/mapping"
	"referworks/node/store"
	"referworks/protocol"
)

var background = context.Background()

// Version is one published, immutable mapping of an organization, named by the hash of its content.
type Version struct {
	Name      string          `json:"name"`
	Hash      string          `json:"hash"`
	N         int             `json:"n"` // of this name, from 1
	Published int64           `json:"published"`
	By        string          `json:"by"`
	Document  json.RawMessage `json:"document,omitempty"`
}

func currentKey(name string) store.Key { return store.K("mapping", name) }
func versionKey(hash string) store.Key { return store.K("mapping-version", hash) }
func historyKey(name string) store.Key { return store.K("mapping-history", name) }

// checkName says what is wrong with the name of a mapping.
func checkName(name string) error {
	if !idForm.MatchString(name) {
		return errors.New("its name may only have a-z, 0-9 and \"-\", up to 40 of them")
	}
	return nil
}

// Mappings lists the current version of each name, without documents.
func (s *Set) Mappings() ([]Version, error) {
	list := []Version{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("mapping"), store.Key{}) {
			if err != nil {
				return err
			}
			var v Version
			if err := json.Unmarshal(item.Row.Kept, &v); err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// MappingVersion gives one published version with its document; nameOrHash is either.
func (s *Set) MappingVersion(nameOrHash string) (Version, error) {
	var v Version
	err := s.Org.View(func(tx *store.Tx) (err error) {
		head, err := current(tx, nameOrHash)
		if errors.Is(err, ErrNone) {
			v, err = version(tx, nameOrHash)
			return err
		} else if err != nil {
			return err
		}
		if v, err = version(tx, head.Hash); err != nil {
			return err
		}
		head.Document = v.Document
		v = head
		return nil
	})
	return v, err
}

// current reads the current version of a name, without its document.
func current(tx *store.Tx, name string) (Version, error) {
	return readVersion(tx, currentKey(name), name)
}

// version reads a version by its hash.
func version(tx *store.Tx, hash string) (Version, error) {
	return readVersion(tx, versionKey(hash), hash)
}

func readVersion(tx *store.Tx, key store.Key, named string) (v Version, err error) {
	row, err := tx.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return v, fmt.Errorf("mapping %q: %w", clip(named), ErrNone)
	} else if err != nil {
		return v, err
	}
	return v, json.Unmarshal(row.Kept, &v)
}

// Versions lists what was ever current under a name, the newest first, without documents; or ErrNone.
func (s *Set) Versions(name string) ([]Version, error) {
	list := []Version{}
	err := s.Org.View(func(tx *store.Tx) error {
		if _, err := current(tx, name); err != nil {
			return err
		}
		for item, err := range tx.Scan(historyKey(name), store.Key{}) {
			if err != nil {
				return err
			}
			var v Version
			if err := json.Unmarshal(item.Row.Kept, &v); err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	slices.Reverse(list)
	return list, err
}

// mapping gives the compiled current version of a name.
func (s *Set) mapping(name string) (*mapping.Mapping, Version, error) {
	var head Version
	err := s.Org.View(func(tx *store.Tx) (err error) {
		head, err = current(tx, name)
		return err
	})
	if err != nil {
		return nil, head, err
	}
	var hash protocol.Hash
	if err := hash.UnmarshalText([]byte(head.Hash)); err == nil {
		if m := s.plans.Get(hash); m != nil {
			return m, head, nil
		}
	}
	v, err := s.MappingVersion(head.Hash)
	if err != nil {
		return nil, head, err
	}
	m, err := s.compile(v.Document)
	return m, head, err
}

// compile makes a published document ready to run.
func (s *Set) compile(document []byte) (*mapping.Mapping, error) {
	doc, err := mapping.Parse(document)
	if err != nil {
		return nil, err
	}
	return s.plans.Compile(doc)
}
