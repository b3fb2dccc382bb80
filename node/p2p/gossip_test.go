package p2p_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
)

// organization announces its card.
type organization struct {
	chain *crypto.Chain
	key   *crypto.SigningKey
	peer  protocol.PeerID
}

func newOrganization(t testing.TB) *organization {
	t.Helper()
	id, err := crypto.NewIdentity(time.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	o := &organization{key: crypto.NewSigningKey(), peer: crypto.NewSigningKey().Peer()}
	o.chain, err = crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{{Peer: o.peer, Key: o.key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *organization) announcement(t testing.TB, n int64) protocol.Announcement {
	t.Helper()
	at := time.Now().UnixMilli()
	seed := sha256.Sum256([]byte(o.peer))
	d, err := crypto.DecryptionKeyFromSeed(seed[:], at)
	if err != nil {
		t.Fatal(err)
	}
	card, err := crypto.SignCard(&protocol.Card{
		V: protocol.Version, Org: o.chain.Org(), Charter: o.chain.Mark().Hash, N: n, Name: "Harbor Legal Aid", Peer: o.peer,
		Contact: protocol.CardContact{Phone: "+15550100"}, Addresses: []string{"/ip4/192.0.2.1/tcp/4001"},
		Keys: []protocol.EncryptionKey{d.Public()}, Schemas: []string{protocol.SchemaNow}, Protocols: []int{protocol.Version},
	}, o.key)
	if err != nil {
		t.Fatal(err)
	}
	return protocol.Announcement{V: protocol.Version, Chain: o.chain.Wire(), Card: card}
}

// own is what a node announces; it may change.
type own chan []protocol.Announcement

func newOwn(all ...protocol.Announcement) own {
	o := make(own, 1)
	o <- all
	return o
}

func (o own) get() []protocol.Announcement {
	all := <-o
	o <- all
	return all
}

func (o own) set(all ...protocol.Announcement) {
	<-o
	o <- all
}

func gossiping(o own, verify func(protocol.Announcement) (protocol.OrgID, int64, error)) func(*p2p.Config) {
	return func(c *p2p.Config) {
		c.Gossip = &p2p.GossipConfig{Community: "test", Own: o.get, Interval: 50 * time.Millisecond, Verify: verify}
	}
}

func heardCard(n *node, card string) bool {
	return n.heard.count(func(d *deaf) int {
		return len(slices.DeleteFunc(slices.Clone(d.announced), func(a protocol.Announcement) bool { return a.Card != card }))
	}) > 0
}

// believe is a verifier without verification: what a hostile node uses, and the negative control.
func believe(a protocol.Announcement) (protocol.OrgID, int64, error) {
	return protocol.OrgID(a.Card[len(a.Card)-8:]), 1, nil
}

// A, B and C stand in a row; what A announces reaches C by B, and what is forged gets no further than to B.
func TestGossipCarriesTheNewestSignedCard(t *testing.T) {
	org := newOrganization(t)
	now := time.Now().UnixMilli()
	first, newer, late := org.announcement(t, now), org.announcement(t, now+2), org.announcement(t, now+1)
	mine := newOwn(first)
	a, b, c := newNode(t, gossiping(mine, nil)).run(t), newNode(t, gossiping(newOwn(), nil)).run(t), newNode(t, gossiping(newOwn(), nil)).run(t)
	partners(a, b)
	partners(b, c)
	eventually(t, "C hears of A's card", func() bool { return heardCard(c, first.Card) })
	mine.set(newer)
	eventually(t, "C hears of the newer one", func() bool { return heardCard(c, newer.Card) })
	marker := newOrganization(t).announcement(t, now)
	mine.set(late, marker)
	eventually(t, "C hears of what was announced after an older one", func() bool { return heardCard(c, marker.Card) })
	if heardCard(c, late.Card) || heardCard(b, late.Card) {
		t.Error("an older card was told after a newer one")
	}
	if got := c.heard.count(func(d *deaf) int { return len(d.announced) }); got != 3 {
		t.Errorf("%d cards were told of, want 3: repetitions are no news", got)
	}
}

func TestGossipRefusesTheForged(t *testing.T) {
	for _, control := range []bool{false, true} {
		var verify func(protocol.Announcement) (protocol.OrgID, int64, error) // by signature
		name := "guarded"
		if control {
			name, verify = "verifying nothing", believe
		}
		t.Run(name, func(t *testing.T) {
			forged := newOrganization(t).announcement(t, time.Now().UnixMilli())
			end := strings.LastIndexByte(forged.Card, '.') + 1
			forged.Card = forged.Card[:end] + strings.Repeat("A", len(forged.Card)-end)
			genuine := newOrganization(t).announcement(t, time.Now().UnixMilli())
			hostile := newNode(t, gossiping(newOwn(forged, genuine), believe)).run(t)
			b, c := newNode(t, gossiping(newOwn(), verify)).run(t), newNode(t, gossiping(newOwn(), verify)).run(t)
			partners(hostile, b)
			partners(b, c)
			if control {
				eventually(t, "without the guard the forged one goes round", func() bool { return heardCard(c, forged.Card) })
				return
			}
			eventually(t, "the true one of the same sender goes round", func() bool { return heardCard(c, genuine.Card) })
			if heardCard(b, forged.Card) || heardCard(c, forged.Card) {
				t.Error("a forged card was told")
			}
		})
	}
}

// Who is admitted for pairing alone is told neither the topic nor a card; and with gossip off nobody is served any.
func TestGossipIsForPartnersAndOffByDefault(t *testing.T) {
	card := newOrganization(t).announcement(t, time.Now().UnixMilli())
	n := newNode(t, gossiping(newOwn(card), nil)).run(t)
	k := crypto.NewSigningKey()
	if _, _, err := n.OpenPairing(k.Seed(), time.Now().Add(time.Hour), commitOnce); err != nil {
		t.Fatal(err)
	}
	visitor := newNode(t, gossiping(newOwn(), nil), func(c *p2p.Config) { c.Key = k.Seed() }).run(t)
	visitor.Admit(n.ID(), p2p.Partner, n.Addresses())
	if err := p2p.Libp2p(visitor.Host).Connect(soon(t), infoOf(t, n)); err != nil {
		t.Fatal(err)
	}
	friend := newNode(t, gossiping(newOwn(), nil)).run(t)
	partners(friend, n)
	eventually(t, "a partner hears of the card", func() bool { return heardCard(friend, card.Card) })
	if heardCard(visitor, card.Card) {
		t.Error("a pairing peer was told of a card")
	}
	n.Admit(k.Peer(), p2p.Partner, nil) // the control: as a partner it is
	p2p.Libp2p(visitor.Host).Network().ClosePeer(decode(t, n.ID()))
	eventually(t, "the same peer as a partner", func() bool { return heardCard(visitor, card.Card) })

	plain := newNode(t).run(t)
	partners(plain, friend)
	if _, err := plain.Hello(soon(t), friend.ID()); err != nil {
		t.Errorf("a node without gossip and one with: %v", err)
	}
	for _, p := range p2p.Libp2p(plain.Host).Mux().Protocols() {
		if strings.Contains(string(p), "sub") {
			t.Errorf("with gossip off %s is served", p)
		}
	}
}
