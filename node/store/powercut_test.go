package store_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// shadow is what a disk holds of a data folder when the power goes: of each file what it held when a sync of it began,
// and of each folder the names at its last sync. Badger's tables and MANIFEST it syncs itself, so they are taken as
// they are; its memtables and value logs have what our checkpoints synced, or by chance pages of what came later.
type shadow struct {
	dir    string
	ignore func(path string) bool // negative control: a sync that is not there

	mu       sync.Mutex
	contents map[uint64]string            // by inode: a copy
	held     map[uint64]*os.File          // by inode: open, so that no other file gets the number while the copy is here
	names    map[string]map[string]uint64 // by folder
	copies   string
	n        int
	frozen   bool
	thawed   chan struct{}
}

func newShadow(t *testing.T, dir string, ignore func(string) bool) *shadow {
	s := &shadow{dir: dir, ignore: ignore, copies: t.TempDir(), thawed: make(chan struct{}), contents: map[uint64]string{}, held: map[uint64]*os.File{}, names: map[string]map[string]uint64{}}
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, f := range s.held {
			f.Close()
		}
	})
	return s
}

func inode(info os.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }

// before is called in front of each sync; what is there by then is the least that the sync makes durable.
func (s *shadow) before(path string) func() {
	if s.ignore != nil && s.ignore(path) {
		return nil
	}
	s.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen {
		return func() { s.wait() }
	}
	file, err := os.Open(path)
	if err != nil {
		return func() { s.wait() }
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return func() { s.wait() }
	}
	if ino := inode(info); !info.IsDir() && s.held[ino] == nil {
		s.held[ino] = file
	} else {
		defer file.Close()
	}
	if info.IsDir() {
		names := map[string]uint64{}
		entries, _ := os.ReadDir(path)
		for _, e := range entries {
			if i, err := e.Info(); err == nil && !e.IsDir() {
				names[e.Name()] = inode(i)
			}
		}
		return s.locked(func() { s.names[path] = names })
	}
	s.n++
	to := filepath.Join(s.copies, fmt.Sprint(s.n))
	if copySparse(path, to) != nil {
		return nil
	}
	return s.locked(func() {
		if old := s.contents[inode(info)]; old != "" {
			os.Remove(old)
		}
		s.contents[inode(info)] = to
	})
}

// wait holds a sync up while the power is being cut: what Badger is given after it must not be in the picture, since
// on a real machine nothing happens after the cut.
func (s *shadow) wait() {
	s.mu.Lock()
	frozen := s.frozen
	s.mu.Unlock()
	if frozen {
		<-s.thawed
	}
}

func (s *shadow) locked(fn func()) func() {
	return func() {
		s.mu.Lock()
		if !s.frozen {
			fn()
		}
		s.mu.Unlock()
		s.wait()
	}
}

// cut gives the folder as the disk holds it when the power goes now.
func (s *shadow) cut(t *testing.T) string {
	s.mu.Lock()
	s.frozen = true
	s.mu.Unlock()
	defer close(s.thawed)
	to := t.TempDir()
	rows := filepath.Join(s.dir, "rows")
	for folder, names := range s.names {
		into := filepath.Join(to, strings.TrimPrefix(folder, s.dir))
		if !strings.HasPrefix(folder, s.dir) || os.MkdirAll(into, 0o700) != nil {
			continue
		}
		for name, ino := range names {
			if from := s.contents[ino]; from != "" {
				if err := copySparse(from, filepath.Join(into, name)); err != nil {
					t.Fatal(err)
				}
			} else if folder != rows || rand.IntN(2) == 0 {
				// A name without content that was synced: the file is there and empty.
				if err := os.WriteFile(filepath.Join(into, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	s.badger(t, rows, filepath.Join(to, "rows"))
	return to
}

// badger adds what Badger syncs itself, and by chance what nobody synced.
func (s *shadow) badger(t *testing.T, rows, into string) {
	if err := os.MkdirAll(into, 0o700); err != nil {
		t.Fatal(err)
	}
	for try := 0; ; try++ {
		before, _ := os.ReadFile(filepath.Join(rows, "MANIFEST"))
		tables, _ := filepath.Glob(filepath.Join(rows, "*.sst"))
		for _, path := range tables {
			copySparse(path, filepath.Join(into, filepath.Base(path)))
		}
		after, _ := os.ReadFile(filepath.Join(rows, "MANIFEST"))
		if string(before) == string(after) {
			if err := os.WriteFile(filepath.Join(into, "MANIFEST"), after, 0o600); err != nil {
				t.Fatal(err)
			}
			break
		}
		if try > 100 {
			t.Fatal("MANIFEST does not rest")
		}
	}
	late, _ := filepath.Glob(filepath.Join(rows, "*"))
	for _, path := range late {
		if ext := filepath.Ext(path); ext != ".mem" && ext != ".vlog" || rand.IntN(2) == 0 {
			continue
		}
		if err := mixPages(path, filepath.Join(into, filepath.Base(path))); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// mixPages writes some pages of the newer file into the older one, which may not be there.
func mixPages(newer, older string) error {
	in, err := os.Open(newer)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(older, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if i, err := out.Stat(); err == nil && i.Size() < info.Size() {
		if err := out.Truncate(info.Size()); err != nil {
			return err
		}
	}
	return ranges(in, info.Size(), func(at, n int64) error {
		page := make([]byte, 4096)
		for ; n > 0; at, n = at+4096, n-4096 {
			if rand.IntN(3) > 0 {
				continue
			}
			k, err := in.ReadAt(page, at)
			if err != nil && err != io.EOF {
				return err
			}
			if _, err := out.WriteAt(page[:k], at); err != nil {
				return err
			}
		}
		return nil
	})
}

// ranges calls fn for the parts of a sparse file that hold data.
func ranges(f *os.File, size int64, fn func(at, n int64) error) error {
	const seekData, seekHole = 3, 4
	for at := int64(0); at < size; {
		from, err := f.Seek(at, seekData)
		if err != nil {
			return nil // no more data
		}
		to, err := f.Seek(from, seekHole)
		if err != nil {
			return err
		}
		if err := fn(from, to-from); err != nil {
			return err
		}
		at = to
	}
	return nil
}

func copySparse(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	err = out.Truncate(info.Size())
	if err == nil {
		err = ranges(in, info.Size(), func(at, n int64) error {
			_, err := io.Copy(io.NewOffsetWriter(out, at), io.NewSectionReader(in, at, n))
			return err
		})
	}
	return errors.Join(err, out.Close())
}

// powerCut works for a while, cuts the power, starts from what the disk held, and gives an error when something
// acknowledged is missing.
func powerCut(t *testing.T, ignore func(string) bool) error {
	dir := t.TempDir()
	sh := newShadow(t, dir, ignore)
	cfg := smallConfig(dir)
	cfg.BeforeSync(sh.before)
	s, o, err := openForWork(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var acked [crashWorkers]atomic.Uint64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range uint64(crashWorkers) {
		wg.Go(func() {
			for step := uint64(1); !stop.Load(); step++ {
				if err := doStep(o, w, step); err != nil {
					t.Error(err)
					return
				}
				acked[w].Store(step)
			}
		})
	}
	// The power may go at any time; counted in work done, so that a slow machine cuts as deep as a fast one.
	for end, after := time.Now().Add(time.Minute), uint64(crashWorkers*(20+rand.IntN(300))); done(&acked) < after && time.Now().Before(end); {
		time.Sleep(time.Duration(1+rand.IntN(5)) * time.Millisecond)
	}
	var before [crashWorkers]uint64
	for w := range before {
		before[w] = acked[w].Load()
	}
	left := sh.cut(t)
	stop.Store(true)
	wg.Wait()
	steps, err := look(t, left)
	if err != nil {
		return err
	}
	for w := range steps {
		if steps[w] < before[w] || steps[w] > acked[w].Load()+1 {
			return fmt.Errorf("worker %d: step %d was acknowledged and the disk holds %d", w, before[w], steps[w])
		}
	}
	t.Logf("acknowledged %v, on the disk %v", before, steps)
	return nil
}

func done(acked *[crashWorkers]atomic.Uint64) (steps uint64) {
	for w := range acked {
		steps += acked[w].Load()
	}
	return steps
}

// TestPowerCut loses all that was not synced: what was acknowledged is there.
func TestPowerCut(t *testing.T) {
	cuts := 20
	if os.Getenv("LONG") != "" {
		cuts = 200
	}
	for range cuts {
		if err := powerCut(t, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPowerCutFindsLoss is the negative control: without one of the syncs the test above must find loss.
func TestPowerCutFindsLoss(t *testing.T) {
	for name, ignore := range map[string]func(string) bool{
		"nothing synced":         func(string) bool { return true },
		"log not synced":         func(path string) bool { return strings.HasSuffix(path, ".log") },
		"checkpoints not synced": func(path string) bool { e := filepath.Ext(path); return e == ".mem" || e == ".vlog" },
	} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				if err := powerCut(t, ignore); err != nil {
					t.Logf("found: %v", err)
					return
				}
			}
			t.Fatal("no loss was found: the test of the power cut tests nothing")
		})
	}
}
