package fakes

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// DHIS2 is a server with the tracker API. Its traps: a run with importMode=VALIDATE changes nothing; identifiers are eleven
// characters of a kind; what is wrong stands in a validation report; in the scheme UID a code is not known.
type DHIS2 struct {
	Token      string
	Attributes []string // the codes that the program has

	mu          sync.Mutex
	entities    map[string]row
	enrollments map[string]row
	validated   int
}

// Counts tells how many tracked entities and enrollments are there.
func (d *DHIS2) Counts() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return map[string]int{"entities": len(d.entities), "enrollments": len(d.enrollments)}
}

// Validated is how many dry runs there were.
func (d *DHIS2) Validated() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.validated
}

var dhisUID = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]{10}$`)

func (d *DHIS2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entities == nil {
		d.entities, d.enrollments = map[string]row{}, map[string]row{}
	}
	if r.Header.Get("Authorization") != "ApiToken "+d.Token {
		say(w, http.StatusUnauthorized, row{"httpStatusCode": 401, "status": "ERROR", "message": "Unauthorized"})
		return
	}
	switch r.URL.Path {
	case "/api/me":
		say(w, http.StatusOK, row{"id": "xE7jOejl9FI"})
	case "/api/tracker/enrollments":
		found := []row{}
		for _, e := range d.enrollments {
			found = append(found, e)
		}
		say(w, http.StatusOK, row{"enrollments": found})
	case "/api/tracker":
		d.take(w, r)
	default:
		say(w, http.StatusNotFound, row{"httpStatusCode": 404, "status": "ERROR"})
	}
}

func (d *DHIS2) take(w http.ResponseWriter, r *http.Request) {
	in, ok := body(r)
	if !ok || r.URL.Query().Get("async") != "false" {
		say(w, http.StatusBadRequest, row{"httpStatusCode": 400, "status": "ERROR", "message": "only what is done at once can be checked here"})
		return
	}
	if r.URL.Query().Get("idScheme") != "CODE" {
		say(w, http.StatusUnprocessableEntity, row{"httpStatus": "Unprocessable Entity", "httpStatusCode": 422, "status": "ERROR", "message": "Not all metadata has an identifier for the requested idScheme."})
		return
	}
	errors := []row{}
	wrong := func(code, message string) {
		errors = append(errors, row{"errorCode": code, "message": message, "trackerType": "TRACKED_ENTITY"})
	}
	for _, e := range list(in["trackedEntities"]) {
		if !dhisUID.MatchString(text(e["trackedEntity"])) {
			wrong("E1048", "Object uid has an invalid uid format")
		}
		for _, a := range list(e["attributes"]) {
			code, value := text(a["attribute"]), text(a["value"])
			if !contains(d.Attributes, code) {
				wrong("E1006", fmt.Sprintf("Attribute: `%s`, does not exist.", code))
			}
			if _, err := time.Parse(time.DateOnly, value); code == "GEN_BIRTH_DATE" && err != nil {
				wrong("E1085", fmt.Sprintf("Attribute: `%s`, value does not match value type: `DATE`.", code))
			}
		}
	}
	if r.URL.Query().Get("importStrategy") == "UPDATE" {
		for _, e := range list(in["trackedEntities"]) {
			if d.entities[text(e["trackedEntity"])] == nil {
				wrong("E1063", "TrackedEntity: does not exist.")
			}
		}
	}
	if len(errors) > 0 {
		say(w, http.StatusConflict, row{"status": "ERROR", "validationReport": row{"errorReports": errors}, "stats": row{"ignored": 1}})
		return
	}
	if r.URL.Query().Get("importMode") == "VALIDATE" {
		d.validated++
		say(w, http.StatusOK, row{"status": "OK", "validationReport": row{"errorReports": []any{}}})
		return
	}
	for _, e := range list(in["trackedEntities"]) {
		if old := d.entities[text(e["trackedEntity"])]; old != nil && e["enrollments"] == nil {
			e["enrollments"] = old["enrollments"]
		}
		d.entities[text(e["trackedEntity"])] = e
		for _, n := range list(e["enrollments"]) {
			n["trackedEntity"], n["updatedAt"] = e["trackedEntity"], time.Now().UTC().Format("2006-01-02T15:04:05.000")
			d.enrollments[text(n["enrollment"])] = n
		}
	}
	say(w, http.StatusOK, row{"status": "OK", "stats": row{"created": 1}})
}
