package api_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// post posts a document under an Idempotency-Key.
func (w *world) post(t *testing.T, key, media, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest("POST", w.public.URL+"/v1/referrals?to="+string(w.partner.ID()), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.elmReferrals)
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func (w *world) sent(t *testing.T) int {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	w.must(t, w.public.URL, w.elmReferrals, "", "GET", "/v1/referrals?direction=out", "", &list)
	return len(list.Items)
}

func TestSameKeySameAnswer(t *testing.T) {
	w := newWorld(t)
	doc, before := example(t, "legalserver-matter.json"), w.sent(t)
	status, first, head := w.post(t, "case 7", "application/json", doc)
	if status != http.StatusCreated || head.Get("Location") == "" {
		t.Fatalf("%d %s", status, first)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			status, again, headers := w.post(t, "case 7", "application/json", doc)
			if status != http.StatusCreated || again != first || headers.Get("Location") != head.Get("Location") {
				t.Errorf("the same post again: %d %s\nbefore: %s", status, again, first)
			}
		})
	}
	wait.Wait()
	for name, other := range map[string]string{"other space": doc + " ", "not readable": "{"} {
		status, body, headers := w.post(t, "case 7", "application/json", other)
		if status != http.StatusConflict && name == "other space" || status/100 != 4 || headers.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s under the same key: %d %s", name, status, body)
		}
	}
	if n := w.sent(t); n != before+1 {
		t.Errorf("%d referrals were sent, want 1", n-before)
	}
	// The neighbor's keys are its own.
	status, body, _ := call(t, w.public.URL+"/v1/referrals", "POST", w.brigidReferrals, "", doc)
	if status != http.StatusNotFound {
		t.Errorf("the neighbor, who has no connection: %d %s", status, body)
	}
}

func TestFirstPostsAtOnceAreOne(t *testing.T) {
	w := newWorld(t)
	doc, before := example(t, "legalserver-matter.json"), w.sent(t)
	answers := make(chan string, 8)
	for range cap(answers) {
		go func() {
			status, body, _ := w.post(t, "case 8", "application/json", doc)
			if status != http.StatusCreated {
				t.Errorf("%d %s", status, body)
			}
			answers <- body
		}()
	}
	first := <-answers
	for range cap(answers) - 1 {
		if again := <-answers; again != first {
			t.Errorf("two answers: %s and %s", first, again)
		}
	}
	if n := w.sent(t); n != before+1 {
		t.Errorf("%d referrals were sent, want 1", n-before)
	}
}

func TestRequestsAreLimited(t *testing.T) {
	w := newWorld(t)
	before := w.sent(t)
	large := `{"first":"` + strings.Repeat("x", 9<<20) + `"}`
	for name, c := range map[string]struct {
		key, media, body string
		want             int
	}{
		"over the limit":       {"k", "application/json", large, http.StatusRequestEntityTooLarge},
		"over the reader's":    {"k", "application/json", large[:5<<20], http.StatusBadRequest},
		"endless key":          {strings.Repeat("k", 201), "application/json", "{}", http.StatusUnprocessableEntity},
		"no media type":        {"k", "application/msword", "{}", http.StatusUnsupportedMediaType},
		"multipart":            {"k", "multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
		"XML with an entity":   {"k", "application/xml", `<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`, http.StatusNotFound}, // no XML connection
		"deep":                 {"k", "application/json", strings.Repeat("[", 100_000), http.StatusBadRequest},
		"twice the same field": {"k", "application/json", `{"first":"a","first":"b"}`, http.StatusBadRequest},
	} {
		status, body, head := w.post(t, c.key, c.media, c.body)
		if status != c.want || head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %.200s", name, status, body)
		}
		if strings.Contains(body, "xxxx") || strings.Contains(body, "kkkk") {
			t.Errorf("%s: the answer echoes what came in", name)
		}
	}
	for _, path := range []string{"/v1/connections/x", "/v1/mappings/x", "/v1/partners:accept"} {
		method := map[bool]string{true: "POST", false: "PUT"}[strings.Contains(path, ":")]
		if status, body, _ := call(t, w.public.URL+path, method, w.elmAdmin, "", large); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s: %d %.200s", method, path, status, body)
		}
	}
	if n := w.sent(t); n != before {
		t.Errorf("%d referrals were sent", n-before)
	}
}
