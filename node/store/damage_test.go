package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"referworks/node/store"
)

// worked gives a folder in which each worker did some hundred steps, left by a clean stop or as a killed process
// leaves it, and the steps.
func worked(t *testing.T, clean bool) (string, []uint64) {
	t.Helper()
	dir := t.TempDir()
	s, o, err := openForWork(smallConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	const last = 500
	var wg sync.WaitGroup
	for w := range uint64(crashWorkers) {
		wg.Go(func() {
			for step := uint64(1); step <= last; step++ {
				if err := doStep(o, w, step); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if clean {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	} else {
		// The folder as it is now is what a killed process leaves: what was stored through a mapping is in the file.
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		s.Close()
		dir = copied
	}
	return dir, slices.Repeat([]uint64{last}, crashWorkers)
}

// files gives the files of a folder tree whose names contain part, sorted.
func files(t *testing.T, dir, part string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(strings.TrimPrefix(path, dir), part) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func alter(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, fn(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// flip turns one bit around, in the part of the file that holds something.
func flip(b []byte) []byte {
	n := len(bytes.TrimRight(b, "\x00"))
	if n > 0 {
		b[rand.IntN(n)] ^= 1 << rand.IntN(8)
	}
	return b
}

func cut(n int) func([]byte) []byte {
	return func(b []byte) []byte { return b[:max(0, len(b)-n)] }
}

// TestDamage alters, cuts and removes files. The store must then refuse, or hold everything: never lose in silence.
func TestDamage(t *testing.T) {
	newest := func(list []string) []string { return list[max(0, len(list)-1):] }
	oldest := func(list []string) []string { return list[:min(1, len(list))] }
	each := func(list []string) []string { return list }
	cases := []struct {
		name  string
		part  string
		which func([]string) []string
		do    func(*testing.T, string)
		must  string // "refuse" after a clean stop, or "" for either
	}{
		{"manifest cut by 5", "/MANIFEST", oldest, func(t *testing.T, p string) { alter(t, p, cut(5)) }, "refuse"},
		{"manifest removed", "/MANIFEST", oldest, remove, "refuse"},
		{"manifest flipped", "/MANIFEST", oldest, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"oldest table removed", ".sst", oldest, remove, "refuse"},
		{"newest table removed", ".sst", newest, remove, "refuse"},
		{"tables flipped", ".sst", each, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"newest memtable removed", ".mem", newest, remove, ""},
		{"memtables flipped", ".mem", each, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"memtables emptied", ".mem", each, func(t *testing.T, p string) { alter(t, p, func(b []byte) []byte { return make([]byte, len(b)) }) }, ""},
		{"oldest value log removed", ".vlog", oldest, remove, ""},
		{"newest value log cut", ".vlog", newest, func(t *testing.T, p string) { alter(t, p, func(b []byte) []byte { return b[:len(b)/2] }) }, ""},
		{"value logs flipped", ".vlog", each, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"newest segment removed", ".log", newest, remove, ""},
		{"segments flipped", ".log", each, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"newest segment cut", ".log", newest, func(t *testing.T, p string) { alter(t, p, cut(1<<19)) }, ""},
		{"checkpoint flipped", "/checkpoint", oldest, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"checkpoint removed", "/checkpoint", oldest, remove, "refuse"},
		{"record of the clean stop flipped", "/clean", oldest, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
		{"key file flipped", "/keys", oldest, func(t *testing.T, p string) { alter(t, p, flip) }, "refuse"},
		{"key file removed", "/keys", oldest, remove, "refuse"},
		{"registry emptied", "/KEYREGISTRY", oldest, func(t *testing.T, p string) { alter(t, p, func([]byte) []byte { return nil }) }, ""},
		{"discard statistics flipped", "/DISCARD", oldest, func(t *testing.T, p string) { alter(t, p, flip) }, ""},
	}
	for _, clean := range []bool{true, false} {
		source, want := worked(t, clean)
		for _, c := range cases {
			name := c.name + " after a kill"
			if clean {
				name = c.name + " after a clean stop"
			}
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
					t.Fatal(err)
				}
				hit := c.which(files(t, dir, c.part))
				if len(hit) == 0 {
					t.Skip("there is no such file")
				}
				for _, path := range hit {
					c.do(t, path)
				}
				got, err := look(t, dir)
				switch {
				case err != nil:
					t.Logf("refused: %v", err)
				case !slices.Equal(got, want):
					t.Fatalf("lost in silence: workers are at %v and must be at %v", got, want)
				case c.must == "refuse":
					t.Fatal("not noticed")
				}
			})
		}
		if got, err := look(t, source); err != nil || !slices.Equal(got, want) {
			t.Fatalf("without damage: %v, %v", got, err)
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestUnfinishedFile is the state of a crash between making Badger's next file and sizing it: Open tries again.
func TestUnfinishedFile(t *testing.T) {
	dir, want := worked(t, false)
	if err := os.WriteFile(filepath.Join(dir, "rows", "000099.vlog"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := look(t, dir); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
}

// TestOlderRows puts the rows of an earlier stop beside a later log: the pieces must not be taken for a whole.
func TestOlderRows(t *testing.T) {
	dir := t.TempDir()
	older := t.TempDir()
	for round := range uint64(3) {
		s, o, err := openForWork(smallConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := doStep(o, 0, round+1); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "rows")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "rows"), os.DirFS(filepath.Join(older, "rows"))); err != nil {
		t.Fatal(err)
	}
	_, _, err := openForWork(smallConfig(dir))
	if !errors.Is(err, store.ErrIntegrity) {
		t.Fatalf("older rows under a newer checkpoint: %v", err)
	}
	if !strings.Contains(err.Error(), "restore the last backup") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}

// TestHeldFiles is the state of a power cut in the middle of a reclaim: Badger removed a value log file and its copies
// did not reach the disk.
func TestHeldFiles(t *testing.T) {
	dir, want := worked(t, false)
	held := filepath.Join(dir, "held")
	oldest := files(t, filepath.Join(dir, "rows"), ".vlog")[0]
	if err := errors.Join(os.Mkdir(held, 0o700), os.Rename(oldest, filepath.Join(held, filepath.Base(oldest)))); err != nil {
		t.Fatal(err)
	}
	if got, err := look(t, dir); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
}
