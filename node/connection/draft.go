package connection

import (
	"encoding/json"
	"errors"
	"fmt"

	"referworks/node/store"
	"referworks/protocol"
)

// Draft is what people work at under the name of a mapping: it may have mistakes, and nothing uses it.
type Draft struct {
	Name     string          `json:"name"`
	Revision int             `json:"revision"` // from 1; who saves says which one they changed
	Changed  int64           `json:"changed"`  // milliseconds UTC
	By       string          `json:"by"`
	Base     string          `json:"base,omitempty"`  // hash of the version that was current when it was begun
	Notes    []string        `json:"notes,omitempty"` // of one that the node prepared: what a person should look at
	Document json.RawMessage `json:"document"`
}

// maxDraft is the largest draft, in bytes.
const maxDraft = 1 << 20

// StaleDraft means that somebody else saved the draft meanwhile; Now is their revision.
type StaleDraft struct {
	Name string
	Now  int
}

func (e *StaleDraft) Error() string {
	if e.Now == 0 {
		return fmt.Sprintf("save draft %s: it was published or given up meanwhile; save it as a new one", e.Name)
	}
	return fmt.Sprintf("save draft %s: somebody else saved it meanwhile; read it again, and repeat your change", e.Name)
}

func draftKey(name string) store.Key { return store.K("mapping-draft", name) }

// Draft gives the draft of a name, or ErrNone.
func (s *Set) Draft(name string) (d Draft, err error) {
	err = s.Org.View(func(tx *store.Tx) (err error) {
		d, err = readDraft(tx, name)
		return err
	})
	return d, err
}

// PutDraft saves a draft. revision is the one that was changed, 0 for a new one; *StaleDraft when it is another by now.
func (s *Set) PutDraft(name string, document []byte, revision int, actor string) (d Draft, err error) {
	return s.putDraft(Draft{Name: name, Revision: revision, By: actor, Document: document})
}

func (s *Set) putDraft(d Draft) (Draft, error) {
	switch err := checkName(d.Name); {
	case err != nil:
		return Draft{}, fmt.Errorf("save draft: %w", err)
	case len(d.Document) > maxDraft:
		return Draft{}, fmt.Errorf("save draft %s: it has more than the %d KiB that a mapping may have", d.Name, maxDraft>>10)
	case !json.Valid(d.Document):
		return Draft{}, fmt.Errorf("save draft %s: it is not JSON", d.Name)
	}
	revision := d.Revision
	err := s.Org.Update(background, func(tx *store.Tx) error {
		last, err := readDraft(tx, d.Name)
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		if last.Revision != revision {
			return &StaleDraft{d.Name, last.Revision}
		}
		d.Base = last.Base
		if last.Revision == 0 {
			head, err := current(tx, d.Name)
			if err != nil && !errors.Is(err, ErrNone) {
				return err
			}
			d.Base = head.Hash
		}
		if d.Notes == nil {
			d.Notes = last.Notes
		}
		d.Revision, d.Changed = revision+1, s.Now().UnixMilli()
		return putJSON(tx, draftKey(d.Name), d)
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// DropDraft gives a draft up.
func (s *Set) DropDraft(name string) error {
	return s.Org.Update(background, func(tx *store.Tx) error {
		if _, err := readDraft(tx, name); err != nil {
			return err
		}
		return tx.Delete(draftKey(name))
	})
}

func readDraft(tx *store.Tx, name string) (d Draft, err error) {
	row, err := tx.Get(draftKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return d, fmt.Errorf("draft of the mapping %q: %w", clip(name), ErrNone)
	} else if err != nil {
		return d, err
	}
	return d, json.Unmarshal(row.Kept, &d)
}

// dropDraft drops the draft of a name when its content was published.
func dropDraft(tx *store.Tx, name string, published protocol.Hash) error {
	d, err := readDraft(tx, name)
	if errors.Is(err, ErrNone) {
		return nil
	} else if err != nil {
		return err
	}
	if hash, ok := hashOf(d.Document); !ok || hash != published {
		return nil
	}
	return tx.Delete(draftKey(name))
}
