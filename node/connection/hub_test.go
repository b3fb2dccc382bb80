package connection_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
)

// hub is a medium that does everything: it takes deliveries and news, brings documents, and is pushed to.
type hub struct {
	medium
	brings  func(ctx context.Context, accept bridges.Accept) error // nil: nothing, until ctx ends
	tells   func(ctx context.Context, n int, news bridges.News) error
	refuses bool // opening it fails
	shows   func(original []byte) (bridges.Shown, error)

	mu      sync.Mutex
	at      int // sources that run
	most    int // at once
	starts  int
	told    []bridges.News
	configs []bridges.Config
}

func (h *hub) kind() bridges.Kind {
	return bridges.Kind{Name: "hub", Title: "hub", Show: h.shows, New: func(cfg bridges.Config) (any, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.configs = append(h.configs, cfg)
		if h.refuses {
			return nil, io.ErrUnexpectedEOF
		}
		return h, nil
	}}
}

func (h *hub) kinds() map[string]bridges.Kind { return map[string]bridges.Kind{"hub": h.kind()} }

func (h *hub) config() bridges.Config {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.configs[len(h.configs)-1]
}

func (h *hub) Run(ctx context.Context, accept bridges.Accept) error {
	h.mu.Lock()
	h.at++
	h.starts++
	h.most = max(h.most, h.at)
	brings := h.brings
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.at--
		h.mu.Unlock()
	}()
	if brings != nil {
		return brings(ctx, accept)
	}
	<-ctx.Done()
	return nil
}

func (h *hub) running() (now, most, starts int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at, h.most, h.starts
}

func (h *hub) Serve(w http.ResponseWriter, r *http.Request, accept bridges.Accept) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if r.URL.Path == "/defect" {
		panic("Zebulona-7")
	}
	got, err := accept(r.Context(), bridges.Inbound{Document: bridges.Document{Bytes: b}, Key: r.URL.Path, To: r.URL.Query()["to"]})
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, got.Reference)
}

func (h *hub) Tell(ctx context.Context, n bridges.News) error {
	h.mu.Lock()
	h.told = append(h.told, n)
	count := len(h.told)
	tells := h.tells
	h.mu.Unlock()
	if tells == nil {
		return nil
	}
	return tells(ctx, count, n)
}

func (h *hub) news() []bridges.News {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]bridges.News(nil), h.told...)
}

// sender is a pair whose a has a hub that documents come in through.
func sender(t *testing.T, h *hub) (a, b *desk) {
	t.Helper()
	a, b = pair(t, nil)
	a.open(h.kinds())
	a.publish("legalserver", "harbor-legalserver")
	must(t, a.set.Put(hubConnection(), nil, "test"))
	return a, b
}

func hubConnection() connection.Connection {
	return connection.Connection{ID: "hub", Name: "our system", Kind: "hub", Direction: connection.Both, Format: "json", Mapping: "legalserver", Consent: statement}
}

// document is one that came from a's system for b.
func document(t *testing.T, b *desk, key string) bridges.Inbound {
	return bridges.Inbound{Document: bridges.Document{Format: "json", Bytes: matter(t)}, Key: key, To: []string{string(b.OrgID())}}
}

func fileOf(name, content string) bridges.File {
	return bridges.File{Name: name, MediaType: "text/plain", Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}
