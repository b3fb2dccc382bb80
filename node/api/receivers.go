package api

import (
	"net/http"
	"strings"

	"referworks/protocol"
)

// connectionPrefix is where media reach the connections of an organization, outside of sessions and keys: the bridge of
// the connection finds out who asks.
const connectionPrefix = "/c/"

// ConnectionPath is the path below which a connection's medium reaches it.
func ConnectionPath(org protocol.OrgID, connection string) string {
	return connectionPrefix + string(org) + "/" + connection
}

func isConnection(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, connectionPrefix) }

func (s *Server) receivers() {
	s.mux.HandleFunc(connectionPrefix+"{organization}/{connection}", s.receive)
	s.mux.HandleFunc(connectionPrefix+"{organization}/{connection}/{rest...}", s.receive)
}

// receive hands a request to the bridge of a connection. The guard of the network's handler has refused what a page of
// another site asks for; a server that pushes sends no Origin and passes. Cookies are the page's and stay here.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	org, ok := s.House.Organization(protocol.OrgID(r.PathValue("organization")))
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "same-origin") // else the browser names no origin when it posts a form
	h.Set("X-Frame-Options", "DENY")
	below := r.Clone(r.Context())
	below.URL.Path, below.URL.RawPath = "/"+r.PathValue("rest"), ""
	below.RequestURI = below.URL.RequestURI()
	below.Header.Del("Cookie")
	org.Connections().Serve(w, below, r.PathValue("connection"))
}
