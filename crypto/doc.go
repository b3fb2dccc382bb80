// Package crypto makes and checks everything that carries trust between organizations: canonical JSON, signatures,
// charter chains, sealed envelopes, receipts, recovery files and the words of a pairing.
//
// It owns the libraries that do so (jwx, go-json-experiment, age, the word list) and shows none of their types. It
// keeps no state but bounded caches, reads no clock and touches no file. docs/protocol.md is the normative text;
// testdata/v1 in package protocol holds its frozen vectors.
package crypto

import "errors"

// What can be wrong with something from outside. Errors of this package wrap one of these where a caller can act on
// the difference; they never hold a value of a referral.
var (
	// ErrForm: not the exact form of this version. Never acceptable later.
	ErrForm = errors.New("it does not have the exact form that is required")
	// ErrSignature: a signature that does not verify.
	ErrSignature = errors.New("the signature is not valid")
	// ErrKey: signed by a key, or brought by a peer, that the charter does not delegate, or no longer.
	ErrKey = errors.New("its signer is not delegated by the organization's charter")
	// ErrCharter: it names a charter that the chain does not hold. Pulling the chain may help.
	ErrCharter = errors.New("it names a charter that is not held here")
	// ErrWrongOrg: it is of another organization than the chain.
	ErrWrongOrg = errors.New("it belongs to another organization")
	// ErrOpen: an envelope that this key does not open, or that was changed on the way.
	ErrOpen = errors.New("it was sealed to another key or changed on the way")
	// ErrPassphrase: the words do not open the file.
	ErrPassphrase = errors.New("the passphrase does not open this file; check each word")
	// ErrDamaged: a recovery or house file that is cut, changed or of another kind.
	ErrDamaged = errors.New("the file is damaged or is not what it says; use the other copy")
	// ErrInternal: a defect of ours or of a library, caught at the boundary. Worth an alarm.
	ErrInternal = errors.New("reading it met an internal error")
)
