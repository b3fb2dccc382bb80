package fakes

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// LegalServer is a legal aid organization's site. Its trap: a POST is not idempotent, the same external_id twice makes two
// matters; wrong values are named in invalid_values; requests are counted in headers.
type LegalServer struct {
	Token string
	// Problems are the words that legal_problem_code may have; empty: any.
	Problems []string
	Limit    int // requests a minute; 0: 200

	mu      sync.Mutex
	matters []row
	parties map[string][]row // by matter
	notes   map[string][]row
	left    int
	minute  int64
}

// Add puts a matter into the system as its own people do, and gives its uuid.
func (l *LegalServer) Add(matter map[string]any) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return text(l.add(matter)["matter_uuid"])
}

func (l *LegalServer) add(matter row) row {
	n := len(l.matters) + 1
	if text(matter["matter_uuid"]) == "" {
		matter["matter_uuid"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
	if text(matter["case_number"]) == "" {
		matter["case_number"] = fmt.Sprintf("26-%07d", n)
	}
	matter["case_profile_url"] = "https://demo.legalserver.org/matter/dynamic-profile/view/" + strconv.Itoa(n)
	l.matters = append(l.matters, matter)
	return matter
}

// Matters are the matters that are there, oldest first.
func (l *LegalServer) Matters() []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]row(nil), l.matters...)
}

// Notes are the notes of a matter, oldest first.
func (l *LegalServer) Notes(uuid string) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]row(nil), l.notes[uuid]...)
}

// Counts tells how many records of each kind are there.
func (l *LegalServer) Counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int{"matters": len(l.matters)}
	for _, p := range l.parties {
		out["parties"] += len(p)
	}
	for _, n := range l.notes {
		out["notes"] += len(n)
	}
	return out
}

func (l *LegalServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parties == nil {
		l.parties, l.notes = map[string][]row{}, map[string][]row{}
	}
	if r.Header.Get("Authorization") != "Bearer "+l.Token {
		say(w, http.StatusUnauthorized, row{"error": "unauthorized"})
		return
	}
	if !l.allow(w) {
		return
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(path) == 4 && strings.HasPrefix(r.URL.Path, "/api/v1/lookups/"):
		var rows []row
		for _, p := range l.Problems {
			rows = append(rows, row{"name": p, "lookup_value_name": p, "active": true})
		}
		say(w, http.StatusOK, row{"data": rows, "total_records": len(rows)})
	case r.URL.Path == "/api/v2/matters" && r.Method == http.MethodGet:
		l.search(w, r)
	case r.URL.Path == "/api/v2/matters" && r.Method == http.MethodPost:
		l.create(w, r)
	case len(path) >= 4 && path[2] == "matters":
		l.matter(w, r, path[3], path[4:])
	default:
		say(w, http.StatusNotFound, row{"error": "not found"})
	}
}

// allow counts the request and says so.
func (l *LegalServer) allow(w http.ResponseWriter) bool {
	limit := l.Limit
	if limit == 0 {
		limit = 200
	}
	now := time.Now().Unix()
	if now/60 != l.minute {
		l.minute, l.left = now/60, limit
	}
	if l.Limit == 0 {
		l.left = limit
	}
	w.Header().Set("x-rate-limit-limit", strconv.Itoa(limit))
	w.Header().Set("x-rate-limit-reset", strconv.FormatInt((now/60+1)*60, 10))
	if l.left == 0 {
		w.Header().Set("x-rate-limit-remaining", "0")
		say(w, http.StatusTooManyRequests, row{"error": "rate limit exceeded"})
		return false
	}
	l.left--
	w.Header().Set("x-rate-limit-remaining", strconv.Itoa(l.left))
	return true
}

func (l *LegalServer) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var found []row
	for _, m := range l.matters {
		if id := q.Get("external_id"); id != "" && text(m["external_id"]) != id {
			continue
		}
		found = append(found, m)
	}
	size, page := 100, 1
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil && n > 0 && n <= 100 {
		size = n
	}
	if n, err := strconv.Atoi(q.Get("page_number")); err == nil && n > 0 {
		page = n
	}
	total := (len(found) + size - 1) / size
	from := min((page-1)*size, len(found))
	data := append([]row{}, found[from:min(from+size, len(found))]...)
	say(w, http.StatusOK, row{"page_number": page, "total_number_of_pages": total, "total_records": len(found), "data": data})
}

func (l *LegalServer) create(w http.ResponseWriter, r *http.Request) {
	m, ok := body(r)
	if !ok {
		say(w, http.StatusBadRequest, row{"error": "the body is no JSON"})
		return
	}
	for _, name := range []string{"first", "last", "case_disposition"} {
		if text(m[name]) == "" {
			say(w, http.StatusBadRequest, row{"error": "missing required parameters", "invalid_values": row{name: []string{"is required"}}})
			return
		}
	}
	if !l.valid(w, m) {
		return
	}
	say(w, http.StatusCreated, row{"data": l.add(m)})
}

func (l *LegalServer) valid(w http.ResponseWriter, m row) bool {
	wrong := row{}
	if p := text(m["legal_problem_code"]); p != "" && len(l.Problems) > 0 && !contains(l.Problems, p) {
		wrong["legal_problem_code"] = []string{p + " is no value of the lookup"}
	}
	if d := text(m["date_of_birth"]); d != "" {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			wrong["date_of_birth"] = []string{d + " is no date"}
		}
	}
	if len(wrong) > 0 {
		say(w, http.StatusBadRequest, row{"error": "some values are invalid", "invalid_values": wrong})
	}
	return len(wrong) == 0
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func (l *LegalServer) matter(w http.ResponseWriter, r *http.Request, uuid string, rest []string) {
	for _, m := range l.matters {
		if text(m["matter_uuid"]) != uuid {
			continue
		}
		switch {
		case len(rest) == 0 && r.Method == http.MethodPatch:
			change, ok := body(r)
			if !ok || !l.valid(w, change) {
				return
			}
			for k, v := range change {
				m[k] = v
			}
			say(w, http.StatusOK, row{"data": m})
		case len(rest) == 0:
			say(w, http.StatusOK, row{"data": m})
		case rest[0] == "adverse_parties":
			l.under(w, r, l.parties, uuid)
		case rest[0] == "notes":
			l.under(w, r, l.notes, uuid)
		default:
			say(w, http.StatusNotFound, row{"error": "not found"})
		}
		return
	}
	say(w, http.StatusNotFound, row{"error": "no such matter"})
}

// under lists or adds what belongs to a matter. Adding is not idempotent either.
func (l *LegalServer) under(w http.ResponseWriter, r *http.Request, of map[string][]row, uuid string) {
	if r.Method == http.MethodGet {
		say(w, http.StatusOK, row{"data": append([]row{}, of[uuid]...)})
		return
	}
	one, ok := body(r)
	if !ok {
		say(w, http.StatusBadRequest, row{"error": "the body is no JSON"})
		return
	}
	one["uuid"] = fmt.Sprintf("%s-%d", uuid, len(of[uuid])+1)
	of[uuid] = append(of[uuid], one)
	say(w, http.StatusCreated, row{"data": one})
}
