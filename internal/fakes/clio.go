package fakes

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Clio is a law practice's account. Its traps: without the parameter fields an answer has only id and etag; a webhook begins with
// a handshake and ends after 31 days; a refresh token gets access tokens; a repeated POST makes a second record.
type Clio struct {
	Client, Secret, Refresh string
	Now                     func() time.Time // nil: the system's clock

	mu       sync.Mutex
	contacts []row
	matters  []row
	notes    []row
	hooks    map[string]row
	secrets  map[string]string // of hooks
	valid    string
}

func (c *Clio) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Counts tells how many contacts and matters are there.
func (c *Clio) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := map[string]int{"contacts": len(c.contacts), "matters": len(c.matters)}
	if len(c.notes) > 0 {
		counts["notes"] = len(c.notes)
	}
	return counts
}

// Hooks tells until when each webhook lasts.
func (c *Clio) Hooks() map[string]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]time.Time{}
	for id, h := range c.hooks {
		out[id], _ = time.Parse(time.RFC3339, text(h["expires_at"]))
	}
	return out
}

// Decide sets the status of all matters and tells the webhooks; it gives the status of their last answer.
func (c *Clio) Decide(status string) (answered int, err error) {
	c.mu.Lock()
	var posts []*http.Request
	for _, m := range c.matters {
		m["status"], m["updated_at"] = status, time.Now().UTC().Format(time.RFC3339)
		for id, h := range c.hooks {
			b, _ := json.Marshal(row{"data": chosen(m, text(h["fields"])), "meta": row{"event": "updated", "webhook_id": id}})
			r, err := http.NewRequest(http.MethodPost, text(h["url"]), bytes.NewReader(b))
			if err != nil {
				c.mu.Unlock()
				return 0, err
			}
			mac := hmac.New(sha256.New, []byte(c.secrets[id]))
			mac.Write(b)
			r.Header.Set("X-Hook-Signature", hex.EncodeToString(mac.Sum(nil)))
			posts = append(posts, r)
		}
	}
	c.mu.Unlock()
	for _, r := range posts {
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		_ = a.Body.Close()
		answered = a.StatusCode
	}
	return answered, nil
}

func (c *Clio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.URL.Path == "/oauth/token" {
		if r.FormValue("grant_type") != "refresh_token" || r.FormValue("client_id") != c.Client || r.FormValue("client_secret") != c.Secret || r.FormValue("refresh_token") != c.Refresh {
			say(w, http.StatusUnauthorized, row{"error": "invalid_grant"})
			return
		}
		c.valid = "access"
		say(w, http.StatusOK, row{"access_token": c.valid, "token_type": "bearer", "expires_in": 2592000})
		return
	}
	if c.valid == "" || r.Header.Get("Authorization") != "Bearer "+c.valid {
		say(w, http.StatusUnauthorized, row{"error": row{"type": "UnauthorizedError", "message": "User is forbidden from taking that action"}})
		return
	}
	in, _ := body(r)
	data, _ := in["data"].(row)
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v4"); {
	case path == "/users/who_am_i.json":
		say(w, http.StatusOK, row{"data": row{"id": 1}})
	case path == "/contacts.json":
		c.records(w, r, &c.contacts, data, "title")
	case path == "/matters.json":
		c.records(w, r, &c.matters, data, "client_reference")
	case path == "/notes.json":
		c.note(w, r, data)
	case strings.HasPrefix(path, "/webhooks"):
		c.webhook(w, r, strings.TrimSuffix(strings.TrimPrefix(path, "/webhooks/"), ".json"), data)
	default:
		say(w, http.StatusNotFound, row{"error": row{"type": "NotFound", "message": "not found"}})
	}
}

// chosen gives the fields that were asked for: without any, id and etag.
func chosen(r row, fields string) row {
	out := row{"id": r["id"], "etag": `"e"`}
	for _, f := range strings.Split(fields, ",") {
		if v, ok := r[f]; ok {
			out[f] = v
		}
	}
	return out
}

func (c *Clio) records(w http.ResponseWriter, r *http.Request, in *[]row, data row, by string) {
	fields := r.URL.Query().Get("fields")
	if r.Method == http.MethodGet {
		found := []row{}
		for _, one := range *in {
			if q := r.URL.Query().Get("query"); q == "" || strings.Contains(text(one[by]), q) {
				found = append(found, chosen(one, fields))
			}
		}
		say(w, http.StatusOK, row{"data": found, "meta": row{"paging": row{}, "records": len(found)}})
		return
	}
	if b := text(data["date_of_birth"]); b != "" {
		if _, err := time.Parse(time.DateOnly, b); err != nil {
			say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "date_of_birth is not a date"}})
			return
		}
	}
	data["id"], data["updated_at"] = len(*in)+1, time.Now().UTC().Format(time.RFC3339)
	*in = append(*in, data)
	say(w, http.StatusCreated, row{"data": chosen(data, fields)})
}

// note lists or adds notes of a matter. Its traps: the type must be said, and a repeated POST makes a second one.
func (c *Clio) note(w http.ResponseWriter, r *http.Request, data row) {
	q := r.URL.Query()
	if r.Method == http.MethodGet {
		if q.Get("type") == "" {
			say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "type is required"}})
			return
		}
		found := []row{}
		for _, n := range c.notes {
			if of, _ := n["matter"].(row); fmt.Sprint(of["id"]) == q.Get("matter_id") {
				found = append(found, chosen(n, q.Get("fields")))
			}
		}
		say(w, http.StatusOK, row{"data": found})
		return
	}
	of, _ := data["matter"].(row)
	if _, number := of["id"].(float64); !number || text(data["type"]) != "Matter" {
		say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "matter is required"}})
		return
	}
	data["id"] = len(c.notes) + 1
	c.notes = append(c.notes, data)
	say(w, http.StatusCreated, row{"data": chosen(data, q.Get("fields"))})
}

func (c *Clio) webhook(w http.ResponseWriter, r *http.Request, id string, data row) {
	until, err := time.Parse(time.RFC3339, text(data["expires_at"]))
	if err != nil || until.Sub(c.now()) > 31*24*time.Hour {
		say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "expires_at must be within 31 days"}})
		return
	}
	if r.Method == http.MethodPatch {
		if c.hooks[id] == nil {
			say(w, http.StatusNotFound, row{"error": row{"type": "NotFound"}})
			return
		}
		c.hooks[id]["expires_at"] = data["expires_at"]
		say(w, http.StatusOK, row{"data": row{"id": id}})
		return
	}
	// The handshake: the address must send the secret back before the webhook lives.
	secret := fmt.Sprintf("hook-secret-%04d-0123456789", len(c.hooks)+1)
	q, err := http.NewRequest(http.MethodPost, text(data["url"]), nil)
	if err != nil {
		say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "url is no address"}})
		return
	}
	q.Header.Set("X-Hook-Secret", secret)
	a, err := http.DefaultClient.Do(q)
	if err != nil || a.Header.Get("X-Hook-Secret") != secret {
		say(w, http.StatusUnprocessableEntity, row{"error": row{"type": "ArgumentError", "message": "url did not answer the handshake"}})
		return
	}
	_ = a.Body.Close()
	if c.hooks == nil {
		c.hooks, c.secrets = map[string]row{}, map[string]string{}
	}
	id = fmt.Sprint(len(c.hooks) + 1)
	data["id"] = id
	c.hooks[id], c.secrets[id] = data, secret
	say(w, http.StatusCreated, row{"data": chosen(data, r.URL.Query().Get("fields"))})
}
