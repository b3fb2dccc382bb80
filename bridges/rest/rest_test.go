package rest_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/rest"
)

const canary = "Zebulona"

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func delivery() bridges.Delivery {
	return bridges.Delivery{
		Key: "rw1abc/urn:uuid:1/1", Reference: "RW-7K3F-19", Attempt: 1, From: bridges.Party{Name: "Harbor Legal Aid"},
		Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{"First":"` + canary + `","Address":{"Postcode":"02139"}}`)},
	}
}

// system is a case management system: it remembers what it was asked and answers by the handler at hand.
type system struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   http.HandlerFunc
}

type request struct {
	method, path string
	header       http.Header
	body         string
}

func newSystem(t *testing.T, answer http.HandlerFunc) *system {
	t.Helper()
	s := &system{answer: answer}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.requests = append(s.requests, request{r.Method, r.URL.RequestURI(), r.Header.Clone(), string(body)})
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *system) asked() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

func (s *system) posts() int {
	n := 0
	for _, r := range s.asked() {
		if r.method == http.MethodPost {
			n++
		}
	}
	return n
}

func (s *system) authority() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// open opens the kind on a system, with the settings and secrets given as pairs on top.
func (s *system) open(t *testing.T, kind bridges.Kind, log *slog.Logger, settings, secrets map[string]string) bridges.Sink {
	t.Helper()
	all := map[string]string{"url": s.URL + "/api/intakes?program=7", "ca": s.authority()}
	for k, v := range settings {
		all[k] = strings.ReplaceAll(v, "{base}", s.URL)
	}
	b, err := kind.New(bridges.Config{
		Settings: all, AllowPrivate: true, Log: log, Now: func() time.Time { return now },
		Secrets: func(name string) (string, bool) { v, ok := secrets[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.(bridges.Sink)
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func body(code int, media, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}
}

func class(t *testing.T, err error) *bridges.Error {
	t.Helper()
	var e *bridges.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, which has no class", err)
	}
	if e.Sentence == "" {
		t.Error("the error has no sentence")
	}
	return e
}

func TestDocumentArrivesAsItIs(t *testing.T) {
	s := newSystem(t, body(http.StatusCreated, "application/json", `{"data":{"id":4711}}`))
	var log bytes.Buffer
	sink := s.open(t, rest.Kind(), slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), map[string]string{"id-path": "data.id", "auth": "bearer"}, map[string]string{"token": "secret-1"})
	d := delivery()
	d.Practice = true
	out, err := sink.Deliver(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if out.Reference != "4711" || out.Blind {
		t.Errorf("outcome %+v", out)
	}
	got := s.asked()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	if got[0].path != "/api/intakes?program=7" || got[0].body != string(d.Document.Bytes) {
		t.Errorf("got %s %q", got[0].path, got[0].body)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Idempotency-Key": d.Key, "X-Referworks-Reference": d.Reference, "Authorization": "Bearer secret-1", "X-Referworks-Practice": "true", "User-Agent": "Referworks"} {
		if got[0].header.Get(name) != want {
			t.Errorf("header %s is %q, want %q", name, got[0].header.Get(name), want)
		}
	}
	for _, leak := range []string{canary, "secret-1", "02139"} {
		if strings.Contains(log.String(), leak) {
			t.Errorf("the log holds %q", leak)
		}
	}
	if log.Len() == 0 {
		t.Error("the log is empty: the check above shows nothing")
	}
}

func TestXMLArrivesAsItIs(t *testing.T) {
	s := newSystem(t, body(http.StatusOK, "text/xml", `<answer><case number="A-12"/></answer>`))
	sink := s.open(t, rest.XML(), nil, map[string]string{"id-path": "case.@number"}, nil)
	d := delivery()
	if _, err := sink.Deliver(context.Background(), d); class(t, err).Class != bridges.Hold || len(s.asked()) != 0 {
		t.Error("a JSON document went out through an XML connection")
	}
	d.Document = bridges.Document{Format: "xml", MediaType: "application/xml", Bytes: []byte("<ref>é</ref>")}
	out, err := sink.Deliver(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.asked()[0]; out.Reference != "A-12" || got.body != "<ref>é</ref>" || got.header.Get("Content-Type") != "application/xml" {
		t.Errorf("outcome %+v, request %+v", out, got)
	}
}

func TestOwnID(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		path   string
		want   string
	}{
		"location":       {status(201, "Location", "/api/intakes/88?x=1"), "", "88"},
		"whole location": {status(201, "Location", "https://cases.example.org/api/intakes/9f%20a/"), "", "9f a"},
		"no location":    {status(201), "", ""},
		"location root":  {status(201, "Location", "/"), "", ""},
		"long number":    {body(200, "application/json", `{"id":90071992547409931234}`), "id", "90071992547409931234"},
		"quoted name":    {body(200, "application/json", `{"Case No":"A 1"}`), `"Case No"`, "A 1"},
		"text type":      {body(200, "text/plain", `{"id":"7"}`), "id", "7"},
		"several":        {body(200, "application/json", `{"r":[{"id":1},{"id":2}]}`), "r[].id", ""},
		"an object":      {body(200, "application/json", `{"id":{"a":1}}`), "id", ""},
		"control":        {body(200, "application/json", `{"id":"a\u001b[2Jb"}`), "id", ""},
		"bidi":           {body(200, "application/json", `{"id":"a\u202eb"}`), "id", ""},
		"long":           {body(200, "application/json", `{"id":"`+strings.Repeat("x", 101)+`"}`), "id", ""},
		"not JSON":       {body(200, "application/json", `{"id":`), "id", ""},
		"no body":        {status(204), "id", ""},
		"doctype":        {body(200, "application/xml", `<!DOCTYPE a [<!ENTITY x "y">]><a><id>&x;</id></a>`), "id", ""},
		"XML":            {body(200, "application/xml", `<a><id>12</id></a>`), "id", "12"},
		"another content": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, `{"id":"7"}`)
		}, "id", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, c.answer)
			out, err := s.open(t, rest.Kind(), nil, map[string]string{"id-path": c.path}, nil).Deliver(context.Background(), delivery())
			if err != nil {
				t.Fatal(err)
			}
			if out.Reference != c.want {
				t.Errorf("reference %q, want %q", out.Reference, c.want)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		settings, secrets map[string]string
		header, want      string
	}{
		"basic":  {map[string]string{"auth": "basic", "user": "node"}, map[string]string{"password": "p:w"}, "Authorization", "Basic bm9kZTpwOnc="},
		"header": {map[string]string{"auth": "header", "header-name": "x-case-key"}, map[string]string{"key": "k1"}, "X-Case-Key", "k1"},
		"none":   {nil, map[string]string{"token": "unused"}, "Authorization", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, status(200))
			if _, err := s.open(t, rest.Kind(), nil, c.settings, c.secrets).Deliver(context.Background(), delivery()); err != nil {
				t.Fatal(err)
			}
			if got := s.asked()[0].header.Get(c.header); got != c.want {
				t.Errorf("%s is %q, want %q", c.header, got, c.want)
			}
		})
	}
}

func TestWrongSettingsAreAllNamed(t *testing.T) {
	secrets := func(string) (string, bool) { return "", false }
	good := map[string]string{"url": "https://cases.example.org/api"}
	if _, err := rest.Kind().New(bridges.Config{Settings: good, Secrets: secrets}); err != nil {
		t.Errorf("good settings: %v", err)
	}
	for name, c := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"no address":     {map[string]string{}, []string{"whole one"}},
		"plain":          {map[string]string{"url": "http://cases.example.org/"}, []string{"https://"}},
		"file":           {map[string]string{"url": "file:///etc/passwd"}, []string{"address"}},
		"secret in it":   {map[string]string{"url": "https://u:p@cases.example.org/"}, []string{"user name"}},
		"two at once":    {map[string]string{"url": "https://h/", "timeout": "0", "success": "302"}, []string{"time-out", "success"}},
		"no token":       {map[string]string{"url": "https://h/", "auth": "bearer"}, []string{"token is missing"}},
		"our own header": {map[string]string{"url": "https://h/", "auth": "header", "header-name": "idempotency-key"}, []string{"do not use ourselves"}},
		"header breaks":  {map[string]string{"url": "https://h/", "auth": "header", "header-name": "X\r\nY"}, []string{"header"}},
		"other host":     {map[string]string{"url": "https://h/", "lookup-url": "https://evil.example/{reference}", "lookup-path": "id"}, []string{"same host"}},
		"host from key":  {map[string]string{"url": "https://h/", "lookup-url": "https://{key}/x", "lookup-path": "id"}, []string{"same host"}},
		"no placeholder": {map[string]string{"url": "https://h/", "lookup-url": "https://h/x", "lookup-path": "id"}, []string{"{reference}"}},
		"no place":       {map[string]string{"url": "https://h/", "lookup-url": "https://h/{key}"}, []string{"place of the id"}},
		"bad place":      {map[string]string{"url": "https://h/", "id-path": "a[["}, []string{"place of the new id"}},
		"bad authority":  {map[string]string{"url": "https://h/", "ca": "hello"}, []string{"PEM"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rest.Kind().New(bridges.Config{Settings: c.settings, Secrets: secrets})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not mention %q", err, want)
				}
			}
		})
	}
}
