package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// blobFolder keeps one file a blob, named by its id, in a folder for the id's first two letters.
type blobFolder struct {
	dir  string
	sync *syncer
}

const temporary = ".new"

func (d blobFolder) path(id BlobID) string {
	name := id.String()
	return filepath.Join(d.dir, name[:2], name)
}

func (d blobFolder) create(id BlobID) (io.WriteCloser, func() error, error) {
	path := d.path(id)
	_, err := os.Stat(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = d.sync.folder(d.dir)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path+temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	commit := func() error {
		if err := d.sync.file(f); err != nil { // the content before the name
			return err
		}
		if err := os.Rename(path+temporary, path); err != nil {
			return err
		}
		return d.sync.folder(filepath.Dir(path))
	}
	return f, commit, nil
}

func (d blobFolder) open(id BlobID) (io.ReadCloser, error) { return os.Open(d.path(id)) }

func (d blobFolder) remove(id BlobID) error {
	err := os.Remove(d.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(d.path(id) + temporary)
	}
	return err
}

// list gives finished and temporary files alike, so that the sweep finds both.
func (d blobFolder) list() ([]BlobID, error) {
	var ids []BlobID
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if id, err := ParseBlobID(strings.TrimSuffix(e.Name(), temporary)); err == nil && !id.IsZero() {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// blobMemory keeps sealed files in memory. The mutex guards the map.
type blobMemory struct {
	mu    sync.Mutex
	files map[BlobID][]byte
}

type memoryFile struct{ bytes.Buffer }

func (*memoryFile) Close() error { return nil }

func (m *blobMemory) create(id BlobID) (io.WriteCloser, func() error, error) {
	var f memoryFile
	return &f, func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.files == nil {
			m.files = make(map[BlobID][]byte)
		}
		m.files[id] = f.Bytes()
		return nil
	}, nil
}

func (m *blobMemory) open(id BlobID) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.files[id]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (m *blobMemory) remove(id BlobID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, id)
	return nil
}

func (m *blobMemory) list() ([]BlobID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []BlobID
	for id := range m.files {
		ids = append(ids, id)
	}
	return ids, nil
}
