package fakes

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// CommCare is a project space with the case API v2. Its traps: only a PUT to ext/ID makes or changes, and two of them at the same
// time make two cases; every property is a text.
type CommCare struct {
	User, Key string
	Slow      time.Duration // between looking for a case and making it

	mu    sync.Mutex
	cases []row
}

// Counts tells how many cases are there.
func (c *CommCare) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return map[string]int{"cases": len(c.cases)}
}

// Decide sets a property of all cases.
func (c *CommCare) Decide(status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.cases {
		one["properties"].(row)["referral_status"] = status
		one["indexed_on"], one["last_modified"] = stamp(), stamp()
	}
}

func stamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

func (c *CommCare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "ApiKey "+c.User+":"+c.Key {
		say(w, http.StatusUnauthorized, row{"error": "unauthorized"})
		return
	}
	_, external, put := strings.Cut(r.URL.Path, "/api/case/v2/ext/")
	if _, id, ok := strings.Cut(r.URL.Path, "/api/case/v2/"); ok && !put && r.Method == http.MethodPut {
		c.change(w, r, strings.Trim(id, "/"))
		return
	}
	if !put {
		c.list(w, r)
		return
	}
	in, ok := body(r)
	properties, _ := in["properties"].(row)
	if r.Method != http.MethodPut || !ok || text(in["case_name"]) == "" || text(in["case_type"]) == "" {
		say(w, http.StatusBadRequest, row{"error": "'case_name' and 'case_type' are required"})
		return
	}
	for name, v := range properties {
		if _, ok := v.(string); !ok {
			say(w, http.StatusBadRequest, row{"error": fmt.Sprintf("Error with property '%s': case property values must be strings", name)})
			return
		}
	}
	external = strings.Trim(external, "/")
	found := c.find(external)
	if found == nil {
		time.Sleep(c.Slow) // the way to the database, where another request may come in between
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found == nil {
		found = row{"case_id": fmt.Sprintf("%032d", len(c.cases)+1), "external_id": external}
		c.cases = append(c.cases, found)
	}
	if old, there := found["properties"].(row); there { // what is not named stays
		for k, v := range properties {
			old[k] = v
		}
		in["properties"] = old
	}
	for k, v := range in {
		found[k] = v
	}
	found["indexed_on"], found["last_modified"] = stamp(), stamp()
	say(w, http.StatusOK, row{"form_id": "f", "case": found})
}

// change sets properties of a case by its own id.
func (c *CommCare) change(w http.ResponseWriter, r *http.Request, id string) {
	in, _ := body(r)
	properties, _ := in["properties"].(row)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.cases {
		if one["case_id"] == id {
			for k, v := range properties {
				one["properties"].(row)[k] = v
			}
			say(w, http.StatusOK, row{"form_id": "f", "case": one})
			return
		}
	}
	say(w, http.StatusNotFound, row{"error": "no such case"})
}

func (c *CommCare) find(external string) row {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.cases {
		if one["external_id"] == external {
			return one
		}
	}
	return nil
}

func (c *CommCare) list(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []row{}
	for _, one := range c.cases {
		if since := r.URL.Query().Get("indexed_on.gte"); since != "" && text(one["indexed_on"]) < since {
			continue
		}
		found = append(found, one)
	}
	say(w, http.StatusOK, row{"matching_records": len(found), "cases": found})
}
