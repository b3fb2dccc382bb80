package exchange

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"referworks/node/store"
	"referworks/protocol"
)

// Files travel beside the messages that list them (docs/protocol.md 17). A person uploads a file (upload.go); the message
// that takes it along gets a key and a root for each recipient, and the chunks are sealed whenever they are asked for
// (serve.go). Who receives such a message answers "pending", pulls the chunks (gather.go), and takes the message when
// all of them are on its disk. Each chunk is a blob of the message's case, so that files go when the person's data goes.

// FileState says where a file is.
type FileState string

// The states of files.
const (
	FileHere    FileState = "here"
	FileComing  FileState = "coming"  // from the partner
	FileBlocked FileState = "blocked" // the scanner found something in it; its content was not kept
	FileBroken  FileState = "broken"  // not what was announced
	FileErased  FileState = "erased"
)

// File is a file as it is shown. Name, type and size are empty when it was erased.
type File struct {
	ID        string
	Name      string
	MediaType string
	Size      int64
	SHA256    protocol.Hash
	State     FileState
	Ours      bool  // we sent it
	Seq       int64 // of the message that lists it, 0 for one that has no number yet
	Done      int64 // bytes that came over so far
	Since     time.Time
}

// ErrNoFile means that there is no such file here.
var ErrNoFile = errors.New("there is no such file here")

// content is what is kept of a file's content: it goes with the case.
type content struct {
	ID        string
	Name      string
	MediaType string
	SHA256    protocol.Hash
	Blobs     []store.BlobID // one a chunk, in order
}

func (f *content) fields(c *coder) {
	text(c, &f.ID)
	text(c, &f.Name)
	text(c, &f.MediaType)
	c.hash(&f.SHA256)
	list(c, &f.Blobs, func(c *coder, id *store.BlobID) {
		if b := c.piece(id[:]); len(b) == len(id) {
			copy(id[:], b)
		} else {
			c.fail()
		}
	})
}

// file is the row of one file of a message, at either side.
type file struct {
	Seq   int64
	State FileState
	Size  int64
	Since int64

	content
	Key    protocol.Hash   // of its chunks
	Leaves []protocol.Hash // of the tree over its sealed chunks; ours only

	held   store.CaseID
	erased bool
}

const fileForm = 1

func fileKey(p protocol.OrgID, id protocol.ReferralID, by author, root protocol.Hash) store.Key {
	return store.K("file", string(p), string(id), string(by), root.String())
}

func (f *file) kept(c *coder) {
	c.number(&f.Seq)
	text(c, &f.State)
	c.number(&f.Size)
	c.number(&f.Since)
}

func (f *file) private(c *coder) {
	f.content.fields(c)
	c.hash(&f.Key)
	list(c, &f.Leaves, func(c *coder, h *protocol.Hash) { c.hash(h) })
}

func (f *file) row(c store.CaseID) store.Row {
	return store.Row{Case: c, Kept: encode(fileForm, 32, f.kept), Private: encode(fileForm, 256+48*len(f.Blobs)+33*len(f.Leaves), f.private)}
}

func readFile(r store.Row) (*file, error) {
	f := &file{held: r.Case, erased: r.Erased}
	err := decode(r.Kept, fileForm, f.kept)
	if err == nil && !r.Erased {
		err = decode(r.Private, fileForm, f.private)
	}
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return f, nil
}

// view is the file as it is shown.
func (f *file) view(by author) File {
	v := File{
		ID: f.ID, Name: f.Name, MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256, State: f.State, Ours: by == ours, Seq: f.Seq,
		Since: time.UnixMilli(f.Since), Done: min(int64(len(f.Blobs))*protocol.MaxChunk, f.Size),
	}
	if f.erased {
		v.State, v.Size = FileErased, 0
	}
	return v
}

// fileRow is a file with its place.
type fileRow struct {
	*file
	key  store.Key
	by   author
	root protocol.Hash
}

// filesOf gives the files of one thread, ours first.
func filesOf(tx *store.Tx, p protocol.OrgID, id protocol.ReferralID) (all []fileRow, err error) {
	for it, err := range tx.Scan(store.K("file", string(p), string(id)), store.Key{}) {
		if err != nil {
			return nil, err
		}
		f, err := readFile(it.Row)
		if err != nil {
			return nil, err
		}
		var root protocol.Hash
		if err := root.UnmarshalText([]byte(it.Key.At(4))); err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		all = append(all, fileRow{f, it.Key, author(it.Key.At(3)), root})
	}
	return all, nil
}

// Files lists the files of a referral, in the order of their arrival. What a partner listed without sending it is not
// among them. ErrNone when there is no such referral.
func (d *Desk) Files(id protocol.ReferralID) (list []File, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		all, err := filesOf(tx, t.Partner, id)
		if err != nil {
			return err
		}
		for _, f := range all {
			v := f.view(f.by)
			if f.by == ours && v.State == FileHere {
				v.Done = d.servedOf(t, &f)
			}
			list = append(list, v)
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b File) int { return a.Since.Compare(b.Since) })
	return list, err
}

// OpenFile opens the content of a file of a referral. ErrNone, ErrNoFile; ErrFileState when its content is not here.
func (d *Desk) OpenFile(id protocol.ReferralID, file string) (f File, r io.ReadSeekCloser, err error) {
	var found *fileRow
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		all, err := filesOf(tx, t.Partner, id)
		for i := range all {
			if all[i].ID == file && !all[i].erased {
				found = &all[i]
			}
		}
		return err
	})
	switch {
	case err != nil:
		return f, nil, err
	case found == nil:
		return f, nil, ErrNoFile
	}
	if f = found.view(found.by); f.State != FileHere {
		return f, nil, ErrFileState
	}
	return f, d.openContent(&found.content, f.Size), nil
}

// ErrFileState means that a file's content is not here: it is still coming, was blocked, or never came whole.
var ErrFileState = errors.New("the content of this file is not here")

// reader reads the chunks of a file one after another.
type reader struct {
	desk *Desk
	of   *content
	size int64

	at    int64
	chunk []byte // that at stands in
	index int64  // of chunk; -1 none
}

func (d *Desk) openContent(of *content, size int64) *reader {
	return &reader{desk: d, of: of, size: size, index: -1}
}

func (r *reader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	index := r.at / protocol.MaxChunk
	if index != r.index {
		chunk, err := r.desk.readChunk(r.of, index)
		if err != nil {
			return 0, err
		}
		r.chunk, r.index = chunk, index
	}
	from := r.at - index*protocol.MaxChunk
	if from >= int64(len(r.chunk)) {
		return 0, fmt.Errorf("read file: a chunk is shorter than it was: %w", store.ErrIntegrity)
	}
	n := copy(b, r.chunk[from:])
	r.at += int64(n)
	return n, nil
}

func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("read file: there is nothing before its beginning")
	}
	r.at = offset
	return offset, nil
}

func (r *reader) Close() error { return nil }

// readChunk reads one chunk of a file.
func (d *Desk) readChunk(of *content, index int64) ([]byte, error) {
	if index < 0 || index >= int64(len(of.Blobs)) {
		return nil, fmt.Errorf("read file: %w", store.ErrIntegrity)
	}
	b, err := d.org.OpenBlob(of.Blobs[index])
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	defer b.Close()
	chunk, err := io.ReadAll(io.LimitReader(b, protocol.MaxChunk+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return chunk, nil
}
