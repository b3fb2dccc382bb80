package node

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/api"
	"referworks/node/audit"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Organization is one of the organizations that a node hosts: who it is now, and its rooms.
type Organization struct {
	node *Node
	id   protocol.OrgID
	rows *store.Org

	book        *partner.Book
	desk        *exchange.Desk
	connections *connection.Set

	change sync.Mutex // one change of what follows at a time, from reading to the commit

	mu      sync.RWMutex // guards what follows; all but invited is replaced, never altered
	about   about
	chain   *crypto.Chain
	card    string
	cardNow protocol.Card // zero before the first
	signer  *crypto.SigningKey
	opening map[protocol.Hash]*crypto.DecryptionKey // by kid
	newest  *crypto.DecryptionKey
	door    crypto.Secret
	invited map[protocol.Hash]func() // closes the gate for an invitation
}

// about is an organization as it is stored. Private keys are in the key file.
type about struct {
	Name    string               `json:"name"`
	Contact protocol.CardContact `json:"contact"`
	Created int64                `json:"created"`
	Chain   protocol.Chain       `json:"chain"`
	Card    string               `json:"card,omitempty"`
	House   string               `json:"house,omitempty"` // recipient of house files

	Announced bool `json:"announced,omitempty"` // in the community topic

	Services []protocol.CardService `json:"services,omitempty"`

	Kit []kitMark `json:"kit,omitempty"` // what is known of the files of the recovery kit

	Rules exchange.Rules `json:"rules,omitzero"`

	Hosting api.Hosting `json:"hosting,omitzero"` // what who runs the node lets it do

	Practice bool `json:"practice,omitempty"` // it is the practice partner of this node
}

var aboutKey = store.K("organization")

// Names of secrets in an organization's part of the key file.
const (
	secretSigning    = "signing/"    // and the kid
	secretEncryption = "encryption/" // and when it was made
	secretDoor       = "door"
)

// errUnfinished is an organization whose creation did not end: its kit was never handed out.
var errUnfinished = errors.New("its creation did not finish")

// loadOrganization reads an organization from the store and the key file.
func (n *Node) loadOrganization(rows *store.Org) (*Organization, error) {
	o := &Organization{node: n, id: rows.ID(), rows: rows, invited: map[protocol.Hash]func(){}}
	var kept []byte
	err := rows.View(func(tx *store.Tx) error {
		r, err := tx.Get(aboutKey)
		kept = r.Kept
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, errUnfinished
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(kept, &o.about); err != nil {
		return nil, fmt.Errorf("read organization: %w", err)
	}
	if o.chain, err = crypto.VerifyChain(o.about.Chain); err != nil {
		return nil, err
	}
	if err := o.loadKeys(); err != nil {
		return nil, err
	}
	o.setCard(o.about.Card)
	return o, o.open()
}

// open makes the rooms.
func (o *Organization) open() (err error) {
	n := o.node
	o.book, err = partner.Open(partner.Config{
		Org: o.rows, Self: o, Now: n.now, Log: n.log.With("org", string(o.id)), Changed: func(p protocol.OrgID) { n.partnerChanged(o, p) },
	})
	if err != nil {
		return err
	}
	if o.desk, err = n.openDesk(o); err != nil {
		return err
	}
	o.connections = connection.Open(connection.Config{
		Org: o.rows, Self: o.id, Name: o.Name, Contact: o.Contact, Desk: o.desk, Book: o.book, Kinds: n.cfg.Kinds, AllowPrivate: n.cfg.AllowPrivate,
		Now: n.now, Log: n.log.With("org", string(o.id)), Changed: n.freshenSoon, Address: o.addressOf,
	})
	return nil
}

// addressOf is where a connection is reached from outside, or "".
func (o *Organization) addressOf(connection string) string {
	if o.node.address == "" {
		return ""
	}
	return o.node.address + api.ConnectionPath(o.id, connection)
}

func (o *Organization) loadKeys() error {
	keys := o.rows.Keys()
	secret, err := keys.Get(secretDoor)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	o.door = secret
	if o.signer, err = o.node.findSigner(keys, o.chain); err != nil {
		return err
	}
	o.opening = map[protocol.Hash]*crypto.DecryptionKey{}
	for _, s := range keys.List() {
		text, ok := strings.CutPrefix(s.Name, secretEncryption)
		if !ok {
			continue
		}
		made, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("read encryption key: its name has no time: %w", err)
		}
		seed, err := keys.Get(s.Name)
		if err != nil {
			continue // it ended a moment ago
		}
		k, err := crypto.DecryptionKeyFromSeed(seed, made)
		if err != nil {
			return err
		}
		o.opening[k.ID()] = k
		if s.Expires.IsZero() && (o.newest == nil || k.Public().Created > o.newest.Public().Created) {
			o.newest = k
		}
	}
	return nil
}

// errNotNamed is an organization that another node speaks for.
var errNotNamed = errors.New("no charter of it names this node; sign one with its root file")

// findSigner gives the signing key that the newest charter delegates with this node's peer.
func (n *Node) findSigner(keys *store.Keys, chain *crypto.Chain) (*crypto.SigningKey, error) {
	for _, d := range chain.Head().Nodes {
		if d.Peer != n.peer {
			continue
		}
		seed, err := keys.Get(secretSigning + crypto.Thumbprint(d.Key))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return crypto.SigningKeyFromSeed(seed)
	}
	return nil, fmt.Errorf("find signing key of %s: %w", chain.Org().Short(), errNotNamed)
}

// newSigner makes a signing key that is durable in the key file before any charter names it.
func newSigner(keys *store.Keys) (*crypto.SigningKey, error) {
	k := crypto.NewSigningKey()
	return k, keys.Set(secretSigning+k.Kid(), k.Seed(), time.Time{})
}

func (o *Organization) setCard(token string) {
	o.card, o.cardNow = token, protocol.Card{}
	if token == "" {
		return
	}
	if c, err := crypto.VerifyCard(token, o.chain); err == nil {
		o.cardNow = *c
	} else {
		_, _ = crypto.Peek([]byte(token), protocol.TypCard, &o.cardNow) // void, but the next number lies above its own
	}
}

// put stores what changed about the organization; nil means durable. The caller holds change.
func (o *Organization) put(ctx context.Context, alter func(*about), more func(*store.Tx) error) (about, error) {
	o.mu.RLock()
	next := o.about
	o.mu.RUnlock()
	alter(&next)
	b, err := json.Marshal(next)
	if err != nil {
		return next, fmt.Errorf("write organization: %w", err)
	}
	err = o.rows.UpdateAlways(ctx, func(tx *store.Tx) error {
		if err := tx.Put(aboutKey, store.Row{Kept: b}); err != nil {
			return err
		}
		return more(tx)
	})
	return next, err
}

// ID gives the organization.
func (o *Organization) ID() protocol.OrgID { return o.id }

// OrgID is ID, as rooms ask for it.
func (o *Organization) OrgID() protocol.OrgID { return o.id }

// Name is the organization's name as partners see it.
func (o *Organization) Name() string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Name
}

// Contact is whom partners phone.
func (o *Organization) Contact() protocol.CardContact {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Contact
}

// Rules are what the organization asks of itself.
func (o *Organization) Rules() exchange.Rules {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Rules
}

// SetRules replaces them; nil means durable, exchange.ErrRules that they cannot be.
func (o *Organization) SetRules(ctx context.Context, actor string, r exchange.Rules) error {
	if err := r.Check(); err != nil {
		return err
	}
	o.change.Lock()
	defer o.change.Unlock()
	next, err := o.put(ctx, func(a *about) { a.Rules = r }, func(tx *store.Tx) error {
		details, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: o.node.now().UnixMilli(), Actor: actor, Kind: "organization.settings", Subject: string(o.id), Details: details})
		return err
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.about = next
	o.mu.Unlock()
	return nil
}

// Store gives the organization's rows.
func (o *Organization) Store() *store.Org { return o.rows }

// Book gives its partners.
func (o *Organization) Book() *partner.Book { return o.book }

// Desk gives its sending and receiving.
func (o *Organization) Desk() *exchange.Desk { return o.desk }

// Connections gives its configured bridges.
func (o *Organization) Connections() *connection.Set { return o.connections }

// Peer is the node that speaks for it here.
func (o *Organization) Peer() protocol.PeerID { return o.node.peer }

// Addresses are where partners reach Peer.
func (o *Organization) Addresses() []string { return o.node.Addresses() }

// Signer is the key that signs for the organization on this node.
func (o *Organization) Signer() *crypto.SigningKey {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.signer
}

// Chain is the organization's own chain.
func (o *Organization) Chain() *crypto.Chain {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.chain
}

// Charter names its newest charter.
func (o *Organization) Charter() protocol.CharterMark { return o.Chain().Mark() }

// Card is the newest token of its card.
func (o *Organization) Card() string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.card
}

// Decryption gives the private key of an envelope's kid, or nil when it is not ours or was destroyed.
func (o *Organization) Decryption(kid protocol.Hash) *crypto.DecryptionKey {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.opening[kid]
}

// Door is the peer id of the organization's door for one partner; "" when this node does not hold the secret.
func (o *Organization) Door(partner protocol.OrgID) protocol.PeerID {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if len(o.door) == 0 {
		return ""
	}
	key := ed25519.NewKeyFromSeed(crypto.DoorKey(o.door, partner))
	return crypto.PeerIDOf(key.Public().(ed25519.PublicKey))
}
