package crypto_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/protocol"
)

func delegate(k *crypto.SigningKey) protocol.Delegate {
	return protocol.Delegate{Peer: crypto.NewSigningKey().Peer(), Key: k.Public()}
}

// extend signs n ordinary charters above a chain, each delegating the nodes.
func extend(t testing.TB, c *crypto.Chain, root *crypto.SigningKey, n int, nodes ...protocol.Delegate) *crypto.Chain {
	t.Helper()
	for range n {
		var err error
		if c, err = crypto.NextCharter(c, root, nodes); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// charterAfter is an ordinary charter above c for a test to spoil.
func charterAfter(c *crypto.Chain) protocol.Charter {
	n := c.Head()
	n.Prev, n.N, n.Keeps = c.Mark().Hash, n.N+1, protocol.Hash{}
	return n
}

// with puts a charter, signed by k, on a chain as it travels.
func with(t testing.TB, c *crypto.Chain, n protocol.Charter, k *crypto.SigningKey) protocol.Chain {
	t.Helper()
	token, err := crypto.Sign(protocol.TypCharter, k, &n)
	if err != nil {
		t.Fatal(err)
	}
	w := c.Wire()
	w.Charters = append(slices.Clone(w.Charters), string(token))
	return w
}

func TestChainGrowsAndMerges(t *testing.T) {
	a := newOrg(t)
	second := crypto.NewSigningKey()
	longer := extend(t, a.chain, a.identity.Root, 3, delegate(second))
	if h := longer.Head(); h.N != 3 || h.Epoch != 0 || longer.Org() != a.identity.Org() {
		t.Fatalf("head %d/%d", h.Epoch, h.N)
	}
	for _, c := range []struct {
		held, seen *crypto.Chain
		want       crypto.Change
		now        *crypto.Chain
	}{
		{a.chain, a.chain, crypto.Same, a.chain}, {a.chain, longer, crypto.Newer, longer}, {longer, a.chain, crypto.Older, longer},
	} {
		got, change, err := c.held.Merge(c.seen.Wire())
		if err != nil || change != c.want || !got.Equal(c.now) {
			t.Errorf("%v, %v, %v", got.Mark(), change, err)
		}
	}
	if _, ok := longer.Key(a.node.Kid()); ok {
		t.Error("the newest charter still delegates the node that it left out")
	}
	if d, ok := longer.KeyEver(a.node.Kid()); !ok || d.Peer != a.peer || longer.HasPeer(a.peer) {
		t.Error("the chain forgot the node of its first charter, or still has its peer")
	}
	if _, ok := longer.Key(second.Kid()); !ok || len(longer.Peers()) != 1 || !longer.Holds(a.chain.Mark().Hash) || longer.Holds(protocol.Hash{1}) {
		t.Error("the newest charter is not read right")
	}
	if _, _, err := a.chain.Merge(newOrg(t).chain.Wire()); !errors.Is(err, crypto.ErrWrongOrg) {
		t.Errorf("another organization's chain: %v", err)
	}
}

func TestChainEnds(t *testing.T) {
	a := newOrg(t)
	n := charterAfter(a.chain)
	n.Expires = now
	c, err := crypto.VerifyChain(with(t, a.chain, n, a.identity.Root))
	if err != nil || c.Expired(time.UnixMilli(now)) || !c.Expired(time.UnixMilli(now+1)) || a.chain.Expired(time.UnixMilli(now)) {
		t.Error("the end of a charter is not read right:", err)
	}
}

func TestChainForkRaisesTheAlarm(t *testing.T) {
	a := newOrg(t)
	left := extend(t, a.chain, a.identity.Root, 1, delegate(crypto.NewSigningKey()))
	right := extend(t, a.chain, a.identity.Root, 2, delegate(crypto.NewSigningKey()))
	for _, c := range [][2]*crypto.Chain{{left, right}, {right, left}} {
		got, change, err := c[0].Merge(c[1].Wire())
		if err != nil || change != crypto.Forked || got != c[0] {
			t.Fatalf("%v, %v", change, err)
		}
	}
	rotated, err := crypto.Rotate(left, a.identity.Next, protocol.Hash{9}, a.chain.Mark().Hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, held := range []*crypto.Chain{left, right, a.chain} {
		if got, change, err := held.Merge(rotated.Wire()); err != nil || change != crypto.Rotated || !got.Equal(rotated) {
			t.Fatalf("%v, %v", change, err)
		}
	}
}

func TestChainRefusals(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	thief, weak := crypto.NewSigningKey(), protocol.Key{Alg: protocol.AlgEdDSA, Key: append(make([]byte, 31), 0x80)}
	root := a.identity.Root
	spoil := func(f func(*protocol.Charter)) protocol.Chain {
		n := charterAfter(a.chain)
		f(&n)
		return with(t, a.chain, n, root)
	}
	if _, err := crypto.VerifyChain(spoil(func(*protocol.Charter) {})); err != nil {
		t.Fatalf("the control was refused: %v", err)
	}
	w := a.chain.Wire()
	longer := extend(t, a.chain, root, 2, delegate(crypto.NewSigningKey())).Wire()
	bad := map[string]protocol.Chain{
		"no charter":         {Inception: w.Inception},
		"other inception":    {Inception: b.chain.Wire().Inception, Charters: w.Charters},
		"charter left out":   {Inception: w.Inception, Charters: []string{longer.Charters[0], longer.Charters[2]}},
		"first left out":     {Inception: w.Inception, Charters: longer.Charters[1:]},
		"order":              {Inception: w.Inception, Charters: []string{longer.Charters[0], longer.Charters[2], longer.Charters[1]}},
		"twice":              {Inception: w.Inception, Charters: []string{w.Charters[0], w.Charters[0]}},
		"too many":           {Inception: w.Inception, Charters: slices.Repeat(w.Charters, protocol.MaxChain+1)},
		"signed by a node":   with(t, a.chain, charterAfter(a.chain), a.node),
		"signed by another":  with(t, a.chain, charterAfter(a.chain), thief),
		"number jumps":       spoil(func(c *protocol.Charter) { c.N += 5 }),
		"number repeats":     spoil(func(c *protocol.Charter) { c.N-- }),
		"negative number":    spoil(func(c *protocol.Charter) { c.N = -1 }),
		"other organization": spoil(func(c *protocol.Charter) { c.Org = b.chain.Org() }),
		"other previous":     spoil(func(c *protocol.Charter) { c.Prev = protocol.Hash{1} }),
		"other root":         spoil(func(c *protocol.Charter) { c.Root = thief.Public() }),
		"other next":         spoil(func(c *protocol.Charter) { c.Next = crypto.KeyID(thief.Public()) }),
		"keeps":              spoil(func(c *protocol.Charter) { c.Keeps = c.Prev }),
		"version":            spoil(func(c *protocol.Charter) { c.V = 2 }),
		"weak key":           spoil(func(c *protocol.Charter) { c.Nodes = []protocol.Delegate{{Peer: a.peer, Key: weak}} }),
		"key twice":          spoil(func(c *protocol.Charter) { c.Nodes = append(c.Nodes, c.Nodes...) }),
		"nine nodes": spoil(func(c *protocol.Charter) {
			for range protocol.MaxDelegates {
				c.Nodes = append(c.Nodes, delegate(crypto.NewSigningKey()))
			}
		}),
		"too large":            spoil(func(c *protocol.Charter) { c.Nodes[0].Peer = protocol.PeerID(make([]byte, protocol.MaxCharter)) }),
		"rotation by the root": spoil(func(c *protocol.Charter) { c.Epoch, c.N, c.Keeps = 1, 0, c.Prev }),
		"epoch alone":          spoil(func(c *protocol.Charter) { c.Epoch = 1 }),
	}
	for name, w := range bad {
		if c, err := crypto.VerifyChain(w); err == nil {
			t.Errorf("%s: verified as %v", name, c.Mark())
		}
	}
}

// The thief has the root file and its passphrase. He may sign charters without end; he must not be able to keep the
// owner, who has the recovery file, from winning everywhere.
func TestRotationBeatsAThiefOfTheRoot(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	good := extend(t, a.chain, a.identity.Root, 2, delegate(a.node), delegate(crypto.NewSigningKey()))
	thiefNode := crypto.NewSigningKey()
	thief := delegate(thiefNode)
	stolen := extend(t, good, a.identity.Root, 120, thief)

	// The owner opens the recovery file and rotates, keeping the last charter of his own.
	_, file := a.identity.Recoveries(false)
	renewed, err := file.Renew()
	if err != nil {
		t.Fatal(err)
	}
	newNode := crypto.NewSigningKey()
	mine, err := crypto.Rotate(stolen, renewed.Root, crypto.KeyID(renewed.Next.Public()), good.Mark().Hash, []protocol.Delegate{delegate(newNode)})
	if err != nil {
		t.Fatal(err)
	}
	if h := mine.Head(); h.Epoch != 1 || h.N != 0 || len(mine.Wire().Charters) != 4 {
		t.Fatalf("rotated to %d/%d with %d charters", h.Epoch, h.N, len(mine.Wire().Charters))
	}
	// The thief goes on, above his own charters and beside the rotation.
	further := extend(t, stolen, a.identity.Root, 60, thief)
	// Whatever each partner saw, in whatever order, ends at the owner's chain.
	for name, order := range map[string][]*crypto.Chain{
		"thief first": {good, stolen, mine, further}, "owner first": {good, mine, stolen, further}, "only the thief": {stolen, further, mine, stolen}, "from the start": {a.chain, further, mine},
	} {
		held := order[0]
		for _, seen := range order[1:] {
			if held, _, err = held.Merge(seen.Wire()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !held.Equal(mine) {
			t.Errorf("%s: ends at %v", name, held.Mark())
		}
	}
	// The thief's node is refused from then on, also for what is pulled or stored; what the owner's signed before stands.
	m := newManifest(a, b)
	for name, c := range map[string]struct {
		key       *crypto.SigningKey
		peer      protocol.PeerID
		now, ever bool
	}{
		"thief": {thiefNode, thief.Peer, false, false}, "old node": {a.node, a.peer, false, true}, "new node": {newNode, mine.Peers()[0], true, true},
	} {
		s, err := crypto.SignMessage(m, c.key)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := crypto.VerifyMessage(s.Token, mine, c.peer); (err == nil) != c.now {
			t.Errorf("%s: fresh: %v", name, err)
		}
		if _, _, err := crypto.VerifyMessageEver(s.Token, mine); (err == nil) != c.ever {
			t.Errorf("%s: kept: %v", name, err)
		}
	}
	if d := stolen.Dropped(mine); !slices.Equal(d, []string{thiefNode.Kid()}) {
		t.Errorf("dropped keys: %v", d)
	}
	// The thief's ways to the next epoch: none without the next root, and none inside his own.
	for name, w := range map[string]func() (*crypto.Chain, error){
		"rotating with the root": func() (*crypto.Chain, error) {
			return crypto.Rotate(stolen, a.identity.Root, protocol.Hash{1}, good.Mark().Hash, nil)
		},
		"rotating with his own key": func() (*crypto.Chain, error) {
			return crypto.Rotate(stolen, thiefNode, protocol.Hash{1}, good.Mark().Hash, nil)
		},
		"rotating the rotated chain": func() (*crypto.Chain, error) {
			return crypto.Rotate(mine, a.identity.Root, protocol.Hash{1}, mine.Mark().Hash, nil)
		},
		"an ordinary charter above the rotation": func() (*crypto.Chain, error) { return crypto.NextCharter(mine, a.identity.Root, nil) },
	} {
		if c, err := w(); err == nil {
			t.Errorf("%s gave %v", name, c.Mark())
		}
	}
}

// The negative controls: each shows that the test above would fail without the rule that it rests on.
func TestRotationControls(t *testing.T) {
	a := newOrg(t)
	thief := delegate(crypto.NewSigningKey())
	stolen := extend(t, a.chain, a.identity.Root, 20, thief)
	mine, err := crypto.Rotate(a.chain, a.identity.Next, protocol.Hash{9}, a.chain.Mark().Hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("without the epoch the thief's number wins", func(t *testing.T) {
		if stolen.Head().N <= mine.Head().N || len(stolen.Wire().Charters) <= len(mine.Wire().Charters) {
			t.Error("the thief did not reach a higher number: the test proves nothing")
		}
	})
	t.Run("with the next root too the thief wins", func(t *testing.T) {
		theirs, err := crypto.Rotate(stolen, a.identity.Next, protocol.Hash{1}, a.chain.Mark().Hash, []protocol.Delegate{thief})
		if err != nil {
			t.Fatal(err)
		}
		if held, _, err := a.chain.Merge(theirs.Wire()); err != nil || !held.Equal(theirs) {
			t.Error("only the secrecy of the next root keeps a thief out, so this had to work:", err)
		}
		if _, change, err := mine.Merge(theirs.Wire()); err != nil || change != crypto.Forked {
			t.Errorf("two rotations into one epoch: %v, %v", change, err)
		}
	})
	t.Run("nothing kept, not even a stolen first charter", func(t *testing.T) {
		bare, err := crypto.Rotate(stolen, a.identity.Next, protocol.Hash{9}, protocol.Hash{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if held, change, err := stolen.Merge(bare.Wire()); err != nil || change != crypto.Rotated || len(held.Wire().Charters) != 1 {
			t.Errorf("%v, %v", change, err)
		}
		if _, ok := bare.KeyEver(a.node.Kid()); ok {
			t.Error("a key of the dropped first charter is still known")
		}
	})
}

func TestRotationTwice(t *testing.T) {
	a := newOrg(t)
	_, file := a.identity.Recoveries(false)
	first, err := file.Renew()
	if err != nil {
		t.Fatal(err)
	}
	one, err := crypto.Rotate(a.chain, first.Root, crypto.KeyID(first.Next.Public()), a.chain.Mark().Hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	one = extend(t, one, first.Root, 2, delegate(crypto.NewSigningKey()))
	_, file = first.Recoveries(false)
	second, err := file.Renew()
	if err != nil {
		t.Fatal(err)
	}
	two, err := crypto.Rotate(one, second.Root, crypto.KeyID(second.Next.Public()), one.Mark().Hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	if two.Head().Epoch != 2 || two.Org() != a.chain.Org() {
		t.Errorf("epoch %d", two.Head().Epoch)
	}
	if _, err := crypto.Rotate(one, second.Root, protocol.Hash{1}, a.chain.Mark().Hash, nil); err == nil {
		t.Error("a rotation kept a charter of an epoch before")
	}
	if got, change, err := a.chain.Merge(two.Wire()); err != nil || change != crypto.Rotated || !got.Equal(two) {
		t.Errorf("%v, %v", change, err)
	}
	if got, change, err := two.Merge(one.Wire()); err != nil || change != crypto.Older || got != two {
		t.Errorf("%v, %v", change, err)
	}
}

// FuzzChain plays who has a key that may sign: any payload, well signed by the root or by the next root, on a chain.
func FuzzChain(f *testing.F) {
	a := newFixed(f, "a")
	for _, c := range []*crypto.Chain{a.chain, a.rotated} {
		h := c.Head()
		payload, err := crypto.Marshal(&h)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload, c == a.rotated)
	}
	f.Fuzz(func(t *testing.T, payload []byte, next bool) {
		k := a.root
		if next {
			k = a.next
		}
		w := a.first.Wire()
		w.Charters = append(slices.Clone(w.Charters), rawToken(k, header(k, protocol.TypCharter), string(payload)))
		c, err := crypto.VerifyChain(w)
		if errors.Is(err, crypto.ErrInternal) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		old, h := a.first.Head(), c.Head()
		ordinary := !next && h.Epoch == 0 && h.N == 1 && h.Root.Equal(old.Root) && h.Next == old.Next
		rotation := next && h.Epoch == 1 && h.N == 0 && h.Root.Equal(a.next.Public()) && h.Keeps == a.first.Mark().Hash
		if h.Org != a.first.Org() || !ordinary && !rotation {
			t.Fatalf("accepted %s", payload)
		}
	})
}
