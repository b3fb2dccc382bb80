package fakes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// FHIR is an R4 server. Its traps: a POST is conditional only with the header If-None-Exist; what is wrong stands in an
// OperationOutcome that names an expression; the media type must be application/fhir+json.
type FHIR struct {
	Token string

	mu   sync.Mutex
	made map[string][]row // by type
}

// Counts tells how many resources of each type are there.
func (f *FHIR) Counts() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for name, rows := range f.made {
		out[name] = len(rows)
	}
	return out
}

// Decide sets the status of all tasks.
func (f *FHIR) Decide(status, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.made["Task"] {
		t["status"], t["statusReason"], t["meta"] = status, row{"text": why}, row{"lastUpdated": stamp()}
	}
}

func (f *FHIR) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made == nil {
		f.made = map[string][]row{}
	}
	kind := strings.Trim(r.URL.Path, "/")
	if r.Header.Get("Authorization") != "Bearer "+f.Token {
		f.refuse(w, http.StatusUnauthorized, "login", "")
		return
	}
	if r.Method == http.MethodGet {
		entries := []row{}
		for _, one := range f.made[kind] {
			entries = append(entries, row{"resource": one})
		}
		f.say(w, http.StatusOK, row{"resourceType": "Bundle", "type": "searchset", "entry": entries})
		return
	}
	in, ok := body(r)
	switch {
	case r.Header.Get("Content-Type") != "application/fhir+json":
		f.refuse(w, http.StatusUnsupportedMediaType, "not-supported", "")
		return
	case !ok || text(in["resourceType"]) != kind:
		f.refuse(w, http.StatusBadRequest, "structure", "resourceType")
		return
	}
	if b := text(in["birthDate"]); b != "" {
		if _, err := time.Parse("2006-01-02"[:min(len(b), 10)], b); err != nil {
			f.refuse(w, http.StatusUnprocessableEntity, "value", "Patient.birthDate")
			return
		}
	}
	if q, err := url.ParseQuery(r.Header.Get("If-None-Exist")); err == nil && q.Get("identifier") != "" {
		if found := f.with(kind, q.Get("identifier")); len(found) > 1 {
			f.refuse(w, http.StatusPreconditionFailed, "multiple-matches", "")
			return
		} else if len(found) == 1 {
			f.say(w, http.StatusOK, found[0])
			return
		}
	}
	in["id"], in["meta"] = fmt.Sprintf("%s-%d", strings.ToLower(kind), len(f.made[kind])+1), row{"lastUpdated": stamp()}
	f.made[kind] = append(f.made[kind], in)
	w.Header().Set("Location", "/"+kind+"/"+text(in["id"])+"/_history/1")
	f.say(w, http.StatusCreated, in)
}

func (f *FHIR) with(kind, identifier string) (found []row) {
	system, value, _ := strings.Cut(identifier, "|")
	for _, one := range f.made[kind] {
		for _, i := range list(one["identifier"]) {
			if text(i["system"]) == system && text(i["value"]) == value {
				found = append(found, one)
			}
		}
	}
	return found
}

func (f *FHIR) refuse(w http.ResponseWriter, status int, code, expression string) {
	issue := row{"severity": "error", "code": code, "diagnostics": "it cannot be taken"}
	if expression != "" {
		issue["expression"] = []string{expression}
	}
	f.say(w, status, row{"resourceType": "OperationOutcome", "issue": []row{issue}})
}

func (f *FHIR) say(w http.ResponseWriter, status int, v row) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
