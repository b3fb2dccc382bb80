package handbook_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"referworks/webui/handbook"
)

var book = handbook.New().Handler()

func get(t *testing.T, path string) (int, string, string) {
	t.Helper()
	r := httptest.NewRecorder()
	book.ServeHTTP(r, httptest.NewRequest("GET", path, nil))
	return r.Code, r.Body.String(), r.Header().Get("Content-Security-Policy")
}

// Every page shows, every link in it leads to a page and a heading that are there, and nothing needs more than the policy allows.
func TestPagesAndTheirLinks(t *testing.T) {
	pages := map[string]string{}
	for _, start := range []string{"/help", "/help/es"} {
		_, first, _ := get(t, start)
		pages[start] = first
		readPages(t, first, pages)
	}
	if len(pages) < 50 {
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

// readPages reads the pages that a list of them leads to.
func readPages(t *testing.T, first string, pages map[string]string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`<li><a href="(/help/[a-z0-9/-]+)"`).FindAllStringSubmatch(first, -1) {
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
}

var (
	heading = regexp.MustCompile(`<h[1-6] id="([^"]+)"`)
	screens = regexp.MustCompile(`'(/[a-z]+)', '([a-z-]+)(?:#([a-z0-9-]+))?'`)
)

// A Spanish page has the headings of the English one, in its order and under its ids: what leads to one leads to the other.
func TestSpanishPagesFollowTheEnglishOnes(t *testing.T) {
	translated := 0
	_, first, _ := get(t, "/help")
	for _, m := range regexp.MustCompile(`<li><a href="/help/([a-z0-9-]+)"`).FindAllStringSubmatch(first, -1) {
		_, english, _ := get(t, "/help/"+m[1])
		_, spanish, _ := get(t, "/help/es/"+m[1])
		if strings.Contains(spanish, `class="note"`) {
			if !strings.Contains(spanish, `<div lang="en">`) {
				t.Errorf("%s is in English and does not say so", m[1])
			}
			continue
		}
		translated++
		ids := func(body string) string {
			var all []string
			for _, h := range heading.FindAllStringSubmatch(body, -1) {
				all = append(all, h[1])
			}
			return strings.Join(all, "\n")
		}
		if ids(english) != ids(spanish) || ids(english) == "" {
			t.Errorf("%s has these headings:\n%s\nand in Spanish:\n%s", m[1], ids(english), ids(spanish))
		}
		if strings.Contains(spanish, "{#") {
			t.Errorf("%s shows an id", m[1])
		}
	}
	if translated < 4 {
		t.Errorf("%d pages are in Spanish", translated)
	}
}

// The help button of every screen leads to a page and a heading that are there, and the help of the daily work is in Spanish.
func TestTheHelpOfEveryScreen(t *testing.T) {
	source, err := os.ReadFile("../app/src/shell/help.ts")
	if err != nil {
		t.Fatal(err)
	}
	all := screens.FindAllStringSubmatch(string(source), -1)
	if len(all) < 15 {
		t.Fatalf("only %d screens were found", len(all))
	}
	english := map[string]bool{"developers": true, "hosting": true}
	for _, m := range all {
		for _, root := range []string{"/help/", "/help/es/"} {
			status, body, _ := get(t, root+m[2])
			if status != 200 || m[3] != "" && !strings.Contains(body, `id="`+m[3]+`"`) {
				t.Errorf("%s leads to %s%s#%s: %d", m[1], root, m[2], m[3], status)
			}
			if root == "/help/es/" && !english[m[2]] && strings.Contains(body, `class="note"`) {
				t.Errorf("the help of %s is not in Spanish", m[1])
			}
		}
	}
}
