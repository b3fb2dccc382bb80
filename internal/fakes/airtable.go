package fakes

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// Airtable is a base with tables. Its traps: ten records a call, an upsert merges on the fields that are named, and a field that
// the table does not have is refused by its name.
type Airtable struct {
	Token string

	mu     sync.Mutex
	tables map[string][]row
	calls  int
	files  []attached
}

// Counts tells how many rows each table has.
func (a *Airtable) Counts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]int{}
	for name, rows := range a.tables {
		out[name] = len(rows)
	}
	return withFiles(out, a.files)
}

// Calls is how many upserts there were.
func (a *Airtable) Calls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls
}

// Decide sets the status of all rows of a table.
func (a *Airtable) Decide(table, status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.tables[table] {
		r["fields"].(row)["Status"] = status
	}
}

var airtableFind = regexp.MustCompile(`^AND\(RECORD_ID\(\)='(\w+)', FIND\('([^']+)', ARRAYJOIN\(\{[^{}]+\}\)\)\)$`)

func (a *Airtable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tables == nil {
		a.tables = map[string][]row{}
	}
	refuse := func(status int, kind, message string) {
		say(w, status, row{"error": row{"type": kind, "message": message}})
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+a.Token:
		refuse(http.StatusUnauthorized, "AUTHENTICATION_REQUIRED", "Authentication required")
	case len(path) == 5 && path[4] == "uploadAttachment":
		in, _ := body(r)
		if text(in["contentType"]) == "" || len(text(in["file"])) > 7<<20 || !attach(&a.files, path[2], text(in["filename"]), text(in["file"])) {
			refuse(http.StatusUnprocessableEntity, "INVALID_ATTACHMENT_OBJECT", "The file cannot be taken")
			return
		}
		say(w, http.StatusOK, row{"id": path[2], "createdTime": stamp(), "fields": row{path[3]: []row{{"filename": in["filename"]}}}})
	case r.URL.Query().Get("filterByFormula") != "" && strings.Contains(r.URL.Query().Get("filterByFormula"), "FIND("):
		m := airtableFind.FindStringSubmatch(r.URL.Query().Get("filterByFormula"))
		if m == nil {
			refuse(http.StatusUnprocessableEntity, "INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid")
			return
		}
		found := []row{}
		for _, f := range a.files {
			if f.record == m[1] && strings.Contains(f.name, m[2]) {
				found = []row{{"id": m[1], "fields": row{}}} // the record, however many of its files match
			}
		}
		say(w, http.StatusOK, row{"records": found})
	case len(path) != 3 || path[0] != "v0":
		refuse(http.StatusNotFound, "NOT_FOUND", "")
	case r.Method == http.MethodGet:
		say(w, http.StatusOK, row{"records": append([]row{}, a.tables[path[2]]...)})
	default:
		in, _ := body(r)
		records := list(in["records"])
		how, _ := in["performUpsert"].(row)
		on, _ := how["fieldsToMergeOn"].([]any)
		if len(records) == 0 || len(records) > 10 {
			refuse(http.StatusUnprocessableEntity, "INVALID_REQUEST", "at most 10 records")
			return
		}
		if len(on) != 1 {
			refuse(http.StatusUnprocessableEntity, "INVALID_REQUEST", "no field to merge on")
			return
		}
		a.calls++
		saved := []row{}
		for _, rec := range records {
			fields, _ := rec["fields"].(row)
			if _, bad := fields["Unknown Field"]; bad {
				refuse(http.StatusUnprocessableEntity, "UNKNOWN_FIELD_NAME", `Unknown field name: "Unknown Field"`)
				return
			}
			if e := text(fields["Email"]); e != "" && !strings.Contains(e, "@") {
				refuse(http.StatusUnprocessableEntity, "INVALID_VALUE_FOR_COLUMN", `Field "Email" cannot accept the provided value`)
				return
			}
			saved = append(saved, a.put(path[2], text(on[0]), fields))
		}
		say(w, http.StatusOK, row{"records": saved})
	}
}

func (a *Airtable) put(table, on string, fields row) row {
	for _, old := range a.tables[table] {
		if of := old["fields"].(row); of[on] == fields[on] {
			for k, v := range fields {
				of[k] = v
			}
			return old
		}
	}
	made := row{"id": fmt.Sprintf("rec%014d", len(a.tables[table])+1), "fields": fields}
	a.tables[table] = append(a.tables[table], made)
	return made
}
