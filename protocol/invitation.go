package protocol

import "errors"

// Invitation is the one open door: its secret makes the one-use peer that the inviter's gate admits. It travels
// as text, QR code or file between two people who know each other.
type Invitation struct {
	V         int      `json:"v"`
	Inviter   OrgID    `json:"inviter"`
	Name      string   `json:"name"` // the inviter's name, shown and not trusted before the words match
	Head      Hash     `json:"head"` // of the inviter's newest charter
	Peer      PeerID   `json:"peer"`
	Addresses []string `json:"addresses"`
	Secret    Bytes    `json:"secret"` // 32 bytes
	Words     string   `json:"words"`  // name of the frozen word list
	Expires   int64    `json:"expires"`
}

// What an invitation's text begins with, the word list of this version, and the limits.
const (
	InvitationPrefix   = "rwinvite1."
	WordList           = "bip39-english"
	MaxInvitations     = 20
	InvitationLifetime = 48 * 3600 * 1000 // milliseconds
	PairingTries       = 5                // a minute
)

// Validate checks form and sizes.
func (i *Invitation) Validate() error {
	if i.V != Version || i.Head.IsZero() || i.Peer == "" || len(i.Secret) != 32 || i.Expires <= 0 {
		return errors.New("read invitation: a part is missing or of another version; ask for a new one")
	}
	if i.Words != WordList {
		return errors.New("read invitation: it uses a word list that this version does not know; update this node")
	}
	if len(i.Addresses) == 0 || len(i.Addresses) > MaxAddresses || len(i.Name) > MaxText || forbiddenRune(i.Name) >= 0 {
		return errors.New("read invitation: it names no address, too many, or an unusable name")
	}
	_, err := ParseOrgID(string(i.Inviter))
	return err
}

// PairCommit is the invitee's first frame: a hash that fixes its nonce, head and peer before it sees the other's.
type PairCommit struct {
	V      int  `json:"v"`
	Commit Hash `json:"commit"`
}

// PairAnswer is the inviter's answer.
type PairAnswer struct {
	V     int    `json:"v"`
	Nonce Bytes  `json:"nonce"` // 32 bytes
	Chain Chain  `json:"chain"`
	Card  string `json:"card"` // compact JWS
	Peer  PeerID `json:"peer"`
}

// PairReveal opens the commit.
type PairReveal struct {
	V     int    `json:"v"`
	Nonce Bytes  `json:"nonce"` // 32 bytes
	Chain Chain  `json:"chain"`
	Card  string `json:"card"`
	Peer  PeerID `json:"peer"`
}
