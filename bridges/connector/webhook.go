package connector

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
)

const (
	maxPosted = 4 << 20
	// clockSkew is how old a signed post may be, and how far its clock may be ahead (Standard Webhooks).
	clockSkew   = 5 * time.Minute
	hookState   = "hook"
	renewalTime = 7 * 24 * time.Hour
)

// Serve takes what the system posts. It answers with success only when everything is on our disk.
func (c *connection) Serve(w http.ResponseWriter, r *http.Request, accept bridges.Accept) {
	hook := c.preset.Webhook
	switch {
	case hook == nil:
		http.Error(w, "nothing is taken at this address", http.StatusNotFound)
	case r.Method == http.MethodGet && hook.Handshake.Query != "" && plain(r.URL.Query().Get(hook.Handshake.Query)):
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, r.URL.Query().Get(hook.Handshake.Query))
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST is taken here", http.StatusMethodNotAllowed)
	default:
		c.posted(w, r, accept)
	}
}

func plain(s string) bool {
	return s != "" && len(s) < 200 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func (c *connection) posted(w http.ResponseWriter, r *http.Request, accept bridges.Accept) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPosted))
	if err != nil {
		http.Error(w, "the document is too large, or broke off", http.StatusRequestEntityTooLarge)
		return
	}
	hook := c.preset.Webhook
	kept, err := c.hook()
	if err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	if secret := r.Header.Get(hook.Handshake.Header); hook.Handshake.Header != "" && secret != "" {
		c.shakeHands(w, r, kept, secret)
		return
	}
	if !c.verified(r, body, kept) {
		http.Error(w, "the signature is not the one agreed on", http.StatusUnauthorized)
		return
	}
	status := http.StatusOK
	for _, in := range c.read(r, body) {
		if in.err == nil && in.Inbound != nil {
			in.err = c.take(r.Context(), in.Inbound, accept)
		}
		if in.err != nil {
			status = http.StatusServiceUnavailable
		}
	}
	if status != http.StatusOK {
		http.Error(w, "not everything could be kept; send it again later", status)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// hookNote is what is known of the subscription.
type hookNote struct {
	ID     string    `json:"id,omitempty"`
	Secret string    `json:"secret,omitempty"` // from the handshake
	Until  time.Time `json:"until"`            // it is renewed then
	Asked  time.Time `json:"asked"`            // when we asked for a handshake
}

func (c *connection) hook() (hookNote, error) {
	var n hookNote
	b, err := c.cfg.State.Load(hookState)
	if err == nil && len(b) > 0 {
		err = json.Unmarshal(b, &n)
	}
	return n, err
}

func (c *connection) saveHook(ctx context.Context, n hookNote) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return c.cfg.State.Save(ctx, hookState, b)
}

// shakeHands takes the secret that a system gives us, only soon after we asked for it: else anybody could give us one.
func (c *connection) shakeHands(w http.ResponseWriter, r *http.Request, n hookNote, secret string) {
	if age := c.cfg.Now().Sub(n.Asked); age < 0 || age > 10*time.Minute || len(secret) < 16 || len(secret) > 500 {
		http.Error(w, "nobody here has asked for this", http.StatusForbidden)
		return
	}
	n.Secret = secret
	if err := c.saveHook(r.Context(), n); err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set(c.preset.Webhook.Handshake.Header, secret)
	w.WriteHeader(http.StatusOK)
}

// verified tells whether a post is from the system.
func (c *connection) verified(r *http.Request, body []byte, n hookNote) bool {
	v, s := c.preset.Webhook.Verify, c.scope()
	kind, _ := s.expand(v.Kind, nil)
	secret, _ := s.expand(v.Secret, nil)
	if secret == "" {
		secret = n.Secret
	}
	header, _ := s.expand(v.Header, nil)
	got := strings.TrimPrefix(r.Header.Get(header), v.Prefix)
	switch {
	case kind == "none":
		return true
	case secret == "":
		return false
	case kind == "token":
		return hmac.Equal([]byte(got), []byte(secret))
	case kind == "hmac":
		return hmac.Equal([]byte(strings.ToLower(got)), []byte(signature(secret, body, "hex"))) && v.Encoding != "base64" ||
			v.Encoding == "base64" && hmac.Equal([]byte(got), []byte(signature(secret, body, "base64")))
	case kind == "standard":
		return c.standard(r, body, secret)
	}
	return false
}

// standard verifies by the Standard Webhooks specification: HMAC-SHA256 over id, time and body.
func (c *connection) standard(r *http.Request, body []byte, secret string) bool {
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	if age := c.cfg.Now().Sub(time.Unix(at, 0)); age > clockSkew || age < -clockSkew {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		key = []byte(secret)
	}
	want := signature(string(key), append([]byte(id+"."+stamp+"."), body...), "base64")
	for _, one := range strings.Fields(r.Header.Get("webhook-signature")) {
		if got, ok := strings.CutPrefix(one, "v1,"); ok && hmac.Equal([]byte(got), []byte(want)) {
			return true
		}
	}
	return false
}

type posted struct {
	*bridges.Inbound
	err error
}

// read makes of a post what is handed in. What cannot be read waits for a person, with its original.
func (c *connection) read(r *http.Request, body []byte) []posted {
	hook := c.preset.Webhook
	key := r.Header.Get("webhook-id")
	decode := record.DecodeJSON
	if c.preset.Format == "xml" {
		decode = record.DecodeXML
	}
	whole, err := decode(body, answers)
	if err != nil {
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		return []posted{{Inbound: &bridges.Inbound{Key: key, Unread: "What " + c.preset.Title + " posted cannot be read.", Document: bridges.Document{MediaType: media, Bytes: body}}}}
	}
	items := c.nodesAt(whole, hook.Items)
	var out []posted
	for _, item := range items {
		if !c.holds(item, hook.Only) {
			continue
		}
		in, err := c.inbound(r.Context(), item, source{hook.News, hook.Key, hook.Detail, hook.At, hook.Reference, hook.Status, hook.Text, hook.Changed}, func(string) bool { return false })
		if in != nil && len(items) == 1 && hook.Key == "" && key != "" {
			in.Key = key
		}
		if in != nil && hook.Detail == nil && len(items) == 1 && !hook.News && items[0] == whole {
			in.Document.Bytes = body // byte for byte
		}
		out = append(out, posted{in, err})
	}
	return out
}

// subscribes tells whether the preset asks the system to post to us.
func (c *connection) subscribes() bool {
	hook := c.preset.Webhook
	return hook != nil && hook.Subscribe != nil && c.cfg.Address != "" && c.scope().on(hook.If)
}

// renewHook subscribes, and renews the subscription before it ends.
func (c *connection) renewHook(ctx context.Context) error {
	if !c.subscribes() {
		return nil
	}
	hook, now := c.preset.Webhook, c.cfg.Now()
	n, err := c.hook()
	if err != nil || n.ID != "" && now.Before(n.Until) {
		return err
	}
	s := c.scope()
	s.texts["webhook.address"], s.texts["webhook.id"] = c.cfg.Address, n.ID
	every := time.Duration(hook.Every)
	if every == 0 {
		every = renewalTime
	}
	if n.ID != "" && hook.Renew != nil {
		a, err := c.do(ctx, &hook.Renew.Request, s, true)
		if err == nil {
			err = c.judge(a, hook.Renew.OK, nil)
		}
		var be *bridges.Error
		if err == nil {
			n.Until = now.Add(every)
			return c.saveHook(ctx, n)
		}
		if !errors.As(err, &be) || be.Class == bridges.Temporary || be.Class == bridges.Unknown {
			return err
		}
		n.ID = "" // it is gone there: subscribe anew
	}
	return c.subscribe(ctx, hook, n, s, now.Add(every))
}

func (c *connection) subscribe(ctx context.Context, hook *presets.Webhook, n hookNote, s scope, until time.Time) error {
	n.Asked = c.cfg.Now()
	if err := c.saveHook(ctx, n); err != nil {
		return err
	}
	a, err := c.do(ctx, &hook.Subscribe.Request, s, true)
	if err == nil {
		err = c.judge(a, hook.Subscribe.OK, nil)
	}
	if err != nil {
		return err
	}
	if n, err = c.hook(); err != nil { // the handshake may have come in between
		return err
	}
	n.ID, n.Until = ownID(a, hook.Subscribe.ID), until
	if n.ID == "" {
		n.ID = "subscribed"
	}
	return c.saveHook(ctx, n)
}
