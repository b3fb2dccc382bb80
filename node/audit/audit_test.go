package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

func org(t *testing.T) *store.Org {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o, err := s.CreateOrg(context.Background(), "rw1a")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func record(t *testing.T, o *store.Org, e audit.Event) (seq uint64) {
	t.Helper()
	err := o.Update(context.Background(), func(tx *store.Tx) (err error) {
		seq, err = audit.Record(tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func TestProofs(t *testing.T) {
	o := org(t)
	type mark struct {
		size uint64
		root [32]byte
	}
	var heads []mark
	const n = 150 // over two pages of the tree
	for i := range n {
		if seq := record(t, o, audit.Event{At: int64(i), Kind: "sent", Subject: fmt.Sprint(i)}); seq != uint64(i)+1 {
			t.Fatalf("event %d has number %d", i, seq)
		}
		size, root, err := audit.Head(o)
		if err != nil || size != uint64(i)+1 {
			t.Fatal(size, err)
		}
		heads = append(heads, mark{size, root})
	}
	all, err := audit.List(o, 0, 1000)
	if err != nil || len(all) != n {
		t.Fatal(len(all), err)
	}
	last := heads[n-1]
	for _, e := range all {
		proof, err := audit.Prove(o, e.Seq, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Verify(e.Leaf, e.Seq, n, last.root, proof); err != nil {
			t.Fatal(err)
		}
		other := e.Leaf
		other[0] ^= 1
		if audit.Verify(other, e.Seq, n, last.root, proof) == nil {
			t.Fatalf("event %d: an altered leaf verifies", e.Seq)
		}
		if audit.Verify(e.Leaf, e.Seq%n+1, n, last.root, proof) == nil {
			t.Fatalf("event %d verifies under another number", e.Seq)
		}
	}
	for _, h := range heads[:n-1] {
		proof, err := audit.ProveGrowth(o, h.size, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.VerifyGrowth(h.size, h.root, n, last.root, proof); err != nil {
			t.Fatal(err)
		}
		h.root[0] ^= 1
		if audit.VerifyGrowth(h.size, h.root, n, last.root, proof) == nil {
			t.Fatalf("growth from another head of size %d verifies", h.size)
		}
	}
	if _, err := audit.Prove(o, n+1, n+1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("proof of an event to come: %v", err)
	}
}

func TestManyWritersOneTree(t *testing.T) {
	o := org(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 20 {
				err := o.Update(context.Background(), func(tx *store.Tx) error {
					if _, err := audit.Record(tx, audit.Event{Kind: "sent"}); err != nil {
						return err
					}
					if i%5 == 4 {
						return errors.New("refused") // leaves no event and no leaf
					}
					_, err := audit.Record(tx, audit.Event{Kind: "viewed"})
					return err
				})
				if (err != nil) != (i%5 == 4) {
					t.Errorf("round %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	size, root, err := audit.Head(o)
	if err != nil || size != 8*16*2 {
		t.Fatalf("size %d, %v", size, err)
	}
	all, err := audit.List(o, 0, 1000)
	if err != nil || len(all) != int(size) {
		t.Fatal(len(all), err)
	}
	for i, e := range all {
		proof, err := audit.Prove(o, e.Seq, size)
		if err != nil || e.Seq != uint64(i)+1 {
			t.Fatal(e.Seq, err)
		}
		if err := audit.Verify(e.Leaf, e.Seq, size, root, proof); err != nil {
			t.Fatal(err)
		}
	}
}

func TestErasingKeepsTheLeaf(t *testing.T) {
	o := org(t)
	var c store.CaseID
	err := o.Update(context.Background(), func(tx *store.Tx) (err error) {
		if c, err = tx.NewCase(); err != nil {
			return err
		}
		_, err = audit.Record(tx, audit.Event{At: 7, Kind: "received", Actor: "user-1", Subject: "thread-1", Case: c, Details: []byte("Fernanda Quist")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	record(t, o, audit.Event{Kind: "settings", Details: []byte("open")})
	before, err := audit.List(o, 0, 10)
	if err != nil || string(before[0].Details) != "Fernanda Quist" || string(before[1].Details) != "open" || before[0].Erased {
		t.Fatalf("%+v, %v", before, err)
	}
	if err := o.Update(context.Background(), func(tx *store.Tx) error { return tx.Erase(c) }); err != nil {
		t.Fatal(err)
	}
	after, err := audit.List(o, 0, 10)
	if err != nil || after[0].Details != nil || !after[0].Erased || after[0].Actor != "user-1" || after[0].At != 7 {
		t.Fatalf("%+v, %v", after[0], err)
	}
	if after[0].Leaf != before[0].Leaf {
		t.Fatal("erasing altered the leaf")
	}
	size, root, _ := audit.Head(o)
	proof, err := audit.Prove(o, 1, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.Verify(after[0].Leaf, 1, size, root, proof); err != nil {
		t.Fatal(err)
	}
}

func TestStream(t *testing.T) {
	o := org(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	const n = 30
	done := make(chan error, 1)
	go func() {
		seen := uint64(0)
		for seen < n {
			if err := audit.Wait(ctx, o, seen); err != nil {
				done <- err
				return
			}
			page, err := audit.List(o, seen, 4)
			if err != nil || len(page) == 0 {
				done <- fmt.Errorf("woken behind %d and found %d events, %v", seen, len(page), err)
				return
			}
			for _, e := range page {
				if e.Seq != seen+1 {
					done <- fmt.Errorf("event %d came after %d", e.Seq, seen)
					return
				}
				seen = e.Seq
			}
		}
		done <- nil
	}()
	for range n {
		record(t, o, audit.Event{Kind: "sent"})
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	back, err := audit.ListBack(o, 0, 3)
	if err != nil || len(back) != 3 || back[0].Seq != n || back[2].Seq != n-2 {
		t.Fatalf("%+v, %v", back, err)
	}
	stop, halt := context.WithCancel(context.Background())
	halt()
	if err := audit.Wait(stop, o, n); !errors.Is(err, context.Canceled) {
		t.Fatalf("wait behind the end: %v", err)
	}
}

func TestAfterRestart(t *testing.T) {
	cfg := store.Config{Dir: t.TempDir(), Ballast: -1}
	var sizes []uint64
	var roots []protocol.Hash
	for round := range 3 {
		s, err := store.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			_, err = s.CreateOrg(context.Background(), "rw1a")
		}
		o, oerr := s.Org("rw1a")
		if err = errors.Join(err, oerr); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			record(t, o, audit.Event{Kind: "sent"})
		}
		size, root, err := audit.Head(o)
		if err != nil || size != uint64(40*(round+1)) {
			t.Fatal(size, err)
		}
		sizes, roots = append(sizes, size), append(roots, root)
		for i := range sizes {
			proof, err := audit.ProveGrowth(o, sizes[i], size)
			if err == nil {
				err = audit.VerifyGrowth(sizes[i], roots[i], size, root, proof)
			}
			if err != nil {
				t.Fatalf("round %d, from %d: %v", round, sizes[i], err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
