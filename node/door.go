package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/protocol"
)

// doorPause is the least time between two calls with the same charter at a partner's house by the door.
const doorPause = time.Minute

// doors are those that partners have at our house, by their peer ids; and when we last called at theirs.
type doors struct {
	mu     sync.Mutex // guards called; open is guarded by the gate's lock
	called map[pairID]doorCalled
	open   map[protocol.PeerID]func()
}

type doorCalled struct {
	at   time.Time
	with protocol.CharterMark
}

func newDoors() *doors {
	return &doors{called: map[pairID]doorCalled{}, open: map[protocol.PeerID]func(){}}
}

// refreshDoors opens a door for each partner that told us one, and closes the others. The caller holds the gate's lock.
func (n *Node) refreshDoors() {
	wanted := map[protocol.PeerID]bool{}
	for _, o := range n.all() {
		for _, p := range o.book.List() {
			door := p.Door()
			if door == "" || !p.Related() {
				continue
			}
			wanted[door] = true
			if n.doors.open[door] == nil {
				id := p.ID()
				n.doors.open[door] = n.host.OpenDoor(door, func(ctx context.Context, in protocol.DoorCall) (protocol.DoorCall, error) {
					return o.answerDoor(ctx, id, in)
				})
			}
		}
	}
	for door, shut := range n.doors.open {
		if !wanted[door] {
			shut()
			delete(n.doors.open, door)
		}
	}
}

// answerDoor takes the chain and the card of a partner that comes by its door, and gives ours.
func (o *Organization) answerDoor(ctx context.Context, id protocol.OrgID, in protocol.DoorCall) (protocol.DoorCall, error) {
	if in.From != id || in.To != o.id {
		return protocol.DoorCall{}, errRefused
	}
	if _, err := o.book.Merge(ctx, stateOf(in)); err != nil {
		o.node.log.Warn("what a partner said at its door was refused", "org", string(o.id), "partner", string(id), "error", err.Error())
		return protocol.DoorCall{}, errRefused
	}
	return o.doorCall(id), nil
}

func (o *Organization) doorCall(to protocol.OrgID) protocol.DoorCall {
	return protocol.DoorCall{V: protocol.Version, From: o.id, To: to, Chain: o.Chain().Wire(), Card: o.Card()}
}

func stateOf(c protocol.DoorCall) protocol.PairState {
	return protocol.PairState{V: c.V, From: c.From, To: c.To, Chain: &c.Chain, Card: c.Card}
}

// doorSeed makes our door's identity for a partner. Without the secret it is one that nobody lets in.
func (o *Organization) doorSeed(partner protocol.OrgID) []byte {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return crypto.DoorKey(o.door, partner)
}

// mayCall tells whether calling at the door makes sense: our charter is one that the partner is not known to hold, so
// its gate may not let our node in. It counts the call.
func (n *Node) mayCall(o *Organization, p *partner.Pair) bool {
	ours := o.Charter()
	last, heard := o.book.LastHello(p.ID())
	if ours.Epoch == 0 && ours.N == 0 || heard && last.Held == ours {
		return false
	}
	n.doors.mu.Lock()
	defer n.doors.mu.Unlock()
	id := pairID{o.id, p.ID()}
	if last := n.doors.called[id]; last.with == ours && n.now().Sub(last.at) < doorPause {
		return false
	}
	n.doors.called[id] = doorCalled{n.now(), ours}
	return true
}

// callDoor presents our chain and card at the partner's house under our door's identity, so that its gate lets our
// present node in, and learns the partner's own.
func (n *Node) callDoor(ctx context.Context, o *Organization, p *partner.Pair) error {
	answer, err := n.host.CallDoor(ctx, o.doorSeed(p.ID()), p.Peer(), p.Addresses(), o.doorCall(p.ID()))
	if err != nil {
		return err
	}
	if answer.From != p.ID() || answer.To != o.id {
		return errors.New("call at a partner's door: the answer is of another pair")
	}
	_, err = o.book.Merge(ctx, stateOf(answer))
	return err
}
