package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges"
	"referworks/node/connection"
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
	Vendor   []string      `json:"vendor,omitempty" doc:"What you need from who makes or runs the other system."`
	Ready    bool          `json:"ready,omitempty" doc:"It has a mapping to start from; see show-kind-start."`
}

// kindStart is what a mapping for a kind can start from.
type kindStart struct {
	Mapping json.RawMessage `json:"mapping" doc:"A mapping document."`
	Sample  json.RawMessage `json:"sample,omitempty" doc:"A record as the system has it, of an invented person."`
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
	m := medium{Name: k.Name, Title: k.Title, Help: k.Help, Group: k.Group, Ways: k.Ways, Settings: []setting{}, Ready: k.Mapping != nil}
	if k.Vendor != "" {
		m.Vendor = strings.Split(k.Vendor, "\n")
	}
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
	add(s, http.MethodGet, "/v1/kinds/{id}/start", "show-kind-start", "Show the mapping to start from that a kind of connection brings, with a sample record", func(_ context.Context, c caller, in *idInput) (kindStart, error) {
		k, ok := c.org.Connections().Kinds[in.ID]
		if !ok || k.Mapping == nil {
			return kindStart{}, huma.Error404NotFound("This kind of connection brings no mapping. Match your fields with a record of yours.")
		}
		return kindStart{k.Mapping, k.Sample}, nil
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
	now := func(c caller, id string) (state, error) {
		row, err := shownConnection(c, id)
		return state{row.Connection, row}, err
	}
	addRead(s, "/v1/connections/{id}", "show-connection", "Show a connection, without its secrets", func(_ context.Context, c caller, in *idInput) (connectionRow, state, error) {
		row, err := shownConnection(c, in.ID)
		return row, state{row.Connection, row}, err
	})
	addChange(s, http.MethodPut, "/v1/connections/{id}", "put-connection", "Set up or change a connection", func(c caller, in *connectionInput) (state, error) { return now(c, in.ID) }, func(_ context.Context, c caller, in *connectionInput) (connectionRow, error) {
		conn := in.Body.Connection
		conn.ID = in.ID
		if err := c.org.Connections().Put(conn, in.Body.Secrets, c.actor); err != nil {
			return connectionRow{}, err
		}
		return shownConnection(c, in.ID)
	})
	addChange(s, http.MethodDelete, "/v1/connections/{id}", "remove-connection", "Remove a connection with its secrets", func(c caller, in *idInput) (state, error) { return now(c, in.ID) }, func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Remove(in.ID, c.actor)
	})
	add(s, http.MethodPost, "/v1/connections/{id}/test", "test-connection", "Try a connection without sending a referral", func(ctx context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Test(ctx, in.ID)
	})
	addChange(s, http.MethodPut, "/v1/connections/{id}/paused", "pause-connection", "Pause or resume a connection", func(c caller, in *pauseInput) (state, error) { return now(c, in.ID) }, func(_ context.Context, c caller, in *pauseInput) (done, error) {
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
