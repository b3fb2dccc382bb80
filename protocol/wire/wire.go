// Package wire reads and writes the frames of a stream (docs/protocol.md, section 11): a uint32 big-endian length that
// covers what follows, one byte of kind, the payload. It knows no deadlines; these belong to the stream of the caller.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"referworks/protocol"
)

const headBytes = 5 // length and kind

// ErrTooLarge is a frame whose length is above what its reader takes. Nothing of it was read or allocated.
var ErrTooLarge = errors.New("frame is too large")

// ErrEmpty is a frame without a kind.
var ErrEmpty = errors.New("frame has no kind")

// Write writes one frame. The head and the payload may go out as two writes; a buffered writer makes them one.
func Write(w io.Writer, kind protocol.FrameKind, payload []byte) error {
	if uint64(len(payload)) >= 1<<32-1 {
		return fmt.Errorf("write frame of %d bytes: %w", len(payload), ErrTooLarge)
	}
	var head [headBytes]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(payload)+1))
	head[4] = byte(kind)
	if _, err := w.Write(head[:]); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if len(payload) == 0 {
		return nil
	}
	if _, err := w.Write(payload); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// Read reads one frame whose payload has at most limit bytes; a longer one is refused before anything is allocated for
// it, and the stream is then of no use any more. The payload belongs to the caller. The error is io.EOF itself only
// when the stream ended between two frames.
func Read(r io.Reader, limit int) (protocol.FrameKind, []byte, error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		return 0, nil, fmt.Errorf("read frame: %w", err)
	}
	if _, err := io.ReadFull(r, head[1:4]); err != nil {
		return 0, nil, cut(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 {
		return 0, nil, fmt.Errorf("read frame: %w", ErrEmpty)
	}
	if uint64(n)-1 > uint64(max(limit, 0)) {
		return 0, nil, fmt.Errorf("read frame of %d bytes, limit %d: %w", n-1, limit, ErrTooLarge)
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return 0, nil, cut(err)
	}
	payload := make([]byte, n-1)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, cut(err)
	}
	return protocol.FrameKind(head[4]), payload, nil
}

// cut says that a frame ended early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read frame: %w", err)
}
