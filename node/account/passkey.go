package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// holder is an account as go-webauthn sees it.
type holder struct{ *stored }

func (h holder) WebAuthnID() []byte          { return []byte(h.ID) }
func (h holder) WebAuthnName() string        { return h.Email }
func (h holder) WebAuthnDisplayName() string { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	all := []webauthn.Credential{}
	for _, p := range h.Passkeys {
		all = append(all, p.Credential)
	}
	return all
}

// openPasskeys readies passkeys for the node's URL. They are bound to its host name, so an address of numbers has none.
func (b *Book) openPasskeys() {
	b.keys = nil
	u, err := url.Parse(b.URL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Hostname(), "0123456789.") == "" || strings.Contains(u.Hostname(), ":") {
		return
	}
	keys, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Referworks", RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		b.Log.Warn("passkeys are not offered", "error", err)
		return
	}
	b.keys = keys
}

// ErrNoPasskeys means that the node's address cannot have any.
var ErrNoPasskeys = errors.New("passkeys need a host name: set url in referworks.toml to the address that people open, for example https://referrals.example.org")

// Passkeys tells whether the node can have them.
func (b *Book) Passkeys() bool { return b.keys != nil }

// BeginPasskey asks the person's device to make a passkey (a PublicKeyCredentialCreationOptions as JSON); the answer goes to
// FinishPasskey.
func (s *Session) BeginPasskey(w http.ResponseWriter) (json.RawMessage, error) {
	b := s.book
	if b.keys == nil {
		return nil, ErrNoPasskeys
	}
	a, err := b.get(s.Account.ID)
	if err != nil {
		return nil, err
	}
	options, challenge, err := b.keys.BeginRegistration(holder{a},
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}),
		webauthn.WithExclusions(webauthn.Credentials(holder{a}.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, err
	}
	return s.ask(w, options, challenge)
}

// ask gives the question to a device as JSON, for navigator.credentials, and keeps what the answer has to fit.
func (s *Session) ask(w http.ResponseWriter, options any, challenge *webauthn.SessionData) (json.RawMessage, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	return text, s.keep(w, challenge)
}

// FinishPasskey adds the passkey that the device made. The first one of an account without recovery codes gives some.
func (s *Session) FinishPasskey(ctx context.Context, name string, answer []byte) (codes []string, err error) {
	b := s.book
	var challenge webauthn.SessionData
	if err := s.take(&challenge); err != nil {
		return nil, err
	}
	a, err := b.get(s.Account.ID)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(answer))
	if err != nil {
		return nil, input("The answer of your device cannot be read. Start again.")
	}
	credential, err := b.keys.CreateCredential(holder{a}, challenge, parsed)
	if err != nil {
		return nil, input("The passkey was not accepted. Start again, on the address that the node is set up for.")
	}
	kept := a.Codes
	if len(kept) == 0 {
		if codes, kept, err = b.newCodes(ctx); err != nil {
			return nil, err
		}
	}
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		name = "Passkey"
	}
	return codes, b.change(ctx, a.ID, a.Actor(), "account.factor-added", nil, func(now *stored) error {
		if len(now.Passkeys) >= 20 {
			return input("You have twenty passkeys. Remove one that you do not use.")
		}
		now.Passkeys = append(now.Passkeys, passkey{token(8), name[:min(len(name), 60)], b.Now().UnixMilli(), *credential})
		now.Codes = kept
		now.Epoch++
		return nil
	})
}

// DropPasskey removes one; a second factor has to stay.
func (b *Book) DropPasskey(ctx context.Context, id, key string) error {
	return b.change(ctx, id, "person "+id, "account.factor-removed", nil, func(s *stored) error {
		i := slices.IndexFunc(s.Passkeys, func(p passkey) bool { return p.ID == key })
		switch {
		case i < 0:
			return ErrNone
		case s.TOTP == nil && len(s.Passkeys) == 1:
			return input("This is what protects your account. Add another passkey or an authenticator app first.")
		}
		s.Passkeys = slices.Delete(s.Passkeys, i, i+1)
		s.Epoch++
		return nil
	})
}

// AskPasskey asks a device for any passkey of this node.
func (s *Session) AskPasskey(w http.ResponseWriter, from Place) (json.RawMessage, error) {
	if s.book.keys == nil {
		return nil, ErrNoPasskeys
	}
	if err := s.book.slow.ask(map[string]int{"passkey " + from.Address: freeForPlace}); err != nil {
		return nil, err
	}
	options, challenge, err := s.book.keys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, err
	}
	return s.ask(w, options, challenge)
}

// AnswerPasskey signs in with what the device answered, or proves again who is signed in.
func (s *Session) AnswerPasskey(w http.ResponseWriter, from Place, answer []byte) error {
	b := s.book
	var challenge webauthn.SessionData
	if err := s.take(&challenge); err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(answer))
	if err != nil {
		return ErrWrong
	}
	var found *stored
	_, credential, err := b.keys.ValidatePasskeyLogin(func(_, id []byte) (webauthn.User, error) {
		a, err := b.get(string(id))
		if err != nil || a.Invited {
			return nil, ErrNone
		}
		found = a
		return holder{a}, nil
	}, challenge, parsed)
	switch {
	case err != nil && found != nil:
		return b.denied(s.ctx, found)
	case err != nil:
		return ErrWrong
	case credential.Authenticator.CloneWarning:
		b.Log.Warn("a passkey may have been copied, so it was refused", "account", found.ID)
		return b.denied(s.ctx, found)
	case s.Account != nil && s.Account.ID != found.ID:
		return input("This passkey is another person's. Use yours, or sign out first.")
	}
	device := token(16)
	err = b.change(s.ctx, found.ID, found.Actor(), "account.signed-in", nil, func(now *stored) error {
		for i := range now.Passkeys {
			if bytes.Equal(now.Passkeys[i].Credential.ID, credential.ID) {
				now.Passkeys[i].Credential = *credential
			}
		}
		b.noteDevice(now, device, from)
		return nil
	})
	if err != nil {
		return err
	}
	b.slow.good(map[string]int{"passkey " + from.Address: freeForPlace})
	s.remember(w, device)
	if s.Account != nil {
		return s.renew(w)
	}
	if found, err = b.get(found.ID); err != nil {
		return err
	}
	return s.enter(w, found)
}

// Factors are what proves a person, for their own eyes.
type Factors struct {
	Password bool         `json:"password"`
	TOTP     bool         `json:"totp"`
	Codes    int          `json:"codes" doc:"Recovery codes that are not used up."`
	Passkeys []PasskeyRow `json:"passkeys"`
	Possible bool         `json:"passkeysPossible" doc:"The node's address can have passkeys."`
}

// PasskeyRow is one passkey.
type PasskeyRow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Created int64  `json:"created" doc:"Milliseconds UTC."`
}

// Factors gives an account's.
func (b *Book) Factors(id string) (Factors, error) {
	s, err := b.get(id)
	if err != nil {
		return Factors{}, err
	}
	f := Factors{Password: s.Password != "", TOTP: s.TOTP != nil, Passkeys: []PasskeyRow{}, Possible: b.keys != nil}
	for _, c := range s.Codes {
		if c != "" {
			f.Codes++
		}
	}
	for _, p := range s.Passkeys {
		f.Passkeys = append(f.Passkeys, PasskeyRow{p.ID, p.Name, p.Created})
	}
	return f, nil
}
