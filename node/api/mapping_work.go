package api

import (
	"context"
	"encoding/json"
	"net/http"

	"referworks/node/connection"
	"referworks/protocol"
)

type workInput struct {
	ID      string `path:"id" maxLength:"40" doc:"The mapping's name."`
	RawBody []byte `contentType:"application/json"`
}

type work struct {
	Work json.RawMessage `json:"work"`
}

// came is a document that a mapping converted.
type came struct {
	Referral   protocol.ReferralID `json:"referral"`
	Connection string              `json:"connection"`
	Format     string              `json:"format"`
	Opened     int64               `json:"opened" doc:"Milliseconds UTC."`
	Text       string              `json:"text"`
}

func (s *Server) mappingWork() {
	add(s, http.MethodGet, "/v1/drafts", "list-drafts", "List drafts of mappings, without their documents", func(_ context.Context, c caller, _ *none) (page[connection.Draft], error) {
		list, err := c.org.Connections().Drafts()
		return page[connection.Draft]{Items: list}, err
	})
	addRead(s, "/v1/mappings/{id}/work", "show-work", "Show what the mapping tool keeps beside a mapping", func(_ context.Context, c caller, in *idInput) (work, state, error) {
		note, err := c.org.Connections().Work(in.ID)
		return work{note}, same(work{note}), err
	})
	now := func(c caller, in *workInput) (state, error) {
		note, err := c.org.Connections().Work(in.ID)
		return same(work{note}), err
	}
	addChange(s, http.MethodPut, "/v1/mappings/{id}/work", "save-work", "Keep what the mapping tool needs beside a mapping: fields, suggestions turned down; nothing about people", now, func(_ context.Context, c caller, in *workInput) (done, error) {
		return done{true}, c.org.Connections().PutWork(in.ID, in.RawBody)
	})
	add(s, http.MethodGet, "/v1/mappings/{id}/samples", "list-samples", "Read the last documents that a mapping converted; the audit log keeps that they were read", func(ctx context.Context, c caller, in *idInput) (page[came], error) {
		list, err := c.org.Connections().LastCame(ctx, in.ID, c.actor)
		out := page[came]{Items: []came{}}
		for _, one := range list {
			out.Items = append(out.Items, came(one))
		}
		return out, err
	})
}
