package p2p_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/node/p2p"
	"referworks/protocol"
)

var probes = []string{
	protocol.ProtoPeer, protocol.ProtoDeliver, protocol.ProtoPair, protocol.ProtoDoor,
	"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0", "/meshsub/1.1.0", "/floodsub/1.0.0", "/ipfs/kad/1.0.0", "/libp2p/circuit/relay/0.2.0/hop",
}

// learnt is what a stranger who tries everything finds out, in words.
func learnt(t testing.TB, h host.Host, n *node) []string {
	t.Helper()
	p := decode(t, n.ID())
	info := infoOf(t, n)
	var all []string
	if err := h.Connect(soon(t), info); err == nil {
		for _, proto := range probes {
			ctx, cancel := within(2 * time.Second)
			s, err := h.NewStream(network.WithNoDial(ctx, "one connection"), p, lp.ID(proto))
			cancel()
			if err != nil {
				continue
			}
			_ = s.SetDeadline(time.Now().Add(2 * time.Second))
			if strings.HasPrefix(proto, "/referworks/") {
				err = greet(s, proto)
			} else {
				_, err = io.ReadFull(s, make([]byte, 1))
			}
			if err == nil {
				all = append(all, "an answer on "+proto)
			}
			_ = s.Reset()
		}
	}
	if protocols, err := h.Peerstore().GetProtocols(p); err == nil && len(protocols) > 0 {
		all = append(all, fmt.Sprint("protocols ", protocols))
	}
	for _, key := range []string{"AgentVersion", "ProtocolVersion"} {
		if v, err := h.Peerstore().Get(p, key); err == nil {
			all = append(all, fmt.Sprint(key, " ", v))
		}
	}
	for _, a := range h.Peerstore().Addrs(p) {
		if !slices.ContainsFunc(info.Addrs, func(b ma.Multiaddr) bool { return a.Equal(b) }) {
			all = append(all, "address "+a.String())
		}
	}
	return all
}

func TestStrangerLearnsThePeerIDAndNothingElse(t *testing.T) {
	for name, address := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, listen(address)).run(t)
			friend := newNode(t).run(t)
			partners(friend, n)
			if _, err := friend.Hello(soon(t), n.ID()); err != nil {
				t.Fatalf("a partner is not answered, so the probe would prove nothing: %v", err)
			}
			h, _ := raw(t)
			if got := learnt(t, h, n); len(got) > 0 {
				t.Errorf("a stranger learnt: %v", got)
			}
			was, id := raw(t)
			n.Admit(id, p2p.Partner, nil)
			n.Remove(id)
			if got := learnt(t, was, n); len(got) > 0 {
				t.Errorf("a former partner learnt: %v", got)
			}
			if taken(n.heard) > 0 || n.heard.count(func(d *deaf) int { return d.asked }) > 0 {
				t.Error("a stranger's frame came to the handler")
			}
			p2p.OpenGate(n.Host) // the control: the same probe of the same node without its guard
			other, _ := raw(t)
			if got := strings.Join(learnt(t, other, n), ", "); !strings.Contains(got, "protocols") || !strings.Contains(got, "an answer on "+protocol.ProtoDeliver) {
				t.Errorf("with the gate open the probe learnt only: %q", got)
			}
		})
	}
}

// A client that is no libp2p at all gets as far as the handshake: a certificate whose only content is the peer's key.
func TestStrangerRawTLS(t *testing.T) {
	n := newNode(t).run(t)
	c := rawTLS(t, n)
	cert := c.ConnectionState().PeerCertificates[0]
	if got := len(cert.DNSNames) + len(cert.IPAddresses) + len(cert.EmailAddresses) + len(cert.URIs) + len(cert.Subject.OrganizationalUnit) + len(cert.Subject.Organization); got > 0 || cert.Subject.CommonName != "" {
		t.Errorf("the certificate names something: %v", cert.Subject)
	}
	if len(cert.Extensions) != 1 {
		t.Errorf("the certificate has %d extensions, want that of libp2p alone", len(cert.Extensions))
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c, "\x13/multistream/1.0.0\n"); err == nil {
		if b, err := io.ReadAll(c); len(b) > 0 || err == nil && len(b) > 0 {
			t.Errorf("a raw client was told %q (%v)", b, err)
		}
	}
}

// negotiate asks for a security protocol on a new TCP connection and gives what is answered.
func negotiate(t testing.TB, n *node, security string) (net.Conn, string) {
	t.Helper()
	port := ""
	for _, a := range n.Addresses() {
		if p, err := ma.StringCast(a).ValueForProtocol(ma.P_TCP); err == nil {
			port = p
		}
	}
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	say := func(s string) {
		if _, err := c.Write(append([]byte{byte(len(s) + 1)}, s+"\n"...)); err != nil {
			t.Fatal(err)
		}
	}
	hear := func() string {
		head := make([]byte, 1)
		if _, err := io.ReadFull(c, head); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, head[0])
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(string(b), "\n")
	}
	say("/multistream/1.0.0")
	say(security)
	if got := hear(); got != "/multistream/1.0.0" {
		t.Fatalf("the other side speaks %q", got)
	}
	return c, hear()
}

func rawTLS(t testing.TB, n *node) *tls.Conn {
	t.Helper()
	c, got := negotiate(t, n, "/tls/1.0.0")
	if got != "/tls/1.0.0" {
		t.Fatalf("TLS is answered with %q", got)
	}
	s := tls.Client(c, &tls.Config{
		InsecureSkipVerify: true, // libp2p's certificates are signed by themselves; this client believes everybody
		NextProtos:         []string{"libp2p"},
	})
	if err := s.HandshakeContext(soon(t)); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return s
}

func TestRevokedPeersNextFrameIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		control bool
	}{
		"TCP": {overTCP, false}, "QUIC": {overQUIC, false}, "control: with the guard off": {overTCP, true},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, listen(c.address)).run(t)
			h, id := raw(t)
			n.Admit(id, p2p.Partner, nil)
			s := greeted(t, h, n, protocol.ProtoDeliver)
			if err := envelope(s); err != nil {
				t.Fatalf("before: %v", err)
			}
			if c.control {
				p2p.OpenGate(n.Host)
				p2p.ForgetInGate(n.Host, id)
			} else {
				n.Remove(id)
			}
			err := envelope(s)
			if c.control {
				if err != nil || taken(n.heard) != 2 {
					t.Errorf("with the guard off the frame is not served, so the test cannot fail: %v", err)
				}
				return
			}
			if err == nil || taken(n.heard) != 1 {
				t.Errorf("a removed peer's frame was served: %v", err)
			}
			eventually(t, "the connection is closed", func() bool { return h.Network().Connectedness(decode(t, n.ID())) != network.Connected })
			h.Peerstore().RemovePeer(decode(t, n.ID())) // what it knew as a partner
			if got := learnt(t, h, n); len(got) > 0 {
				t.Errorf("coming back it learnt: %v", got)
			}
		})
	}
}

// Who removes a partner, or stops, leaves no caller waiting for an answer that cannot come.
func TestRevokeEndsWhatIsUnderWay(t *testing.T) {
	for name, end := range map[string]func(a, b *node){
		"we remove them": func(a, b *node) { a.Remove(b.ID()) },
		"they remove us": func(a, b *node) { b.Remove(a.ID()) },
		"we stop":        func(a, _ *node) { a.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newNode(t).run(t), newNode(t).run(t)
			hold := make(chan struct{})
			t.Cleanup(func() { close(hold) })
			b.heard.envelope = func(context.Context, []byte) protocol.Answer {
				<-hold
				return protocol.Answer{V: protocol.Version}
			}
			partners(a, b)
			ended := make(chan error, 1)
			go func() {
				_, err := a.Deliver(context.Background(), b.ID(), []byte("sealed"))
				ended <- err
			}()
			eventually(t, "it is being handled", func() bool { return taken(b.heard) == 1 || len(ended) > 0 })
			if len(ended) > 0 {
				t.Fatalf("it ended by itself: %v", <-ended)
			}
			end(a, b)
			select {
			case err := <-ended:
				if err == nil {
					t.Error("it counts as delivered")
				}
			case <-time.After(10 * time.Second):
				t.Error("the caller still waits")
			}
		})
	}
}
