package mapping

import (
	"slices"

	"referworks/protocol"
	"referworks/protocol/codes"
)

// consent uses the record's own consents; a record without any gets the one that the organization has stated.
func (in *intake) consent(ref *protocol.Referral) {
	s := in.ctx.Consent
	if len(ref.Consents) == 0 {
		if s == nil {
			in.hold = append(in.hold, HoldReason{Path: "consents", Label: labelAt("consents"),
				Sentence: "The record has no consent, and the organization has not stated how it takes consent; state it in the connection, or map a consent."})
			return
		}
		ref.Consents = []protocol.Consent{{StatedByOrganization: protocol.FlagOf(true)}}
		in.report.Stated = append(in.report.Stated, "consents")
	}
	if s == nil {
		return
	}
	for i := range ref.Consents {
		in.completeConsent(ref, &ref.Consents[i])
	}
}

// completeConsent fills what a consent lacks from the statement, and reports each such field of a consent that
// the record has.
func (in *intake) completeConsent(ref *protocol.Referral, c *protocol.Consent) {
	s := in.ctx.Consent
	by := s.GivenBy
	if by == "" {
		by = personName(ref)
	}
	onward := s.Onward
	if onward == "" {
		onward = protocol.OnwardNone
	}
	sharing := "false"
	if s.OutcomeSharing {
		sharing = "true"
	}
	in.state(c, &c.GivenBy, "givenBy", by)
	in.state(c, &c.Capacity, "capacity", string(s.Capacity))
	in.state(c, &c.Basis, "basis", string(s.Basis))
	in.state(c, &c.Method, "method", string(s.Method))
	in.state(c, &c.Onward, "onward", string(onward))
	in.state(c, &c.OutcomeSharing, "outcomeSharing", sharing)
	in.state(c, &c.ObtainedAt, "obtainedAt", ref.Header.CreatedAt.Text())
	if from, ok := c.ObtainedAt.Time(); ok && s.Days > 0 {
		in.state(c, &c.ExpiresAt, "expiresAt", protocol.TimeOf(from.AddDate(0, 0, min(s.Days, 3650))).Text())
	}
	if len(c.Purposes) == 0 {
		c.Purposes = purposes(s.Purposes)
	}
}

// state fills one leaf of a consent.
func (in *intake) state(c *protocol.Consent, slot protocol.Slot, name, text string) {
	if !slot.IsZero() || text == "" || slot.Set(text) != nil {
		return // a value that does not fit stays out, and validation then says that the field is missing
	}
	path := "consents[]." + name
	if !c.StatedByOrganization.Given() && !slices.Contains(in.report.Stated, path) {
		in.report.Stated = append(in.report.Stated, path)
	}
}

func purposes(stated []string) []protocol.Coded {
	var out []protocol.Coded
	for _, p := range stated {
		coding := protocol.Coding{Original: p}
		if entry, known := codes.Lookup("consent-purpose", p); known {
			coding = protocol.Coding{System: "consent-purpose", Code: p, Label: entry.Label}
		}
		out = append(out, protocol.CodedAs(coding))
	}
	return out
}
