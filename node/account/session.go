package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"referworks/node/store"
	"referworks/protocol"
)

// How long a session lasts (OWASP ASVS 5.0, 7.1.1), and how long an act of trust may follow a proof of who one is.
const (
	idleLimit     = 30 * time.Minute
	absoluteLimit = 12 * time.Hour
	stepUpLasts   = 10 * time.Minute
	deviceLasts   = 180 * 24 * time.Hour
	mostDevices   = 20
)

// Session is what a request's cookie opens. It belongs to one request.
type Session struct {
	book    *Book
	ctx     context.Context // with the data of scs
	Account *Account        // nil when nobody is signed in
	Org     protocol.OrgID
	Secured bool // there is a second factor; without one the account may only add it
	StepUp  time.Time
}

// The members of a session's data.
const (
	keyAccount   = "account"
	keyEpoch     = "epoch"
	keyOrg       = "org"
	keyStepUp    = "stepUp"
	keyChallenge = "challenge" // of a passkey, for one use
)

// At says under which address people open the node: cookies and passkeys are bound to it. Call it before the first request.
func (b *Book) At(address string) {
	b.URL = strings.TrimSuffix(address, "/")
	b.sessions = &scs.SessionManager{ // not by scs.New, which starts a goroutine for a store in memory
		Lifetime: absoluteLimit, IdleTimeout: idleLimit, HashTokenInStore: true, Codec: codec{}, Store: b.kept,
		Cookie: scs.SessionCookie{Name: b.cookie("rw"), Path: "/", HttpOnly: true, Secure: b.secure(), SameSite: http.SameSiteStrictMode},
	}
	b.openPasskeys()
}

// cookie names a cookie so that nodes on one machine, which differ in their port only, do not share it, and so that over
// TLS no other host can set it (RFC 6265bis, 4.1.3).
func (b *Book) cookie(name string) string {
	u, err := url.Parse(b.URL)
	if err == nil && u.Port() != "" {
		name += "-" + u.Port()
	}
	if b.secure() {
		name = "__Host-" + name
	}
	return name
}

// secure tells whether people come over TLS; then the cookie's name and flag bind it to this host.
func (b *Book) secure() bool {
	u, err := url.Parse(b.URL)
	return err == nil && u.Scheme == "https"
}

// Session reads what a request's cookie opens; it is never nil.
func (b *Book) Session(r *http.Request) (*Session, error) {
	token := ""
	if c, err := r.Cookie(b.sessions.Cookie.Name); err == nil {
		token = c.Value
	}
	ctx, err := b.sessions.Load(r.Context(), token)
	if err != nil {
		return nil, err
	}
	s := &Session{book: b, ctx: ctx}
	s.read()
	return s, nil
}

// read fills in who it is, as the account is now.
func (s *Session) read() {
	m := s.book.sessions
	s.Account, s.Org, s.Secured, s.StepUp = nil, "", false, time.Time{}
	a, err := s.book.get(m.GetString(s.ctx, keyAccount))
	if err != nil || m.GetString(s.ctx, keyEpoch) != strconv.Itoa(a.Epoch) || a.Invited {
		return
	}
	c := a.clone()
	s.Account, s.Secured = &c.Account, a.secured()
	at, _ := strconv.ParseInt(m.GetString(s.ctx, keyStepUp), 10, 64)
	s.StepUp = time.UnixMilli(at).Add(stepUpLasts)
	if a.Demo && s.book.Demo { // an invented person has nothing to prove it with
		s.StepUp = s.book.Now().Add(stepUpLasts)
	}
	s.Org = protocol.OrgID(m.GetString(s.ctx, keyOrg))
	if _, in := c.Roles[s.Org]; !in {
		s.Org = ""
		if all := slices.Sorted(maps.Keys(c.Roles)); len(all) > 0 {
			s.Org = all[0]
		}
	}
}

// Role is what the person is in the session's organization; "" for nothing.
func (s *Session) Role() Role {
	if s.Account == nil {
		return ""
	}
	return s.Account.Roles[s.Org]
}

// Fresh tells whether the person proved a short time ago who they are.
func (s *Session) Fresh() bool { return s.Account != nil && s.book.Now().Before(s.StepUp) }

// Alive tells whether the session still opens the organization with the role that it had: for streams that stay open.
func (s *Session) Alive() bool {
	if s.Account == nil {
		return false
	}
	a, err := s.book.get(s.Account.ID)
	if err != nil || strconv.Itoa(a.Epoch) != s.book.sessions.GetString(s.ctx, keyEpoch) || a.Roles[s.Org] != s.Account.Roles[s.Org] {
		return false
	}
	_, found, err := s.book.kept.Find(s.row())
	return err == nil && found
}

// row is where scs keeps the session (HashTokenInStore).
func (s *Session) row() string {
	sum := sha256.Sum256([]byte(s.book.sessions.Token(s.ctx)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Touch keeps the session for another while; call it once for each request of a person.
func (s *Session) Touch() error {
	if s.Account == nil {
		return nil
	}
	return s.book.kept.extend(s.row())
}

// enter makes the session the account's, under a new token.
func (s *Session) enter(w http.ResponseWriter, a *stored) error {
	m := s.book.sessions
	org := m.GetString(s.ctx, keyOrg)
	if err := m.Clear(s.ctx); err != nil {
		return err
	}
	if err := m.RenewToken(s.ctx); err != nil {
		return err
	}
	m.Put(s.ctx, keyAccount, a.ID)
	m.Put(s.ctx, keyEpoch, strconv.Itoa(a.Epoch))
	m.Put(s.ctx, keyOrg, org)
	m.Put(s.ctx, keyStepUp, strconv.FormatInt(s.book.Now().UnixMilli(), 10))
	return s.save(w)
}

// renew goes on with the same person under a new token: after a proof of who they are, and after a change that ended
// all other sessions.
func (s *Session) renew(w http.ResponseWriter) error {
	a, err := s.book.get(s.Account.ID)
	if err != nil {
		return err
	}
	m := s.book.sessions
	if err := m.RenewToken(s.ctx); err != nil {
		return err
	}
	m.Put(s.ctx, keyEpoch, strconv.Itoa(a.Epoch))
	m.Put(s.ctx, keyStepUp, strconv.FormatInt(s.book.Now().UnixMilli(), 10))
	return s.save(w)
}

// Renew is renew for a change that the person made themselves.
func (s *Session) Renew(w http.ResponseWriter) error { return s.renew(w) }

func (s *Session) save(w http.ResponseWriter) error {
	token, expiry, err := s.book.sessions.Commit(s.ctx)
	if err != nil {
		return err
	}
	s.book.sessions.WriteSessionCookie(s.ctx, w, token, expiry)
	s.read()
	return nil
}

// SignOut ends the session.
func (s *Session) SignOut(w http.ResponseWriter) error {
	if err := s.book.sessions.Destroy(s.ctx); err != nil {
		return err
	}
	s.book.sessions.WriteSessionCookie(s.ctx, w, "", time.Time{})
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	s.Account = nil
	return nil
}

// Choose changes the organization that the session is for.
func (s *Session) Choose(w http.ResponseWriter, org protocol.OrgID) error {
	if _, in := s.Account.Roles[org]; !in {
		return ErrNone
	}
	s.book.sessions.Put(s.ctx, keyOrg, string(org))
	return s.save(w)
}

// keep and take hold what a passkey has to answer, for one use.
func (s *Session) keep(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.book.sessions.Put(s.ctx, keyChallenge, string(text))
	return s.save(w)
}

func (s *Session) take(v any) error {
	text := s.book.sessions.PopString(s.ctx, keyChallenge)
	if _, _, err := s.book.sessions.Commit(s.ctx); err != nil {
		return err
	}
	if text == "" {
		return input("The question to your passkey is too old. Start again.")
	}
	return json.Unmarshal([]byte(text), v)
}

// codec writes a session's data, all text, in one way.
type codec struct{}

type coded struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode implements scs.Codec.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	c := coded{deadline, map[string]string{}}
	for k, v := range values {
		c.Values[k], _ = v.(string)
	}
	return json.Marshal(c)
}

// Decode implements scs.Codec.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	var c coded
	err := json.Unmarshal(b, &c)
	values := map[string]any{}
	for k, v := range c.Values {
		values[k] = v
	}
	return c.Deadline, values, err
}

// kept stores sessions in the node's room and answers from memory. A session that was only used is written once a minute
// at most.
type kept struct {
	node *store.Node
	now  func() time.Time
	mu   sync.Mutex
	rows map[string]keptSession
	next time.Time // of sweeping
}

type keptSession struct {
	Data   []byte    `json:"data"`
	Expiry time.Time `json:"expiry"`
	Ends   time.Time `json:"ends"` // however much it is used
	saved  time.Time // expiry as written
}

const (
	sessionArea = "session"
	writeEvery  = time.Minute
	mostRows    = 20_000
)

func (k *kept) load() error {
	return k.node.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K(sessionArea), store.Key{}) {
			if err != nil {
				return err
			}
			var s keptSession
			if err := json.Unmarshal(item.Row.Kept, &s); err != nil {
				return err
			}
			s.saved = s.Expiry
			k.rows[item.Key.At(1)] = s
		}
		return nil
	})
}

// Find implements scs.Store.
func (k *kept) Find(token string) ([]byte, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.rows[token]
	if !ok || k.now().After(s.Expiry) {
		return nil, false, nil
	}
	return s.Data, true, nil
}

// Commit implements scs.Store.
func (k *kept) Commit(token string, data []byte, _ time.Time) error {
	k.sweep()
	k.mu.Lock()
	s, known := k.rows[token]
	if !known {
		s.Ends = k.now().Add(absoluteLimit)
	}
	s.Data, s.Expiry = data, k.expiry(s)
	s.saved = s.Expiry
	k.rows[token] = s
	k.mu.Unlock()
	return k.write(token, s)
}

// extend lets a session that is there last longer; one that was ended meanwhile stays ended.
func (k *kept) extend(token string) error {
	k.mu.Lock()
	s, known := k.rows[token]
	expiry := k.expiry(s)
	write := known && expiry.Sub(s.saved) > writeEvery
	if known {
		s.Expiry = expiry
		if write {
			s.saved = expiry
		}
		k.rows[token] = s
	}
	k.mu.Unlock()
	if !write {
		return nil
	}
	return k.write(token, s)
}

// expiry is when a session ends that nobody uses any more from now on.
func (k *kept) expiry(s keptSession) time.Time {
	at := k.now().Add(idleLimit)
	if s.Ends.Before(at) {
		return s.Ends
	}
	return at
}

func (k *kept) write(token string, s keptSession) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return k.node.UpdateAlways(context.Background(), func(tx *store.Tx) error {
		k.mu.Lock()
		_, known := k.rows[token]
		k.mu.Unlock()
		if !known {
			return nil
		}
		return tx.Put(store.K(sessionArea, token), store.Row{Kept: text})
	})
}

// Delete implements scs.Store.
func (k *kept) Delete(token string) error {
	k.mu.Lock()
	_, known := k.rows[token]
	delete(k.rows, token)
	k.mu.Unlock()
	if !known {
		return nil
	}
	return k.node.UpdateAlways(context.Background(), func(tx *store.Tx) error { return tx.Delete(store.K(sessionArea, token)) })
}

// sweep takes away what has expired, once a minute.
func (k *kept) sweep() {
	k.mu.Lock()
	now := k.now()
	var old []string
	if now.After(k.next) || len(k.rows) > mostRows {
		k.next = now.Add(time.Minute)
		for token, s := range k.rows {
			if now.After(s.Expiry) {
				old = append(old, token)
				delete(k.rows, token)
			}
		}
	}
	k.mu.Unlock()
	if len(old) > 0 {
		k.node.Later(func(tx *store.Tx) error {
			for _, token := range old {
				if err := tx.Delete(store.K(sessionArea, token)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
