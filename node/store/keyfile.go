package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"referworks/protocol"
)

// keyFile is the one place of the keys that must be destroyable: each organization's key in its versions, and
// secrets. It is small, and each change writes it whole: new file, fsync, rename, fsync of the folder.
// The mutex guards content and the order of writes.
type keyFile struct {
	path   string // "" keeps it in memory
	sealer *sealer
	sync   *syncer

	mu      sync.Mutex
	content keyContent
}

type keyContent struct {
	Version int                          `json:"version"`
	Store   protocol.Bytes               `json:"store"` // random id, so that files of two stores are never mixed
	Rooms   map[protocol.OrgID]*roomKeys `json:"rooms"` // "" is the node
}

type roomKeys struct {
	Current uint32                    `json:"current"`
	Keys    map[uint32]protocol.Bytes `json:"keys"`
	Rewrap  int64                     `json:"rewrap,omitempty"` // ms; since when erased cases wait for the next version
	Erased  map[CaseID]int64          `json:"erased,omitempty"` // ms; kept until every backup that holds them expired
	Secrets map[string]secret         `json:"secrets,omitempty"`
}

type secret struct {
	Value   protocol.Bytes `json:"value"`
	Expires int64          `json:"expires,omitempty"` // ms
}

// keyring holds the versions of one organization's key. It is never altered: a reader that began before a change
// goes on with the one it took.
type keyring struct {
	current uint32
	keys    map[uint32]*symmetricKey
}

func openKeyFile(path string, by KeySealing, sync *syncer) (*keyFile, error) {
	s, err := newSealer(by)
	if err != nil {
		return nil, err
	}
	f := &keyFile{path: path, sealer: s, sync: sync}
	if path == "" {
		s.argonM = 64 // in memory nothing is sealed for long
	}
	var raw []byte
	if path != "" {
		raw, err = os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read key file: %w", err)
		}
	}
	if raw == nil {
		id := randomID()
		f.content = keyContent{Version: 1, Store: id[:], Rooms: map[protocol.OrgID]*roomKeys{}}
		return f, nil
	}
	plain, err := s.open(raw)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, &f.content); err != nil || f.content.Version != 1 || len(f.content.Store) != 16 {
		return nil, fmt.Errorf("read key file: its content is not of this version: %w", ErrIntegrity)
	}
	for _, r := range f.content.Rooms {
		if _, ok := r.Keys[r.Current]; !ok {
			return nil, fmt.Errorf("read key file: a current key is missing: %w", ErrIntegrity)
		}
		for _, k := range r.Keys {
			if len(k) != 32 {
				return nil, fmt.Errorf("read key file: a key has a wrong length: %w", ErrIntegrity)
			}
		}
	}
	return f, nil
}

// change alters a copy of the content and makes it durable before it counts.
func (f *keyFile) change(alter func(*keyContent) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.content.clone()
	if err := alter(&next); err != nil {
		return err
	}
	if f.path != "" {
		plain, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("write key file: %w", err)
		}
		if err := f.sync.replace(f.path, f.sealer.seal(plain)); err != nil {
			return fmt.Errorf("write key file: %w", err)
		}
	}
	f.content = next
	return nil
}

func (c keyContent) clone() keyContent {
	rooms := make(map[protocol.OrgID]*roomKeys, len(c.Rooms))
	for id, r := range c.Rooms {
		n := *r
		n.Keys, n.Erased, n.Secrets = maps.Clone(r.Keys), maps.Clone(r.Erased), maps.Clone(r.Secrets)
		rooms[id] = &n
	}
	c.Rooms = rooms
	return c
}

// room gives the keys of one room, making the first version when there is none.
func (f *keyFile) room(id protocol.OrgID, create bool) (*keyring, error) {
	f.mu.Lock()
	r := f.content.Rooms[id]
	f.mu.Unlock()
	if r == nil && !create {
		return nil, fmt.Errorf("find the keys of an organization in the key file: %w", ErrNotFound)
	}
	if r == nil {
		err := f.change(func(c *keyContent) error {
			c.Rooms[id] = &roomKeys{Current: 1, Keys: map[uint32]protocol.Bytes{1: newKey()}}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return f.ring(id), nil
}

func (f *keyFile) ring(id protocol.OrgID) *keyring {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.content.Rooms[id]
	ring := &keyring{current: r.Current, keys: make(map[uint32]*symmetricKey, len(r.Keys))}
	for v, k := range r.Keys {
		ring.keys[v] = (*symmetricKey)(k)
	}
	return ring
}

// SealKeys writes the key file anew under another sealing: nil means that only that one opens it from now on.
func (s *Store) SealKeys(by KeySealing) error {
	fresh, err := newSealer(by)
	if err != nil {
		return err
	}
	fresh.argonM = s.keys.sealer.argonM
	s.keys.mu.Lock()
	before := s.keys.sealer
	s.keys.sealer = fresh
	s.keys.mu.Unlock()
	err = s.keys.change(func(*keyContent) error { return nil })
	if err != nil {
		s.keys.mu.Lock()
		s.keys.sealer = before
		s.keys.mu.Unlock()
		return fmt.Errorf("seal key file: %w", err)
	}
	return nil
}

func newKey() protocol.Bytes {
	k := make([]byte, 32)
	rand.Read(k)
	return k
}

// Keys holds named secrets of one organization or of the node in the key file: signing keys, the node's peer key,
// encryption keys with an end. They are never in the store and never in a backup's rows.
type Keys struct {
	file *keyFile
	room protocol.OrgID
	now  func() time.Time
}

// Get gives a copy of the secret, or ErrNotFound; a secret past its end is not found.
func (k *Keys) Get(name string) ([]byte, error) {
	k.file.mu.Lock()
	defer k.file.mu.Unlock()
	if r := k.file.content.Rooms[k.room]; r != nil {
		if s, ok := r.Secrets[name]; ok && (s.Expires == 0 || k.now().UnixMilli() < s.Expires) {
			return slices.Clone(s.Value), nil
		}
	}
	return nil, fmt.Errorf("find secret %q: %w", name, ErrNotFound)
}

// Set keeps a secret, for good or until expires when that is not zero; then Run destroys it within a minute.
// When it returns nil the secret is durable.
func (k *Keys) Set(name string, value []byte, expires time.Time) error {
	return k.file.change(func(c *keyContent) error {
		r := c.Rooms[k.room]
		if r == nil {
			return fmt.Errorf("set secret %q: %w", name, ErrNotFound)
		}
		if r.Secrets == nil {
			r.Secrets = map[string]secret{}
		}
		s := secret{Value: slices.Clone(value)}
		if !expires.IsZero() {
			s.Expires = expires.UnixMilli()
		}
		r.Secrets[name] = s
		return nil
	})
}

// Delete destroys a secret; nil means that the key file no longer holds it. Deleting what is not there is no error.
func (k *Keys) Delete(name string) error {
	return k.file.change(func(c *keyContent) error {
		if r := c.Rooms[k.room]; r != nil {
			delete(r.Secrets, name)
		}
		return nil
	})
}

// Secret is an entry of List: no value.
type Secret struct {
	Name    string
	Expires time.Time // zero: none
}

// List gives the secrets that are not past their end, sorted by name.
func (k *Keys) List() []Secret {
	k.file.mu.Lock()
	defer k.file.mu.Unlock()
	r := k.file.content.Rooms[k.room]
	if r == nil {
		return nil
	}
	var all []Secret
	for name, s := range r.Secrets {
		entry := Secret{Name: name}
		if s.Expires != 0 {
			if k.now().UnixMilli() >= s.Expires {
				continue
			}
			entry.Expires = time.UnixMilli(s.Expires)
		}
		all = append(all, entry)
	}
	slices.SortFunc(all, func(a, b Secret) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// expire destroys secrets past their end; it writes only when there are any.
func (f *keyFile) expire(now time.Time) error {
	past := func(s secret) bool { return s.Expires != 0 && s.Expires <= now.UnixMilli() }
	f.mu.Lock()
	any := false
	for _, r := range f.content.Rooms {
		for _, s := range r.Secrets {
			any = any || past(s)
		}
	}
	f.mu.Unlock()
	if !any {
		return nil
	}
	return f.change(func(c *keyContent) error {
		for _, r := range c.Rooms {
			maps.DeleteFunc(r.Secrets, func(_ string, s secret) bool { return past(s) })
		}
		return nil
	})
}
