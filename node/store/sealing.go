package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// KeySealing says what the key file is sealed by. The zero value seals by nothing but the file's mode, which is
// for trying out: Health says so and the screens show a red banner.
type KeySealing struct {
	// Passphrase seals by argon2id (64 MiB, 3 passes).
	Passphrase []byte
	// Credential is a random secret of at least 32 bytes from the system's credential store, for instance a file
	// of systemd's $CREDENTIALS_DIRECTORY. Set one of the two.
	Credential []byte
}

// The key file: magic 4 | sealing 1 | passes 4 | memory KiB 4 | threads 1 | salt 16 | nonce 24 | sealed content.
// Everything before the sealed content is its associated data.
const (
	keyFileMagic  = "RWK1"
	sealedPlain   = 0
	sealedPhrase  = 1
	sealedByStore = 2

	keyFileHead = 4 + 1 + 4 + 4 + 1 + 16 + 24

	argonPasses  = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 2

	maxArgonPasses = 64
	maxArgonMemory = 2 << 20 // KiB
)

// sealer keeps the key derived at the first use, so that a write does not cost an argon2id run.
type sealer struct {
	by     KeySealing
	head   [keyFileHead]byte
	key    *symmetricKey
	argonM uint32
}

func newSealer(by KeySealing) (*sealer, error) {
	if by.Passphrase != nil && by.Credential != nil {
		return nil, errors.New("seal key file: give a passphrase or a credential, not both")
	}
	if by.Credential != nil && len(by.Credential) < 32 {
		return nil, errors.New("seal key file: the credential has fewer than 32 bytes")
	}
	if by.Passphrase != nil && len(by.Passphrase) == 0 {
		return nil, errors.New("seal key file: the passphrase is empty")
	}
	return &sealer{by: by, argonM: argonMemory}, nil
}

func (s *sealer) mode() byte {
	switch {
	case s.by.Passphrase != nil:
		return sealedPhrase
	case s.by.Credential != nil:
		return sealedByStore
	}
	return sealedPlain
}

func (s *sealer) derive(passes, memory uint32, threads uint8, salt []byte) *symmetricKey {
	switch s.mode() {
	case sealedPhrase:
		return (*symmetricKey)(argon2.IDKey(s.by.Passphrase, salt, passes, memory, threads, 32))
	case sealedByStore:
		sum := sha256.Sum256(append(append([]byte("referworks key file"), salt...), s.by.Credential...))
		return (*symmetricKey)(&sum)
	}
	// Not a secret: it only lets one reader serve all files and find damage.
	return &symmetricKey{}
}

// open gives the content and remembers the derived key for seal.
func (s *sealer) open(file []byte) ([]byte, error) {
	if len(file) < keyFileHead+chacha20poly1305.Overhead || string(file[:4]) != keyFileMagic {
		return nil, fmt.Errorf("read key file: %w", ErrIntegrity)
	}
	if file[4] != s.mode() {
		return nil, fmt.Errorf("open key file: it is sealed %s: %w", sealingName(file[4]), ErrWrongPassphrase)
	}
	passes, memory, threads := binary.BigEndian.Uint32(file[5:]), binary.BigEndian.Uint32(file[9:]), file[13]
	if s.mode() == sealedPhrase && (passes == 0 || passes > maxArgonPasses || memory == 0 || memory > maxArgonMemory || threads == 0) {
		return nil, fmt.Errorf("read key file: %w", ErrIntegrity)
	}
	key := s.derive(passes, memory, threads, file[14:30])
	plain, err := key.aead().Open(nil, file[30:keyFileHead], file[keyFileHead:], file[:keyFileHead])
	if err != nil {
		if s.mode() == sealedPlain {
			return nil, fmt.Errorf("read key file: it is damaged: %w", ErrIntegrity)
		}
		return nil, fmt.Errorf("open key file: %w", ErrWrongPassphrase)
	}
	copy(s.head[:], file)
	s.key = key
	return plain, nil
}

// seal gives the file for content, under a fresh nonce.
func (s *sealer) seal(content []byte) []byte {
	if s.key == nil {
		copy(s.head[:], keyFileMagic)
		s.head[4] = s.mode()
		binary.BigEndian.PutUint32(s.head[5:], argonPasses)
		binary.BigEndian.PutUint32(s.head[9:], s.argonM)
		s.head[13] = argonThreads
		rand.Read(s.head[14:30])
		s.key = s.derive(argonPasses, s.argonM, argonThreads, s.head[14:30])
	}
	rand.Read(s.head[30:])
	return s.key.aead().Seal(append([]byte(nil), s.head[:]...), s.head[30:], content, s.head[:])
}

func sealingName(mode byte) string {
	switch mode {
	case sealedPhrase:
		return "by a passphrase"
	case sealedByStore:
		return "by a credential"
	case sealedPlain:
		return "by its file mode only"
	}
	return "in a way this version does not know"
}
