package crypto_test

import (
	"encoding/binary"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// patterned is a file whose byte i is i mod 251, so that a vector need not hold it.
func patterned(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// sealedFile seals a file chunk by chunk.
func sealedFile(key protocol.Hash, file []byte) (sealed [][]byte, leaves []protocol.Hash) {
	return cutUp(crypto.NewFileSealer(key), file, protocol.MaxChunk)
}

// chunkFrame is the frame that carries a chunk.
func chunkFrame(t testing.TB, index int64, leaves []protocol.Hash, sealed []byte) []byte {
	head, err := crypto.Marshal(&protocol.ChunkHead{Index: index, Path: crypto.ChunkPath(leaves, index)})
	if err != nil {
		t.Fatal(err)
	}
	payload := binary.BigEndian.AppendUint32(nil, uint32(len(head)))
	return frame(protocol.FrameChunk, append(append(payload, head...), sealed...))
}

// file makes the vector of files: a small one with the frame of its only chunk, and one of three chunks by its leaves.
func (m *maker) file() {
	v := &vector{
		About: "A file under its key: bytes is the frame of its first chunk, where it is small; leaf i is the hash of sealed chunk i. The file's byte i is i mod 251.",
		Frame: protocol.FrameChunk,
	}
	for _, f := range []struct {
		name string
		size int
	}{{"20 bytes: one chunk", 20}, {"no byte: one empty chunk", 0}, {"three chunks, the last of 5 bytes", 2*protocol.MaxChunk + 5}} {
		key := protocol.Hash(seed("file key " + f.name))
		sealed, leaves := sealedFile(key, patterned(f.size))
		g := good{Name: f.name, Expect: map[string]any{"key": key, "size": f.size, "leaves": leaves, "root": crypto.FileRoot(leaves)}}
		if len(sealed) == 1 {
			g.Bytes = chunkFrame(m.t, 0, leaves, sealed[0])
		}
		v.Good = append(v.Good, g)
	}
	whole := v.Good[0].Bytes
	altered := append([]byte(nil), whole...)
	altered[len(altered)-1] ^= 1
	v.Given = map[string]any{"root": v.Good[0].Expect["root"], "chunks": 1}
	v.Bad = []bad{
		{Name: "an altered chunk", Bytes: altered, Refusal: "open"},
		{Name: "another file's chunk", Bytes: v.Good[1].Bytes, Refusal: "open"},
		{Name: "a header that is longer than the frame", Bytes: frame(protocol.FrameChunk, []byte{0, 0, 1, 0, '{', '}'}), Refusal: "form"},
	}
	m.all["file"] = v
}

func fileChecker(t *testing.T, v *vector) checker {
	return checker{
		func(g good) error {
			size, key := int(g.Expect["size"].(float64)), hashIn(t, g.Expect["key"])
			sealed, leaves := sealedFile(key, patterned(size))
			if g.Bytes != nil && string(g.Bytes) != string(chunkFrame(t, 0, leaves, sealed[0])) {
				return crypto.ErrForm
			}
			return expect(g, map[string]any{"key": key, "size": size, "leaves": leaves, "root": crypto.FileRoot(leaves)})
		},
		func(b bad) error {
			payload := b.Bytes[5:]
			n := binary.BigEndian.Uint32(payload)
			if int(n) > len(payload)-4 {
				return crypto.ErrForm
			}
			var head protocol.ChunkHead
			if err := crypto.Unmarshal(payload[4:4+n], &head); err != nil {
				return err
			}
			return crypto.CheckChunk(hashIn(t, v.Given["root"]), head.Index, int64(v.Given["chunks"].(float64)), head.Path, payload[4+n:])
		},
	}
}

func hashIn(t *testing.T, v any) (h protocol.Hash) {
	t.Helper()
	if err := h.UnmarshalText([]byte(v.(string))); err != nil {
		t.Fatal(err)
	}
	return h
}
