package api

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/node/exchange"
)

type connectionInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		connection.Connection
		Secrets map[string]string `json:"secrets,omitempty" doc:"Write-only. What is not named stays as it was; an empty one is forgotten."`
	}
}

type pauseInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Paused bool `json:"paused"`
	}
}

// connectionRow is a connection as it is shown: with how it is, and without its secrets.
type connectionRow struct {
	connection.Connection
	State   connection.State `json:"state"`
	Address string           `json:"address,omitempty" doc:"Where its medium reaches it; absent when it is not pushed to, or the node has no url."`
}

func rowOfConnection(c caller, conn connection.Connection) (connectionRow, error) {
	st, err := c.org.Connections().State(conn)
	return connectionRow{conn, st, c.org.Connections().AddressOf(conn)}, err
}

func shownConnection(c caller, id string) (connectionRow, error) {
	conn, err := c.org.Connections().Connection(id)
	if err != nil {
		return connectionRow{}, err
	}
	return rowOfConnection(c, conn)
}

// medium is a kind of connection as its form is made from.
type medium struct {
	Name     string        `json:"name" doc:"The kind of a connection."`
	Title    string        `json:"title"`
	Help     string        `json:"help,omitempty"`
	Group    bridges.Group `json:"group" enum:"mail,systems,files,programs"`
	Ways     []string      `json:"ways" doc:"The directions that it can serve: in, out, both."`
	Settings []setting     `json:"settings"`
}

type setting struct {
	Name     string              `json:"name"`
	Label    string              `json:"label"`
	Help     string              `json:"help,omitempty"`
	Type     bridges.SettingType `json:"type" enum:"string,text,url,integer,boolean,choice,secret"`
	Required bool                `json:"required,omitempty"`
	Default  string              `json:"default,omitempty"`
	Choices  []string            `json:"choices,omitempty"`
	When     *settingWhen        `json:"when,omitempty" doc:"It counts only then."`
}

type settingWhen struct {
	Setting string   `json:"setting"`
	Is      []string `json:"is,omitempty" doc:"Values of that setting; without them: when it is filled in."`
}

func mediumOf(k bridges.Kind) medium {
	m := medium{Name: k.Name, Title: k.Title, Help: k.Help, Group: k.Group, Ways: k.Ways, Settings: []setting{}}
	if m.Group == "" {
		m.Group = bridges.Systems
	}
	if len(m.Ways) == 0 {
		m.Ways = []string{string(connection.Out)}
	}
	for _, f := range k.Settings {
		one := setting{Name: f.Name, Label: f.Label, Help: f.Help, Type: f.Type, Required: f.Required, Default: f.Default, Choices: f.Choices}
		if f.When != nil {
			one.When = &settingWhen{f.When.Setting, f.When.Is}
		}
		m.Settings = append(m.Settings, one)
	}
	return m
}

func (s *Server) connections() {
	add(s, http.MethodGet, "/v1/kinds", "list-kinds", "List the media that connections can use, each with its settings", func(_ context.Context, c caller, _ *none) (page[medium], error) {
		out := page[medium]{Items: []medium{}}
		kinds := c.org.Connections().Kinds
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			out.Items = append(out.Items, mediumOf(kinds[name]))
		}
		return out, nil
	})
	add(s, http.MethodGet, "/v1/connections", "list-connections", "List connections", func(_ context.Context, c caller, _ *none) (page[connectionRow], error) {
		out := page[connectionRow]{Items: []connectionRow{}}
		list, err := c.org.Connections().List()
		for _, conn := range list {
			row, err := rowOfConnection(c, conn)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, row)
		}
		return out, err
	})
	add(s, http.MethodGet, "/v1/connections/{id}", "show-connection", "Show a connection, without its secrets", func(_ context.Context, c caller, in *idInput) (connectionRow, error) {
		return shownConnection(c, in.ID)
	})
	add(s, http.MethodPut, "/v1/connections/{id}", "put-connection", "Set up or change a connection", func(_ context.Context, c caller, in *connectionInput) (connectionRow, error) {
		conn := in.Body.Connection
		conn.ID = in.ID
		if err := c.org.Connections().Put(conn, in.Body.Secrets, c.actor); err != nil {
			return connectionRow{}, err
		}
		return shownConnection(c, in.ID)
	})
	add(s, http.MethodDelete, "/v1/connections/{id}", "remove-connection", "Remove a connection with its secrets", func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Remove(in.ID, c.actor)
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
	add(s, http.MethodGet, "/v1/waiting/{id}", "show-waiting", "Show one thing that waits", func(_ context.Context, c caller, in *idInput) (connection.Waiting, error) {
		return c.org.Connections().WaitingItem(in.ID)
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "read-waiting", Method: http.MethodGet, Path: "/v1/waiting/{id}/original", Summary: "Download what waits, as it came",
		Description: "Looking at it is recorded, since it is about a person.",
		Errors:      []int{401, 403, 404, 503}, Responses: downloaded("The original."),
	}, s.original)
	huma.Register(s.api, huma.Operation{
		OperationID: "read-upload", Method: http.MethodGet, Path: "/v1/files/{file}", Summary: "Download a file that was not sent yet, or came along with what waits",
		Errors: []int{401, 403, 404, 416, 503}, Responses: downloaded("The file."),
	}, s.readUpload)
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

// original gives what waits as a download, never as a page of ours: anybody may have written it.
func (s *Server) original(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
	c := callerOf(ctx)
	w, err := c.org.Connections().WaitingItem(in.ID)
	if err == nil {
		err = c.org.Connections().Viewed(ctx, w, c.actor)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload("original", "", nopSeekCloser{bytes.NewReader(w.Came())}), nil
}

type nopSeekCloser struct{ *bytes.Reader }

func (nopSeekCloser) Close() error { return nil }

func (s *Server) readUpload(ctx context.Context, in *uploadID) (*huma.StreamResponse, error) {
	f, r, err := callerOf(ctx).org.Desk().OpenUpload(in.File)
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload(f.Name, f.SHA256.String(), r), nil
}
