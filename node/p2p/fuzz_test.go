package p2p_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// FuzzServe sends anything on a stream of each protocol, as a peer that has every class. The stream must end, and the host
// must go on serving others.
func FuzzServe(f *testing.F) {
	frame := func(kind protocol.FrameKind, v any) []byte {
		b, err := crypto.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		var out bytes.Buffer
		if err := wire.Write(&out, kind, b); err != nil {
			f.Fatal(err)
		}
		return out.Bytes()
	}
	protos := []string{protocol.ProtoPeer, protocol.ProtoDeliver, protocol.ProtoPair, protocol.ProtoDoor}
	for i, proto := range protos {
		hello := frame(protocol.FrameHello, protocol.Hello{
			V: protocol.Version, Proto: proto, Protocols: []int{protocol.Version}, Time: 1, MaxFrame: protocol.MaxFrame, Instance: make([]byte, 16),
		})
		f.Add(uint8(i), hello)
		f.Add(uint8(i), append(bytes.Clone(hello), frame(protocol.FramePairHello, pairHello())...))
		f.Add(uint8(i), append(bytes.Clone(hello), frame(protocol.FramePairState, protocol.PairState{V: protocol.Version})...))
		f.Add(uint8(i), append(bytes.Clone(hello), frame(protocol.FrameEnvelope, 1)...))
		f.Add(uint8(i), append(bytes.Clone(hello), frame(protocol.FramePairCommit, protocol.PairCommit{V: protocol.Version})...))
		f.Add(uint8(i), append(bytes.Clone(hello), frame(protocol.FrameDoor, protocol.DoorCall{V: protocol.Version})...))
		f.Add(uint8(i), append(bytes.Clone(hello), 255, 255, 255, 255, 2))
		f.Add(uint8(i), append(bytes.Clone(hello), 0, 0, 0, 0))
		f.Add(uint8(i), frame(protocol.FrameError, protocol.Answer{V: protocol.Version, Code: protocol.CodeRefused}))
	}
	n := newNode(f, listen()).run(f)
	key := crypto.NewSigningKey()
	n.Admit(key.Peer(), p2p.Partner, nil)
	if _, _, err := n.OpenPairing(key.Seed(), time.Now().Add(time.Hour), commitOnce); err != nil {
		f.Fatal(err)
	}
	n.OpenDoor(key.Peer(), func(_ context.Context, in protocol.DoorCall) (protocol.DoorCall, error) { return in, nil })
	f.Fuzz(func(t *testing.T, which uint8, in []byte) {
		c := p2p.Serve(n.Host, key.Peer(), protos[int(which)%len(protos)])
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		ended := make(chan error, 1)
		go func() {
			for {
				if _, _, err := wire.Read(c, protocol.MaxState); err != nil {
					ended <- err
					return
				}
			}
		}()
		_, _ = c.Write(in)
		_, _ = io.WriteString(c, "\xff\xff\xff\xff") // whatever frame is open, this is the end
		_ = c.Close()
		<-ended
		if _, err := n.Hello(soon(t), n.ID()); err != nil {
			t.Fatalf("the host serves nobody any more: %v", err)
		}
	})
}
