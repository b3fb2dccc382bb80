package exchange

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/node/store"
	"referworks/protocol"
)

// posted is what an idempotency key stands for. Its row is written in the transaction of the document. The key itself
// may say anything about the person, so only its hash is a row's key.
type posted struct {
	Hash protocol.Hash `json:"hash"`
	Sent Sent          `json:"sent"`
}

func postedKey(key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.K("posted", protocol.Hash(sum).String())
}

// sentBefore gives what an earlier Send with the same key answered, or nil.
func (d *Desk) sentBefore(out *Outgoing) (sent *Sent, err error) {
	if out.Key == "" {
		return nil, nil
	}
	err = d.org.View(func(tx *store.Tx) error {
		sent, err = d.readKey(tx, out)
		return err
	})
	return sent, err
}

// SentUnder gives what a Send under the key answered, or nil when nothing was sent under it. ErrKeyReused when it was
// another document.
func (d *Desk) SentUnder(key string, hash protocol.Hash) (*Sent, error) {
	return d.sentBefore(&Outgoing{Key: key, KeyHash: hash})
}

func (d *Desk) readKey(tx *store.Tx, out *Outgoing) (*Sent, error) {
	if out.Key == "" {
		return nil, nil
	}
	r, err := tx.Get(postedKey(out.Key))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var p posted
	if err := json.Unmarshal(r.Kept, &p); err != nil {
		return nil, fmt.Errorf("read idempotency key: %w", err)
	}
	if p.Hash != out.KeyHash {
		return nil, ErrKeyReused
	}
	return &p.Sent, nil
}

func (d *Desk) keepKey(tx *store.Tx, out *Outgoing, sent *Sent) error {
	if out.Key == "" {
		return nil
	}
	b, err := json.Marshal(posted{out.KeyHash, *sent})
	if err != nil {
		return err
	}
	return tx.Put(postedKey(out.Key), store.Row{Kept: b})
}

func actedKey(key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.K("acted", protocol.Hash(sum).String())
}

// actedBefore tells whether the step was taken before under its key.
func (d *Desk) actedBefore(do Doing) (taken bool, err error) {
	if do.Key == "" {
		return false, nil
	}
	err = d.org.View(func(tx *store.Tx) error {
		taken, err = readActed(tx, &do)
		return err
	})
	return taken, err
}

func readActed(tx *store.Tx, do *Doing) (bool, error) {
	if do.Key == "" {
		return false, nil
	}
	r, err := tx.Get(actedKey(do.Key))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if string(r.Kept) != string(do.KeyHash[:]) {
		return false, ErrKeyReused
	}
	return true, nil
}
