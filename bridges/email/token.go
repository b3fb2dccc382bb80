package email

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/protocol"
)

// tokenLife is how long a reply or a link acts on a referral; afterwards a reply waits for a person.
const tokenLife = 60 * 24 * time.Hour

// token is what a secret in a mail of ours may do: some acts on one referral of one partner, until some day. The secret
// itself, 128 bits, stands only in the mail; here is its hash. It is made anew from the delivery's key with a key of the
// connection, so that a mail that goes out twice carries the same.
type token struct {
	Key       string                 `json:"key"`       // of the delivery
	Reference string                 `json:"reference"` // what Outcome.Reference said: the mail's Message-ID
	Number    string                 `json:"number"`    // for people
	Partner   protocol.OrgID         `json:"partner"`
	Acts      []protocol.MessageKind `json:"acts"`
	Until     int64                  `json:"until"` // milliseconds UTC
	Language  string                 `json:"language,omitempty"`
	Practice  bool                   `json:"practice,omitempty"`

	expired bool
}

// acts are what a reply or the page of a link may do.
func acts() []protocol.MessageKind {
	return []protocol.MessageKind{protocol.KindAccept, protocol.KindDecline, protocol.KindQuestion}
}

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const tokenLen = 26 // characters of 128 bits

func tokenName(secret string) string {
	sum := sha256.Sum256([]byte("referworks mail token 1\x00" + secret))
	return "token/" + hex.EncodeToString(sum[:])
}

// seal gives the key that tokens of this connection are made with.
func (m *mailbox) seal(ctx context.Context) ([]byte, error) {
	m.sealing.Lock()
	defer m.sealing.Unlock()
	const name = "token-key"
	key, err := m.state.Load(name)
	if err != nil || len(key) > 0 {
		return key, err
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key, m.state.Save(ctx, name, key)
}

// secret makes the token of a delivery, and remembers what it may do before the mail with it leaves.
func (m *mailbox) secret(ctx context.Context, d bridges.Delivery) (string, error) {
	key, err := m.seal(ctx)
	if err != nil {
		return "", fmt.Errorf("make the reply address of a letter: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(d.Key))
	secret := tokenText.EncodeToString(h.Sum(nil)[:16])
	if known, err := m.state.Load(tokenName(secret)); err != nil || len(known) > 0 {
		return secret, err
	}
	until := m.now().Add(tokenLife)
	b, err := json.Marshal(token{Key: d.Key, Reference: m.idOf(secret), Number: d.Reference, Partner: d.From.ID, Acts: acts(), Until: until.UnixMilli(), Language: d.Letter.Language, Practice: d.Practice})
	if err != nil {
		return "", err
	}
	if err := m.noteDay(ctx, until, tokenName(secret)); err != nil {
		return "", err
	}
	return secret, m.state.Save(ctx, tokenName(secret), b)
}

// idOf is the Message-ID of the mail that carries a secret.
func (m *mailbox) idOf(secret string) string {
	_, domain, _ := strings.Cut(m.from, "@")
	return secret + "@" + domain
}

// lookUp finds what a secret may do; nil when it is none of ours.
func (m *mailbox) lookUp(secret string) *token {
	secret = strings.ToLower(secret)
	if m.state == nil || len(secret) != tokenLen || strings.Trim(secret, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return nil
	}
	b, err := m.state.Load(tokenName(secret))
	if err != nil || len(b) == 0 {
		return nil
	}
	t := new(token)
	if json.Unmarshal(b, t) != nil {
		return nil
	}
	t.expired = m.now().UnixMilli() > t.Until
	return t
}

// tokenOf finds the secret in a mail: in the address that it came to, else in the ids that it refers to.
func (m *mailbox) tokenOf(l *letter, env envelope) *token {
	to := append([]string{}, env.to...)
	if env.to == nil { // a mailbox does not say to whom a mail came; these are the sender's word, and the secret is proof enough
		for _, name := range []string{"Delivered-To", "X-Original-To", "To", "Cc"} {
			to = append(to, addresses(l.header[name])...)
		}
	}
	for _, a := range to {
		if t := m.lookUp(tagOf(a)); t != nil {
			return t
		}
	}
	for _, id := range l.refers {
		local, _, _ := strings.Cut(id, "@")
		if t := m.lookUp(local); t != nil {
			return t
		}
	}
	return nil
}

// isOwn tells a mail that we sent ourselves.
func (m *mailbox) isOwn(l *letter) bool {
	local, _, _ := strings.Cut(l.id, "@")
	return m.lookUp(local) != nil
}

// tagOf gives what stands between "+" and "@" in an address, without the mark of a return path.
func tagOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	_, tag, _ := strings.Cut(local, "+")
	return strings.TrimPrefix(strings.ToLower(tag), bounceMark)
}

// addresses gives the plain addresses in header fields, as far as they can be found.
func addresses(fields []string) []string {
	var all []string
	for _, f := range fields {
		for _, word := range strings.FieldsFunc(f, func(r rune) bool { return strings.ContainsRune(" \t,;<>\"()", r) }) {
			if strings.Contains(word, "@") {
				all = append(all, strings.ToLower(word))
			}
		}
	}
	return all
}

// noteDay writes a name on the list of what ends on a day, so that old tokens can be taken away.
func (m *mailbox) noteDay(ctx context.Context, until time.Time, name string) error {
	m.sealing.Lock()
	defer m.sealing.Unlock()
	day := "ends/" + until.UTC().Format(time.DateOnly)
	list, err := m.state.Load(day)
	if err != nil {
		return err
	}
	if len(list) > 900_000 {
		return errors.New("more letters a day than the list of their reply addresses can hold")
	}
	return m.state.Save(ctx, day, append(list, name+"\n"...))
}

// sweep takes away what ended more than a month ago: until then a late reply is still known and waits for a person.
func (m *mailbox) sweep(ctx context.Context) error {
	if m.state == nil {
		return nil
	}
	today := m.now().UTC().AddDate(0, 0, -30)
	for back := range 60 {
		day := "ends/" + today.AddDate(0, 0, -back).Format(time.DateOnly)
		list, err := m.state.Load(day)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			continue
		}
		for _, name := range strings.Fields(string(list)) {
			if err := m.state.Save(ctx, name, nil); err != nil {
				return err
			}
		}
		if err := m.state.Save(ctx, day, nil); err != nil {
			return err
		}
	}
	return nil
}
