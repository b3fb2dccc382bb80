package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/suggest"
	"referworks/protocol"
)

// standardField is a field of the common standard, for who joins their own fields with it.
type standardField struct {
	Path     string         `json:"path" doc:"With [] at every list."`
	Group    string         `json:"group" doc:"Label of what it belongs to."`
	Label    string         `json:"label"`
	Help     string         `json:"help,omitempty"`
	Kind     string         `json:"kind"`
	Class    protocol.Class `json:"class" doc:"How sensitive a value there is, P0 to P4."`
	Required bool           `json:"required,omitempty" doc:"Needed where what it stands in is there."`
	Coded    bool           `json:"coded,omitempty" doc:"Its values are codes of a list; see list-codes."`
}

type theStandard struct {
	Fields []standardField `json:"fields"`
	Places []suggest.Place `json:"places" doc:"Where a field of ours can go: every field, and several times those that several people or things have."`
}

type codesInput struct {
	Standard string `query:"standard" required:"true" maxLength:"200" doc:"Path of a field of the standard."`
	System   string `query:"system" maxLength:"60" doc:"Of a field that takes several lists, which."`
}

func (s *Server) standard() {
	add(s, http.MethodGet, "/v1/standard", "list-standard", "List the fields of the common standard", func(context.Context, caller, *none) (theStandard, error) {
		out := theStandard{Places: suggest.Places()}
		for _, f := range protocol.Fields() {
			if f.Technical {
				continue
			}
			_, coded := suggest.GoalOf(f.Path)
			out.Fields = append(out.Fields, standardField{f.Path, f.Group, f.Label, f.Help, string(f.Kind), f.Class, f.Required, coded})
		}
		return out, nil
	})
	add(s, http.MethodGet, "/v1/codes", "list-codes", "List the codes that a field of the common standard takes", func(_ context.Context, _ caller, in *codesInput) (suggest.CodeList, error) {
		list, ok := suggest.CodesOf(in.Standard, in.System)
		if !ok {
			return list, huma.Error404NotFound("The standard has no list of codes for this field.")
		}
		return list, nil
	})
}
