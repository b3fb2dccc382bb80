// Package partner is the allowlist: who may send us what, and whom we may send to. A Book is one organization's
// relationships; a Pair is one of them as it stands, and its rules (rules.go) are pure: they read no clock, no disk and
// no network.
//
// It promises: nothing is allowed that both sides did not sign; a side signs nothing before its own person pressed "the
// words match"; what MaySend and MayReceive are asked inside a transaction is answered by the state of that
// transaction; every change is in the audit log by the same commit.
package partner
