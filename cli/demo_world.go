package main

import (
	"context"
	"fmt"
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

	servers []func() // systems of a story, to close
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
	for _, stop := range w.servers {
		stop()
	}
	if w.mail != nil {
		_ = w.mail.Close()
	}
}
