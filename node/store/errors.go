package store

import (
	"errors"

	"referworks/protocol"
)

// Errors of the store. Compare with errors.Is; each may come wrapped with what was attempted.
var (
	// ErrNotFound: no such row, secret, blob or organization.
	ErrNotFound = errors.New("not found")
	// ErrExists: the organization is in this store already.
	ErrExists = errors.New("exists already")
	// ErrErased: the case was erased; nothing can be written under it any more.
	ErrErased = errors.New("the case was erased")
	// ErrStale: the lane's lease ran out and the lane was claimed again, or it was released or settled.
	ErrStale = errors.New("the claim on this lane is no longer valid")
	// ErrReadOnly: a View or an end-of-batch reader tried to write.
	ErrReadOnly = errors.New("this transaction only reads")
	// ErrTooLarge: one closure wrote more than a batch can take (4 MiB).
	ErrTooLarge = errors.New("one transaction writes more than 4 MiB")
	// ErrFull: the disk is nearly full, so new work is refused before the store dies of it.
	ErrFull error = &protocol.Error{Code: protocol.CodeStorage, Sentence: "The disk of this node is nearly full. Free some space, then try again."}
	// ErrLocked: another process holds the data folder.
	ErrLocked = errors.New("another process has this data folder open")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("the store is closed")
	// ErrDead: a commit did not reach the disk for certain. Nothing more is accepted and the process must end;
	// what was not acknowledged may or may not be there at the next start.
	ErrDead = errors.New("the store stopped after a disk error; restart the node")
	// ErrIntegrity: what is on the disk is not what was acknowledged. The text says what to do.
	ErrIntegrity = errors.New("the stored data is not complete or was altered")
	// ErrWrongPassphrase: the key file does not open with this passphrase or credential.
	ErrWrongPassphrase = errors.New("the key file does not open with this passphrase or credential")
)
