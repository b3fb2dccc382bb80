package fakes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kobo is a server with one form. Its trap: a REST service posts a submission when it is made and never when it is edited or when
// the post was lost, so that the list has to be read too.
type Kobo struct {
	Token string
	Page  int // submissions of a page; 0: 100

	mu   sync.Mutex
	rows []row
}

// Submit makes a submission as somebody does who fills the form, and gives it as the REST service posts it.
func (k *Kobo) Submit(at time.Time, fields map[string]any) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := len(k.rows) + 1
	r := row{"_id": n, "_uuid": fmt.Sprintf("0a3b0f8e-0000-4000-8000-%012d", n), "_submission_time": at.UTC().Format("2006-01-02T15:04:05")}
	for name, v := range fields {
		r[name] = v
	}
	k.rows = append(k.rows, r)
	b, _ := json.Marshal(r)
	return b
}

func (k *Kobo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Header.Get("Authorization") != "Token "+k.Token {
		say(w, http.StatusUnauthorized, row{"detail": "Authentication credentials were not provided."})
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/data.json") {
		say(w, http.StatusNotFound, row{"detail": "Not found."})
		return
	}
	var q struct {
		Time map[string]string `json:"_submission_time"`
	}
	if text := r.URL.Query().Get("query"); text != "" && json.Unmarshal([]byte(text), &q) != nil {
		say(w, http.StatusBadRequest, row{"detail": "the query is no JSON"})
		return
	}
	found := []row{}
	for _, one := range k.rows {
		if text(one["_submission_time"]) >= q.Time["$gte"] {
			found = append(found, one)
		}
	}
	size := k.Page
	if size == 0 {
		size = 100
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("start"))
	from = min(from, len(found))
	to := min(from+size, len(found))
	var next any
	if to < len(found) {
		p := r.URL.Query()
		p.Set("start", strconv.Itoa(to))
		next = "http://" + r.Host + r.URL.Path + "?" + p.Encode()
	}
	say(w, http.StatusOK, row{"count": len(found), "next": next, "previous": nil, "results": found[from:to]})
}
