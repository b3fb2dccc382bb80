package protocol

import "errors"

var errChoice = errors.New("it must be one of the listed values")

// Class says how much harm a value can do in the wrong hands; it drives what a grant lets through, what an
// e-mail may show, and how a screen shows it. The order is that of the numbers.
type Class string

// The classes.
const (
	P0 Class = "P0" // plain
	P1 Class = "P1" // identifying
	P2 Class = "P2" // sensitive
	P3 Class = "P3" // dangerous if disclosed
)

// Mode tells a real referral from a rehearsal.
type Mode string

// The modes.
const (
	ModeLive     Mode = "live"
	ModePractice Mode = "practice"
)

// GroupRule is what one recipient's acceptance means for the others of a group.
type GroupRule string

// The group rules.
const (
	GroupAll           GroupRule = "all"
	GroupFirstAccepted GroupRule = "first-accepted" // an acceptance recalls the others
)

// ReferrerKind is who refers.
type ReferrerKind string

// The kinds of referrers.
const (
	ReferrerOrganization ReferrerKind = "organization"
	ReferrerSelf         ReferrerKind = "self"
	ReferrerFamily       ReferrerKind = "family"
	ReferrerCourt        ReferrerKind = "court"
	ReferrerOther        ReferrerKind = "other"
)

// NameUse tells names of one person apart.
type NameUse string

// The uses. An alias may be a pseudonym that keeps the person unknown.
const (
	NameLegal     NameUse = "legal"
	NamePreferred NameUse = "preferred"
	NameAlias     NameUse = "alias"
)

// AddressUse tells addresses of one person apart.
type AddressUse string

// The uses.
const (
	AddressHome    AddressUse = "home"
	AddressMailing AddressUse = "mailing"
	AddressWork    AddressUse = "work"
	AddressOld     AddressUse = "old"
	AddressOther   AddressUse = "other"
)

// PointKind is the medium of a contact point.
type PointKind string

// The kinds.
const (
	PointPhone PointKind = "phone"
	PointEmail PointKind = "email"
	PointPost  PointKind = "post"
	PointOther PointKind = "other"
)

// Safety is whether a contact point may be used without danger.
type Safety string

// The values.
const (
	SafeYes     Safety = "yes"
	SafeNo      Safety = "no"
	SafeUnknown Safety = "unknown"
)

// Initiator is who makes the first contact.
type Initiator string

// The values.
const (
	RecipientContacts Initiator = "recipient-contacts"
	PersonContacts    Initiator = "person-contacts"
	WarmHandoff       Initiator = "warm-handoff"
	DoNotContact      Initiator = "do-not-contact"
)

// PartyRole is what another person is to the referred person.
type PartyRole string

// The roles.
const (
	RoleHousehold PartyRole = "household"
	RoleFamily    PartyRole = "family"
	RoleAdverse   PartyRole = "adverse"
	RoleLandlord  PartyRole = "landlord"
	RoleEmployer  PartyRole = "employer"
	RoleWitness   PartyRole = "witness"
	RoleOther     PartyRole = "other"
)

// Requested is what kind of help is asked for.
type Requested string

// The kinds of help.
const (
	AskInformation    Requested = "information"
	AskAdvice         Requested = "advice"
	AskBriefService   Requested = "brief-service"
	AskRepresentation Requested = "representation"
	AskGoods          Requested = "goods"
	AskEnrollment     Requested = "enrollment"
	AskAssessment     Requested = "assessment"
	AskOther          Requested = "other"
)

// Level of urgency.
type UrgencyLevel string

// The levels.
const (
	Routine   UrgencyLevel = "routine"
	Soon      UrgencyLevel = "soon"
	Urgent    UrgencyLevel = "urgent"
	Emergency UrgencyLevel = "emergency"
)

// DeadlineKind is what a date is about.
type DeadlineKind string

// The kinds.
const (
	DeadlineHearing       DeadlineKind = "hearing"
	DeadlineAnswerDue     DeadlineKind = "answer-due"
	DeadlineLockout       DeadlineKind = "lockout"
	DeadlineBenefitCutoff DeadlineKind = "benefit-cutoff"
	DeadlineLimitation    DeadlineKind = "limitation"
	DeadlineAppointment   DeadlineKind = "appointment"
	DeadlineMoveOut       DeadlineKind = "move-out"
	DeadlineOther         DeadlineKind = "other"
)

// Period is how often an amount is paid.
type Period string

// The periods.
const (
	PerYear      Period = "year"
	PerMonth     Period = "month"
	PerSemimonth Period = "semimonth"
	PerFortnight Period = "fortnight"
	PerWeek      Period = "week"
	PerDay       Period = "day"
	Once         Period = "once"
)

// ConflictCheck is how far a check for a conflict of interest got.
type ConflictCheck string

// The values.
const (
	ConflictNotRun   ConflictCheck = "not-run"
	ConflictClear    ConflictCheck = "clear"
	ConflictPossible ConflictCheck = "possible"
	ConflictWaived   ConflictCheck = "waived"
)

// Capacity is in what role someone gave a consent.
type Capacity string

// The capacities.
const (
	CapacitySelf     Capacity = "self"
	CapacityGuardian Capacity = "guardian"
	CapacityAttorney Capacity = "attorney"
	CapacityOther    Capacity = "other"
)

// Basis is what allows the data to be shared.
type Basis string

// The bases.
const (
	BasisConsent         Basis = "consent"
	BasisLegalObligation Basis = "legal-obligation"
	BasisVitalInterest   Basis = "vital-interest"
)

// Method is how a consent was taken.
type Method string

// The methods.
const (
	MethodSigned     Method = "signed"
	MethodVerbal     Method = "verbal"
	MethodElectronic Method = "electronic"
)

// Onward is whether the recipient may pass the referral on.
type Onward string

// The values.
const (
	OnwardNone        Onward = "none"
	OnwardNamed       Onward = "named"        // to the organizations in recipients
	OnwardSamePurpose Onward = "same-purpose" // to any organization for the same purposes
)

func (Class) list() (string, []string)         { return "class", classes }
func (Mode) list() (string, []string)          { return "mode", modes }
func (GroupRule) list() (string, []string)     { return "group-rule", groupRules }
func (ReferrerKind) list() (string, []string)  { return "referrer-kind", referrerKinds }
func (NameUse) list() (string, []string)       { return "name-use", nameUses }
func (AddressUse) list() (string, []string)    { return "address-use", addressUses }
func (PointKind) list() (string, []string)     { return "point-kind", pointKinds }
func (Safety) list() (string, []string)        { return "safety", safeties }
func (Initiator) list() (string, []string)     { return "initiator", initiators }
func (PartyRole) list() (string, []string)     { return "party-role", partyRoles }
func (Requested) list() (string, []string)     { return "requested", requests }
func (UrgencyLevel) list() (string, []string)  { return "urgency", urgencies }
func (DeadlineKind) list() (string, []string)  { return "deadline-kind", deadlineKinds }
func (Period) list() (string, []string)        { return "period", periods }
func (ConflictCheck) list() (string, []string) { return "conflict-check", conflictChecks }
func (Capacity) list() (string, []string)      { return "consent-capacity", capacities }
func (Basis) list() (string, []string)         { return "consent-basis", bases }
func (Method) list() (string, []string)        { return "consent-method", methods }
func (Onward) list() (string, []string)        { return "onward", onwards }

func texts[V ~string](all ...V) []string {
	s := make([]string, len(all))
	for i, v := range all {
		s[i] = string(v)
	}
	return s
}

var (
	classes        = texts(P0, P1, P2, P3)
	modes          = texts(ModeLive, ModePractice)
	groupRules     = texts(GroupAll, GroupFirstAccepted)
	referrerKinds  = texts(ReferrerOrganization, ReferrerSelf, ReferrerFamily, ReferrerCourt, ReferrerOther)
	nameUses       = texts(NameLegal, NamePreferred, NameAlias)
	addressUses    = texts(AddressHome, AddressMailing, AddressWork, AddressOld, AddressOther)
	pointKinds     = texts(PointPhone, PointEmail, PointPost, PointOther)
	safeties       = texts(SafeYes, SafeNo, SafeUnknown)
	initiators     = texts(RecipientContacts, PersonContacts, WarmHandoff, DoNotContact)
	partyRoles     = texts(RoleHousehold, RoleFamily, RoleAdverse, RoleLandlord, RoleEmployer, RoleWitness, RoleOther)
	requests       = texts(AskInformation, AskAdvice, AskBriefService, AskRepresentation, AskGoods, AskEnrollment, AskAssessment, AskOther)
	urgencies      = texts(Routine, Soon, Urgent, Emergency)
	deadlineKinds  = texts(DeadlineHearing, DeadlineAnswerDue, DeadlineLockout, DeadlineBenefitCutoff, DeadlineLimitation, DeadlineAppointment, DeadlineMoveOut, DeadlineOther)
	periods        = texts(PerYear, PerMonth, PerSemimonth, PerFortnight, PerWeek, PerDay, Once)
	conflictChecks = texts(ConflictNotRun, ConflictClear, ConflictPossible, ConflictWaived)
	capacities     = texts(CapacitySelf, CapacityGuardian, CapacityAttorney, CapacityOther)
	bases          = texts(BasisConsent, BasisLegalObligation, BasisVitalInterest)
	methods        = texts(MethodSigned, MethodVerbal, MethodElectronic)
	onwards        = texts(OnwardNone, OnwardNamed, OnwardSamePurpose)
)
