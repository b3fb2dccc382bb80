package protocol_test

import (
	"strings"
	"testing"
	"time"

	"referworks/internal/sample"
	"referworks/protocol"
)

func TestWrittenRelease(t *testing.T) {
	to := protocol.OrgIDOf(protocol.Hash{1})
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	release := func(change func(*protocol.Consent)) *protocol.Referral {
		r := sample.Full()
		r.Provenance.Chain = nil
		c := protocol.Consent{
			GivenBy: protocol.Of[protocol.Text]("Ana"), Capacity: protocol.Missing[protocol.Choice[protocol.Capacity]](protocol.Unknown),
			Basis: protocol.Choose(protocol.BasisConsent), Method: protocol.Choose(protocol.MethodSigned), Onward: protocol.Choose(protocol.OnwardNone),
			ObtainedAt: protocol.TimeOf(now.Add(-time.Hour)), ExpiresAt: protocol.TimeOf(now.AddDate(0, 3, 0)),
			Recipients: []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(to))}, OutcomeSharing: protocol.FlagOf(true),
		}
		if change != nil {
			change(&c)
		}
		r.Consents = []protocol.Consent{c}
		return r
	}
	if why := release(nil).WrittenRelease(now, to); why != "" {
		t.Errorf("a signed release: %s", why)
	}
	for want, change := range map[string]func(*protocol.Consent){
		"not ended":  func(c *protocol.Consent) { c.ExpiresAt = protocol.TimeOf(now) },
		"has begun":  func(c *protocol.Consent) { c.ObtainedAt = protocol.TimeOf(now.Add(time.Hour)) },
		"not signed": func(c *protocol.Consent) { c.Method = protocol.Choose(protocol.MethodVerbal) },
		"a year":     func(c *protocol.Consent) { c.ExpiresAt = protocol.TimeOf(now.AddDate(2, 0, 0)) },
		"recipient":  func(c *protocol.Consent) { c.Recipients = nil },
		"agreed":     func(c *protocol.Consent) { c.Basis = protocol.Choose(protocol.BasisVitalInterest) },
		"not agreed": func(c *protocol.Consent) { c.StatedByOrganization = protocol.FlagOf(true) },
		"agreed to":  func(c *protocol.Consent) { c.OverriddenReason = protocol.Of[protocol.Text]("because") },
		"the recipie": func(c *protocol.Consent) {
			c.Recipients = []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(protocol.OrgIDOf(protocol.Hash{2})))}
		},
	} {
		if why := release(change).WrittenRelease(now, to); !strings.Contains(why, want) {
			t.Errorf("%q, want something with %q", why, want)
		}
	}
	r := release(func(c *protocol.Consent) {
		c.Recipients = []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(protocol.OrgIDOf(protocol.Hash{2})))}
	})
	if r.ConsentGap(now, to) == "" {
		t.Error("a consent for another organization leaves no gap")
	}
	r.Consents = append(r.Consents, protocol.Override(protocol.BasisVitalInterest, "danger to life", to, now, now.Add(time.Hour)))
	if why := r.ConsentGap(now, to); why != "" {
		t.Errorf("with an override: %s", why)
	}
	if err := r.ValidateFor(now, to); err != nil {
		t.Errorf("with an override: %v", err)
	}
	if why := r.WrittenRelease(now, to); why == "" {
		t.Error("an override is a written release")
	}
	if r.ConsentGap(now, protocol.OrgIDOf(protocol.Hash{3})) == "" {
		t.Error("an override is for one organization only")
	}
}
