package account_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"referworks/node/account"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

const (
	long  = "seven lamps under the cold river"
	other = "a brass kettle and nine wet ducks"
)

// book is an account book over a store in memory, with two organizations and a clock that a test moves.
type book struct {
	*account.Book
	t       *testing.T
	store   *store.Store
	now     time.Time
	one     *store.Org
	two     *store.Org
	address string
}

func newBook(t *testing.T) *book {
	t.Helper()
	b := &book{t: t, now: time.Now(), address: "192.0.2.1"}
	var err error
	b.store, err = store.Open(t.Context(), store.Config{})
	must(t, err)
	t.Cleanup(func() { must(t, b.store.Close()) })
	b.one, err = b.store.CreateOrg(t.Context(), "rw1one")
	must(t, err)
	b.two, err = b.store.CreateOrg(t.Context(), "rw1two")
	must(t, err)
	b.open()
	return b
}

// open makes the book over what is stored, as a start does.
func (b *book) open() {
	b.t.Helper()
	var err error
	b.Book, err = account.Open(account.Config{Node: b.store.Node(), URL: "https://node.test", Now: func() time.Time { return b.now }, Org: func(id protocol.OrgID) (*store.Org, bool) {
		o, err := b.store.Org(id)
		return o, err == nil
	}})
	must(b.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies between requests.
type browser struct {
	b       *book
	cookies map[string]*http.Cookie
}

func (b *book) browser() *browser { return &browser{b, map[string]*http.Cookie{}} }

// ask opens the session of a request and keeps the cookies of its answer.
func (br *browser) ask(f func(s *account.Session, w http.ResponseWriter, from account.Place) error) (*account.Session, error) {
	br.b.t.Helper()
	r := httptest.NewRequest("POST", "/", nil)
	for _, c := range br.cookies {
		r.AddCookie(c)
	}
	s, err := br.b.Session(r)
	must(br.b.t, err)
	w := httptest.NewRecorder()
	err = f(s, w, br.b.Place(r, br.b.address))
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || !strings.HasPrefix(c.Name, "__Host-") {
			br.b.t.Errorf("the cookie %s is not held tight: %+v", c.Name, c)
		}
		br.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(br.cookies, c.Name)
		}
	}
	return s, err
}

func (br *browser) look() *account.Session {
	br.b.t.Helper()
	s, _ := br.ask(func(s *account.Session, _ http.ResponseWriter, _ account.Place) error { return s.Touch() })
	return s
}

func (br *browser) enter(code, name, email, password string) error {
	_, err := br.ask(func(s *account.Session, w http.ResponseWriter, from account.Place) error {
		return s.Enter(w, from, code, name, email, password, []protocol.OrgID{"rw1one"})
	})
	return err
}

func (br *browser) signIn(email, password, code string) error {
	_, err := br.ask(func(s *account.Session, w http.ResponseWriter, from account.Place) error {
		return s.SignIn(w, from, email, password, code)
	})
	return err
}

// owner makes the first account, with an authenticator app, and gives its browser, secret and recovery codes.
func (b *book) owner() (*browser, string, []string) {
	b.t.Helper()
	code, err := b.FirstLink(b.t.Context())
	must(b.t, err)
	br := b.browser()
	must(b.t, br.enter(code, "Ana Ruiz", "ana@harbor.test", long))
	id := br.look().Account.ID
	secret, err := b.BeginTOTP(id)
	must(b.t, err)
	codes, err := b.ConfirmTOTP(b.t.Context(), id, secret.Secret, b.code(secret.Secret))
	must(b.t, err)
	_, err = br.ask(func(s *account.Session, _ http.ResponseWriter, _ account.Place) error { return nil })
	must(b.t, err)
	b.now = b.now.Add(30 * time.Second)
	must(b.t, br.signIn("ana@harbor.test", long, b.code(secret.Secret)))
	return br, secret.Secret, codes
}

func (b *book) code(secret string) string {
	b.t.Helper()
	c, err := totp.GenerateCode(secret, b.now)
	must(b.t, err)
	return c
}

// The first link makes the owner, once; a password alone opens nothing but the way to a second factor.
func TestTheFirstPerson(t *testing.T) {
	b := newBook(t)
	code, err := b.FirstLink(t.Context())
	must(t, err)
	later, err := b.FirstLink(t.Context())
	must(t, err)
	if err := b.browser().enter(code, "Ana", "ana@harbor.test", long); !errors.Is(err, account.ErrTicket) {
		t.Errorf("an older link: %v", err)
	}
	for _, bad := range []string{"short", "aaaaaaaaaaaaaaaaaaaa", "passwordpassword1", "Ana Ruiz Ana Ruiz", "qwertyuiopasdfgh", strings.Repeat("x y ", 60)} {
		if err := b.browser().enter(later, "Ana Ruiz", "ana@harbor.test", bad); !errors.Is(err, account.ErrInput) {
			t.Errorf("the password %q: %v", bad, err)
		}
	}
	br := b.browser()
	must(t, br.enter(later, " Ana  Ruiz ", "ana@harbor.test", long))
	s := br.look()
	if s.Account == nil || s.Account.Name != "Ana Ruiz" || s.Role() != account.Owner || !s.Account.Operator || s.Secured || s.Org != "rw1one" {
		t.Fatalf("the first session: %+v", s)
	}
	if err := b.browser().enter(later, "Eve", "eve@harbor.test", other); !errors.Is(err, account.ErrTicket) {
		t.Errorf("a link that was used: %v", err)
	}
	if code, err := b.FirstLink(t.Context()); code != "" || err != nil {
		t.Errorf("a second first link: %q %v", code, err)
	}
	b.open()
	if s := br.look(); s.Account == nil {
		t.Error("a restart ended the session")
	}
	b.now = b.now.Add(25 * time.Hour)
	if s := br.look(); s.Account != nil {
		t.Error("the session is still open a day later")
	}
}

// Each code opens once: of the app, and of the recovery codes.
func TestSecondFactor(t *testing.T) {
	b := newBook(t)
	_, secret, codes := b.owner()
	if len(codes) != 8 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	br := b.browser()
	if err := br.signIn("ana@harbor.test", long, ""); !errors.Is(err, account.ErrSecond) {
		t.Fatalf("without a code: %v", err)
	}
	if err := br.signIn("ana@harbor.test", long, b.code(secret)); !errors.Is(err, account.ErrWrong) {
		t.Errorf("the code of the last sign-in: %v", err)
	}
	b.now = b.now.Add(30 * time.Second)
	must(t, br.signIn("ANA@harbor.test", long, b.code(secret)))
	if s := br.look(); s.Account == nil || !s.Secured || !s.Fresh() {
		t.Fatalf("%+v", s)
	}
	must(t, b.browser().signIn("ana@harbor.test", long, codes[3]))
	b.open()
	if err := b.browser().signIn("ana@harbor.test", long, codes[3]); !errors.Is(err, account.ErrWrong) {
		t.Errorf("a recovery code twice: %v", err)
	}
	f, err := b.Factors(br.look().Account.ID)
	if err != nil || f.Codes != 7 || !f.TOTP {
		t.Errorf("%+v %v", f, err)
	}
	must(t, b.browser().signIn("ana@harbor.test", long, strings.ToUpper(codes[0])))
	if err := b.DropTOTP(t.Context(), br.look().Account.ID); !errors.Is(err, account.ErrInput) {
		t.Errorf("the last factor was dropped: %v", err)
	}
}

// A session ends by idleness, by signing out, by a change of the password, and by being ended everywhere; signing in
// changes its token.
func TestSessionsEnd(t *testing.T) {
	b := newBook(t)
	br, secret, _ := b.owner()
	id := br.look().Account.ID
	b.now = b.now.Add(29 * time.Minute)
	if br.look().Account == nil {
		t.Fatal("ended early")
	}
	if br.look().Fresh() {
		t.Error("half an hour later no new proof is asked for")
	}
	b.now = b.now.Add(29 * time.Minute)
	if br.look().Account == nil {
		t.Fatal("use did not keep it")
	}
	b.now = b.now.Add(31 * time.Minute)
	if br.look().Account != nil {
		t.Fatal("idle for 31 minutes and open")
	}
	was := br.cookies["__Host-rw"].Value
	must(t, br.signIn("ana@harbor.test", long, b.code(secret)))
	if br.cookies["__Host-rw"].Value == was {
		t.Error("signing in kept the token")
	}
	stolen := &browser{b, map[string]*http.Cookie{"__Host-rw": br.cookies["__Host-rw"]}}
	open := stolen.look()
	if !open.Alive() {
		t.Fatal("not alive")
	}
	_, err := br.ask(func(s *account.Session, w http.ResponseWriter, _ account.Place) error { return s.SignOut(w) })
	must(t, err)
	if stolen.look().Account != nil || open.Alive() {
		t.Error("open after signing out")
	}
	must(t, open.Touch())
	if stolen.look().Account != nil {
		t.Error("a late request opened it again")
	}
	b.now = b.now.Add(time.Minute)
	must(t, br.signIn("ana@harbor.test", long, b.code(secret)))
	must(t, b.SetPassword(t.Context(), id, other))
	if br.look().Account != nil {
		t.Error("open after the password changed")
	}
	b.now = b.now.Add(time.Minute)
	if err := br.signIn("ana@harbor.test", long, b.code(secret)); !errors.Is(err, account.ErrWrong) {
		t.Errorf("the old password: %v", err)
	}
	must(t, br.signIn("ana@harbor.test", other, b.code(secret)))
	must(t, b.SignOutEverywhere(t.Context(), "test", id))
	if br.look().Account != nil {
		t.Error("open after all were ended")
	}
	// The absolute limit.
	b.now = b.now.Add(time.Minute)
	must(t, br.signIn("ana@harbor.test", other, b.code(secret)))
	for range 13 * 3 {
		b.now = b.now.Add(20 * time.Minute)
		br.look()
	}
	if br.look().Account != nil {
		t.Error("open after 13 hours")
	}
}

// Who guesses waits longer and longer; the person with their own browser, and anybody elsewhere, does not.
func TestGuessingIsSlow(t *testing.T) {
	b := newBook(t)
	own, secret, _ := b.owner()
	eve := b.browser()
	waits := 0
	var many *account.TooMany
	for range 12 {
		err := eve.signIn("ana@harbor.test", "wrong wrong wrong", "")
		if errors.As(err, &many) {
			waits++
		} else if !errors.Is(err, account.ErrWrong) {
			t.Fatal(err)
		}
	}
	if waits != 7 {
		t.Errorf("%d of 12 tries had to wait", waits)
	}
	b.now = b.now.Add(time.Minute)
	must(t, own.signIn("ana@harbor.test", long, b.code(secret))) // same address, known browser
	b.address = "192.0.2.99"
	b.now = b.now.Add(time.Minute)
	must(t, b.browser().signIn("ana@harbor.test", long, b.code(secret)))
	b.address = "192.0.2.7"
	waits = 0
	for i := range 60 { // many accounts from one place
		if err := b.browser().signIn(strings.Repeat("x", i+1)+"@harbor.test", "wrong wrong wrong", ""); errors.As(err, &many) {
			waits++
		}
	}
	if waits < 15 {
		t.Errorf("%d of 60 accounts could be tried from one place", 60-waits)
	}
}

// Invitations: once, for a week, by organization; the last owner stays; nobody of another organization is there.
func TestPeopleOfAnOrganization(t *testing.T) {
	b := newBook(t)
	br, _, _ := b.owner()
	ctx, owner := t.Context(), br.look().Account.ID
	lee, code, err := b.Invite(ctx, "person "+owner, "rw1one", "Lee Chan", "lee@harbor.test", account.Worker)
	must(t, err)
	if _, _, err := b.Invite(ctx, "test", "rw1one", "Lee Chan", "LEE@harbor.test", account.Worker); !errors.Is(err, account.ErrTaken) {
		t.Errorf("twice: %v", err)
	}
	if err := b.browser().signIn("lee@harbor.test", "", ""); !errors.Is(err, account.ErrWrong) {
		t.Errorf("an invited person signs in: %v", err)
	}
	in, err := b.LookAt(account.Place{Address: "192.0.2.1"}, code)
	if err != nil || in.Email != "lee@harbor.test" || in.First {
		t.Errorf("%+v %v", in, err)
	}
	theirs := b.browser()
	must(t, theirs.enter(code, "Lee Chan", "evil@harbor.test", other))
	s := theirs.look()
	if s.Account == nil || s.Account.Email != "lee@harbor.test" || s.Role() != account.Worker || s.Account.Operator {
		t.Fatalf("%+v", s.Account)
	}
	must(t, b.SetRole(ctx, "test", "rw1one", lee.ID, account.Auditor))
	if s.Alive() || theirs.look().Role() != account.Auditor {
		t.Error("the role did not change at once")
	}
	for _, id := range []string{lee.ID, owner, "none"} {
		if err := b.SetRole(ctx, "test", "rw1two", id, account.Owner); !errors.Is(err, account.ErrNone) {
			t.Errorf("from another organization: %v", err)
		}
	}
	if err := b.SetRole(ctx, "test", "rw1one", owner, ""); !errors.Is(err, account.ErrLast) {
		t.Errorf("the last owner was removed: %v", err)
	}
	if _, code, err := b.Invite(ctx, "test", "rw1two", "Lee Chan", "lee@harbor.test", account.Owner); err != nil || code != "" {
		t.Errorf("a person who has an account: %q %v", code, err)
	}
	if n := len(b.Members("rw1two")); n != 1 {
		t.Errorf("%d people there", n)
	}
	must(t, b.SetRole(ctx, "test", "rw1one", lee.ID, ""))
	if s := theirs.look(); s.Org != "rw1two" || s.Role() != account.Owner {
		t.Errorf("removed from one: %s %s", s.Org, s.Role())
	}
	code, err = b.Relink(ctx, "rw1two", lee.ID)
	must(t, err)
	b.now = b.now.Add(8 * 24 * time.Hour)
	if err := b.browser().enter(code, "Lee", "", long); !errors.Is(err, account.ErrTicket) {
		t.Errorf("a link of last week: %v", err)
	}
	kinds := map[string]int{}
	all, err := audit.List(b.one, 0, 100)
	must(t, err)
	for _, e := range all {
		kinds[e.Kind]++
		if strings.Contains(e.Subject+e.Actor, "@") || strings.Contains(e.Subject, "Lee") {
			t.Errorf("an event tells who: %+v", e)
		}
	}
	if kinds["account.invited"] != 1 || kinds["account.joined"] != 1 || kinds["account.removed"] != 1 || kinds["account.role-given"] != 1 {
		t.Errorf("the organization's log: %v", kinds)
	}
}

// A new password by link does not stand for the second factor; the last resort of who runs the node takes it away.
func TestLinksForWhoLostSomething(t *testing.T) {
	b := newBook(t)
	br, secret, _ := b.owner()
	id := br.look().Account.ID
	code, err := b.Relink(t.Context(), "rw1one", id)
	must(t, err)
	fresh := b.browser()
	must(t, fresh.enter(code, "Ana Ruiz", "", other))
	if fresh.look().Account != nil || br.look().Account != nil {
		t.Error("a new password alone opened the account, or left old sessions")
	}
	b.now = b.now.Add(time.Minute)
	must(t, fresh.signIn("ana@harbor.test", other, b.code(secret)))
	code, err = b.Recover(t.Context(), "ana@harbor.test")
	must(t, err)
	must(t, fresh.enter(code, "Ana Ruiz", "", long))
	if s := fresh.look(); s.Account == nil || s.Secured {
		t.Errorf("after the last resort: %+v", s)
	}
	if _, err := b.Recover(t.Context(), "nobody@harbor.test"); !errors.Is(err, account.ErrNone) {
		t.Errorf("%v", err)
	}
}

// A passkey is made, signs in alone, proves again who it is, and is of no use to another person or twice.
func TestPasskeys(t *testing.T) {
	b := newBook(t)
	br, _, _ := b.owner()
	rp := virtualwebauthn.RelyingParty{Name: "Referworks", ID: "node.test", Origin: "https://node.test"}
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(br.look().Account.ID)})
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	_, err := br.ask(func(s *account.Session, w http.ResponseWriter, _ account.Place) error {
		question, err := s.BeginPasskey(w)
		must(t, err)
		options, err := virtualwebauthn.ParseAttestationOptions(string(question))
		must(t, err)
		_, err = s.FinishPasskey(context.Background(), "Phone", []byte(virtualwebauthn.CreateAttestationResponse(rp, device, key, *options)))
		must(t, err)
		return s.Renew(w)
	})
	must(t, err)
	device.AddCredential(key)
	answer := func(br *browser, twice bool) error {
		var text string
		_, err := br.ask(func(s *account.Session, w http.ResponseWriter, from account.Place) error {
			question, err := s.AskPasskey(w, from)
			must(t, err)
			options, err := virtualwebauthn.ParseAssertionOptions(string(question))
			must(t, err)
			text = virtualwebauthn.CreateAssertionResponse(rp, device, key, *options)
			return nil
		})
		must(t, err)
		_, err = br.ask(func(s *account.Session, w http.ResponseWriter, from account.Place) error {
			return s.AnswerPasskey(w, from, []byte(text))
		})
		if twice && err == nil {
			_, err = br.ask(func(s *account.Session, w http.ResponseWriter, from account.Place) error {
				return s.AnswerPasskey(w, from, []byte(text))
			})
		}
		return err
	}
	anew := b.browser()
	must(t, answer(anew, false))
	if s := anew.look(); s.Account == nil || !s.Secured {
		t.Fatalf("%+v", s)
	}
	b.now = b.now.Add(20 * time.Minute)
	if anew.look().Fresh() {
		t.Error("fresh after twenty minutes")
	}
	must(t, answer(anew, false))
	if !anew.look().Fresh() {
		t.Error("not fresh after a new proof")
	}
	if err := answer(b.browser(), true); err == nil {
		t.Error("an answer was taken twice")
	}
	f, err := b.Factors(anew.look().Account.ID)
	if err != nil || len(f.Passkeys) != 1 || f.Passkeys[0].Name != "Phone" {
		t.Errorf("%+v %v", f, err)
	}
	must(t, b.DropPasskey(t.Context(), anew.look().Account.ID, f.Passkeys[0].ID))
	if err := answer(b.browser(), false); !errors.Is(err, account.ErrWrong) {
		t.Errorf("a passkey that was removed: %v", err)
	}
}
