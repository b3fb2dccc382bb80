package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Scope is what an API key may do.
type Scope string

// The scopes. Admin includes Referrals.
const (
	Referrals Scope = "referrals" // post and read referrals and events
	Admin     Scope = "admin"     // also mappings, connections, partners
)

// Key is an API key of one organization as it is listed; its secret is shown once, at making.
type Key struct {
	ID      string `json:"id"`
	Name    string `json:"name" doc:"What the key is for, chosen by who made it."`
	Scope   Scope  `json:"scope" enum:"referrals,admin"`
	Created int64  `json:"created" doc:"Milliseconds UTC."`
	Revoked int64  `json:"revoked,omitempty" doc:"Milliseconds UTC; the key opens nothing from then on."`
}

type storedKey struct {
	Key
	Secret []byte `json:"secret"` // SHA-256 of a 256-bit secret
}

// keyPrefix makes keys easy to find by secret scanners.
const keyPrefix = "rw_live_"

// keyring finds keys by id: what each organization's rows say, read at the start and kept with every change.
type keyring struct {
	mu   sync.RWMutex
	keys map[string]ringEntry
}

type ringEntry struct {
	org protocol.OrgID
	storedKey
}

func keyRow(id string) store.Key { return store.K("apikey", id) }

// load reads an organization's keys; it is called once for each organization before its keys are used.
func (k *keyring) load(o *store.Org, org protocol.OrgID) error {
	return o.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("apikey"), store.Key{}) {
			if err != nil {
				return err
			}
			var s storedKey
			if err := json.Unmarshal(item.Row.Kept, &s); err != nil {
				return fmt.Errorf("read api key: %w", err)
			}
			k.put(org, s)
		}
		return nil
	})
}

func (k *keyring) put(org protocol.OrgID, s storedKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[string]ringEntry{}
	}
	k.keys[s.ID] = ringEntry{org, s}
}

// create makes a key and gives its text, which is shown once and not kept.
func (k *keyring) create(ctx context.Context, o *store.Org, org protocol.OrgID, name string, scope Scope, actor string, now time.Time) (Key, string, error) {
	if !slices.Contains([]Scope{Referrals, Admin}, scope) {
		return Key{}, "", fmt.Errorf("make api key: the scope must be %s or %s", Referrals, Admin)
	}
	var id [9]byte
	var secret [32]byte
	rand.Read(id[:])
	rand.Read(secret[:])
	sum := sha256.Sum256(secret[:])
	s := storedKey{Key{ID: strings.NewReplacer("_", "a", "-", "b").Replace(base64.RawURLEncoding.EncodeToString(id[:])), Name: name, Scope: scope, Created: now.UnixMilli()}, sum[:]}
	if err := k.write(ctx, o, s, "apikey.created", actor, now); err != nil {
		return Key{}, "", err
	}
	k.put(org, s)
	return s.Key, keyPrefix + s.ID + "_" + base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

// revoke makes a key open nothing, at once.
func (k *keyring) revoke(ctx context.Context, o *store.Org, org protocol.OrgID, id, actor string, now time.Time) error {
	k.mu.RLock()
	e, ok := k.keys[id]
	k.mu.RUnlock()
	if !ok || e.org != org {
		return errNoKey
	}
	was := e.storedKey
	e.Revoked = now.UnixMilli()
	k.put(org, e.storedKey) // first: a stream that the event of it wakes must find the key closed
	if err := k.write(ctx, o, e.storedKey, "apikey.revoked", actor, now); err != nil {
		k.put(org, was)
		return err
	}
	return nil
}

var errNoKey = errors.New("there is no such API key; list them with: referworks apikey list")

func (k *keyring) write(ctx context.Context, o *store.Org, s storedKey, kind, actor string, now time.Time) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return o.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Put(keyRow(s.ID), store.Row{Kept: b}); err != nil {
			return err
		}
		_, err := audit.Record(tx, audit.Event{At: now.UnixMilli(), Actor: actor, Kind: kind, Subject: s.ID})
		return err
	})
}

// list gives an organization's keys, oldest first.
func (k *keyring) list(org protocol.OrgID) []Key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	all := []Key{}
	for _, e := range k.keys {
		if e.org == org {
			all = append(all, e.Key)
		}
	}
	slices.SortFunc(all, func(a, b Key) int { return int(a.Created - b.Created) })
	return all
}

// find gives the organization and scope that a key text opens. The work is the same for a wrong secret and for an
// unknown id.
func (k *keyring) find(text string) (ringEntry, bool) {
	id, encoded, _ := strings.Cut(strings.TrimPrefix(text, keyPrefix), "_")
	secret, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	k.mu.RLock()
	e, known := k.keys[id]
	k.mu.RUnlock()
	sum := sha256.Sum256(secret)
	right := subtle.ConstantTimeCompare(sum[:], e.Secret) == 1
	return e, known && right && err == nil && e.Revoked == 0 && strings.HasPrefix(text, keyPrefix)
}
