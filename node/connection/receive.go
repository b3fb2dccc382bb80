package connection

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"referworks/bridges"
)

// Limits of requests to receivers.
const (
	MaxReceived = 32 << 20 // bytes of a body
	maxServing  = 64       // at once, of one organization
	serveFor    = 50 * time.Second
)

// Serve hands a request whose path stands below the address of a connection to its bridge. It answers whatever comes:
// 404 when there is no such connection or it takes no requests, 503 while it is paused. Who asks is nobody to the node:
// the bridge finds out.
func (s *Set) Serve(w http.ResponseWriter, r *http.Request, id string) {
	c, err := s.Connection(id)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if _, medium := s.Kinds[c.Kind]; !medium {
		http.NotFound(w, r)
		return
	}
	bridge, err := s.bridge(&c)
	if err != nil {
		s.setHealth(c.ID, fmt.Errorf("the connection %s cannot be opened: %w", c.Name, err))
		unavailable(w, longestRest)
		return
	}
	receiver, ok := bridge.(bridges.Receiver)
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case c.Paused:
		unavailable(w, longestRest)
		return
	}
	select {
	case s.serving <- struct{}{}:
		defer func() { <-s.serving }()
	default:
		unavailable(w, 10*time.Second)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), serveFor)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // what it says may be somebody's data
			s.Log.Error("a receiver ended by a defect", "organization", s.Self.Short(), "connection", c.ID, "stack", string(debug.Stack()))
			s.dropBridge(c.ID)
			http.Error(w, "The node met a defect of its own. Try again later.", http.StatusInternalServerError)
		}
	}()
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, MaxReceived)
	receiver.Serve(w, r, s.accept(&c))
}

// unavailable asks a medium to come again.
func unavailable(w http.ResponseWriter, after time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	http.Error(w, "This is not available just now. Try again later.", http.StatusServiceUnavailable)
}

// AddressOf is where the medium of a connection reaches it from outside; "" when it is not pushed to, or nobody
// configured an address.
func (s *Set) AddressOf(c Connection) string {
	if _, medium := s.Kinds[c.Kind]; !medium || s.Address == nil {
		return ""
	}
	bridge, err := s.bridge(&c)
	if err != nil {
		return "" // its health says why
	}
	if _, receives := bridge.(bridges.Receiver); !receives {
		return ""
	}
	return s.Address(c.ID)
}
