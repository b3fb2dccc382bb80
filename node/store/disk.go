package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// The data folder.
const (
	lockName       = "LOCK"
	keyFileName    = "keys"       // see keyfile.go
	checkpointName = "checkpoint" // see checkpoint.go
	cleanName      = "clean"      // see clean.go; there only between a clean stop and the next start
	ballastName    = "ballast"
	logName        = "log"   // see batchlog.go
	rowsName       = "rows"  // Badger's
	blobsName      = "blobs" // see blobfile.go
	asideName      = "aside" // Badger's MANIFEST and tables from before starts that no check has passed yet
	heldName       = "held"  // value log files from before a reclaim that no check has passed yet
)

// disk is what a store has beside its rows when it lies on a disk.
type disk struct {
	s      *Store
	dir    string
	sync   *syncer
	lock   *os.File
	engine *badgerEngine
	log    *batchLog

	mu    sync.Mutex // guards point and final: one checkpoint at a time
	point checkpointFile
	final map[string]bool // value log files that were synced after their last write

	unchecked snapshot // of the start, for the check in the background; dropUnchecked lets it go
	drop      sync.Once
	found     int // due lanes that the record of the clean stop named

	rotations chan rotation
	quit      chan struct{}
	kept      chan struct{} // the upkeep goroutine ended
}

// rotation tells that the log began a segment when the store was at row.
type rotation struct {
	row  batchRow
	tail uint64
}

func (d *disk) path(name ...string) string {
	return filepath.Join(append([]string{d.dir}, name...)...)
}

// lockDisk makes the folder when it is not there and takes it for this process.
func lockDisk(s *Store) (*disk, error) {
	d := &disk{
		s: s, dir: s.cfg.Dir, sync: &s.cfg.sync, final: make(map[string]bool),
		rotations: make(chan rotation, 8), quit: make(chan struct{}), kept: make(chan struct{}),
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	var err error
	if d.lock, err = os.OpenFile(d.path(lockName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := lockFile(d.lock); err != nil {
		return nil, errors.Join(fmt.Errorf("lock data folder: %w", err), d.lock.Close())
	}
	return d, nil
}

// open brings the rows to the last acknowledged batch and checks them.
func (d *disk) open(ctx context.Context) error {
	for _, name := range []string{logName, rowsName, blobsName} {
		if err := os.MkdirAll(d.path(name), 0o700); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
	}
	d.s.blobs = blobFolder{d.path(blobsName), d.sync}
	if err := d.prepareBallast(); err != nil {
		return err
	}
	if err := d.loadCheckpoint(); err != nil {
		return err
	}
	clean, err := d.takeClean()
	if err != nil {
		return err
	}
	if err := d.putBackHeld(); err != nil {
		return err
	}
	if err := d.setAside(); err != nil {
		return fmt.Errorf("set tables aside: %w", err)
	}
	if d.engine, err = openBadger(d.path(rowsName), d.s.cfg.sizes, d.s.log, d.s.die); err != nil {
		return d.advise(err)
	}
	d.s.engine = d.engine
	if err := d.catchUp(ctx, clean); err != nil {
		return d.advise(err)
	}
	d.log = &batchLog{
		dir: d.path(logName), store: d.point.store, sync: d.sync, size: d.s.cfg.sizes.segment, spare: make(chan string, maxSpares),
		rotated: func(first uint64) { d.rotations <- rotation{d.s.last, first} },
	}
	d.s.durable = d.log
	if err := d.adoptSpares(); err != nil {
		return err
	}
	return d.recycle(^uint64(0))
}

// advise adds to a finding of damage what to do about it.
func (d *disk) advise(err error) error {
	if !errors.Is(err, ErrIntegrity) {
		return err
	}
	return fmt.Errorf("%w. Nothing was sent or accepted. Keep a copy of the data folder, then restore the last backup; index files from before this start are in its folder %q", err, asideName)
}

// loadCheckpoint reads where Badger's files stand, and founds a new store.
func (d *disk) loadCheckpoint() error {
	d.point = checkpointFile{path: d.path(checkpointName), store: [16]byte(d.s.keys.content.Store), sync: d.sync}
	found, err := d.point.load()
	if err != nil {
		return d.advise(fmt.Errorf("%w, or the key file is missing or another store's", err))
	}
	if found {
		return nil
	}
	segments, err := findSegments(d.path(logName))
	if err != nil {
		return err
	}
	if _, err := os.Stat(d.path(rowsName, "MANIFEST")); err == nil || len(segments) > 0 {
		return d.advise(fmt.Errorf("%w: the checkpoint file is missing", ErrIntegrity))
	}
	// The key file first: it names the store.
	if _, err := d.s.keys.room("", true); err != nil {
		return err
	}
	if err := d.point.write(batchRow{}, 0); err != nil {
		return err
	}
	return d.sync.folder(d.dir) // its name, and those of the folders
}

// catchUp replays what the log holds beyond the checkpoint and checks the outcome.
func (d *disk) catchUp(ctx context.Context, clean *cleanStop) error {
	at, err := d.engineRow()
	if err != nil {
		return err
	}
	base := d.point.last.row
	row, err := d.replay(base, at)
	if err != nil {
		return err
	}
	switch {
	case at.n < base.n:
		return fmt.Errorf("%w: the rows are at batch %d and the checkpoint at %d", ErrIntegrity, at.n, base.n)
	case at.n > row.n:
		return fmt.Errorf("%w: the rows are at batch %d and the log ends with %d", ErrIntegrity, at.n, row.n)
	case at.n == base.n && at != base:
		return fmt.Errorf("%w: batch %d in the rows is not that of the checkpoint", ErrIntegrity, at.n)
	}
	d.s.last = row
	d.s.batchNumber.Store(row.n)
	if row.n != base.n {
		if err := d.checkpoint(row, 0); err != nil {
			return err
		}
	}
	if clean != nil && clean.Batch == row.n && row == base {
		d.s.due, d.found = clean.Due, len(clean.Due)
		d.unchecked = d.engine.snapshot()
		return nil
	}
	snap := d.engine.snapshot()
	defer snap.discard()
	t, err := d.s.checkAll(ctx, snap, row, true)
	if err != nil {
		return err
	}
	d.s.due = t.due
	return d.clearAside()
}

// replay applies the log's batches behind the checkpoint. Each names the hash of the one before it, and the one that
// the rows are at must be the log's.
func (d *disk) replay(row, at batchRow) (batchRow, error) {
	if tail := d.point.last.tail; tail != 0 {
		if _, err := os.Stat(segmentPath(d.path(logName), tail)); err != nil {
			return row, fmt.Errorf("%w: a file of the batch log is missing", ErrIntegrity)
		}
	}
	_, err := replay(d.path(logName), d.point.store, row.n+1, func(n uint64, ops []op) error {
		if len(ops) == 0 || ops[len(ops)-1].key != batchKey {
			return fmt.Errorf("%w: batch %d in the log has no batch row", ErrIntegrity, n)
		}
		next, err := decodeBatchRow(ops[len(ops)-1].value)
		if err != nil {
			return err
		}
		if next.n != n || next.prev != row.hash() || n == at.n && next != at {
			return fmt.Errorf("%w: batch %d in the log does not follow the one before it", ErrIntegrity, n)
		}
		row = next
		return d.engine.apply(ops)
	})
	return row, err
}

func (d *disk) engineRow() (batchRow, error) {
	snap := d.engine.snapshot()
	defer snap.discard()
	v, err := snap.get(batchKey)
	if err != nil || v == nil {
		return batchRow{}, err
	}
	return decodeBatchRow(v)
}

func (d *disk) dropUnchecked() {
	d.drop.Do(func() {
		if d.unchecked != nil {
			d.unchecked.discard()
		}
	})
}

// abandon gives up an open that failed.
func (d *disk) abandon() error {
	var err error
	d.dropUnchecked()
	if d.engine != nil {
		err = d.engine.close()
	}
	return errors.Join(err, d.lock.Close())
}

// close leaves the folder as a clean stop. A dead store is left as it is: the log says what counts.
func (d *disk) close() error {
	close(d.quit)
	<-d.kept
	defer d.lock.Close()
	d.dropUnchecked()
	if err := errors.Join(d.s.Err(), d.log.close()); err != nil {
		return err
	}
	due := d.s.dueLanes()
	if err := d.engine.close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	if d.engine.log.errors.Load() > 0 {
		return errors.New("close store: Badger reported an error")
	}
	if err := d.syncRows(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	if err := d.point.write(d.s.last, 0); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return d.leaveClean(due)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
