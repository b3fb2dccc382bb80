package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"referworks/crypto"
	"referworks/protocol"
)

// window is how many envelopes of a stream are on their way or handled at once, on both sides.
const window = 64

// serveDeliver handles up to window envelopes at once and writes their answers in the order of the envelopes, so that many
// share a sync of the disk.
func (h *Host) serveDeliver(ctx context.Context, f *frames) error {
	due := make(chan chan protocol.Answer, window)
	failed := make(chan error, 1)
	var answers sync.WaitGroup
	answers.Go(func() {
		err := h.writeAnswers(f, due)
		if err != nil {
			_ = f.Reset() // ends the reading, too
		}
		for range due { // until the reader has seen it
		}
		failed <- err
	})
	err := h.readEnvelopes(ctx, f, due)
	if err != nil {
		_ = f.Reset()
	}
	close(due)
	answers.Wait()
	return errors.Join(err, <-failed)
}

func (h *Host) readEnvelopes(ctx context.Context, f *frames, due chan<- chan protocol.Answer) error {
	room := make(chan struct{}, window)
	var handling sync.WaitGroup
	defer handling.Wait()
	for {
		kind, b, err := f.read(protocol.MaxEnvelope, 0)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if kind != protocol.FrameEnvelope {
			return fmt.Errorf("serve envelopes: a frame of kind %d", kind)
		}
		if !h.may(f) {
			return errNotAdmitted
		}
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		answer := make(chan protocol.Answer, 1)
		handling.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
			defer cancel()
			answer <- h.cfg.Handler.Envelope(ctx, f.peer, b)
			<-room
		})
		select {
		case due <- answer:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// writeAnswers sends what is ready at once and flushes before it waits.
func (h *Host) writeAnswers(f *frames, due <-chan chan protocol.Answer) error {
	for {
		var answer chan protocol.Answer
		var ok bool
		select {
		case answer, ok = <-due:
		default:
			if err := f.flush(); err != nil {
				return err
			}
			answer, ok = <-due
		}
		if !ok {
			return f.flush()
		}
		var a protocol.Answer
		select {
		case a = <-answer:
		default:
			if err := f.flush(); err != nil {
				return err
			}
			a = <-answer
		}
		if !h.may(f) {
			return errNotAdmitted
		}
		b, err := crypto.Marshal(a)
		if err != nil {
			return err
		}
		if err := f.write(protocol.FrameAnswer, b); err != nil {
			return err
		}
	}
}
