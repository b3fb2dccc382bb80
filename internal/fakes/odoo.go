package fakes

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Odoo is a version 19 server with the JSON-2 API. Its traps: the database is named in a header, a create makes another record each
// time, and errors are Python exceptions.
type Odoo struct {
	Key, Database string

	mu    sync.Mutex
	rows  []row
	files []attached
	notes []row
}

// Counts tells how many leads are there.
func (o *Odoo) Counts() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := withFiles(map[string]int{"leads": len(o.rows)}, o.files)
	if len(o.notes) > 0 {
		counts["notes"] = len(o.notes)
	}
	return counts
}

// Decide moves all leads to a stage.
func (o *Odoo) Decide(stage string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		r["stage_id"], r["write_date"] = []any{7, stage}, time.Now().UTC().Format(time.DateTime)
	}
}

const odooFields = " name contact_name phone email_from street city zip priority description referred "

func (o *Odoo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !strings.EqualFold(r.Header.Get("Authorization"), "bearer "+o.Key) {
		say(w, http.StatusUnauthorized, row{"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"})
		return
	}
	if r.Header.Get("X-Odoo-Database") != o.Database {
		say(w, http.StatusNotFound, row{"name": "werkzeug.exceptions.NotFound", "message": "no database"})
		return
	}
	in, _ := body(r)
	model, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/json/2/"), "/")
	switch model {
	case "ir.attachment":
		o.attachments(w, method, in)
		return
	case "mail.message":
		found := []row{}
		for _, one := range o.notes {
			if o.matches(one, in["domain"]) {
				found = append(found, one)
			}
		}
		say(w, http.StatusOK, found)
		return
	}
	switch method {
	case "message_post":
		ids, _ := in["ids"].([]any)
		if len(ids) != 1 || text(in["body"]) == "" {
			say(w, http.StatusUnprocessableEntity, row{"name": "builtins.ValueError", "message": "Expected singleton"})
			return
		}
		o.notes = append(o.notes, row{"id": len(o.notes) + 1, "model": model, "res_id": ids[0], "body": in["body"]})
		say(w, http.StatusOK, len(o.notes))
	case "search_count":
		say(w, http.StatusOK, len(o.rows))
	case "search_read":
		found := []row{}
		for _, one := range o.rows {
			if o.matches(one, in["domain"]) {
				found = append(found, one)
			}
		}
		say(w, http.StatusOK, found)
	case "write":
		vals, _ := in["vals"].(row)
		ids, _ := in["ids"].([]any)
		if !odooTakes(w, vals) {
			return
		}
		for _, id := range ids {
			n, number := id.(float64)
			if !number || n < 1 || int(n) > len(o.rows) {
				say(w, http.StatusUnprocessableEntity, row{"name": "odoo.exceptions.MissingError", "message": "Record does not exist or has been deleted."})
				return
			}
			for k, v := range vals {
				o.rows[int(n)-1][k] = v
			}
		}
		say(w, http.StatusOK, true)
	case "create":
		var ids []int
		for _, v := range list(in["vals_list"]) {
			if !odooTakes(w, v) {
				return
			}
			v["id"], v["stage_id"], v["write_date"] = len(o.rows)+1, []any{1, "New"}, time.Now().UTC().Format(time.DateTime)
			o.rows = append(o.rows, v)
			ids = append(ids, len(o.rows))
		}
		say(w, http.StatusOK, ids)
	default:
		say(w, http.StatusNotFound, row{"name": "werkzeug.exceptions.NotFound", "message": "no such method"})
	}
}

// attachments are files of records; a create makes another one each time.
func (o *Odoo) attachments(w http.ResponseWriter, method string, in row) {
	if method == "search_read" {
		found := []row{}
		for i, f := range o.files {
			if o.matches(row{"res_model": "crm.lead", "res_id": f.record, "name": f.name}, in["domain"]) {
				found = append(found, row{"id": i + 1})
			}
		}
		say(w, http.StatusOK, found)
		return
	}
	var ids []int
	for _, v := range list(in["vals_list"]) {
		if _, number := v["res_id"].(float64); !number || text(v["res_model"]) != "crm.lead" || !attach(&o.files, fmt.Sprint(v["res_id"]), text(v["name"]), text(v["datas"])) {
			say(w, http.StatusUnprocessableEntity, row{"name": "odoo.exceptions.ValidationError", "message": "wrong values"})
			return
		}
		ids = append(ids, len(o.files))
	}
	say(w, http.StatusOK, ids)
}

// odooTakes holds the values of a lead against its fields.
func odooTakes(w http.ResponseWriter, v row) bool {
	for name := range v {
		if !strings.Contains(odooFields, " "+name+" ") {
			say(w, http.StatusInternalServerError, row{"name": "builtins.ValueError", "message": fmt.Sprintf("Invalid field '%s' in 'crm.lead'", name), "arguments": []string{name}})
			return false
		}
	}
	if m := text(v["email_from"]); m != "" && !strings.Contains(m, "@") {
		say(w, http.StatusUnprocessableEntity, row{"name": "odoo.exceptions.ValidationError", "message": "Invalid e-mail", "arguments": []string{"email_from"}})
		return false
	}
	return true
}

// matches takes conditions of the forms =, >= and ilike.
func (o *Odoo) matches(r row, domain any) bool {
	conditions, _ := domain.([]any)
	for _, c := range conditions {
		cond, _ := c.([]any)
		if len(cond) != 3 {
			continue
		}
		have, want := fmt.Sprint(r[text(cond[0])]), fmt.Sprint(cond[2])
		if text(cond[1]) == "ilike" && !strings.Contains(have, want) || text(cond[1]) == "=" && have != want || text(cond[1]) == ">=" && have < want {
			return false
		}
	}
	return true
}
