package p2p

import (
	"context"
	"fmt"

	"referworks/crypto"
	"referworks/protocol"
)

// doorRoom answers an organization that comes by its door.
type doorRoom struct {
	serve func(context.Context, protocol.DoorCall) (protocol.DoorCall, error)
	pace  pace
}

// OpenDoor admits the door peer of a partner, which may present a charter chain and a card and nothing else, as often as
// a pairing peer may. close takes it out of the gate.
func (h *Host) OpenDoor(id protocol.PeerID, serve func(context.Context, protocol.DoorCall) (protocol.DoorCall, error)) (close func()) {
	room := &doorRoom{serve: serve}
	h.gate.change(id, func(e *entry) {
		e.class |= Door
		e.door = room
	})
	return func() {
		h.gate.change(id, func(e *entry) {
			if e.door == room {
				e.door = nil
				e.class &^= Door
			}
		})
		if h.gate.classes(id) == 0 {
			h.drop(id)
		}
	}
}

func (h *Host) serveDoor(ctx context.Context, f *frames) error {
	e, _ := h.gate.get(f.peer)
	if e.door == nil {
		return errNotAdmitted
	}
	kind, b, err := f.read(protocol.MaxFrame, answerTimeout)
	if err != nil {
		return err
	}
	if !h.may(f) {
		return errNotAdmitted
	}
	if kind != protocol.FrameDoor {
		return fmt.Errorf("serve door: kind %d: %w", kind, errKind)
	}
	if !e.door.pace.take(h.now()) {
		return f.send(protocol.FrameError, protocol.Answer{V: protocol.Version, Code: protocol.CodeRate})
	}
	var in, out protocol.DoorCall
	if err = crypto.Unmarshal(b, &in); err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
		defer cancel()
		out, err = e.door.serve(ctx, in)
	}
	if err != nil {
		return f.send(protocol.FrameError, answerOf(err))
	}
	return f.send(protocol.FrameDoor, out)
}

// CallDoor presents a chain and a card to a partner's node under the door identity that seed makes. It works without Run.
// A refusal is a *protocol.Error.
func (h *Host) CallDoor(ctx context.Context, seed []byte, to protocol.PeerID, addresses []string, in protocol.DoorCall) (protocol.DoorCall, error) {
	var out protocol.DoorCall
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	f, end, err := h.visit(ctx, seed, to, addresses, protocol.ProtoDoor)
	if err != nil {
		return out, fmt.Errorf("call door: %w", err)
	}
	defer end()
	if err := f.send(protocol.FrameDoor, in); err != nil {
		return out, fmt.Errorf("call door: %w", err)
	}
	if err := f.ask(protocol.FrameDoor, &out); err != nil {
		return out, fmt.Errorf("call door: %w", err)
	}
	return out, nil
}
