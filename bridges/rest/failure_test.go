package rest_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// hijack ends the request in the way of f, below HTTP.
func hijack(f func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		f(c)
		_ = c.Close()
	}
}

// silent takes a request and never answers it. It must not return: net/http gives a caller whose context has ended
// the answer that comes in that very moment, and a handler that returns when the caller goes answers 200.
func silent(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

func TestFailuresHaveTheirClass(t *testing.T) {
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		settings map[string]string
		want     bridges.Class
		says     string
		after    time.Duration
		field    string
	}{
		"429 seconds":     {answer: status(429, "Retry-After", "120"), want: bridges.Temporary, says: "429", after: 2 * time.Minute},
		"503 date":        {answer: status(503, "Retry-After", now.Add(90*time.Second).Format(http.TimeFormat)), want: bridges.Temporary, after: 90 * time.Second},
		"503 date passed": {answer: status(503, "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat)), want: bridges.Temporary},
		"503 years":       {answer: status(503, "Retry-After", "999999999"), want: bridges.Temporary, after: 24 * time.Hour},
		"503 nonsense":    {answer: status(503, "Retry-After", "-5"), want: bridges.Temporary},
		"408":             {answer: status(408), want: bridges.Temporary},
		"425":             {answer: status(425), want: bridges.Temporary},
		"500":             {answer: status(500), want: bridges.Temporary},
		"502":             {answer: status(502), want: bridges.Temporary},
		"501":             {answer: status(501), want: bridges.Hold},
		"504":             {answer: status(504), want: bridges.Unknown},
		"301":             {answer: status(301, "Location", "/elsewhere"), want: bridges.Hold, says: "301"},
		"307":             {answer: status(307, "Location", "/elsewhere"), want: bridges.Hold, says: "307"},
		"304":             {answer: status(304), want: bridges.Hold},
		"401":             {answer: status(401), want: bridges.Hold, says: "sign-in"},
		"403":             {answer: status(403), want: bridges.Hold, says: "sign-in"},
		"404":             {answer: status(404), want: bridges.Hold, says: "address"},
		"405":             {answer: status(405), want: bridges.Hold},
		"415":             {answer: status(415), want: bridges.Hold},
		"409":             {answer: status(409), want: bridges.Hold, says: "already"},
		"413":             {answer: status(413), want: bridges.Permanent, says: "too large"},
		"418":             {answer: status(418), want: bridges.Permanent},
		"206":             {answer: status(206), want: bridges.Hold, says: "206"},
		"202 not listed":  {answer: status(202), settings: map[string]string{"success": "201"}, want: bridges.Hold},
		"sign-in page":    {answer: body(200, "text/html; charset=utf-8", "<html>Sign in</html>"), want: bridges.Hold, says: "web page"},

		"field":           {answer: body(422, "application/json", `{"errors":[{"field":"First","message":"`+canary+` is not allowed"}]}`), want: bridges.Permanent, field: "First", says: `"First"`},
		"field pointer":   {answer: body(422, "application/problem+json", `{"errors":[{"detail":"x","pointer":"#/Address/Postcode"}]}`), want: bridges.Permanent, field: "Postcode"},
		"field steps":     {answer: body(422, "application/json", `{"detail":[{"loc":["body","Address","Postcode"],"msg":"x"}]}`), want: bridges.Permanent, field: "Postcode"},
		"field as name":   {answer: body(400, "application/json", `{"invalid_values":{"First":["too long"]}}`), want: bridges.Permanent, field: "First"},
		"field in XML":    {answer: body(400, "application/xml", `<errors><error field="First">bad</error></errors>`), want: bridges.Permanent, field: "First"},
		"value as field":  {answer: body(422, "application/json", `{"errors":[{"field":"`+canary+`"}]}`), want: bridges.Permanent},
		"field not ours":  {answer: body(422, "application/json", `{"errors":[{"field":"Surname"}]}`), want: bridges.Permanent},
		"name elsewhere":  {answer: body(422, "application/json", `{"First":"x"}`), want: bridges.Permanent},
		"endless refusal": {answer: body(422, "application/json", `{"field":"First","x":"`+strings.Repeat("x", 2<<20)+`"}`), want: bridges.Permanent},

		"slow":                {answer: silent, settings: map[string]string{"timeout": "1"}, want: bridges.Unknown, says: "do not know"},
		"dropped after body":  {answer: hijack(func(net.Conn) {}), want: bridges.Unknown},
		"dropped in a header": {answer: hijack(func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 201 Cr") }), want: bridges.Unknown},
		"garbage":             {answer: hijack(func(c net.Conn) { _, _ = io.WriteString(c, "250 OK\r\n\r\n") }), want: bridges.Unknown},
		"huge header":         {answer: status(200, "X-Long", strings.Repeat("x", 128<<10)), want: bridges.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, c.answer)
			_, err := s.open(t, rest.Kind(), nil, c.settings, nil).Deliver(context.Background(), delivery())
			e := class(t, err)
			if e.Class != c.want {
				t.Errorf("class %s (%v), want %s", e.Class, e.Err, c.want)
			}
			if !strings.Contains(e.Sentence, c.says) {
				t.Errorf("sentence %q does not say %q", e.Sentence, c.says)
			}
			if e.RetryAfter != c.after {
				t.Errorf("retry after %s, want %s", e.RetryAfter, c.after)
			}
			if e.Field != c.field {
				t.Errorf("field %q, want %q", e.Field, c.field)
			}
			if strings.Contains(e.Sentence, canary) || e.Err != nil && strings.Contains(e.Err.Error(), "program=7") {
				t.Errorf("the error shows too much: %q, %v", e.Sentence, e.Err)
			}
			if n := s.posts(); n != 1 {
				t.Errorf("the system got %d posts, want 1", n)
			}
		})
	}
}

// A status that says taken stays so, whatever becomes of the rest of the answer: asking again would be twice.
func TestTakenIsTaken(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for chunk := []byte(`"` + strings.Repeat("x", 64<<10)); r.Context().Err() == nil; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"broken off": hijack(func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{") }),
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			w.(http.Flusher).Flush()
			silent(w, r) // a handler that returns would end the body in the moment in which the caller gives up
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, answer)
			out, err := s.open(t, rest.Kind(), nil, map[string]string{"id-path": "id", "timeout": "1"}, nil).Deliver(context.Background(), delivery())
			if err != nil || !strings.Contains(out.Detail, "could not be read") {
				t.Errorf("outcome %+v, error %v", out, err)
			}
		})
	}
}

func TestNothingWasSent(t *testing.T) {
	s := newSystem(t, status(200))
	plain := httptest.NewServer(status(200))
	t.Cleanup(plain.Close)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	old := httptest.NewUnstartedServer(status(200))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	for name, c := range map[string]struct {
		settings map[string]string
		want     bridges.Class
		says     string
	}{
		"old TLS":           {map[string]string{"url": old.URL}, bridges.Hold, "TLS 1.2"},
		"unknown authority": {map[string]string{"ca": ""}, bridges.Hold, "did not prove"},
		"other name":        {map[string]string{"url": strings.Replace(s.URL, "127.0.0.1", "localhost", 1)}, bridges.Hold, "did not prove"},
		"no TLS":            {map[string]string{"url": strings.Replace(plain.URL, "http:", "https:", 1)}, bridges.Hold, "encryption"},
		"nobody there":      {map[string]string{"url": "https://127.0.0.1:1/"}, bridges.Temporary, "cannot be reached"},
		"never answers":     {map[string]string{"url": "https://" + mute.Addr().String() + "/", "timeout": "1"}, bridges.Temporary, "cannot be reached"},
		"metadata":          {map[string]string{"url": "https://169.254.169.254/latest/"}, bridges.Hold, "metadata"},
		"plain and public":  {map[string]string{"url": "http://93.184.216.34/"}, bridges.Hold, "without encryption"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.open(t, rest.Kind(), nil, c.settings, nil).Deliver(context.Background(), delivery())
			if e := class(t, err); e.Class != c.want || !strings.Contains(e.Sentence, c.says) {
				t.Errorf("class %s: %s (%v), want %s: %s", e.Class, e.Sentence, e.Err, c.want, c.says)
			}
			if len(s.asked()) != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestUnknownState(t *testing.T) {
	taken := body(201, "application/json", `{"id":"new"}`)
	for name, c := range map[string]struct {
		settings map[string]string
		look     http.HandlerFunc // nil: no look-up is set up
		known    bool             // the last attempt's end is known
		want     string           // reference of the outcome, or the class of the error
		posts    int
	}{
		"nothing set up":        {want: "hold"},
		"nothing set up, known": {known: true, want: "new", posts: 1},
		"honors the key":        {settings: map[string]string{"idempotent": "true"}, want: "new", posts: 1},
		"found":                 {look: body(200, "application/json", `{"results":[{"id":"old"}]}`), want: "old"},
		"found at once":         {look: body(200, "application/json", `{"results":[{"id":"old"}]}`), known: true, want: "old"},
		"twice the same":        {look: body(200, "application/json", `{"results":[{"id":"old"},{"id":"old"}]}`), want: "old"},
		"not found":             {look: body(200, "application/json", `{"results":[]}`), want: "new", posts: 1},
		"null":                  {look: body(200, "application/json", `{"results":null}`), want: "new", posts: 1},
		"404":                   {look: status(404), want: "new", posts: 1},
		"204":                   {look: status(204), want: "new", posts: 1},
		"empty element":         {look: body(200, "application/xml", `<answer><results/></answer>`), want: "new", posts: 1},
		"found in XML":          {look: body(200, "application/xml", `<answer><results><id>old</id></results></answer>`), want: "old"},
		"two records":           {look: body(200, "application/json", `{"results":[{"id":"1"},{"id":"2"}]}`), want: "hold"},
		"error inside 200":      {look: body(200, "application/json", `{"error":"database is down"}`), want: "hold"},
		"record without id":     {look: body(200, "application/json", `{"results":[{"name":"x"}]}`), want: "hold"},
		"not readable":          {look: body(200, "application/json", `{"results":`), want: "hold"},
		"empty answer":          {look: status(200), want: "hold"},
		"sign-in page":          {look: body(200, "text/html", `<a/>`), want: "hold"},
		"no sign-in":            {look: status(401), want: "hold"},
		"odd refusal":           {look: status(418), want: "hold"},
		"redirect":              {look: status(302, "Location", "/"), want: "hold"},
		"down":                  {look: status(503), want: "unknown"},
		"down, known":           {look: status(503), known: true, want: "temporary"},
		"dropped":               {look: hijack(func(net.Conn) {}), want: "unknown"},
		"dropped, known":        {look: hijack(func(net.Conn) {}), known: true, want: "temporary"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					c.look(w, r)
				} else {
					taken(w, r)
				}
			})
			settings := map[string]string{"id-path": "id"}
			for k, v := range c.settings {
				settings[k] = v
			}
			if c.look != nil {
				settings["lookup-url"], settings["lookup-path"] = "{base}/api/find/{key}?external_id={reference}", "results[].id"
				if strings.Contains(name, "XML") {
					settings["lookup-path"] = "results.id"
				}
			}
			d := delivery()
			d.Attempt, d.Unknown, d.Reference = 2, !c.known, "RW 1&x=/2"
			out, err := s.open(t, rest.Kind(), nil, settings, nil).Deliver(context.Background(), d)
			got := out.Reference
			if err != nil {
				got = string(class(t, err).Class)
			}
			if got != c.want || s.posts() != c.posts {
				t.Errorf("got %q (%v) after %d posts, want %q after %d", got, err, s.posts(), c.want, c.posts)
			}
			if c.look != nil {
				if r := s.asked()[0]; r.method != http.MethodGet || r.path != "/api/find/rw1abc%2Furn%3Auuid%3A1%2F1?external_id=RW%201%26x%3D%2F2" {
					t.Errorf("looked up %s %s", r.method, r.path)
				}
			}
			if c.posts > 0 {
				if r := s.asked()[len(s.asked())-1]; r.header.Get("Idempotency-Key") != d.Key {
					t.Error("the second attempt has another Idempotency-Key")
				}
			}
		})
	}
}

// net/http repeats a request with an Idempotency-Key by itself on a used connection. A system that does not honor
// the key must see one post, and we must hear that the state is unknown; the one that does shows that the trap is real.
func TestNoSilentRepeat(t *testing.T) {
	for idempotent, posts := range map[string]int{"false": 2, "true": 3} {
		var asked atomic.Int32
		s := newSystem(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 {
				w.WriteHeader(201)
				return
			}
			hijack(func(net.Conn) {})(w, r)
		})
		sink := s.open(t, rest.Kind(), nil, map[string]string{"idempotent": idempotent}, nil)
		if _, err := sink.Deliver(context.Background(), delivery()); err != nil {
			t.Fatal(err)
		}
		_, err := sink.Deliver(context.Background(), delivery())
		if e := class(t, err); e.Class != bridges.Unknown || s.posts() != posts {
			t.Errorf("idempotent %s: class %s after %d posts, want unknown after %d", idempotent, e.Class, s.posts(), posts)
		}
	}
}

func TestCanceled(t *testing.T) {
	arrived := make(chan struct{})
	s := newSystem(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		silent(w, r)
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	_, err := s.open(t, rest.Kind(), nil, nil, nil).Deliver(ctx, delivery())
	if e := class(t, err); e.Class != bridges.Unknown {
		t.Errorf("class %s, want unknown: the request was out when we stopped", e.Class)
	}
	_, err = s.open(t, rest.Kind(), nil, nil, nil).Deliver(ctx, delivery())
	if e := class(t, err); e.Class != bridges.Temporary {
		t.Errorf("class %s, want temporary: nothing was sent", e.Class)
	}
}

func TestConnectionTest(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		works  bool
	}{
		"there":        {status(200), true},
		"no HEAD":      {status(405), true},
		"nothing here": {status(404), false},
		"wants a body": {status(400), true},
		"no HEAD, 501": {status(501), true},
		"sign-in":      {status(401), false},
		"moved":        {status(301, "Location", "/x"), false},
		"ill":          {status(500), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t, c.answer)
			err := s.open(t, rest.Kind(), nil, nil, nil).(bridges.Tester).Test(context.Background())
			if (err == nil) != c.works {
				t.Errorf("got %v", err)
			}
			if r := s.asked(); len(r) != 1 || r[0].method != http.MethodHead || r[0].body != "" || r[0].header.Get("Idempotency-Key") != "" {
				t.Errorf("the test asked %+v", r)
			}
		})
	}
	s := newSystem(t, status(200))
	if err := s.open(t, rest.Kind(), nil, map[string]string{"ca": ""}, nil).(bridges.Tester).Test(context.Background()); err == nil {
		t.Error("an unknown authority passed the test")
	}
}

// A system that would take a repeated post twice, and cannot be asked, says so: the node then notes each attempt first.
func TestOnce(t *testing.T) {
	s := newSystem(t, status(200))
	for name, c := range map[string]struct {
		settings map[string]string
		want     bool
	}{
		"plain":          {nil, true},
		"honors the key": {map[string]string{"idempotent": "true"}, false},
		"can be asked":   {map[string]string{"lookup-url": "{base}/find?id={reference}", "lookup-path": "results[].id"}, false},
	} {
		sink, ok := s.open(t, rest.Kind(), nil, c.settings, nil).(bridges.Once)
		if !ok || sink.Once() != c.want {
			t.Errorf("%s: once is not %t", name, c.want)
		}
	}
}
