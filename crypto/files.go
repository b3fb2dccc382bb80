package crypto

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"referworks/protocol"
)

// Files travel beside the referral that lists them, in chunks: each is sealed by ChaCha20-Poly1305 (RFC 8439) under a key
// for this one file and this one recipient, with the chunk's index and whether it is the last as the nonce. So a chunk
// can be sealed again at any time and comes out the same; no ciphertext is stored at the sender. The root of the RFC
// 6962 tree over the sealed chunks and the key stand in the referral's body.

// ChunkTag is how many bytes a sealed chunk is longer than its plaintext.
const ChunkTag = chacha20poly1305.Overhead

// NewFileKey makes the key of one file for one recipient.
func NewFileKey() (key protocol.Hash) {
	rand.Read(key[:])
	return key
}

// Chunks is how many chunks a file of size bytes has; an empty file has one, that is empty.
func Chunks(size int64) int64 {
	return max(1, (size+protocol.MaxChunk-1)/protocol.MaxChunk)
}

// FileSealer seals and opens the chunks of one file. It is safe for concurrent use.
type FileSealer struct{ aead cipher.AEAD }

// NewFileSealer takes the key of NewFileKey.
func NewFileSealer(key protocol.Hash) *FileSealer {
	aead, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic(err) // a Hash has the length of a key
	}
	return &FileSealer{aead}
}

func chunkNonce(index int64, last bool) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSize)
	binary.BigEndian.PutUint64(nonce, uint64(index))
	if last {
		nonce[len(nonce)-1] = 1
	}
	return nonce
}

// Seal appends chunk index, which is the last one of the file or not, sealed, to dst.
func (s *FileSealer) Seal(dst []byte, index int64, last bool, plain []byte) []byte {
	return s.aead.Seal(dst, chunkNonce(index, last), plain, nil)
}

// Open appends what Seal sealed to dst. ErrOpen when it is another chunk, or was altered.
func (s *FileSealer) Open(dst []byte, index int64, last bool, sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(dst, chunkNonce(index, last), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("open chunk: %w", ErrOpen)
	}
	return plain, nil
}

// ChunkLeaf is a sealed chunk's leaf in the tree of its file.
func ChunkLeaf(sealed []byte) protocol.Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(sealed)
	return protocol.Hash(h.Sum(nil))
}

// FileRoot is the root of a file's tree: RFC 6962, section 2.1, over the leaves in order, of which there is at least one.
func FileRoot(leaves []protocol.Hash) protocol.Hash { return treeRoot(leaves) }

// ChunkPath shows that leaf index is in the tree of FileRoot.
func ChunkPath(leaves []protocol.Hash, index int64) []protocol.Hash {
	return treePath(leaves, int(index))
}

// CheckChunk holds a sealed chunk against the root of its file, which has so many chunks.
func CheckChunk(root protocol.Hash, index, chunks int64, path []protocol.Hash, sealed []byte) error {
	if got, ok := rootOf(ChunkLeaf(sealed), index, chunks, path); !ok || got != root {
		return fmt.Errorf("check chunk: it is not part of the file that was announced: %w", ErrOpen)
	}
	return nil
}
