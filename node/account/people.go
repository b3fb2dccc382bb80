package account

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// ticket is a link that lets one person set a password once: the first of a node, an invited one, or one who lost theirs.
type ticket struct {
	Account string `json:"account,omitempty"` // "" makes the first one
	Reset   bool   `json:"reset,omitempty"`   // takes the second factor away too; only who runs the node may
	Expires int64  `json:"expires"`           // ms since 1970
}

const (
	ticketArea   = "account-link"
	inviteLasts  = 7 * 24 * time.Hour
	firstLasts   = 24 * time.Hour
	mostAccounts = 20_000
)

// issue makes a link's code; what is kept of it is a hash.
func (b *Book) issue(ctx context.Context, t ticket) (string, error) {
	code := token(20)
	text, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return code, b.Node.Update(ctx, func(tx *store.Tx) error {
		// One link for one person: a new one makes the older useless.
		for item, err := range tx.Scan(store.K(ticketArea), store.Key{}) {
			if err != nil {
				return err
			}
			var old ticket
			if json.Unmarshal(item.Row.Kept, &old) != nil || old.Account == t.Account || old.Expires < b.Now().UnixMilli() {
				if err := tx.Delete(item.Key); err != nil {
					return err
				}
			}
		}
		return tx.Put(store.K(ticketArea, digest(code)), store.Row{Kept: text})
	})
}

func (b *Book) lookUp(code string) (t ticket, err error) {
	err = b.Node.View(func(tx *store.Tx) error {
		row, err := tx.Get(store.K(ticketArea, digest(code)))
		if errors.Is(err, store.ErrNotFound) {
			return ErrTicket
		} else if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &t)
	})
	if err == nil && (t.Expires < b.Now().UnixMilli() || t.Account == "" && b.Any()) {
		err = ErrTicket
	}
	return t, err
}

// FirstLink gives the code with which the first person makes an account, for 24 hours; "" when there is one.
func (b *Book) FirstLink(ctx context.Context) (string, error) {
	if b.Any() {
		return "", nil
	}
	return b.issue(ctx, ticket{Expires: b.Now().Add(firstLasts).UnixMilli()})
}

// Invitation is what a link is for, as its page shows it.
type Invitation struct {
	First bool   `json:"first" doc:"It makes the first account of the node."`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// LookAt tells what a code is for, or ErrTicket.
func (b *Book) LookAt(from Place, code string) (Invitation, error) {
	keys := map[string]int{"link " + from.Address: freeForPlace}
	if err := b.slow.ask(keys); err != nil {
		return Invitation{}, err
	}
	t, err := b.lookUp(code)
	if err != nil {
		return Invitation{}, err
	}
	b.slow.good(keys)
	if t.Account == "" {
		return Invitation{First: true}, nil
	}
	a, err := b.get(t.Account)
	if err != nil {
		return Invitation{}, ErrTicket
	}
	return Invitation{Name: a.Name, Email: a.Email}, nil
}

// Enter takes a link up: the person has a password from now on, and the session is theirs. The first person is owner of
// what the node hosts, and runs it.
func (s *Session) Enter(w http.ResponseWriter, from Place, code, name, email, password string, hosted []protocol.OrgID) error {
	b, ctx := s.book, s.ctx
	if _, err := b.LookAt(from, code); err != nil {
		return err
	}
	t, err := b.lookUp(code)
	if err != nil {
		return err
	}
	if t.Account != "" {
		a, err := b.get(t.Account)
		if err != nil {
			return ErrTicket
		}
		email = a.Email
	}
	if name, email, err = checkPerson(name, email); err != nil {
		return err
	}
	if err := checkPassword(password, name, email); err != nil {
		return err
	}
	hash, err := b.hash(ctx, password, ofPassword)
	if err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if t, err = b.lookUp(code); err != nil { // taken up meanwhile
		return err
	}
	now := &stored{Account: Account{ID: newID(), Email: email, Created: b.Now().UnixMilli(), Operator: true, Roles: map[protocol.OrgID]Role{}}}
	orgs, kind := hosted, "account.first"
	if t.Account == "" {
		for _, id := range hosted {
			now.Roles[id] = Owner
		}
	} else {
		was, err := b.get(t.Account)
		if err != nil {
			return ErrTicket
		}
		now, orgs, kind = was.clone(), slices.Sorted(maps.Keys(was.Roles)), "account.joined"
		if !was.Invited {
			kind = "account.password-reset"
		}
	}
	if t.Reset {
		now.TOTP, now.Codes, now.Passkeys = nil, nil, nil
	}
	now.Name, now.Password, now.Invited = name, hash, false
	now.Epoch++
	if err := b.Node.Update(ctx, func(tx *store.Tx) error { return tx.Delete(store.K(ticketArea, digest(code))) }); err != nil {
		return err
	}
	if err := b.write(ctx, now, now.Actor(), kind, orgs); err != nil {
		return err
	}
	if now.TOTP != nil || len(now.Passkeys) > 0 { // a new password does not stand for the second factor
		return nil
	}
	return s.enter(w, now)
}

// Invite adds a person to an organization and gives the code of their link; who has an account already only gets the
// role, and no code.
func (b *Book) Invite(ctx context.Context, actor string, org protocol.OrgID, name, email string, role Role) (Account, string, error) {
	name, email, err := checkPerson(name, email)
	if err != nil {
		return Account{}, "", err
	}
	if !slices.Contains(Roles, role) {
		return Account{}, "", input("Choose a role: owner, admin, worker or auditor.")
	}
	if a := b.find(email); a != nil {
		if _, in := a.Roles[org]; in {
			return Account{}, "", ErrTaken
		}
		err := b.change(ctx, a.ID, actor, "account.role-given", []protocol.OrgID{org}, func(s *stored) error {
			s.Roles[org] = role
			return nil
		})
		if err != nil {
			return Account{}, "", err
		}
		if !a.Invited {
			got, err := b.get(a.ID)
			return got.clone().Account, "", err
		}
		code, err := b.issue(ctx, ticket{Account: a.ID, Expires: b.Now().Add(inviteLasts).UnixMilli()})
		return a.clone().Account, code, err
	}
	s := &stored{Account: Account{ID: newID(), Name: name, Email: email, Created: b.Now().UnixMilli(), Invited: true, Roles: map[protocol.OrgID]Role{org: role}}}
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.find(email) != nil {
		return Account{}, "", ErrTaken
	}
	if len(b.Members("")) >= mostAccounts {
		return Account{}, "", input("This node has as many people as it can keep. Remove some who have left.")
	}
	if err := b.write(ctx, s, actor, "account.invited", []protocol.OrgID{org}); err != nil {
		return Account{}, "", err
	}
	code, err := b.issue(ctx, ticket{Account: s.ID, Expires: b.Now().Add(inviteLasts).UnixMilli()})
	return s.clone().Account, code, err
}

// member gives a person of an organization, or ErrNone: other organizations' people are not there.
func (b *Book) member(org protocol.OrgID, id string) (*stored, error) {
	a, err := b.get(id)
	if err != nil {
		return nil, err
	}
	if _, in := a.Roles[org]; !in {
		return nil, ErrNone
	}
	return a, nil
}

// lastOwner tells whether nobody else can be owner after this.
func (b *Book) lastOwner(org protocol.OrgID, id string) bool {
	for _, a := range b.Members(org) {
		if a.ID != id && a.Roles[org] == Owner && !a.Invited {
			return false
		}
	}
	return true
}

// SetRole gives a member another role, at once in open sessions too; "" removes them from the organization.
func (b *Book) SetRole(ctx context.Context, actor string, org protocol.OrgID, id string, role Role) error {
	a, err := b.member(org, id)
	if err != nil {
		return err
	}
	if role != "" && !slices.Contains(Roles, role) {
		return input("Choose a role: owner, admin, worker or auditor.")
	}
	if a.Roles[org] == Owner && role != Owner && b.lastOwner(org, id) {
		return ErrLast
	}
	kind := "account.role-given"
	if role == "" {
		kind = "account.removed"
	}
	return b.change(ctx, id, actor, kind, []protocol.OrgID{org}, func(s *stored) error {
		if role == "" {
			delete(s.Roles, org)
			return nil
		}
		s.Roles[org] = role
		return nil
	})
}

// Join makes a person an owner of an organization that they have just created.
func (b *Book) Join(ctx context.Context, id string, org protocol.OrgID) error {
	return b.change(ctx, id, "person "+id, "account.role-given", []protocol.OrgID{org}, func(s *stored) error {
		s.Roles[org] = Owner
		return nil
	})
}

// Relink makes a new link for a member, who sets a new password with it; their second factor stays. Their sessions end
// when they use it.
func (b *Book) Relink(ctx context.Context, org protocol.OrgID, id string) (string, error) {
	if _, err := b.member(org, id); err != nil {
		return "", err
	}
	return b.issue(ctx, ticket{Account: id, Expires: b.Now().Add(inviteLasts).UnixMilli()})
}

// Recover is the last resort of who runs the node: a link that takes the second factor away as well.
func (b *Book) Recover(ctx context.Context, email string) (string, error) {
	a := b.find(email)
	if a == nil {
		return "", ErrNone
	}
	if err := b.change(ctx, a.ID, "operator", "account.recovery-begun", slices.Sorted(maps.Keys(a.Roles)), func(*stored) error { return nil }); err != nil {
		return "", err
	}
	return b.issue(ctx, ticket{Account: a.ID, Reset: true, Expires: b.Now().Add(firstLasts).UnixMilli()})
}

// SetOperator lets a person run the node, or not any more.
func (b *Book) SetOperator(ctx context.Context, actor, who string, operator bool) error {
	if a := b.find(who); a != nil {
		who = a.ID
	}
	kind := "account.operator-given"
	if !operator {
		kind = "account.operator-taken"
	}
	return b.change(ctx, who, actor, kind, nil, func(s *stored) error {
		s.Operator = operator
		return nil
	})
}

// Rename changes what a person is called and which language they read.
func (b *Book) Rename(ctx context.Context, id, name, language string) error {
	return b.change(ctx, id, "person "+id, "", nil, func(s *stored) error {
		var err error
		s.Name, _, err = checkPerson(name, s.Email)
		s.Language = language
		return err
	})
}

// SetPassword changes one's own password; all other sessions end.
func (b *Book) SetPassword(ctx context.Context, id, password string) error {
	a, err := b.get(id)
	if err != nil {
		return err
	}
	if err := checkPassword(password, a.Name, a.Email); err != nil {
		return err
	}
	hash, err := b.hash(ctx, password, ofPassword)
	if err != nil {
		return err
	}
	return b.change(ctx, id, "person "+id, "account.password-changed", nil, func(s *stored) error {
		s.Password = hash
		s.Epoch++
		return nil
	})
}

// SignOutEverywhere ends all sessions of an account.
func (b *Book) SignOutEverywhere(ctx context.Context, actor, id string) error {
	return b.change(ctx, id, actor, "account.sessions-ended", nil, func(s *stored) error {
		s.Epoch++
		s.Devices = nil
		return nil
	})
}

// DemoPerson makes an invented person who signs in by a link of the demo's start page: an owner of an organization, or
// with "" somebody who runs the node and belongs to none. It refuses on a node that is not a demo.
func (b *Book) DemoPerson(ctx context.Context, org protocol.OrgID, name, email, language string) (string, error) {
	if !b.Demo {
		return "", errors.New("this node is no demo")
	}
	s := &stored{Demo: true, Account: Account{ID: newID(), Name: name, Email: email, Language: language, Created: b.Now().UnixMilli(), Roles: map[protocol.OrgID]Role{}}}
	if a := b.find(email); a != nil {
		s = a.clone()
	}
	orgs := []protocol.OrgID{}
	if org == "" {
		s.Operator = true
	} else {
		s.Roles[org] = Owner
		orgs = append(orgs, org)
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	return s.ID, b.write(ctx, s, "operator", "account.first", orgs)
}

// EnterDemo signs an invented person in.
func (s *Session) EnterDemo(w http.ResponseWriter, email string) error {
	a := s.book.find(email)
	if a == nil || !a.Demo || !s.book.Demo {
		return ErrNone
	}
	return s.enter(w, a)
}
