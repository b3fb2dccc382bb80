package sample

import "referworks/protocol"

// Full is a referral as a legal aid office sends it: about 7 KB of JSON with what makes real ones hard. The name
// does not split easily, the birth date has no day, the postal code starts with zero, the landline is not safe,
// there is an adverse party and a court date.
func Full() *protocol.Referral {
	return &protocol.Referral{
		Header: protocol.Header{
			ID:        protocol.Of[protocol.ReferralRef](string(ReferralID(2))),
			Group:     protocol.ReferralGroup{ID: protocol.Of[protocol.ReferralRef](string(ReferralID(3))), Of: protocol.IntegerOf(2), Rule: protocol.Choose(protocol.GroupAll)},
			SenderRef: text("26-0304417"),
			CreatedAt: clock("2026-03-02T09:58:00-05:00"),
			Mode:      protocol.Choose(protocol.ModeLive),
		},
		Referrer: protocol.Referrer{
			Organization: protocol.Named{ID: protocol.Of[protocol.OrgRef](string(Org("Harbor Legal Aid"))), Name: text("Harbor Legal Aid")},
			Contact: protocol.Worker{
				Name: text("Ines Okafor"), Role: text("Intake paralegal"), Phone: text("(617) 555-0134 ext. 22"),
				E164: protocol.Of[protocol.Phone]("+16175550134"), Extension: text("22"),
				Email: protocol.Of[protocol.Email]("intake@harborlegal.example"), Hours: text("Mon-Thu 9-4"),
			},
			Kind: protocol.Choose(protocol.ReferrerOrganization),
		},
		Target: protocol.Target{
			Organization: protocol.Named{ID: protocol.Of[protocol.OrgRef](string(Org("Elm Street Elder Services"))), Name: text("Elm Street Elder Services")},
			Service:      protocol.Service{ID: text("grd"), Name: text("Guardianship clinic")},
		},
		Person:      fullPerson(),
		Contact:     fullContact(),
		People:      fullPeople(),
		Household:   protocol.Household{Size: protocol.IntegerOf(2), Adults: protocol.IntegerOf(2), Children: protocol.IntegerOf(0)},
		Needs:       fullNeeds(),
		Urgency:     fullUrgency(),
		Risks:       []protocol.Risk{{Kind: code("risk-kind", "financial-abuse", "Someone takes the person's money", ""), Current: protocol.FlagOf(true), Note: long("The nephew holds the bank card.")}},
		Eligibility: fullEligibility(),
		Legal: protocol.Legal{
			CaseNumbers: []protocol.Text{text("MI26P0417GD")}, Court: text("Quincy Bay Probate and Family Court"), Jurisdiction: text("Massachusetts"),
			CountyOfDispute: text("Norfolk"), Role: code("", "", "", "Respondent"), OpposingCounsel: text("T. Brandt, Brandt & Lowe"),
			PriorHelp: long("Advice by phone in May 2025."), ConflictCheck: protocol.Choose(protocol.ConflictClear),
		},
		Situation: protocol.Situation{
			Living:     code("", "", "", "Rents, with sister"),
			Conditions: []protocol.Coded{code("sdohcc", "elder-abuse", "Elder Abuse", "Financial exploitation")},
			Screenings: []protocol.Screening{{
				Instrument: code("", "", "", "Elder risk screen"), Date: date("2026-02-26"),
				Answers: []protocol.ScreeningAnswer{{Question: code("", "", "", "Does anyone use your money without asking?"), Answer: code("", "", "", "Yes, often")}},
			}},
		},
		Consents: []protocol.Consent{fullConsent()},
		Narrative: protocol.Narrative{
			Summary:   long("Ms. de la Cruz Ó Briain was served with a petition for guardianship by her nephew. She objects.\nShe wants help to keep deciding for herself, or to choose who decides."),
			History:   long("She had a stroke in 2024 and recovered well; her doctor found no loss of capacity in January."),
			Goals:     long("To stay in her home and to have her bank card back."),
			HelpGiven: long("We sent the bank a letter and filed an appearance for the first hearing only."),
		},
		Notes: []protocol.CaseNote{{Author: text("Ines Okafor"), At: clock("2026-03-02T09:40:00-05:00"), Kind: code("", "", "", "Call"), Text: long("Prefers Spanish for anything about money. Hears badly on the left."), Language: protocol.Of[protocol.Language]("en")}},
		Attachments: []protocol.Attachment{{
			ID: token("a1"), Name: text("consent form.pdf"), MediaType: text("application/pdf"), Size: protocol.IntegerOf(48211),
			SHA256: protocol.Of[protocol.Digest](digest("consent form")), Kind: code("", "", "", "Consent form"), Class: protocol.Choose(protocol.P1),
		}},
		Provenance: protocol.Provenance{
			System: text("LegalServer"), Medium: text("api"),
			Mapping: protocol.MappingRef{ID: text("harbor-legalserver"), Version: text("3")},
			Losses:  []protocol.Loss{{Field: text("Case Disposition"), Reason: text("on the list that never leaves")}},
		},
		Extra: []protocol.Extra{
			{Label: text("Intake Office"), Path: text("intake_office"), Value: long("Harbor Main <b>2nd floor</b>"), Class: protocol.Choose(protocol.P0)},
			{Label: text("Military status (old code)"), Path: text("custom.mil_stat_7"), Value: long("007")},
		},
	}
}

func fullPerson() protocol.Person {
	return protocol.Person{
		Identifiers: []protocol.Identifier{{Type: code("", "", "", "Client number"), Value: text("0019442"), Issuer: text("Harbor Legal Aid")}},
		Names: []protocol.Name{
			{Given: text("María José"), Family: text("de la Cruz Ó Briain"), Prefix: text("Ms."), Full: text("Ms. María José de la Cruz Ó Briain"), Use: protocol.Choose(protocol.NameLegal)},
			{Full: text("Marijo"), Use: protocol.Choose(protocol.NamePreferred)},
		},
		BirthDate:     protocol.BirthDate{Value: date("1948-11"), Approximate: protocol.FlagOf(true)},
		Gender:        []protocol.Coded{code("", "", "", "Female")},
		Pronouns:      text("she/her"),
		SexAtBirth:    protocol.Missing[protocol.Coded](protocol.NotAsked),
		RaceEthnicity: []protocol.Coded{protocol.Missing[protocol.Coded](protocol.Declined)},
		MaritalStatus: code("", "", "", "Widowed"),
		Languages: []protocol.SpokenLanguage{
			{Tag: protocol.Of[protocol.Language]("es"), Spoken: protocol.FlagOf(true), Written: protocol.FlagOf(true), Preferred: protocol.FlagOf(true)},
			{Tag: protocol.Of[protocol.Language]("en"), Spoken: protocol.FlagOf(true)},
		},
		Interpreter: protocol.Interpreter{Needed: protocol.FlagOf(true), Language: protocol.Of[protocol.Language]("es"), Mode: code("interpreter-mode", "in-person", "In person", "")},
		Access:      []protocol.Coded{code("access-need", "hearing", "Hears badly", "HoH"), code("access-need", "large-print", "Large print", "")},
		Addresses: []protocol.Address{{
			Use: protocol.Choose(protocol.AddressHome), Lines: []protocol.Text{text("14 Tidewater Lane"), text("Apt. 3½")}, City: text("Quincy Bay"),
			Region: text("MA"), PostalCode: text("02139"), Country: protocol.Of[protocol.Country]("US"),
			AdminCodes: []protocol.Coded{code("fips-county", "25021", "Norfolk", "")}, Confidential: protocol.FlagOf(false),
		}},
		Veteran:           protocol.FlagOf(false),
		Disability:        protocol.Missing[protocol.Flag](protocol.Unknown),
		Citizenship:       code("", "", "", "Citizen"),
		ImmigrationStatus: protocol.Missing[protocol.Coded](protocol.NotAsked),
	}
}

func fullContact() protocol.Contact {
	phone := protocol.Choose(protocol.PointPhone)
	return protocol.Contact{
		Points: []protocol.ContactPoint{
			{Kind: phone, Value: text("617.555.0171"), E164: protocol.Of[protocol.Phone]("+16175550171"), Label: text("Landline"), Safe: protocol.Choose(protocol.SafeNo), VoicemailOK: protocol.FlagOf(false), Note: text("The nephew answers this phone."), Owner: text("household")},
			{Kind: phone, Value: text("(857) 555-0118"), E164: protocol.Of[protocol.Phone]("+18575550118"), Label: text("Sister's mobile"), Preferred: protocol.FlagOf(true), Safe: protocol.Choose(protocol.SafeYes), TextOK: protocol.FlagOf(true), Hours: text("Tue and Fri 10-12"), Owner: text("p2")},
		},
		Instruction: long("Call only Tuesday or Friday before noon. Never mention the petition to the nephew."),
		Initiator:   protocol.Choose(protocol.RecipientContacts),
		Proxies:     []protocol.Proxy{{Person: text("p2"), Authority: text("health care proxy")}},
	}
}

func fullPeople() []protocol.Party {
	return []protocol.Party{
		{
			Ref: token("p1"), Role: protocol.Choose(protocol.RoleAdverse), Relationship: code("relationship", "nephew-niece", "Nephew or niece", "Nephew"),
			Names: []protocol.Name{{Given: text("Declan"), Family: text("Ó Briain"), Suffix: text("Jr.")}}, BirthDate: protocol.BirthDate{Value: date("1979")},
			PotentialConflict: protocol.FlagOf(true), Alert: long("Must not learn that she asked for help."),
		},
		{
			Ref: token("p2"), Role: protocol.Choose(protocol.RoleHousehold), Relationship: code("relationship", "sibling", "Brother or sister", "Sister"),
			Names:       []protocol.Name{{Given: text("Pilar"), Family: text("de la Cruz")}},
			Contact:     protocol.PartyContact{Phone: text("(857) 555-0118"), E164: protocol.Of[protocol.Phone]("+18575550118")},
			InHousehold: protocol.FlagOf(true), Dependent: protocol.FlagOf(false),
		},
	}
}

func fullNeeds() []protocol.Need {
	return []protocol.Need{{
		ID: token("n1"), Codes: []protocol.Coded{code("lsc", "33", "Adult Guardianship/Conserv.", "Elder Care")},
		Text: text("Guardianship petition against her"), Description: long("Her nephew asked the court to be made guardian. She needs a lawyer who visits."),
		Requested: protocol.Choose(protocol.AskRepresentation),
	}}
}

func fullUrgency() protocol.Urgency {
	return protocol.Urgency{
		Level: protocol.Choose(protocol.Urgent),
		Deadlines: []protocol.Deadline{{
			Date: protocol.Of[protocol.When]("2026-03-19T09:30:00-04:00"), Kind: protocol.Choose(protocol.DeadlineHearing),
			Forum: text("Quincy Bay Probate and Family Court, room 4"), Certain: protocol.FlagOf(true),
		}},
		RespondBy: clock("2026-03-04T17:00:00-05:00"),
	}
}

func fullEligibility() protocol.Eligibility {
	dollars, month := protocol.Of[protocol.Currency]("USD"), protocol.Choose(protocol.PerMonth)
	return protocol.Eligibility{
		Income:         []protocol.Amount{{Type: code("", "", "", "Social Security"), Amount: protocol.Of[protocol.Decimal]("1412.50"), Currency: dollars, Per: month, Gross: protocol.FlagOf(true), AsOf: date("2026-02"), Verified: protocol.FlagOf(true)}},
		Expenses:       []protocol.Amount{{Type: code("", "", "", "Rent share"), Amount: protocol.Of[protocol.Decimal]("640"), Currency: dollars, Per: month}},
		PovertyPercent: protocol.PovertyPercent{Value: protocol.Of[protocol.Decimal]("106.2"), Guideline: text("HHS 2026"), Region: text("48 states"), Size: protocol.IntegerOf(1)},
		Insurance:      []protocol.Insurance{{Type: code("", "", "", "Medicare"), Payer: text("CMS")}},
		DocumentsHeld:  []protocol.Coded{code("", "", "", "Benefit letter"), code("", "", "", "Petition")},
	}
}

func fullConsent() protocol.Consent {
	c := consent()
	c.GivenBy, c.Method = text("María José de la Cruz Ó Briain"), protocol.Choose(protocol.MethodSigned)
	c.Purposes = []protocol.Coded{code("consent-purpose", "legal-help", "Legal help", "")}
	c.Except = []protocol.Text{text("person.governmentIds")}
	c.Form = token("a1")
	return c
}
