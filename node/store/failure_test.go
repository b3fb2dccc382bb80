package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"referworks/node/store"
)

// TestDiskRefusesSync: when a commit's sync fails nobody is told that it is durable, and nothing more is accepted.
func TestDiskRefusesSync(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	var broken atomic.Bool
	cfg.FailSync(func(path string) error {
		if broken.Load() && strings.HasSuffix(path, ".log") {
			return syscall.EIO
		}
		return nil
	})
	s, o := open(t, cfg)
	if err := doStep(o, 0, 1); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	var wg sync.WaitGroup
	for w := range uint64(4) {
		wg.Go(func() {
			if err := doStep(o, w+1, 1); !errors.Is(err, store.ErrDead) || !errors.Is(err, syscall.EIO) {
				t.Errorf("worker %d: %v", w+1, err)
			}
		})
	}
	wg.Wait()
	<-s.Dead()
	broken.Store(false)
	if err := doStep(o, 5, 1); !errors.Is(err, store.ErrDead) {
		t.Errorf("after the disk came back: %v", err)
	}
	if err := s.Run(context.Background()); !errors.Is(err, store.ErrDead) {
		t.Errorf("Run of a dead store: %v", err)
	}
	if err := s.Close(); !errors.Is(err, store.ErrDead) {
		t.Errorf("Close of a dead store: %v", err)
	}
	copied := t.TempDir() // Badger keeps its lock until the process ends, which it must
	if err := os.CopyFS(copied, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	steps, err := look(t, copied)
	if err != nil || steps[0] != 1 || steps[5] != 0 {
		t.Errorf("after a restart: %v, %v", steps, err)
	}
}

// TestReclaim lets Badger write its value logs anew and finds all rows, also when the copies were not synced yet.
func TestReclaim(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	cfg.Tiny()
	s, o := open(t, cfg)
	vlogs := func() int { return len(files(t, filepath.Join(cfg.Dir, "rows"), ".vlog")) }
	big := make([]byte, 3000)
	for i := range 3000 {
		update(t, o, func(tx *store.Tx) error { return tx.Put(store.K("x").Number(uint64(i%50)), store.Row{Kept: big}) })
	}
	for step := uint64(1); step < 20; step++ {
		if err := doStep(o, 0, step); err != nil {
			t.Fatal(err)
		}
	}
	before := vlogs()
	for range 40 { // Badger must merge tables before it knows what is garbage
		for i := range 200 {
			update(t, o, func(tx *store.Tx) error { return tx.Put(store.K("y").Number(uint64(i)), store.Row{Kept: big}) })
		}
		if err := s.Reclaim(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s.Health().Check.Rows > 0 { // it wrote a file anew and counted all rows
			break
		}
		before = max(before, vlogs())
	}
	if h := s.Health(); h.Check.Err != nil || h.Check.Rows == 0 || vlogs() >= before {
		t.Fatalf("%d files before and %d after: %+v", before, vlogs(), h.Check)
	}
	if found := files(t, cfg.Dir, "/held/"); found != nil {
		t.Errorf("held files are left: %v", found)
	}
	if _, err := stepsOf(o, crashWorkers); err != nil {
		t.Error(err)
	}
	t.Logf("%d files before, %d after; last check %+v", before, vlogs(), s.Health().Check)
}

// TestCloseInterruptsCheck: a stop need not wait for the count of a large store, and leaves nothing running.
func TestCloseInterruptsCheck(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir, _ := worked(t, true)
	for range 5 {
		s, err := store.Open(context.Background(), smallConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(context.Background()) }()
		time.Sleep(time.Millisecond) // somewhere in the check
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "clean")); err != nil {
		t.Errorf("no clean stop: %v", err)
	}
}

// TestGivenUp: a closure whose caller gave up before it began does not run.
func TestGivenUp(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		gate, begun := make(chan struct{}), make(chan struct{})
		go o.Update(context.Background(), func(*store.Tx) error {
			close(begun)
			<-gate
			return nil
		})
		<-begun
		ctx, cancel := context.WithCancel(context.Background())
		given := make(chan error, 1)
		go func() {
			given <- o.Update(ctx, func(tx *store.Tx) error { return tx.Put(store.K("x"), store.Row{Kept: []byte("ran")}) })
		}()
		cancel()
		if err := <-given; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(gate)
		update(t, o, func(*store.Tx) error { return nil })
		if got := kept(t, o, store.K("x")); got != "(none)" {
			t.Errorf("it ran: %q", got)
		}
	})
}

// TestRewrapUnderLoad reads, writes and erases while the keys are wrapped anew: no reader meets a key it cannot open.
func TestRewrapUnderLoad(t *testing.T) {
	both(t, func(t *testing.T, cfg store.Config) {
		_, o := open(t, cfg)
		var stop atomic.Bool
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := 0; !stop.Load(); i++ {
					var c store.CaseID
					key := store.K("x", fmt.Sprint(w))
					err := o.Update(context.Background(), func(tx *store.Tx) (err error) {
						if c, err = tx.NewCase(); err != nil {
							return err
						}
						return tx.Put(key, store.Row{Case: c, Private: []byte("private")})
					})
					if err == nil {
						err = o.View(func(tx *store.Tx) error {
							r, err := tx.Get(key)
							if err == nil && string(r.Private) != "private" {
								err = errors.New("not readable")
							}
							return err
						})
					}
					if err == nil && i%3 == 0 {
						err = o.Update(context.Background(), func(tx *store.Tx) error { return tx.Erase(c) })
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 10 {
			if err := o.Rewrap(context.Background()); err != nil {
				t.Error(err)
			}
		}
		stop.Store(true)
		wg.Wait()
	})
}
