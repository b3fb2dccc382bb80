package fakes

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Salesforce is an organization with an object for referrals. Its traps: a token from client credentials that ends, an upsert by
// external id that answers 201 or 200, errors as a list that names fields, and a header that counts the requests of a day.
type Salesforce struct {
	Client, Secret string

	mu     sync.Mutex
	rows   map[string]row // by external id
	tokens int
	valid  string
	used   int
	files  []attached
}

// Counts tells how many referrals are there.
func (s *Salesforce) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return withFiles(map[string]int{"records": len(s.rows)}, s.files)
}

// Expire makes the token that was given out worthless.
func (s *Salesforce) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = "expired"
}

// Decide sets the status of all records, as somebody does who works there.
func (s *Salesforce) Decide(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		r["Status__c"], r["SystemModstamp"] = status, time.Now().UTC().Format("2006-01-02T15:04:05.000+0000")
	}
}

func (s *Salesforce) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = map[string]row{}
	}
	if r.URL.Path == "/services/oauth2/token" {
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != s.Client || r.FormValue("client_secret") != s.Secret {
			say(w, http.StatusBadRequest, row{"error": "invalid_client", "error_description": "invalid client credentials"})
			return
		}
		s.tokens++
		s.valid = fmt.Sprintf("00D!token%d", s.tokens)
		say(w, http.StatusOK, row{"access_token": s.valid, "token_type": "Bearer", "instance_url": "https://example.my.salesforce.com"})
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.valid {
		say(w, http.StatusUnauthorized, []row{{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}})
		return
	}
	s.used++
	w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/100000", s.used))
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/limits"):
		say(w, http.StatusOK, row{"DailyApiRequests": row{"Max": 100000, "Remaining": 100000 - s.used}})
	case strings.HasSuffix(r.URL.Path, "/query") && strings.Contains(r.URL.Query().Get("q"), "FROM ContentDocumentLink"):
		s.links(w, r.URL.Query().Get("q"))
	case strings.HasSuffix(r.URL.Path, "/query"):
		found := []row{}
		for _, one := range s.rows {
			if text(one["Status__c"]) != "" {
				found = append(found, one)
			}
		}
		say(w, http.StatusOK, row{"totalSize": len(found), "done": true, "records": found})
	case r.Method == http.MethodPatch && len(path) == 7 && path[3] == "sobjects":
		s.upsert(w, r, path[6])
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/sobjects/ContentVersion"):
		in, _ := body(r)
		if text(in["Title"]) == "" || text(in["PathOnClient"]) == "" || !attach(&s.files, text(in["FirstPublishLocationId"]), text(in["Title"]), text(in["VersionData"])) {
			say(w, http.StatusBadRequest, []row{{"message": "Required fields are missing: [VersionData, PathOnClient]", "errorCode": "REQUIRED_FIELD_MISSING", "fields": []string{"VersionData"}}})
			return
		}
		say(w, http.StatusCreated, row{"id": fmt.Sprintf("068%015d", len(s.files)), "success": true, "errors": []any{}})
	default:
		say(w, http.StatusNotFound, []row{{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}})
	}
}

var soqlLink = regexp.MustCompile(`^SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '(\w+)' AND ContentDocument.Title LIKE '%([^%']+)%'$`)

// links answers a query of files. Its trap: without a filter on the record or the document it refuses.
func (s *Salesforce) links(w http.ResponseWriter, q string) {
	m := soqlLink.FindStringSubmatch(q)
	if m == nil {
		say(w, http.StatusBadRequest, []row{{"message": "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId", "errorCode": "MALFORMED_QUERY"}})
		return
	}
	found := []row{}
	for i, f := range s.files {
		if f.record == m[1] && strings.Contains(f.name, m[2]) {
			found = append(found, row{"ContentDocumentId": fmt.Sprintf("069%015d", i+1)})
		}
	}
	say(w, http.StatusOK, row{"totalSize": len(found), "done": true, "records": found})
}

func (s *Salesforce) upsert(w http.ResponseWriter, r *http.Request, external string) {
	in, ok := body(r)
	switch {
	case !ok:
		say(w, http.StatusBadRequest, []row{{"message": "not JSON", "errorCode": "JSON_PARSER_ERROR"}})
		return
	case text(in["Last_Name__c"]) == "":
		say(w, http.StatusBadRequest, []row{{"message": "Required fields are missing: [Last_Name__c]", "errorCode": "REQUIRED_FIELD_MISSING", "fields": []string{"Last_Name__c"}}})
		return
	}
	if b := text(in["Birthdate__c"]); b != "" {
		if _, err := time.Parse(time.DateOnly, b); err != nil {
			say(w, http.StatusBadRequest, []row{{"message": "Cannot deserialize instance of date from VALUE_STRING value " + b, "errorCode": "JSON_PARSER_ERROR", "fields": []string{"Birthdate__c"}}})
			return
		}
	}
	old, there := s.rows[external]
	if !there {
		old = row{"Id": fmt.Sprintf("a01%015d", len(s.rows)+1)}
		s.rows[external] = old
	}
	for k, v := range in {
		old[k] = v
	}
	status := http.StatusCreated
	if there {
		status = http.StatusOK
	}
	say(w, status, row{"id": old["Id"], "success": true, "errors": []any{}, "created": !there})
}
