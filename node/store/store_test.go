package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

const orgA, orgB = protocol.OrgID("rw1a"), protocol.OrgID("rw1b")

// open gives a store that a test may use until it ends, and its organization A.
func open(t testing.TB, cfg store.Config) (*store.Store, *store.Org) {
	t.Helper()
	if cfg.Ballast == 0 {
		cfg.Ballast = -1
	}
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o, err := s.Org(orgA)
	if errors.Is(err, store.ErrNotFound) {
		o, err = s.CreateOrg(context.Background(), orgA)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

func update(t testing.TB, o interface {
	Update(context.Context, func(*store.Tx) error) error
}, fn func(*store.Tx) error) {
	t.Helper()
	if err := o.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, o interface {
	View(func(*store.Tx) error) error
}, fn func(*store.Tx) error) {
	t.Helper()
	if err := o.View(fn); err != nil {
		t.Fatal(err)
	}
}

func kept(t testing.TB, o *store.Org, k store.Key) string {
	t.Helper()
	var s string
	view(t, o, func(tx *store.Tx) error {
		r, err := tx.Get(k)
		if errors.Is(err, store.ErrNotFound) {
			s = "(none)"
			return nil
		}
		s = string(r.Kept)
		return err
	})
	return s
}

// both runs a test against the two engines. reopen closes and opens the same store again; in memory it only lets the
// writer finish, since nothing outlives it.
func both(t *testing.T, test func(t *testing.T, cfg store.Config)) {
	t.Run("memory", func(t *testing.T) { test(t, store.Config{}) })
	t.Run("badger", func(t *testing.T) { test(t, store.Config{Dir: t.TempDir()}) })
}

func TestRows(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		update(t, o, func(tx *store.Tx) error {
			return tx.Put(store.K("setting", "a"), store.Row{Kept: []byte("one")})
		})
		if got := kept(t, o, store.K("setting", "a")); got != "one" {
			t.Fatalf("after put: %q", got)
		}
		update(t, o, func(tx *store.Tx) error {
			if err := tx.Put(store.K("setting", "a"), store.Row{Kept: []byte("two")}); err != nil {
				return err
			}
			r, err := tx.Get(store.K("setting", "a"))
			if err != nil || string(r.Kept) != "two" {
				return fmt.Errorf("own write reads as %q, %v", r.Kept, err)
			}
			return tx.Delete(store.K("setting", "b"))
		})
		if got := kept(t, o, store.K("setting", "a")); got != "two" {
			t.Fatalf("after the second put: %q", got)
		}
		update(t, o, func(tx *store.Tx) error { return tx.Delete(store.K("setting", "a")) })
		if got := kept(t, o, store.K("setting", "a")); got != "(none)" {
			t.Fatalf("after delete: %q", got)
		}
		if err := o.View(func(tx *store.Tx) error { return tx.Put(store.K("x"), store.Row{}) }); !errors.Is(err, store.ErrReadOnly) {
			t.Fatalf("put in a view: %v", err)
		}
	})
}

func TestFailedClosureLeavesNothing(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		refused := errors.New("refused")
		for name, end := range map[string]func() error{
			"error": func() error { return refused },
			"panic": func() error { panic("a bug") },
		} {
			err := o.Update(context.Background(), func(tx *store.Tx) error {
				if _, err := tx.Append("events", store.Row{Kept: []byte("gone")}); err != nil {
					return err
				}
				if err := tx.Put(store.K("x"), store.Row{Kept: []byte("gone")}); err != nil {
					return err
				}
				return end()
			})
			if err == nil || name == "error" && !errors.Is(err, refused) {
				t.Errorf("%s: Update gave %v", name, err)
			}
			if strings.Contains(fmt.Sprint(err), "a bug") {
				t.Errorf("%s: the error shows the panic's text", name)
			}
		}
		if got := kept(t, o, store.K("x")); got != "(none)" {
			t.Errorf("a failed closure left %q", got)
		}
		update(t, o, func(tx *store.Tx) error {
			if n, err := tx.Append("events", store.Row{}); n != 1 || err != nil {
				return fmt.Errorf("the log has a gap: first number %d, %v", n, err)
			}
			return nil
		})
	})
}

func TestCasesAreErased(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		var c store.CaseID
		var blob store.BlobID
		blob, size, err := o.PutBlob(context.Background(), strings.NewReader(strings.Repeat("file ", 40000)))
		if err != nil || size != 200000 {
			t.Fatal(size, err)
		}
		update(t, o, func(tx *store.Tx) (err error) {
			if c, err = tx.NewCase(); err != nil {
				return err
			}
			if err := tx.NameBlob(blob, c); err != nil {
				return err
			}
			return tx.Put(store.K("message"), store.Row{Kept: []byte("manifest"), Case: c, Private: []byte("body")})
		})
		f, err := o.OpenBlob(blob)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil || len(b) != 200000 || string(b[199995:]) != "file " {
			t.Fatalf("blob reads %d bytes, %v", len(b), err)
		}
		view(t, o, func(tx *store.Tx) error {
			r, err := tx.Get(store.K("message"))
			if err == nil && (string(r.Kept) != "manifest" || string(r.Private) != "body" || r.Erased || r.Case != c) {
				err = fmt.Errorf("reads %+v", r)
			}
			return err
		})
		update(t, o, func(tx *store.Tx) error { return tx.Erase(c) })
		view(t, o, func(tx *store.Tx) error {
			r, err := tx.Get(store.K("message"))
			if err == nil && (string(r.Kept) != "manifest" || r.Private != nil || !r.Erased) {
				err = fmt.Errorf("after erasing reads %+v", r)
			}
			return err
		})
		if _, err := o.OpenBlob(blob); !errors.Is(err, store.ErrErased) {
			t.Errorf("blob of an erased case: %v", err)
		}
		err = o.Update(context.Background(), func(tx *store.Tx) error {
			return tx.Put(store.K("message"), store.Row{Case: c, Private: []byte("again")})
		})
		if !errors.Is(err, store.ErrErased) {
			t.Errorf("write under an erased case: %v", err)
		}
	})
}

func TestLanes(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		now := time.Now()
		key := store.LaneKey{Kind: "thread", Dest: "b", ID: "1"}
		const net, sink = "net:b", "sink:c"
		update(t, o, func(tx *store.Tx) error {
			return tx.PutLane(key, store.Row{Kept: []byte("v1")}, store.Due{At: now, Queue: net})
		})
		first := o.Claim(net, now.Add(time.Second), 10, time.Minute)
		if len(first) != 1 || string(first[0].Row.Kept) != "v1" || first[0].Key != key {
			t.Fatalf("claim: %+v", first)
		}
		if again := o.Claim(net, now.Add(2*time.Second), 10, time.Minute); len(again) != 0 {
			t.Fatal("claimed twice")
		}
		// The lease runs out: another claim makes the first one stale.
		second := o.Claim(net, now.Add(2*time.Minute), 10, time.Minute)
		if len(second) != 1 {
			t.Fatalf("claim after the lease: %+v", second)
		}
		stale := func(token store.Token, when string) {
			t.Helper()
			for name, fn := range map[string]func(*store.Tx) error{
				"settle": func(tx *store.Tx) error { return tx.Settle(token, store.Row{}, store.Due{}) },
				"check":  func(tx *store.Tx) error { return tx.Check(token) },
			} {
				if err := o.Update(context.Background(), fn); !errors.Is(err, store.ErrStale) {
					t.Fatalf("%s %s: %v", name, when, err)
				}
			}
		}
		stale(first[0].Token, "after the lane was claimed again")
		// A put by somebody else leaves the token good, and the settle can read what they put.
		update(t, o, func(tx *store.Tx) error {
			return tx.PutLane(key, store.Row{Kept: []byte("v2")}, store.Due{At: now, Queue: net})
		})
		update(t, o, func(tx *store.Tx) error {
			r, _, err := tx.Lane(key)
			if err != nil || string(r.Kept) != "v2" {
				return fmt.Errorf("the lane reads %q, %v", r.Kept, err)
			}
			if err := tx.Check(second[0].Token); err != nil {
				return err
			}
			return tx.Settle(second[0].Token, store.Row{Kept: []byte("v3")}, store.Due{At: now.Add(time.Hour), Queue: sink})
		})
		stale(second[0].Token, "a second time")
		if q := o.Queues(now.Add(3 * time.Minute)); len(q) != 0 {
			t.Fatalf("due before its time in %v", q)
		}
		if q := o.Queues(now.Add(2 * time.Hour)); len(q) != 1 || q[0] != sink {
			t.Fatalf("due in %v and not in the queue it was moved to", q)
		}
		o.Wake(sink)
		third := o.Claim(sink, now.Add(time.Minute), 10, time.Minute)
		if len(third) != 1 || string(third[0].Row.Kept) != "v3" {
			t.Fatalf("claim after wake: %+v", third)
		}
		o.Release(third[0].Token, store.Due{At: now.Add(3 * time.Hour)})
		if c := o.Claim(sink, now.Add(2*time.Hour), 10, time.Minute); len(c) != 0 {
			t.Fatal("due before the time it was released to")
		}
		fourth := o.Claim(sink, now.Add(4*time.Hour), 10, time.Minute)
		if len(fourth) != 1 {
			t.Fatal("not due after release")
		}
		update(t, o, func(tx *store.Tx) error {
			return tx.Settle(fourth[0].Token, store.Row{Kept: []byte("idle")}, store.Due{})
		})
		if q := o.Queues(now.Add(24 * time.Hour)); len(q) != 0 {
			t.Fatal("an idle lane is due")
		}
		view(t, o, func(tx *store.Tx) error {
			for it, err := range tx.ScanLanes("thread", "b", store.LaneKey{}) {
				if err != nil || it.Key != key || string(it.Row.Kept) != "idle" || it.Due != (store.Due{}) {
					return fmt.Errorf("idle lane reads %+v, %v", it, err)
				}
				return nil
			}
			return errors.New("the lane is not listed")
		})
	})
}
