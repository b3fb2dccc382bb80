package crypto

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"referworks/protocol"
)

// The types of package protocol mean omitempty as encoding/json does.
var marshalOptions = json.JoinOptions(jsonv1.OmitEmptyWithLegacySemantics(true))

// Marshal writes v as canonical JSON (RFC 8785) of our profile: whole numbers within ±(2^53-1) only. An absent
// slice is written as []. What would break DefaultLimits is refused.
func Marshal(v any) ([]byte, error) { return marshalLimited(v, DefaultLimits) }

// MarshalLimited is Marshal within other limits.
func MarshalLimited(v any, lim Limits) ([]byte, error) { return marshalLimited(v, lim) }

func marshalLimited(v any, lim Limits) ([]byte, error) {
	b, err := json.Marshal(v, marshalOptions)
	if err != nil {
		return nil, fmt.Errorf("write canonical JSON: %w", err)
	}
	if err := scan(b, lim); err != nil {
		return nil, fmt.Errorf("write canonical JSON: %w", err)
	}
	if err := (*jsontext.Value)(&b).Canonicalize(); err != nil {
		return nil, fmt.Errorf("write canonical JSON: %w", err)
	}
	return b, nil
}

// Canonicalize gives the RFC 8785 form of any JSON text: duplicate names, invalid UTF-8 and lone surrogates are
// refused. It does not hold numbers to our profile and rounds them to double precision as the RFC says; what we
// sign goes through Marshal or CheckCanonical. b is not changed.
func Canonicalize(b []byte) ([]byte, error) {
	c := jsontext.Value(bytes.Clone(b))
	if err := c.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonicalize JSON: %w: %w", ErrForm, err)
	}
	return c, nil
}

// CheckCanonical tells whether b is exactly what Marshal would write for its content.
func CheckCanonical(b []byte) error {
	if err := scan(b, DefaultLimits); err != nil {
		return fmt.Errorf("check canonical JSON: %w", err)
	}
	c, err := Canonicalize(b)
	if err != nil {
		return err
	}
	if !bytes.Equal(b, c) {
		return fmt.Errorf("check canonical JSON: %w: it is not in its canonical form", ErrForm)
	}
	return nil
}

// HashOf gives the SHA-256 of v's canonical form: the name of a charter, of terms, of an invitation.
func HashOf(v any) (protocol.Hash, error) {
	b, err := Marshal(v)
	if err != nil {
		return protocol.Hash{}, err
	}
	return sha256.Sum256(b), nil
}
