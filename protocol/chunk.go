package protocol

// Chunk is one sealed chunk of a file, not yet checked.
type Chunk struct {
	ChunkHead
	Sealed []byte
}
