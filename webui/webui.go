// Package webui is what a node shows in a browser: the browser program of the folder app, as Vite built it into dist,
// and one plain page with the node's state, which needs no JavaScript. Without a built program the plain page is
// all there is, so that the node builds and runs where there is no Node.
//
// It is a client of the API and imports nothing of the house.
package webui

import (
	"bytes"
	_ "embed"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var style []byte

var page = template.Must(template.New("page").Parse(pageSource))

// State is what the page shows: nothing about partners, referrals or people.
type State struct {
	Version       string
	Ready         bool
	Started       string // as people write it, with zone
	Organizations int
	Partners      int
	Connected     int
	Store         string
	Free          string
	Warnings      []string
}

// Handler serves the browser program, and the plain page at /status. Without a built program the plain page is at "/"
// too.
func Handler(state func() State) http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return handler(built, state)
}

func handler(built fs.FS, state func() State) http.Handler {
	mux := http.NewServeMux()
	plain := func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		if err := page.Execute(&b, state()); err != nil {
			http.Error(w, "The page could not be made. The node works on; see its log.", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		_, _ = w.Write(b.Bytes())
	}
	mux.HandleFunc("GET /status", plain)
	if p, ok := openProgram(built); ok {
		p.routes(mux)
	} else {
		mux.HandleFunc("GET /{$}", plain)
	}
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(style)
	})
	return mux
}
