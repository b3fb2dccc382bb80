package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/account"
	"referworks/protocol"
)

type personRow struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Email   string       `json:"email"`
	Role    account.Role `json:"role"`
	Invited bool         `json:"invited" doc:"Has not taken the link up yet."`
	SeenAt  int64        `json:"seenAt,omitempty" doc:"Last sign-in; milliseconds UTC."`
	You     bool         `json:"you"`
}

type inviteInput struct {
	Body struct {
		Name  string       `json:"name" maxLength:"200"`
		Email string       `json:"email" maxLength:"200"`
		Role  account.Role `json:"role" enum:"owner,admin,worker,auditor"`
	}
}

type invitedPerson struct {
	personRow
	Code string `json:"code,omitempty" doc:"Of the link /setup#CODE, for seven days; empty for who has an account here already."`
}

type roleInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Role account.Role `json:"role" enum:"owner,admin,worker,auditor"`
	}
}

type linked struct {
	Code string `json:"code" doc:"Of the link /setup#CODE."`
}

type everybodyRow struct {
	personRow
	Operator      bool             `json:"operator"`
	Organizations []protocol.OrgID `json:"organizations"`
}

func rowOfPerson(a *account.Account, role account.Role, c caller) personRow {
	return personRow{a.ID, a.Name, a.Email, role, a.Invited, a.SeenAt, c.session != nil && c.session.Account != nil && c.session.Account.ID == a.ID}
}

// people registers who belongs to an organization.
func (s *Server) people() {
	book := func() *account.Book { return s.House.Accounts() }
	add(s, http.MethodGet, "/v1/people", "list-people", "List the people of the organization", func(_ context.Context, c caller, _ *none) (page[personRow], error) {
		out := page[personRow]{Items: []personRow{}}
		for _, a := range book().Members(c.org.ID()) {
			out.Items = append(out.Items, rowOfPerson(&a, a.Roles[c.org.ID()], c))
		}
		return out, nil
	})
	add(s, http.MethodPost, "/v1/people", "invite-person", "Invite a person", func(ctx context.Context, c caller, in *inviteInput) (invitedPerson, error) {
		if err := c.mayGive(in.Body.Role, ""); err != nil {
			return invitedPerson{}, err
		}
		a, code, err := book().Invite(ctx, c.actor, c.org.ID(), in.Body.Name, in.Body.Email, in.Body.Role)
		return invitedPerson{rowOfPerson(&a, in.Body.Role, c), code}, err
	})
	add(s, http.MethodPatch, "/v1/people/{id}", "set-role", "Give a person another role", func(ctx context.Context, c caller, in *roleInput) (done, error) {
		if err := c.mayGive(in.Body.Role, s.roleOf(c, in.ID)); err != nil {
			return done{}, err
		}
		return done{true}, book().SetRole(ctx, c.actor, c.org.ID(), in.ID, in.Body.Role)
	})
	add(s, http.MethodDelete, "/v1/people/{id}", "remove-person", "Remove a person from the organization", func(ctx context.Context, c caller, in *idInput) (done, error) {
		if err := c.mayGive("", s.roleOf(c, in.ID)); err != nil {
			return done{}, err
		}
		return done{true}, book().SetRole(ctx, c.actor, c.org.ID(), in.ID, "")
	})
	add(s, http.MethodPost, "/v1/people/{id}/link", "relink-person", "A new link for a person who lost theirs, or their password", func(ctx context.Context, c caller, in *idInput) (linked, error) {
		if err := c.mayGive("", s.roleOf(c, in.ID)); err != nil {
			return linked{}, err
		}
		code, err := book().Relink(ctx, c.org.ID(), in.ID)
		return linked{code}, err
	})
	add(s, http.MethodDelete, "/v1/people/{id}/sessions", "end-sessions", "Sign a person out everywhere", func(ctx context.Context, c caller, in *idInput) (done, error) {
		if s.roleOf(c, in.ID) == "" {
			return done{}, account.ErrNone
		}
		return done{true}, book().SignOutEverywhere(ctx, c.actor, in.ID)
	})
	s.everybody()
}

// everybody registers what who runs the node does about people: the last resort.
func (s *Server) everybody() {
	book := func() *account.Book { return s.House.Accounts() }
	add(s, http.MethodGet, "/v1/node/people", "list-everybody", "List everybody who has an account on the node", func(_ context.Context, c caller, _ *none) (page[everybodyRow], error) {
		out := page[everybodyRow]{Items: []everybodyRow{}}
		for _, a := range book().Members("") {
			row := everybodyRow{personRow: rowOfPerson(&a, "", c), Operator: a.Operator, Organizations: []protocol.OrgID{}}
			for _, o := range s.House.Organizations() {
				if _, in := a.Roles[o.ID()]; in {
					row.Organizations = append(row.Organizations, o.ID())
				}
			}
			out.Items = append(out.Items, row)
		}
		return out, nil
	})
	add(s, http.MethodPost, "/v1/node/people:recover", "recover-person", "A link for a person who lost everything; it takes their second factor away", func(ctx context.Context, _ caller, in *struct {
		Body struct {
			Email string `json:"email" maxLength:"200" doc:"Empty on a node where nobody has an account: the first link."`
		}
	}) (linked, error) {
		if in.Body.Email == "" {
			code, err := book().FirstLink(ctx)
			if err == nil && code == "" {
				err = account.ErrTaken
			}
			return linked{code}, err
		}
		code, err := book().Recover(ctx, in.Body.Email)
		return linked{code}, err
	})
	add(s, http.MethodPost, "/v1/node/people:demo", "make-demo-person", "Make an invented person of an organization, on a demo node", func(ctx context.Context, c caller, in *struct {
		Body struct {
			Name     string `json:"name" maxLength:"200"`
			Email    string `json:"email" maxLength:"200"`
			Language string `json:"language,omitempty" maxLength:"10"`
			Operator bool   `json:"operator,omitempty" doc:"Runs the node, and belongs to no organization."`
		}
	}) (linked, error) {
		org := protocol.OrgID("")
		if !in.Body.Operator {
			if c.org == nil {
				return linked{}, huma.Error422UnprocessableEntity("Say for which organization: --org NAME.")
			}
			org = c.org.ID()
		}
		id, err := book().DemoPerson(ctx, org, in.Body.Name, in.Body.Email, in.Body.Language)
		return linked{id}, err
	})
	add(s, http.MethodPut, "/v1/node/operators/{id}", "make-operator", "Let a person run the node, or not any more", func(ctx context.Context, c caller, in *struct {
		ID   string `path:"id" maxLength:"200" doc:"Id or e-mail address."`
		Body struct {
			Operator bool `json:"operator"`
		}
	}) (done, error) {
		return done{true}, book().SetOperator(ctx, c.actor, in.ID, in.Body.Operator)
	})
	add(s, http.MethodPost, "/v1/organizations/{id}/owner", "invite-owner", "Invite the first owner of an organization", func(ctx context.Context, c caller, in *struct {
		ID   string `path:"id" maxLength:"200"`
		Body struct {
			Name  string `json:"name" maxLength:"200"`
			Email string `json:"email" maxLength:"200"`
		}
	}) (linked, error) {
		o, ok := s.House.Organization(protocol.OrgID(in.ID))
		if !ok {
			return linked{}, account.ErrNone
		}
		if len(book().Members(o.ID())) > 0 { // who runs the node gives nobody a way into an organization that has people
			return linked{}, account.ErrTaken
		}
		_, code, err := book().Invite(ctx, c.actor, o.ID(), in.Body.Name, in.Body.Email, account.Owner)
		return linked{code}, err
	})
}

func (s *Server) roleOf(c caller, id string) account.Role {
	for _, a := range s.House.Accounts().Members(c.org.ID()) {
		if a.ID == id {
			return a.Roles[c.org.ID()]
		}
	}
	return ""
}

// mayGive lets only an owner make an owner, or change one.
func (c *caller) mayGive(role, was account.Role) error {
	if c.session != nil && c.session.Role() != account.Owner && (role == account.Owner || was == account.Owner) {
		return errOwners
	}
	return nil
}
