package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"referworks/internal/lab"
)

// house is two nodes and B's medium: an HTTP server here.
type house struct {
	a, b     *lab.Node
	key      string
	document []byte
	sink     *sink
	next     int
	after    string // cursor of A's events
	empty    int    // resident MB of B before it had anything
	begun    float64
}

func newHouse(program, folder string) (h *house, err error) {
	h = &house{after: "0"}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if h.document, err = lab.Matter(); err != nil {
		return h, err
	}
	if h.sink, err = newSink(); err != nil {
		return h, err
	}
	if h.a, err = lab.New(program, filepath.Join(folder, "a")); err != nil {
		return h, err
	}
	if h.b, err = lab.New(program, filepath.Join(folder, "b")); err != nil {
		return h, err
	}
	time.Sleep(500 * time.Millisecond) // what starting up needed is given back
	h.empty, h.begun = h.b.Memory(), h.b.Ready.Seconds()
	h.key, err = lab.Pair(h.a, h.b, h.sink.url, folder)
	return h, err
}

func (h *house) close() {
	for _, n := range []*lab.Node{h.a, h.b} {
		if n != nil {
			n.Stop(os.Interrupt)
		}
	}
	if h.sink != nil {
		_ = h.sink.server.Close()
	}
}

// sink is B's medium: it takes a record, reads its number and answers.
type sink struct {
	server *http.Server
	url    string
	mu     sync.Mutex
	wait   map[string]chan struct{}
	taken  int
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + l.Addr().String() + "/", wait: map[string]chan struct{}{}}
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if i := bytes.Index(b, []byte("BENCH-")); i >= 0 && len(b) >= i+14 {
			s.mu.Lock()
			s.taken++
			if c := s.wait[string(b[i:i+14])]; c != nil {
				close(c)
				delete(s.wait, string(b[i:i+14]))
			}
			s.mu.Unlock()
		}
		w.WriteHeader(http.StatusCreated)
	}), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *sink) expect(number string) <-chan struct{} {
	c := make(chan struct{})
	s.mu.Lock()
	s.wait[number] = c
	s.mu.Unlock()
	return c
}
