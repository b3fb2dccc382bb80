package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"referworks/node/store"
)

const person = "Fernanda Quistgaard-Okonjo, 14 Maple Row"

// referral puts a case with a message, a lane, an event and a file, all of one person.
func referral(t *testing.T, o *store.Org) (c store.CaseID, blob store.BlobID) {
	t.Helper()
	blob, _, err := o.PutBlob(context.Background(), strings.NewReader("file of "+person))
	if err != nil {
		t.Fatal(err)
	}
	update(t, o, func(tx *store.Tx) (err error) {
		if c, err = tx.NewCase(); err != nil {
			return err
		}
		row := store.Row{Kept: []byte("manifest of the row"), Case: c, Private: []byte(strings.Repeat(person, 100))}
		_, aerr := tx.Append("events", row)
		return errors.Join(aerr, tx.Put(store.K("message", c.String()), row), tx.NameBlob(blob, c),
			tx.PutLane(store.LaneKey{Kind: "thread", ID: c.String()}, row, store.Due{At: time.Now(), Queue: "net:b"}))
	})
	return c, blob
}

func holds(t *testing.T, dir, text string) (where []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) || strings.Contains(path, text) {
			where = append(where, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// TestCanaryAtRest searches every byte of the data folder, while the store is open and after it closed.
func TestCanaryAtRest(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	s, o := open(t, cfg)
	const secret = "a signing key of the node"
	if err := s.Keys().Set("signing", []byte(secret), time.Time{}); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		referral(t, o)
	}
	for _, state := range []string{"open", "closed"} {
		if state == "closed" {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range []string{person, "Quistgaard", "manifest of the row", secret} {
			if found := holds(t, cfg.Dir, text); found != nil {
				t.Errorf("%s: %q is readable in %v", state, text, found)
			}
		}
	}
	// Negative control: the search finds what is there.
	if err := os.WriteFile(filepath.Join(cfg.Dir, "blobs", "plain"), []byte("..."+person+"..."), 0o600); err != nil {
		t.Fatal(err)
	}
	if holds(t, cfg.Dir, "Quistgaard") == nil {
		t.Error("the search does not find a plain file")
	}
}

// TestErasedForGood keeps a copy of the store from before an erasure: with the key file of today nothing of the copy
// opens, with that of its own day everything does.
func TestErasedForGood(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	cfg.Keys.Passphrase = []byte("correct horse battery staple")
	s, o := open(t, cfg)
	gone, blob := referral(t, o)
	stays, _ := referral(t, o)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}

	s, o = open(t, cfg)
	update(t, o, func(tx *store.Tx) error { return tx.Erase(gone) })
	if _, ok := o.Erasures()[gone]; !ok {
		t.Error("the erasure is not noted for backups")
	}
	if err := o.Rewrap(context.Background()); err != nil {
		t.Fatal(err)
	}
	readable := func(o *store.Org, c store.CaseID) (got bool) {
		view(t, o, func(tx *store.Tx) error {
			r, err := tx.Get(store.K("message", c.String()))
			got = bytes.Contains(r.Private, []byte(person))
			if got == r.Erased {
				return fmt.Errorf("private %d bytes, erased %v", len(r.Private), r.Erased)
			}
			return err
		})
		return got
	}
	if readable(o, gone) || !readable(o, stays) {
		t.Fatal("erasing took the wrong case")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, o = open(t, cfg)
	if readable(o, gone) || !readable(o, stays) {
		t.Fatal("after a restart the wrong case is readable")
	}
	if _, err := s.SweepBlobs(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.OpenBlob(blob); !errors.Is(err, store.ErrErased) {
		t.Errorf("blob of the erased case: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// The copy with its own key file opens: it is whole.
	old := smallConfig(copied)
	old.Keys = cfg.Keys
	s, o = open(t, old)
	if !readable(o, gone) {
		t.Fatal("the copy is not what it should be")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// With today's key file it does not.
	today, err := os.ReadFile(filepath.Join(cfg.Dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, "keys"), today, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err = openForWork(old); !errors.Is(err, store.ErrIntegrity) || !strings.Contains(err.Error(), "version 1") {
		t.Fatalf("the copy of before the erasure opens with today's key file: %v", err)
	}
	if found := holds(t, copied, "Quistgaard"); found != nil {
		t.Errorf("readable in %v", found)
	}
}

// TestErasureOutlivesARestore puts an older store back under a key file that notes the erasure, before the keys were
// wrapped anew: the case is erased again at the start.
func TestErasureOutlivesARestore(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	s, o := open(t, cfg)
	gone, _ := referral(t, o)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	s, o = open(t, cfg)
	update(t, o, func(tx *store.Tx) error { return tx.Erase(gone) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(cfg.Dir, "keys"))
	if err == nil {
		err = os.WriteFile(filepath.Join(copied, "keys"), keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, o = open(t, smallConfig(copied))
	view(t, o, func(tx *store.Tx) error {
		if ok, err := tx.HasCase(gone); ok || err != nil {
			return fmt.Errorf("the older copy brought the case back: %v", err)
		}
		return nil
	})
}

// TestRunRewraps: erasing leaves nothing to do for a person; Run replaces the key within the day, and once.
func TestRunRewraps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), store.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o, err := s.CreateOrg(context.Background(), orgA)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var ended atomic.Bool
		go func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
			ended.Store(true)
		}()
		version := func() (n uint64) { return s.Health().Batch }
		c, _ := referral(t, o)
		update(t, o, func(tx *store.Tx) error { return tx.Erase(c) })
		before := version()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		after := version()
		if after == before {
			t.Error("a day after an erasure the keys are still wrapped as they were")
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if version() != after {
			t.Error("the keys are wrapped anew without a reason")
		}
		cancel()
		synctest.Wait()
		if !ended.Load() {
			t.Error("Run does not end with its context")
		}
	})
}
