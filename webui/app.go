package webui

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"strings"
)

// dist is what Vite built, or only .gitkeep when nobody built it. The name with "all:" lets that one file satisfy the
// pattern.
//
//go:embed all:dist
var dist embed.FS

// noncePlace is where index.html wants the nonce of each answer.
const noncePlace = "{{nonce}}"

// policy is the content security policy of the browser program; R becomes the nonce. Only styles need it: components
// write style elements while they run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-R'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// uiRoutes are the first segments of the addresses that the browser program's own table of screens answers
// (app/src/routes.tsx). Any other unknown address is 404, so that a mistyped call of the API gets no page.
var uiRoutes = map[string]bool{
	"": true, "setup": true, "demo": true, "account": true, "invite": true, "inbox": true, "sent": true, "send": true, "delivery": true, "waiting": true,
	"partners": true, "fields": true, "connections": true, "services": true, "reports": true, "activity": true,
	"people": true, "developers": true, "settings": true, "start": true, "find": true, "hosting": true, "help": true,
}

// program serves the built browser program out of a tree with index.html and assets.
type program struct {
	files fs.FS
	index []byte
}

// openProgram reports false when nobody built it.
func openProgram(files fs.FS) (*program, bool) {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, false
	}
	return &program{files: files, index: index}, true
}

// routes adds the program's addresses to a mux.
func (p *program) routes(mux *http.ServeMux) {
	files := http.FileServerFS(p.files)
	mux.HandleFunc("GET /assets/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if about, err := fs.Stat(p.files, name); err != nil || about.IsDir() {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // their names hold a hash of what is in them
		h.Set("X-Content-Type-Options", "nosniff")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /icon.svg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if !uiRoutes[first] {
			http.NotFound(w, r)
			return
		}
		p.page(w)
	})
}

// page writes index.html with a nonce of its own.
func (p *program) page(w http.ResponseWriter) {
	var b [16]byte
	rand.Read(b[:])
	nonce := base64.RawURLEncoding.EncodeToString(b[:])
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.Replace(policy, "nonce-R", "nonce-"+nonce, 1))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(bytes.ReplaceAll(p.index, []byte(noncePlace), []byte(nonce)))
}
