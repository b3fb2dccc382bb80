// Package fakes has servers that behave like the APIs of real case management systems, each with the trap that a careless
// client falls into. The tests of the presets and the demonstration use them; their people are invented.
package fakes

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Trouble is what becomes of one request.
type Trouble int

// The troubles. In the first group the system has not worked, in the second it has, and the client does not learn of it.
const (
	Fine Trouble = iota

	Dropped // the line breaks before the system reads the request
	Broken  // 500
	Busy    // 429, try again in a second
	Gateway // 502

	Lost          // the line breaks before the answer
	BrokenAfter   // 500
	GatewayWaited // 504
)

// Worked tells whether the system did what it was asked before the trouble.
func (t Trouble) Worked() bool { return t == Fine || t >= Lost }

// Server is a system at a real port of loopback.
type Server struct {
	*httptest.Server

	mu      sync.Mutex
	trouble func(*http.Request) Trouble
	after   func(*http.Request)
	asked   int
}

// Start serves a system. The caller closes it.
func Start(system http.Handler) *Server {
	s := &Server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(system, w, r) }))
	return s
}

// Set says what becomes of requests from now on; nil: nothing bad. It is asked once for each, before the system works; after
// is called when the system has worked and before anything is answered.
func (s *Server) Set(trouble func(*http.Request) Trouble, after func(*http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble, s.after = trouble, after
}

// Asked is how many requests came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Server) serve(system http.Handler, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	what, after := Fine, s.after
	if s.trouble != nil {
		what = s.trouble(r)
	}
	s.mu.Unlock()
	if what.Worked() {
		kept := httptest.NewRecorder()
		system.ServeHTTP(kept, r)
		if after != nil {
			after(r)
		}
		if what == Fine {
			for name, values := range kept.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(kept.Code)
			_, _ = w.Write(kept.Body.Bytes())
			return
		}
	}
	switch what {
	case Dropped, Lost:
		panic(http.ErrAbortHandler)
	case Broken, BrokenAfter:
		http.Error(w, "something went wrong", http.StatusInternalServerError)
	case Busy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	case Gateway:
		http.Error(w, "bad gateway", http.StatusBadGateway)
	case GatewayWaited:
		http.Error(w, "the upstream did not answer in time", http.StatusGatewayTimeout)
	}
}

// row is one record of a system.
type row = map[string]any

// say answers with JSON.
func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// body reads what was posted as JSON.
func body(r *http.Request) (row, bool) {
	b, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	var out row
	return out, err == nil && json.Unmarshal(b, &out) == nil && out != nil
}

// list gives a member that is a list of objects.
func list(v any) []row {
	items, _ := v.([]any)
	var out []row
	for _, item := range items {
		if one, ok := item.(row); ok {
			out = append(out, one)
		}
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// attached is a file that a system holds, as its base64 text.
type attached struct{ record, name, content string }

// attach keeps a file; the content must be what base64 says.
func attach(in *[]attached, record, name, content string) bool {
	if _, err := base64.StdEncoding.DecodeString(content); err != nil || content == "" {
		return false
	}
	*in = append(*in, attached{record, name, content})
	return true
}

// withFiles adds how many files there are to the counts of a system, when there are some.
func withFiles(counts map[string]int, files []attached) map[string]int {
	if len(files) > 0 {
		counts["files"] = len(files)
	}
	return counts
}
