package p2p_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"

	"referworks/node/p2p"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// numbered answers with the number in the envelope, later for lower ones, so that only the order of the stream can match.
func numbered(ctx context.Context, sealed []byte) protocol.Answer {
	n := binary.BigEndian.Uint64(sealed)
	select {
	case <-time.After(time.Duration(7-n%8) * time.Millisecond):
	case <-ctx.Done():
	}
	return protocol.Answer{V: protocol.Version, RetryAt: int64(n) + 1}
}

func TestDeliverMatchesAnswersToCallers(t *testing.T) {
	for name, address := range map[string]string{"TCP": overTCP, "QUIC": overQUIC, "itself": ""} {
		t.Run(name, func(t *testing.T) {
			b := newNode(t, func(c *p2p.Config) {
				if address != "" {
					c.Listen = []string{address}
				}
			}).run(t)
			b.heard.envelope = numbered
			a := b
			if address != "" {
				a = newNode(t).run(t)
				partners(a, b)
			}
			ctx := soon(t)
			var work sync.WaitGroup
			for i := range 400 {
				work.Go(func() {
					sealed := bytes.Repeat([]byte{7}, 8+i*17)
					binary.BigEndian.PutUint64(sealed, uint64(i))
					got, err := a.Deliver(ctx, b.ID(), sealed)
					if err != nil || got.RetryAt != int64(i)+1 {
						t.Errorf("envelope %d: answer %d, %v", i, got.RetryAt-1, err)
					}
				})
			}
			work.Wait()
			if got := taken(b.heard); got != 400 {
				t.Errorf("%d envelopes were handled", got)
			}
		})
	}
}

func TestOneDeliveryGivenUpEndsNoOther(t *testing.T) {
	b := newNode(t).run(t)
	hold := make(chan struct{})
	b.heard.envelope = func(_ context.Context, sealed []byte) protocol.Answer {
		if string(sealed) == "slow" {
			<-hold
		}
		return protocol.Answer{V: protocol.Version}
	}
	a := newNode(t).run(t)
	partners(a, b)
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, err := a.Deliver(ctx, b.ID(), []byte("slow"))
		gone <- err
	}()
	eventually(t, "the slow one is being handled", func() bool { return taken(b.heard) == 1 })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	quick := make(chan error, 1)
	go func() {
		_, err := a.Deliver(soon(t), b.ID(), []byte("quick"))
		quick <- err
	}()
	eventually(t, "the next one is handled on the same stream", func() bool { return taken(b.heard) == 2 })
	close(hold)
	if err := <-quick; err != nil {
		t.Errorf("another caller lost its answer: %v", err)
	}
}

func TestABrokenStreamEndsItsCallersAndIsOpenedAgain(t *testing.T) {
	h, id := raw(t, libp2p.ListenAddrStrings(overTCP))
	var streams atomic.Int64
	silent(h, func(s network.Stream) {
		first := streams.Add(1) == 1
		for i := 0; ; i++ {
			if _, _, err := wire.Read(s, protocol.MaxEnvelope); err != nil {
				_ = s.Reset()
				return
			}
			if first && i == 2 {
				_ = s.Reset()
				return
			}
			if !first {
				_ = wire.Write(s, protocol.FrameAnswer, []byte(`{"v":1}`))
			}
		}
	})
	a := newNode(t).run(t)
	a.Admit(id, p2p.Partner, []string{h.Addrs()[0].String()})
	var failed atomic.Int64
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			if _, err := a.Deliver(soon(t), id, []byte("sealed")); err != nil {
				failed.Add(1)
			}
		})
	}
	work.Wait()
	if failed.Load() != 3 {
		t.Errorf("%d of 3 callers of a broken stream got an error", failed.Load())
	}
	if _, err := a.Deliver(soon(t), id, []byte("sealed")); err != nil {
		t.Errorf("after the stream broke: %v", err)
	}
}

func TestAnswersThatWereNotAskedForEndTheStream(t *testing.T) {
	for name, answers := range map[string][]string{
		"two for one":        {`{"v":1}`, `{"v":1}`},
		"another version":    {`{"v":2}`},
		"no JSON":            {`{`},
		"receipt and a code": {`{"code":"refused","receipt":{},"v":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			h, id := raw(t, libp2p.ListenAddrStrings(overTCP))
			ended := make(chan error, 1)
			silent(h, func(s network.Stream) {
				_, _, _ = wire.Read(s, protocol.MaxEnvelope)
				for _, answer := range answers {
					_ = wire.Write(s, protocol.FrameAnswer, []byte(answer))
				}
				_, _, err := wire.Read(s, protocol.MaxEnvelope)
				ended <- err
				_ = s.Reset()
			})
			a := newNode(t).run(t)
			a.Admit(id, p2p.Partner, []string{h.Addrs()[0].String()})
			_, err := a.Deliver(soon(t), id, []byte("sealed"))
			if len(answers) == 1 && err == nil {
				t.Error("it counts as an answer")
			}
			if err := <-ended; err == nil {
				t.Error("the stream goes on")
			}
		})
	}
}

// A partner that floods a stream without reading answers is held to the window, and others go on.
func TestAPeerHasOnlySoManyEnvelopesInHand(t *testing.T) {
	n := newNode(t).run(t)
	hold := make(chan struct{})
	n.heard.envelope = func(_ context.Context, sealed []byte) protocol.Answer {
		if string(sealed) == "sealed" {
			<-hold
		}
		return protocol.Answer{V: protocol.Version}
	}
	t.Cleanup(sync.OnceFunc(func() { close(hold) }))
	h, id := raw(t)
	n.Admit(id, p2p.Partner, nil)
	s := greeted(t, h, n, protocol.ProtoDeliver)
	go func() {
		for range 4 * p2p.Window {
			if wire.Write(s, protocol.FrameEnvelope, []byte("sealed")) != nil {
				return
			}
		}
	}()
	eventually(t, "the window is full", func() bool { return taken(n.heard) == p2p.Window })
	other := newNode(t).run(t)
	partners(other, n)
	if _, err := other.Deliver(soon(t), n.ID(), []byte("other")); err != nil {
		t.Errorf("another partner waits for the one that floods: %v", err)
	}
	if got := taken(n.heard); got != p2p.Window+1 {
		t.Errorf("%d envelopes in hand, at most %d of one stream", got-1, p2p.Window)
	}
}

func TestAHostThatDoesNotRunSaysSo(t *testing.T) {
	n := newNode(t)
	peer := newNode(t).ID()
	n.Admit(peer, p2p.Partner, []string{"/ip4/127.0.0.1/tcp/9"})
	if _, err := n.Deliver(soon(t), peer, nil); err == nil {
		t.Error("delivered")
	}
	if _, err := n.Hello(soon(t), peer); err == nil {
		t.Error("said hello")
	}
	n.run(t)
	if _, err := n.Deliver(soon(t), newNode(t).ID(), nil); err == nil {
		t.Error("delivered to a peer outside our own gate")
	}
	if _, err := n.Deliver(soon(t), peer, make([]byte, protocol.MaxEnvelope+1)); err == nil {
		t.Error("delivered what is too large")
	}
}

func BenchmarkDeliver(b *testing.B) {
	for name, address := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		for _, size := range []int{4 << 10, 8 << 10} {
			b.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(b *testing.B) {
				to := newNode(b, listen(address)).run(b)
				from := newNode(b).run(b)
				partners(from, to)
				sealed := make([]byte, size)
				if _, err := from.Deliver(context.Background(), to.ID(), sealed); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(size))
				b.SetParallelism(64 / runtime.GOMAXPROCS(0))
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := from.Deliver(context.Background(), to.ID(), sealed); err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
			})
		}
	}
}

// BenchmarkStart is from New until it listens on TCP and QUIC, and the end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		n := newNode(b, listen(overTCP, overQUIC)).run(b)
		n.stop()
	}
}

// BenchmarkIdle is what a host and one that is connected to it keep while nothing happens.
func BenchmarkIdle(b *testing.B) {
	before := runtime.NumGoroutine()
	for b.Loop() {
		a, n := newNode(b, listen(overTCP, overQUIC)).run(b), newNode(b, listen(overTCP, overQUIC)).run(b)
		one := runtime.NumGoroutine() - before
		partners(a, n)
		eventually(b, "contact", func() bool { return n.Reachable(a.ID()) })
		b.ReportMetric(float64(one)/2, "goroutines/host")
		b.ReportMetric(rss(b), "MB-resident")
		a.stop()
		n.stop()
	}
}

// rss is the memory of this process, tests and all.
func rss(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc")
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kb float64
	if _, err := fmt.Sscan(after, &kb); err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
