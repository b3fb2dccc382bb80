package api

import "github.com/danielgtaylor/huma/v2"

// Described is the description of the public operations, for tests that hold answers against it.
func (s *Server) Described() *huma.OpenAPI { return s.api.OpenAPI() }

// Need is what an operation says that a caller must be.
func Need(op *huma.Operation) string {
	need, _ := op.Metadata[needs].(string)
	return need
}
