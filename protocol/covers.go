package protocol

import (
	"slices"
	"time"
)

// ConsentGrace is how far a consent's time may lie ahead of our clock.
const ConsentGrace = 10 * time.Minute

// Live tells whether the consent has been obtained and has not ended at now.
func (c *Consent) Live(now time.Time) bool {
	from, ok1 := c.ObtainedAt.Time()
	until, ok2 := c.ExpiresAt.Time()
	return ok1 && ok2 && !from.After(now.Add(ConsentGrace)) && now.Before(until)
}

// Covers tells whether the consent lets the referral go to an organization. With onward the referral was received
// from another organization before and is being passed on; then Onward must allow it: named only to an
// organization in Recipients, same-purpose to any one, or to those in Recipients if there are some.
func (c *Consent) Covers(to OrgID, onward bool) bool {
	named := slices.ContainsFunc(c.Recipients, func(o OrgRef) bool { return o.Given() && o.ID() == to })
	switch {
	case !onward, c.Onward.Is(OnwardSamePurpose):
		return named || len(c.Recipients) == 0
	case c.Onward.Is(OnwardNamed):
		return named
	}
	return false
}

// LiveConsent gives the first consent that is live at now and covers the recipient, with regard to the steps
// that the referral has made before.
func (r *Referral) LiveConsent(now time.Time, to OrgID) (*Consent, bool) {
	c, _ := r.consentFor(now, to)
	return c, c != nil
}

// consentFor gives the consent, or the sentence that says why there is none.
func (r *Referral) consentFor(now time.Time, to OrgID) (*Consent, string) {
	live, onward := false, len(r.Provenance.Chain) > 0
	for i := range r.Consents {
		c := &r.Consents[i]
		if !c.Live(now) {
			continue
		}
		if live = true; c.Covers(to, onward) {
			return c, ""
		}
	}
	switch {
	case !live:
		return nil, "has ended or has not begun; ask the person again"
	case onward:
		return nil, "does not let the referral be passed on to this organization"
	}
	return nil, "does not cover the recipient"
}

// Exceptions gives the fields and classes that any live consent keeps back from the recipient, to be joined with
// those that the terms withhold.
func (r *Referral) Exceptions(now time.Time, to OrgID) []string {
	c, ok := r.LiveConsent(now, to)
	if !ok {
		return nil
	}
	var all []string
	for _, e := range c.Except {
		if e.Given() {
			all = append(all, e.Text())
		}
	}
	return all
}

// MaxRelease is how long after it was obtained a written release may last.
const MaxRelease = 366 * 24 * time.Hour

// WrittenRelease says what is missing for a release as victim services need it before anything about a person leaves
// (34 USC 12291(b)(2), 42 USC 10406(c)(5)): the person's own consent, signed, for a limited time, naming this recipient,
// recorded in the case and not merely stated by the organization or overridden. "" when there is one at now.
func (r *Referral) WrittenRelease(now time.Time, to OrgID) (missing string) {
	missing = "there is no release that has begun and has not ended"
	onward := len(r.Provenance.Chain) > 0
	for i := range r.Consents {
		c := &r.Consents[i]
		if !c.Live(now) {
			continue
		}
		from, _ := c.ObtainedAt.Time()
		until, _ := c.ExpiresAt.Time()
		stated, _ := c.StatedByOrganization.Bool()
		switch {
		case !c.Basis.Is(BasisConsent) || c.OverriddenReason.Given() || stated:
			missing = "the person has not agreed to it"
		case !c.Method.Is(MethodSigned):
			missing = "it is not signed"
		case until.Sub(from) > MaxRelease:
			missing = "it lasts longer than a year"
		case !c.Covers(to, onward) || !slices.ContainsFunc(c.Recipients, func(o OrgRef) bool { return o.Given() && o.ID() == to }):
			missing = "it does not name the recipient"
		default:
			return ""
		}
	}
	return missing
}

// Override is a consent that nobody gave: a law or a danger to life lets the referral go to one organization, and
// somebody says why. It is written into the referral, so that the recipient sees it too.
func Override(basis Basis, reason string, to OrgID, from, until time.Time) Consent {
	return Consent{
		GivenBy: Missing[Text](Unknown), Capacity: Missing[Choice[Capacity]](Unknown), Method: Missing[Choice[Method]](Unknown),
		Basis: Choose(basis), ObtainedAt: TimeOf(from), ExpiresAt: TimeOf(until), Recipients: []OrgRef{Of[OrgRef](string(to))},
		Onward: Choose(OnwardNone), OutcomeSharing: FlagOf(false), OverriddenReason: Of[Text](reason),
	}
}

// ConsentGap says why a referral may not go to an organization as far as consent goes, "" when it may.
func (r *Referral) ConsentGap(now time.Time, to OrgID) string {
	if len(r.Consents) == 0 {
		return "there is none"
	}
	_, why := r.consentFor(now, to)
	if why != "" {
		return "it " + why
	}
	return ""
}
