package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"referworks/protocol"
)

// clockApart is the difference to a partner's clock from which on it is shown. Ten minutes would hold messages up.
const clockApart = 2 * time.Minute

// clocks are how far partners' clocks are from ours, of those that are too far.
type clocks struct {
	mu    sync.Mutex // guards apart
	apart map[protocol.PeerID]time.Duration
}

// compareClock asks a peer for its time. Half of the way there and back is not worth subtracting.
func (n *Node) compareClock(ctx context.Context, peer protocol.PeerID) {
	h, err := n.host.Hello(ctx, peer)
	if err != nil {
		return // the next contact tells
	}
	apart := time.UnixMilli(h.Time).Sub(n.now())
	n.clocks.mu.Lock()
	defer n.clocks.mu.Unlock()
	if apart.Abs() < clockApart {
		delete(n.clocks.apart, peer)
		return
	}
	if _, shown := n.clocks.apart[peer]; !shown {
		n.log.Warn("a partner's clock differs from ours", "peer", string(peer), "seconds", int64(apart.Seconds()))
	}
	n.clocks.apart[peer] = apart
}

// clockWarnings tells of clocks that differ, without a name.
func (n *Node) clockWarnings() []string {
	n.clocks.mu.Lock()
	defer n.clocks.mu.Unlock()
	if len(n.clocks.apart) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("The clocks of %d partners' nodes differ from this one's by more than two minutes. Check this machine's clock; the log names their peers.", len(n.clocks.apart))}
}
