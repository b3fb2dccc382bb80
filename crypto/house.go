package crypto

import (
	"bytes"
	"fmt"

	"filippo.io/age"

	"referworks/protocol"
)

// HouseKey opens house files. Its secret is in the root file only; a node holds its Recipient and can write, not read.
type HouseKey struct{ id *age.HybridIdentity }

// NewHouseKey makes a random key (age's post-quantum hybrid).
func NewHouseKey() (*HouseKey, error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("make house key: %w", err)
	}
	return &HouseKey{id}, nil
}

func parseHouseKey(s string) (*HouseKey, error) {
	id, err := age.ParseHybridIdentity(s)
	if err != nil {
		return nil, fmt.Errorf("read house key: %w", ErrDamaged)
	}
	return &HouseKey{id}, nil
}

func (k *HouseKey) secret() string { return k.id.String() }

// Recipient is the public part as text, for SealHouse.
func (k *HouseKey) Recipient() string { return k.id.Recipient().String() }

// House is what an organization needs to be found again and to find its partners when its node is gone. No personal
// data and no private key is in it.
type House struct {
	V        int            `json:"v"`
	Org      protocol.OrgID `json:"org"`
	At       int64          `json:"at"` // milliseconds UTC
	Chain    protocol.Chain `json:"chain"`
	Card     string         `json:"card,omitempty"` // compact JWS
	Partners []HousePartner `json:"partners"`
}

// HousePartner is how to reach one partner.
type HousePartner struct {
	Org       protocol.OrgID       `json:"org"`
	Name      string               `json:"name,omitempty"`
	Peer      protocol.PeerID      `json:"peer"`
	Addresses []string             `json:"addresses"`
	Head      protocol.CharterMark `json:"head"`
	Door      protocol.PeerID      `json:"door,omitempty"` // theirs, for us
}

const (
	maxHouse     = 8 << 20
	houseTitle   = "Referworks house file"
	housePurpose = "For: finding your partners again on a new node. The root file opens it."
)

// SealHouse writes a house file to the recipient: text with its first lines readable.
func SealHouse(recipient string, h *House) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return nil, fmt.Errorf("write house file: the recipient is not usable: %w", err)
	}
	plain, err := marshalHouse(h)
	if err != nil {
		return nil, fmt.Errorf("write house file: %w", err)
	}
	var out bytes.Buffer
	if err := sealArmored(&out, plain, to); err != nil {
		return nil, fmt.Errorf("write house file: %w", err)
	}
	return titled(out.Bytes(), houseTitle, orgLine+string(h.Org), housePurpose), nil
}

// OpenHouse opens a house file with the root file's key, and verifies the chain in it. ErrDamaged for any file that is
// not one of this organization's, sealed to this key and whole.
func OpenHouse(file []byte, root *Recovery) (*House, *Chain, error) {
	key, err := root.HouseKey()
	if err != nil {
		return nil, nil, err
	}
	if len(file) > 2*maxHouse {
		return nil, nil, fmt.Errorf("open house file: %w", ErrDamaged)
	}
	plain, err := openArmored(file, maxHouse, key.id)
	if err != nil {
		return nil, nil, fmt.Errorf("open house file: %w", ErrDamaged)
	}
	var h House
	if err := UnmarshalLimited(plain, &h, houseLimits); err != nil || h.V != protocol.Version || h.Org != root.Org {
		return nil, nil, fmt.Errorf("open house file: %w", ErrDamaged)
	}
	chain, err := VerifyChain(h.Chain)
	if err != nil || chain.Org() != h.Org {
		return nil, nil, fmt.Errorf("open house file: %w", ErrDamaged)
	}
	return &h, chain, nil
}

var houseLimits = Limits{Bytes: maxHouse, Depth: 8, Values: 1 << 20}

func marshalHouse(h *House) ([]byte, error) { return marshalLimited(h, houseLimits) }
