package mapping

import (
	"fmt"
	"strings"
	"time"

	"referworks/protocol"
)

// Context is what a conversion needs to know beside the record.
type Context struct {
	Now              time.Time // zero: the system's clock
	Organization     protocol.OrgID
	OrganizationName string
	Partner          protocol.OrgID // whom the referral goes to (in) or comes from (out); may be empty
	PartnerName      string
	// NewID makes the number of a new referral. Without it, ToReferral leaves the number out and does not insist on
	// it: for a preview.
	NewID    func() protocol.ReferralID
	Practice bool   // mark the referral as practice, whatever the record says
	System   string // the organization's case system, for provenance
	Medium   string // how the record came, for provenance
	// Consent fills in when the record has no consent, and Contact when it names no worker to ask. Both come from the
	// connection, and the report says that the organization stated them.
	Consent *ConsentStatement
	Contact *ContactStatement
	// Attach takes the content of a file that stood in the record, for the function attachment; the id is also in the
	// referral. Without it, such a file does not travel and is reported.
	Attach func(id, name, mediaType string, content []byte) error
}

func (c *Context) now() time.Time {
	if c.Now.IsZero() {
		return time.Now()
	}
	return c.Now
}

// ConsentStatement is what an organization's administrator states once, per connection, about how consent is taken.
type ConsentStatement struct {
	Basis          protocol.Basis    `json:"basis"`
	Method         protocol.Method   `json:"method"`
	Capacity       protocol.Capacity `json:"capacity"`
	Days           int               `json:"days"`               // how long a consent lasts from the day of the referral; 1 to 3650
	Purposes       []string          `json:"purposes,omitempty"` // codes of the list consent-purpose, or own words
	GivenBy        string            `json:"givenBy,omitempty"`  // the referred person's name when empty
	Onward         protocol.Onward   `json:"onward,omitempty"`   // none when empty
	OutcomeSharing bool              `json:"outcomeSharing,omitempty"`
}

// ContactStatement is whom a partner may ask about the organization's referrals.
type ContactStatement struct {
	Name  string `json:"name,omitempty"`
	Role  string `json:"role,omitempty"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
	Hours string `json:"hours,omitempty"`
}

// Hold says that a conversion waits for a person, with every reason at once. Nothing was sent; the record and the report
// show where to look. The sentences name fields and never repeat values.
type Hold struct {
	Reasons []HoldReason
}

// HoldReason is one thing that a person must settle.
type HoldReason struct {
	Path     string `json:"path,omitempty"`  // in the standard
	Local    string `json:"local,omitempty"` // our place
	Label    string `json:"label,omitempty"` // our label, else the standard's
	Rule     string `json:"rule,omitempty"`
	Sentence string `json:"sentence"`
}

func (h *Hold) Error() string {
	lines := make([]string, len(h.Reasons))
	for i, r := range h.Reasons {
		lines[i] = r.Sentence
	}
	return fmt.Sprintf("the record waits for a person: %s", strings.Join(lines, " "))
}
