package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const ballastSize = 64 << 20

// prepareBallast keeps a file that only takes up room. It is made while there is plenty, and given up by itself when
// a start finds the disk so full that Badger could not open.
func (d *disk) prepareBallast() error {
	size := d.s.cfg.Ballast
	if size == 0 {
		size = ballastSize
	}
	free, _, err := d.s.gate.ask(d.dir)
	if err != nil {
		return fmt.Errorf("ask for free space: %w", err)
	}
	switch {
	case size < 0:
		return nil
	case free < ballastSize && d.hasBallast():
		d.s.log.Warn("the disk is full; the ballast file was removed to start")
		return d.s.FreeBallast()
	case free < 4*gateLeast || d.hasBallast():
		return nil
	}
	f, err := os.OpenFile(d.path(ballastName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make ballast file: %w", err)
	}
	zeros := make([]byte, 1<<20)
	for written := int64(0); written < size && err == nil; written += int64(len(zeros)) {
		_, err = f.Write(zeros)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("make ballast file: %w", err)
	}
	return nil
}

func (d *disk) hasBallast() bool { return exists(d.path(ballastName)) }

// FreeBallast removes the ballast file, to make room on a full disk for what gets more. It is made again at the next
// start that finds plenty of room. Removing it twice is no error.
func (s *Store) FreeBallast() error {
	if s.disk == nil {
		return nil
	}
	err := os.Remove(s.disk.path(ballastName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove ballast file: %w", err)
	}
	return nil
}
