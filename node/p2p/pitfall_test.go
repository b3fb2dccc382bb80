package p2p_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"

	"referworks/node/p2p"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// envelope sends one and waits for its answer.
func envelope(s io.ReadWriter) error {
	if err := wire.Write(s, protocol.FrameEnvelope, []byte("sealed")); err != nil {
		return err
	}
	kind, _, err := wire.Read(s, protocol.MaxFrame)
	if err == nil && kind != protocol.FrameAnswer {
		err = errors.New("no answer")
	}
	return err
}

func TestPitfall01OnlyTLS13AndQUICAndNothingUnasked(t *testing.T) {
	n := newNode(t, listen(overTCP, overQUIC)).run(t)
	if _, got := negotiate(t, n, "/noise"); got != "na" {
		t.Errorf("noise is answered with %q", got)
	}
	state := rawTLS(t, n).ConnectionState()
	if state.Version != tls.VersionTLS13 || state.CurveID != tls.X25519MLKEM768 {
		t.Errorf("TLS %x with %s", state.Version, state.CurveID)
	}
	var got []string
	for _, p := range p2p.Libp2p(n.Host).Mux().Protocols() {
		got = append(got, string(p))
	}
	slices.Sort(got)
	want := []string{"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", protocol.ProtoDeliver, protocol.ProtoDoor, protocol.ProtoPair, protocol.ProtoPeer}
	if !slices.Equal(got, want) {
		t.Errorf("served protocols are %v", got)
	}
	other, _ := raw(t) // the control: libp2p's own defaults serve more
	if all := other.Mux().Protocols(); !slices.Contains(all, lp.ID("/ipfs/ping/1.0.0")) {
		t.Errorf("libp2p serves by default only %v", all)
	}
}

func TestPitfall02OnlyAnAnsweredHelloCounts(t *testing.T) {
	b := newNode(t).run(t)
	h, id := raw(t)
	if err := h.Connect(soon(t), infoOf(t, b)); err != nil {
		t.Errorf("libp2p says now that it was refused, this guard may be simpler: %v", err)
	}
	a := newNode(t).run(t)
	a.Admit(b.ID(), p2p.Partner, b.Addresses())
	if _, err := a.Hello(soon(t), b.ID()); err == nil {
		t.Error("a hello was answered through a closed gate")
	}
	if a.Reachable(b.ID()) || contacts(a.heard, b.ID()) > 0 {
		t.Error("a peer counts as reached that refused us")
	}
	b.Admit(a.ID(), p2p.Partner, nil)
	b.Admit(id, p2p.Partner, nil)
	a.TryNow(b.ID())
	eventually(t, "contact after the gate opened", func() bool { return a.Reachable(b.ID()) && contacts(a.heard, b.ID()) >= 1 })
}

func TestPitfall03RemovedPeerKeepsConnection(t *testing.T) {
	n := newNode(t).run(t)
	h, id := raw(t)
	n.Admit(id, p2p.Partner, nil)
	s := greeted(t, h, n, protocol.ProtoDeliver)
	p2p.ForgetInGate(n.Host, id) // what libp2p's gate alone does
	if h.Network().Connectedness(decode(t, n.ID())) != network.Connected {
		t.Fatal("libp2p closed it: this guard may be simpler")
	}
	if err := envelope(s); err == nil || taken(n.heard) > 0 {
		t.Errorf("the living stream of a peer outside the gate is served: %v", err)
	}
	again, err := h.NewStream(soon(t), decode(t, n.ID()), protocol.ProtoPeer)
	if err == nil {
		err = greet(again, protocol.ProtoPeer)
	}
	if err == nil {
		t.Error("a new stream of a peer outside the gate is served")
	}
	n.Remove(id)
	eventually(t, "Remove closes the connection", func() bool { return h.Network().Connectedness(decode(t, n.ID())) != network.Connected })
}

func TestPitfall04FirstFrameNamesTheProtocol(t *testing.T) {
	n := newNode(t).run(t)
	h, id := raw(t)
	n.Admit(id, p2p.Partner, nil)
	if err := greeted(t, h, n, protocol.ProtoPeer).Close(); err != nil {
		t.Fatal(err)
	}
	if err := greet(stream(t, h, n, protocol.ProtoDeliver), protocol.ProtoPeer); err == nil {
		t.Error("a stream was served whose first frame names another protocol")
	}
	p2p.Libp2p(n.Host).RemoveStreamHandler(protocol.ProtoPeer)
	// It opens, since nothing was asked yet, unless identify has brought the news meanwhile.
	s, err := h.NewStream(soon(t), decode(t, n.ID()), protocol.ProtoPeer)
	if err == nil {
		err = greet(s, protocol.ProtoPeer)
	}
	if err == nil {
		t.Error("a protocol that is not served was answered")
	}
}

func TestPitfall06BackOffHidesRecovery(t *testing.T) {
	down := newNode(t).run(t)
	addresses, info := down.Addresses(), infoOf(t, down)
	down.stop()
	a := newNode(t).run(t)
	a.Admit(down.ID(), p2p.Partner, addresses)
	if _, err := a.Hello(soon(t), down.ID()); err == nil {
		t.Fatal("a node that is down answered")
	}
	h, id := raw(t)
	_ = h.Connect(soon(t), info)
	up := newNode(t, listen(addresses...), func(c *p2p.Config) { c.Key = down.seed }).run(t)
	up.Admit(a.ID(), p2p.Partner, nil)
	up.Admit(id, p2p.Partner, nil)
	if err := h.Connect(soon(t), info); !errors.Is(err, swarm.ErrDialBackoff) && (err == nil || !strings.Contains(err.Error(), "backoff")) {
		t.Errorf("libp2p alone dials at once now: %v", err)
	}
	if _, err := a.Hello(soon(t), up.ID()); err != nil {
		t.Errorf("we do not reach a node that is back: %v", err)
	}
}

func TestPitfall07EveryFrameHasADeadline(t *testing.T) {
	ends := func(t *testing.T, want time.Duration, call func(net.Conn) error, other func(net.Conn)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer func() { _, _ = ours.Close(), theirs.Close() }()
			if other != nil {
				go other(theirs)
			}
			start := time.Now()
			err := call(ours)
			if got := time.Since(start); err == nil || got != want {
				t.Errorf("ended after %s, want %s: %v", got, want, err)
			}
		})
	}
	ends(t, p2p.IdleTimeout, func(c net.Conn) error { return p2p.ReadFrame(c, protocol.ProtoPeer, p2p.IdleTimeout) }, nil)
	ends(t, p2p.FrameTimeout, func(c net.Conn) error { return p2p.ReadFrame(c, protocol.ProtoDeliver, 0) },
		func(c net.Conn) { _ = claim(c, 100, protocol.FrameEnvelope) })
	ends(t, p2p.WriteTimeout, func(c net.Conn) error { return p2p.SendFrame(c, protocol.Hello{}) }, nil)
	ours, theirs := raw2(t) // the control: libp2p waits for ever
	_ = theirs
	got := make(chan error, 1)
	go func() { _, err := ours.Read(make([]byte, 1)); got <- err }()
	select {
	case err := <-got:
		t.Errorf("libp2p ended a read by itself: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	_ = ours.Reset()
	<-got
}

// raw2 gives both ends of a stream of libp2p alone.
func raw2(t testing.TB) (ours, theirs network.Stream) {
	t.Helper()
	a, _ := raw(t)
	b, _ := raw(t, libp2p.ListenAddrStrings(overTCP))
	got := make(chan network.Stream, 1)
	b.SetStreamHandler("/x", func(s network.Stream) { got <- s })
	a.Peerstore().AddAddrs(b.ID(), b.Addrs(), time.Hour)
	s, err := a.NewStream(soon(t), b.ID(), "/x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	return s, <-got
}

func TestPitfall08EveryLengthIsCapped(t *testing.T) {
	n := newNode(t).run(t)
	h, id := raw(t)
	n.Admit(id, p2p.Partner|p2p.Pairing|p2p.Door, nil)
	for proto, c := range map[string]struct {
		kind  protocol.FrameKind
		limit uint32
	}{
		protocol.ProtoPeer:    {protocol.FramePairHello, protocol.MaxState},
		protocol.ProtoDeliver: {protocol.FrameEnvelope, protocol.MaxEnvelope},
	} {
		for _, length := range []uint32{0, c.limit + 2, 1<<32 - 1} {
			s := greeted(t, h, n, proto)
			if err := claim(s, length, c.kind); err != nil {
				t.Fatal(err)
			}
			if _, _, err := wire.Read(s, protocol.MaxFrame); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: a frame that claims %d bytes was not refused at once: %v", proto, length, err)
			}
		}
	}
	s := greeted(t, h, n, protocol.ProtoPeer) // within the stream's limit, above that of its kind
	if err := wire.Write(s, protocol.FramePairHello, bytes.Repeat([]byte(" "), protocol.MaxFrame+1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := wire.Read(s, protocol.MaxFrame); err == nil {
		t.Error("a control frame above 64 KiB was answered")
	}
	if n.heard.count(func(d *deaf) int { return d.asked + d.envelopes }) > 0 {
		t.Error("a frame that is too large came to the handler")
	}
}

func TestPitfall09AddressesAreConfigured(t *testing.T) {
	public := []string{"/dns4/node.example.org/tcp/4001", "/ip4/192.0.2.9/udp/4001/quic-v1"}
	n := newNode(t, func(c *p2p.Config) { c.Announce = public }).run(t)
	if got := n.Addresses(); !slices.Equal(got, public) {
		t.Errorf("announced %v", got)
	}
	var told []string
	for _, a := range p2p.Libp2p(n.Host).Addrs() {
		told = append(told, a.String())
	}
	slices.Sort(told)
	if !slices.Equal(told, public) {
		t.Errorf("partners are told %v", told)
	}
}

func TestPitfall10OnlyAnAnswerCounts(t *testing.T) {
	read := make(chan struct{}, 1)
	h, id := raw(t, libp2p.ListenAddrStrings(overTCP))
	silent(h, func(s network.Stream) {
		_, _, _ = wire.Read(s, protocol.MaxEnvelope)
		read <- struct{}{}
		_ = s.Reset()
	})
	a := newNode(t).run(t)
	a.Admit(id, p2p.Partner, []string{h.Addrs()[0].String()})
	if _, err := a.Deliver(soon(t), id, []byte("sealed")); err == nil {
		t.Error("an envelope that was read and not answered counts as delivered")
	}
	select {
	case <-read:
	default:
		t.Error("the other side did not get the envelope, so the test proves nothing")
	}
}

func TestPitfall11ANodeReachesItself(t *testing.T) {
	n := newNode(t).run(t)
	net := p2p.Libp2p(n.Host)
	if _, err := net.Network().DialPeer(soon(t), net.ID()); !errors.Is(err, swarm.ErrDialToSelf) {
		t.Errorf("libp2p dials itself now: %v", err)
	}
	if _, err := n.Hello(soon(t), n.ID()); err != nil {
		t.Errorf("hello: %v", err)
	}
	out, err := n.PairHello(soon(t), n.ID(), pairHello())
	if err != nil || out.From != "rw1b" {
		t.Errorf("pair hello: %v, from %q", err, out.From)
	}
	if _, err := n.PairState(soon(t), n.ID(), protocol.PairState{V: protocol.Version, From: "rw1a", To: "rw1b"}); err != nil {
		t.Errorf("pair state: %v", err)
	}
	if _, err := n.Deliver(soon(t), n.ID(), []byte("sealed")); err != nil || taken(n.heard) != 1 {
		t.Errorf("deliver: %v", err)
	}
}
