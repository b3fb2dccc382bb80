package node_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"referworks/crypto"
	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node"
	"referworks/node/api"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var ctx = context.Background()

func TestPairingBetweenNodes(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	p, _ := a.Book().Current(b.ID())
	if p.State() != "partner" || p.Contact().Phone != "+15550100" || p.Card() == nil || len(p.Card().Keys) != 1 {
		t.Errorf("the pair is %q, its card %+v", p.State(), p.Card())
	}
	testnet.Eventually(t, "the pair has its hello", func() bool { return a.Book().HelloSeen(b.ID()) && b.Book().HelloSeen(a.ID()) })
}

func TestPairingOnOneNode(t *testing.T) {
	net := testnet.New(t)
	n := net.Node("provider")
	a, b := n.Org("Harbor Legal Aid"), n.Org("Elm Street Food")
	net.Pair(a, b)
}

func TestRestartFindsEverything(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid", testnet.OnDisk(t)), net.Org("Elm Street Food")
	net.Pair(a, b)
	peer, charter := a.Peer(), a.Charter()
	a.Node.Restart()
	if a.Name() != "Harbor Legal Aid" || a.Peer() != peer || a.Charter() != charter || a.Card() == "" || a.Signer() == nil {
		t.Fatal("the organization did not come back as it was")
	}
	if !testnet.Granted(a, b) || !testnet.Granted(b, a) {
		t.Error("the grants did not come back")
	}
	testnet.Eventually(t, "the pair says hello again", func() bool { return a.Book().HelloSeen(b.ID()) })
}

func TestEncryptionKeysRotate(t *testing.T) {
	var ms atomic.Int64
	ms.Store(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixMilli())
	net := testnet.New(t)
	o := net.Org("Harbor Legal Aid", func(c *node.Config) { c.Now = func() time.Time { return time.UnixMilli(ms.Load()) } })
	first := cardOf(t, o)
	old := crypto.EncryptionKeyID(first.Keys[0])
	ms.Add(node.KeyLife.Milliseconds())
	must(t, o.Describe(ctx, "test", api.Description{Name: "Harbor Legal Aid"}))
	second := cardOf(t, o)
	if second.N <= first.N || crypto.EncryptionKeyID(second.Keys[0]) == old {
		t.Fatal("after 30 days the card names the same key")
	}
	if o.Decryption(old) == nil {
		t.Error("the old key is gone at once")
	}
	ms.Add(node.KeyGrace.Milliseconds() + 1)
	must(t, o.Describe(ctx, "test", api.Description{Name: "Harbor Legal Aid and Housing"}))
	if o.Decryption(old) != nil || o.Decryption(crypto.EncryptionKeyID(second.Keys[0])) == nil {
		t.Error("after seven more days the old key still opens, or the new one does not")
	}
}

func cardOf(t testing.TB, o *testnet.Org) *protocol.Card {
	t.Helper()
	c, err := crypto.VerifyCard(o.Card(), o.Chain())
	must(t, err)
	return c
}

// The root never comes to the node: only public parts and the charter that names it do.
func TestAnIdentityMadeOffline(t *testing.T) {
	net := testnet.New(t)
	n, other := net.Node("provider"), net.Node("another provider")
	id, err := crypto.NewIdentity(time.Now().UnixMilli())
	must(t, err)
	d, err := n.Delegate(ctx, id.Org())
	must(t, err)
	chain, err := crypto.FirstCharter(id.Inception, id.Root, []protocol.Delegate{d})
	must(t, err)
	adopt := func(n *testnet.Node) (*node.Organization, error) {
		return n.AdoptOrg(ctx, chain.Wire(), "Refuge House", protocol.CardContact{}, id.House.Recipient(), id.Door)
	}
	if _, err := adopt(other); err == nil {
		t.Error("a node that the charter does not name took the organization up")
	}
	o, err := adopt(n)
	must(t, err)
	if o.ID() != id.Org() || o.Door("rw1x") == "" || o.Card() == "" {
		t.Error("the organization is not whole")
	}
	if _, err := adopt(n); !errors.Is(err, store.ErrExists) {
		t.Errorf("taking it up twice gives %v", err)
	}
	root, _ := id.Recoveries(false)
	file, err := crypto.SealRecovery(root, "a b c d e f g h")
	must(t, err)
	must(t, n.SignCharter(ctx, id.Org(), file, "a b c d e f g h", nil))
	if o.Charter().N != 1 {
		t.Errorf("after signing, the charter is %+v", o.Charter())
	}
}

func TestCreateOrgGivesItsKitOnce(t *testing.T) {
	n := testnet.New(t).Node("own machine")
	o, kit, err := n.CreateOrg(ctx, "Harbor Legal Aid", protocol.CardContact{Email: "desk@harbor.example"})
	must(t, err)
	root, err := crypto.OpenRecovery(kit.RootFile, kit.RootPassphrase)
	must(t, err)
	next, err := crypto.OpenRecovery(kit.RecoveryFile, kit.RecoveryPassphrase)
	must(t, err)
	if root.Org != o.ID() || next.Org != o.ID() || root.MadeOnHost || kit.RootPassphrase == kit.RecoveryPassphrase {
		t.Error("the kit is not this organization's, or its two halves are not apart")
	}
	if _, err := crypto.OpenRecovery(kit.RootFile, kit.RecoveryPassphrase); err == nil {
		t.Error("one passphrase opens both files")
	}
	for _, s := range o.Store().Keys().List() {
		secret, err := o.Store().Keys().Get(s.Name)
		must(t, err)
		if bytes.Equal(secret, root.Key) || bytes.Equal(secret, next.Key) {
			t.Errorf("the node keeps a root, as %q", s.Name)
		}
	}
	_, second, err := n.CreateOrg(ctx, "Elm Street Food", protocol.CardContact{})
	must(t, err)
	if r, err := crypto.OpenRecovery(second.RootFile, second.RootPassphrase); err != nil || !r.MadeOnHost {
		t.Errorf("the kit of a hosted organization is not marked: %v", err)
	}
}

// BenchmarkReady is from the start of the process's work to the network, after a clean stop with twenty partners.
func BenchmarkReady(b *testing.B) {
	net := testnet.New(b)
	o := net.Org("Harbor Legal Aid", testnet.OnDisk(b))
	provider := net.Node("provider")
	for i := range 20 {
		net.Pair(o, provider.Org("Partner "+strconv.Itoa(i)))
	}
	o.Node.Stop()
	for b.Loop() {
		o.Node.Start()
		b.StopTimer()
		o.Node.Stop()
		b.StartTimer()
	}
}

func TestManyOrganizationsComeBack(t *testing.T) {
	const many = 70
	n := testnet.New(t).Node("provider", testnet.OnDisk(t))
	for i := range many {
		n.Org("Organization " + strconv.Itoa(i))
	}
	n.Restart()
	for i, o := range n.House("test").Organizations() {
		if o.Name() != "Organization "+strconv.Itoa(i) {
			t.Fatalf("organization %d is %q", i, o.Name())
		}
	}
	if got := n.House("test").Status().Organizations; got != many {
		t.Errorf("%d organizations came back, not %d", got, many)
	}
}

// The community topic carries the cards of those who asked for it, and the same pairs work without it.
func TestCommunityIsOptIn(t *testing.T) {
	net := testnet.New(t)
	community := func(c *node.Config) { c.Community = "harbor" }
	pa, pb := net.Node("a", community), net.Node("b", community)
	open, refuge, b := pa.Org("Harbor Legal Aid"), pa.Org("Refuge House"), pb.Org("Elm Street Food")
	must(t, open.Announce(ctx, "test", true))
	net.Pair(open, b)
	net.Pair(refuge, b)
	testnet.Eventually(t, "the open one is heard", func() bool {
		c, ok := pb.Known(open.ID())
		return ok && c.Name == "Harbor Legal Aid"
	})
	if _, ok := pb.Known(refuge.ID()); ok {
		t.Error("an organization that did not ask for it is announced")
	}
}

// The node is gone with its disk. Root file and house file are enough to go on, elsewhere, with the same partners.
func TestIdentitySurvivesALostNode(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid"), net.Org("Elm Street Food")
	net.Pair(a, b)
	kit := a.Kit()
	house, err := a.HouseFile()
	must(t, err)
	oldPeer, id := a.Peer(), a.ID()
	a.Node.Stop()
	elsewhere := net.Node("elsewhere")
	if _, err := elsewhere.Restore(ctx, kit.RootFile, kit.RootPassphrase, house[:len(house)-20]); err == nil {
		t.Error("a cut house file was taken")
	}
	o, err := elsewhere.Restore(ctx, kit.RootFile, kit.RootPassphrase, house)
	must(t, err)
	if o.ID() != id || o.Name() != "Harbor Legal Aid" || o.Contact().Phone != "+15550100" {
		t.Errorf("it is %s %q", o.ID().Short(), o.Name())
	}
	testnet.Eventually(t, "the partner knows the new node, and the new node the partner", func() bool {
		p, _ := b.Book().Current(id)
		q, ok := o.Book().Current(b.ID())
		return p.Chain().Mark() == o.Charter() && !p.Chain().HasPeer(oldPeer) && ok && q.StateIn() == "suspended by you" && q.StateOut() == "suspended by you"
	})
	moved := &testnet.Org{Organization: o, Identity: a.Identity, Node: elsewhere}
	if testnet.Granted(moved, b) {
		t.Error("the grant is in force before anybody here resumed it")
	}
	must(t, o.Book().Stand(ctx, "test", b.ID(), protocol.Active))
	testnet.Eventually(t, "the grants are in force again", func() bool { return testnet.Granted(moved, b) && testnet.Granted(b, moved) })
	_, err = b.Desk().Send(ctx, exchange.Outgoing{Referral: sample.Minimal(), To: []protocol.OrgID{id}, Actor: "test"})
	must(t, err)
	testnet.Eventually(t, "a referral arrives", func() bool { return threads(t, moved) == 1 })
}

func TestClocksThatDifferAreShown(t *testing.T) {
	net := testnet.New(t)
	a := net.Org("Harbor Legal Aid")
	b := net.Org("Elm Street Food", func(c *node.Config) { c.Now = func() time.Time { return time.Now().Add(-3 * time.Minute) } })
	c := net.Org("Northside Clinic")
	apart := func(o *testnet.Org) bool {
		return slices.ContainsFunc(o.Node.House("test").Status().Warnings, func(w string) bool { return strings.Contains(w, "clock") })
	}
	net.Pair(a, c)
	testnet.Eventually(t, "the pair has its hello", func() bool { return a.Book().HelloSeen(c.ID()) && c.Book().HelloSeen(a.ID()) })
	net.Pair(a, b)
	testnet.Eventually(t, "both see that their clocks differ", func() bool { return apart(a) && apart(b) })
	if apart(c) {
		t.Error("clocks that agree are shown")
	}
}

func TestAcceptAgainAfterAFailure(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid", testnet.OnDisk(t)), net.Org("Elm Street Food", testnet.OnDisk(t))
	text, _, err := a.Invite(ctx, "test")
	must(t, err)
	net.Cut(a.Node, b.Node)
	if _, err := b.AcceptInvitation(ctx, "test", text); err == nil {
		t.Fatal("a pairing went over a link that is cut")
	}
	net.Heal(a.Node, b.Node)
	a.Node.Restart() // the invitation outlives both
	b.Node.Restart()
	id, err := b.AcceptInvitation(ctx, "test", text)
	must(t, err)
	wa, err := a.Words(b.ID())
	must(t, err)
	wb, err := b.Words(id)
	must(t, err)
	if wa != wb {
		t.Errorf("the words differ: %v and %v", wa, wb)
	}
	again, err := b.AcceptInvitation(ctx, "test", text)
	if err != nil || again != id {
		t.Errorf("accepting once more gives %s, %v", again.Short(), err)
	}
	if _, err := net.Org("Northside Clinic").AcceptInvitation(ctx, "test", text); err == nil {
		t.Error("a used invitation was accepted by somebody else")
	}
	if p, _ := a.Book().Current(b.ID()); p.Alarm() == "" {
		t.Error("the second use raised no alarm")
	}
}
