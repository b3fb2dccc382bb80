package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// A password is long rather than odd: NIST SP 800-63B-4, 3.1.1. It is compared in NFC, never cut.
const (
	LeastPassword = 15  // characters
	mostPassword  = 200 // characters
)

// argon2id as RFC 9106, 4, second choice: 64 MiB, three passes.
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 1
)

// cost is what one hash takes: of passwords, and of recovery codes, whose 60 bits are random (OWASP's least).
type cost struct{ time, memory uint32 }

var (
	ofPassword = cost{argonTime, argonMemory}
	ofCode     = cost{2, 19 << 10}
)

// checkPassword tells what is wrong with a new one.
func checkPassword(password string, about ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < LeastPassword:
		return input("Use at least %d characters; this password has %d. A sentence that only you would think of works well.", LeastPassword, n)
	case n > mostPassword:
		return input("Use at most %d characters.", mostPassword)
	}
	low := strings.ToLower(password)
	for _, word := range append(about, "referworks", "referral") {
		if word = strings.ToLower(word); len(word) > 3 && strings.Contains(low, word) && n-utf8.RuneCountInString(word) < 10 {
			return input("This password is mostly your name, your address or the name of this program, which others try first. Add words that they would not guess.")
		}
	}
	bits, err := guessBits(password, about)
	if err != nil {
		return err
	}
	if bits < leastBits {
		return input("This password is made of what people use often, so others try it first. Use four or five words that do not belong together.")
	}
	return nil
}

// hash gives a secret as it is kept.
func (b *Book) hash(ctx context.Context, secret string, c cost) (string, error) {
	var salt [16]byte
	rand.Read(salt[:])
	sum, err := b.argon(ctx, secret, salt[:], c)
	if err != nil {
		return "", err
	}
	e := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, argonLanes, e(salt[:]), e(sum)), nil
}

func (b *Book) argon(ctx context.Context, secret string, salt []byte, c cost) ([]byte, error) {
	select {
	case b.hashing <- struct{}{}:
		defer func() { <-b.hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFC.String(secret)), salt, c.time, c.memory, argonLanes, 32), nil
}

// decoy is compared with where there is no account, so that the answer takes as long.
var decoy = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// matches compares a secret with what hash gave.
func (b *Book) matches(ctx context.Context, secret, kept string) (bool, error) {
	known := kept != ""
	if !known {
		kept = decoy
	}
	parts := strings.Split(kept, "$")
	if len(parts) != 6 {
		return false, nil
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, nil
	}
	var c cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d", &c.memory, &c.time); err != nil || c.memory > argonMemory || c.time > argonTime {
		return false, nil
	}
	if utf8.RuneCountInString(secret) > mostPassword {
		secret = ""
	}
	sum, err := b.argon(ctx, secret, salt, c)
	if err != nil {
		return false, err
	}
	return same(base64.RawStdEncoding.EncodeToString(sum), parts[5]) && known, nil
}

// digest is how random tokens of 128 bits and more are kept.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
