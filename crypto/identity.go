package crypto

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"referworks/protocol"
)

// Identity is an organization's secrets as they are made: they go into the two recovery files and nowhere else, except
// that a node holds the door secret too. It prints as "[key]".
type Identity struct {
	Inception protocol.Inception
	Root      *SigningKey // signs charters of this epoch
	Next      *SigningKey // signs the rotation to the next epoch; only its digest is public
	Epoch     int64       // that Root signs
	Door      Secret      // makes the door for each partner
	House     *HouseKey   // opens house files
}

// Secret is bytes that print and log as "[key]".
type Secret []byte

// MarshalText refuses, so that no JSON holds a secret by accident.
func (s Secret) MarshalText() ([]byte, error) {
	return nil, errors.New("write secret: it is not written as text")
}

// NewIdentity makes a new organization at created (milliseconds UTC), offline: nobody is asked.
func NewIdentity(created int64) (*Identity, error) {
	i := &Identity{Root: NewSigningKey(), Next: NewSigningKey(), Door: randomBytes(32)}
	i.Inception = protocol.Inception{
		V: protocol.Version, Root: i.Root.Public(), Next: KeyID(i.Next.Public()), Created: created, Salt: randomBytes(16),
	}
	if err := i.Inception.Validate(); err != nil {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	var err error
	i.House, err = NewHouseKey()
	return i, err
}

// Org gives the organization's id.
func (i *Identity) Org() protocol.OrgID { return OrgOf(i.Inception) }

// OrgOf gives the id of the organization that begins with this inception; "" when it has no canonical form.
func OrgOf(i protocol.Inception) protocol.OrgID {
	h, err := HashOf(i)
	if err != nil {
		return ""
	}
	return protocol.OrgIDOf(h)
}

// FirstCharter signs the organization's first charter and gives its chain.
func FirstCharter(inception protocol.Inception, root *SigningKey, nodes []protocol.Delegate) (*Chain, error) {
	h, err := HashOf(inception)
	if err != nil {
		return nil, fmt.Errorf("sign charter: %w", err)
	}
	c := protocol.Charter{
		V: protocol.Version, Org: protocol.OrgIDOf(h), Prev: h, Root: inception.Root, Next: inception.Next, Nodes: nodes,
	}
	return signCharter(nil, protocol.Chain{Inception: inception}, c, root)
}

// NextCharter signs the next ordinary charter above the chain's head: root and next are repeated, nodes replace the
// ones before.
func NextCharter(chain *Chain, root *SigningKey, nodes []protocol.Delegate) (*Chain, error) {
	c := chain.Head()
	c.Prev, c.N, c.Nodes, c.Keeps, c.Expires = chain.Mark().Hash, c.N+1, nodes, protocol.Hash{}, 0
	return signCharter(chain, chain.Wire(), c, root)
}

// Rotate signs the rotation into the next epoch by the key whose digest the chain promised: keeps is the last charter
// that stands, whatever came after it is dropped. A zero keeps keeps none, not even the first charter. newNext is the
// KeyID of the root after this one.
func Rotate(chain *Chain, next *SigningKey, newNext protocol.Hash, keeps protocol.Hash, nodes []protocol.Delegate) (*Chain, error) {
	w := protocol.Chain{Inception: chain.wire.Inception}
	epoch := chain.Head().Epoch
	prev, err := HashOf(w.Inception)
	if err != nil {
		return nil, fmt.Errorf("sign rotation: %w", err)
	}
	if !keeps.IsZero() {
		l := chain.at(keeps)
		if l == nil || l.charter.Epoch != epoch {
			return nil, fmt.Errorf("sign rotation: %w: only a charter of the newest epoch can be the last one kept", ErrCharter)
		}
		for i := range chain.links {
			w.Charters = append(w.Charters, chain.links[i].token)
			if chain.links[i].hash == keeps {
				break
			}
		}
		prev = keeps
	} else if epoch > 0 {
		return nil, errors.New("sign rotation: after a rotation at least its own charter is kept")
	}
	c := protocol.Charter{
		V: protocol.Version, Org: chain.org, Epoch: epoch + 1, Prev: prev, Root: next.Public(), Next: newNext, Nodes: nodes, Keeps: prev,
	}
	return signCharter(chain, w, c, next)
}

// signCharter puts a charter on a chain and verifies the whole, so that nothing leaves that others would refuse.
func signCharter(known *Chain, w protocol.Chain, c protocol.Charter, key *SigningKey) (*Chain, error) {
	if c.Nodes == nil {
		c.Nodes = []protocol.Delegate{}
	}
	token, err := signValid(protocol.TypCharter, key, &c, protocol.MaxCharter)
	if err != nil {
		return nil, err
	}
	w.Charters = append(append([]string(nil), w.Charters...), token)
	chain, err := verifyChain(w, known)
	if err != nil {
		return nil, fmt.Errorf("sign charter: %w", err)
	}
	return chain, nil
}

// DoorKey derives the seed of an organization's door for one partner: a libp2p identity that only this partner is told.
func DoorKey(secret []byte, partner protocol.OrgID) []byte {
	return derive(secret, "referworks door 1\x00"+string(partner))
}

// InvitationKey derives the seed of the one-use peer that an invitation's two sides share.
func InvitationKey(secret []byte) []byte { return derive(secret, "referworks pairing peer 1\x00") }

// derive is HKDF-SHA256 (RFC 5869) without salt, 32 bytes.
func derive(secret []byte, info string) []byte {
	b, err := hkdf.Key(sha256.New, secret, nil, info, 32)
	if err != nil {
		panic(err) // 32 bytes are always possible
	}
	return b
}
