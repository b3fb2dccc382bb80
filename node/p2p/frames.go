package p2p

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// Deadlines. libp2p sets none (pitfall 7).
const (
	dialTimeout   = 10 * time.Second
	openTimeout   = 15 * time.Second // a stream and its hello
	writeTimeout  = 30 * time.Second // one frame
	frameTimeout  = 30 * time.Second // the rest of a frame that has begun
	answerTimeout = 60 * time.Second
	handleTimeout = 60 * time.Second
	idleTimeout   = 2 * time.Minute // of a lockstep stream
)

// stream is what network.Stream and our own pipe have in common.
type stream interface {
	io.ReadWriteCloser
	Reset() error
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// frames reads and writes the frames of one stream: one goroutine may read while another writes. Deadlines are of the real
// clock, like those of the network.
type frames struct {
	stream
	r     *bufio.Reader
	w     *bufio.Writer
	peer  protocol.PeerID // the other side
	proto string
}

func newFrames(s stream, peer protocol.PeerID, proto string) *frames {
	size := 4 << 10
	if proto == protocol.ProtoDeliver {
		size = 32 << 10
	}
	return &frames{stream: s, r: bufio.NewReaderSize(s, size), w: bufio.NewWriterSize(s, size), peer: peer, proto: proto}
}

// write puts a frame into the buffer, which flush sends; a buffer that overflows is sent at once.
func (f *frames) write(kind protocol.FrameKind, payload []byte) error {
	if err := f.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return wire.Write(f.w, kind, payload)
}

func (f *frames) flush() error {
	if err := f.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if err := f.w.Flush(); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// send writes an object as one canonical frame and sends it.
func (f *frames) send(kind protocol.FrameKind, v any) error {
	b, err := crypto.Marshal(v)
	if err != nil {
		return err
	}
	if err := f.write(kind, b); err != nil {
		return err
	}
	return f.flush()
}

// read waits for the next frame, for ever when idle is 0, and gives it frameTimeout from its first byte on.
func (f *frames) read(limit int, idle time.Duration) (protocol.FrameKind, []byte, error) {
	var until time.Time
	if idle > 0 {
		until = time.Now().Add(idle)
	}
	if err := f.SetReadDeadline(until); err != nil {
		return 0, nil, err
	}
	if _, err := f.r.Peek(1); err != nil {
		return 0, nil, err
	}
	if err := f.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return 0, nil, err
	}
	return wire.Read(f.r, limit)
}

// limitOf is the largest frame of a kind that is taken.
func limitOf(kind protocol.FrameKind) int {
	switch kind {
	case protocol.FramePairState:
		return protocol.MaxState
	case protocol.FrameEnvelope:
		return protocol.MaxEnvelope
	}
	return protocol.MaxFrame
}

// mostOf is the largest frame of a stream protocol that is taken, whatever its kind.
func mostOf(proto string) int {
	switch proto {
	case protocol.ProtoPeer:
		return protocol.MaxState
	case protocol.ProtoDeliver:
		return protocol.MaxEnvelope
	}
	return protocol.MaxFrame
}

// ask waits for the answer to a question: it must be of the kind wanted, or FrameError, which becomes a *protocol.Error.
func (f *frames) ask(want protocol.FrameKind, v any) error {
	kind, b, err := f.read(limitOf(want), answerTimeout)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return takeAnswer(kind, b, want, v)
}

func takeAnswer(kind protocol.FrameKind, b []byte, want protocol.FrameKind, v any) error {
	switch kind {
	case want:
		if err := crypto.Unmarshal(b, v); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		return nil
	case protocol.FrameError:
		return errorOf(b)
	}
	return fmt.Errorf("read answer: kind %d came where %d was due", kind, want)
}

// errorOf reads the payload of a FrameError.
func errorOf(b []byte) error {
	var a protocol.Answer
	if err := crypto.Unmarshal(b, &a); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if a.V != protocol.Version || a.Code == "" {
		return errors.New("read answer: an error without a code")
	}
	e := &protocol.Error{Code: a.Code}
	if a.RetryAt > 0 {
		e.RetryAt = time.UnixMilli(a.RetryAt)
	}
	return e
}

// answerOf is what the other side is told of an error: its code when it has one, else that it was refused.
func answerOf(err error) protocol.Answer {
	a := protocol.Answer{V: protocol.Version, Code: protocol.CodeRefused}
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.Code != "" {
		a.Code = e.Code
		if !e.RetryAt.IsZero() {
			a.RetryAt = e.RetryAt.UnixMilli()
		}
	}
	return a
}

// hello is ours for a stream.
func (h *Host) hello(proto string) protocol.Hello {
	return protocol.Hello{
		V: protocol.Version, Proto: proto, Protocols: []int{protocol.Version}, Time: h.now().UnixMilli(),
		MaxFrame: mostOf(proto), Instance: h.instance,
	}
}

// hear reads the other side's hello and checks that it means this stream: NewStream is lazy, so the name that libp2p
// negotiated is not known to be the one that the other side meant (pitfall 4).
func (f *frames) hear() (protocol.Hello, error) {
	var in protocol.Hello
	kind, b, err := f.read(protocol.MaxFrame, openTimeout)
	if err != nil {
		return in, fmt.Errorf("read hello: %w", err)
	}
	if err := takeAnswer(kind, b, protocol.FrameHello, &in); err != nil {
		return in, fmt.Errorf("read hello: %w", err)
	}
	switch {
	case in.V != protocol.Version || !slices.Contains(in.Protocols, protocol.Version):
		return in, errors.New("read hello: no version in common")
	case in.Proto != f.proto:
		return in, fmt.Errorf("read hello: the stream is for %s and its first frame names another protocol", f.proto)
	case len(in.Instance) != 16:
		return in, errors.New("read hello: the instance must be 16 bytes")
	}
	return in, nil
}
