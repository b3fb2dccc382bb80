package protocol

// Referral is the body of a thread's first message in the common standard referral/1: every group and field that
// organizations map to and from. The struct tags are the one source of the field tree (Fields), the labels, the
// help texts, the classes, the JSON Schema (Schema) and docs/standard.md.
//
// A zero leaf is not there; a leaf may instead hold a reason (Missing). It decodes with any strict reader that
// honors UnmarshalJSON; a decoded Referral is only to be trusted after Validate.
//
// Tags: group, label, prefix (put before the labels of what is inside), class, help, required ("value": a value
// is needed; "answer": a value or a reason; "rule": Validate has a rule of its own), max (runes of a text, entries
// of a list), system (code system that is usual in a Coded), technical (set by nodes, never mapped or shown).
type Referral struct {
	redact `json:"-"`

	Header      Header       `json:"referral,omitzero" group:"Referral" required:"value"`
	Referrer    Referrer     `json:"referrer,omitzero" group:"Referrer" required:"value"`
	Target      Target       `json:"target,omitzero" group:"Recipient"`
	Person      Person       `json:"person,omitzero" group:"Referred person" required:"rule"`
	Contact     Contact      `json:"contact,omitzero" group:"Contact" required:"value"`
	People      []Party      `json:"people,omitempty" group:"Other people" class:"P3" max:"50"`
	Household   Household    `json:"household,omitzero" group:"Household"`
	Needs       []Need       `json:"needs,omitempty" group:"Need" required:"value" max:"20"`
	Urgency     Urgency      `json:"urgency,omitzero" group:"Urgency" required:"value"`
	Risks       []Risk       `json:"risks,omitempty" group:"Risk" class:"P3" max:"20"`
	Eligibility Eligibility  `json:"eligibility,omitzero" group:"Eligibility"`
	Legal       Legal        `json:"legal,omitzero" group:"Legal matter"`
	Situation   Situation    `json:"situation,omitzero" group:"Situation"`
	Consents    []Consent    `json:"consents,omitempty" group:"Consent" required:"value" max:"10"`
	Narrative   Narrative    `json:"narrative,omitzero" group:"Story"`
	Notes       []CaseNote   `json:"notes,omitempty" group:"Note" max:"200"`
	Attachments []Attachment `json:"attachments,omitempty" group:"Attachment" max:"64"`
	Provenance  Provenance   `json:"provenance,omitzero" group:"Origin"`
	Extra       []Extra      `json:"extra,omitempty" group:"Extra fact" max:"500"`
}

// Header identifies the referral.
type Header struct {
	redact `json:"-"`

	ID           ReferralRef   `json:"id,omitzero" label:"Number" class:"P0" required:"value" help:"The number of this referral. The sender's system makes it and never uses it again."`
	Group        ReferralGroup `json:"group,omitzero" label:"Group" prefix:"Group"`
	SenderRef    Text          `json:"senderRef,omitzero" label:"Sender's case number" class:"P1" max:"200" help:"The number of this case at the organization that sends it."`
	RecipientRef Text          `json:"recipientRef,omitzero" label:"Recipient's case number" class:"P1" max:"200" help:"The number of this case at the organization that receives it."`
	CreatedAt    Time          `json:"createdAt,omitzero" label:"Created at" class:"P0" required:"value" help:"The day and time when this referral was made."`
	Mode         Choice[Mode]  `json:"mode,omitzero" label:"Live or practice" class:"P0" required:"value" help:"Live is for a real person. Practice is for trying things out."`
	BasedOn      ReferralRef   `json:"basedOn,omitzero" label:"Based on" class:"P0" help:"The number of an earlier referral that this one follows."`
}

// ReferralGroup ties the referrals that were made of one posted document.
type ReferralGroup struct {
	redact `json:"-"`

	ID   ReferralRef       `json:"id,omitzero" label:"Number" class:"P0" required:"value" help:"Referrals with the same group number were made from one form."`
	Of   Integer           `json:"of,omitzero" label:"Size" class:"P0" help:"How many organizations got this request."`
	Rule Choice[GroupRule] `json:"rule,omitzero" label:"Rule" class:"P0" help:"Whether all may help, or the first to say yes is the only one."`
}

// Referrer is who refers.
type Referrer struct {
	redact `json:"-"`

	Organization Named                `json:"organization,omitzero" label:"Organization" prefix:"Organization" required:"answer"`
	Contact      Worker               `json:"contact,omitzero" label:"Contact" prefix:"Contact" required:"rule"`
	Kind         Choice[ReferrerKind] `json:"kind,omitzero" label:"Kind" class:"P0" help:"Who asks for help: an organization, the person, the family, a court or someone else."`
}

// A person or family that refers is no worker whose name anyone may read.
func (r *Referrer) sensitivity(own Class) Class {
	if r.Kind.Is(ReferrerSelf) || r.Kind.Is(ReferrerFamily) {
		return max(own, P1)
	}
	return own
}

// Named is an organization by id, by name or by both.
type Named struct {
	redact `json:"-"`

	ID   OrgRef `json:"id,omitzero" label:"Id" class:"P0" help:"The organization's id on the network. It starts with rw1."`
	Name Text   `json:"name,omitzero" label:"Name" class:"P0" max:"200" help:"The name of the organization."`
}

// Worker is whom to ask about the referral. Name, phone or e-mail is needed.
type Worker struct {
	redact `json:"-"`

	Name      Text  `json:"name,omitzero" label:"Name" class:"P0" max:"200" help:"The name of the worker who can answer questions."`
	Role      Text  `json:"role,omitzero" label:"Role" class:"P0" max:"200" help:"What the worker does, for example intake or lawyer."`
	Phone     Text  `json:"phone,omitzero" label:"Phone" class:"P0" max:"100" help:"The worker's phone number, as it was typed."`
	E164      Phone `json:"e164,omitzero" label:"Phone (international)" class:"P0" help:"The same phone number with plus and country code, so that a computer can dial it."`
	Extension Text  `json:"extension,omitzero" label:"Phone extension" class:"P0" max:"20" help:"The extra digits to dial to reach the worker."`
	Email     Email `json:"email,omitzero" label:"E-mail" class:"P0" help:"The worker's e-mail address."`
	Hours     Text  `json:"hours,omitzero" label:"Hours" class:"P0" max:"200" help:"When the worker can be reached."`
}

// Target is who is asked to help.
type Target struct {
	redact `json:"-"`

	Organization Named   `json:"organization,omitzero" label:"Organization" prefix:"Organization"`
	Service      Service `json:"service,omitzero" label:"Service" prefix:"Service"`
	Program      Text    `json:"program,omitzero" label:"Program" class:"P0" max:"200" help:"The program that should help."`
	Location     Text    `json:"location,omitzero" label:"Location" class:"P0" max:"300" help:"The office or place that should help."`
}

// Service is one that the recipient's card lists, or any other by name.
type Service struct {
	redact `json:"-"`

	ID   Text `json:"id,omitzero" label:"Id" class:"P0" max:"100" help:"The id of the service in the other organization's list."`
	Name Text `json:"name,omitzero" label:"Name" class:"P0" max:"200" help:"The name of the service that is asked for."`
}
