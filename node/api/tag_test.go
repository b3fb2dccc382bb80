package api_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// tagged makes a request with headers and gives its status, its tag and its body.
func (w *world) tagged(t *testing.T, method, path, body string, header ...string) (status int, tag, text string) {
	t.Helper()
	req, err := http.NewRequest(method, w.public.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.elmAdmin)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("ETag"), string(b)
}

const kept = `{"id":"case-system","name":"NAME","kind":"api","direction":"in","format":"json","mapping":"legalserver",` + consent + `}`

// Each resource that can be changed: its tag is given, is new after a change and the same without one; who has it is told 304;
// a change that is meant for another state is refused and changes nothing.
func TestTags(t *testing.T) {
	w := newWorld(t)
	mapping := example(t, "mappings/harbor-legalserver.json")
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/legalserver/draft", mapping, nil)
	partner := "/v1/partners/" + string(w.partner.ID())
	for _, r := range []struct {
		path    string
		with    func(n string) string // what a change says, another one for each n
		changed string                // where the change is made, when it is elsewhere
	}{
		{path: "/v1/connections/case-system", with: func(n string) string { return strings.Replace(kept, "NAME", "in "+n, 1) }},
		{path: "/v1/connections/case-system", changed: "/v1/connections/case-system/paused", with: func(n string) string {
			return map[string]string{"1": `{"paused":true}`, "2": `{"paused":false}`}[n]
		}},
		{path: "/v1/mappings/legalserver/draft", with: func(n string) string { return strings.Replace(mapping, `"name": "`, `"name": "`+n, 1) }},
		{path: "/v1/mappings/legalserver/work", with: func(n string) string { return `{"n":"` + n + `"}` }},
		{path: "/v1/mappings/legalserver", with: func(n string) string { return strings.Replace(mapping, `"name": "`, `"name": "`+n, 1) }},
		{path: "/v1/settings", with: func(n string) string {
			return map[string]string{"1": `{"victimService":true}`, "2": `{}`}[n]
		}},
		{path: "/v1/organization", with: func(n string) string { return `{"name":"Elm Street ` + n + `","contact":{"phone":"617-555-0123"}}` }},
		{path: partner, changed: partner + "/standing", with: func(n string) string {
			return map[string]string{"1": `{"state":"suspended"}`, "2": `{"state":"active"}`}[n]
		}},
	} {
		at := r.changed
		if at == "" {
			at = r.path
		}
		if strings.HasSuffix(r.path, "/work") {
			w.must(t, w.public.URL, w.elmAdmin, "", "PUT", r.path, r.with("0"), nil)
		}
		draft := func(body string) (string, string) { // a draft also says which revision it was
			if !strings.HasSuffix(r.path, "/draft") {
				return at, body
			}
			_, _, now := w.tagged(t, "GET", r.path, "")
			_, rest, _ := strings.Cut(now, `"revision":`)
			return at + "?revision=" + rest[:strings.IndexAny(rest, ",}")], body
		}
		status, first, shown := w.tagged(t, "GET", r.path, "")
		if status != 200 || !strings.HasPrefix(first, `"`) || len(first) < 20 {
			t.Fatalf("%s: %d, tag %s", r.path, status, first)
		}
		if status, tag, body := w.tagged(t, "GET", r.path, "", "If-None-Match", `"other", `+first); status != 304 || tag != first || body != "" {
			t.Errorf("%s: who has it gets %d, tag %s, body %q", r.path, status, tag, body)
		}
		if status, _, body := w.tagged(t, "GET", r.path, "", "If-None-Match", `"other"`); status != 200 || body != shown {
			t.Errorf("%s: who has another gets %d", r.path, status)
		}
		path, body := draft(r.with("1"))
		status, second, answer := w.tagged(t, "PUT", path, body, "If-Match", first)
		if status != 200 || second == "" || second == first {
			t.Fatalf("%s: a change for the tag that stands: %d, tag %s, %s", at, status, second, answer)
		}
		if _, now, _ := w.tagged(t, "GET", r.path, ""); now != second {
			t.Errorf("%s: the change gave the tag %s, and it is %s", at, second, now)
		}
		_, _, before := w.tagged(t, "GET", r.path, "")
		path, body = draft(r.with("2"))
		status, now, problem := w.tagged(t, "PUT", path, body, "If-Match", first)
		if status != 412 || now != second || !strings.Contains(problem, "Somebody changed this since you read it") {
			t.Errorf("%s: a change for a tag that is gone: %d, tag %s, %s", at, status, now, problem)
		}
		if _, _, after := w.tagged(t, "GET", r.path, ""); after != before {
			t.Errorf("%s: a change that was refused was made", at)
		}
		if status, _, problem := w.tagged(t, "PUT", path, body, "If-None-Match", "*"); status != 412 || !strings.Contains(problem, "here already") {
			t.Errorf("%s: made anew though it is there: %d", at, status)
		}
		if status, _, problem := w.tagged(t, "PUT", path, body, "If-Match", `W/"x", `+second); status != 200 {
			t.Errorf("%s: a list with the tag: %d %s", at, status, problem)
		}
		path, body = draft(r.with("1"))
		if status, _, _ := w.tagged(t, "PUT", path, body, "If-Match", "*"); status != 200 {
			t.Errorf("%s: any: %d", at, status)
		}
	}
}

// What is removed for a tag is removed only in that state, and what is not there cannot be changed for one.
func TestTagsOfRemovals(t *testing.T) {
	w := newWorld(t)
	const path = "/v1/connections/box"
	body := func(name string) string {
		return `{"id":"box","name":"` + name + `","kind":"inbox","direction":"out"}`
	}
	if status, _, problem := w.tagged(t, "PUT", path, body("a"), "If-Match", `"x"`); status != 412 || !strings.Contains(problem, "not here any more") {
		t.Errorf("changed what is not there: %d %s", status, problem)
	}
	status, first, problem := w.tagged(t, "PUT", path, body("a"), "If-None-Match", "*")
	if status != 200 || first == "" {
		t.Fatalf("made for the first time: %d %s", status, problem)
	}
	_, second, _ := w.tagged(t, "PUT", path, body("b"))
	if status, _, _ := w.tagged(t, "DELETE", path, "", "If-Match", first); status != 412 {
		t.Errorf("removed in another state: %d", status)
	}
	if status, _, _ := w.tagged(t, "GET", path, ""); status != 200 {
		t.Errorf("it is gone: %d", status)
	}
	if status, tag, _ := w.tagged(t, "DELETE", path, "", "If-Match", second); status != 200 || tag != "" {
		t.Errorf("removed: %d, tag %q", status, tag)
	}
}

// Of many who change one thing at the same time for one tag, one does.
func TestOneChangeForOneTag(t *testing.T) {
	w := newWorld(t)
	const path = "/v1/connections/case-system"
	_, tag, _ := w.tagged(t, "GET", path, "")
	var took, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			switch status, _, problem := w.tagged(t, "PUT", path, strings.Replace(kept, "NAME", strings.Repeat("x", i+1), 1), "If-Match", tag); status {
			case 200:
				took.Add(1)
			case 412:
				refused.Add(1)
			default:
				t.Errorf("%d %s", status, problem)
			}
		})
	}
	all.Wait()
	if took.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d were taken and %d refused", took.Load(), refused.Load())
	}
}
