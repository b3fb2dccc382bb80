package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"referworks/protocol"
)

// Allowed says where on this machine connections may exchange files; the node's operator decides. Nothing else is
// reachable: not by "..", not through a link.
type Allowed struct {
	// Own is the folder in which each organization has one of its own, named by its id.
	Own string
	// Roots are further folders. "{organization}" in one stands for the organization's id; without it, every
	// organization of the node may use it.
	Roots []string
}

// find gives the folder that a setting names: empty and relative ones are below the organization's own.
func (a Allowed) find(setting string, org protocol.OrgID) (*local, error) {
	if org == "" {
		return nil, errors.New("a folder belongs to an organization, and none is named")
	}
	setting = strings.TrimSpace(setting)
	roots := []string{filepath.Join(a.Own, string(org))}
	for _, r := range a.Roots {
		roots = append(roots, filepath.Clean(strings.ReplaceAll(r, "{organization}", string(org))))
	}
	if !filepath.IsAbs(setting) {
		if setting != "" && !filepath.IsLocal(setting) {
			return nil, errors.New("the folder must not lead out of your own folder: give its name, or its whole path")
		}
		return &local{base: roots[0], below: filepath.Join(".", setting), own: true}, nil
	}
	for i, root := range roots {
		if below, err := filepath.Rel(root, filepath.Clean(setting)); err == nil && filepath.IsLocal(below) {
			return &local{base: root, below: below, own: i == 0}, nil
		}
	}
	return nil, fmt.Errorf("this folder lies outside of what the node's operator allows. Leave the setting empty to use %s, or ask the operator to add a folder to roots under [folders] in the node's configuration", roots[0])
}

// local is a folder of this machine. Every name is looked up below base by os.Root, so that no link leads out of it,
// whoever makes one and when.
type local struct {
	base  string // what the operator allows
	below string
	own   bool // base may be made
}

// in opens the folder for one step and runs it: an open handle would go on to show a folder that was deleted and made
// anew.
func (l *local) in(step func(root *os.Root) error) error {
	if l.own {
		if err := os.MkdirAll(l.base, 0o750); err != nil {
			return err
		}
	}
	base, err := os.OpenRoot(l.base)
	if err != nil {
		return err
	}
	defer func() { _ = base.Close() }() // a handle of a folder, as the next
	if err := base.MkdirAll(l.below, 0o770); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	root, err := base.OpenRoot(l.below)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return step(root)
}

func (l *local) rest() {}

func (l *local) list(_ context.Context, dir string) (all []entry, err error) {
	return all, l.in(func(root *os.Root) error {
		f, err := root.Open(dir)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		found, err := f.ReadDir(mostEntries)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for _, d := range found {
			if info, err := d.Info(); err == nil { // else it vanished meanwhile
				all = append(all, entryOf(info))
			}
		}
		return nil
	})
}

func entryOf(info fs.FileInfo) entry {
	return entry{name: info.Name(), size: info.Size(), modified: info.ModTime(), regular: info.Mode().IsRegular(), dir: info.IsDir(), strange: !addressable(info.Name())}
}

func (l *local) stat(_ context.Context, name string) (e entry, err error) {
	return e, l.in(func(root *os.Root) error {
		info, err := root.Lstat(name)
		if err == nil {
			e = entryOf(info)
		}
		return err
	})
}

func (l *local) open(_ context.Context, name string) (in io.ReadCloser, err error) {
	return in, l.in(func(root *os.Root) error {
		was, err := root.Lstat(name)
		if err != nil {
			return err
		}
		f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe in its place must not block us
		if err != nil {
			return err
		}
		is, err := f.Stat()
		if err == nil && (!is.Mode().IsRegular() || !os.SameFile(was, is)) {
			err = errNoFile
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		in = f
		return nil
	})
}

// errNoFile is a link, a device or a pipe where a file was.
var errNoFile = errors.New("it is no plain file")

func (l *local) create(_ context.Context, name string) (out output, err error) {
	return out, l.in(func(root *os.Root) error {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err // a link in its place is removed and not followed
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o660)
		if err != nil {
			return err
		}
		out = &localFile{f}
		return nil
	})
}

type localFile struct{ *os.File }

func (f *localFile) commit() error {
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func (l *local) move(_ context.Context, from, to string) error {
	return l.in(func(root *os.Root) error {
		if err := root.Rename(from, to); err != nil {
			return err
		}
		if err := syncDir(root, filepath.Dir(to)); err != nil || filepath.Dir(from) == filepath.Dir(to) {
			return err
		}
		return syncDir(root, filepath.Dir(from))
	})
}

func syncDir(root *os.Root, dir string) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (l *local) remove(_ context.Context, name string) error {
	return l.in(func(root *os.Root) error { return root.Remove(name) })
}

func (l *local) mkdir(_ context.Context, dir string) error {
	return l.in(func(root *os.Root) error {
		if err := root.Mkdir(dir, 0o770); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}
