package exchange

import (
	"errors"
	"fmt"

	"referworks/node/calendar"
	"referworks/protocol"
)

// Rules are what an organization asks of itself beyond the protocol.
type Rules struct {
	VictimService bool              `json:"victimService,omitempty" doc:"Nothing about a person leaves without a written, time-limited release that names the recipient; there is no override."`
	Calendar      calendar.Calendar `json:"calendar,omitzero" doc:"When people work here. Deadlines are counted in these days."`
}

// ErrRules are rules that cannot be; what wraps it says why, in sentences without a value that came in.
var ErrRules = errors.New("these settings cannot be kept")

// Check tells whether they can be kept; nil, or ErrRules.
func (r Rules) Check() error {
	if _, err := r.Calendar.Plan(); err != nil {
		return fmt.Errorf("%w: %w", ErrRules, err)
	}
	return nil
}

// NoConsent is a referral that may not go to an organization because no consent covers it. It is for a person to get
// one, or to override the lack of it.
type NoConsent struct {
	To       protocol.OrgID
	Name     string
	Why      string
	Override bool // it may be overridden, with a reason
}

func (e *NoConsent) Error() string {
	if !e.Override {
		return fmt.Sprintf("This may not go to %s without a written release of the person: %s. Nothing was sent. Have it signed, with the recipient and an end of at most a year, record it, and send again.", e.Name, e.Why)
	}
	return fmt.Sprintf("No consent lets this go to %s: %s. Nothing was sent. Ask the person and record the consent, or send it without one and write down why.", e.Name, e.Why)
}

// Consented tells whether a consent lets a referral go to a partner: nil, or a *NoConsent.
func (d *Desk) Consented(r *protocol.Referral, to protocol.OrgID) error {
	no := &NoConsent{To: to, Name: to.Short()}
	if d.self.Rules().VictimService {
		no.Why = r.WrittenRelease(d.now(), to)
	} else {
		no.Why, no.Override = r.ConsentGap(d.now(), to), true
	}
	if no.Why == "" {
		return nil
	}
	if pair, ok := d.book.Current(to); ok {
		no.Name = pair.Name()
	}
	return no
}

// Override says that a person of ours sends a referral without a consent, and why.
type Override struct {
	Basis  protocol.Basis `json:"basis" enum:"legal-obligation,vital-interest" doc:"What allows it without a consent."`
	Reason string         `json:"reason" minLength:"10" maxLength:"500" doc:"Why, in words."`
}

// Check says what is wrong with an override, in a sentence.
func (o *Override) Check() error {
	switch {
	case o.Basis != protocol.BasisLegalObligation && o.Basis != protocol.BasisVitalInterest:
		return fmt.Errorf("to send without a consent, name what allows it: %s or %s", protocol.BasisLegalObligation, protocol.BasisVitalInterest)
	case len(o.Reason) < 10 || len(o.Reason) > 500:
		return fmt.Errorf("to send without a consent, write down why, in 10 to 500 characters")
	}
	return nil
}
