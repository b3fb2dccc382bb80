package node

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"referworks/crypto"
	"referworks/node/api"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// How long encryption keys live: a new one every KeyLife; the one before is destroyed KeyGrace after the card that
// names its successor, so that what was sealed to it meanwhile still opens.
const (
	KeyLife  = 30 * 24 * time.Hour
	KeyGrace = 7 * 24 * time.Hour
)

// freshen makes a new encryption key when it is time and a new card when what it says has changed. It reports whether
// there is a new card; then it is durable.
func (o *Organization) freshen(ctx context.Context) (bool, error) {
	o.change.Lock()
	defer o.change.Unlock()
	old, err := o.freshenKey()
	if err != nil {
		return false, fmt.Errorf("renew encryption key: %w", err)
	}
	issued, err := o.freshenCard(ctx)
	if err != nil {
		return false, fmt.Errorf("renew card: %w", err)
	}
	// Only when the successor's card is on the disk does the old key begin to end.
	for _, k := range old {
		name := secretEncryption + strconv.FormatInt(k.Public().Created, 10)
		if err := o.rows.Keys().Set(name, k.Seed(), o.node.now().Add(KeyGrace)); err != nil {
			return issued, fmt.Errorf("end encryption key: %w", err)
		}
	}
	o.forgetKeys()
	return issued, nil
}

// freshenKey makes a key when there is none or it is time, and gives the ones that it replaces.
func (o *Organization) freshenKey() (old []*crypto.DecryptionKey, err error) {
	now := o.node.now().UnixMilli()
	o.mu.RLock()
	newest, held := o.newest, maps.Clone(o.opening)
	o.mu.RUnlock()
	if newest == nil || now-newest.Public().Created >= KeyLife.Milliseconds() {
		k := crypto.NewDecryptionKey(now)
		if err := o.rows.Keys().Set(secretEncryption+strconv.FormatInt(now, 10), k.Seed(), time.Time{}); err != nil {
			return nil, err
		}
		held[k.ID()] = k
		o.mu.Lock()
		o.opening, o.newest = held, k
		o.mu.Unlock()
		newest = k
	}
	for _, s := range o.rows.Keys().List() { // those without an end that are not the newest
		for _, k := range held {
			if k != newest && s.Expires.IsZero() && s.Name == secretEncryption+strconv.FormatInt(k.Public().Created, 10) {
				old = append(old, k)
			}
		}
	}
	return old, nil
}

// forgetKeys drops from memory the keys that the key file destroyed.
func (o *Organization) forgetKeys() {
	live := map[string]bool{}
	for _, s := range o.rows.Keys().List() {
		live[s.Name] = true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	held := maps.Clone(o.opening)
	maps.DeleteFunc(held, func(_ protocol.Hash, k *crypto.DecryptionKey) bool {
		return !live[secretEncryption+strconv.FormatInt(k.Public().Created, 10)]
	})
	o.opening = held
}

// freshenCard issues a card when the one in force says something else than is true now.
func (o *Organization) freshenCard(ctx context.Context) (bool, error) {
	o.mu.RLock()
	was, chain, signer, token := o.cardNow, o.chain, o.signer, o.card
	c := protocol.Card{
		V: protocol.Version, Org: o.id, Charter: chain.Mark().Hash, Name: o.about.Name, Contact: o.about.Contact,
		Peer: o.node.peer, Keys: []protocol.EncryptionKey{o.newest.Public()},
		Schemas: []string{protocol.SchemaNow}, Protocols: []int{protocol.Version}, Services: o.about.Services,
	}
	o.mu.RUnlock()
	c.Addresses = o.node.Addresses()
	if len(c.Addresses) == 0 { // not listening yet: what was true last is the best that is known
		c.Addresses = was.Addresses
	}
	if len(c.Addresses) > protocol.MaxAddresses {
		c.Addresses = c.Addresses[:protocol.MaxAddresses]
	}
	keeps, err := o.connections.Keeps()
	if err != nil {
		return false, err
	}
	c.Keeps = keeps
	if o.about.Practice {
		c.Capabilities = []string{protocol.CapabilityPractice}
	}
	c.N = was.N
	if same, err := sameCard(&c, &was); err != nil || same && token != "" {
		return false, err
	}
	c.N = max(o.node.now().UnixMilli(), was.N+1)
	token, err = crypto.SignCard(&c, signer)
	if err != nil {
		return false, err
	}
	next, err := o.put(ctx, func(a *about) { a.Card = token }, func(tx *store.Tx) error {
		return o.note(tx, "node", "organization.card", "")
	})
	if err != nil {
		return false, err
	}
	o.mu.Lock()
	o.about, o.card, o.cardNow = next, token, c
	o.mu.Unlock()
	return true, nil
}

func sameCard(a, b *protocol.Card) (bool, error) {
	if b.N == 0 {
		return false, nil
	}
	x, err := crypto.HashOf(a)
	if err != nil {
		return false, err
	}
	y, err := crypto.HashOf(b)
	return x == y, err
}

// Describe changes what the organization says of itself on its card, and tells its partners. *api.Amiss says what cannot
// be; nil means durable.
func (o *Organization) Describe(ctx context.Context, actor string, d api.Description) error {
	if err := described(&d); err != nil {
		return err
	}
	o.change.Lock()
	next, err := o.put(ctx, func(a *about) { a.Name, a.Contact, a.Services = d.Name, d.Contact, d.Services }, func(tx *store.Tx) error {
		return o.note(tx, actor, "organization.described", "")
	})
	if err == nil {
		o.mu.Lock()
		o.about = next
		o.mu.Unlock()
	}
	o.change.Unlock()
	if err != nil {
		return fmt.Errorf("describe organization: %w", err)
	}
	_, err = o.freshen(ctx)
	o.node.push(o)
	return err
}

func (o *Organization) note(tx *store.Tx, actor, kind, detail string) error {
	_, err := audit.Record(tx, audit.Event{At: o.node.now().UnixMilli(), Actor: actor, Kind: kind, Subject: string(o.id), Details: []byte(detail)})
	return err
}
