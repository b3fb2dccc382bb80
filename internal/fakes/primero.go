package fakes

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Primero is a child protection system, version 2. Its traps: the client gives the UUID and a repeated one is a 409; a token is
// good for 60 minutes; a 422 names the field in detail; a second referral of one case to the same user makes a second one.
type Primero struct {
	User, Password string

	mu        sync.Mutex
	cases     map[string]row
	referrals map[string][]row
	tokens    int
	valid     string
	files     []attached
	flags     map[string][]row
}

// Counts tells how many cases and referrals are there.
func (p *Primero) Counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{"cases": len(p.cases)}
	for _, r := range p.referrals {
		out["referrals"] += len(r)
	}
	for _, f := range p.flags {
		out["flags"] += len(f)
	}
	return withFiles(out, p.files)
}

// Expire makes the token that was given out worthless, as an hour does.
func (p *Primero) Expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid = "expired"
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (p *Primero) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cases == nil {
		p.cases, p.referrals = map[string]row{}, map[string][]row{}
	}
	in, _ := body(r)
	if r.URL.Path == "/api/v2/tokens" {
		user, _ := in["user"].(row)
		if text(user["user_name"]) != p.User || text(user["password"]) != p.Password {
			p.refuse(w, r, http.StatusUnauthorized, "", "Invalid User name or password.")
			return
		}
		p.tokens++
		p.valid = fmt.Sprintf("token-%d", p.tokens)
		say(w, http.StatusOK, row{"id": 1, "user_name": p.User, "token": p.valid})
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+p.valid {
		p.refuse(w, r, http.StatusUnauthorized, "", "Unauthorized")
		return
	}
	data, _ := in["data"].(row)
	at := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/api/v2/lookups":
		say(w, http.StatusOK, row{"data": []row{{"unique_id": "lookup-service-type", "values": []row{{"id": "legal", "display_text": row{"en": "Legal"}}}}}})
	case r.URL.Path == "/api/v2/cases" && r.Method == http.MethodPost:
		p.create(w, r, data)
	case r.URL.Path == "/api/v2/cases":
		found := []row{}
		for _, c := range p.cases {
			found = append(found, c)
		}
		say(w, http.StatusOK, row{"data": found, "metadata": row{"total": len(found), "per": 100, "page": 1}})
	case len(at) == 4 && at[2] == "cases" && r.Method == http.MethodGet && p.cases[at[3]] != nil:
		one := row{"id": at[3]}
		for _, field := range strings.Split(r.URL.Query().Get("fields"), ",") {
			held := []row{}
			for i, f := range p.files {
				if f.record == at[3]+"/"+field {
					held = append(held, row{"id": i + 1, "field_name": field, "file_name": f.name})
				}
			}
			one[field] = held
		}
		say(w, http.StatusOK, row{"data": one})
	case len(at) == 5 && at[4] == "attachments" && p.cases[at[3]] != nil:
		p.attachment(w, r, at[3], data)
	case len(at) == 5 && at[4] == "flags" && p.cases[at[3]] != nil:
		if p.flags == nil {
			p.flags = map[string][]row{}
		}
		if r.Method == http.MethodPost {
			data["id"] = len(p.flags[at[3]]) + 1
			p.flags[at[3]] = append(p.flags[at[3]], data)
			say(w, http.StatusOK, row{"data": data})
			return
		}
		say(w, http.StatusOK, row{"data": append([]row{}, p.flags[at[3]]...)})
	case len(at) == 4 && at[2] == "cases" && r.Method == http.MethodPatch && p.cases[at[3]] != nil:
		for k, v := range data {
			p.cases[at[3]][k] = v
		}
		say(w, http.StatusOK, row{"data": data})
	case len(at) == 5 && at[4] == "referrals" && p.cases[at[3]] != nil:
		if r.Method == http.MethodPost {
			data["id"] = fmt.Sprintf("r-%s-%d", at[3], len(p.referrals[at[3]])+1)
			p.referrals[at[3]] = append(p.referrals[at[3]], data)
			say(w, http.StatusOK, row{"data": data})
			return
		}
		say(w, http.StatusOK, row{"data": append([]row{}, p.referrals[at[3]]...)})
	default:
		p.refuse(w, r, http.StatusNotFound, "", "Not Found")
	}
}

// attachment adds a file to a field of a case. Its traps: a type is taken only as what it is, up to 4 MB, and the same again is
// another file.
func (p *Primero) attachment(w http.ResponseWriter, r *http.Request, id string, data row) {
	name, kind, field := text(data["file_name"]), text(data["attachment_type"]), text(data["field_name"])
	fits := map[string]string{"document": ".pdf .txt", "image": ".jpg .jpeg .png", "audio": ".mp3 .amr"}[kind]
	if field == "" || path.Ext(name) == "" || !strings.Contains(fits, path.Ext(name)) || len(text(data["attachment"])) > 6<<20 {
		p.refuse(w, r, http.StatusUnprocessableEntity, "file", "is not valid")
		return
	}
	if !attach(&p.files, id+"/"+field, name, text(data["attachment"])) {
		p.refuse(w, r, http.StatusUnprocessableEntity, "attachment", "is no base64")
		return
	}
	say(w, http.StatusOK, row{"data": row{"id": len(p.files), "record": row{"id": id}}})
}

func (p *Primero) create(w http.ResponseWriter, r *http.Request, data row) {
	id := text(data["id"])
	switch {
	case !uuid.MatchString(id):
		p.refuse(w, r, http.StatusUnprocessableEntity, "id", "is no UUID")
	case p.cases[id] != nil:
		p.refuse(w, r, http.StatusConflict, "", "A case with this id already exists")
	default:
		if b := text(data["date_of_birth"]); b != "" {
			if _, err := time.Parse(time.DateOnly, b); err != nil {
				p.refuse(w, r, http.StatusUnprocessableEntity, "date_of_birth", "must be a date")
				return
			}
		}
		data["last_updated_at"] = time.Now().UTC().Format(time.RFC3339)
		p.cases[id] = data
		say(w, http.StatusOK, row{"data": data})
	}
}

func (p *Primero) refuse(w http.ResponseWriter, r *http.Request, status int, field, message string) {
	say(w, status, row{"errors": []row{{"status": status, "resource": r.URL.Path, "detail": field, "message": []string{message}}}})
}
