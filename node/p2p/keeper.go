package p2p

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"referworks/protocol"
)

// How often a partner's node is dialed and greeted.
const (
	backoffFirst = 200 * time.Millisecond // doubled with each failure, with jitter
	backoffLast  = 30 * time.Second
	helloEvery   = 10 * time.Minute
)

// keeper keeps one partner connected.
type keeper struct {
	peer protocol.PeerID
	stop context.CancelFunc
	wake chan struct{} // of one element

	mu        sync.Mutex // guards what follows
	reachable bool       // our last hello was answered, and the connection has not been lost since
	urgent    bool       // somebody asks to try now
}

// keepAll runs a keeper for each partner in the gate until ctx ends.
func (h *Host) keepAll(ctx context.Context, work *sync.WaitGroup) {
	for {
		wanted := map[protocol.PeerID]bool{}
		for _, id := range h.gate.partners() {
			wanted[id] = true
		}
		h.mu.Lock()
		for id, k := range h.keepers {
			if !wanted[id] {
				k.stop()
				delete(h.keepers, id)
			}
		}
		for id := range wanted {
			if h.keepers[id] != nil {
				continue
			}
			own, stop := context.WithCancel(ctx)
			k := &keeper{peer: id, stop: stop, wake: make(chan struct{}, 1)}
			h.keepers[id] = k
			work.Go(func() { h.keep(own, k) })
		}
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			h.mu.Lock()
			for id, k := range h.keepers {
				k.stop()
				delete(h.keepers, id)
			}
			h.mu.Unlock()
			return
		case <-h.changed:
		}
	}
}

// keep dials with growing pauses until a hello is answered, and greets again now and then.
func (h *Host) keep(ctx context.Context, k *keeper) {
	for pause := backoffFirst; ; {
		k.mu.Lock()
		urgent, was := k.urgent, k.reachable
		k.urgent = false
		k.mu.Unlock()
		if !h.canTry(k.peer) {
			if !k.sleep(ctx, time.Hour, nil) {
				return
			}
			continue
		}
		try, cancel := context.WithTimeout(ctx, 2*openTimeout)
		_, err := h.Hello(try, k.peer)
		cancel()
		if ctx.Err() != nil {
			return
		}
		k.mu.Lock()
		k.reachable = err == nil
		k.mu.Unlock()
		if err != nil {
			h.log.Debug("a partner's node was not reached", "peer", string(k.peer), "error", err.Error())
			timer := pause/2 + rand.N(pause/2)
			pause = min(2*pause, backoffLast)
			if !k.sleep(ctx, timer, nil) {
				return
			}
			if k.isUrgent() {
				pause = backoffFirst
			}
			continue
		}
		pause = backoffFirst
		if urgent || !was {
			h.cfg.Handler.Connected(k.peer)
		}
		// Another connection of a peer that we reach is no news.
		if !k.sleep(ctx, helloEvery-rand.N(helloEvery/5), func() bool { return k.news() || !h.connected(k.peer) }) {
			return
		}
	}
}

// sleep waits at most d; a wake-up that counts ends it, though not before the shortest pause unless it is urgent. It
// returns false when ctx ended.
func (k *keeper) sleep(ctx context.Context, d time.Duration, counts func() bool) bool {
	least := time.NewTimer(backoffFirst/2 + rand.N(backoffFirst/2))
	defer least.Stop()
	timer := time.NewTimer(d)
	defer timer.Stop()
	woken, early := false, true
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-least.C:
			early = false
		case <-k.wake:
			if k.isUrgent() {
				return true
			}
			woken = woken || counts == nil || counts()
		}
		if woken && !early {
			return true
		}
	}
}

func (k *keeper) isUrgent() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.urgent
}

// news tells that the peer was lost, or that somebody asks to try now.
func (k *keeper) news() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.urgent || !k.reachable
}

func (h *Host) connected(id protocol.PeerID) bool {
	net, _, err := h.running()
	if err != nil {
		return false
	}
	p, err := peer.Decode(string(id))
	return err == nil && net.Network().Connectedness(p) == network.Connected
}

// canTry tells whether there is any way to the peer.
func (h *Host) canTry(id protocol.PeerID) bool {
	e, ok := h.gate.get(id)
	return ok && len(e.addresses) > 0 || h.connected(id)
}

func (h *Host) keeper(id protocol.PeerID) *keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keepers[id]
}

// rouse tells a peer's keeper that something changed.
func (h *Host) rouse(id protocol.PeerID, change func(*keeper)) {
	k := h.keeper(id)
	if k == nil {
		return
	}
	if change != nil {
		k.mu.Lock()
		change(k)
		k.mu.Unlock()
	}
	signal(k.wake)
}

// heard tells that a peer asked us something: its gate lets us in, so it is reached over that very connection, although a
// dial of ours may still be hanging on another one.
func (h *Host) heard(id protocol.PeerID) {
	k := h.keeper(id)
	if k == nil || !h.connected(id) {
		return
	}
	k.mu.Lock()
	k.reachable = true
	k.mu.Unlock()
}

// lost tells that the last connection to a peer ended. For one that we did not reach it is no news: its gate refuses us, and
// our own attempt must not hurry the next.
func (h *Host) lost(id protocol.PeerID) {
	k := h.keeper(id)
	if k == nil {
		return
	}
	k.mu.Lock()
	was := k.reachable
	k.reachable = false
	k.mu.Unlock()
	if was {
		signal(k.wake)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// TryNow dials a partner at once, past all waiting, and calls Handler.Connected when it answers.
func (h *Host) TryNow(id protocol.PeerID) {
	h.rouse(id, func(k *keeper) { k.urgent = true })
}

// Reachable tells whether the peer answered our last hello and is still connected.
func (h *Host) Reachable(id protocol.PeerID) bool {
	if id == h.id {
		_, _, err := h.running()
		return err == nil
	}
	k := h.keeper(id)
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reachable
}
