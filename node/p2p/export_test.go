package p2p

import (
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"

	"referworks/protocol"
)

// OpenGate takes the guard away: everybody is let in for everything. The negative control of the tests of strangers.
func OpenGate(h *Host) {
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	h.gate.open = true
}

// ForgetInGate takes a peer out of the gate and leaves its connections alone, as libp2p would.
func ForgetInGate(h *Host, id protocol.PeerID) { h.gate.remove(id, ^Class(0)) }

// Libp2p is the host below.
func Libp2p(h *Host) host.Host {
	net, _, err := h.running()
	if err != nil {
		panic(err)
	}
	return net
}

// Limits are those of every host.
func Limits() (network.ResourceManager, error) { return newLimits() }

// MostDeliverStreams is what one peer may have open to us.
const MostDeliverStreams = mostDeliverStreams

// Deadlines of frames.
const (
	FrameTimeout = frameTimeout
	IdleTimeout  = idleTimeout
	WriteTimeout = writeTimeout
	Window       = window
)

// ReadFrame reads a frame as a stream of the protocol does.
func ReadFrame(c net.Conn, proto string, idle time.Duration) error {
	_, _, err := newFrames(pipe{c}, "", proto).read(mostOf(proto), idle)
	return err
}

// SendFrame sends a frame as a stream does.
func SendFrame(c net.Conn, v any) error {
	return newFrames(pipe{c}, "", protocol.ProtoPeer).send(protocol.FrameHello, v)
}

// Serve serves one end of a pipe as a stream that a peer opened, and gives the other.
func Serve(h *Host, from protocol.PeerID, proto string) net.Conn {
	ours, theirs := net.Pipe()
	h.accept(pipe{theirs}, from, proto)
	return ours
}
