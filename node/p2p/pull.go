package p2p

import (
	"context"
	"errors"
	"fmt"

	"referworks/crypto"
	"referworks/protocol"
)

// Pulled is one message that comes back: what is said about it, and the envelope with its content, unless that was erased.
type Pulled struct {
	protocol.Pulled
	Envelope []byte
}

// MaxPulled is how many messages one answer to a pull may have.
const MaxPulled = 16

// Threads asks a partner for a page of the pair's threads. A refusal is a *protocol.Error.
func (h *Host) Threads(ctx context.Context, peer protocol.PeerID, in protocol.ThreadsAsk) (protocol.Threads, error) {
	return call[protocol.Threads](ctx, h, peer, protocol.FrameThreads, in)
}

// Pull asks a partner for messages of one thread that are missing here. A refusal is a *protocol.Error.
func (h *Host) Pull(ctx context.Context, peer protocol.PeerID, in protocol.PullAsk) (list []Pulled, err error) {
	b, err := crypto.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("ask peer: %w", err)
	}
	err = h.request(ctx, peer, func(f *frames, _ protocol.Hello) error {
		list, err = f.pulled()
		return err
	}, func(f *frames) error {
		if err := f.write(protocol.FramePull, b); err != nil {
			return err
		}
		return f.flush()
	})
	if err != nil {
		return nil, fmt.Errorf("ask peer: %w", err)
	}
	return list, nil
}

// pulled reads the answer to a pull: messages, each followed by its envelope unless it was erased, then ok.
func (f *frames) pulled() (list []Pulled, err error) {
	for {
		kind, b, err := f.read(protocol.MaxFrame, answerTimeout)
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		switch {
		case kind == protocol.FrameOK:
			return list, nil
		case kind == protocol.FrameError:
			return nil, errorOf(b)
		case kind != protocol.FramePulled:
			return nil, fmt.Errorf("read answer: kind %d came where %d was due", kind, protocol.FramePulled)
		case len(list) == MaxPulled:
			return nil, errors.New("read answer: more messages than one answer may have")
		}
		var p Pulled
		if err := crypto.Unmarshal(b, &p.Pulled); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		if p.V != protocol.Version {
			return nil, errors.New("read answer: no version in common")
		}
		if !p.Erased {
			if kind, p.Envelope, err = f.read(protocol.MaxEnvelope, answerTimeout); err != nil {
				return nil, fmt.Errorf("read answer: %w", err)
			}
			if kind != protocol.FrameEnvelope {
				return nil, fmt.Errorf("read answer: kind %d came where %d was due", kind, protocol.FrameEnvelope)
			}
		}
		list = append(list, p)
	}
}

// servePull answers one pull.
func (h *Host) servePull(ctx context.Context, f *frames, b []byte) error {
	var in protocol.PullAsk
	if err := crypto.Unmarshal(b, &in); err != nil {
		return f.send(protocol.FrameError, answerOf(err))
	}
	handling, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
	defer cancel()
	list, err := h.cfg.Handler.Pull(handling, f.peer, in)
	if !h.may(f) {
		return errNotAdmitted
	}
	if err != nil {
		return f.send(protocol.FrameError, answerOf(err))
	}
	for _, p := range list[:min(len(list), MaxPulled)] {
		head, err := crypto.Marshal(p.Pulled)
		if err != nil {
			return err
		}
		if err := f.write(protocol.FramePulled, head); err != nil {
			return err
		}
		if p.Erased {
			continue
		}
		if err := f.write(protocol.FrameEnvelope, p.Envelope); err != nil {
			return err
		}
	}
	return f.send(protocol.FrameOK, protocol.Answer{V: protocol.Version})
}
