package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"referworks/bridges/mapping"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Publishing is what Publish needs to know beside the document.
type Publishing struct {
	Actor string
	// Untested publishes although tests of the document fail. The audit log keeps how many did.
	Untested bool
}

// Published is a version that is now current, with what is different from the one before.
type Published struct {
	Version
	Trial
}

// Trial is what a document would do, tried before it is published. It names fields and never values.
type Trial struct {
	Failed      []string           `json:"failed,omitempty"` // a sentence for each test of the document that fails
	Tests       int                `json:"tests"`            // how many tests the document has
	Differences []mapping.Sentence `json:"differences"`      // from the current version
	Rerun       *Rerun             `json:"rerun,omitempty"`
}

// NotReady means that tests of a document fail, so that it was not published.
type NotReady struct {
	Name string
	Trial
}

func (e *NotReady) Error() string {
	return fmt.Sprintf("publish mapping %s: %d of its %d tests fail, so it was not published:\n- %s", e.Name, len(e.Failed), e.Tests, strings.Join(e.Failed, "\n- "))
}

// Publish compiles a mapping document, runs its tests and makes it the current version under a name; connections that
// use the name follow with their next document. A document that does not compile is refused with all its problems, one
// whose tests fail with *NotReady. Publishing the present version again changes nothing. A draft of the name with the
// same content is done with.
func (s *Set) Publish(name string, document []byte, how Publishing) (Published, error) {
	m, err := s.ready(name, document)
	if err != nil {
		return Published{}, fmt.Errorf("publish mapping %s: %w", clip(name), err)
	}
	trial, err := s.try(name, m)
	if err != nil {
		return Published{}, err
	}
	if len(trial.Failed) > 0 && !how.Untested {
		return Published{}, &NotReady{name, trial}
	}
	v, err := s.release(name, m, document, how.Actor, map[string]any{"failedTests": len(trial.Failed)})
	return Published{v, trial}, err
}

// Try tells what publishing a document under a name would do, and changes nothing.
func (s *Set) Try(name string, document []byte) (Trial, error) {
	m, err := s.ready(name, document)
	if err != nil {
		return Trial{}, fmt.Errorf("try mapping %s: %w", clip(name), err)
	}
	return s.try(name, m)
}

// Rollback makes an earlier version of a name the current one again, as a version of its own; without a hash, the one
// before the current. Its tests are not run: it worked before, and this is for when something does not.
func (s *Set) Rollback(name, hash, actor string) (Published, error) {
	all, err := s.Versions(name)
	if err != nil {
		return Published{}, err
	}
	var to *Version
	for i := range all[1:] {
		if v := &all[i+1]; v.Hash == hash || hash == "" && v.Hash != all[0].Hash {
			to = v
			break
		}
	}
	if to == nil {
		return Published{}, fmt.Errorf("%s has no earlier version%s: %w", name, map[bool]string{true: " with that hash"}[hash != ""], ErrNone)
	}
	earlier, err := s.MappingVersion(to.Hash)
	if err != nil {
		return Published{}, err
	}
	m, err := s.ready(name, earlier.Document)
	if err != nil {
		return Published{}, fmt.Errorf("roll back mapping %s: %w", name, err)
	}
	trial, err := s.try(name, m)
	if err != nil {
		return Published{}, err
	}
	v, err := s.release(name, m, earlier.Document, actor, map[string]any{"rollbackTo": to.N})
	return Published{v, trial}, err
}

// ready compiles a document that is to stand under a name, and looks whether its connections can use it.
func (s *Set) ready(name string, document []byte) (*mapping.Mapping, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	m, err := s.compile(document)
	if err != nil {
		return nil, err
	}
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if side := m.Document().Side.Format; c.Mapping == name && c.Direction != Out && c.Kind != KindInbox && c.Format != side {
			return nil, fmt.Errorf("it is for %s, and the connection %s uses this name for %s; publish it under another name and give the connection that one", side, c.ID, c.Format)
		}
	}
	return m, nil
}

// try runs the tests of a document and the last documents through it.
func (s *Set) try(name string, m *mapping.Mapping) (Trial, error) {
	doc := m.Document()
	t := Trial{Tests: len(doc.Tests), Differences: []mapping.Sentence{}}
	t.Failed = m.RunTests(mapping.Context{Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Contact: s.statedContact()})
	before, _, err := s.mapping(name)
	if errors.Is(err, ErrNone) {
		return t, nil
	} else if err != nil {
		return t, err
	}
	if d := mapping.Diff(before.Document(), doc); d != nil {
		t.Differences = d
	}
	t.Rerun, err = s.rerun(name, before, m)
	return t, err
}

// release writes a version and makes it current.
func (s *Set) release(name string, m *mapping.Mapping, document []byte, actor string, details map[string]any) (Version, error) {
	v := Version{Name: name, Hash: m.Hash().String(), Published: s.Now().UnixMilli(), By: actor, N: 1, Document: document}
	told, err := json.Marshal(details)
	if err != nil {
		return v, err
	}
	err = s.Org.Update(background, func(tx *store.Tx) error {
		last, err := current(tx, name)
		switch {
		case errors.Is(err, ErrNone):
		case err != nil:
			return err
		case last.Hash == v.Hash:
			v = last
			return dropDraft(tx, name, m.Hash())
		default:
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
		if err := putJSON(tx, historyKey(name).Number(uint64(v.N)), head); err != nil {
			return err
		}
		if err := dropDraft(tx, name, m.Hash()); err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: v.Published, Actor: actor, Kind: "mapping.published", Subject: name + "@" + v.Hash, Details: told})
		return err
	})
	s.Changed()
	return v, err
}

// hashOf names the content of a document that may be no mapping yet; false then.
func hashOf(document []byte) (protocol.Hash, bool) {
	doc, err := mapping.Parse(document)
	if err != nil {
		return protocol.Hash{}, false
	}
	hash, err := doc.Hash()
	return hash, err == nil
}
