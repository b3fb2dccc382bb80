package p2p_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
)

func TestPartnersAreKeptConnected(t *testing.T) {
	b := newNode(t).run(t)
	addresses := b.Addresses()
	a := newNode(t).run(t)
	partners(a, b)
	eventually(t, "a reaches b", func() bool { return a.Reachable(b.ID()) && contacts(a.heard, b.ID()) > 0 })
	eventually(t, "b, which has no address of a, says hello over a's connection", func() bool {
		return b.Reachable(a.ID()) && contacts(b.heard, a.ID()) > 0
	})
	before := contacts(a.heard, b.ID())
	b.stop()
	eventually(t, "a sees that b is gone", func() bool { return !a.Reachable(b.ID()) })
	again := newNode(t, listen(addresses...), func(c *p2p.Config) { c.Key = b.seed }).run(t)
	again.Admit(a.ID(), p2p.Partner, nil)
	eventually(t, "a reaches b again by itself", func() bool { return a.Reachable(b.ID()) && contacts(a.heard, b.ID()) > before })
	if _, err := again.Deliver(soon(t), a.ID(), []byte("sealed")); err != nil {
		t.Errorf("over the connection that the other side opened: %v", err)
	}
}

func TestANodeWithoutAddressIsReachedOverItsOwnConnection(t *testing.T) {
	hidden := newNode(t, listen()).run(t)
	public := newNode(t).run(t)
	partners(hidden, public)
	eventually(t, "contact", func() bool { return public.Reachable(hidden.ID()) })
	if _, err := public.Deliver(soon(t), hidden.ID(), []byte("sealed")); err != nil || taken(hidden.heard) != 1 {
		t.Errorf("deliver to a node that does not listen: %v", err)
	}
}

func TestTryNowSaysHelloAgain(t *testing.T) {
	a, b := newNode(t).run(t), newNode(t).run(t)
	partners(a, b)
	eventually(t, "contact", func() bool { return contacts(a.heard, b.ID()) > 0 })
	before := contacts(a.heard, b.ID())
	a.TryNow(b.ID())
	eventually(t, "contact again", func() bool { return contacts(a.heard, b.ID()) > before })
}

func TestRefusalsCrossAsCodesAlone(t *testing.T) {
	a, b := newNode(t).run(t), newNode(t).run(t)
	partners(a, b)
	in := pairHello()
	in.Card = -1
	_, err := a.PairHello(soon(t), b.ID(), in)
	if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Code != protocol.CodeRefused || e.Sentence != "" {
		t.Errorf("refusal: %v", err)
	}
	start := time.Now()
	out, err := a.PairHello(soon(t), b.ID(), pairHello())
	if err != nil || out.To != "rw1a" {
		t.Errorf("after a refusal: %v", err)
	}
	t.Logf("a question and its answer took %s", time.Since(start).Round(10*time.Microsecond))
}

func TestAHostRunsOnce(t *testing.T) {
	n := newNode(t).run(t)
	n.stop()
	if err := n.Run(soon(t)); err == nil {
		t.Error("it ran twice")
	}
	if n.Reachable(n.ID()) || len(n.Addresses()) > 0 {
		t.Error("a host that ended has addresses or reaches itself")
	}
}

func TestNewRefusesWhatCannotRun(t *testing.T) {
	if _, err := p2p.New(p2p.Config{Key: make([]byte, 3), Handler: &deaf{}}); err == nil {
		t.Error("a key of three bytes was taken")
	}
	if _, err := p2p.New(p2p.Config{Key: crypto.NewSigningKey().Seed()}); err == nil {
		t.Error("a host without a handler was made")
	}
	if _, err := p2p.New(p2p.Config{Key: crypto.NewSigningKey().Seed(), Handler: &deaf{}, Listen: []string{"nonsense"}}); err == nil {
		t.Error("nonsense was taken as an address")
	}
}

// Everybody who wants the same peer at once gets through, although one dial serves them all.
func TestManyCallersAtOnceConnectOnce(t *testing.T) {
	for range 10 {
		a, b := newNode(t).run(t), newNode(t).run(t)
		b.Admit(a.ID(), p2p.Partner, nil)
		a.Admit(b.ID(), p2p.Partner, b.Addresses()) // its keeper dials, too
		var work sync.WaitGroup
		for i := range 16 {
			work.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = a.Hello(soon(t), b.ID())
				} else {
					_, err = a.Deliver(soon(t), b.ID(), []byte("sealed"))
				}
				if err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			})
		}
		work.Wait()
		if got := len(p2p.Libp2p(a.Host).Network().ConnsToPeer(decode(t, b.ID()))); got != 1 {
			t.Errorf("%d connections", got)
		}
		a.stop()
		b.stop()
	}
}
