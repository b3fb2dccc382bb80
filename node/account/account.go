// Package account keeps the people of a node: who they are, how they prove it, what they may do in which organization,
// and their sessions. It promises: a password alone opens nothing but the way to a second factor; what proves a person
// is kept as a hash, or sealed with the node's store; a role that is taken away, and a session that is ended, open nothing
// from that moment; who guesses is slowed down, and nobody can lock another person out.
//
// It owns scs, go-webauthn and pquerna/otp. Events carry ids of accounts, never names or addresses.
package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"
	"github.com/go-webauthn/webauthn/webauthn"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Role is what a person is in one organization.
type Role string

// The roles, each with less than the one before; an auditor reads and changes nothing.
const (
	Owner   Role = "owner"
	Admin   Role = "admin"
	Worker  Role = "worker" // intake worker
	Auditor Role = "auditor"
)

// Roles are all of them.
var Roles = []Role{Owner, Admin, Worker, Auditor}

// Account is a person as others may see it.
type Account struct {
	ID       string                  `json:"id"`
	Name     string                  `json:"name"`
	Email    string                  `json:"email"`
	Language string                  `json:"language,omitempty"`
	Roles    map[protocol.OrgID]Role `json:"roles"`
	Operator bool                    `json:"operator,omitempty"` // runs the node: organizations, no referrals
	Created  int64                   `json:"created"`            // ms since 1970
	Invited  bool                    `json:"invited,omitempty"`  // has not taken the invitation up yet
	SeenAt   int64                   `json:"seenAt,omitempty"`   // last sign-in, ms since 1970
}

// Actor is how events name the person.
func (a *Account) Actor() string { return "person " + a.ID }

// stored is an account with what proves it.
type stored struct {
	Account
	Password string        `json:"password,omitempty"` // argon2id, as $argon2id$…
	TOTP     *totpKey      `json:"totp,omitempty"`
	Codes    []string      `json:"codes,omitempty"` // argon2id of recovery codes; "" is used up
	Passkeys []passkey     `json:"passkeys,omitempty"`
	Devices  []knownDevice `json:"devices,omitempty"`
	Epoch    int           `json:"epoch"` // sessions of an earlier one are dead
	Demo     bool          `json:"demo,omitempty"`
}

type passkey struct {
	ID         string              `json:"id"`
	Name       string              `json:"name"`
	Created    int64               `json:"created"`
	Credential webauthn.Credential `json:"credential"`
}

// secured tells whether the account has what a password alone is not.
func (s *stored) secured() bool { return s.TOTP != nil || len(s.Passkeys) > 0 || s.Demo }

func (s *stored) clone() *stored {
	c := *s
	c.Roles = maps.Clone(s.Roles)
	c.Codes, c.Passkeys, c.Devices = slices.Clone(s.Codes), slices.Clone(s.Passkeys), slices.Clone(s.Devices)
	if s.TOTP != nil {
		k := *s.TOTP
		c.TOTP = &k
	}
	return &c
}

// Config is what a Book works with.
type Config struct {
	Node *store.Node
	// Org gives an organization's store, for events about who belongs to it; false when the node does not host it.
	Org func(protocol.OrgID) (*store.Org, bool)
	// URL is how people open the node in a browser, for example https://referrals.example.org. Passkeys are bound to it.
	URL string
	// Demo lets accounts of invented people in without a second factor. Never for real ones.
	Demo bool
	Now  func() time.Time
	Log  *slog.Logger
}

// Book is all accounts of a node. Safe for use by several goroutines.
type Book struct {
	Config
	sessions *scs.SessionManager
	kept     *kept
	keys     *webauthn.WebAuthn // nil when the URL's host cannot have passkeys
	slow     throttle
	hashing  chan struct{} // as many argon2 at once as there is memory for

	mu      sync.RWMutex
	byID    map[string]*stored // values are never changed, only replaced
	byEmail map[string]string
	writing sync.Mutex // one change at a time
}

// Errors that callers tell apart. All say what to do next.
var (
	ErrNone   = errors.New("there is no such person here")
	ErrWrong  = errors.New("the e-mail address, the password or the code is not right; try again, or ask an admin to let you set a new password")
	ErrSecond = errors.New("enter the code from your authenticator app, or a recovery code")
	ErrTicket = errors.New("this link was used or is too old; ask for a new one")
	ErrLast   = errors.New("this is the last owner of the organization; make another person owner first")
	ErrTaken  = errors.New("this person is here already; change their role instead")
	ErrInput  = errors.New("") // wrapped by what a person can correct
)

func input(format string, a ...any) error {
	return fmt.Errorf("%w"+format, append([]any{ErrInput}, a...)...)
}

const area = "account"

// Open reads all accounts.
func Open(cfg Config) (*Book, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Book{Config: cfg, byID: map[string]*stored{}, byEmail: map[string]string{}, hashing: make(chan struct{}, 2)}
	b.slow.now = cfg.Now
	b.kept = &kept{node: cfg.Node, now: cfg.Now, rows: map[string]keptSession{}}
	if err := b.kept.load(); err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	b.At(cfg.URL)
	err := cfg.Node.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K(area), store.Key{}) {
			if err != nil {
				return err
			}
			var s stored
			if err := json.Unmarshal(item.Row.Kept, &s); err != nil {
				return err
			}
			b.put(&s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return b, nil
}

func (b *Book) put(s *stored) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if was := b.byID[s.ID]; was != nil {
		delete(b.byEmail, fold(was.Email))
	}
	b.byID[s.ID], b.byEmail[fold(s.Email)] = s, s.ID
}

// fold is how addresses are compared.
func fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func (b *Book) get(id string) (*stored, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if s := b.byID[id]; s != nil {
		return s, nil
	}
	return nil, ErrNone
}

func (b *Book) find(email string) *stored {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.byID[b.byEmail[fold(email)]]
}

// Find gives the account with an e-mail address, or ErrNone.
func (b *Book) Find(email string) (Account, error) {
	s := b.find(email)
	if s == nil {
		return Account{}, ErrNone
	}
	return s.clone().Account, nil
}

// Any tells whether somebody can sign in: whether the node is set up.
func (b *Book) Any() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, s := range b.byID {
		if !s.Invited {
			return true
		}
	}
	return false
}

// Members lists the people of an organization by name; "" lists everybody on the node.
func (b *Book) Members(org protocol.OrgID) []Account {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := []Account{}
	for _, s := range b.byID {
		if _, in := s.Roles[org]; in || org == "" {
			all = append(all, s.clone().Account)
		}
	}
	slices.SortFunc(all, func(a, b Account) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// change alters one account durably: f gets a copy. The event goes to the node's log, and to those of the organizations.
func (b *Book) change(ctx context.Context, id, actor, kind string, orgs []protocol.OrgID, f func(*stored) error) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	was, err := b.get(id)
	if err != nil {
		return err
	}
	now := was.clone()
	if err := f(now); err != nil {
		return err
	}
	return b.write(ctx, now, actor, kind, orgs)
}

func (b *Book) write(ctx context.Context, s *stored, actor, kind string, orgs []protocol.OrgID) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	event := audit.Event{At: b.Now().UnixMilli(), Actor: actor, Kind: kind, Subject: s.ID}
	err = b.Node.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Put(store.K(area, s.ID), store.Row{Kept: text}); err != nil {
			return err
		}
		if kind == "" {
			return nil
		}
		_, err := audit.Record(tx, event)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	b.put(s)
	return b.tell(ctx, event, orgs)
}

// tell writes an event into the logs of organizations, where their own people and partners' claims are looked up.
func (b *Book) tell(ctx context.Context, e audit.Event, orgs []protocol.OrgID) error {
	for _, id := range orgs {
		org, ok := b.Org(id)
		if !ok {
			continue
		}
		err := org.Update(ctx, func(tx *store.Tx) error {
			_, err := audit.Record(tx, e)
			return err
		})
		if err != nil {
			return fmt.Errorf("record who belongs to the organization: %w", err)
		}
	}
	return nil
}

// checkPerson gives name and address as they are kept.
func checkPerson(name, email string) (string, string, error) {
	name, email = strings.Join(strings.Fields(name), " "), strings.TrimSpace(email)
	switch a, err := mail.ParseAddress(email); {
	case name == "" || utf8.RuneCountInString(name) > 100:
		return "", "", input("Write the person's name, in up to 100 characters.")
	case err != nil || a.Address != email || len(email) > 200:
		return "", "", input("Write an e-mail address like ana@example.org.")
	}
	return name, email, nil
}

// newID is an account's id: random, so that it says nothing about the person.
func newID() string { return "p" + token(10) }

// token is n random bytes as lower-case text.
func token(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
