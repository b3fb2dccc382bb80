package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// batchLog is the log of whole batches: a batch counts once its record is synced here, and Badger behind it is not
// synced until a checkpoint. Segments are files of 16 MiB, filled with zeros beforehand and used again, so that a sync
// writes data alone. A segment is named by its first batch; records begin on pages and hold {magic, CRC, length, batch
// number, changes}; the CRC covers the store's id too. See docs/decisions/0003-batch-log.md.
type batchLog struct {
	dir     string
	store   [16]byte
	sync    *syncer
	size    int64 // of a segment
	file    *os.File
	at      int64
	buf     []byte
	rotated func(first uint64) // the writer began a segment
	spare   chan string        // prepared files
}

const (
	recordMagic = "RWR1"
	page        = 4096
	recordHead  = 4 + 4 + 4 + 8
	maxRecord   = 3 * maxBatchSize // a segment is longer than any record
)

const (
	segmentSuffix = ".log"
	spareName     = "spare" // and a digit
	maxSpares     = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", first, segmentSuffix))
}

// append writes one batch and returns when it is durable.
func (l *batchLog) append(n uint64, ops []op) error {
	l.buf = encodeRecord(l.buf[:0], l.store, n, ops)
	if l.file == nil || l.at+int64(len(l.buf)) > l.size {
		if err := l.rotate(n); err != nil {
			return err
		}
	}
	if _, err := l.file.WriteAt(l.buf, l.at); err != nil {
		return err
	}
	l.at += int64(len(l.buf))
	return l.sync.data(l.file)
}

// rotate begins a segment whose first batch is n.
func (l *batchLog) rotate(n uint64) error {
	path := segmentPath(l.dir, n)
	select {
	case spare := <-l.spare:
		if err := os.Rename(spare, path); err != nil {
			return err
		}
	default: // filling one now costs less than syncing a file that grows
		if err := makeSegment(path, l.size, l.sync); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := l.sync.folder(l.dir); err != nil { // the name before the first batch in it
		return errors.Join(err, f.Close())
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	l.rotated(n)
	l.file, l.at = f, 0
	return nil
}

func (l *batchLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// makeSegment writes a file of zeros, durable with its size.
func makeSegment(path string, size int64, sync *syncer) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	zeros := make([]byte, gentle)
	for at := int64(0); at < size; at += gentle {
		if _, err := f.Write(zeros); err != nil {
			return errors.Join(err, f.Close())
		}
		if writeOut(f, at, gentle) != nil {
			continue // the sync counts
		}
	}
	return errors.Join(sync.file(f), f.Close())
}

// encodeRecord appends a batch's record, filled up to whole pages.
func encodeRecord(b []byte, store [16]byte, n uint64, ops []op) []byte {
	b = append(b, recordMagic...)
	b = append(b, make([]byte, 8)...)
	b = binary.BigEndian.AppendUint64(b, n)
	for _, o := range ops {
		b = binary.BigEndian.AppendUint32(b, uint32(len(o.key)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(o.value)))
		b = append(append(b, o.key...), o.value...)
	}
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-recordHead))
	binary.BigEndian.PutUint32(b[4:], recordCRC(store, b[8:]))
	if over := len(b) % page; over != 0 {
		b = append(b, make([]byte, page-over)...)
	}
	return b
}

func recordCRC(store [16]byte, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(store[:], castagnoli), castagnoli, b)
}

// decodeRecord reads the record at the beginning of b: its batch, changes and length in whole pages. ok is false for
// anything that is not a whole record of this store.
func decodeRecord(store [16]byte, b []byte) (n uint64, ops []op, length int, ok bool) {
	if len(b) < recordHead || string(b[:4]) != recordMagic {
		return 0, nil, 0, false
	}
	size := uint64(binary.BigEndian.Uint32(b[8:])) + recordHead
	if size > uint64(len(b)) || recordCRC(store, b[8:size]) != binary.BigEndian.Uint32(b[4:]) {
		return 0, nil, 0, false
	}
	n = binary.BigEndian.Uint64(b[12:])
	for body := b[recordHead:size]; len(body) > 0; {
		if len(body) < 8 {
			return 0, nil, 0, false
		}
		k, v := uint64(binary.BigEndian.Uint32(body)), uint64(binary.BigEndian.Uint32(body[4:]))
		if k+v > uint64(len(body)-8) {
			return 0, nil, 0, false
		}
		o := op{key: string(body[8 : 8+k])}
		if v > 0 {
			o.value = body[8+k : 8+k+v]
		}
		ops = append(ops, o)
		body = body[8+k+v:]
	}
	return n, ops, int(size+page-1) / page * page, true
}

// segment is a file of the log as found at the start.
type segment struct {
	path  string
	first uint64
}

// findSegments lists the segments in order of their first batch.
func findSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []segment
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok || len(name) != 16 {
			continue
		}
		if n, err := strconv.ParseUint(name, 16, 64); err == nil {
			all = append(all, segment{filepath.Join(dir, e.Name()), n})
		}
	}
	slices.SortFunc(all, func(a, b segment) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	return all, nil
}

// replay gives the batches from number from on to fn, in order, and the last one found (from-1 when there is none).
// A record that is cut off is the end, since nobody was told of it; but a whole record behind a broken one means that
// something acknowledged was damaged: ErrIntegrity.
func replay(dir string, store [16]byte, from uint64, fn func(n uint64, ops []op) error) (last uint64, err error) {
	segments, err := findSegments(dir)
	if err != nil {
		return 0, err
	}
	next := from
	for _, s := range segments {
		b, err := readSegment(s.path)
		if err != nil {
			return 0, err
		}
		at := 0
		for at < len(b) {
			n, ops, length, ok := decodeRecord(store, b[at:])
			if !ok || n < s.first { // the end, or what an earlier use of the file left
				break
			}
			if n > next {
				return 0, fmt.Errorf("%w: batch %d is missing from the log", ErrIntegrity, next)
			}
			if n == next {
				if err := fn(n, ops); err != nil {
					return 0, err
				}
				next++
			}
			at += length
		}
		for ; at < len(b); at += page {
			if n, _, _, ok := decodeRecord(store, b[at:]); ok && n >= next && n >= s.first {
				return 0, fmt.Errorf("%w: batch %d in the log is damaged", ErrIntegrity, next)
			}
		}
	}
	return next - 1, nil
}

func readSegment(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, defaultSizes.segment+maxRecord))
}
