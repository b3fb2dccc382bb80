package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// cleanStop is what Close leaves behind: how Badger's files looked, and which lanes have work, so that the next start
// need not read every row first. It is removed before anything is written again.
type cleanStop struct {
	Batch    uint64           `json:"batch"`
	Files    map[string]int64 `json:"files"` // name to size
	Manifest string           `json:"manifest"`
	Due      []dueLane        `json:"due"`
}

// leaveClean writes the record: SHA-256 in hexadecimal, a line end, JSON.
func (d *disk) leaveClean(due []dueLane) error {
	c := cleanStop{Batch: d.s.last.n, Due: due}
	var err error
	if c.Files, c.Manifest, err = d.lookAround(); err != nil {
		return fmt.Errorf("note clean stop: %w", err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("note clean stop: %w", err)
	}
	digest := sha256.Sum256(b)
	b = append([]byte(hex.EncodeToString(digest[:])+"\n"), b...)
	if err := d.sync.replace(d.path(cleanName), b); err != nil {
		return fmt.Errorf("note clean stop: %w", err)
	}
	return nil
}

// takeClean gives the record when there is one and Badger's files still look as it says; it removes it in any case.
func (d *disk) takeClean() (*cleanStop, error) {
	b, err := os.ReadFile(d.path(cleanName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of the clean stop: %w", err)
	}
	c := d.parseClean(b)
	if err := d.sync.remove(d.path(cleanName)); err != nil { // before Badger writes anything
		return nil, fmt.Errorf("remove the record of the clean stop: %w", err)
	}
	return c, nil
}

func (d *disk) parseClean(b []byte) *cleanStop {
	sum, text, _ := bytes.Cut(b, []byte("\n"))
	digest := sha256.Sum256(text)
	var c cleanStop
	if hex.EncodeToString(digest[:]) != string(sum) || json.Unmarshal(text, &c) != nil {
		return nil
	}
	files, manifest, err := d.lookAround()
	if err != nil || manifest != c.Manifest || len(files) != len(c.Files) {
		return nil
	}
	for name, size := range files {
		if was, ok := c.Files[name]; !ok || was != size {
			return nil
		}
	}
	return &c
}

// lookAround gives the sizes of Badger's files and the hash of MANIFEST.
func (d *disk) lookAround() (files map[string]int64, manifest string, err error) {
	entries, err := os.ReadDir(d.path(rowsName))
	if err != nil {
		return nil, "", err
	}
	files = make(map[string]int64)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, "", err
		}
		if e.Name() != "LOCK" {
			files[e.Name()] = info.Size()
		}
	}
	b, err := os.ReadFile(d.path(rowsName, "MANIFEST"))
	digest := sha256.Sum256(b)
	return files, hex.EncodeToString(digest[:]), err
}

const maxAside = 3 // the first unchecked starts are the ones worth keeping

// setAside copies MANIFEST and links the tables, since Badger deletes tables that a damaged MANIFEST does not name.
func (d *disk) setAside() error {
	if !exists(d.path(rowsName, "MANIFEST")) {
		return nil
	}
	if before, err := os.ReadDir(d.path(asideName)); err == nil && len(before) >= maxAside {
		return nil
	}
	into := d.path(asideName, strconv.FormatInt(time.Now().UnixNano(), 10))
	if err := linkAll(d.path(rowsName), into, ".sst"); err != nil {
		return err
	}
	b, err := os.ReadFile(d.path(rowsName, "MANIFEST"))
	if err != nil {
		return err
	}
	return os.WriteFile(into+string(os.PathSeparator)+"MANIFEST", b, 0o600)
}

// clearAside runs when a check has passed.
func (d *disk) clearAside() error { return os.RemoveAll(d.path(asideName)) }

// linkAll links the files of a folder with this ending into another, leaving those that are there.
func linkAll(from, into, suffix string) error {
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		err := os.Link(from+string(os.PathSeparator)+e.Name(), into+string(os.PathSeparator)+e.Name())
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// checkInBackground counts all rows of the start after a clean stop.
func (d *disk) checkInBackground(ctx context.Context) {
	if d.unchecked == nil || d.s.check.get().Done {
		return
	}
	defer d.dropUnchecked()
	want, err := d.s.rowOf(d.unchecked)
	var t tally
	if err == nil {
		t, err = d.s.checkAll(ctx, d.unchecked, want, false)
	}
	if err == nil && len(t.due) != d.found {
		err = fmt.Errorf("%w: %d lanes have work and the clean stop noted %d", ErrIntegrity, len(t.due), d.found)
		d.s.check.finish(t, 0, err)
	}
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, ErrIntegrity):
		d.s.die(d.advise(err))
	case err != nil:
		d.s.die(err)
	default:
		if err := d.clearAside(); err != nil {
			d.s.log.Warn("the tables set aside were not removed", "error", err.Error())
		}
	}
}

func (s *Store) rowOf(snap snapshot) (batchRow, error) {
	v, err := snap.get(batchKey)
	if err != nil {
		return batchRow{}, err
	}
	return decodeBatchRow(v)
}
