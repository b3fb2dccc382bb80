package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"

	"referworks/crypto"
	"referworks/protocol"
)

// Hello says hello to a peer and gives its answer: the proof that it is there and lets us in. It dials when needed.
func (h *Host) Hello(ctx context.Context, peer protocol.PeerID) (protocol.Hello, error) {
	var out protocol.Hello
	err := h.request(ctx, peer, func(f *frames, hello protocol.Hello) error {
		out = hello
		return nil
	}, nil)
	if err != nil {
		return out, fmt.Errorf("say hello: %w", err)
	}
	return out, nil
}

// PairHello says where our side of a pair stands and gives the other side's. A refusal is a *protocol.Error.
func (h *Host) PairHello(ctx context.Context, peer protocol.PeerID, in protocol.PairHello) (protocol.PairHello, error) {
	return call[protocol.PairHello](ctx, h, peer, protocol.FramePairHello, in)
}

// PairState gives what the other side of a pair lacks and takes what we lack, each at most protocol.MaxState bytes. A
// refusal is a *protocol.Error.
func (h *Host) PairState(ctx context.Context, peer protocol.PeerID, in protocol.PairState) (protocol.PairState, error) {
	return call[protocol.PairState](ctx, h, peer, protocol.FramePairState, in)
}

// call asks one question whose answer has the same kind.
func call[Out, In any](ctx context.Context, h *Host, peer protocol.PeerID, kind protocol.FrameKind, in In) (Out, error) {
	var out Out
	b, err := crypto.Marshal(in)
	if err == nil && len(b) > limitOf(kind) {
		err = fmt.Errorf("%d bytes, at most %d", len(b), limitOf(kind))
	}
	if err != nil {
		return out, fmt.Errorf("ask peer: %w", err)
	}
	err = h.request(ctx, peer, func(f *frames, _ protocol.Hello) error {
		return f.ask(kind, &out)
	}, func(f *frames) error {
		if err := f.write(kind, b); err != nil {
			return err
		}
		return f.flush()
	})
	if err != nil {
		return out, fmt.Errorf("ask peer: %w", err)
	}
	return out, nil
}

// request opens a stream of its own for one question: so whoever loses patience ends nobody else's. The question goes out
// behind the hello without waiting for the answer to that.
func (h *Host) request(ctx context.Context, peer protocol.PeerID, answer func(*frames, protocol.Hello) error, question func(*frames) error) error {
	f, err := h.open(ctx, peer, protocol.ProtoPeer)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = f.Reset() })()
	if question != nil && peer != h.id { // a pipe has no buffer: there the answer to the hello must be read first
		if err := question(f); err != nil {
			_ = f.Reset()
			return because(ctx, err)
		}
	}
	hello, err := f.hear()
	if err == nil && question != nil && peer == h.id {
		err = question(f)
	}
	if err == nil {
		err = answer(f, hello)
	}
	if _, refused := errors.AsType[*protocol.Error](err); err != nil && !refused {
		_ = f.Reset()
		return because(ctx, err)
	}
	_ = f.Close()
	return err
}

// because names the end of ctx as the reason when it was.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// servePeer answers questions one after the other.
func (h *Host) servePeer(ctx context.Context, f *frames) error {
	for {
		kind, b, err := f.read(protocol.MaxState, idleTimeout)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !h.may(f) {
			return errNotAdmitted
		}
		if kind == protocol.FramePairHello {
			h.heard(f.peer)
		}
		if len(b) > limitOf(kind) {
			return fmt.Errorf("serve peer: a frame of kind %d with %d bytes", kind, len(b))
		}
		serve := map[protocol.FrameKind]func(context.Context, *frames, []byte) error{
			protocol.FramePull: h.servePull, protocol.FrameChunks: h.serveChunks,
		}[kind]
		if serve != nil { // the answer is several frames
			if err := serve(ctx, f, b); err != nil {
				return err
			}
			continue
		}
		out, err := h.answer(ctx, f.peer, kind, b)
		if errors.Is(err, errKind) {
			return fmt.Errorf("serve peer: kind %d: %w", kind, err)
		}
		if err != nil {
			kind, out = protocol.FrameError, answerOf(err)
		}
		if !h.may(f) {
			return errNotAdmitted
		}
		if err := f.send(kind, out); err != nil {
			return err
		}
	}
}

var errKind = errors.New("this kind of frame is not served here")

// answer hands a question to the Handler. The answer has the kind of the question.
func (h *Host) answer(ctx context.Context, peer protocol.PeerID, kind protocol.FrameKind, b []byte) (any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
	defer cancel()
	switch kind {
	case protocol.FramePairHello:
		var in protocol.PairHello
		if err := crypto.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		return h.cfg.Handler.PairHello(ctx, peer, in)
	case protocol.FramePairState:
		var in protocol.PairState
		if err := crypto.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		return h.cfg.Handler.PairState(ctx, peer, in)
	case protocol.FrameThreads:
		var in protocol.ThreadsAsk
		if err := crypto.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		return h.cfg.Handler.Threads(ctx, peer, in)
	}
	return nil, errKind
}
