package store

import (
	"crypto/cipher"
	"fmt"
	"sync"

	"referworks/protocol"
)

// caseCache keeps case keys unwrapped: two generations, so that what is used stays and the rest goes. It never
// hands out a key whose erasing was committed. The mutex guards all fields.
type caseCache struct {
	mu         sync.Mutex
	young, old map[CaseID]cipher.AEAD
	erasedAt   uint64 // the last batch that erased: keys read from an older snapshot are not taken in
}

const caseCacheHalf = 2048

func (c *caseCache) get(id CaseID) cipher.AEAD {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.young[id]; ok {
		return a
	}
	a, ok := c.old[id]
	if ok {
		c.put(id, a)
	}
	return a
}

func (c *caseCache) add(id CaseID, a cipher.AEAD, batch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if batch >= c.erasedAt {
		c.put(id, a)
	}
}

func (c *caseCache) put(id CaseID, a cipher.AEAD) {
	if c.young == nil || len(c.young) >= caseCacheHalf {
		c.old, c.young = c.young, make(map[CaseID]cipher.AEAD)
	}
	c.young[id] = a
}

// erase forgets keys that batch n erases; called before the batch shows.
func (c *caseCache) erase(ids []CaseID, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		delete(c.young, id)
		delete(c.old, id)
	}
	c.erasedAt = n
}

// unwrap opens a key row. The ring was taken before the snapshot, so it knows the versions of all rows but those that
// a rewrap wrote in between, which the present ring knows.
func (tx *Tx) unwrap(key string, value []byte) (*symmetricKey, error) {
	version, err := wrappedVersion(value)
	if err != nil {
		return nil, err
	}
	if tx.ring.keys[version] == nil {
		return tx.room.ring.Load().openKey(tx.room.id, key, value)
	}
	return tx.ring.openKey(tx.room.id, key, value)
}

// openKey unwraps a data or case key row under the version it names.
func (k *keyring) openKey(org protocol.OrgID, key string, value []byte) (*symmetricKey, error) {
	version, err := wrappedVersion(value)
	if err != nil {
		return nil, err
	}
	under := k.keys[version]
	if under == nil {
		return nil, fmt.Errorf("unwrap key row: version %d of the organization's key is not in the key file: %w", version, ErrIntegrity)
	}
	return unwrapKey(org, key, value, under)
}
