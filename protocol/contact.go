package protocol

// Contact is how to reach the referred person without putting them in danger. One point with a value is needed,
// or the initiator do-not-contact.
type Contact struct {
	redact `json:"-"`

	Points      []ContactPoint    `json:"points,omitempty" label:"Ways to reach the person" max:"20"`
	Instruction Long              `json:"instruction,omitzero" label:"Safety rules" class:"P3" max:"4000" help:"When it is safe to call, and who must not know."`
	Initiator   Choice[Initiator] `json:"initiator,omitzero" label:"Who contacts whom" class:"P1" required:"answer" help:"Who makes the first contact, or that nobody may contact the person."`
	Proxies     []Proxy           `json:"proxies,omitempty" label:"People who may speak for the person" prefix:"Helper" max:"10"`
}

// ContactPoint is one phone number, address or other way. What makes it safe is more sensitive than the number:
// Withhold never lets the number travel without the rules.
type ContactPoint struct {
	redact `json:"-"`

	Kind        Choice[PointKind] `json:"kind,omitzero" label:"Kind" class:"P1" required:"answer" help:"Phone, e-mail, post or another way."`
	Value       Text              `json:"value,omitzero" label:"Number or address" class:"P1" required:"answer" max:"400" help:"The phone number or address, as it was typed."`
	E164        Phone             `json:"e164,omitzero" label:"Phone (international)" class:"P1" help:"The same phone number with plus and country code, so that a computer can dial it."`
	Extension   Text              `json:"extension,omitzero" label:"Extension" class:"P1" max:"20" help:"The extra digits to dial."`
	Label       Text              `json:"label,omitzero" label:"Label" class:"P1" max:"100" help:"A short name, for example work or mother's phone."`
	Preferred   Flag              `json:"preferred,omitzero" label:"Preferred" class:"P1" help:"Yes if the person likes this way best."`
	Safe        Choice[Safety]    `json:"safe,omitzero" label:"Safe to use" class:"P3" help:"Whether it is safe to use this. If you do not know, say so."`
	VoicemailOK Flag              `json:"voicemailOk,omitzero" label:"Voicemail is fine" class:"P3" help:"Yes if you may leave a message on the phone."`
	TextOK      Flag              `json:"textOk,omitzero" label:"Text messages are fine" class:"P3" help:"Yes if you may send text messages."`
	Hours       Text              `json:"hours,omitzero" label:"Hours" class:"P3" max:"200" help:"When you may use this."`
	Note        Text              `json:"note,omitzero" label:"Note" class:"P3" max:"500" help:"Anything else to know before you use this."`
	Owner       Text              `json:"owner,omitzero" label:"Belongs to" class:"P3" max:"200" help:"Whose phone or address it is, if it is not the person's own."`
}

// Proxy is someone who may speak for the person.
type Proxy struct {
	redact `json:"-"`

	Person    Text `json:"person,omitzero" label:"Name" class:"P1" required:"answer" max:"200" help:"The name of someone who may speak for the person, or their short id in the list of other people."`
	Authority Text `json:"authority,omitzero" label:"Authority" class:"P1" max:"200" help:"What allows them to, for example parent or guardian."`
}

// Party is another person or organization in the matter.
type Party struct {
	redact `json:"-"`

	Ref               Token             `json:"ref,omitzero" label:"Short id" class:"P0" help:"A short id, so that other fields can point to this person."`
	Role              Choice[PartyRole] `json:"role,omitzero" label:"Role" class:"P2" required:"answer" help:"What this person is: in the home, family, the other side, landlord, employer, witness or other."`
	Relationship      Coded             `json:"relationship,omitzero" label:"Relationship" class:"P2" system:"relationship" help:"How they belong to the referred person, for example mother or former husband."`
	Names             []Name            `json:"names,omitempty" label:"Names" max:"10"`
	BirthDate         BirthDate         `json:"birthDate,omitzero" label:"Birth date" prefix:"Birth date"`
	OrganizationName  Text              `json:"organizationName,omitzero" label:"Organization name" class:"P1" max:"300" help:"The name, if it is an organization and not a person."`
	Contact           PartyContact      `json:"contact,omitzero" label:"Contact" prefix:"Contact"`
	InHousehold       Flag              `json:"inHousehold,omitzero" label:"Lives in the home" class:"P1" help:"Yes if this person lives with the referred person."`
	Dependent         Flag              `json:"dependent,omitzero" label:"Dependent" class:"P1" help:"Yes if the referred person cares for this person."`
	PotentialConflict Flag              `json:"potentialConflict,omitzero" label:"Possible conflict" class:"P2" help:"Yes if helping could be unfair because of this person."`
	Alert             Long              `json:"alert,omitzero" label:"Warning" class:"P3" max:"2000" help:"A warning about this person, for example that they must not learn of this."`
}

// PartyContact is how to reach another person.
type PartyContact struct {
	redact `json:"-"`

	Phone     Text  `json:"phone,omitzero" label:"Phone" class:"P1" max:"100" help:"The phone number, as it was typed."`
	E164      Phone `json:"e164,omitzero" label:"Phone (international)" class:"P1" help:"The same phone number with plus and country code, so that a computer can dial it."`
	Extension Text  `json:"extension,omitzero" label:"Phone extension" class:"P1" max:"20" help:"The extra digits to dial."`
	Email     Email `json:"email,omitzero" label:"E-mail" class:"P1" help:"The e-mail address."`
	Address   Long  `json:"address,omitzero" label:"Address" class:"P1" max:"1000" help:"The address, in lines."`
	Note      Text  `json:"note,omitzero" label:"Note" class:"P2" max:"500" help:"Anything else to know before you reach them."`
}
