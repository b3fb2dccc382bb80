package crypto

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"referworks/protocol"
)

// The strict profile: a token is exactly
//
//	base64url({"alg":"EdDSA","kid":"<43 characters>","typ":"<typ>"}) . base64url(canonical payload) . base64url(64 bytes)
//
// in the one spelling of each part. Nothing in a token chooses how it is verified: algorithm and key come from the
// charter, the kind from the caller. The library only signs and verifies bytes (docs/decisions/0004-jws.md).
const (
	headerStart = `{"alg":"EdDSA","kid":"`
	headerMid   = `","typ":"`
	headerEnd   = `"}`
	kidLength   = 43
	sigLength   = 86
	// maxToken is the longest token that Verify looks at; a payload may have DefaultLimits.Bytes.
	maxToken = 1 << 20
)

// Sign writes v as canonical JSON and signs it as typ: a compact JWS (RFC 7515, RFC 8037).
func Sign(typ protocol.Typ, key *SigningKey, v any) (token []byte, err error) {
	payload, err := Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", typ, err)
	}
	return signPayload(typ, key, payload)
}

// signPayload signs canonical bytes.
func signPayload(typ protocol.Typ, key *SigningKey, payload []byte) (token []byte, err error) {
	defer guard(&err)
	header := headerStart + key.kid + headerMid + string(typ) + headerEnd
	token = make([]byte, 0, b64.EncodedLen(len(header))+b64.EncodedLen(len(payload))+sigLength+2)
	token = append(b64.AppendEncode(token, []byte(header)), '.')
	token = b64.AppendEncode(token, payload)
	sig, err := signBytes(key.private, token)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", typ, err)
	}
	return b64.AppendEncode(append(token, '.'), sig), nil
}

// Verify reads a token of kind typ in the strict profile. key gives the public key of a kid, from a verified charter
// only. The payload is canonical JSON; decode it with Unmarshal.
func Verify(token []byte, typ protocol.Typ, key func(kid string) (protocol.Key, bool)) (payload []byte, kid string, err error) {
	defer guard(&err)
	payload, kid, err = verifyToken(token, typ, key)
	if err != nil {
		return nil, kid, fmt.Errorf("verify %s: %w", typ, err)
	}
	if err := CheckCanonical(payload); err != nil {
		return nil, kid, fmt.Errorf("verify %s: %w", typ, err)
	}
	return payload, kid, nil
}

// verifyToken is Verify without the check of the payload's form.
func verifyToken(token []byte, typ protocol.Typ, key func(kid string) (protocol.Key, bool)) (payload []byte, kid string, err error) {
	t, err := split(token, typ)
	if err != nil {
		return nil, "", err
	}
	k, ok := key(t.kid)
	if !ok {
		return nil, t.kid, ErrKey
	}
	if !verifyBytes(k, t.signed, t.signature) {
		return nil, t.kid, ErrSignature
	}
	return t.payload, t.kid, nil
}

// Peek reads a token's payload into v WITHOUT verifying it: only to find out whose chain to ask for.
func Peek(token []byte, typ protocol.Typ, v any) (kid string, err error) {
	defer guard(&err)
	t, err := split(token, typ)
	if err != nil {
		return "", fmt.Errorf("peek %s: %w", typ, err)
	}
	if err := Unmarshal(t.payload, v); err != nil {
		return "", fmt.Errorf("peek %s: %w", typ, err)
	}
	return t.kid, nil
}

// token is a compact JWS in its parts, not verified.
type token struct {
	kid       string
	payload   []byte
	signed    []byte // header and payload as they were signed, a part of the token
	signature []byte
}

func split(b []byte, typ protocol.Typ) (t token, err error) {
	if len(b) > maxToken {
		return t, fmt.Errorf("%w: the token has %d bytes and %d are allowed", ErrForm, len(b), maxToken)
	}
	first, last := bytes.IndexByte(b, '.'), bytes.LastIndexByte(b, '.')
	if first < 0 || first == last || bytes.IndexByte(b[first+1:last], '.') >= 0 {
		return t, fmt.Errorf("%w: a token has three parts", ErrForm)
	}
	header, err := decodeStrict(b[:first])
	if err != nil {
		return t, err
	}
	h, ok1 := strings.CutPrefix(string(header), headerStart)
	if !ok1 || len(h) < kidLength || h[kidLength:] != headerMid+string(typ)+headerEnd {
		return t, fmt.Errorf("%w: the token's header is not that of a %s", ErrForm, typ)
	}
	if _, err := decodeStrict([]byte(h[:kidLength])); err != nil {
		return t, err
	}
	t.kid, t.signed = h[:kidLength], b[:last]
	if t.payload, err = decodeStrict(b[first+1 : last]); err != nil {
		return t, err
	}
	if len(b)-last-1 != sigLength {
		return t, fmt.Errorf("%w: a signature has 64 bytes", ErrForm)
	}
	t.signature, err = decodeStrict(b[last+1:])
	return t, err
}

// decodeStrict reads base64url in its only spelling: no padding, no line breaks, no stray bits.
func decodeStrict(b []byte) ([]byte, error) {
	out := make([]byte, b64.DecodedLen(len(b)))
	n, err := b64.Decode(out, b)
	if err != nil || b64.EncodedLen(n) != len(b) {
		return nil, fmt.Errorf("%w: a part is not base64url in its only spelling", ErrForm)
	}
	return out[:n], nil
}

// signBytes and verifyBytes are where the library is used: Ed25519 over bytes (RFC 8037, section 3.1).
func signBytes(key ed25519.PrivateKey, b []byte) ([]byte, error) {
	signer, err := jws.NewSigner(jwa.EdDSA)
	if err != nil {
		return nil, err
	}
	return signer.Sign(b, key)
}

func verifyBytes(k protocol.Key, b, signature []byte) bool {
	if k.Alg != protocol.AlgEdDSA || len(k.Key) != ed25519.PublicKeySize {
		return false
	}
	verifier, err := jws.NewVerifier(jwa.EdDSA)
	return err == nil && verifier.Verify(b, signature, ed25519.PublicKey(k.Key)) == nil
}

// guard turns a panic, of ours or of a library, into ErrInternal.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w (%T)", ErrInternal, r)
	}
}
