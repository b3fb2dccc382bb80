package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/bridges/mapping"
	"referworks/node/audit"
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

// Publish compiles a mapping document and makes it the current version under a name; connections that use the
// name follow with their next document. A document that does not compile is refused with all its problems.
// Publishing the present version again changes nothing.
func (s *Set) Publish(name string, document []byte, actor string) (Version, error) {
	if !idForm.MatchString(name) {
		return Version{}, errors.New("publish mapping: its name may only have a-z, 0-9 and \"-\", up to 40 of them")
	}
	doc, err := mapping.Parse(document)
	if err != nil {
		return Version{}, fmt.Errorf("publish mapping %s: %w", name, err)
	}
	m, err := mapping.Compile(doc)
	if err != nil {
		return Version{}, fmt.Errorf("publish mapping %s: %w", name, err)
	}
	v := Version{Name: name, Hash: m.Hash().String(), Published: s.Now().UnixMilli(), By: actor, N: 1, Document: document}
	err = s.Org.Update(background, func(tx *store.Tx) error {
		var last Version
		row, err := tx.Get(currentKey(name))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(row.Kept, &last); err != nil {
				return err
			}
			if last.Hash == v.Hash {
				v = last
				return nil
			}
			v.N = last.N + 1
		}
		if err := putJSON(tx, versionKey(v.Hash), v); err != nil {
			return err
		}
		head := v
		head.Document = nil
		if err := putJSON(tx, currentKey(name), head); err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: v.Published, Actor: actor, Kind: "mapping.published", Subject: name + "@" + v.Hash})
		return err
	})
	return v, err
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
	err := s.Org.View(func(tx *store.Tx) error {
		hash := nameOrHash
		if row, err := tx.Get(currentKey(nameOrHash)); err == nil {
			if err := json.Unmarshal(row.Kept, &v); err != nil {
				return err
			}
			hash = v.Hash
		}
		row, err := tx.Get(versionKey(hash))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("mapping %q: %w", clip(nameOrHash), ErrNone)
		} else if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &v)
	})
	return v, err
}

// mapping gives the compiled current version of a name.
func (s *Set) mapping(name string) (*mapping.Mapping, Version, error) {
	var head Version
	err := s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(currentKey(name))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("mapping %q: %w", clip(name), ErrNone)
		} else if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &head)
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
