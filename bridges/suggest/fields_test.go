package suggest_test

import (
	"testing"

	"referworks/bridges/suggest"
)

func TestFieldsOfAnIntakeForm(t *testing.T) {
	want := map[string]string{
		"clientFirstName":                  "person.names[].given",
		"client_lname":                     "person.names[].family",
		"MI":                               "person.names[].middle",
		"DOB":                              "person.birthDate.value",
		"ssn":                              "person.governmentIds[].value",
		"HomePhone":                        "contact.points[].value",
		"cell_phone":                       "contact.points[].value",
		"email_addr":                       "contact.points[].value",
		"mailing_street":                   "person.addresses[].lines[]",
		"city":                             "person.addresses[].city",
		"State":                            "person.addresses[].region",
		"zipcode":                          "person.addresses[].postalCode",
		"county":                           "person.addresses[].adminCodes[]",
		"primaryLanguage":                  "person.languages[].tag",
		"interpreter_needed":               "person.interpreter.needed",
		"gender":                           "person.gender[]",
		"race":                             "person.raceEthnicity[]",
		"marital_status":                   "person.maritalStatus",
		"veteran_status":                   "person.veteran",
		"case_number":                      "referral.senderRef",
		"referral_date":                    "referral.createdAt",
		"adverse_parties[].first_name":     "people[].names[].given",
		"adverse_parties[].last_name":      "people[].names[].family",
		"adverse_parties[].phone":          "people[].contact.phone",
		"household.members[].relationship": "people[].relationship",
		"number_of_adults":                 "household.adults",
		"numberOfChildren":                 "household.children",
		"household_size":                   "household.size",
		"legal_problem_code":               "needs[].codes[]",
		"reason_for_referral":              "needs[].text",
		"urgency":                          "urgency.level",
		"court_dates[].date":               "urgency.deadlines[].date",
		"court_name":                       "legal.court",
		"incomes[].type":                   "eligibility.income[].type",
		"incomes[].amount":                 "eligibility.income[].amount",
		"incomes[].period":                 "eligibility.income[].per",
		"percentage_of_poverty":            "eligibility.povertyPercent.value",
		"case_notes[].body":                "notes[].text",
		"referring_agency":                 "referrer.organization.name",
		"caseworker.name":                  "referrer.contact.name",
		"caseworker.phone":                 "referrer.contact.phone",
		"consent_date":                     "consents[].obtainedAt",
		"Landlord Name":                    "people[].names[].full",
		"safe_to_leave_voicemail":          "contact.points[].voicemailOk",
		"domestic_violence":                "risks[].kind",
		"current_living_situation":         "situation.living",
		"case_narrative":                   "narrative.summary",
		"color_of_the_binder":              "",
		"internal_sync_token_version":      "",
		"opposing_counsel":                 "legal.opposingCounsel",
	}
	check(t, want)
}

func TestFieldsInSpanish(t *testing.T) {
	check(t, map[string]string{
		"Nombre":                  "person.names[].full",
		"Primer nombre":           "person.names[].given",
		"Apellidos":               "person.names[].family",
		"Fecha de nacimiento":     "person.birthDate.value",
		"Teléfono celular":        "contact.points[].value",
		"Correo electrónico":      "contact.points[].value",
		"Dirección":               "person.addresses[].lines[]",
		"Ciudad":                  "person.addresses[].city",
		"Código postal":           "person.addresses[].postalCode",
		"Estado civil":            "person.maritalStatus",
		"Idioma preferido":        "person.languages[].tag",
		"¿Necesita intérprete?":   "person.interpreter.needed",
		"Género":                  "person.gender[]",
		"Motivo de la derivación": "needs[].text",
		"Ingreso mensual":         "eligibility.income[].amount",
		"Tamaño del hogar":        "household.size",
		"Nombre del arrendador":   "people[].names[].full",
	})
}

func check(t *testing.T, want map[string]string) {
	t.Helper()
	var fields []suggest.Field
	for path := range want {
		p := path
		if p != "" && !plainPath(p) {
			p = `"` + p + `"`
		}
		fields = append(fields, suggest.Field{Path: p, Label: path})
	}
	for i, s := range suggest.Fields(fields, suggest.Options{}) {
		got := ""
		if len(s.Candidates) > 0 {
			got = s.Candidates[0].Standard
		}
		if w := want[fields[i].Label]; got != w {
			t.Errorf("%s: got %q %s %+v, want %q", s.Local, got, s.Band, s.Candidates, w)
		}
	}
}

func plainPath(p string) bool {
	for _, r := range p {
		if r == ' ' || r > 126 {
			return false
		}
	}
	return true
}

func TestTheNameOfTheSchemaSaysWhomItIsAbout(t *testing.T) {
	fields := []suggest.Field{{Path: "first"}, {Path: "last"}, {Path: "phone_home"}}
	want := []string{"people[role=adverse].names[].given", "people[role=adverse].names[].family", "people[role=adverse].contact.phone"}
	for i, s := range suggest.Fields(fields, suggest.Options{About: "adverse_party"}) {
		if len(s.Candidates) == 0 || s.Candidates[0].Place != want[i] {
			t.Errorf("%s: %+v", s.Local, s.Candidates)
		}
	}
}

func TestSmallWordsTurnAMeaning(t *testing.T) {
	for _, c := range []struct{ name, not string }{
		{"do_not_phone", "contact.points[].value"}, {"Has no phone", "contact.points[].value"},
		{"Not a veteran", "person.veteran"}, {"ssn", "person.governmentIds[].last4"},
	} {
		s := suggest.Fields([]suggest.Field{{Path: `"` + c.name + `"`}}, suggest.Options{})[0]
		if s.Chosen && s.Candidates[0].Standard == c.not {
			t.Errorf("%q is surely taken for %s", c.name, c.not)
		}
	}
}

func TestLearntMatchesCountForOtherSystemsOnly(t *testing.T) {
	fields := []suggest.Field{{Path: "zorblatt"}}
	o := suggest.Options{Learnt: []suggest.Accepted{
		{System: "a", Local: "zorblatt", Standard: "person.pronouns"}, {System: "b", Local: "zorblatt", Standard: "person.pronouns"}}}
	if s := suggest.Fields(fields, o)[0]; len(s.Candidates) == 0 || s.Candidates[0].Standard != "person.pronouns" {
		t.Errorf("what two systems accepted was not offered: %+v", s)
	}
	o.Learnt = o.Learnt[:1]
	o.WithoutSystem = "a"
	if s := suggest.Fields(fields, o)[0]; len(s.Candidates) != 0 {
		t.Errorf("what was left out was used: %+v", s)
	}
}
