package p2p

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"referworks/protocol"
)

// Pauses of a keeper.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 30 * time.Second
	helloEvery = 10 * time.Minute
)

// keeper keeps one partner connected: it dials, says hello, and tells the Handler when the hello was answered.
type keeper struct {
	wake    chan bool // true: somebody asked to try now
	reached bool      // guarded by Host.mu: the last hello was answered
}

func (h *Host) signalKeepers() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed != nil {
		select {
		case h.changed <- struct{}{}:
		default:
		}
	}
}

// wake makes a peer's keeper look at once; now says that the pauses so far are forgotten.
func (h *Host) wake(id protocol.PeerID, now bool) {
	h.mu.Lock()
	k := h.keepers[id]
	h.mu.Unlock()
	if k == nil {
		return
	}
	select {
	case k.wake <- now:
	default:
	}
}

// lost tells that the last connection of a peer ended.
func (h *Host) lost(id protocol.PeerID) {
	h.mu.Lock()
	if k := h.keepers[id]; k != nil {
		k.reached = false
	}
	h.mu.Unlock()
	h.wake(id, false)
}

// TryNow dials a peer at once and tells Connected again when it answers.
func (h *Host) TryNow(id protocol.PeerID) {
	h.mu.Lock()
	if k := h.keepers[id]; k != nil {
		k.reached = false
	}
	h.mu.Unlock()
	h.wake(id, true)
}

// Reachable tells whether the last hello to a peer was answered and the connection lives.
func (h *Host) Reachable(id protocol.PeerID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.keepers[id]
	return k != nil && k.reached
}

// keepAll runs a keeper for each partner in the gate until ctx ends.
func (h *Host) keepAll(ctx context.Context, work *sync.WaitGroup) {
	stops := map[protocol.PeerID]context.CancelFunc{}
	for {
		wanted := map[protocol.PeerID]bool{}
		for _, id := range h.gate.partners() {
			wanted[id] = true
			if stops[id] == nil {
				kctx, stop := context.WithCancel(ctx)
				stops[id] = stop
				k := &keeper{wake: make(chan bool, 1)}
				h.mu.Lock()
				h.keepers[id] = k
				h.mu.Unlock()
				work.Go(func() { h.keep(kctx, id, k) })
			}
		}
		for id, stop := range stops {
			if !wanted[id] {
				stop()
				delete(stops, id)
				h.mu.Lock()
				delete(h.keepers, id)
				h.mu.Unlock()
			}
		}
		select {
		case <-h.changed:
		case <-ctx.Done():
			for _, stop := range stops {
				stop()
			}
			return
		}
	}
}

func (h *Host) keep(ctx context.Context, id protocol.PeerID, k *keeper) {
	pause := firstPause
	for ctx.Err() == nil {
		wait := helloEvery
		hctx, cancel := context.WithTimeout(ctx, openTimeout)
		_, err := h.Hello(hctx, id)
		cancel()
		if err != nil {
			wait = pause/2 + time.Duration(rand.Int64N(int64(pause)))
			pause = min(2*pause, lastPause)
		} else {
			pause = firstPause
			h.mu.Lock()
			first := !k.reached
			k.reached = true
			h.mu.Unlock()
			if first {
				h.cfg.Handler.Connected(id)
			}
		}
		t := time.NewTimer(wait)
		select {
		case now := <-k.wake:
			if now {
				pause = firstPause
			}
			h.mu.Lock()
			idle := k.reached && !now
			h.mu.Unlock()
			if idle { // connected once more: nothing to do
				t.Stop()
				t = time.NewTimer(wait)
				select {
				case <-k.wake:
				case <-t.C:
				case <-ctx.Done():
				}
			}
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}
