package crypto_test

import (
	"crypto/ed25519"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// org is a made-up organization with one node.
type org struct {
	identity *crypto.Identity
	chain    *crypto.Chain
	node     *crypto.SigningKey
	peer     protocol.PeerID
}

const now = 1_790_000_000_000 // a time in 2026, milliseconds UTC

func newOrg(t testing.TB) *org {
	t.Helper()
	id, err := crypto.NewIdentity(now)
	if err != nil {
		t.Fatal(err)
	}
	o := &org{identity: id, node: crypto.NewSigningKey(), peer: crypto.NewSigningKey().Peer()}
	o.chain, err = crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{{Peer: o.peer, Key: o.node.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func newManifest(from, to *org) *protocol.Manifest {
	return &protocol.Manifest{
		V: 1, From: from.chain.Org(), To: to.chain.Org(), Referral: "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071",
		Seq: 1, Kind: protocol.KindReferral, Schema: protocol.SchemaNow, Terms: protocol.Hash{1}, At: now, Expires: now + 1000, Body: protocol.Hash{2},
	}
}

func TestMessageRoundTrip(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	m := newManifest(a, b)
	s, err := crypto.SignMessage(m, a.node)
	if err != nil {
		t.Fatal(err)
	}
	got, content, err := crypto.VerifyMessage(s.Token, a.chain, a.peer)
	if err != nil || *got != *m || content != s.Content {
		t.Fatal(got, content, err)
	}
}

func newReceipts(from, to *org, n int) []protocol.Receipt {
	var all []protocol.Receipt
	for i := range n {
		all = append(all, protocol.Receipt{
			V: 1, From: from.chain.Org(), To: to.chain.Org(), Referral: "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071", Seq: int64(i + 1),
			Manifest: protocol.Hash{byte(i), 1}, Level: protocol.Received, At: now, Charter: from.chain.Mark().Hash, Salt: make([]byte, 16),
		})
	}
	return all
}

// only gives the one key, under its own kid.
func only(k *crypto.SigningKey) func(string) (protocol.Key, bool) {
	return func(kid string) (protocol.Key, bool) { return k.Public(), kid == k.Kid() }
}

func privateOf(k *crypto.SigningKey) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Seed()) }
func publicOf(k *crypto.SigningKey) ed25519.PublicKey   { return ed25519.PublicKey(k.Public().Key) }
