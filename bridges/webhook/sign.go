package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Secret signs what is posted.
type Secret struct{ key []byte }

// secretPrefix is how a secret is known as one, in a file or in a log where it should not be.
const secretPrefix = "whsec_"

// Sizes of a secret's key in bytes (Standard Webhooks, "Signature scheme").
const (
	minKey = 24
	newKey = 32
	maxKey = 64
)

// NewSecret makes a secret, as text.
func NewSecret() string {
	key := make([]byte, newKey)
	_, _ = rand.Read(key) // never fails: it ends the program instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParseSecret reads a secret. The error is a sentence and does not repeat it.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	if !ok {
		return Secret{}, errors.New("a signing secret begins with whsec_: make one with: referworks webhook secret")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) < minKey || len(key) > maxKey {
		return Secret{}, fmt.Errorf("a signing secret is whsec_ and then %d to %d random bytes in Base64: make one with: referworks webhook secret", minKey, maxKey)
	}
	return Secret{key}, nil
}

// String hides the secret.
func (Secret) String() string { return "a signing secret" }

// GoString hides it too.
func (s Secret) GoString() string { return s.String() }

// sign gives the value of webhook-signature: one signature for each secret.
func sign(secrets []Secret, id string, at time.Time, body []byte) string {
	var all []string
	for _, s := range secrets {
		mac := hmac.New(sha256.New, s.key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " ")
}
