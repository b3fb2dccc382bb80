package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
)

// content is what a file held when it was read first: the sum of the whole names it, those of its pieces let it be read a
// second time, in constant memory, without trusting that nobody has written to it since.
type content struct {
	sum    [sha256.Size]byte
	size   int64
	pieces [][sha256.Size]byte
}

// piece is how much of a file is compared at once, in bytes.
const piece = 1 << 20

// errChanged is a file that is not what it was a moment ago.
var errChanged = errors.New("the file was changed while it was read")

func readContent(r io.Reader) (content, error) {
	var c content
	whole := sha256.New()
	buf := make([]byte, piece)
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			c.size += int64(n)
			c.pieces = append(c.pieces, sha256.Sum256(buf[:n]))
			_, _ = whole.Write(buf[:n]) // a hash takes everything
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			whole.Sum(c.sum[:0])
			return c, nil
		case err != nil:
			return c, err
		}
	}
}

func (c *content) key() string { return hex.EncodeToString(c.sum[:]) }

// again reads the file once more and gives out nothing but what it held before; else errChanged.
func (c *content) again(r io.Reader) io.Reader {
	return &rereader{in: r, pieces: c.pieces, buf: make([]byte, max(min(c.size, piece), 1))}
}

type rereader struct {
	in     io.Reader
	pieces [][sha256.Size]byte
	buf    []byte
	rest   []byte // of buf, to be given out
	err    error
}

func (r *rereader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		r.err = r.next()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *rereader) next() error {
	n, err := io.ReadFull(r.in, r.buf)
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case n == 0 && len(r.pieces) == 0:
		return io.EOF
	case n == 0 || len(r.pieces) == 0 || sha256.Sum256(r.buf[:n]) != r.pieces[0]:
		return errChanged
	}
	r.rest, r.pieces = r.buf[:n], r.pieces[1:]
	return nil
}
