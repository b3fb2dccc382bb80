package fakes

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// REST is any system with a plain API below /intakes: POST makes one, GET finds by external_id or lists by updated_since. It
// does not honor the header Idempotency-Key unless Keyed. Its trap: a 500 may come after it has worked.
type REST struct {
	Token string
	Keyed bool

	mu   sync.Mutex
	rows []row
	keys map[string]row

	files    []attached
	fileKeys map[string]bool
}

// Counts tells how many intakes are there.
func (s *REST) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return withFiles(map[string]int{"intakes": len(s.rows)}, s.files)
}

// Add puts an intake into the system as its own people do.
func (s *REST) Add(r map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(r)
}

func (s *REST) add(r row) row {
	r["id"] = fmt.Sprintf("I-%d", len(s.rows)+1)
	if text(r["updated_at"]) == "" {
		r["updated_at"] = time.Now().UTC().Format(time.RFC3339)
	}
	s.rows = append(s.rows, r)
	return r
}

func (s *REST) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		say(w, http.StatusUnauthorized, row{"error": "who are you?"})
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/intakes") {
		http.NotFound(w, r)
		return
	}
	if id, ok := strings.CutSuffix(r.URL.Path, "/files"); ok && r.Method == http.MethodPost {
		s.file(w, r, strings.TrimPrefix(id, "/intakes/"))
		return
	}
	if r.Method == http.MethodGet {
		found := []row{}
		for _, one := range s.rows {
			if id := r.URL.Query().Get("external_id"); id != "" && text(one["external_id"]) != id {
				continue
			}
			if since := r.URL.Query().Get("updated_since"); since != "" && text(one["updated_at"]) < since {
				continue
			}
			found = append(found, one)
		}
		say(w, http.StatusOK, row{"results": found})
		return
	}
	in, ok := body(r)
	if !ok {
		say(w, http.StatusBadRequest, row{"error": "no JSON"})
		return
	}
	person, _ := in["person"].(row)
	if text(person["last_name"]) == "" {
		say(w, http.StatusUnprocessableEntity, row{"errors": []row{{"field": "person.last_name", "message": "is missing"}}})
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/intakes/"); ok && r.Method == http.MethodPatch {
		for _, one := range s.rows {
			if one["id"] == id {
				for k, v := range in {
					one[k] = v
				}
				say(w, http.StatusOK, row{"data": one})
				return
			}
		}
		http.NotFound(w, r)
		return
	}
	if key := r.Header.Get("Idempotency-Key"); s.Keyed && key != "" {
		if s.keys == nil {
			s.keys = map[string]row{}
		}
		if s.keys[key] == nil {
			s.keys[key] = s.add(in)
		}
		say(w, http.StatusCreated, row{"data": s.keys[key]})
		return
	}
	say(w, http.StatusCreated, row{"data": s.add(in)})
}

// file takes a file of a form. Without Keyed the same again is another one.
func (s *REST) file(w http.ResponseWriter, r *http.Request, id string) {
	f, h, err := r.FormFile("file")
	if err != nil || h.Header.Get("Content-Type") == "" || !slices.ContainsFunc(s.rows, func(one row) bool { return one["id"] == id }) {
		say(w, http.StatusUnprocessableEntity, row{"error": "no file, or no such intake"})
		return
	}
	b, err := io.ReadAll(f)
	if err != nil {
		say(w, http.StatusBadRequest, row{"error": "it broke off"})
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if !s.Keyed || !s.fileKeys[key] {
		if s.fileKeys == nil {
			s.fileKeys = map[string]bool{}
		}
		s.fileKeys[key] = true
		attach(&s.files, id, h.Filename, base64.StdEncoding.EncodeToString(b))
	}
	w.WriteHeader(http.StatusCreated)
}
