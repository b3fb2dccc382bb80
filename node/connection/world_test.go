package connection_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges"
	"referworks/crypto"
	"referworks/internal/sample"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inTime runs a test on a clock of its own, which begins on a day when the samples are young.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)))
		f(t)
	})
}

// desk is one organization with the real parts over a store in memory; other is whom its envelopes go to.
type desk struct {
	t      *testing.T
	name   string
	id     *crypto.Identity
	chain  *crypto.Chain
	signer *crypto.SigningKey
	peer   *crypto.SigningKey
	key    *crypto.DecryptionKey
	card   string
	org    *store.Org
	store  *store.Store
	book   *partner.Book
	desk   *exchange.Desk
	other  *desk

	set  *connection.Set
	stop func()
	end  func() // of the whole process
}

func (d *desk) OrgID() protocol.OrgID      { return d.chain.Org() }
func (d *desk) Name() string               { return d.name }
func (d *desk) Peer() protocol.PeerID      { return d.peer.Peer() }
func (d *desk) Addresses() []string        { return []string{"/ip4/127.0.0.1/tcp/7401"} }
func (d *desk) Signer() *crypto.SigningKey { return d.signer }
func (d *desk) Chain() *crypto.Chain       { return d.chain }
func (d *desk) Card() string               { return d.card }
func (d *desk) Rules() exchange.Rules      { return exchange.Rules{} }
func (d *desk) Door(o protocol.OrgID) protocol.PeerID {
	return crypto.PeerIDOf(ed25519.NewKeyFromSeed(crypto.DoorKey(d.id.Door, o)).Public().(ed25519.PublicKey))
}

func (d *desk) Decryption(kid protocol.Hash) *crypto.DecryptionKey {
	if kid != d.key.ID() {
		return nil
	}
	return d.key
}

func (d *desk) Chunks(ctx context.Context, _ protocol.PeerID, ask protocol.ChunksAsk, take func(protocol.Chunk) error) error {
	for index := ask.First; ; index++ {
		c, last, err := d.other.desk.Chunk(ctx, ask, index)
		if err != nil {
			return err
		}
		if err := take(c); err != nil || last {
			return err
		}
	}
}

func (d *desk) Deliver(ctx context.Context, _ protocol.PeerID, sealed []byte) (protocol.Answer, error) {
	return d.other.desk.Receive(ctx, d.Peer(), bytes.Clone(sealed)), nil
}

func newDesk(t *testing.T, name string, kinds map[string]bridges.Kind) *desk {
	t.Helper()
	return newDeskIn(t, name, "", kinds)
}

// newDeskIn is one whose store is in a folder; "" is in memory.
func newDeskIn(t *testing.T, name, dir string, kinds map[string]bridges.Kind) *desk {
	t.Helper()
	now := time.Now().UnixMilli()
	id, err := crypto.NewIdentity(now)
	must(t, err)
	d := &desk{t: t, name: name, id: id, signer: crypto.NewSigningKey(), peer: crypto.NewSigningKey(), key: crypto.NewDecryptionKey(now)}
	d.chain, err = crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{{Peer: d.Peer(), Key: d.signer.Public()}})
	must(t, err)
	d.card, err = crypto.SignCard(&protocol.Card{
		V: protocol.Version, Org: d.OrgID(), Charter: d.chain.Mark().Hash, N: now, Name: name, Peer: d.Peer(), Addresses: d.Addresses(),
		Keys: []protocol.EncryptionKey{d.key.Public()}, Schemas: []string{protocol.SchemaNow}, Protocols: []int{1},
	}, d.signer)
	must(t, err)
	d.store, err = store.Open(t.Context(), store.Config{Dir: dir, Ballast: -1})
	must(t, err)
	d.org, err = d.store.CreateOrg(t.Context(), id.Org())
	must(t, err)
	d.begin(kinds)
	t.Cleanup(func() { d.end() })
	return d
}

// begin begins over what is stored, as a process does.
func (d *desk) begin(kinds map[string]bridges.Kind) {
	d.t.Helper()
	var err error
	d.book, err = partner.Open(partner.Config{Org: d.org, Self: d})
	must(d.t, err)
	d.desk = exchange.New(exchange.Config{Org: d.org, Self: d, Book: d.book, Network: d})
	d.open(kinds)
	running, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	desk, opened := d.desk, d.store
	work.Go(func() { _ = desk.Run(running) })
	d.end = func() {
		cancel()
		d.halt()
		work.Wait()
		must(d.t, opened.Close())
	}
}

// open makes the set of connections over what is stored, as a start does.
func (d *desk) open(kinds map[string]bridges.Kind) {
	d.set = connection.Open(connection.Config{Org: d.org, Self: d.OrgID(), Name: d.Name, Desk: d.desk, Book: d.book, Kinds: kinds})
}

// run hands over until halt, or until the test ends.
func (d *desk) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	set := d.set
	go func() { ended <- set.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			d.t.Errorf("run the connections: %v", err)
		}
	}
}

func (d *desk) halt() {
	if d.stop != nil {
		d.stop()
		d.stop = nil
	}
}

// pair is two organizations that permit each other everything; what arrives at b goes to its media.
func pair(t *testing.T, kinds map[string]bridges.Kind) (a, b *desk) {
	t.Helper()
	a, b = newDesk(t, "Harbor Legal Aid", nil), newDesk(t, "Elm Street Elder Services", kinds)
	acquaint(t, a, b)
	return a, b
}

// acquaint makes two organizations partners that permit each other everything.
func acquaint(t *testing.T, a, b *desk) {
	t.Helper()
	a.other, b.other = b, a
	ctx := t.Context()
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
	both := partner.Allow{TheySend: true, WeSend: true}
	must(t, a.book.Confirm(ctx, "test", b.OrgID(), both))
	must(t, b.book.Confirm(ctx, "test", a.OrgID(), both))
	for range 8 { // each tells the other what it lacks
		for _, way := range [][2]*desk{{a, b}, {b, a}} {
			from, to := way[0], way[1]
			h, _ := to.book.Hello(from.OrgID())
			from.book.Heard(h)
			if s, some := from.book.Missing(to.OrgID()); some {
				_, err := to.book.Merge(ctx, s)
				must(t, err)
			}
		}
	}
}

// referral is the full sample as a desk sends it.
func referral() *protocol.Referral {
	r := sample.Full()
	r.Referrer.Organization, r.Target.Organization, r.Attachments = protocol.Named{}, protocol.Named{}, nil
	for i := range r.Consents {
		r.Consents[i].Recipients, r.Consents[i].Form = nil, protocol.Token{}
		r.Consents[i].ObtainedAt = protocol.TimeOf(time.Now().Add(-time.Hour))
		r.Consents[i].ExpiresAt = protocol.TimeOf(time.Now().AddDate(10, 0, 0))
	}
	return r
}

// send posts a referral to the other side and waits until it is there.
func (d *desk) send() protocol.ReferralID {
	d.t.Helper()
	sent, err := d.desk.Send(d.t.Context(), exchange.Outgoing{Referral: referral(), To: []protocol.OrgID{d.other.OrgID()}, Raw: []byte(`{}`), RawFormat: "json", Actor: "test"})
	must(d.t, err)
	synctest.Wait()
	return sent.Parts[0].Referral
}

func (d *desk) thread(id protocol.ReferralID) exchange.Thread {
	d.t.Helper()
	th, err := d.desk.Thread(id)
	must(d.t, err)
	return th
}

// publish publishes one of the examples' mappings under a name.
func (d *desk) publish(name, example string) {
	d.t.Helper()
	doc, err := os.ReadFile("../../examples/mappings/" + example + ".json")
	must(d.t, err)
	_, err = d.set.Publish(name, doc, connection.Publishing{Actor: "test"})
	must(d.t, err)
}

// medium is a case management system in memory. It answers by a function of the number of the delivery, from 1.
type medium struct {
	once   bool // would take the same twice
	answer func(n int, d bridges.Delivery) (bridges.Outcome, error)

	mu     sync.Mutex
	opened []bridges.Config
	got    []bridges.Delivery
	at     []time.Time
}

func (m *medium) kind(name string) bridges.Kind {
	return bridges.Kind{Name: name, Title: name, Settings: []bridges.Setting{
		{Name: "place", Label: "Place", Type: bridges.String, Default: "here"},
		{Name: "token", Label: "Token", Type: bridges.Secret},
	}, New: func(cfg bridges.Config) (any, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.opened = append(m.opened, cfg)
		return m, nil
	}}
}

func (m *medium) Once() bool { return m.once }

func (m *medium) Deliver(_ context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	m.mu.Lock()
	m.got, m.at = append(m.got, d), append(m.at, time.Now())
	n := len(m.got)
	m.mu.Unlock()
	if m.answer == nil {
		return bridges.Outcome{Reference: "4711"}, nil
	}
	return m.answer(n, d)
}

func (m *medium) deliveries() []bridges.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]bridges.Delivery(nil), m.got...)
}

// gaps are the times between deliveries.
func (m *medium) gaps() (all []time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := 1; i < len(m.at); i++ {
		all = append(all, m.at[i].Sub(m.at[i-1]).Round(time.Second))
	}
	return all
}

// receiver is a pair whose b takes what arrives through one connection to m.
func receiver(t *testing.T, m *medium) (a, b *desk) {
	t.Helper()
	a, b = pair(t, map[string]bridges.Kind{"medium": m.kind("medium")})
	b.publish("intake", "court-help-center")
	must(t, b.set.Put(out("intake"), nil, "test"))
	return a, b
}

func out(id string) connection.Connection {
	return connection.Connection{ID: id, Name: id, Kind: "medium", Direction: connection.Out, Format: "json", Mapping: "intake"}
}
