package testnet

import (
	"context"
	"sync"
	"testing"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
)

// Stranger is a host with a peer id that nobody invited. It speaks our protocols, and notes what is said to it.
type Stranger struct {
	*p2p.Host
	heard heard
}

// Stranger starts one.
func (n *Net) Stranger() *Stranger {
	n.t.Helper()
	s := &Stranger{}
	var err error
	s.Host, err = p2p.New(p2p.Config{Key: crypto.NewSigningKey().Seed(), Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Handler: &s.heard})
	if err != nil {
		n.t.Fatalf("make stranger: %v", err)
	}
	runHost(n.t, s.Host)
	return s
}

func runHost(t testing.TB, h *p2p.Host) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("stop host: %v", err)
		}
	})
	<-h.Listening()
}

// Knows puts a node into the stranger's own address book, so that it can dial it.
func (s *Stranger) Knows(n *Node) { s.Admit(n.Peer(), p2p.Partner, n.Addresses()) }

// Frames is how many frames were handed to the stranger.
func (s *Stranger) Frames() int { return s.heard.count() }

// heard counts, and answers nothing of use.
type heard struct {
	mu sync.Mutex // guards n
	n  int
}

func (h *heard) note() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

func (h *heard) PairHello(context.Context, protocol.PeerID, protocol.PairHello) (protocol.PairHello, error) {
	h.note()
	return protocol.PairHello{}, &protocol.Error{Code: protocol.CodeRefused}
}

func (h *heard) PairState(context.Context, protocol.PeerID, protocol.PairState) (protocol.PairState, error) {
	h.note()
	return protocol.PairState{}, &protocol.Error{Code: protocol.CodeRefused}
}

func (h *heard) Threads(context.Context, protocol.PeerID, protocol.ThreadsAsk) (protocol.Threads, error) {
	h.note()
	return protocol.Threads{}, &protocol.Error{Code: protocol.CodeRefused}
}

func (h *heard) Pull(context.Context, protocol.PeerID, protocol.PullAsk) ([]p2p.Pulled, error) {
	h.note()
	return nil, &protocol.Error{Code: protocol.CodeRefused}
}

func (h *heard) Chunk(context.Context, protocol.PeerID, protocol.ChunksAsk, int64) (protocol.Chunk, bool, error) {
	h.note()
	return protocol.Chunk{}, false, &protocol.Error{Code: protocol.CodeRefused}
}

func (h *heard) Envelope(context.Context, protocol.PeerID, []byte) protocol.Answer {
	h.note()
	return protocol.Answer{V: protocol.Version, Code: protocol.CodeRefused}
}

func (h *heard) Connected(protocol.PeerID) {}

func (h *heard) Announced(protocol.Announcement) error { return nil }
