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

// CiviCRM is an APIv4 endpoint. Its traps: parameters are one JSON text in the form field params, and a JSON body is taken for
// no parameters at all, with an empty answer that looks like success; errors come inside a 200.
type CiviCRM struct {
	Key string

	mu       sync.Mutex
	entities map[string][]row
	next     int
}

// Counts tells how many records of each entity are there.
func (c *CiviCRM) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]int{}
	for name, rows := range c.entities {
		out[name] = len(rows)
	}
	return out
}

// Rows are the records of an entity, oldest first.
func (c *CiviCRM) Rows(entity string) []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]row(nil), c.entities[entity]...)
}

// SetStatus is what somebody does who works on the activity with that id.
func (c *CiviCRM) SetStatus(id int, status, details string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.entities["Activity"] {
		if a["id"] == id {
			a["status_id:name"], a["modified_date"] = status, time.Now().UTC().Format(time.DateTime)
			if details != "" {
				a["result"] = details
			}
		}
	}
}

var civiFields = map[string]string{
	"Contact":  " id contact_type external_identifier source first_name middle_name last_name suffix_id:label birth_date gender_id:name preferred_language organization_name job_title do_not_phone ",
	"Address":  " id contact_id location_type_id:name street_address supplemental_address_1 city state_province_id:abbr postal_code is_primary ",
	"Phone":    " id contact_id location_type_id:name phone phone_ext phone_type_id:name is_primary ",
	"Email":    " id contact_id location_type_id:name email is_primary ",
	"Activity": " id activity_type_id:name subject details status_id:name priority_id:name source_contact_id target_contact_id activity_date_time location result modified_date ",
}

func (c *CiviCRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entities == nil {
		c.entities = map[string][]row{}
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(path) != 5 || path[2] != "api4" {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("X-Civi-Auth") != "Bearer "+c.Key {
		say(w, http.StatusForbidden, row{"error_code": 0, "error_message": "Authorization failed"})
		return
	}
	if r.Header.Get("X-Requested-With") != "XMLHttpRequest" {
		say(w, http.StatusBadRequest, row{"error_message": "SECURITY ALERT: Ajax requests can only be issued by javascript clients, eg. CRM.api4()."})
		return
	}
	params := row{}
	if err := r.ParseForm(); err == nil && r.PostForm.Get("params") != "" {
		if json.Unmarshal([]byte(r.PostForm.Get("params")), &params) != nil {
			civiError(w, "the parameters are no JSON")
			return
		}
	}
	switch entity := path[3]; path[4] {
	case "get":
		rows := c.where(entity, params["where"])
		say(w, http.StatusOK, row{"entity": entity, "action": "get", "values": rows, "count": len(rows)})
	case "save":
		c.save(w, entity, params)
	case "getFields":
		say(w, http.StatusOK, row{"values": []row{}, "count": 0})
	default:
		civiError(w, "Api "+entity+" "+path[4]+" version 4 does not exist.")
	}
}

func civiError(w http.ResponseWriter, message string) {
	say(w, http.StatusOK, row{"error_code": 0, "error_message": message})
}

func (c *CiviCRM) save(w http.ResponseWriter, entity string, params row) {
	match, _ := params["match"].([]any)
	var saved []row
	for _, rec := range list(params["records"]) {
		for name := range rec {
			if !strings.Contains(civiFields[entity], " "+name+" ") {
				civiError(w, fmt.Sprintf("Expected to find one %s field named '%s', but found none.", entity, name))
				return
			}
		}
		if b := text(rec["birth_date"]); b != "" {
			if _, err := time.Parse(time.DateOnly, b); err != nil {
				civiError(w, fmt.Sprintf("'%s' is not a valid value for 'birth_date'", b))
				return
			}
		}
		if entity == "Contact" && text(rec["first_name"])+text(rec["last_name"])+text(rec["organization_name"]) == "" {
			civiError(w, "Mandatory values missing from Api4 Contact::save: last_name")
			return
		}
		saved = append(saved, row{"id": c.put(entity, rec, match)["id"]})
	}
	if saved == nil {
		saved = []row{}
	}
	say(w, http.StatusOK, row{"entity": entity, "action": "save", "values": saved, "count": len(saved)})
}

func (c *CiviCRM) put(entity string, rec row, match []any) row {
	for _, old := range c.entities[entity] {
		same := len(match) > 0
		for _, m := range match {
			same = same && fmt.Sprint(old[text(m)]) == fmt.Sprint(rec[text(m)])
		}
		if same {
			for k, v := range rec {
				old[k] = v
			}
			return old
		}
	}
	c.next++
	rec["id"] = c.next
	rec["modified_date"] = time.Now().UTC().Format(time.DateTime)
	c.entities[entity] = append(c.entities[entity], rec)
	return rec
}

// where takes conditions of the forms =, >= and LIKE "x%".
func (c *CiviCRM) where(entity string, conditions any) []row {
	out := []row{}
	all, _ := conditions.([]any)
	for _, rec := range c.entities[entity] {
		ok := true
		for _, one := range all {
			cond, _ := one.([]any)
			if len(cond) < 3 {
				continue
			}
			have, want := fmt.Sprint(rec[text(cond[0])]), fmt.Sprint(cond[2])
			switch text(cond[1]) {
			case "=":
				ok = ok && have == want
			case ">=":
				ok = ok && have >= want
			case "LIKE":
				ok = ok && strings.HasPrefix(have, strings.TrimSuffix(want, "%"))
			}
		}
		if ok {
			out = append(out, rec)
		}
	}
	return out
}

// ActivityOf gives the id of the activity that a number of a delivery names.
func ActivityOf(reference string) int {
	n, _ := strconv.Atoi(reference)
	return n
}
