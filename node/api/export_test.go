package api

import "github.com/danielgtaylor/huma/v2"

// Described is the description of the public operations, for tests that hold answers against it.
func (s *Server) Described() *huma.OpenAPI { return s.api.OpenAPI() }

// Need is what an operation says that a caller must have.
func Need(id string) Permission { return permissions[id].need }

// Added are the operations registered by add, those for people and the owner too.
func (s *Server) Added() []huma.Operation { return s.ops }
