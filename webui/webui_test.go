package webui

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func built() fs.FS {
	return fstest.MapFS{
		"index.html":          {Data: []byte(`<meta name="nonce" content="{{nonce}}">`)},
		"assets/main-1a2b.js": {Data: []byte("export {}")},
		"icon.svg":            {Data: []byte("<svg/>")},
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func state() State { return State{Version: "1", Ready: true} }

func TestProgramPageCarriesFreshNonce(t *testing.T) {
	h := handler(built(), state)
	a, b := get(h, "/inbox/abc"), get(h, "/")
	if a.Code != 200 || b.Code != 200 {
		t.Fatalf("got %d and %d", a.Code, b.Code)
	}
	if a.Body.String() == b.Body.String() {
		t.Error("two answers carry the same nonce")
	}
	nonce := strings.TrimSuffix(strings.TrimPrefix(a.Body.String(), `<meta name="nonce" content="`), `">`)
	want := "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	if got := a.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("the policy is\n%s, not\n%s", got, want)
	}
	if got := a.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a nonce is cached: %q", got)
	}
}

func TestProgramAnswersItsOwnAddressesOnly(t *testing.T) {
	h := handler(built(), state)
	for path, want := range map[string]int{
		"/": 200, "/inbox": 200, "/sent/x/y": 200, "/setup": 200, "/status": 200, "/assets/main-1a2b.js": 200, "/icon.svg": 200,
		"/v1/nothing": 404, "/assets/none.js": 404, "/assets/": 404, "/wp-login.php": 404, "/index.html": 404,
	} {
		if got := get(h, path).Code; got != want {
			t.Errorf("%s answers %d, not %d", path, got, want)
		}
	}
	w := get(h, "/assets/main-1a2b.js")
	if c := w.Header().Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("an asset is not kept by the browser: %q", c)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/inbox", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST to a screen answers %d", w.Code)
	}
}

func TestWithoutBuildThePlainPageIsShown(t *testing.T) {
	h := handler(fstest.MapFS{".gitkeep": {}}, state)
	w := get(h, "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Referworks") {
		t.Fatalf("got %d %q", w.Code, w.Body)
	}
	if got := get(h, "/inbox").Code; got != 404 {
		t.Errorf("a screen that was not built answers %d", got)
	}
	if strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src") {
		t.Error("the plain page allows scripts")
	}
}
