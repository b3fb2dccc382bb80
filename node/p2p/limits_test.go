package p2p_test

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	ma "github.com/multiformats/go-multiaddr"

	"referworks/node/p2p"
	"referworks/protocol"
)

func TestPitfall05ManyPartnersBehindOneAddress(t *testing.T) {
	const offices = 200
	admits := func(m network.ResourceManager) int {
		defer func() { _ = m.Close() }()
		for i := range offices {
			c, err := m.OpenConnection(network.DirInbound, false, ma.StringCast("/ip4/192.0.2.7/tcp/4001"))
			if err != nil {
				return i
			}
			if err := c.SetPeer(decode(t, newNode(t).ID())); err != nil {
				return i
			}
		}
		return offices
	}
	theirs, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(rcmgr.DefaultLimits.AutoScale()), rcmgr.WithMetricsDisabled())
	if err != nil {
		t.Fatal(err)
	}
	if got := admits(theirs); got != 8 {
		t.Errorf("libp2p by default admits %d from one address, it was 8", got)
	}
	ours, err := p2p.Limits()
	if err != nil {
		t.Fatal(err)
	}
	if got := admits(ours); got != offices {
		t.Errorf("we admit %d of %d from one address", got, offices)
	}
}

// Whoever opens connections and says nothing fills what its own address may have, and nobody else's.
func TestPitfall05ASilentStrangerShutsNobodyOut(t *testing.T) {
	m, err := p2p.Limits()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	for _, silent := range []string{"/ip4/192.0.2.7/tcp/4001", "/ip6/2001:db8:1:ff::1/tcp/4001"} {
		open := 0
		for ; open < 10000; open++ {
			if _, err := m.OpenConnection(network.DirInbound, false, ma.StringCast(silent)); err != nil {
				break
			}
		}
		if open == 10000 {
			t.Errorf("%s has %d handshakes open", silent, open)
		}
	}
	for _, other := range []string{"/ip4/192.0.2.8/tcp/4001", "/ip6/2001:db8:2::1/tcp/4001"} {
		if _, err := m.OpenConnection(network.DirInbound, false, ma.StringCast(other)); err != nil {
			t.Errorf("another address is shut out: %v", err)
		}
	}
}

func TestPitfall05APeerHasItsOwnLimits(t *testing.T) {
	n := newNode(t).run(t)
	h, id := raw(t)
	n.Admit(id, p2p.Partner, nil)
	for range p2p.MostDeliverStreams {
		greeted(t, h, n, protocol.ProtoDeliver)
	}
	more, err := tryStream(t, h, n, protocol.ProtoDeliver)
	if err == nil {
		err = greet(more, protocol.ProtoDeliver)
	}
	if err == nil {
		t.Error("one more deliver stream than a peer may have is served")
	}
	greeted(t, h, n, protocol.ProtoPeer) // the connection itself lives on
}
