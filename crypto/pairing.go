package crypto

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"

	"github.com/tyler-smith/go-bip39/wordlists"

	"referworks/protocol"
)

// maxInvitation is the longest text that DecodeInvitation looks at.
const maxInvitation = 8 << 10

// EncodeInvitation writes an invitation as one line of text: "rwinvite1." and base64url of its canonical form.
func EncodeInvitation(i *protocol.Invitation) (string, error) {
	if err := i.Validate(); err != nil {
		return "", fmt.Errorf("write invitation: %w", err)
	}
	b, err := Marshal(i)
	if err != nil {
		return "", fmt.Errorf("write invitation: %w", err)
	}
	if s := protocol.InvitationPrefix + b64.EncodeToString(b); len(s) <= maxInvitation {
		return s, nil
	}
	return "", fmt.Errorf("write invitation: %w: it is too long; name fewer addresses", ErrForm)
}

// DecodeInvitation reads what EncodeInvitation writes and nothing else; spaces and line breaks that mail programs put in
// do not matter. Whether it has expired is the caller's to check.
func DecodeInvitation(text string) (*protocol.Invitation, error) {
	if len(text) > maxInvitation {
		return nil, fmt.Errorf("read invitation: %w: it is too long", ErrForm)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	encoded, ok := strings.CutPrefix(text, protocol.InvitationPrefix)
	if !ok {
		return nil, fmt.Errorf("read invitation: %w: it must begin with %q; copy the whole text", ErrForm, protocol.InvitationPrefix)
	}
	b, err := decodeStrict([]byte(encoded))
	if err != nil {
		return nil, fmt.Errorf("read invitation: %w; copy the whole text", err)
	}
	var i protocol.Invitation
	if err := readExact(b, &i); err != nil {
		return nil, fmt.Errorf("read invitation: %w", err)
	}
	return &i, nil
}

// NonceSize is the length of both nonces of a pairing.
const NonceSize = 32

// Commit fixes the invitee's nonce, newest charter and peer before it sees the inviter's:
// SHA-256("referworks commit 1" + 0x00 + I + SHA-256(nonce) + head + SHA-256(peer)), where I is the HashOf the
// invitation.
func Commit(invitation protocol.Hash, nonce []byte, head protocol.Hash, peer protocol.PeerID) protocol.Hash {
	return joined("referworks commit 1", invitation, hashed(nonce), head, hashed(string(peer)))
}

// Pairing is what both sides know when the commit is open.
type Pairing struct {
	Invitation   protocol.Hash // HashOf the invitation
	Commit       protocol.Hash
	NonceInvitee []byte // NonceSize bytes
	NonceInviter []byte
	HeadInvitee  protocol.Hash // newest charters
	HeadInviter  protocol.Hash
	PeerInvitee  protocol.PeerID
	PeerInviter  protocol.PeerID
}

// Transcript is the hash that both sides must find: SHA-256 over "referworks pair 1", 0x00 and the members of Pairing in
// their order, nonces and peers hashed first.
func (p *Pairing) Transcript() protocol.Hash {
	return joined("referworks pair 1", p.Invitation, p.Commit, hashed(p.NonceInvitee), hashed(p.NonceInviter),
		p.HeadInvitee, p.HeadInviter, hashed(string(p.PeerInvitee)), hashed(string(p.PeerInviter)))
}

// Opens tells whether nonce, head and peer of the invitee are those of the commit.
func (p *Pairing) Opens() bool {
	return len(p.NonceInvitee) == NonceSize && len(p.NonceInviter) == NonceSize &&
		Commit(p.Invitation, p.NonceInvitee, p.HeadInvitee, p.PeerInvitee) == p.Commit
}

// Words gives the four words that two people compare: the first 44 bits of a transcript, 11 bits a word.
func Words(transcript protocol.Hash) [4]string { return [4]string(wordsOf(transcript[:])[:4]) }

// NewNonce makes a nonce for a pairing.
func NewNonce() []byte { return randomBytes(NonceSize) }

// NewSecret makes the secret of an invitation.
func NewSecret() []byte { return randomBytes(32) }

// wordsOf cuts b into groups of 11 bits from the front, each an index into the list; what is left over is not used.
func wordsOf(b []byte) []string {
	var words []string
	acc, n := uint32(0), 0
	for _, c := range b {
		acc, n = acc<<8|uint32(c), n+8
		if n >= 11 {
			n -= 11
			words = append(words, wordlists.English[acc>>n&0x7ff])
		}
	}
	return words
}

func hashed[T string | []byte](b T) protocol.Hash { return sha256.Sum256([]byte(b)) }

func joined(label string, parts ...protocol.Hash) (sum protocol.Hash) {
	h := sha256.New()
	h.Write(append([]byte(label), 0))
	for _, p := range parts {
		h.Write(p[:])
	}
	h.Sum(sum[:0])
	return sum
}
