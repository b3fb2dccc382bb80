package api

import (
	"context"
	"net/http"

	"referworks/protocol"
)

type organizationRow struct {
	ID   protocol.OrgID `json:"id"`
	Name string         `json:"name"`
}

type createInput struct {
	Body struct {
		NewOrganization
		Mine bool `json:"mine,omitempty" doc:"The person who asks becomes its owner."`
	}
}

type keyInput struct {
	Body struct {
		Name  string `json:"name" maxLength:"100"`
		Scope Scope  `json:"scope" enum:"referrals,admin"`
	}
}

type madeKey struct {
	Key
	Secret string `json:"key" doc:"Shown once. Keep it where your case management system keeps secrets."`
}

// control registers what only the node's owner may do, over the socket in the data folder.
func (s *Server) control() {
	add(s, http.MethodGet, "/v1/status", "node-status", "How the node is", func(context.Context, caller, *none) (Status, error) {
		return s.House.Status(), nil
	})
	add(s, http.MethodGet, "/v1/organizations", "list-organizations", "List the organizations on this node", func(context.Context, caller, *none) (page[organizationRow], error) {
		out := page[organizationRow]{Items: []organizationRow{}}
		for _, o := range s.House.Organizations() {
			out.Items = append(out.Items, organizationRow{o.ID(), o.Name()})
		}
		return out, nil
	})
	add(s, http.MethodPost, "/v1/organizations", "create-organization", "Create an organization", func(ctx context.Context, c caller, in *createInput) (Created, error) {
		made, err := s.House.CreateOrganization(ctx, in.Body.NewOrganization)
		if err != nil || !in.Body.Mine || c.session == nil {
			return made, err
		}
		return made, s.House.Accounts().Join(ctx, c.session.Account.ID, made.ID)
	})
}

// keys registers the API keys of one organization: made and revoked by the node's owner.
func (s *Server) keys() {
	add(s, http.MethodGet, "/v1/apikeys", "list-apikeys", "List API keys", func(_ context.Context, c caller, _ *none) (page[Key], error) {
		s.readKeys()
		return page[Key]{Items: s.ring.list(c.org.ID())}, nil
	})
	add(s, http.MethodPost, "/v1/apikeys", "create-apikey", "Make an API key", func(ctx context.Context, c caller, in *keyInput) (madeKey, error) {
		s.readKeys()
		key, text, err := s.ring.create(ctx, c.org.Store(), c.org.ID(), in.Body.Name, in.Body.Scope, c.actor, s.Now())
		return madeKey{key, text}, err
	})
	add(s, http.MethodDelete, "/v1/apikeys/{id}", "revoke-apikey", "Revoke an API key", func(ctx context.Context, c caller, in *idInput) (done, error) {
		s.readKeys()
		return done{true}, s.ring.revoke(ctx, c.org.Store(), c.org.ID(), in.ID, c.actor, s.Now())
	})
}
