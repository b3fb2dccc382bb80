package crypto_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/protocol"
)

var b64 = base64.RawURLEncoding

// rawToken makes a compact token of any header and payload with a real Ed25519 signature.
func rawToken(k *crypto.SigningKey, header, payload string) string {
	signed := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return signed + "." + b64.EncodeToString(ed25519.Sign(privateOf(k), []byte(signed)))
}

func header(k *crypto.SigningKey, typ protocol.Typ) string {
	return `{"alg":"EdDSA","kid":"` + k.Kid() + `","typ":"` + string(typ) + `"}`
}

func TestTokenAgreesWithTheLibrary(t *testing.T) {
	k := crypto.NewSigningKey()
	token, err := crypto.Sign(protocol.TypCard, k, map[string]any{"b": 1, "a": "é"})
	if err != nil {
		t.Fatal(err)
	}
	if want := rawToken(k, header(k, protocol.TypCard), `{"a":"é","b":1}`); string(token) != want {
		t.Fatalf("got %s, want %s", token, want)
	}
	payload, err := jws.Verify(token, jws.WithKey(jwa.EdDSA, publicOf(k)))
	if err != nil || string(payload) != `{"a":"é","b":1}` {
		t.Fatalf("the library reads %s, %v", payload, err)
	}
	h := jws.NewHeaders()
	_ = h.Set(jws.KeyIDKey, k.Kid())
	_ = h.Set(jws.TypeKey, string(protocol.TypCard))
	theirs, err := jws.Sign(payload, jws.WithKey(jwa.EdDSA, privateOf(k), jws.WithProtectedHeaders(h)))
	if err != nil || !bytes.Equal(theirs, token) {
		t.Fatalf("the library writes %s, %v; we wrote %s", theirs, err, token)
	}
	key, err := jwk.FromRaw(publicOf(k))
	if err != nil {
		t.Fatal(err)
	}
	thumb, err := key.Thumbprint(5) // crypto.SHA256
	if err != nil || b64.EncodeToString(thumb) != k.Kid() {
		t.Fatalf("the library's thumbprint is %x, %v; ours is %s", thumb, err, k.Kid())
	}
}

func TestTokenRefusals(t *testing.T) {
	k, other := crypto.NewSigningKey(), crypto.NewSigningKey()
	const typ = protocol.TypMessage
	good := rawToken(k, header(k, typ), `{"a":1}`)
	if payload, kid, err := crypto.Verify([]byte(good), typ, only(k)); err != nil || string(payload) != `{"a":1}` || kid != k.Kid() {
		t.Fatalf("the control was refused: %s, %s, %v", payload, kid, err)
	}
	parts := strings.Split(good, ".")
	// A listener that must see no connection, however often a header names it.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/keys"
	with := func(member string) string {
		return rawToken(k, strings.TrimSuffix(header(k, typ), "}")+","+member+"}", `{"a":1}`)
	}
	alg := func(alg string) string {
		return rawToken(k, strings.Replace(header(k, typ), "EdDSA", alg, 1), `{"a":1}`)
	}
	kid := func(kid string) string {
		return rawToken(k, `{"alg":"EdDSA","kid":"`+kid+`","typ":"rw-message"}`, `{"a":1}`)
	}
	hs256 := func() string {
		signed := b64.EncodeToString([]byte(strings.Replace(header(k, typ), "EdDSA", "HS256", 1))) + "." + parts[1]
		mac := hmac.New(sha256.New, publicOf(k))
		mac.Write([]byte(signed))
		return signed + "." + b64.EncodeToString(mac.Sum(nil))
	}
	bad := map[string]string{
		"jku": with(`"jku":"` + url + `"`), "x5u": with(`"x5u":"` + url + `"`), "x5c": with(`"x5c":[]`),
		"jwk":  with(`"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + k.Public().Key.String() + `"}`),
		"crit": with(`"crit":["exp"]`), "crit empty": with(`"crit":[]`), "b64": with(`"b64":false`), "b64 crit": with(`"b64":false,"crit":["b64"]`),
		"zip": with(`"zip":"DEF"`), "p2c": with(`"p2c":1000000000`), "p2s": with(`"p2s":"AA"`), "cty": with(`"cty":"x"`), "epk": with(`"epk":{}`),
		"alg twice": with(`"alg":"EdDSA"`), "typ twice": with(`"typ":"rw-message"`), "kid twice": with(`"kid":"` + k.Kid() + `"`),
		"ALG besides": with(`"ALG":"none"`), "unknown member": with(`"x":1`),
		"kid missing":               rawToken(k, `{"alg":"EdDSA","typ":"rw-message"}`, `{"a":1}`),
		"typ missing":               rawToken(k, `{"alg":"EdDSA","kid":"`+k.Kid()+`"}`, `{"a":1}`),
		"alg missing":               rawToken(k, `{"kid":"`+k.Kid()+`","typ":"rw-message"}`, `{"a":1}`),
		"order":                     rawToken(k, `{"alg":"EdDSA","typ":"rw-message","kid":"`+k.Kid()+`"}`, `{"a":1}`),
		"space":                     rawToken(k, ` `+header(k, typ), `{"a":1}`),
		"trailing data":             rawToken(k, header(k, typ)+"{}", `{"a":1}`),
		"trailing newline":          rawToken(k, header(k, typ)+"\n", `{"a":1}`),
		"byte order mark":           rawToken(k, "\ufeff"+header(k, typ), `{"a":1}`),
		"escape":                    rawToken(k, strings.Replace(header(k, typ), "alg", `\u0061lg`, 1), `{"a":1}`),
		"typ case":                  rawToken(k, strings.Replace(header(k, typ), "rw-message", "RW-message", 1), `{"a":1}`),
		"other typ":                 rawToken(k, header(k, protocol.TypReceipt), `{"a":1}`),
		"array header":              rawToken(k, `[`+header(k, typ)+`]`, `{"a":1}`),
		"payload space":             rawToken(k, header(k, typ), `{"a": 1}`),
		"payload order":             rawToken(k, header(k, typ), `{"b":1,"a":1}`),
		"payload float":             rawToken(k, header(k, typ), `{"a":1.5}`),
		"payload no JSON":           rawToken(k, header(k, typ), `foo`),
		"payload empty":             rawToken(k, header(k, typ), ``),
		"payload twice":             rawToken(k, header(k, typ), `{"a":1,"a":1}`),
		"HS256 with the public key": hs256(), "unsigned": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1],
		"four parts": good + ".", "five parts": good + "..", "no payload": parts[0] + ".." + parts[2], "no header": "." + parts[1] + "." + parts[2],
		"padding": good + "=", "padded payload": parts[0] + "." + parts[1] + "=." + parts[2], "newline inside": parts[0] + "." + parts[1][:2] + "\n" + parts[1][2:] + "." + parts[2],
		"newline after": good + "\n", "space before": " " + good, "carriage return": strings.Replace(good, ".", "\r.", 1), "NUL": good + "\x00",
		"standard alphabet": parts[0] + "." + parts[1] + "." + stdAlphabet(t, k),
		"stray bits":        good[:len(good)-1] + nextLetter(good[len(good)-1]),
		"long signature":    good + "AAAA", "short signature": good[:len(good)-4],
		"JSON form":         `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"JSON flat":         `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"20,000 signatures": `{"payload":"` + parts[1] + `","signatures":[` + strings.Repeat(`{"protected":"`+parts[0]+`","signature":"`+parts[2]+`"},`, 20_000) + `{}]}`,
		"two tokens":        good + good, "empty": "", "dots": "..",
		"changed payload": parts[0] + "." + b64.EncodeToString([]byte(`{"a":2}`)) + "." + parts[2],
		"other key":       rawToken(other, header(k, typ), `{"a":1}`),
		"unknown kid":     rawToken(other, header(other, typ), `{"a":1}`),
		"2 MB":            parts[0] + "." + strings.Repeat("AAAA", 1<<19) + "." + parts[2],
	}
	for _, a := range []string{"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES256K", "ES384", "eddsa", "EDDSA", "EdDSA ", "Ed25519", "Ed448", "dir", "PBES2-HS256+A128KW", `EdDSA\u0000`} {
		bad["alg "+a] = alg(a)
		bad["unsigned alg "+a] = strings.Join(strings.Split(alg(a), ".")[:2], ".") + "."
	}
	for _, id := range []string{"", "../../etc/passwd", "x' OR 1=1 --", `\u0000`, strings.Repeat("A", 43), strings.Repeat("/", 43), strings.Repeat("A", 1<<20), k.Kid() + "A", k.Kid()[:42], k.Kid()[:42] + "="} {
		bad["kid "+id[:min(len(id), 50)]] = kid(id)
	}
	for name, token := range bad {
		if _, _, err := crypto.Verify([]byte(token), typ, only(k)); err == nil || errors.Is(err, crypto.ErrInternal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(bad) < 90 {
		t.Errorf("only %d tokens were tried", len(bad))
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Millisecond))
	if c, err := l.Accept(); err == nil {
		t.Errorf("a header's address was dialed by %s", c.RemoteAddr())
	}
}

// stdAlphabet gives the signature of the control in the standard alphabet, from a payload for which that differs.
func stdAlphabet(t *testing.T, k *crypto.SigningKey) string {
	signed := rawToken(k, header(k, protocol.TypMessage), `{"a":1}`)
	s := strings.NewReplacer("-", "+", "_", "/").Replace(signed[strings.LastIndexByte(signed, '.')+1:])
	if !strings.ContainsAny(s, "+/") {
		s = "+" + s[1:] // without either letter both alphabets agree; then this is only a wrong signature
	}
	return s
}

// nextLetter changes the last letter of a signature in bits that decoding throws away.
func nextLetter(c byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, c)^1])
}

func TestTokenWithAStrayBitIsTakenByTheLibrary(t *testing.T) {
	// The negative control of the strict spelling: without it, one signature has several texts.
	k := crypto.NewSigningKey()
	good := rawToken(k, header(k, protocol.TypMessage), `{"a":1}`)
	bent := good[:len(good)-1] + nextLetter(good[len(good)-1])
	if _, err := jws.Verify([]byte(bent), jws.WithKey(jwa.EdDSA, publicOf(k))); err != nil {
		t.Skip("the library has become strict itself: ", err)
	}
	if _, _, err := crypto.Verify([]byte(bent), protocol.TypMessage, only(k)); !errors.Is(err, crypto.ErrForm) {
		t.Fatal(err)
	}
}

func TestKeyMustFitItsAlgorithm(t *testing.T) {
	k := crypto.NewSigningKey()
	token := []byte(rawToken(k, header(k, protocol.TypCard), `{"a":1}`))
	for _, key := range []protocol.Key{{Alg: "HS256", Key: k.Public().Key}, {Alg: "", Key: k.Public().Key}, {Alg: "EdDSA", Key: k.Public().Key[:31]}, {Alg: "EdDSA"}} {
		if _, _, err := crypto.Verify(token, protocol.TypCard, func(string) (protocol.Key, bool) { return key, true }); !errors.Is(err, crypto.ErrSignature) {
			t.Errorf("%s with %d bytes: %v", key.Alg, len(key.Key), err)
		}
	}
	if _, _, err := crypto.Verify(token, protocol.TypCard, func(string) (protocol.Key, bool) { panic("ours") }); !errors.Is(err, crypto.ErrInternal) {
		t.Errorf("a panic ended as %v", err)
	}
}

func TestWycheproofEd25519(t *testing.T) {
	var file struct {
		TestGroups []struct {
			PublicKey struct{ PK string }
			Tests     []struct {
				TcID             int
				Msg, Sig, Result string
			}
		}
	}
	readJSON(t, &file, samples(t, "wycheproof"), "ed25519_test.json")
	tried := 0
	for _, g := range file.TestGroups {
		pk, err := hex.DecodeString(g.PublicKey.PK)
		if err != nil {
			t.Fatal(err)
		}
		key := protocol.Key{Alg: protocol.AlgEdDSA, Key: pk}
		for _, c := range g.Tests {
			msg, _ := hex.DecodeString(c.Msg)
			sig, _ := hex.DecodeString(c.Sig)
			// A key that we would not register verifies nothing.
			if ok := crypto.CheckKey(key) == nil && crypto.VerifyBytes(key, msg, sig); ok != (c.Result == "valid") {
				t.Errorf("test %d: verified is %v, must be %s", c.TcID, ok, c.Result)
			}
			tried++
		}
	}
	if tried < 100 {
		t.Fatalf("only %d vectors", tried)
	}
}

func TestWycheproofJWS(t *testing.T) {
	var file struct {
		TestGroups []struct {
			Comment string
			Tests   []struct {
				TcID    int
				JWS     any
				Comment string
			}
		}
	}
	readJSON(t, &file, samples(t, "wycheproof"), "json_web_signature_dev.json")
	k, tried := crypto.NewSigningKey(), 0
	for _, g := range file.TestGroups {
		for _, c := range g.Tests {
			token := fmt.Sprint(c.JWS)
			for _, typ := range []protocol.Typ{protocol.TypMessage, "", "JWT"} {
				if _, _, err := crypto.Verify([]byte(token), typ, func(string) (protocol.Key, bool) { return k.Public(), true }); !errors.Is(err, crypto.ErrForm) {
					t.Errorf("test %d (%s, %s): %v", c.TcID, g.Comment, c.Comment, err)
				}
			}
			tried++
		}
	}
	if tried < 70 {
		t.Fatalf("only %d vectors", tried)
	}
}

func TestRFC8037(t *testing.T) {
	var v struct {
		A1 struct{ D, X string } `json:"A1_private"`
		A3 string                `json:"A3_thumbprint_sha256"`
		A4 string                `json:"A4_jws"`
	}
	readJSON(t, &v, samples(t, "jose"), "rfc8037_appendix_a.json")
	seed, _ := b64.DecodeString(v.A1.D)
	k, err := crypto.SigningKeyFromSeed(seed)
	if err != nil || k.Public().Key.String() != v.A1.X || k.Kid() != v.A3 {
		t.Fatalf("key %s, kid %s, %v", k.Public().Key, k.Kid(), err)
	}
	dot := strings.LastIndexByte(v.A4, '.')
	sig, _ := b64.DecodeString(v.A4[dot+1:])
	if !crypto.VerifyBytes(k.Public(), []byte(v.A4[:dot]), sig) {
		t.Error("the signature of appendix A.4 does not verify")
	}
	if crypto.VerifyBytes(k.Public(), []byte(v.A4[:dot]+"x"), sig) {
		t.Error("the signature of appendix A.4 verifies for another text")
	}
	var cookbook struct {
		Input   struct{ Payload string }
		Signing struct {
			Sig      string
			SigInput string `json:"sig-input"`
		}
	}
	readJSON(t, &cookbook, samples(t, "jose"), "jws.json")
	sig, _ = b64.DecodeString(cookbook.Signing.Sig)
	if !crypto.VerifyBytes(k.Public(), []byte(cookbook.Signing.SigInput), sig) {
		t.Error("the cookbook's signature does not verify")
	}
}

func TestSignProperties(t *testing.T) {
	k, typs := crypto.NewSigningKey(), []protocol.Typ{protocol.TypCharter, protocol.TypCard, protocol.TypStanding, protocol.TypMessage, protocol.TypReceipt, protocol.TypHead}
	rapid.Check(t, func(t *rapid.T) {
		v, typ := anyJSON(2).Draw(t, "payload"), rapid.SampledFrom(typs).Draw(t, "typ")
		token, err := crypto.Sign(typ, k, v)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := crypto.Marshal(v)
		if got, _, err := crypto.Verify(token, typ, only(k)); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s, %v", got, err)
		}
		i := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		bit := byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		token[i] ^= bit
		if got, _, err := crypto.Verify(token, typ, only(k)); err == nil {
			t.Fatalf("verified with bit %d of byte %d changed: %s", bit, i, got)
		}
	})
}

func FuzzToken(f *testing.F) {
	k, err := crypto.SigningKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(rawToken(k, header(k, protocol.TypMessage), `{"a":1}`)))
	f.Add([]byte(rawToken(k, `{"alg":"none"}`, `{"a":1}`)))
	f.Add([]byte("e30.e30.e30"))
	f.Fuzz(func(t *testing.T, b []byte) {
		payload, kid, err := crypto.Verify(b, protocol.TypMessage, only(k))
		if errors.Is(err, crypto.ErrInternal) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if want := rawToken(k, header(k, protocol.TypMessage), string(payload)); string(b) != want || kid != k.Kid() {
			t.Fatalf("took %q, which is not %q", b, want)
		}
	})
}
