package exchange_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/internal/sample"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

var ctx = context.Background()

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// side is an organization with a node of its own: the real parts over a store in memory.
type side struct {
	t        testing.TB
	name     string
	net      *wires
	id       *crypto.Identity
	signer   *crypto.SigningKey
	peer     *crypto.SigningKey
	chain    *crypto.Chain
	chain0   *crypto.Chain // never changes
	card     string
	rules    exchange.Rules
	cardN    int64
	mu       sync.Mutex // guards opening, card, chain and desk
	open     map[protocol.Hash]*crypto.DecryptionKey
	store    *store.Store
	org      *store.Org
	book     *partner.Book
	log      *bytes.Buffer
	lifetime time.Duration
	scan     exchange.Scanner
	practice *exchange.Practice
	logMu    sync.Mutex

	*exchange.Desk
	stop func()
}

func (s *side) OrgID() protocol.OrgID      { return s.chain0.Org() }
func (s *side) Name() string               { return s.name }
func (s *side) Peer() protocol.PeerID      { return s.peer.Peer() }
func (s *side) Addresses() []string        { return []string{"/ip4/127.0.0.1/tcp/7401"} }
func (s *side) Signer() *crypto.SigningKey { s.mu.Lock(); defer s.mu.Unlock(); return s.signer }
func (s *side) Chain() *crypto.Chain       { s.mu.Lock(); defer s.mu.Unlock(); return s.chain }
func (s *side) Card() string               { s.mu.Lock(); defer s.mu.Unlock(); return s.card }
func (s *side) Rules() exchange.Rules      { s.mu.Lock(); defer s.mu.Unlock(); return s.rules }
func (s *side) Door(o protocol.OrgID) protocol.PeerID {
	return crypto.PeerIDOf(ed25519.NewKeyFromSeed(crypto.DoorKey(s.id.Door, o)).Public().(ed25519.PublicKey))
}

func (s *side) Decryption(kid protocol.Hash) *crypto.DecryptionKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[kid]
}

func (s *side) Write(b []byte) (int, error) {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	return s.log.Write(b)
}

// world is some organizations, all partners of each other, and the wires between them.
func world(t testing.TB, names ...string) []*side {
	t.Helper()
	return worldOn(t, &wires{sides: map[protocol.PeerID]*side{}}, names...)
}

func worldOn(t testing.TB, net *wires, names ...string) []*side {
	t.Helper()
	var all []*side
	for _, n := range names {
		s := newSide(t, n, net)
		for _, o := range all {
			befriend(t, o, s, both)
		}
		all = append(all, s)
	}
	return all
}

var both = partner.Allow{TheySend: true, WeSend: true}

func newSide(t testing.TB, name string, net *wires) *side {
	t.Helper()
	id, err := crypto.NewIdentity(time.Now().UnixMilli())
	must(t, err)
	s := &side{t: t, name: name, net: net, id: id, signer: crypto.NewSigningKey(), peer: crypto.NewSigningKey(), open: map[protocol.Hash]*crypto.DecryptionKey{}, log: &bytes.Buffer{}}
	s.chain, err = crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{{Peer: s.Peer(), Key: s.signer.Public()}})
	must(t, err)
	s.chain0 = s.chain
	s.newKey()
	dir := ""
	if net.disk {
		dir = t.TempDir()
	}
	s.store, err = store.Open(ctx, store.Config{Dir: dir})
	must(t, err)
	s.org, err = s.store.CreateOrg(ctx, id.Org())
	must(t, err)
	s.start()
	t.Cleanup(func() { s.stop(); _ = s.store.Close() })
	net.mu.Lock()
	net.sides[s.Peer()] = s
	net.mu.Unlock()
	return s
}

// newKey makes a new encryption key and the card that tells of it; the old key is forgotten.
func (s *side) newKey() {
	s.t.Helper()
	k := crypto.NewDecryptionKey(time.Now().UnixMilli())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = map[protocol.Hash]*crypto.DecryptionKey{k.ID(): k}
	s.cardN = max(time.Now().UnixMilli(), s.cardN+1)
	var err error
	s.card, err = crypto.SignCard(&protocol.Card{
		V: protocol.Version, Org: s.OrgID(), Charter: s.chain.Mark().Hash, N: s.cardN, Name: s.name, Peer: s.Peer(), Addresses: s.Addresses(),
		Keys: []protocol.EncryptionKey{k.Public()}, Schemas: []string{protocol.SchemaNow}, Protocols: []int{1},
	}, s.signer)
	must(s.t, err)
}

// start opens book and desk over what is stored, as after a restart, and runs the outbox.
func (s *side) start() {
	s.t.Helper()
	var err error
	s.book, err = partner.Open(partner.Config{Org: s.org, Self: s, Changed: func(p protocol.OrgID) {
		if d := s.desk(); d != nil {
			d.PartnerChanged(p)
		}
	}})
	must(s.t, err)
	desk := exchange.New(exchange.Config{Org: s.org, Self: s, Book: s.book, Lifetime: s.lifetime, Scan: s.scan, Practice: s.practice, Network: &link{s.net, s.Peer()}, Log: slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	running, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	s.mu.Lock()
	s.Desk = desk
	s.mu.Unlock()
	go func() { defer close(done); _ = desk.Run(running) }()
	s.stop = func() { cancel(); <-done }
}

// desk is the present desk, for goroutines that live on while the side restarts.
func (s *side) desk() *exchange.Desk { s.mu.Lock(); defer s.mu.Unlock(); return s.Desk }

func (s *side) Receive(ctx context.Context, peer protocol.PeerID, sealed []byte) protocol.Answer {
	return s.desk().Receive(ctx, peer, sealed)
}

func (s *side) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

func befriend(t testing.TB, a, b *side, allow partner.Allow) {
	t.Helper()
	befriendAs(t, a, allow, b, allow)
}

func befriendAs(t testing.TB, a *side, aAllows partner.Allow, b *side, bAllows partner.Allow) {
	t.Helper()
	inv, text, err := a.book.Invite(ctx, "test")
	must(t, err)
	_, commit, _, err := b.book.BeginAccept(ctx, "test", text)
	must(t, err)
	answer, err := a.book.TakeCommit(ctx, inv.ID, commit)
	must(t, err)
	reveal, err := b.book.TakeAnswer(ctx, inv.ID, answer)
	must(t, err)
	_, err = a.book.TakeReveal(ctx, inv.ID, reveal)
	must(t, err)
	_, err = b.book.FinishAccept(ctx, inv.ID)
	must(t, err)
	must(t, a.book.Confirm(ctx, "test", b.OrgID(), aAllows))
	must(t, b.book.Confirm(ctx, "test", a.OrgID(), bAllows))
	hello(t, a, b)
}

// hello tells both sides what the other has.
func hello(t testing.TB, a, b *side) {
	t.Helper()
	for range 8 {
		ha, _ := a.book.Hello(b.OrgID())
		hb, _ := b.book.Hello(a.OrgID())
		a.book.Heard(hb)
		b.book.Heard(ha)
		sa, some := a.book.Missing(b.OrgID())
		if some {
			_, err := b.book.Merge(ctx, sa)
			must(t, err)
		}
		sb, more := b.book.Missing(a.OrgID())
		if more {
			_, err := a.book.Merge(ctx, sb)
			must(t, err)
		}
		if !some && !more {
			return
		}
	}
	t.Fatal("the two sides do not come to rest")
}

// wires connect the sides of a world. fault sees each frame before it is carried: an error loses it, and after says
// whether the answer is lost too.
type wires struct {
	disk   bool // stores on disk
	mu     sync.Mutex
	sides  map[protocol.PeerID]*side
	frames [][]byte
	fault  func(from, to *side, sealed []byte) (loseFrame, loseAnswer error)
	cut    func() bool                                       // a chunk is lost with the connection
	alter  func(*protocol.Chunk)                             // by a hostile partner
	answer func(by *side, a protocol.Answer) protocol.Answer // a hostile partner's
}

type link struct {
	net  *wires
	from protocol.PeerID
}

var errLost = errors.New("the connection was lost")

func (l *link) Deliver(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error) {
	l.net.mu.Lock()
	from, to, fault := l.net.sides[l.from], l.net.sides[peer], l.net.fault
	l.net.frames = append(l.net.frames, sealed)
	if len(l.net.frames) > 1000 {
		l.net.frames = l.net.frames[500:]
	}
	l.net.mu.Unlock()
	var before, after error
	if fault != nil {
		before, after = fault(from, to, sealed)
	}
	if before != nil {
		return protocol.Answer{}, before
	}
	answer := to.Receive(ctx, l.from, bytes.Clone(sealed))
	l.net.mu.Lock()
	change := l.net.answer
	l.net.mu.Unlock()
	if change != nil {
		answer = change(to, answer)
	}
	return answer, after
}

func (l *link) Chunks(ctx context.Context, peer protocol.PeerID, ask protocol.ChunksAsk, take func(protocol.Chunk) error) error {
	l.net.mu.Lock()
	to, cut, alter := l.net.sides[peer], l.net.cut, l.net.alter
	l.net.mu.Unlock()
	for i := range ask.Most {
		if cut != nil && cut() {
			return errLost
		}
		c, last, err := to.desk().Chunk(ctx, ask, ask.First+i)
		if err != nil {
			return err
		}
		if alter != nil {
			alter(&c)
		}
		if err := take(c); err != nil || last {
			return err
		}
	}
	return nil
}

func (w *wires) set(fault func(from, to *side, sealed []byte) (error, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

func (w *wires) lie(answer func(by *side, a protocol.Answer) protocol.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

func (w *wires) last() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.frames[len(w.frames)-1]
}

func cut(_, _ *side, _ []byte) (error, error) { return exchange.ErrUnreachable, nil }

// send posts the full sample.
func (s *side) send(to ...*side) exchange.Sent {
	s.t.Helper()
	sent, err := s.Send(ctx, outgoing(to...))
	must(s.t, err)
	return sent
}

func outgoing(to ...*side) exchange.Outgoing {
	r := sample.Full()
	r.Referrer.Organization = protocol.Named{}
	r.Target.Organization = protocol.Named{}
	r.Attachments = nil
	for i := range r.Consents {
		r.Consents[i].Recipients = nil
		r.Consents[i].Form = protocol.Token{}
		r.Consents[i].ObtainedAt = protocol.TimeOf(time.Now().Add(-time.Hour))
		r.Consents[i].ExpiresAt = protocol.TimeOf(time.Now().AddDate(10, 0, 0))
	}
	out := exchange.Outgoing{Referral: r, Raw: []byte(`{"first":"raw"}`), RawFormat: "json", Report: []byte(`{"carried":3}`), Actor: "key 1"}
	for _, o := range to {
		out.To = append(out.To, o.OrgID())
	}
	return out
}

// until waits for a condition that the desks bring about by themselves.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (s *side) state(id protocol.ReferralID) protocol.Transport {
	s.t.Helper()
	return s.show(id).State
}

func (s *side) show(id protocol.ReferralID) exchange.Thread {
	s.t.Helper()
	v, err := s.Thread(id)
	if errors.Is(err, exchange.ErrNone) {
		return exchange.Thread{}
	}
	must(s.t, err)
	return v
}

func (s *side) becomes(id protocol.ReferralID, want protocol.Transport) exchange.Thread {
	s.t.Helper()
	var v exchange.Thread
	until(s.t, s.name+" to see "+string(want), func() bool { v = s.show(id); return v.State == want })
	return v
}

// arrived counts what a side holds.
func (s *side) arrived() int {
	s.t.Helper()
	list, _, err := s.Threads(exchange.Query{Direction: "in", Limit: 200})
	must(s.t, err)
	return len(list)
}

func (s *side) takeAll(n int, do func(exchange.Item)) {
	s.t.Helper()
	for n > 0 {
		short, cancel := context.WithTimeout(ctx, 30*time.Second)
		items, err := s.ClaimInbox(short, 16)
		cancel()
		must(s.t, err)
		for _, it := range items {
			do(it)
		}
		n -= len(items)
	}
}

func levels(list []protocol.ReceiptProof) []protocol.Level {
	var all []protocol.Level
	for i := range list {
		all = append(all, list[i].Receipt.Level)
	}
	return all
}

func withTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}
