package suggest_test

import (
	"slices"
	"strings"
	"testing"

	"referworks/bridges/suggest"
)

// forms are lists of fields as three kinds of organizations write them, with the right answers ("-" for none): a
// referral to adult social care, an intake of a refugee organization in Spanish, and FHIR in flat names.
var forms = []string{`Title|person.names[].prefix
Forename(s)|person.names[].given
Surname|person.names[].family
Known as|person.names[].full,person.names[].given
D.O.B.|person.birthDate.value
NHS No|person.identifiers[].value
Ethnic origin|person.raceEthnicity[]
First language|person.languages[].tag
Interpreter required (Y/N)|person.interpreter.needed
Address|person.addresses[].lines[]
Postcode|person.addresses[].postalCode
Telephone (home)|contact.points[].value
Telephone (mobile)|contact.points[].value
Lives alone|situation.living,household.size
Key safe number|-
Next of kin name|people[].names[].full
Next of kin telephone|people[].contact.phone
Next of kin relationship|people[].relationship
Main carer|people[].names[].full
GP name|-
GP surgery|-
Reason for referral|needs[].text
Presenting needs|needs[].text,needs[].codes[],needs[].description
Relevant medical history|situation.conditions[],narrative.history
Mobility issues|person.access[],situation.conditions[]
Known risks|risks[].kind,risks[].note
Communication needs|person.access[]
Services currently in place|narrative.helpGiven
Desired outcomes|narrative.goals
Consent to share information|consents[].basis
Is the person aware of the referral?|-
Referrer name|referrer.contact.name
Referrer job title|referrer.contact.role
Referrer organisation|referrer.organization.name
Referrer contact number|referrer.contact.phone
Date of referral|referral.createdAt
Urgency of referral|urgency.level`, `nombre_beneficiario|person.names[].full
apellidos_beneficiario|person.names[].family
fecha_nac|person.birthDate.value
genero|person.gender[]
dui|person.governmentIds[].value
pais_origen|person.citizenship
departamento_residencia|person.addresses[].region
municipio_residencia|person.addresses[].city
direccion_exacta|person.addresses[].lines[]
tel_contacto|contact.points[].value
tel_seguro|contact.points[].safe
correo_electronico|contact.points[].value
idioma_materno|person.languages[].tag
tipo_discapacidad|person.disability,situation.conditions[]
composicion_familiar|-
num_ninos|household.children
jefe_hogar|household.head
tipo_vivienda|situation.living
tipo_ingreso|eligibility.income[].type
monto_ingreso|eligibility.income[].amount
frecuencia_ingreso|eligibility.income[].per
necesidad_principal|needs[].text,needs[].codes[]
descripcion_caso|needs[].description,narrative.summary
nivel_prioridad|urgency.level
riesgo_proteccion|risks[].kind
org_refiere|referrer.organization.name
contacto_refiere|referrer.contact.name
org_recibe|target.organization.name
fecha_referencia|referral.createdAt
consentimiento|consents[].basis
fecha_consentimiento|consents[].obtainedAt
estado_caso|-`, `ServiceRequest.identifier.value|referral.senderRef
ServiceRequest.authoredOn|referral.createdAt
ServiceRequest.priority|urgency.level
ServiceRequest.code.text|needs[].text,needs[].codes[]
ServiceRequest.reasonCode.text|needs[].text,needs[].codes[],situation.conditions[]
ServiceRequest.note.text|notes[].text
ServiceRequest.requester.display|referrer.contact.name,referrer.organization.name
ServiceRequest.performer.display|target.organization.name
ServiceRequest.status|-
ServiceRequest.intent|-
Patient.identifier.value|person.identifiers[].value
Patient.name.given|person.names[].given
Patient.name.family|person.names[].family
Patient.birthDate|person.birthDate.value
Patient.gender|person.gender[],person.sexAtBirth
Patient.address.line|person.addresses[].lines[]
Patient.address.city|person.addresses[].city
Patient.address.state|person.addresses[].region
Patient.address.postalCode|person.addresses[].postalCode
Patient.address.country|person.addresses[].country
Patient.telecom.value|contact.points[].value
Patient.telecom.system|contact.points[].kind
Patient.maritalStatus.text|person.maritalStatus
Patient.communication.language.text|person.languages[].tag
Patient.communication.preferred|person.languages[].preferred
Patient.contact[].name.text|people[].names[].full
Patient.contact[].relationship.text|people[].relationship
Patient.active|-
PractitionerRole.practitioner.display|referrer.contact.name
PractitionerRole.organization.display|referrer.organization.name
Coverage.payor.display|eligibility.insurance[].payer
Coverage.subscriberId|eligibility.insurance[].number
Coverage.type.text|eligibility.insurance[].type
Condition.code.text|situation.conditions[]
Consent.dateTime|consents[].obtainedAt
DocumentReference.content.attachment.title|attachments[].name
DocumentReference.content.attachment.contentType|attachments[].mediaType`}

func TestFormsOfOtherKinds(t *testing.T) {
	for i, form := range forms {
		var fields []suggest.Field
		var answers [][]string
		for line := range strings.Lines(form) {
			name, answer, _ := strings.Cut(strings.TrimSpace(line), "|")
			f := suggest.Field{Path: name}
			if i == 0 {
				f = suggest.Field{Path: `"` + name + `"`, Label: name}
			}
			fields, answers = append(fields, f), append(answers, strings.Split(answer, ","))
		}
		mean, right := 0, 0
		for j, s := range suggest.Fields(fields, suggest.Options{}) {
			got := "-"
			if len(s.Candidates) > 0 {
				got = s.Candidates[0].Standard
			}
			ok := slices.Contains(answers[j], got)
			if answers[j][0] != "-" {
				mean++
				right += map[bool]int{true: 1}[ok]
			}
			if s.Chosen && !ok {
				t.Errorf("%s: %s is chosen, right is %q", s.Local, got, answers[j])
			}
		}
		if 100*right < 90*mean {
			t.Errorf("form %d: %d of %d are right", i, right, mean)
		}
	}
}
