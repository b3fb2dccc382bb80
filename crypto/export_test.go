package crypto

// VerifyBytes shows tests where the library decides: a signature over bytes.
var VerifyBytes = verifyBytes

// Padded shows the sizes of envelopes.
var Padded = padded

// Pack and Unpack show the plaintext of an envelope.
var (
	Pack   = pack
	Unpack = unpack
)
