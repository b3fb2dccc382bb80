package p2p

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/protocol"
)

// maxChunkFrame is the largest frame that carries a chunk: its header is a path of at most seven hashes, since a file
// has at most a hundred chunks.
const maxChunkFrame = 4 + 4<<10 + protocol.MaxChunk + crypto.ChunkTag

// Chunks asks a partner for chunks of a file and hands each to take as it comes, which is not yet checked; an error of
// take ends the call. The chunks that were taken stay taken when a later one is lost. A refusal is a *protocol.Error.
func (h *Host) Chunks(ctx context.Context, peer protocol.PeerID, in protocol.ChunksAsk, take func(protocol.Chunk) error) error {
	b, err := crypto.Marshal(in)
	if err != nil {
		return fmt.Errorf("ask for chunks: %w", err)
	}
	err = h.request(ctx, peer, func(f *frames, _ protocol.Hello) error { return f.chunks(take) }, func(f *frames) error {
		if err := f.write(protocol.FrameChunks, b); err != nil {
			return err
		}
		return f.flush()
	})
	if err != nil {
		return fmt.Errorf("ask for chunks: %w", err)
	}
	return nil
}

// chunks reads the answer: chunks, then ok.
func (f *frames) chunks(take func(protocol.Chunk) error) error {
	for n := 0; ; n++ {
		kind, b, err := f.read(maxChunkFrame, answerTimeout)
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		switch {
		case kind == protocol.FrameOK:
			return nil
		case kind == protocol.FrameError:
			return errorOf(b)
		case kind != protocol.FrameChunk:
			return fmt.Errorf("read answer: kind %d came where %d was due", kind, protocol.FrameChunk)
		case n == protocol.MaxChunks:
			return errors.New("read answer: more chunks than one answer may have")
		}
		c, err := readChunk(b)
		if err != nil {
			return err
		}
		if err := take(c); err != nil {
			return err
		}
	}
}

// readChunk takes the payload of a chunk's frame apart.
func readChunk(b []byte) (c protocol.Chunk, err error) {
	if len(b) < 4 {
		return c, errors.New("read chunk: it is too short")
	}
	n := binary.BigEndian.Uint32(b)
	if n > 4<<10 || int(n) > len(b)-4 {
		return c, errors.New("read chunk: its header is longer than it may be")
	}
	if err := crypto.Unmarshal(b[4:4+n], &c.ChunkHead); err != nil {
		return c, fmt.Errorf("read chunk: %w", err)
	}
	if c.Sealed = b[4+n:]; len(c.Sealed) > protocol.MaxChunk+crypto.ChunkTag {
		return c, errors.New("read chunk: it is larger than a chunk may be")
	}
	return c, nil
}

// appendChunk is the opposite of readChunk.
func appendChunk(dst []byte, c protocol.Chunk) ([]byte, error) {
	head, err := crypto.Marshal(c.ChunkHead)
	if err != nil {
		return nil, err
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(head)))
	return append(append(dst, head...), c.Sealed...), nil
}

// serveChunks answers one question for chunks. They are read one at a time, so that a slow asker costs one chunk of memory.
func (h *Host) serveChunks(ctx context.Context, f *frames, b []byte) error {
	var in protocol.ChunksAsk
	if err := crypto.Unmarshal(b, &in); err != nil {
		return f.send(protocol.FrameError, answerOf(err))
	}
	for i := range min(max(in.Most, 1), protocol.MaxChunks) {
		if !h.may(f) {
			return errNotAdmitted
		}
		handling, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
		c, last, err := h.cfg.Handler.Chunk(handling, f.peer, in, in.First+i)
		cancel()
		if err != nil {
			return f.send(protocol.FrameError, answerOf(err))
		}
		frame, err := appendChunk(nil, c)
		if err != nil {
			return err
		}
		if err := f.write(protocol.FrameChunk, frame); err != nil {
			return err
		}
		if err := f.flush(); err != nil {
			return err
		}
		if last {
			break
		}
	}
	return f.send(protocol.FrameOK, protocol.Answer{V: protocol.Version})
}
