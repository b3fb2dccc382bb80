// Package exchange is one organization's sending and receiving: the Desk.
//
// Start with Send (send.go) and Receive (receive.go), which mirror each other. Between them lie the outbox (outbox.go,
// attempt.go), which asks the rules again, seals and delivers at each attempt until it holds a receipt, and the inbox
// (inbox.go), which hands what arrived to the organization's own medium and sends the later receipts.
//
// Types carry the stage: an Outgoing becomes drafts (one a recipient, valid and narrowed), a draft becomes a signed
// message, which is what is stored; only a signed message can be sealed, and what is sealed is never stored.
// On the other side a sealed envelope becomes an arrival when its signature is verified, and nothing else is decoded.
//
// Two promises: nil from Send means on our disk; a receipt means on theirs. Everything in between may be lost, doubled
// or late, and is made good by sending the same message again until its receipt is here.
package exchange
