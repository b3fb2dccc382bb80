// Package api is the node's HTTP and WebSocket side: the bridge API that case management systems use with a key,
// and the control API that the command line uses over a socket that only the node's owner can open. Both are one
// set of operations under /v1, described by OpenAPI 3.1 from the code.
//
// It owns huma and gorilla/websocket. Problem details never echo a value that came in.
package api

import (
	"context"
	"time"

	"referworks/node/account"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// House is what the API needs of a node.
type House interface {
	// Organizations lists what the node hosts, in the order of creation.
	Organizations() []Organization
	// Organization gives one by id; false for any that this node does not host.
	Organization(id protocol.OrgID) (Organization, bool)
	// CreateOrganization makes one with an identity of its own; the kit is given once and not kept.
	CreateOrganization(ctx context.Context, in NewOrganization) (Created, error)
	// Restore takes up an organization whose node is gone; partners are called at, and our side stays suspended until
	// a person resumes it.
	Restore(ctx context.Context, in Restoring) (Organization, error)
	Status() Status
	// Accounts are the people who sign in; nil when there is no page.
	Accounts() *account.Book
}

// Organization is one organization's rooms in the node.
type Organization interface {
	Keeper
	ID() protocol.OrgID
	Name() string
	Contact() protocol.CardContact
	// Profile is what the organization says of itself, and Describe changes it; *Amiss says what cannot be.
	Profile() Profile
	Describe(ctx context.Context, d Description) error
	Store() *store.Org
	Desk() *exchange.Desk
	Book() *partner.Book
	Connections() *connection.Set
	Rules() exchange.Rules
	// SetRules replaces them; exchange.ErrRules when they cannot be.
	SetRules(ctx context.Context, r exchange.Rules) error
	// Hosting is what who runs the node lets it do; SetHosting changes that.
	Hosting() Hosting
	SetHosting(ctx context.Context, h Hosting) error
	// Created is when it was made, in ms since 1970.
	Created() int64
	// Invite makes a one-use invitation text.
	Invite(ctx context.Context) (text string, expires time.Time, err error)
	// AcceptInvitation pairs with who made the text, as far as the words; the answer names the partner.
	AcceptInvitation(ctx context.Context, text string) (protocol.OrgID, error)
	// Words gives the four words of an open pairing, to be compared by phone.
	Words(partner protocol.OrgID) ([4]string, error)
	// Confirm says that a person compared the words and they match; Reject that they do not.
	Confirm(ctx context.Context, partner protocol.OrgID, allow Allow) error
	Reject(ctx context.Context, partner protocol.OrgID) error
	// JoinPractice makes the node's practice partner a partner, and Practice tells whether it is one.
	JoinPractice(ctx context.Context) (protocol.OrgID, error)
	Practice() (protocol.OrgID, bool)
	// Stand changes the standing of our side for both directions.
	Stand(ctx context.Context, partner protocol.OrgID, state protocol.State) error
	// Reaches tells whether a node of the partner is connected now.
	Reaches(partner protocol.OrgID) bool
	// TryNow dials the partner's node at once and clears all waiting.
	TryNow(partner protocol.OrgID)
}

// NewOrganization is what creating one takes.
type NewOrganization struct {
	Name    string               `json:"name" maxLength:"200" doc:"The organization's name, as partners see it."`
	Contact protocol.CardContact `json:"contact,omitempty" required:"false"`
}

// Description is what an organization says of itself on its card, which its partners hold.
type Description struct {
	Name     string                 `json:"name" maxLength:"200" doc:"As partners see it."`
	Contact  protocol.CardContact   `json:"contact,omitempty" required:"false"`
	Services []protocol.CardService `json:"services,omitempty" maxItems:"64" doc:"What it offers, so that partners find it."`
}

// Profile is a Description with what else the card and its announcement say.
type Profile struct {
	ID protocol.OrgID `json:"id"`
	Description
	Announced bool `json:"announced" doc:"The card is told in the community topic."`
	Community bool `json:"community" doc:"This node is in a community topic."`
}

// Amiss is one thing that is wrong with what somebody wrote, with its place.
type Amiss struct{ At, Sentence string }

func (a *Amiss) Error() string { return a.Sentence }

// Created is a new organization with its recovery kit: two files and two passphrases, to be kept in two places.
// The node keeps none of it.
type Created struct {
	ID                 protocol.OrgID `json:"id"`
	Name               string         `json:"name"`
	RootFile           string         `json:"rootFile" doc:"Save it in one place."`
	RootPassphrase     string         `json:"rootPassphrase" doc:"Keep it apart from the file."`
	RecoveryFile       string         `json:"recoveryFile" doc:"Save it in another place."`
	RecoveryPassphrase string         `json:"recoveryPassphrase" doc:"Keep it apart from the file."`
}

// Allow is what a person permits when the words match: each direction is one act, and nothing moves in a direction
// before both sides have said yes to it.
type Allow struct {
	TheySend bool                `json:"theySend" doc:"They may send us referrals."`
	WeSend   bool                `json:"weSend" doc:"We may send them referrals, under the terms that they write."`
	Needs    []protocol.NeedCode `json:"needs,omitempty" doc:"What they may send us; empty: every need."`
	Withheld []string            `json:"withheld,omitempty" doc:"Fields or classes that must not travel to us."`
	PerDay   int                 `json:"perDay,omitempty" minimum:"0" doc:"New referrals a day; 0: no limit."`

	NamesFirst bool `json:"namesFirst,omitempty" doc:"They send who the parties are first, for a check on conflicts of interest; the rest comes by itself when you found none."`
}

// Status is how the node is, for who runs it. It names no partner and no referral.
type Status struct {
	Version       string    `json:"version"`
	Ready         bool      `json:"ready"`
	Started       time.Time `json:"started"`
	API           string    `json:"api" doc:"Where API and page are."`
	URL           string    `json:"url" doc:"Where people open the page."`
	Peer          string    `json:"peer" doc:"The node's libp2p peer id."`
	Addresses     []string  `json:"addresses"`
	Organizations int       `json:"organizations"`
	Partners      int       `json:"partners" doc:"Partner nodes in the gate."`
	Connected     int       `json:"connected" doc:"Partner nodes reached now."`
	Store         string    `json:"store" doc:"What the check at the start found."`
	FreeBytes     int64     `json:"freeBytes"`
	Warnings      []string  `json:"warnings" doc:"What who runs the node should see to."`
}
