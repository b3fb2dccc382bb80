package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// start begins the upkeep of the log: a checkpoint for each segment that is full, and a spare segment at hand.
func (d *disk) start() {
	go func() {
		defer close(d.kept)
		d.prepareSpare()
		for {
			select {
			case r := <-d.rotations:
				if err := d.checkpoint(r.row, r.tail); err != nil {
					d.s.die(err)
					d.drainRotations()
					return
				}
				d.prepareSpare()
			case <-d.quit:
				return
			}
		}
	}()
}

// drainRotations lets the writer go on to find the store dead.
func (d *disk) drainRotations() {
	for {
		select {
		case <-d.rotations:
		case <-d.quit:
			return
		}
	}
}

// checkpoint makes Badger's files durable up to row, notes it, and frees the log's segments before tail (0: none are
// freed here). Why this is enough although Badger does not sync: when it is called, every change up to row has been
// copied into the mapped files of Badger, either a memtable's or a value log's, or, when a memtable was written out
// since, into a table. Tables and MANIFEST Badger syncs itself before it removes the memtable's file. So each change
// is in a file that is listed and synced now, or was in one that vanished because a synced table replaced it.
func (d *disk) checkpoint(row batchRow, tail uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.syncRows(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := d.point.write(row, tail); err != nil {
		return err
	}
	if tail == 0 {
		return nil
	}
	return d.recycle(tail)
}

// syncRows syncs Badger's files. A value log file that is not the newest when it is synced gets no more writes, so it
// is synced once.
func (d *disk) syncRows() error {
	entries, err := os.ReadDir(d.path(rowsName))
	if err != nil {
		return err
	}
	newest := ""
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".vlog") && e.Name() > newest { // equally long names
			newest = e.Name()
		}
	}
	for _, e := range entries {
		name := e.Name()
		if d.final[name] || name == "LOCK" || strings.HasSuffix(name, ".sst") {
			continue
		}
		err := d.sync.path(d.path(rowsName, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".vlog") && name != newest {
			d.final[name] = true
		}
	}
	return d.sync.folder(d.path(rowsName))
}

// recycle keeps segments before tail as spares and removes what is too many.
func (d *disk) recycle(tail uint64) error {
	segments, err := findSegments(d.path(logName))
	if err != nil {
		return err
	}
	for _, s := range segments {
		if s.first >= tail {
			continue
		}
		spare := d.freeSpareName()
		if info, err := os.Stat(s.path); err == nil && info.Size() == d.log.size && spare != "" {
			if err := os.Rename(s.path, spare); err != nil {
				return err
			}
			d.log.spare <- spare
			continue
		}
		if err := os.Remove(s.path); err != nil {
			return err
		}
	}
	return nil
}

// adoptSpares takes over the spares of the last run.
func (d *disk) adoptSpares() error {
	found, err := filepath.Glob(d.path(logName, spareName+"*"))
	if err != nil {
		return err
	}
	for _, path := range found {
		info, err := os.Stat(path)
		if err == nil && info.Size() == d.log.size && len(d.log.spare) < maxSpares && !strings.HasSuffix(path, temporary) {
			d.log.spare <- path
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// freeSpareName gives a name for one more spare, "" when there are enough. Only this goroutine adds spares.
func (d *disk) freeSpareName() string {
	if len(d.log.spare) == maxSpares {
		return ""
	}
	for i := range maxSpares + 1 { // the writer may have one of the names in its hands
		if path := d.path(logName, fmt.Sprint(spareName, i)); !exists(path) {
			return path
		}
	}
	return ""
}

// prepareSpare makes a spare when recycling left none. Without one the writer makes its segment itself.
func (d *disk) prepareSpare() {
	if len(d.log.spare) > 0 {
		return
	}
	spare := d.freeSpareName()
	if spare == "" {
		return
	}
	if err := makeSegment(spare+temporary, d.log.size, d.sync); err != nil {
		d.s.log.Warn("no spare segment was made", "error", err.Error())
		return
	}
	if err := os.Rename(spare+temporary, spare); err == nil {
		d.log.spare <- spare
	}
}

// reclaim lets Badger write value log files anew that are half garbage. It removes the old file after copying without
// syncing, and takes a damaged entry for the end of a file; so the old files are held aside until the new ones are
// synced and all rows were counted again.
func (d *disk) reclaim(ctx context.Context) error {
	if d.s.check.get().Running {
		return nil
	}
	held := d.path(heldName)
	if err := linkAll(d.path(rowsName), held, ".vlog"); err != nil {
		return fmt.Errorf("reclaim space: %w", err)
	}
	rewritten := false
	for ctx.Err() == nil {
		err := d.engine.db.RunValueLogGC(0.5)
		if errors.Is(err, badger.ErrNoRewrite) {
			break
		}
		if err != nil {
			return fmt.Errorf("reclaim space: %w", err)
		}
		rewritten = true
	}
	if rewritten {
		d.mu.Lock()
		err := d.syncRows()
		d.mu.Unlock()
		if err != nil {
			d.s.die(err)
			return err
		}
		if err := d.recheck(ctx); err != nil {
			return err
		}
	}
	return os.RemoveAll(held)
}

// recheck counts all rows as they are now.
func (d *disk) recheck(ctx context.Context) error {
	snap := d.engine.snapshot()
	defer snap.discard()
	v, err := snap.get(batchKey)
	if err != nil {
		return err
	}
	want, err := decodeBatchRow(v)
	if err == nil {
		_, err = d.s.checkAll(ctx, snap, want, false)
	}
	if errors.Is(err, ErrIntegrity) {
		d.s.die(d.advise(err))
	}
	return err
}

// putBackHeld gives Badger the value log files back that a reclaim removed before its copies were synced.
func (d *disk) putBackHeld() error {
	if !exists(d.path(heldName)) {
		return nil
	}
	if err := linkAll(d.path(heldName), d.path(rowsName), ".vlog"); err != nil {
		return fmt.Errorf("put value log files back: %w", err)
	}
	if err := d.sync.folder(d.path(rowsName)); err != nil {
		return err
	}
	return os.RemoveAll(d.path(heldName))
}
