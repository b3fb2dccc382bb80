package protocol

import (
	"errors"
	"fmt"
	"slices"
)

// Inception is the first link of an organization's chain; the hash of its canonical form makes the OrgID.
// Next is the SHA-256 of the canonical {alg, key} of the next root, which is generated with the first and kept
// elsewhere: a thief of the root cannot rotate.
type Inception struct {
	V       int   `json:"v"`
	Root    Key   `json:"root"`
	Next    Hash  `json:"next"`
	Created int64 `json:"created"` // milliseconds UTC
	Salt    Bytes `json:"salt"`    // 16 bytes
}

// Validate checks form and sizes.
func (i *Inception) Validate() error {
	if i.V != Version || i.Next.IsZero() || i.Created <= 0 || len(i.Salt) != 16 {
		return errors.New("read inception: a member is missing or of another version")
	}
	return i.Root.Validate()
}

// Charter says who speaks for the organization: signed by the root (typ rw-charter). Ordinary charters repeat
// root and next of their epoch and raise N by one; a rotation raises Epoch by one, starts at N = 0, is signed by
// the key whose digest was Next, and names in Keeps the last ordinary charter that it keeps.
type Charter struct {
	V       int        `json:"v"`
	Org     OrgID      `json:"org"`
	Epoch   int64      `json:"epoch"`
	N       int64      `json:"n"`
	Prev    Hash       `json:"prev"` // hash of the canonical inception or charter before
	Root    Key        `json:"root"`
	Next    Hash       `json:"next"`
	Nodes   []Delegate `json:"nodes"`
	Keeps   Hash       `json:"keeps,omitzero"`   // rotations only
	Expires int64      `json:"expires,omitzero"` // milliseconds UTC; absent: until replaced
}

// Delegate is a node that may act for the organization: its libp2p peer and the key it signs with for this
// organization (each organization on a node has a key of its own).
type Delegate struct {
	Peer PeerID `json:"peer"`
	Key  Key    `json:"key"`
}

// MaxDelegates is how many nodes a charter may name.
const MaxDelegates = 8

// Validate checks form and sizes, not the signature and not the place in the chain.
func (c *Charter) Validate() error {
	if c.V != Version || c.Epoch < 0 || c.N < 0 || c.Prev.IsZero() || c.Next.IsZero() {
		return errors.New("read charter: a member is missing or of another version")
	}
	if c.Keeps.IsZero() != (c.N > 0 || c.Epoch == 0) {
		return errors.New("read charter: a rotation, and only a rotation, names the charter that it keeps")
	}
	if _, err := ParseOrgID(string(c.Org)); err != nil {
		return err
	}
	if len(c.Nodes) > MaxDelegates {
		return fmt.Errorf("read charter: it names %d nodes and %d are allowed", len(c.Nodes), MaxDelegates)
	}
	for i, d := range c.Nodes {
		if d.Peer == "" || len(d.Peer) > 128 {
			return errors.New("read charter: a node has no peer id")
		}
		if err := d.Key.Validate(); err != nil {
			return err
		}
		for _, o := range c.Nodes[:i] {
			if o.Key.Equal(d.Key) {
				return errors.New("read charter: a key is named twice")
			}
		}
	}
	return c.Root.Validate()
}

// Chain is an organization's inception and its charters, oldest first, as they travel and are kept: the signed
// tokens themselves. A rotation drops the ordinary charters of the old epoch after the one it keeps.
type Chain struct {
	Inception Inception `json:"inception"`
	Charters  []string  `json:"charters"` // compact JWS
}

// MaxChain is how many charters a chain may have on the wire.
const MaxChain = 256

// Card is how to reach an organization and what it offers: signed by a delegated node (typ rw-card). The
// highest N by a node in the newest charter wins; a card of a node that is no longer delegated is void.
type Card struct {
	V            int             `json:"v"`
	Org          OrgID           `json:"org"`
	Charter      Hash            `json:"charter"` // of the charter that delegates the signer
	N            int64           `json:"n"`       // max(now in milliseconds, last + 1)
	Name         string          `json:"name"`
	Contact      CardContact     `json:"contact"`
	Peer         PeerID          `json:"peer"`
	Addresses    []string        `json:"addresses"` // multiaddresses, without the peer id
	Keys         []EncryptionKey `json:"keys"`
	Services     []CardService   `json:"services,omitempty"`
	Schemas      []string        `json:"schemas"`   // "referral/1.0"
	Protocols    []int           `json:"protocols"` // majors
	Capabilities []string        `json:"capabilities,omitempty"`
	Keeps        *Keeps          `json:"keeps,omitempty"`
}

// CapabilityPractice is in the card of an organization that is no organization: it takes practice referrals only, and
// answers by itself.
const CapabilityPractice = "practice-only"

// Can tells whether a card lists a capability; a card that is not here lists none.
func (c *Card) Can(capability string) bool {
	return c != nil && slices.Contains(c.Capabilities, capability)
}

// CardContact is whom to phone when nothing else works; it is public.
type CardContact struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"` // E.164
	Email string `json:"email,omitempty"`
	Hours string `json:"hours,omitempty"`
	Web   string `json:"web,omitempty"`
}

// CardService is one thing that the organization offers.
type CardService struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Needs []NeedCode `json:"needs,omitempty"`
	Area  string     `json:"area,omitempty"`
}

// Keeps lists what an organization's mapping keeps as fields of its own: paths of the standard and code systems.
// A sender can compute before sending what the partner's medium will show. It says nothing about values.
type Keeps struct {
	Fields  []string `json:"fields"` // or KeepsAll alone
	Systems []string `json:"systems,omitempty"`
	Text    bool     `json:"text,omitempty"` // what has no field is carried as text
}

// KeepsAll as the only field says that every field is kept as one.
const KeepsAll = "*"

// Has reports whether a field of the standard, by its path, is kept as a field.
func (k *Keeps) Has(path string) bool {
	return slices.Contains(k.Fields, path) || len(k.Fields) == 1 && k.Fields[0] == KeepsAll
}

// Limits of a card's lists and texts.
const (
	MaxKeeps     = 1000
	MaxAddresses = 16
	MaxServices  = 64
	MaxText      = 400 // bytes of a name, a line of contact
)

// Validate checks form and sizes.
func (c *Card) Validate() error {
	if c.V != Version || c.N <= 0 || c.Charter.IsZero() || c.Name == "" || c.Peer == "" {
		return errors.New("read card: a member is missing or of another version")
	}
	if _, err := ParseOrgID(string(c.Org)); err != nil {
		return err
	}
	if err := CheckCardTexts(c.Name, c.Contact, c.Services); err != nil {
		return err
	}
	if len(c.Addresses) > MaxAddresses || len(c.Services) > MaxServices || len(c.Keys) > 4 || len(c.Schemas) > 16 || len(c.Protocols) > 8 || len(c.Capabilities) > 64 {
		return errors.New("read card: a list is too long")
	}
	if k := c.Keeps; k != nil {
		if len(k.Fields) > MaxKeeps || len(k.Systems) > MaxKeeps {
			return errors.New("read card: it lists too many fields")
		}
		for _, s := range slices.Concat(k.Fields, k.Systems) {
			if len(s) > MaxText || forbiddenRune(s) >= 0 {
				return errors.New("read card: the name of a field is not one")
			}
		}
	}
	for _, k := range c.Keys {
		if len(k.Key) > 4096 || k.Suite == "" {
			return errors.New("read card: an encryption key has no suite or is too large")
		}
	}
	if len(c.Schemas) == 0 || len(c.Protocols) == 0 {
		return errors.New("read card: it names no schema or no protocol version")
	}
	return nil
}

// CheckCardTexts tells whether the texts of a card may stand there: not too long, and nothing that turns what is read.
func CheckCardTexts(name string, contact CardContact, services []CardService) error {
	texts := []string{name, contact.Name, contact.Phone, contact.Email, contact.Hours, contact.Web}
	for _, s := range services {
		texts = append(texts, s.ID, s.Name, s.Area)
		for _, n := range s.Needs {
			texts = append(texts, n.System, n.Code)
		}
	}
	for _, s := range texts {
		if len(s) > MaxText {
			return fmt.Errorf("read card: a text has %d bytes and %d are allowed", len(s), MaxText)
		}
		if i := forbiddenRune(s); i >= 0 {
			return errors.New("read card: a text has a control or direction character")
		}
	}
	return nil
}

// forbiddenRune gives the index of the first control or bidirectional control character, or -1.
func forbiddenRune(s string) int {
	for i, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x61c {
			return i
		}
	}
	return -1
}
