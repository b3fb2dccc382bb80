// Package sample holds referrals of the common standard for tests. All people, places and numbers in it are
// invented; phone numbers are from ranges reserved for fiction.
package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"referworks/protocol"
)

// Now is a time at which the consents of Full, Minimal and Referral are live. They stay so until the year 2095.
var Now = time.Date(2026, 3, 2, 15, 4, 5, 0, time.UTC)

// Org gives the id of an invented organization: the same name, the same id.
func Org(name string) protocol.OrgID {
	return protocol.OrgIDOf(sha256.Sum256([]byte("sample " + name)))
}

// ReferralID gives the n-th of a row of referral ids.
func ReferralID(n uint64) protocol.ReferralID {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], n)
	h := sha256.Sum256(seed[:])
	b := h[:16]
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return protocol.ReferralID(fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

func text(s string) protocol.Text   { return protocol.Of[protocol.Text](s) }
func long(s string) protocol.Long   { return protocol.Of[protocol.Long](s) }
func token(s string) protocol.Token { return protocol.Of[protocol.Token](s) }
func date(s string) protocol.Date   { return protocol.Of[protocol.Date](s) }
func clock(s string) protocol.Time  { return protocol.Of[protocol.Time](s) }
func code(system, code, label, original string) protocol.Coded {
	return protocol.CodedAs(protocol.Coding{System: system, Code: code, Label: label, Original: original})
}

// Minimal is the least valid referral: nothing in it can be left out.
func Minimal() *protocol.Referral {
	return &protocol.Referral{
		Header: protocol.Header{
			ID:        protocol.Of[protocol.ReferralRef](string(ReferralID(1))),
			CreatedAt: clock("2026-03-02T09:58:00-05:00"),
			Mode:      protocol.Choose(protocol.ModeLive),
		},
		Referrer: protocol.Referrer{
			Organization: protocol.Named{Name: text("Harbor Legal Aid")},
			Contact:      protocol.Worker{Phone: text("(617) 555-0134")},
		},
		Person: protocol.Person{Names: []protocol.Name{{Full: text("Blue Heron"), Use: protocol.Choose(protocol.NameAlias)}}},
		Contact: protocol.Contact{
			Points:    []protocol.ContactPoint{{Kind: protocol.Choose(protocol.PointPhone), Value: text("617 555 0155")}},
			Initiator: protocol.Choose(protocol.RecipientContacts),
		},
		Needs: []protocol.Need{{ID: token("1"), Codes: []protocol.Coded{code("", "", "", "Elder Care")}, Text: text("Elder care")}},
		Urgency: protocol.Urgency{
			Level: protocol.Choose(protocol.Routine),
		},
		Consents: []protocol.Consent{consent()},
	}
}

func consent() protocol.Consent {
	return protocol.Consent{
		GivenBy:        text("the person"),
		Capacity:       protocol.Choose(protocol.CapacitySelf),
		Basis:          protocol.Choose(protocol.BasisConsent),
		Method:         protocol.Choose(protocol.MethodVerbal),
		ObtainedAt:     clock("2026-03-01T14:00:00-05:00"),
		ExpiresAt:      clock("2095-03-01T14:00:00-05:00"),
		Onward:         protocol.Choose(protocol.OnwardNone),
		OutcomeSharing: protocol.FlagOf(true),
	}
}

func digest(of string) string { return protocol.Hash(sha256.Sum256([]byte(of))).String() }
