package store

import (
	"os"
	"path/filepath"
)

// syncer is the one place where files of the store are made durable. Only tests alter it: off is the negative control
// of the power-cut test, which must then find loss; before is called in front of each sync, and what it gives when the
// sync has succeeded.
type syncer struct {
	off    bool
	before func(path string) (done func())
	fail   func(path string) error // a sync that the disk refuses
}

func (s *syncer) run(path string, sync func() error) error {
	if s.off {
		return nil
	}
	if s.fail != nil {
		if err := s.fail(path); err != nil {
			return err
		}
	}
	if s.before == nil {
		return sync()
	}
	done := s.before(path)
	err := sync()
	if err == nil && done != nil {
		done()
	}
	return err
}

// file makes content and size durable.
func (s *syncer) file(f *os.File) error { return s.run(f.Name(), f.Sync) }

// gentle is how much of a file is on its way to the disk at a time while commits wait for the same disk.
const gentle = 256 << 10

// gently is file for large files in the background: written out in small parts first, so that the sync of a batch
// never waits behind megabytes.
func (s *syncer) gently(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	for at := int64(0); at < info.Size() && !s.off; at += gentle {
		if err := writeOut(f, at, gentle); err != nil {
			break // not every file system can; the sync counts
		}
	}
	return s.file(f)
}

// data makes content durable that lies inside the file's durable size.
func (s *syncer) data(f *os.File) error { return s.run(f.Name(), func() error { return syncData(f) }) }

// path makes a file durable that somebody else has open or mapped: on Linux, fsync writes what was stored through
// any mapping or descriptor of the file.
func (s *syncer) path(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.gently(f)
}

// folder makes the names in a folder durable.
func (s *syncer) folder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.file(f)
}

// replace writes a whole file: new file, fsync, rename, fsync of the folder. Mode 0600.
func (s *syncer) replace(path string, content []byte) error {
	tmp := path + temporary
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = s.file(f) // the content must be there before the name points to it
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err == nil {
		err = s.folder(filepath.Dir(path))
	}
	return err
}

// remove takes a file away for good.
func (s *syncer) remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return s.folder(filepath.Dir(path))
}
