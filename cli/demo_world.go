package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"referworks/internal/smtpd"
)

// world is everything around the nodes: B's mail server, C's API, D's XML endpoint, and the start page.
type world struct {
	mail  *smtpd.Server
	posts *inbox // C's API
	xml   *inbox // D's endpoint
	nodes []*process
	died  chan error
	page  *http.Server
}

// inbox is a small case management system: it takes documents by POST and answers with a number of its own. The
// same Idempotency-Key gets the same answer and is taken once.
type inbox struct {
	server *http.Server
	url    string
	media  string
	answer func(n int) string

	mu   sync.Mutex
	keys map[string]int
	docs [][]byte
	news chan struct{}
}

const maxPosted = 4 << 20 // bytes

func newInbox(media string, answer func(n int) string) (*inbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	in := &inbox{media: media, answer: answer, keys: map[string]int{}, news: make(chan struct{}), url: "http://" + l.Addr().String() + "/referrals"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /referrals", in.take)
	in.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	go func() { _ = in.server.Serve(l) }()
	return in, nil
}

func (in *inbox) take(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPosted))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	in.mu.Lock()
	key := r.Header.Get("Idempotency-Key")
	n, again := in.keys[key]
	if !again || key == "" {
		in.docs = append(in.docs, b)
		n = len(in.docs)
		in.keys[key] = n
		close(in.news)
		in.news = make(chan struct{})
	}
	in.mu.Unlock()
	w.Header().Set("Content-Type", in.media)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, in.answer(n))
}

// wait gives document n, counted from 1, once it is there.
func (in *inbox) wait(ctx context.Context, n int) ([]byte, error) {
	for {
		in.mu.Lock()
		docs, news := in.docs, in.news
		in.mu.Unlock()
		if len(docs) >= n {
			return docs[n-1], nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for document %d: %w", n, ctx.Err())
		}
	}
}

func newWorld(t *teller, folder string) (w *world, err error) {
	w = &world{died: make(chan error, 3)}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.mail, err = smtpd.Start(smtpd.Config{}); err != nil {
		return w, err
	}
	if w.posts, err = newInbox("application/json", func(n int) string { return fmt.Sprintf(`{"matter":{"id":"CCHC-%04d"}}`, n) }); err != nil {
		return w, err
	}
	if w.xml, err = newInbox("application/xml", func(n int) string { return fmt.Sprintf("<Accepted><Number>SBH-%04d</Number></Accepted>", n) }); err != nil {
		return w, err
	}
	return w, nil
}

// watch tells when a node ends by itself.
func (w *world) watch(p *process) {
	w.nodes = append(w.nodes, p)
	go func() {
		<-p.done
		w.died <- fmt.Errorf("the node %s ended: %v", p.name, p.err)
	}()
}

func (w *world) close() {
	var all sync.WaitGroup
	for _, p := range w.nodes {
		all.Go(p.stop)
	}
	all.Wait()
	if w.page != nil {
		_ = w.page.Close()
	}
	for _, in := range []*inbox{w.posts, w.xml} {
		if in != nil {
			_ = in.server.Close()
		}
	}
	if w.mail != nil {
		_ = w.mail.Close()
	}
}

var startTemplate = template.Must(template.New("start").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Referworks demo</title>
<style>body{font:1.05rem/1.55 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#f7f7f4}pre{background:#fff;border:1px solid #d8dad6;border-radius:.5rem;padding:1rem;overflow:auto;white-space:pre-wrap}a{color:#0b5c56}@media(prefers-color-scheme:dark){body{color:#e9ecef;background:#14181d}pre{background:#1d232a;border-color:#39424d}a{color:#7fd1c7}}</style></head>
<body><h1>One referral, three organizations</h1><p>Harbor Legal Aid posted it once. This is what arrived. All people are invented.</p>
<h2>The nodes</h2><ul>{{range .Nodes}}<li><a href="{{.URL}}">{{.Name}}</a> (<a href="{{.URL}}/v1/docs">API</a>)</li>{{end}}</ul>
{{range .Arrived}}<h2>{{.Title}}</h2><pre>{{.Text}}</pre>{{end}}
</body></html>`))

type startView struct {
	Nodes   []struct{ Name, URL string }
	Arrived []struct{ Title, Text string }
}

// startPage serves one page with the way to everything, and gives its address.
func (w *world) startPage(r *storyResult) (string, error) {
	var v startView
	for _, p := range w.nodes {
		v.Nodes = append(v.Nodes, struct{ Name, URL string }{p.name, p.api})
	}
	for _, a := range r.Arrived {
		v.Arrived = append(v.Arrived, struct{ Title, Text string }{a.At + " (" + a.Medium + ")", a.Document})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	w.page = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		rw.Header().Set("Cache-Control", "no-store")
		_ = startTemplate.Execute(rw, v)
	})}
	go func() {
		if err := w.page.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.died <- err
		}
	}()
	return "http://" + l.Addr().String(), nil
}
