package api

import (
	"maps"
	"slices"

	"referworks/node/account"
)

// Permission is what a caller must have for an operation.
type Permission string

// The permissions. What no role, key or socket has, nobody may do.
const (
	Anyone        Permission = "anyone"         // also who is not signed in: the way in
	Self          Permission = "self"           // a person, about their own account
	ReadReferrals Permission = "referrals.read" // also partners and events
	WorkReferrals Permission = "referrals.work" // send, act, retry
	ReadSetUp     Permission = "setup.read"     // connections, mappings, settings, people's roles
	ChangeSetUp   Permission = "setup.change"
	Trust         Permission = "trust" // who may send what to whom
	Colleagues    Permission = "people.read"
	People        Permission = "people"   // who belongs to the organization
	Keys          Permission = "keys"     // API keys
	Identity      Permission = "identity" // charter, recovery, house file
	Node          Permission = "node"     // the node itself: organizations, their health; no referral
)

// access is what an operation asks for.
type access struct {
	need  Permission
	fresh bool // an act of trust: a person has proved a short time ago who they are
}

// permissions is the one table of all operations. An operation that is not here answers nobody.
var permissions = map[string]access{
	"show-session": {need: Anyone}, "sign-in": {need: Anyone}, "ask-passkey": {need: Anyone}, "answer-passkey": {need: Anyone}, "look-at-link": {need: Anyone}, "take-up-link": {need: Anyone}, "sign-in-demo": {need: Anyone},

	"sign-out": {need: Self}, "choose-organization": {need: Self}, "step-up": {need: Self}, "show-account": {need: Self}, "rename-account": {need: Self},
	"begin-totp": {need: Self}, "confirm-totp": {need: Self}, "begin-passkey": {need: Self}, "finish-passkey": {need: Self},
	"change-password": {need: Self, fresh: true}, "drop-totp": {need: Self, fresh: true}, "drop-passkey": {need: Self, fresh: true}, "renew-codes": {need: Self, fresh: true}, "sign-out-everywhere": {need: Self},

	"list-events": {need: ReadReferrals}, "list-uploads": {need: ReadReferrals}, "list-files": {need: ReadReferrals}, "read-file": {need: ReadReferrals},
	"show-thread": {need: ReadReferrals}, "read-referral": {need: ReadReferrals}, "list-partners": {need: ReadReferrals}, "show-partner": {need: ReadReferrals}, "list-waiting": {need: ReadReferrals}, "show-waiting": {need: ReadReferrals}, "read-waiting": {need: ReadReferrals}, "open-waiting": {need: ReadReferrals}, "read-waiting-file": {need: ReadReferrals}, "read-upload": {need: ReadReferrals}, "show-practice": {need: ReadReferrals},
	"list-referrals": {need: ReadReferrals}, "show-referral": {need: ReadReferrals}, "prove-referral": {need: ReadReferrals}, "show-organization": {need: ReadReferrals}, "show-report": {need: ReadReferrals}, "export-report": {need: ReadReferrals}, "list-services": {need: ReadReferrals},

	"count-referrals": {need: ReadReferrals}, "list-standard": {need: ReadReferrals}, "list-notes": {need: ReadReferrals}, "assign-referral": {need: WorkReferrals}, "write-note": {need: WorkReferrals},

	"send-referral": {need: WorkReferrals}, "lease-inbox": {need: WorkReferrals}, "ack-lease": {need: WorkReferrals}, "nack-lease": {need: WorkReferrals}, "extend-lease": {need: WorkReferrals}, "preview-referral": {need: WorkReferrals}, "upload-file": {need: WorkReferrals}, "delete-upload": {need: WorkReferrals}, "act-on-referral": {need: WorkReferrals},
	"forward-referral": {need: WorkReferrals}, "retry-referral": {need: WorkReferrals}, "resend-waiting": {need: WorkReferrals}, "send-waiting": {need: WorkReferrals}, "try-partner": {need: WorkReferrals},

	"list-connections": {need: ReadSetUp}, "show-connection": {need: ReadSetUp}, "list-kinds": {need: ReadSetUp}, "show-kind-start": {need: ReadSetUp}, "show-drift": {need: ReadSetUp}, "list-lookups": {need: ReadSetUp}, "show-draft": {need: ReadSetUp}, "compare-mapping": {need: ReadSetUp}, "list-mapping-versions": {need: ReadSetUp},
	"list-mappings": {need: ReadSetUp}, "show-mapping": {need: ReadSetUp}, "list-invitations": {need: ReadSetUp}, "show-settings": {need: ReadSetUp}, "show-kit": {need: ReadSetUp}, "list-activity": {need: ReadSetUp}, "export-activity": {need: ReadSetUp}, "list-codes": {need: ReadSetUp}, "list-drafts": {need: ReadSetUp}, "show-work": {need: ReadSetUp},

	"put-connection": {need: ChangeSetUp}, "test-connection": {need: ChangeSetUp}, "read-lookup": {need: ChangeSetUp}, "pause-connection": {need: ChangeSetUp}, "accept-drift": {need: ChangeSetUp}, "discard-waiting": {need: ChangeSetUp},
	"save-draft": {need: ChangeSetUp}, "drop-draft": {need: ChangeSetUp}, "test-mapping": {need: ChangeSetUp}, "publish-draft": {need: ChangeSetUp}, "roll-back-mapping": {need: ChangeSetUp}, "publish-mapping": {need: ChangeSetUp},
	"infer-schema": {need: ChangeSetUp}, "compare-schemas": {need: ChangeSetUp}, "check-mapping": {need: ChangeSetUp}, "run-mapping": {need: ChangeSetUp}, "suggest-mapping": {need: ChangeSetUp}, "save-work": {need: ChangeSetUp}, "list-samples": {need: ChangeSetUp},
	"start-practice": {need: ChangeSetUp}, "set-settings": {need: ChangeSetUp}, "describe-organization": {need: ChangeSetUp}, "remove-connection": {need: ChangeSetUp},

	"invite-partner": {need: Trust}, "withdraw-invitation": {need: Trust}, "accept-invitation": {need: Trust},
	"confirm-words": {need: Trust, fresh: true}, "set-standing": {need: Trust, fresh: true},

	"list-people": {need: Colleagues}, "invite-person": {need: People, fresh: true}, "set-role": {need: People, fresh: true}, "remove-person": {need: People, fresh: true}, "relink-person": {need: People, fresh: true}, "end-sessions": {need: People, fresh: true},

	"list-apikeys": {need: Keys}, "create-apikey": {need: Keys, fresh: true}, "revoke-apikey": {need: Keys},

	"show-charter": {need: Identity}, "sign-charter": {need: Identity, fresh: true}, "recover-organization": {need: Identity, fresh: true}, "save-house-file": {need: Identity, fresh: true}, "announce-organization": {need: Identity}, "check-kit": {need: Identity}, "keep-kit": {need: Identity},

	"node-status": {need: Node}, "list-hosted": {need: Node}, "set-hosting": {need: Node, fresh: true}, "measure-organization": {need: Node}, "export-organization": {need: Node, fresh: true}, "list-organizations": {need: Node}, "create-organization": {need: Node}, "restore-organization": {need: Node, fresh: true},
	"recover-person": {need: Node, fresh: true}, "list-everybody": {need: Node}, "make-operator": {need: Node, fresh: true}, "invite-owner": {need: Node, fresh: true}, "make-demo-person": {need: Node, fresh: true},
}

// What each kind of caller has.
var (
	ofRoles = map[account.Role][]Permission{
		account.Owner:   {ReadReferrals, WorkReferrals, ReadSetUp, ChangeSetUp, Trust, Colleagues, People, Keys, Identity},
		account.Admin:   {ReadReferrals, WorkReferrals, ReadSetUp, ChangeSetUp, Trust, Colleagues, People, Keys},
		account.Worker:  {ReadReferrals, WorkReferrals, Colleagues},
		account.Auditor: {ReadReferrals, ReadSetUp, Colleagues},
	}
	ofPersons   = []Permission{Anyone, Self}
	ofOperators = []Permission{Node}
	ofScopes    = map[Scope][]Permission{
		Referrals: {ReadReferrals, WorkReferrals},
		Admin:     {ReadReferrals, WorkReferrals, ReadSetUp, ChangeSetUp, Trust},
	}
	// The socket in the data folder: who can open it owns the machine. Sessions are for browsers.
	ofSocket = []Permission{ReadReferrals, WorkReferrals, ReadSetUp, ChangeSetUp, Trust, Colleagues, People, Keys, Identity, Node}
)

// ofPerson is what a session may do.
func ofPerson(s *account.Session) []Permission {
	all := slices.Clone(ofPersons)
	if s.Account == nil {
		return []Permission{Anyone}
	}
	if !s.Secured { // first a second factor
		return all
	}
	if s.Account.Operator {
		all = append(all, ofOperators...)
	}
	return append(all, ofRoles[s.Role()]...)
}

// forNode tells whether an operation is about the node or the caller rather than about one organization.
func (p Permission) forNode() bool { return p == Anyone || p == Self || p == Node }

// public tells whether an operation stands in the description for developers: those that an API key may do.
func (p Permission) public() bool { return slices.Contains(ofScopes[Admin], p) }

// Operations are the names in the table, for the test that walks them.
func Operations() []string { return slices.Sorted(maps.Keys(permissions)) }
