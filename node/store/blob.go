package store

import (
	"context"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A blob is a sealed file: magic 4, then chunks of 64 KiB, each with its tag, under a key of its own; the nonce is
// the chunk's number and whether it is the last, so chunks can be neither moved, cut off nor added. The key is
// private to a case in the row that names the blob, and goes with it.
const (
	blobMagic = "RWB1"
	chunkSize = 64 << 10
	// unnamedKept is how long a blob may wait for its name before the sweep takes it.
	unnamedKept = 24 * time.Hour
)

// blobFiles keeps sealed files, on disk or in memory.
type blobFiles interface {
	// create gives a writer; commit makes the file durable under its name.
	create(id BlobID) (w io.WriteCloser, commit func() error, err error)
	open(id BlobID) (io.ReadCloser, error)
	remove(id BlobID) error
	list() ([]BlobID, error)
}

// blobsInHand are blobs that were put and have no name yet; their keys are only here. The mutex guards the map.
type blobsInHand struct {
	mu   sync.Mutex
	keys map[BlobID]blobInHand
}

type blobInHand struct {
	key  *symmetricKey
	size int64 // of the content; -1 while it is being written
	at   time.Time
}

// PutBlob seals what r gives into a file and returns when that is durable. The blob must be named in a transaction
// (Tx.NameBlob) within 24 hours and before the process ends, or it is swept. The reader is read to its end: limit it.
func (o *Org) PutBlob(ctx context.Context, r io.Reader) (BlobID, int64, error) {
	if err := o.store.gate.check(); err != nil {
		return BlobID{}, 0, err
	}
	id, key := BlobID(randomID()), (*symmetricKey)(newKey())
	o.blobs.put(id, blobInHand{key, -1, o.store.now()}) // before the file, so that the sweep leaves it alone
	size, err := o.writeBlob(ctx, id, key, r)
	if err != nil {
		o.blobs.remove(id)
		return BlobID{}, 0, fmt.Errorf("put blob: %w", err)
	}
	o.blobs.put(id, blobInHand{key, size, o.store.now()})
	return id, size, nil
}

func (o *Org) writeBlob(ctx context.Context, id BlobID, key *symmetricKey, r io.Reader) (size int64, err error) {
	w, commit, err := o.store.blobs.create(id)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	if _, err := io.WriteString(w, blobMagic); err != nil {
		return 0, err
	}
	a := key.aead()
	plain, ahead := make([]byte, chunkSize), make([]byte, chunkSize)
	n, err := io.ReadFull(r, plain)
	for number := uint64(0); ; number++ {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		next := 0
		if err == nil { // a full chunk: it is the last only when nothing follows
			next, err = io.ReadFull(r, ahead)
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return 0, err
			}
		}
		last := next == 0
		if _, werr := w.Write(a.Seal(nil, chunkNonce(number, last), plain[:n], id[:])); werr != nil {
			return 0, werr
		}
		size += int64(n)
		if last {
			return size, commit()
		}
		plain, ahead, n = ahead, plain, next
	}
}

func chunkNonce(number uint64, last bool) []byte {
	nonce := make([]byte, 24)
	binary.BigEndian.PutUint64(nonce[15:], number)
	if last {
		nonce[23] = 1
	}
	return nonce
}

// NameBlob keeps a blob that PutBlob gave, under a case: when the case is erased the blob cannot be read any more and
// its file is swept.
func (tx *Tx) NameBlob(id BlobID, c CaseID) error {
	if c.IsZero() {
		return errors.New("name blob: it needs a case")
	}
	b, ok := tx.room.blobs.find(id)
	if !ok {
		return fmt.Errorf("name blob: %w", ErrNotFound)
	}
	row := Row{Case: c, Private: binary.BigEndian.AppendUint64(append([]byte(nil), b.key[:]...), uint64(b.size))}
	return tx.write(blobPath(tx.room.number, id), row, dueRow{})
}

// MoveBlob puts a named blob under another case: what was uploaded for a document goes with that document from then on.
// ErrNotFound, ErrErased.
func (tx *Tx) MoveBlob(id BlobID, to CaseID) error {
	path := blobPath(tx.room.number, id)
	row, _, err := tx.read(path)
	if err == nil && row.Erased {
		err = ErrErased
	}
	if err != nil {
		return fmt.Errorf("move blob: %w", err)
	}
	row.Case = to
	return tx.write(path, row, dueRow{})
}

// DropBlob takes a blob's name away; its file is swept.
func (tx *Tx) DropBlob(id BlobID) error { return tx.remove(blobPath(tx.room.number, id)) }

// OpenBlob reads a named blob. ErrNotFound, ErrErased; a damaged file gives ErrIntegrity while reading, never other
// bytes than were put.
func (o *Org) OpenBlob(id BlobID) (io.ReadCloser, error) {
	var row Row
	err := o.View(func(tx *Tx) (err error) {
		row, _, err = tx.read(blobPath(o.number, id))
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("open blob: %w", err)
	case row.Erased:
		return nil, fmt.Errorf("open blob: %w", ErrErased)
	case len(row.Private) != 40:
		return nil, fmt.Errorf("open blob: %w", ErrIntegrity)
	}
	f, err := o.store.blobs.open(id)
	if err != nil {
		return nil, fmt.Errorf("open blob: its file is missing: %w: %w", ErrIntegrity, err)
	}
	magic := make([]byte, len(blobMagic))
	if _, err := io.ReadFull(f, magic); err != nil || string(magic) != blobMagic {
		f.Close()
		return nil, fmt.Errorf("open blob: %w", ErrIntegrity)
	}
	key := symmetricKey(row.Private[:32])
	return &blobReader{file: f, aead: key.aead(), id: id, sealed: make([]byte, chunkSize+tagSize)}, nil
}

func blobPath(room uint32, id BlobID) string { return physical(room, areaBlobs, K(id.String()).path) }

type blobReader struct {
	file   io.ReadCloser
	aead   cipher.AEAD
	id     BlobID
	number uint64
	sealed []byte
	plain  []byte // opened and not yet read
	ended  bool
}

func (b *blobReader) Close() error { return b.file.Close() }

func (b *blobReader) Read(p []byte) (int, error) {
	for len(b.plain) == 0 {
		if b.ended {
			return 0, io.EOF
		}
		if err := b.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.plain)
	b.plain = b.plain[n:]
	return n, nil
}

func (b *blobReader) chunk() error {
	n, err := io.ReadFull(b.file, b.sealed)
	if err != nil && err != io.ErrUnexpectedEOF {
		if err == io.EOF { // cut off at a chunk's end
			err = ErrIntegrity
		}
		return fmt.Errorf("read blob: %w", err)
	}
	for _, last := range []bool{false, true} {
		plain, err := b.aead.Open(nil, chunkNonce(b.number, last), b.sealed[:n], b.id[:])
		if err != nil {
			continue
		}
		if last {
			if extra, _ := b.file.Read(make([]byte, 1)); extra != 0 {
				break
			}
		}
		b.plain, b.ended = plain, last
		b.number++
		return nil
	}
	return fmt.Errorf("read blob: %w", ErrIntegrity)
}

func (h *blobsInHand) put(id BlobID, b blobInHand) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys == nil {
		h.keys = make(map[BlobID]blobInHand)
	}
	h.keys[id] = b
}

func (h *blobsInHand) remove(id BlobID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.keys, id)
}

func (h *blobsInHand) find(id BlobID) (blobInHand, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, ok := h.keys[id]
	return b, ok && b.size >= 0
}

// SweepBlobs removes the files of blobs without a name, or of erased cases, and gives how many. Run calls it hourly.
func (s *Store) SweepBlobs() (int, error) {
	files, err := s.blobs.list() // first: what is made after this is not looked at
	if err != nil || len(files) == 0 {
		return 0, err
	}
	keep := make(map[BlobID]bool)
	for _, id := range s.Orgs() {
		o, err := s.Org(id)
		if err == nil {
			err = o.View(func(tx *Tx) error { return tx.namedBlobs(keep) })
		}
		if err != nil {
			return 0, fmt.Errorf("sweep blobs: %w", err)
		}
		o.blobs.settle(keep, s.now().Add(-unnamedKept))
	}
	removed := 0
	for _, id := range files {
		if keep[id] {
			continue
		}
		if err := s.blobs.remove(id); err != nil {
			return removed, fmt.Errorf("sweep blobs: %w", err)
		}
		removed++
	}
	return removed, nil
}

// namedBlobs adds the blobs that have a name and a living case.
func (tx *Tx) namedBlobs(keep map[BlobID]bool) error {
	lo, hi := tx.bounds(areaBlobs, Key{})
	for it, err := range tx.items(lo, hi, false) {
		if err != nil {
			return err
		}
		id, err := ParseBlobID(it.Key.At(0))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrIntegrity, err)
		}
		keep[id] = !it.Row.Erased
	}
	return nil
}

// settle forgets the keys of blobs that have their name, or waited too long for one, and adds the others to keep.
func (h *blobsInHand) settle(keep map[BlobID]bool, old time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, b := range h.keys {
		if _, named := keep[id]; named || b.at.Before(old) {
			delete(h.keys, id)
		} else {
			keep[id] = true
		}
	}
}
