package connector

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
)

// auth signs requests in. Tokens are kept in the connection's state, so that a restart does not ask for new ones.
type auth struct {
	c    *connection
	kind string

	mu    sync.Mutex // one asks for a token, the others use it
	token token
	read  bool
}

// token is what a system gave us for a time.
type token struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Until   time.Time `json:"until"`
	For     string    `json:"for"` // which sign-in it was got with: a new one makes it worthless
}

const (
	tokenState = "token"
	// tokenMargin is how long before its end a token is no longer used.
	tokenMargin = 30 * time.Second
	// tokenTime is how long a token is taken to be good when nobody says.
	tokenTime = 10 * time.Minute
)

func newAuth(c *connection) (*auth, error) {
	kind, _ := presets.Expand(c.preset.Auth.Kind, c.known, nil)
	a := &auth{c: c, kind: kind}
	p := c.preset.Auth
	needed := map[string][]string{"bearer": {p.Token}, "basic": {p.User, p.Secret}, "header": {p.Header, p.Value}, "client-credentials": {p.Client, p.Secret}, "refresh-token": {p.Client, p.Refresh}, "jwt-bearer": {p.Client, p.Secret}, "hmac": {p.Secret}}
	for _, template := range needed[kind] {
		for _, name := range presets.Variables(template) {
			if v, _ := c.known(name); v == "" {
				_, name, _ = strings.Cut(name, ".")
				return nil, bridges.At(name, fmt.Errorf("the sign-in %s needs %q", kind, name))
			}
		}
		if v := a.text(template); kind != "jwt-bearer" && !httpguts.ValidHeaderFieldValue(v) {
			return nil, errors.New("the sign-in holds characters that cannot be sent")
		}
	}
	if kind == "jwt-bearer" {
		if _, err := readKey(a.text(p.Secret)); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *auth) text(template string) string {
	s, _ := presets.Expand(template, a.c.scope().value, nil)
	return s
}

// signer makes what adds the sign-in to a request with that body.
func (a *auth) signer(ctx context.Context, body []byte) (func(*http.Request), error) {
	p := a.c.preset.Auth
	switch a.kind {
	case "", "none", "mtls": // a certificate is shown when the connection begins
		return nil, nil
	case "bearer":
		return bearer(a.text(p.Token)), nil
	case "basic":
		user, secret := a.text(p.User), a.text(p.Secret)
		return func(r *http.Request) { r.SetBasicAuth(user, secret) }, nil
	case "header":
		name, value := a.text(p.Header), a.text(p.Value)
		return func(r *http.Request) { r.Header.Set(name, value) }, nil
	case "hmac":
		name, value := a.text(p.Header), a.text(p.Value)+signature(a.text(p.Secret), body, "hex")
		return func(r *http.Request) { r.Header.Set(name, value) }, nil
	}
	t, err := a.access(ctx)
	return bearer(t), err
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func signature(secret string, body []byte, encoding string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if encoding == "base64" {
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// forget drops a token that was refused, and tells whether another one can be got.
func (a *auth) forget(ctx context.Context) bool {
	switch a.kind {
	case "client-credentials", "refresh-token", "jwt-bearer", "login":
	default:
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token.Access, a.token.Until = "", time.Time{}
	return a.keep(ctx) == nil
}

// access gives a token that is good now: the one we have, or a new one.
func (a *auth) access(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.read {
		b, err := a.c.cfg.State.Load(tokenState)
		if err != nil {
			return "", &bridges.Error{Class: bridges.Temporary, Sentence: "The sign-in that was kept cannot be read now. It is tried again.", Err: err}
		}
		p := a.c.preset.Auth
		mine := signature("token", []byte(strings.Join([]string{a.c.base.String(), a.text(p.Client), a.text(p.User), a.text(p.Secret), a.text(p.Refresh)}, "\n")), "hex")
		if len(b) > 0 && json.Unmarshal(b, &a.token) != nil || a.token.For != mine {
			a.token = token{For: mine}
		}
		a.read = true
	}
	if a.token.Access != "" && a.c.cfg.Now().Add(tokenMargin).Before(a.token.Until) {
		return a.token.Access, nil
	}
	if err := a.renew(ctx); err != nil {
		return "", err
	}
	return a.token.Access, nil
}

func (a *auth) keep(ctx context.Context) error {
	b, err := json.Marshal(a.token)
	if err != nil {
		return err
	}
	return a.c.cfg.State.Save(ctx, tokenState, b)
}

// renew gets a new token. A refresh token that came with it is on our disk before anything uses it: the old one is void.
func (a *auth) renew(ctx context.Context) error {
	q, err := a.request()
	if err != nil {
		return err
	}
	answer, err := a.c.send(ctx, q)
	if err != nil {
		return err
	}
	if answer.Status/100 != 2 {
		e := rest.Refusal(answer, a.c.cfg.Now())
		switch e.Class {
		case bridges.Permanent:
			e.Class = bridges.Hold
		case bridges.Unknown:
			e.Class = bridges.Temporary
		}
		e.Sentence = fmt.Sprintf("%s did not let us sign in (%d). Check the sign-in in the connection.", a.c.preset.Title, answer.Status)
		return e
	}
	got := rest.Decode(answer, answers)
	place, minutes := "access_token", a.c.preset.Auth.Minutes
	if a.c.preset.Auth.At != "" {
		place = a.c.preset.Auth.At
	}
	p, err := record.ParsePath(place)
	if err != nil || got == nil || got.First(p) == nil || got.First(p).Text == "" || !httpguts.ValidHeaderFieldValue(got.First(p).Text) {
		return hold("%s answered our sign-in without a token. Check the address and the sign-in.", a.c.preset.Title)
	}
	good := tokenTime
	if seconds, err := time.ParseDuration(got.Value("expires_in") + "s"); err == nil && seconds > 0 {
		good = seconds
	} else if minutes > 0 {
		good = time.Duration(minutes) * time.Minute
	}
	a.token.Access, a.token.Until = got.First(p).Text, a.c.cfg.Now().Add(good)
	if fresh := got.Value("refresh_token"); fresh != "" {
		a.token.Refresh = fresh
	}
	if err := a.keep(ctx); err != nil {
		return &bridges.Error{Class: bridges.Temporary, Sentence: "The new sign-in could not be kept. It is tried again.", Err: err}
	}
	return nil
}

// request makes the request for a token.
func (a *auth) request() (rest.Request, error) {
	p := a.c.preset.Auth
	s := a.c.scope()
	if a.kind == "login" {
		return a.c.build(&presets.Request{Method: http.MethodPost, Path: p.URL, Body: p.Body}, s)
	}
	address, err := a.c.address(&presets.Request{Path: p.URL}, s)
	if err != nil {
		return rest.Request{}, err
	}
	form := url.Values{}
	switch a.kind {
	case "client-credentials":
		form = url.Values{"grant_type": {"client_credentials"}, "client_id": {a.text(p.Client)}, "client_secret": {a.text(p.Secret)}}
	case "refresh-token":
		refresh := a.token.Refresh
		if refresh == "" {
			refresh = a.text(p.Refresh)
		}
		form = url.Values{"grant_type": {"refresh_token"}, "client_id": {a.text(p.Client)}, "refresh_token": {refresh}}
		if secret := a.text(p.Secret); secret != "" {
			form.Set("client_secret", secret)
		}
	case "jwt-bearer":
		assertion, err := a.assertion(address)
		if err != nil {
			return rest.Request{}, err
		}
		form = url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	}
	if a.kind != "jwt-bearer" {
		for name, template := range p.Form {
			if v := a.text(template); v != "" {
				form.Set(name, v)
			}
		}
	}
	return rest.Request{Method: http.MethodPost, Address: address, Body: []byte(form.Encode()), Timeout: timeout, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}}, nil
}

// assertion is a JWT signed with RS256 (RFC 7523).
func (a *auth) assertion(address string) (string, error) {
	p, now := a.c.preset.Auth, a.c.cfg.Now()
	key, err := readKey(a.text(p.Secret))
	if err != nil {
		return "", hold("%v", err)
	}
	claims := map[string]any{"iss": a.text(p.Client), "sub": a.text(p.User), "aud": address, "iat": now.Unix(), "exp": now.Add(3 * time.Minute).Unix(), "jti": rand.Text()}
	for name, template := range p.Form {
		claims[name] = a.text(template)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc.EncodeToString(b)
	sum := sha256.Sum256([]byte(text))
	signed, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", hold("The private key of the sign-in cannot sign: it is too small.")
	}
	return text + "." + enc.EncodeToString(signed), nil
}

func readKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the private key of the sign-in is not in PEM form")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if k, ok := key.(*rsa.PrivateKey); ok && err == nil {
		return k, nil
	}
	return nil, errors.New("the private key of the sign-in is no RSA key in PEM form")
}
