package p2p_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	overTCP  = "/ip4/127.0.0.1/tcp/0"
	overQUIC = "/ip4/127.0.0.1/udp/0/quic-v1"
)

// deaf answers like a node without organizations, and counts.
type deaf struct {
	envelope func(context.Context, []byte) protocol.Answer // nil: a plain ok

	mu        sync.Mutex // guards what follows
	envelopes int
	asked     int
	connected map[protocol.PeerID]int
	announced []protocol.Announcement
}

func (d *deaf) PairHello(_ context.Context, _ protocol.PeerID, in protocol.PairHello) (protocol.PairHello, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if in.Card < 0 {
		return in, &protocol.Error{Code: protocol.CodeRefused}
	}
	in.From, in.To = in.To, in.From
	return in, nil
}

func (d *deaf) PairState(_ context.Context, _ protocol.PeerID, in protocol.PairState) (protocol.PairState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	in.From, in.To = in.To, in.From
	return in, nil
}

func (d *deaf) Threads(_ context.Context, _ protocol.PeerID, in protocol.ThreadsAsk) (protocol.Threads, error) {
	return protocol.Threads{V: protocol.Version, Rows: []protocol.ThreadMark{{Referral: in.After, Mine: 1, Yours: 2}}, More: true}, nil
}

func (d *deaf) Chunk(context.Context, protocol.PeerID, protocol.ChunksAsk, int64) (protocol.Chunk, bool, error) {
	return protocol.Chunk{}, false, &protocol.Error{Code: protocol.CodeRefused}
}

func (d *deaf) Pull(_ context.Context, _ protocol.PeerID, in protocol.PullAsk) ([]p2p.Pulled, error) {
	if in.After < 0 {
		return nil, &protocol.Error{Code: protocol.CodeRefused}
	}
	var list []p2p.Pulled
	for i := range in.After {
		list = append(list, p2p.Pulled{Pulled: protocol.Pulled{V: protocol.Version, Manifest: "m", Erased: i%2 == 1}, Envelope: make([]byte, 100_000*(1-i%2))})
	}
	return list, nil
}

func (d *deaf) Envelope(ctx context.Context, _ protocol.PeerID, sealed []byte) protocol.Answer {
	d.mu.Lock()
	d.envelopes++
	d.mu.Unlock()
	if d.envelope != nil {
		return d.envelope(ctx, sealed)
	}
	return protocol.Answer{V: protocol.Version}
}

func (d *deaf) Connected(id protocol.PeerID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.connected == nil {
		d.connected = map[protocol.PeerID]int{}
	}
	d.connected[id]++
}

func (d *deaf) Announced(a protocol.Announcement) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.announced = append(d.announced, a)
	return nil
}

func (d *deaf) count(of func(*deaf) int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return of(d)
}

func taken(d *deaf) int { return d.count(func(d *deaf) int { return d.envelopes }) }

func contacts(d *deaf, id protocol.PeerID) int {
	return d.count(func(d *deaf) int { return d.connected[id] })
}

// node is a host of the test with its handler.
type node struct {
	*p2p.Host
	heard *deaf
	seed  []byte
	stop  func()
}

func newNode(t testing.TB, edit ...func(*p2p.Config)) *node {
	t.Helper()
	n := &node{heard: &deaf{}, seed: crypto.NewSigningKey().Seed()}
	cfg := p2p.Config{Key: n.seed, Listen: []string{overTCP}, Handler: n.heard}
	for _, e := range edit {
		e(&cfg)
	}
	n.seed = cfg.Key
	var err error
	if n.Host, err = p2p.New(cfg); err != nil {
		t.Fatal(err)
	}
	return n
}

// run starts the node; it is stopped when the test ends, or by stop.
func (n *node) run(t testing.TB) *node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(n.stop)
	select {
	case <-n.Listening():
	case err := <-ran:
		t.Fatalf("run: %v", err)
	}
	return n
}

func listen(addresses ...string) func(*p2p.Config) {
	return func(c *p2p.Config) { c.Listen = addresses }
}

// partners admits two nodes to each other; only a dials.
func partners(a, b *node) {
	b.Admit(a.ID(), p2p.Partner, nil)
	a.Admit(b.ID(), p2p.Partner, b.Addresses())
}

// soon is a context for one call.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !ok(); {
		select {
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		case <-tick.C:
		}
	}
}

func pairHello() protocol.PairHello {
	return protocol.PairHello{V: protocol.Version, From: "rw1a", To: "rw1b", Standings: []protocol.Mark{}}
}
