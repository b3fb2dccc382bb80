package protocol

// Person is the referred person, or the organization that is referred.
type Person struct {
	redact `json:"-"`

	Identifiers       []Identifier     `json:"identifiers,omitempty" label:"Id numbers" prefix:"Id number" max:"20"`
	Names             []Name           `json:"names,omitempty" label:"Names" max:"20"`
	OrganizationName  Text             `json:"organizationName,omitzero" label:"Organization name" class:"P1" max:"300" help:"The name, if an organization needs help and not a person."`
	BirthDate         BirthDate        `json:"birthDate,omitzero" label:"Birth date" prefix:"Birth date"`
	AgeBand           Text             `json:"ageBand,omitzero" label:"Age group" class:"P1" max:"50" help:"About how old the person is, for example 60 and older."`
	Gender            []Coded          `json:"gender,omitempty" label:"Gender" class:"P2" max:"10" help:"How the person describes their gender."`
	Pronouns          Text             `json:"pronouns,omitzero" label:"Pronouns" class:"P2" max:"100" help:"The words to use for the person, for example she and her."`
	SexAtBirth        Coded            `json:"sexAtBirth,omitzero" label:"Sex at birth" class:"P2" help:"The sex that was written down when the person was born."`
	RaceEthnicity     []Coded          `json:"raceEthnicity,omitempty" label:"Race and ethnicity" class:"P2" max:"20" help:"The groups that the person says they belong to."`
	MaritalStatus     Coded            `json:"maritalStatus,omitzero" label:"Marital status" class:"P2" help:"Whether the person is single, married, divorced or widowed."`
	Languages         []SpokenLanguage `json:"languages,omitempty" label:"Languages" prefix:"Language" max:"20"`
	Interpreter       Interpreter      `json:"interpreter,omitzero" label:"Interpreter" prefix:"Interpreter"`
	Access            []Coded          `json:"access,omitempty" label:"Access needs" class:"P2" max:"20" system:"access-need" help:"What the person needs to take part, for example a wheelchair ramp or large print."`
	Addresses         []Address        `json:"addresses,omitempty" label:"Addresses" prefix:"Address" max:"10"`
	Veteran           Flag             `json:"veteran,omitzero" label:"Veteran" class:"P2" help:"Yes if the person was in the military."`
	Disability        Flag             `json:"disability,omitzero" label:"Disability" class:"P2" help:"Yes if the person has a disability."`
	Citizenship       Coded            `json:"citizenship,omitzero" label:"Citizenship" class:"P2" help:"The country that the person is a citizen of, or whether they are a citizen."`
	ImmigrationStatus Coded            `json:"immigrationStatus,omitzero" label:"Immigration status" class:"P3" help:"What papers the person has to live in this country."`
	TribalAffiliation Text             `json:"tribalAffiliation,omitzero" label:"Tribal affiliation" class:"P2" max:"200" help:"The tribe or nation that the person belongs to."`
	GovernmentIDs     []GovernmentID   `json:"governmentIds,omitempty" label:"Government numbers" prefix:"Government number" max:"10"`
}

// Identifier is a number that some organization gave the person.
type Identifier struct {
	redact `json:"-"`

	Type   Coded `json:"type,omitzero" label:"Type" class:"P1" help:"What kind of number it is, for example client number."`
	Value  Text  `json:"value,omitzero" label:"Value" class:"P1" required:"answer" max:"200" help:"The number itself."`
	Issuer Text  `json:"issuer,omitzero" label:"Issuer" class:"P1" max:"200" help:"Who gave the person this number."`
}

// Name is one name of a person. Full is the whole name as it was written and always travels, when the parts were
// split by a machine.
type Name struct {
	redact `json:"-"`

	Given  Text            `json:"given,omitzero" label:"First name" class:"P1" max:"200" help:"The first name."`
	Middle Text            `json:"middle,omitzero" label:"Middle name" class:"P1" max:"200" help:"The middle name or its first letter."`
	Family Text            `json:"family,omitzero" label:"Last name" class:"P1" max:"200" help:"The family name."`
	Prefix Text            `json:"prefix,omitzero" label:"Title" class:"P1" max:"50" help:"A word before the name, for example Dr."`
	Suffix Text            `json:"suffix,omitzero" label:"Suffix" class:"P1" max:"50" help:"A word after the name, for example Jr."`
	Full   Text            `json:"full,omitzero" label:"Full name" class:"P1" max:"400" help:"The whole name as it was written."`
	Script Text            `json:"script,omitzero" label:"Name script" class:"P1" max:"50" help:"The alphabet that the name is written in."`
	Use    Choice[NameUse] `json:"use,omitzero" label:"Kind of name" class:"P1" help:"Whether this is the legal name, the one the person likes, or another one."`
}

// BirthDate may be partial and may be a guess.
type BirthDate struct {
	redact `json:"-"`

	Value       Date `json:"value,omitzero" label:"" class:"P1" help:"When the person was born. The year alone is fine."`
	Approximate Flag `json:"approximate,omitzero" label:"Is a guess" class:"P1" help:"Yes if nobody knows the exact date."`
}

// SpokenLanguage is a language of the person.
type SpokenLanguage struct {
	redact `json:"-"`

	Tag       Language `json:"tag,omitzero" label:"" class:"P1" required:"answer" help:"A language that the person uses, as a short code such as es for Spanish."`
	Spoken    Flag     `json:"spoken,omitzero" label:"Spoken" class:"P1" help:"Yes if the person speaks it."`
	Written   Flag     `json:"written,omitzero" label:"Written" class:"P1" help:"Yes if the person reads and writes it."`
	Preferred Flag     `json:"preferred,omitzero" label:"Preferred" class:"P1" help:"Yes if the person likes to use it best."`
}

// Interpreter says whether someone must translate.
type Interpreter struct {
	redact `json:"-"`

	Needed   Flag     `json:"needed,omitzero" label:"Needed" class:"P1" help:"Yes if someone must translate for the person."`
	Language Language `json:"language,omitzero" label:"Language" class:"P1" help:"The language to translate, as a short code such as es for Spanish."`
	Mode     Coded    `json:"mode,omitzero" label:"Kind" class:"P1" system:"interpreter-mode" help:"How to translate, for example by phone, in person or in sign language."`
}

// Address is a place of the person. A confidential one is P3 in all its parts.
type Address struct {
	redact `json:"-"`

	Use            Choice[AddressUse] `json:"use,omitzero" label:"Kind" class:"P1" help:"What the address is for, for example home or mail."`
	Lines          []Text             `json:"lines,omitempty" label:"Lines" class:"P1" max:"6" help:"The street and house number, and the apartment."`
	City           Text               `json:"city,omitzero" label:"City" class:"P1" max:"200" help:"The city or town."`
	Region         Text               `json:"region,omitzero" label:"State or region" class:"P1" max:"200" help:"The state, province or region."`
	PostalCode     Text               `json:"postalCode,omitzero" label:"Postal code" class:"P1" max:"20" help:"The postal code. It may start with a zero."`
	Country        Country            `json:"country,omitzero" label:"Country" class:"P1" help:"The country as two letters, for example US."`
	AdminCodes     []Coded            `json:"adminCodes,omitempty" label:"Area codes" class:"P1" max:"10" help:"Official codes of the area, for example of the county."`
	NoFixedAddress Flag               `json:"noFixedAddress,omitzero" label:"No fixed address" class:"P2" help:"Yes if the person has no home now."`
	Confidential   Flag               `json:"confidential,omitzero" label:"Confidential" class:"P3" help:"Yes if nobody else may learn this address."`
}

func (a *Address) sensitivity(own Class) Class {
	if v, _ := a.Confidential.Bool(); v {
		return P3
	}
	return own
}

// GovernmentID is a number given by a government. Mappings never carry it unless someone decided so.
type GovernmentID struct {
	redact `json:"-"`

	Type  Coded `json:"type,omitzero" label:"Type" class:"P3" help:"What kind of number it is, for example Social Security."`
	Value Text  `json:"value,omitzero" label:"Value" class:"P3" max:"100" help:"The whole number. Leave it out if you can."`
	Last4 Text  `json:"last4,omitzero" label:"Last four" class:"P2" max:"4" help:"The last four digits of the number."`
}

// Household is the home that the person lives in.
type Household struct {
	redact `json:"-"`

	Size     Integer `json:"size,omitzero" label:"Size" class:"P1" help:"How many people live in the home."`
	Adults   Integer `json:"adults,omitzero" label:"Adults" class:"P1" help:"How many grown-ups live in the home."`
	Children Integer `json:"children,omitzero" label:"Children" class:"P1" help:"How many children live in the home."`
	Head     Text    `json:"head,omitzero" label:"Head" class:"P1" max:"200" help:"The name or the short id of the person who speaks for the home."`
}
