package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// What follows runs against both engines, with the tests of store_test.go: one conformance suite.

func TestScan(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		// Neighbors by their bytes: separators, zeros, prefixes of each other.
		names := []string{"", "a", "a\x00", "a\x00\x01", "a\x00\xff", "a\x01", "aa", "b", "\x00", "\x00\x01", "\xff", "\xff\xff"}
		update(t, o, func(tx *store.Tx) error {
			for i, n := range names {
				for j := range 3 {
					if i%2 == 0 {
						if err := tx.Put(store.K("s", n).Number(uint64(j)), store.Row{Kept: []byte(fmt.Sprintf("%q%d", n, j))}); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		slices.Sort(names)
		check := func(tx *store.Tx) error {
			for _, n := range names {
				var up, down []string
				for it, err := range tx.Scan(store.K("s", n), store.Key{}) {
					if err != nil {
						return err
					}
					up = append(up, string(it.Row.Kept))
				}
				for it, err := range tx.ScanBack(store.K("s", n), store.Key{}) {
					if err != nil {
						return err
					}
					down = append(down, string(it.Row.Kept))
				}
				want := []string{fmt.Sprintf("%q0", n), fmt.Sprintf("%q1", n), fmt.Sprintf("%q2", n)}
				if !slices.Equal(up, want) {
					return fmt.Errorf("scan of %q gives %q", n, up)
				}
				slices.Reverse(want)
				if !slices.Equal(down, want) {
					return fmt.Errorf("scan of %q backwards gives %q", n, down)
				}
				var after []string
				for it, err := range tx.Scan(store.K("s", n), store.K("s", n).Number(0)) {
					if err != nil {
						return err
					}
					after = append(after, string(it.Row.Kept))
					break
				}
				if !slices.Equal(after, []string{fmt.Sprintf("%q1", n)}) {
					return fmt.Errorf("scan of %q behind its first gives %q", n, after)
				}
			}
			var all []string
			for k, err := range tx.Keys(store.K("s"), store.Key{}) {
				if err != nil {
					return err
				}
				all = append(all, k.At(1))
			}
			if !slices.IsSorted(all) || len(all) != 3*len(names) {
				return fmt.Errorf("keys come as %q", all)
			}
			return nil
		}
		// The other half is in the overlay while the closure reads, and over the half on disk.
		update(t, o, func(tx *store.Tx) error {
			for _, n := range names {
				for j := range 3 {
					if ok, err := tx.Has(store.K("s", n).Number(uint64(j))); err != nil {
						return err
					} else if !ok {
						if err := tx.Put(store.K("s", n).Number(uint64(j)), store.Row{Kept: []byte(fmt.Sprintf("%q%d", n, j))}); err != nil {
							return err
						}
					}
				}
			}
			return check(tx)
		})
		view(t, o, check)
		update(t, o, func(tx *store.Tx) error {
			if err := tx.Delete(store.K("s", "a").Number(1)); err != nil {
				return err
			}
			n := 0
			for _, err := range tx.Scan(store.K("s", "a"), store.Key{}) {
				if err != nil {
					return err
				}
				n++
			}
			if n != 2 {
				return fmt.Errorf("a scan over a row deleted in the same closure gives %d rows", n)
			}
			return nil
		})
	})
}

func TestOrganizationsAreApart(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		s, a := open(t, cfg)
		b, err := s.CreateOrg(context.Background(), orgB)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateOrg(context.Background(), orgB); !errors.Is(err, store.ErrExists) {
			t.Errorf("created twice: %v", err)
		}
		if _, err := s.Org("rw1c"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an organization of nobody: %v", err)
		}
		update(t, a, func(tx *store.Tx) error {
			if _, err := tx.Append("events", store.Row{Kept: []byte("a")}); err != nil {
				return err
			}
			return tx.Put(store.K("x"), store.Row{Kept: []byte("a's")})
		})
		if got := kept(t, b, store.K("x")); got != "(none)" {
			t.Fatalf("B reads %q of A", got)
		}
		view(t, b, func(tx *store.Tx) error {
			for it, err := range tx.Scan(store.Key{}, store.Key{}) {
				return fmt.Errorf("B's scan gives %v, %v", it.Key, err)
			}
			if n, err := tx.LogEnd("events"); n != 0 || err != nil {
				return fmt.Errorf("B's log is at %d, %v", n, err)
			}
			return nil
		})
		view(t, s.Node(), func(tx *store.Tx) error {
			for it, err := range tx.Scan(store.Key{}, store.Key{}) {
				return fmt.Errorf("the node's scan gives %v, %v", it.Key, err)
			}
			return nil
		})
		// A token of A is nothing to B.
		update(t, a, func(tx *store.Tx) error {
			return tx.PutLane(store.LaneKey{Kind: "k"}, store.Row{}, store.Due{At: time.UnixMilli(1), Queue: "q"})
		})
		claims := a.Claim("q", time.Now(), 1, time.Minute)
		err = b.Update(context.Background(), func(tx *store.Tx) error { return tx.Settle(claims[0].Token, store.Row{}, store.Due{}) })
		if len(claims) != 1 || !errors.Is(err, store.ErrStale) {
			t.Errorf("B settled A's lane: %v", err)
		}
		if got := s.Orgs(); !slices.Equal(got, []protocol.OrgID{orgA, orgB}) {
			t.Errorf("organizations %v", got)
		}
	})
}

func TestSnapshots(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		put := func(v string) func(*store.Tx) error {
			return func(tx *store.Tx) error { return tx.Put(store.K("x"), store.Row{Kept: []byte(v)}) }
		}
		update(t, o, put("old"))
		view(t, o, func(tx *store.Tx) error {
			update(t, o, put("new"))
			r, err := tx.Get(store.K("x"))
			if err == nil && string(r.Kept) != "old" {
				err = fmt.Errorf("a view sees %q, written after it began", r.Kept)
			}
			return err
		})
		if got := kept(t, o, store.K("x")); got != "new" {
			t.Fatal(got)
		}
	})
}

func TestClosuresSeeEarlierOnes(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		const workers, rounds = 16, 25
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for i := range rounds {
					err := o.Update(context.Background(), func(tx *store.Tx) error {
						r, err := tx.Get(store.K("counter"))
						if err != nil && !errors.Is(err, store.ErrNotFound) {
							return err
						}
						r.Kept = append(slices.Clone(r.Kept), '+')
						if err := tx.Put(store.K("counter"), r); err != nil {
							return err
						}
						if i%5 == 0 {
							return errors.New("not this one")
						}
						_, err = tx.Append("log", store.Row{Kept: r.Kept})
						return err
					})
					if (err != nil) != (i%5 == 0) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		const want = workers * rounds * 4 / 5
		if got := kept(t, o, store.K("counter")); len(got) != want {
			t.Errorf("counted %d and not %d", len(got), want)
		}
		view(t, o, func(tx *store.Tx) error {
			n := 0
			for e, err := range tx.Log("log", 0) {
				if n++; err != nil || e.Seq != uint64(n) || len(e.Row.Kept) != n {
					return fmt.Errorf("entry %d is %d with %d counted, %v", n, e.Seq, len(e.Row.Kept), err)
				}
			}
			if n != want {
				return fmt.Errorf("%d entries and not %d", n, want)
			}
			for e, err := range tx.LogBack("log", 10) {
				if err != nil || e.Seq != 9 {
					return fmt.Errorf("in front of 10 comes %d, %v", e.Seq, err)
				}
				break
			}
			r, err := tx.LogRow("log", 3)
			if err != nil || len(r.Kept) != 3 {
				return fmt.Errorf("entry 3 reads %q, %v", r.Kept, err)
			}
			return nil
		})
	})
}

func TestLater(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		s, o := open(t, cfg)
		o.Later(func(tx *store.Tx) error {
			_, err := tx.Append("log", store.Row{Kept: []byte("later")})
			return err
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := o.WaitLog(ctx, "log", 0); err != nil { // with nothing else going on
			t.Fatal(err)
		}
		o.Later(func(*store.Tx) error { return errors.New("nobody hears of this") })
		update(t, o, func(tx *store.Tx) error { return nil })
		// It is counted after the batch that it rode on was answered.
		for s.Health().LaterFailed == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		if h := s.Health(); h.LaterFailed != 1 {
			t.Errorf("%d failed closures are counted", h.LaterFailed)
		}
	})
}

func TestTooLarge(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		big := func(n int) func(*store.Tx) error {
			return func(tx *store.Tx) error { return tx.Put(store.K("big"), store.Row{Kept: make([]byte, n)}) }
		}
		if err := o.Update(context.Background(), big(5<<20)); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("5 MiB: %v", err)
		}
		many := func(tx *store.Tx) error {
			for i := range 5000 {
				if err := tx.Put(store.K("many").Number(uint64(i)), store.Row{Kept: make([]byte, 900)}); err != nil {
					return err
				}
			}
			return nil
		}
		if err := o.Update(context.Background(), many); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("5000 small rows: %v", err)
		}
		// Closures that fit alone and not together go through in several batches.
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if err := o.Update(context.Background(), big(3<<20)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestWaiting(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		s, o := open(t, cfg)
		woken := make(chan error, 1)
		go func() { woken <- o.WaitDue(t.Context()) }()
		update(t, o, func(tx *store.Tx) error {
			return tx.PutLane(store.LaneKey{Kind: "k"}, store.Row{}, store.Due{At: time.Now(), Queue: "q"})
		})
		if err := <-woken; err != nil {
			t.Fatal(err)
		}
		if c := o.Claim("q", time.Now(), 1, time.Hour); len(c) != 1 {
			t.Fatal("woken for nothing")
		}
		go func() { woken <- o.WaitDue(t.Context()) }()
		go func() { woken <- o.WaitLog(t.Context(), "log", 0) }()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-woken; err != nil && !errors.Is(err, store.ErrClosed) {
				t.Errorf("waiting when the store closed: %v", err)
			}
		}
		if err := o.Update(context.Background(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("update of a closed store: %v", err)
		}
		if err := o.View(func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("view of a closed store: %v", err)
		}
	})
}

func TestGate(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		var free, now atomic.Int64
		free.Store(100 << 30)
		cfg.FreeSpace = func(string) (uint64, uint64, error) { return uint64(free.Load()), 20 << 30, nil }
		cfg.Now = func() time.Time { return time.Unix(now.Load(), 0) }
		s, o := open(t, cfg)
		nothing := func(*store.Tx) error { return nil }
		update(t, o, nothing)
		free.Store(1000 << 20) // below 5 % of 20 GiB
		now.Add(2)
		if err := o.Update(context.Background(), nothing); !errors.Is(err, store.ErrFull) {
			t.Errorf("on a full disk: %v", err)
		}
		if _, _, err := o.PutBlob(context.Background(), strings.NewReader("x")); !errors.Is(err, store.ErrFull) {
			t.Errorf("blob on a full disk: %v", err)
		}
		if err := o.UpdateAlways(context.Background(), nothing); err != nil {
			t.Errorf("a receipt on a full disk: %v", err)
		}
		if !s.Health().Full {
			t.Error("Health does not tell")
		}
		free.Store(2 << 30)
		now.Add(2)
		update(t, o, nothing)
	})
}

func TestSweep(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		var now atomic.Int64
		now.Store(1_800_000_000)
		cfg.Now = func() time.Time { return time.Unix(now.Load(), 0) }
		s, o := open(t, cfg)
		var c store.CaseID
		blobs := make([]store.BlobID, 4) // named, dropped, of an erased case, never named
		for i := range blobs {
			id, _, err := o.PutBlob(context.Background(), strings.NewReader(fmt.Sprint("blob ", i)))
			if err != nil {
				t.Fatal(err)
			}
			blobs[i] = id
		}
		var erased store.CaseID
		update(t, o, func(tx *store.Tx) (err error) {
			if c, err = tx.NewCase(); err != nil {
				return err
			}
			if erased, err = tx.NewCase(); err != nil {
				return err
			}
			return errors.Join(tx.NameBlob(blobs[0], c), tx.NameBlob(blobs[1], c), tx.NameBlob(blobs[2], erased))
		})
		if n, err := s.SweepBlobs(); n != 0 || err != nil {
			t.Fatalf("swept %d of which all are wanted, %v", n, err)
		}
		update(t, o, func(tx *store.Tx) error { return errors.Join(tx.DropBlob(blobs[1]), tx.Erase(erased)) })
		if n, err := s.SweepBlobs(); n != 2 || err != nil {
			t.Fatalf("swept %d and not the dropped and the erased, %v", n, err)
		}
		now.Add(25 * 3600)
		if n, err := s.SweepBlobs(); n != 1 || err != nil {
			t.Fatalf("swept %d and not the one without a name, %v", n, err)
		}
		f, err := o.OpenBlob(blobs[0])
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := o.OpenBlob(blobs[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped blob: %v", err)
		}
	})
}

func TestBatchEnd(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		fold := func(tx *store.Tx, items [][]byte) error {
			r, err := tx.Get(store.K("all"))
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			r.Kept = append(slices.Clone(r.Kept), slices.Concat(items...)...)
			return tx.Put(store.K("all"), r)
		}
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				o.Update(context.Background(), func(tx *store.Tx) error {
					if err := tx.AtBatchEnd("all", []byte{'x'}, fold); err != nil {
						return err
					}
					if i%3 == 0 {
						return errors.New("not this one")
					}
					return tx.Put(store.K("n").Number(uint64(i)), store.Row{})
				})
			})
		}
		wg.Wait()
		if got := kept(t, o, store.K("all")); len(got) != 40 {
			t.Errorf("%d items came to the end of their batches and not 40", len(got))
		}
	})
}
