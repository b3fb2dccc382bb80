package api

import (
	"context"
	"net/http"

	"referworks/node/connection"
	"referworks/node/exchange"
)

type connectionInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		connection.Connection
		Secrets map[string]string `json:"secrets,omitempty" doc:"Write-only. What is not named stays as it was."`
	}
}

type pauseInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Paused bool `json:"paused"`
	}
}

func (s *Server) connections() {
	add(s, http.MethodGet, "/v1/connections", "list-connections", "List connections", func(_ context.Context, c caller, _ *none) (page[connection.Connection], error) {
		list, err := c.org.Connections().List()
		return page[connection.Connection]{Items: list}, err
	})
	add(s, http.MethodGet, "/v1/connections/{id}", "show-connection", "Show a connection, without its secrets", func(_ context.Context, c caller, in *idInput) (connection.Connection, error) {
		return c.org.Connections().Connection(in.ID)
	})
	add(s, http.MethodPut, "/v1/connections/{id}", "put-connection", "Set up or change a connection", func(_ context.Context, c caller, in *connectionInput) (connection.Connection, error) {
		conn := in.Body.Connection
		conn.ID = in.ID
		if err := c.org.Connections().Put(conn, in.Body.Secrets, c.actor); err != nil {
			return connection.Connection{}, err
		}
		return c.org.Connections().Connection(in.ID)
	})
	add(s, http.MethodPost, "/v1/connections/{id}/test", "test-connection", "Try a connection without sending a referral", func(ctx context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Test(ctx, in.ID)
	})
	add(s, http.MethodPut, "/v1/connections/{id}/paused", "pause-connection", "Pause or resume a connection", func(_ context.Context, c caller, in *pauseInput) (done, error) {
		return done{true}, c.org.Connections().Pause(in.ID, in.Body.Paused, c.actor)
	})
}

func (s *Server) drifts() {
	add(s, http.MethodGet, "/v1/connections/{id}/drift", "show-drift", "Show what is different in the documents that come over a connection", func(_ context.Context, c caller, in *idInput) (connection.Drift, error) {
		return c.org.Connections().Drift(in.ID)
	})
	add(s, http.MethodDelete, "/v1/connections/{id}/drift", "accept-drift", "Say that the documents are right as they are now", func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().AcceptDrift(in.ID, c.actor)
	})
}

type resendInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		To       []string           `json:"to,omitempty" doc:"Whom to send it to, by name or id; without it, whom it was to go to."`
		Override *exchange.Override `json:"override,omitempty" doc:"Send it although no consent covers it: what allows it, and why. It is written into the referral and the audit log."`
	}
}

func (s *Server) waiting() {
	add(s, http.MethodGet, "/v1/waiting", "list-waiting", "List what waits for a person", func(_ context.Context, c caller, _ *none) (page[connection.Waiting], error) {
		list, err := c.org.Connections().WaitingList()
		return page[connection.Waiting]{Items: list}, err
	})
	add(s, http.MethodPost, "/v1/waiting/{id}/resend", "resend-waiting", "Send again what waits", func(_ context.Context, c caller, in *resendInput) (posted, error) {
		res, err := c.org.Connections().Resend(in.ID, in.Body.To, c.actor, in.Body.Override)
		if err != nil {
			return posted{}, err
		}
		return s.posted(c, res), nil
	})
	add(s, http.MethodDelete, "/v1/waiting/{id}", "discard-waiting", "Give up what waits, with its original", func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Discard(in.ID, c.actor)
	})
}
