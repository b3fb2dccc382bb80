package protocol

// Consent is what allows the data to be shared. Empty Recipients covers only the organization that the referral is
// addressed to. Consent only narrows along a chain of referrals.
type Consent struct {
	redact `json:"-"`

	GivenBy              Text             `json:"givenBy,omitzero" label:"Given by" class:"P1" required:"answer" max:"200" help:"The name of the person who said yes."`
	Capacity             Choice[Capacity] `json:"capacity,omitzero" label:"Given as" class:"P1" required:"answer" help:"Whether the person said yes for themselves, or someone may decide for them."`
	Basis                Choice[Basis]    `json:"basis,omitzero" label:"Basis" class:"P1" required:"value" help:"What allows sharing: a yes, a law, or danger to life."`
	Method               Choice[Method]   `json:"method,omitzero" label:"Method" class:"P1" required:"answer" help:"How the yes was given: signed, spoken or on a screen."`
	ObtainedAt           Time             `json:"obtainedAt,omitzero" label:"Obtained at" class:"P1" required:"value" help:"The day and time when the yes was given."`
	ExpiresAt            Time             `json:"expiresAt,omitzero" label:"Expires at" class:"P1" required:"value" help:"The day and time when it ends. After that nothing may be sent."`
	Recipients           []OrgRef         `json:"recipients,omitempty" label:"Recipients" class:"P1" max:"50" help:"The organizations that may see the data. Empty means only the one it is sent to."`
	Purposes             []Coded          `json:"purposes,omitempty" label:"Purposes" class:"P1" max:"20" system:"consent-purpose" help:"What the data may be used for."`
	Except               []Text           `json:"except,omitempty" label:"Kept back" class:"P0" max:"200" help:"Fields, or classes such as P3, that must not be shared."`
	Onward               Choice[Onward]   `json:"onward,omitzero" label:"Passing on" class:"P1" required:"answer" help:"Whether the data may be passed on to another organization."`
	OutcomeSharing       Flag             `json:"outcomeSharing,omitzero" label:"Results may come back" class:"P1" required:"answer" help:"Yes if the sender may learn how it went."`
	Form                 Token            `json:"form,omitzero" label:"Form" class:"P0" help:"The short id of the attached file with the signed form."`
	OverriddenReason     Text             `json:"overriddenReason,omitzero" label:"Why without a yes" class:"P2" max:"500" help:"Why the data is shared although nobody said yes."`
	StatedByOrganization Flag             `json:"statedByOrganization,omitzero" label:"Stated by the organization" class:"P0" help:"Yes if the organization says so for all its referrals, and its system holds no form."`
}
