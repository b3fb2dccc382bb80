// Package protocol is what two organizations agree on: the common standard of a referral, the signed objects
// that carry trust (charter, card, terms, standing, manifest, receipt), the frames on a stream, and the codes
// of what can go wrong.
//
// It uses the standard library only and holds no secrets and no behavior that needs a key: package crypto
// reads and writes these types as RFC 8785 canonical JSON, signs them and seals them. Everything that crosses
// the network is declared here; what stays at home lives elsewhere. docs/protocol.md is the normative text.
package protocol
