package handbook_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"referworks/webui/handbook"
)

func get(t *testing.T, path string) (int, string, string) {
	t.Helper()
	b, err := handbook.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRecorder()
	b.Handler().ServeHTTP(r, httptest.NewRequest("GET", path, nil))
	return r.Code, r.Body.String(), r.Header().Get("Content-Security-Policy")
}

// Every page shows, every link in it leads to a page and a heading that are there, and nothing needs more than the policy allows.
func TestPagesAndTheirLinks(t *testing.T) {
	_, first, _ := get(t, "/help")
	pages := map[string]string{}
	for _, m := range regexp.MustCompile(`<li><a href="(/help/[a-z-]+)"`).FindAllStringSubmatch(first, -1) {
		status, body, policy := get(t, m[1])
		if status != 200 || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(body, "<h1") {
			t.Fatalf("%s: %d, policy %q", m[1], status, policy)
		}
		for _, bad := range []string{" style=", "<style", "<script", "raw HTML"} {
			if strings.Contains(strings.ReplaceAll(body, "<!-- raw HTML omitted -->", ""), bad) {
				t.Errorf("%s has %q", m[1], bad)
			}
		}
		pages[m[1]] = body
	}
	if len(pages) < 6 {
		t.Fatalf("the help has %d pages", len(pages))
	}
	for at, body := range pages {
		for _, m := range regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(body, -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if path == "" {
				path = at
			}
			if strings.HasPrefix(path, "/help/") && path != "/help/help.css" && pages[path] == "" {
				t.Errorf("%s links to %s, which is no page", at, m[1])
			}
			if anchor != "" && !strings.Contains(body+pages[path], `id="`+anchor+`"`) {
				t.Errorf("%s links to %s, which is no heading", at, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`src="([^"]+)"`).FindAllStringSubmatch(body, -1) {
			if status, _, _ := get(t, m[1]); status != 200 {
				t.Errorf("%s shows %s, which is not there", at, m[1])
			}
		}
	}
}

func TestSearch(t *testing.T) {
	if _, body, _ := get(t, "/help?q=suspend+resume"); !strings.Contains(body, "/help/hosting#suspend-and-resume") {
		t.Errorf("suspend resume finds: %s", body)
	}
	if _, body, _ := get(t, "/help?q=%3Cscript%3Ealert(1)%3C/script%3E"); strings.Contains(body, "<script") || !strings.Contains(body, "No page has all") {
		t.Errorf("a hostile search gives: %s", body)
	}
	if status, _, _ := get(t, "/help/protocol"); status != 404 {
		t.Errorf("a page that is not in the handbook: %d", status)
	}
}
