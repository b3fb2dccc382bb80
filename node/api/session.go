package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/account"
	"referworks/protocol"
)

// session is who is signed in, for the page.
type session struct {
	SignedIn      bool           `json:"signedIn"`
	SetUp         bool           `json:"setUp" doc:"Somebody has an account on this node."`
	Secured       bool           `json:"secured" doc:"The account has a second factor; without one it may only add it."`
	User          *user          `json:"user,omitempty"`
	Organizations []membership   `json:"organizations"`
	Organization  protocol.OrgID `json:"organization,omitempty" doc:"The one that the session is for."`
	Can           []Permission   `json:"can"`
	StepUpUntil   int64          `json:"stepUpUntil,omitempty" doc:"Milliseconds UTC; until then acts of trust need no new proof."`
	Passkeys      bool           `json:"passkeys" doc:"The node's address can have passkeys."`
	Demo          bool           `json:"demo" doc:"Every person here is invented."`
}

type user struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Language string `json:"language,omitempty"`
}

type membership struct {
	ID   protocol.OrgID `json:"id"`
	Name string         `json:"name"`
	Role account.Role   `json:"role"`

	Suspended string `json:"suspended,omitempty" doc:"Why who runs the node has suspended it: nothing is sent or taken in."`
	Since     int64  `json:"suspendedSince,omitempty" doc:"Milliseconds UTC."`
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"200"`
		Password string `json:"password" maxLength:"400"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"Of an authenticator app, or a recovery code."`
	}
}

type confirmSelfInput struct {
	Body struct {
		Password string          `json:"password,omitempty" maxLength:"400"`
		Code     string          `json:"code,omitempty" maxLength:"40"`
		Passkey  json.RawMessage `json:"passkey,omitempty" doc:"What the device answered to ask-passkey."`
	}
}

type linkInput struct {
	Body struct {
		Code string `json:"code" maxLength:"100"`
	}
}

type enterInput struct {
	Body struct {
		Code     string `json:"code" maxLength:"100"`
		Name     string `json:"name" maxLength:"200"`
		Email    string `json:"email,omitempty" maxLength:"200"`
		Password string `json:"password" maxLength:"400"`
	}
}

type passkeyInput struct {
	Body struct {
		Name   string          `json:"name,omitempty" maxLength:"100"`
		Answer json.RawMessage `json:"answer" doc:"What the device answered."`
	}
}

type codesOutput struct {
	Codes []string `json:"codes" doc:"Recovery codes, shown once. Each lets you in once when your device is lost."`
}

type chooseInput struct {
	Body struct {
		ID protocol.OrgID `json:"id" maxLength:"200"`
	}
}

type demoInput struct {
	Body struct {
		Email string `json:"email" maxLength:"200"`
	}
}

// sessions registers the way in and what a person does with their own account.
func (s *Server) sessions() {
	add(s, http.MethodGet, "/v1/session", "show-session", "Who is signed in", func(_ context.Context, c caller, _ *none) (session, error) { return s.sessionOf(c) })
	add(s, http.MethodPost, "/v1/session", "sign-in", "Sign in", func(_ context.Context, c caller, in *signInInput) (session, error) {
		return s.then(c, c.session.SignIn(c.writer, s.place(c), in.Body.Email, in.Body.Password, in.Body.Code))
	})
	add(s, http.MethodPost, "/v1/session/passkey:ask", "ask-passkey", "Ask a device for a passkey", func(_ context.Context, c caller, _ *none) (json.RawMessage, error) {
		return c.session.AskPasskey(c.writer, s.place(c))
	})
	add(s, http.MethodPost, "/v1/session/passkey", "answer-passkey", "Sign in with a passkey", func(_ context.Context, c caller, in *passkeyInput) (session, error) {
		return s.then(c, c.session.AnswerPasskey(c.writer, s.place(c), in.Body.Answer))
	})
	add(s, http.MethodPost, "/v1/session/demo", "sign-in-demo", "Enter the demo as one of its invented people", func(_ context.Context, c caller, in *demoInput) (session, error) {
		return s.then(c, c.session.EnterDemo(c.writer, in.Body.Email))
	})
	add(s, http.MethodDelete, "/v1/session", "sign-out", "Sign out", func(_ context.Context, c caller, _ *none) (session, error) {
		if err := c.session.SignOut(c.writer); err != nil {
			return session{}, err
		}
		return s.sessionOf(caller{session: c.session})
	})
	add(s, http.MethodPut, "/v1/session/organization", "choose-organization", "Work for another of one's organizations", func(_ context.Context, c caller, in *chooseInput) (session, error) {
		return s.then(c, c.session.Choose(c.writer, in.Body.ID))
	})
	add(s, http.MethodPost, "/v1/session/step-up", "step-up", "Prove again who one is, before an act of trust", func(_ context.Context, c caller, in *confirmSelfInput) (session, error) {
		if len(in.Body.Passkey) > 0 {
			return s.then(c, c.session.AnswerPasskey(c.writer, s.place(c), in.Body.Passkey))
		}
		return s.then(c, c.session.Confirm(c.writer, s.place(c), in.Body.Password, in.Body.Code))
	})
	add(s, http.MethodPost, "/v1/setup:look", "look-at-link", "Whom a link is for", func(_ context.Context, c caller, in *linkInput) (account.Invitation, error) {
		return s.House.Accounts().LookAt(s.place(c), in.Body.Code)
	})
	add(s, http.MethodPost, "/v1/setup", "take-up-link", "Make an account, or set a new password, with a link", func(_ context.Context, c caller, in *enterInput) (session, error) {
		hosted := []protocol.OrgID{}
		for _, o := range s.House.Organizations() {
			hosted = append(hosted, o.ID())
		}
		return s.then(c, c.session.Enter(c.writer, s.place(c), in.Body.Code, in.Body.Name, in.Body.Email, in.Body.Password, hosted))
	})
	s.ownAccount()
}

// ownAccount registers what a person does about how they sign in.
func (s *Server) ownAccount() {
	book := func() *account.Book { return s.House.Accounts() }
	add(s, http.MethodGet, "/v1/account", "show-account", "How one's account is protected", func(_ context.Context, c caller, _ *none) (account.Factors, error) {
		return book().Factors(c.session.Account.ID)
	})
	add(s, http.MethodPut, "/v1/account", "rename-account", "Change one's name and language", func(ctx context.Context, c caller, in *struct {
		Body struct {
			Name     string `json:"name" maxLength:"200"`
			Language string `json:"language,omitempty" enum:"en,es,"`
		}
	}) (done, error) {
		return done{true}, book().Rename(ctx, c.session.Account.ID, in.Body.Name, in.Body.Language)
	})
	add(s, http.MethodPut, "/v1/account/password", "change-password", "Change one's password", func(ctx context.Context, c caller, in *struct {
		Body struct {
			Password string `json:"password" maxLength:"400"`
		}
	}) (done, error) {
		return c.renewed(book().SetPassword(ctx, c.session.Account.ID, in.Body.Password))
	})
	add(s, http.MethodPost, "/v1/account/totp", "begin-totp", "A secret for an authenticator app", func(_ context.Context, c caller, _ *none) (account.NewTOTP, error) {
		return book().BeginTOTP(c.session.Account.ID)
	})
	add(s, http.MethodPut, "/v1/account/totp", "confirm-totp", "Use the authenticator app from now on", func(ctx context.Context, c caller, in *struct {
		Body struct {
			Secret string `json:"secret" maxLength:"100"`
			Code   string `json:"code" maxLength:"20"`
		}
	}) (codesOutput, error) {
		if err := c.mayAddFactor(); err != nil {
			return codesOutput{}, err
		}
		codes, err := book().ConfirmTOTP(ctx, c.session.Account.ID, in.Body.Secret, in.Body.Code)
		_, err = c.renewed(err)
		return codesOutput{codes}, err
	})
	add(s, http.MethodDelete, "/v1/account/totp", "drop-totp", "Do without the authenticator app", func(ctx context.Context, c caller, _ *none) (done, error) {
		return c.renewed(book().DropTOTP(ctx, c.session.Account.ID))
	})
	add(s, http.MethodPost, "/v1/account/passkeys:ask", "begin-passkey", "Ask one's device to make a passkey", func(_ context.Context, c caller, _ *none) (json.RawMessage, error) {
		if err := c.mayAddFactor(); err != nil {
			return nil, err
		}
		return c.session.BeginPasskey(c.writer)
	})
	add(s, http.MethodPost, "/v1/account/passkeys", "finish-passkey", "Add the passkey that one's device made", func(ctx context.Context, c caller, in *passkeyInput) (codesOutput, error) {
		codes, err := c.session.FinishPasskey(ctx, in.Body.Name, in.Body.Answer)
		_, err = c.renewed(err)
		return codesOutput{codes}, err
	})
	add(s, http.MethodDelete, "/v1/account/passkeys/{id}", "drop-passkey", "Remove a passkey", func(ctx context.Context, c caller, in *idInput) (done, error) {
		return c.renewed(book().DropPasskey(ctx, c.session.Account.ID, in.ID))
	})
	add(s, http.MethodPost, "/v1/account/recovery-codes", "renew-codes", "Make recovery codes anew", func(ctx context.Context, c caller, _ *none) (codesOutput, error) {
		codes, err := book().NewCodes(ctx, c.session.Account.ID)
		return codesOutput{codes}, err
	})
	add(s, http.MethodDelete, "/v1/account/sessions", "sign-out-everywhere", "Sign out on all other devices", func(ctx context.Context, c caller, _ *none) (done, error) {
		return c.renewed(book().SignOutEverywhere(ctx, c.actor, c.session.Account.ID))
	})
}

// errStepUp asks a person to prove again who they are.
var errStepUp = errors.New("confirm that it is you: this changes who is trusted")

// mayAddFactor lets a new account add its first factor, and any other after a proof.
func (c *caller) mayAddFactor() error {
	if c.session.Secured && !c.session.Fresh() {
		return errStepUp
	}
	return nil
}

// renewed keeps the caller signed in after a change that ended all their sessions.
func (c *caller) renewed(err error) (done, error) {
	if err != nil {
		return done{}, err
	}
	return done{true}, c.session.Renew(c.writer)
}

// place says where a request comes from. A proxy on this machine tells in X-Forwarded-For whom it asks for; what anybody
// else writes there is not read.
func (s *Server) place(c caller) account.Place {
	host, _, err := net.SplitHostPort(c.request.RemoteAddr)
	if err != nil {
		host = c.request.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		all := strings.Split(c.request.Header.Get("X-Forwarded-For"), ",")
		if last := net.ParseIP(strings.TrimSpace(all[len(all)-1])); last != nil {
			host = last.String()
		}
	}
	return s.House.Accounts().Place(c.request, host)
}

// then answers with the session as it is after something.
func (s *Server) then(c caller, err error) (session, error) {
	if err != nil {
		return session{}, err
	}
	c.may = ofPerson(c.session)
	return s.sessionOf(c)
}

func (s *Server) sessionOf(c caller) (session, error) {
	book := s.House.Accounts()
	out := session{Organizations: []membership{}, Can: []Permission{}, SetUp: book.Any(), Passkeys: book.Passkeys(), Demo: book.Demo}
	if c.session == nil || c.session.Account == nil {
		return out, nil
	}
	a := c.session.Account
	out.SignedIn, out.Secured, out.Organization = true, c.session.Secured, c.session.Org
	out.User = &user{a.ID, a.Name, a.Email, a.Language}
	out.Can = append(out.Can, c.may...)
	out.StepUpUntil = c.session.StepUp.UnixMilli()
	for _, id := range slices.Sorted(maps.Keys(a.Roles)) {
		if o, ok := s.House.Organization(id); ok {
			out.Organizations = append(out.Organizations, membership{id, o.Name(), a.Roles[id], o.Hosting().Reason, o.Hosting().Since})
		}
	}
	return out, nil
}

// accountProblem answers what the way in refuses.
func accountProblem(err error) huma.StatusError {
	var many *account.TooMany
	switch {
	case errors.Is(err, account.ErrSecond):
		return coded(http.StatusForbidden, "second-factor", err.Error())
	case errors.Is(err, errStepUp):
		return coded(http.StatusForbidden, "step-up", err.Error())
	case errors.Is(err, account.ErrWrong):
		return coded(http.StatusForbidden, "wrong", err.Error())
	case errors.Is(err, account.ErrTicket):
		return coded(http.StatusForbidden, "link", err.Error())
	case errors.As(err, &many):
		return coded(http.StatusTooManyRequests, "too-many", err.Error())
	case errors.Is(err, account.ErrNone):
		return huma.Error404NotFound(err.Error()).(*huma.ErrorModel)
	case errors.Is(err, account.ErrLast), errors.Is(err, account.ErrTaken):
		return huma.Error409Conflict(err.Error()).(*huma.ErrorModel)
	case errors.Is(err, account.ErrInput), errors.Is(err, account.ErrNoPasskeys):
		return huma.Error422UnprocessableEntity(err.Error()).(*huma.ErrorModel)
	}
	return nil
}
