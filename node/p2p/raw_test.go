package p2p_test

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	lpcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	lp "github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/crypto"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// raw is libp2p as anybody has it, with its defaults and without our guards.
func raw(t testing.TB, options ...libp2p.Option) (host.Host, protocol.PeerID) {
	t.Helper()
	k := crypto.NewSigningKey()
	return rawAs(t, k, options...), k.Peer()
}

func rawAs(t testing.TB, k *crypto.SigningKey, options ...libp2p.Option) host.Host {
	t.Helper()
	key, err := lpcrypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(k.Seed()))
	if err != nil {
		t.Fatal(err)
	}
	h, err := libp2p.New(append([]libp2p.Option{libp2p.Identity(key), libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics()}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func decode(t testing.TB, id protocol.PeerID) peer.ID {
	t.Helper()
	p, err := peer.Decode(string(id))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func infoOf(t testing.TB, n *node) peer.AddrInfo {
	t.Helper()
	info := peer.AddrInfo{ID: decode(t, n.ID())}
	for _, s := range n.Addresses() {
		info.Addrs = append(info.Addrs, ma.StringCast(s))
	}
	return info
}

// stream opens a stream of the protocol that libp2p negotiates lazily, and gives it a deadline.
func stream(t testing.TB, h host.Host, n *node, proto string) network.Stream {
	t.Helper()
	s, err := tryStream(t, h, n, proto)
	if err != nil {
		t.Fatalf("open stream %s: %v", proto, err)
	}
	return s
}

// tryStream gives an error when the other side resets the stream before its protocol is agreed on.
func tryStream(t testing.TB, h host.Host, n *node, proto string) (network.Stream, error) {
	t.Helper()
	if err := h.Connect(soon(t), infoOf(t, n)); err != nil {
		t.Fatalf("connect: %v", err)
	}
	s, err := h.NewStream(soon(t), decode(t, n.ID()), lp.ID(proto))
	if err == nil {
		_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	}
	return s, err
}

// greet says a hello that names a protocol, and waits for the answer.
func greet(s io.ReadWriter, proto string) error {
	b, err := crypto.Marshal(protocol.Hello{
		V: protocol.Version, Proto: proto, Protocols: []int{protocol.Version}, Time: 1, MaxFrame: protocol.MaxFrame, Instance: make([]byte, 16),
	})
	if err == nil {
		err = wire.Write(s, protocol.FrameHello, b)
	}
	if err == nil {
		_, _, err = wire.Read(s, protocol.MaxFrame)
	}
	return err
}

// greeted opens a stream and says hello.
func greeted(t testing.TB, h host.Host, n *node, proto string) network.Stream {
	t.Helper()
	s := stream(t, h, n, proto)
	if err := greet(s, proto); err != nil {
		t.Fatalf("hello on %s: %v", proto, err)
	}
	return s
}

// claim writes the head of a frame that claims a length.
func claim(s io.Writer, length uint32, kind protocol.FrameKind) error {
	head := binary.BigEndian.AppendUint32(nil, length)
	_, err := s.Write(append(head, byte(kind)))
	return err
}

// silent serves the deliver stream of a raw host: it answers the hello, and hands the stream on.
func silent(h host.Host, then func(network.Stream)) {
	h.SetStreamHandler(protocol.ProtoDeliver, func(s network.Stream) {
		_ = s.SetDeadline(time.Now().Add(20 * time.Second))
		if _, _, err := wire.Read(s, protocol.MaxFrame); err != nil {
			_ = s.Reset()
			return
		}
		b, _ := crypto.Marshal(protocol.Hello{
			V: protocol.Version, Proto: protocol.ProtoDeliver, Protocols: []int{protocol.Version}, Time: 1, MaxFrame: protocol.MaxFrame, Instance: make([]byte, 16),
		})
		if err := wire.Write(s, protocol.FrameHello, b); err != nil {
			_ = s.Reset()
			return
		}
		then(s)
	})
}

func within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
