package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// checkpoint says up to which batch Badger's own files were synced, and from which segment on the log must be there.
type checkpoint struct {
	seq  uint64
	row  batchRow
	tail uint64 // first batch of the segment open at the time; 0 when none was
}

const (
	checkpointMagic = "RWC1"
	checkpointSize  = 4 + 4 + 8 + 16 + batchRowSize + 8
)

// checkpointFile keeps the newest checkpoint in two slots of a page each, written in turn, so that a torn write leaves
// the other one.
type checkpointFile struct {
	path  string
	store [16]byte
	sync  *syncer
	last  checkpoint
}

// load reads the newest whole slot. found is false when there is no file.
func (c *checkpointFile) load() (found bool, err error) {
	f, err := os.Open(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 2*page))
	if err != nil {
		return false, err
	}
	for at := 0; at+checkpointSize <= len(b); at += page {
		if m, ok := decodeCheckpoint(c.store, b[at:]); ok && (!found || m.seq > c.last.seq) {
			c.last, found = m, true
		}
	}
	if !found {
		return false, fmt.Errorf("%w: the checkpoint file is damaged or belongs to another store", ErrIntegrity)
	}
	return true, nil
}

// write makes a checkpoint durable.
func (c *checkpointFile) write(row batchRow, tail uint64) error {
	next := checkpoint{c.last.seq + 1, row, tail}
	f, err := os.OpenFile(c.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	b := make([]byte, page)
	copy(b, next.encode(c.store))
	_, err = f.WriteAt(b, int64(next.seq%2)*page)
	if err == nil {
		err = c.sync.file(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	c.last = next
	return nil
}

func (m checkpoint) encode(store [16]byte) []byte {
	b := append(make([]byte, 0, checkpointSize), checkpointMagic...)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, m.seq)
	b = append(b, store[:]...)
	b = append(b, m.row.encode()...)
	b = binary.BigEndian.AppendUint64(b, m.tail)
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	return b
}

func decodeCheckpoint(store [16]byte, b []byte) (m checkpoint, ok bool) {
	if len(b) < checkpointSize || string(b[:4]) != checkpointMagic {
		return m, false
	}
	b = b[:checkpointSize]
	if crc32.Checksum(b[8:], castagnoli) != binary.BigEndian.Uint32(b[4:]) || [16]byte(b[16:32]) != store {
		return m, false
	}
	m.seq = binary.BigEndian.Uint64(b[8:])
	var err error
	m.row, err = decodeBatchRow(b[32 : 32+batchRowSize])
	m.tail = binary.BigEndian.Uint64(b[32+batchRowSize:])
	return m, err == nil
}
