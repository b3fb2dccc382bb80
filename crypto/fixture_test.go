package crypto_test

import (
	"crypto/sha256"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// fixed is a made-up organization whose every byte follows from its name: for vectors and for seeds of fuzzing.
type fixed struct {
	name       string
	root, next *crypto.SigningKey
	after      *crypto.SigningKey // the next root after a rotation
	node, peer *crypto.SigningKey
	second     *crypto.SigningKey // another node's key
	decryption *crypto.DecryptionKey
	inception  protocol.Inception
	first      *crypto.Chain // one charter
	chain      *crypto.Chain // and an ordinary one above it
	rotated    *crypto.Chain // the first, then a rotation
}

// seed gives 32 bytes that follow from a name.
func seed(name string) []byte {
	sum := sha256.Sum256([]byte("referworks vectors 1 " + name))
	return sum[:]
}

func fixedKey(name string) *crypto.SigningKey {
	k, err := crypto.SigningKeyFromSeed(seed(name))
	if err != nil {
		panic(err)
	}
	return k
}

func newFixed(t testing.TB, name string) *fixed {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	o := &fixed{
		name: name, root: fixedKey(name + " root"), next: fixedKey(name + " next"), after: fixedKey(name + " after"),
		node: fixedKey(name + " node"), peer: fixedKey(name + " peer"), second: fixedKey(name + " second"),
	}
	var err error
	o.decryption, err = crypto.DecryptionKeyFromSeed(seed(name+" decryption"), now)
	must(err)
	o.inception = protocol.Inception{V: 1, Root: o.root.Public(), Next: crypto.KeyID(o.next.Public()), Created: now, Salt: seed(name + " salt")[:16]}
	one := protocol.Delegate{Peer: o.peer.Peer(), Key: o.node.Public()}
	two := protocol.Delegate{Peer: fixedKey(name + " second peer").Peer(), Key: o.second.Public()}
	o.first, err = crypto.FirstCharter(o.inception, o.root, []protocol.Delegate{one})
	must(err)
	o.chain, err = crypto.NextCharter(o.first, o.root, []protocol.Delegate{one, two})
	must(err)
	o.rotated, err = crypto.Rotate(o.chain, o.next, crypto.KeyID(o.after.Public()), o.first.Mark().Hash, []protocol.Delegate{two})
	must(err)
	return o
}

// org gives the parts that the other tests build on.
func (o *fixed) org() *org {
	return &org{
		identity: &crypto.Identity{Inception: o.inception, Root: o.root, Next: o.next, Door: seed(o.name + " door")},
		chain:    o.first, node: o.node, peer: o.peer.Peer(),
	}
}
