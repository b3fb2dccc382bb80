package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"referworks/node/store"
)

func TestKeySealing(t *testing.T) {
	credential := []byte("0123456789abcdef0123456789abcdef")
	sealings := map[string]store.KeySealing{
		"by a passphrase":       {Passphrase: []byte("correct horse")},
		"by a credential":       {Credential: credential},
		"by its file mode only": {},
	}
	for name, sealing := range sealings {
		t.Run(name, func(t *testing.T) {
			cfg := smallConfig(t.TempDir())
			cfg.Keys = sealing
			s, o := open(t, cfg)
			if h := s.Health(); h.KeySealing != name || h.KeysOpen != (name == "by its file mode only") {
				t.Errorf("Health says %q, open: %v", h.KeySealing, h.KeysOpen)
			}
			if err := o.Keys().Set("signing", []byte("secret of A"), time.Time{}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Keys().Get("signing"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the node reads the organization's secret: %v", err)
			}
			if info, err := os.Stat(filepath.Join(cfg.Dir, "keys")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the key file has mode %v, %v", info.Mode(), err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range []store.KeySealing{{Passphrase: []byte("wrong")}, {Credential: append([]byte("x"), credential...)}, {}} {
				if name == "by its file mode only" && wrong.Passphrase == nil && wrong.Credential == nil {
					continue
				}
				cfg.Keys = wrong
				if _, err := store.Open(context.Background(), cfg); !errors.Is(err, store.ErrWrongPassphrase) {
					t.Errorf("another sealing: %v", err)
				}
			}
			cfg.Keys = sealing
			_, o = open(t, cfg)
			if b, err := o.Keys().Get("signing"); err != nil || string(b) != "secret of A" {
				t.Errorf("after a restart the secret is %q, %v", b, err)
			}
		})
	}
	for _, bad := range []store.KeySealing{{Passphrase: []byte{}}, {Credential: []byte("short")}, {Passphrase: []byte("a"), Credential: credential}} {
		if s, err := store.Open(context.Background(), store.Config{Keys: bad}); err == nil {
			s.Close()
			t.Errorf("accepted: passphrase of %d, credential of %d bytes", len(bad.Passphrase), len(bad.Credential))
		}
	}
}

func TestKeysAreSealedAnew(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	s, o := open(t, cfg)
	if err := o.Keys().Set("signing", []byte("secret"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.SealKeys(store.KeySealing{Credential: []byte("short")}); err == nil {
		t.Error("sealed by a short credential")
	}
	sealed := store.KeySealing{Passphrase: []byte("correct horse")}
	if err := errors.Join(s.SealKeys(sealed), s.Close()); err != nil || s.Health().KeysOpen {
		t.Fatal(err)
	}
	if _, err := store.Open(context.Background(), cfg); !errors.Is(err, store.ErrWrongPassphrase) {
		t.Errorf("still opens without: %v", err)
	}
	cfg.Keys = sealed
	_, o = open(t, cfg)
	if b, err := o.Keys().Get("signing"); err != nil || string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestSecretsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), store.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithCancel(context.Background())
		go s.Run(ctx)
		k := s.Keys()
		if err := errors.Join(k.Set("encryption", []byte("x"), time.Now().Add(time.Hour)), k.Set("peer", []byte("y"), time.Time{})); err != nil {
			t.Fatal(err)
		}
		if l := k.List(); len(l) != 2 || l[0].Name != "encryption" || l[0].Expires.IsZero() || !l[1].Expires.IsZero() {
			t.Errorf("list gives %+v", l)
		}
		time.Sleep(time.Hour)
		if _, err := k.Get("encryption"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("past its end: %v", err)
		}
		if l := k.List(); len(l) != 1 || l[0].Name != "peer" {
			t.Errorf("list gives %+v", l)
		}
		if err := k.Delete("peer"); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Get("peer"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
		cancel()
		synctest.Wait()
	})
}

func TestLocked(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	s, _ := open(t, cfg)
	if _, err := store.Open(context.Background(), cfg); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, cfg)
}

func TestBallast(t *testing.T) {
	cfg := smallConfig(t.TempDir())
	free := uint64(100 << 30)
	cfg.FreeSpace = func(string) (uint64, uint64, error) { return free, 200 << 30, nil }
	cfg.Ballast = 2 << 20
	s, _ := open(t, cfg)
	path := filepath.Join(cfg.Dir, "ballast")
	if info, err := os.Stat(path); err != nil || info.Size() != 2<<20 || !s.Health().Ballast {
		t.Fatalf("no ballast: %v", err)
	}
	if err := errors.Join(s.FreeBallast(), s.FreeBallast(), s.Close()); err != nil || s.Health().Ballast {
		t.Fatal(err)
	}
	s, _ = open(t, cfg)
	if err := s.Close(); err != nil || !s.Health().Ballast {
		t.Fatalf("not made again: %v", err)
	}
	free = 1 << 20 // so full that Badger might not open
	s, _ = open(t, cfg)
	if s.Health().Ballast {
		t.Error("kept on a full disk")
	}
}
