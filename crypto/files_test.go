package crypto_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/protocol"
)

// cutUp seals a file in chunks of n bytes, as crypto.Chunks does with those of the protocol.
func cutUp(s *crypto.FileSealer, file []byte, n int) (sealed [][]byte, leaves []protocol.Hash) {
	for at := 0; at == 0 || at < len(file); at += n {
		end := min(at+n, len(file))
		c := s.Seal(nil, int64(len(sealed)), end == len(file), file[at:end])
		sealed, leaves = append(sealed, c), append(leaves, crypto.ChunkLeaf(c))
	}
	return sealed, leaves
}

// TestChunks: each chunk stands alone, opens only in its place and under its key, and is the same when sealed again.
func TestChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "file")
		n := rapid.IntRange(1, 60).Draw(t, "chunk")
		key := crypto.NewFileKey()
		s := crypto.NewFileSealer(key)
		sealed, leaves := cutUp(s, file, n)
		again, _ := cutUp(crypto.NewFileSealer(key), file, n)
		root := crypto.FileRoot(leaves)
		var got []byte
		for i, c := range sealed {
			if !bytes.Equal(c, again[i]) || len(c) != min(n, len(file)-i*n)+crypto.ChunkTag {
				t.Fatal("a chunk is another one when it is sealed again")
			}
			path := crypto.ChunkPath(leaves, int64(i))
			if err := crypto.CheckChunk(root, int64(i), int64(len(sealed)), path, c); err != nil {
				t.Fatal(err)
			}
			var err error
			if got, err = s.Open(got, int64(i), i == len(sealed)-1, c); err != nil {
				t.Fatal(err)
			}
			bent := bytes.Clone(c)
			bent[rapid.IntRange(0, len(c)-1).Draw(t, "where")] ^= 1
			wrong := map[string]error{
				"a bent chunk":           crypto.CheckChunk(root, int64(i), int64(len(sealed)), path, bent),
				"another place":          crypto.CheckChunk(root, int64(i)+1, int64(len(sealed)), path, c),
				"a shorter path":         crypto.CheckChunk(root, int64(i), int64(len(sealed)), append(path, root), c),
				"another root":           crypto.CheckChunk(protocol.Hash{1}, int64(i), int64(len(sealed)), path, c),
				"a negative place":       crypto.CheckChunk(root, -1, int64(len(sealed)), path, c),
				"opened bent":            opened(s, int64(i), i == len(sealed)-1, bent),
				"opened in another":      opened(s, int64(i)+1, i == len(sealed)-1, c),
				"opened, not the last":   opened(s, int64(i), i != len(sealed)-1, c),
				"opened by another's":    opened(crypto.NewFileSealer(crypto.NewFileKey()), int64(i), i == len(sealed)-1, c),
				"opened without its tag": opened(s, int64(i), i == len(sealed)-1, c[:len(c)-1]),
			}
			for what, err := range wrong {
				if !errors.Is(err, crypto.ErrOpen) {
					t.Fatalf("%s: %v", what, err)
				}
			}
		}
		if !bytes.Equal(got, file) {
			t.Fatal("another file came out")
		}
	})
	for size, want := range map[int64]int64{0: 1, 1: 1, protocol.MaxChunk: 1, protocol.MaxChunk + 1: 2, protocol.MaxFile: 100} {
		if got := crypto.Chunks(size); got != want {
			t.Errorf("%d bytes are %d chunks, want %d", size, got, want)
		}
	}
}

func opened(s *crypto.FileSealer, index int64, last bool, sealed []byte) error {
	_, err := s.Open(nil, index, last, sealed)
	return err
}
