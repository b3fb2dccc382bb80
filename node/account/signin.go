package account

import (
	"context"
	"net/http"
	"strings"

	"referworks/node/audit"
	"referworks/node/store"
)

// knownDevice is a browser that the person has signed in with.
type knownDevice struct {
	Hash string `json:"hash"`
	Seen int64  `json:"seen"` // ms since 1970
}

// Place says where a request comes from: a network address without its port.
type Place struct {
	Address string
	device  string
}

// Place reads it from a request; address is as whoever listens knows it.
func (b *Book) Place(r *http.Request, address string) Place {
	p := Place{Address: address}
	if c, err := r.Cookie(b.cookie("rwd")); err == nil && len(c.Value) < 100 {
		p.device = c.Value
	}
	return p
}

// tries are the counters of an attempt.
func (b *Book) tries(email string, a *stored, from Place) map[string]int {
	if a != nil && from.device != "" {
		h := digest(from.device)
		for _, d := range a.Devices {
			if d.Hash == h {
				return map[string]int{"device " + h: freeTries}
			}
		}
	}
	return map[string]int{"pair " + digest(fold(email)) + " " + from.Address: freeTries, "place " + from.Address: freeForPlace}
}

// SignIn makes the session the person's, by password and, when the account has one, a second factor: the code of an
// authenticator app or a recovery code. ErrSecond asks for it; ErrWrong does not say what is wrong.
func (s *Session) SignIn(w http.ResponseWriter, from Place, email, password, code string) error {
	b, ctx := s.book, s.ctx
	a := b.find(email)
	keys := b.tries(email, a, from)
	if err := b.slow.ask(keys); err != nil {
		return err
	}
	hash := ""
	if a != nil && !a.Invited {
		hash = a.Password
	}
	right, err := b.matches(ctx, password, hash)
	if err != nil {
		return err
	}
	if !right {
		return b.denied(ctx, a)
	}
	if a.TOTP == nil && len(a.Passkeys) > 0 {
		b.slow.good(keys)
		return input("This account opens with its passkey. Choose Sign in with a passkey.")
	}
	if a.TOTP != nil && strings.TrimSpace(code) == "" {
		b.slow.good(keys)
		return ErrSecond
	}
	device, err := b.prove(ctx, a, code, from)
	if err != nil {
		return err
	}
	b.slow.good(keys)
	if a, err = b.get(a.ID); err != nil {
		return err
	}
	s.remember(w, device)
	return s.enter(w, a)
}

// denied writes down that somebody was not let in. Where there is no account there is nobody to tell.
func (b *Book) denied(ctx context.Context, a *stored) error {
	if a != nil {
		err := b.Node.Update(ctx, func(tx *store.Tx) error {
			_, err := audit.Record(tx, audit.Event{At: b.Now().UnixMilli(), Actor: "nobody", Kind: "account.denied", Subject: a.ID})
			return err
		})
		if err != nil {
			b.Log.Error("could not record a refused sign-in", "error", err)
		}
	}
	return ErrWrong
}

// prove checks the second factor of an account that has an authenticator app, uses it up, and notes the sign-in with the
// browser that it came from.
func (b *Book) prove(ctx context.Context, a *stored, code string, from Place) (string, error) {
	spare := -1
	if a.TOTP != nil {
		if _, ok := a.TOTP.check(code, b.Now().Unix()); !ok {
			var err error
			if spare, err = b.recoveryCode(ctx, a, code); err != nil {
				return "", err
			}
			if spare < 0 {
				return "", b.denied(ctx, a)
			}
		}
	}
	kind := "account.signed-in"
	if spare >= 0 {
		kind = "account.recovery-code-used"
	}
	device := token(16)
	return device, b.change(ctx, a.ID, a.Actor(), kind, nil, func(now *stored) error {
		if now.TOTP != nil && spare < 0 {
			step, ok := now.TOTP.check(code, b.Now().Unix())
			if !ok { // the same code came twice at once
				return ErrWrong
			}
			now.TOTP.Used = step
		}
		if spare >= 0 {
			if now.Codes[spare] != a.Codes[spare] {
				return ErrWrong
			}
			now.Codes[spare] = ""
		}
		b.noteDevice(now, device, from)
		return nil
	})
}

// noteDevice puts a new token of this browser in the place of its old one.
func (b *Book) noteDevice(a *stored, device string, from Place) {
	at, old := b.Now().UnixMilli(), digest(from.device)
	kept := a.Devices[:0:0]
	for _, d := range a.Devices {
		if d.Hash != old && at-d.Seen < deviceLasts.Milliseconds() {
			kept = append(kept, d)
		}
	}
	if len(kept) >= mostDevices {
		kept = kept[1:]
	}
	a.Devices = append(kept, knownDevice{digest(device), at})
	a.SeenAt = at
}

func (s *Session) remember(w http.ResponseWriter, device string) {
	http.SetCookie(w, &http.Cookie{Name: s.book.cookie("rwd"), Value: device, Path: "/", HttpOnly: true, Secure: s.book.secure(), SameSite: http.SameSiteStrictMode, MaxAge: int(deviceLasts.Seconds())})
}

// Confirm proves again who the person is, before an act of trust: with a code when the account has an app, else with the
// password.
func (s *Session) Confirm(w http.ResponseWriter, from Place, password, code string) error {
	a, err := s.book.get(s.Account.ID)
	if err != nil {
		return err
	}
	keys := map[string]int{"confirm " + a.ID + " " + s.row(): freeTries}
	if err := s.book.slow.ask(keys); err != nil {
		return err
	}
	if a.TOTP != nil && strings.TrimSpace(code) == "" {
		return ErrSecond
	}
	if a.TOTP == nil {
		right, err := s.book.matches(s.ctx, password, a.Password)
		if err != nil {
			return err
		}
		if !right {
			return s.book.denied(s.ctx, a)
		}
	}
	device, err := s.book.prove(s.ctx, a, code, from)
	if err != nil {
		return err
	}
	s.book.slow.good(keys)
	s.remember(w, device)
	return s.renew(w)
}
