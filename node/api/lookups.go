package api

import (
	"context"
	"net/http"
)

type lookupInput struct {
	ID   string `path:"id" maxLength:"40"`
	List string `path:"list" maxLength:"100"`
}

// lookup is a list of values that a system has for a coded field.
type lookup struct {
	Name string `json:"name"`
}

// lookedUp is one value: the word as it stands in a record, and what people see.
type lookedUp struct {
	Word  string `json:"word"`
	Label string `json:"label"`
}

// lookups registers the pick lists of the systems behind connections, for the values of a mapping.
func (s *Server) lookups() {
	add(s, http.MethodGet, "/v1/connections/{id}/lookups", "list-lookups", "List the pick lists that can be read from the system of a connection", func(_ context.Context, c caller, in *idInput) (page[lookup], error) {
		names, err := c.org.Connections().Lookups(in.ID)
		out := page[lookup]{Items: []lookup{}}
		for _, name := range names {
			out.Items = append(out.Items, lookup{name})
		}
		return out, err
	})
	add(s, http.MethodGet, "/v1/connections/{id}/lookups/{list}", "read-lookup", "Read a pick list from the system of a connection, now", func(ctx context.Context, c caller, in *lookupInput) (page[lookedUp], error) {
		values, err := c.org.Connections().Lookup(ctx, in.ID, in.List)
		out := page[lookedUp]{Items: []lookedUp{}}
		for _, v := range values {
			out.Items = append(out.Items, lookedUp(v))
		}
		return out, err
	})
}
