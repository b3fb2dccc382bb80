package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/connection"
)

type publishInput struct {
	ID       string `path:"id" maxLength:"40" doc:"The mapping's name, which connections use."`
	Untested bool   `query:"untested" doc:"Publish although tests of the document fail. The audit log keeps it."`
	RawBody  []byte `contentType:"application/json"`
}

func (s *Server) mappings() {
	add(s, http.MethodGet, "/v1/mappings", "list-mappings", "List published mappings", func(_ context.Context, c caller, _ *none) (page[connection.Version], error) {
		list, err := c.org.Connections().Mappings()
		return page[connection.Version]{Items: list}, err
	})
	addRead(s, "/v1/mappings/{id}", "show-mapping", "Show a published mapping, by name or hash", func(_ context.Context, c caller, in *idInput) (connection.Version, state, error) {
		v, err := c.org.Connections().MappingVersion(in.ID)
		return v, same(v), err
	})
	now := func(c caller, in *publishInput) (state, error) {
		v, err := c.org.Connections().MappingVersion(in.ID)
		return same(v), err
	}
	addChange(s, http.MethodPut, "/v1/mappings/{id}", "publish-mapping", "Publish a mapping", now, func(_ context.Context, c caller, in *publishInput) (connection.Published, error) {
		return c.org.Connections().Publish(in.ID, in.RawBody, connection.Publishing{Actor: c.actor, Untested: in.Untested})
	})
	s.mappingDrafts()
	s.mappingTools()
	s.mappingSchema()
	s.mappingWork()
	s.standard()
}

// rawJSON answers with what encoding/json makes of v, for types that describe themselves elsewhere.
func rawJSON(v any) (*rawAnswer, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, huma.Error500InternalServerError("The answer could not be written.")
	}
	return &rawAnswer{ContentType: "application/json; charset=utf-8", Body: append(b, '\n')}, nil
}
