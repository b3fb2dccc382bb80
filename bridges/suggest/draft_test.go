package suggest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/suggest"
	"referworks/protocol"
)

func intake() []suggest.Field {
	words := func(all ...string) []suggest.Word {
		var out []suggest.Word
		for _, w := range all {
			out = append(out, suggest.Word{Text: w, Count: 2})
		}
		return out
	}
	return []suggest.Field{
		{Path: "case_number", Examples: []string{"A-1", "A-2"}},
		{Path: "first_name", Examples: []string{"Rosa", "Amir"}},
		{Path: "last_name", Examples: []string{"Lima", "Haddad"}},
		{Path: "dob", Examples: []string{"02/13/1950", "12/01/1988"}},
		{Path: "home_phone", Examples: []string{"(617) 555-0101", "617-555-0102"}},
		{Path: "cell_phone", Examples: []string{"617-555-0103"}},
		{Path: "home_phone_safe", Values: words("Yes", "No")},
		{Path: "email", Examples: []string{"rosa@example.org"}},
		{Path: "street", Examples: []string{"1 Main St"}},
		{Path: "apt", Examples: []string{"4"}},
		{Path: "city", Examples: []string{"Lynn"}},
		{Path: "state", Examples: []string{"MA"}},
		{Path: "zip", Examples: []string{"01901"}},
		{Path: "gender", Values: words("Female", "Male", "Refused")},
		{Path: "veteran", Values: words("Yes", "No")},
		{Path: "legal_problem_code", Values: words("63 Private Landlord/Tenant", "Custody", "zzqx")},
		{Path: "urgency", Values: words("High", "Low")},
		{Path: "monthly_income", Examples: []string{"$1,200.00"}},
		{Path: "adverse_parties[].first_name", Examples: []string{"Max"}},
		{Path: "adverse_parties[].last_name", Examples: []string{"Power"}},
		{Path: "adverse_parties[].phone", Examples: []string{"617-555-0199"}},
		{Path: "binder_color", Examples: []string{"red"}},
	}
}

func TestADraftCompilesAndConverts(t *testing.T) {
	fields := intake()
	all := suggest.Fields(fields, suggest.Options{})
	d, err := suggest.Draft(suggest.Head{ID: "x", Name: "X", Side: mapping.Side{Region: "US"}}, fields, suggest.Chosen(all), suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(d.Carried, "binder_color") {
		t.Errorf("carried: %q", d.Carried)
	}
	m, err := mapping.Compile(d.Document)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := record.DecodeJSON([]byte(`{"case_number":"A-1","first_name":"Rosa","last_name":"Lima","dob":"02/13/1950","home_phone":"(617) 555-0101",
		"cell_phone":"617-555-0103","home_phone_safe":"No","email":"rosa@example.org","street":"1 Main St","apt":"4","city":"Lynn","state":"MA","zip":"01901",
		"gender":"Female","veteran":"No","legal_problem_code":"Custody","urgency":"High","monthly_income":"$1,200.00",
		"adverse_parties":[{"first_name":"Max","last_name":"Power","phone":"617-555-0199"}],"binder_color":"red"}`), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ref, _, err := m.ToReferral(rec, mapping.Context{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), OrganizationName: "Harbor",
		Contact: &mapping.ContactStatement{Name: "Intake"},
		Consent: &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodSigned, Capacity: protocol.CapacitySelf, Days: 90, Purposes: []string{"service"}}})
	if err != nil {
		t.Fatal(err)
	}
	p := ref.Person
	if len(p.Names) != 1 || p.Names[0].Given.Text() != "Rosa" || p.BirthDate.Value.Text() != "1950-02-13" {
		t.Errorf("the person is %d names, born %s", len(p.Names), p.BirthDate.Value.Text())
	}
	if len(ref.Contact.Points) != 3 || ref.Contact.Points[0].Safe.Text() != "no" {
		t.Errorf("%d contact points", len(ref.Contact.Points))
	}
	if len(p.Addresses) != 1 || len(p.Addresses[0].Lines) != 2 || p.Addresses[0].PostalCode.Text() != "01901" {
		t.Errorf("addresses: %d", len(p.Addresses))
	}
	if len(ref.Needs) != 1 || ref.Needs[0].Codes[0].Coding().Code != "31" {
		t.Errorf("needs: %d", len(ref.Needs))
	}
	if len(ref.People) != 1 || ref.People[0].Role.Text() != "adverse" || ref.People[0].Names[0].Family.Text() != "Power" {
		t.Errorf("people: %d", len(ref.People))
	}
	if ref.Urgency.Level.Text() != "urgent" || ref.Eligibility.Income[0].Amount.Text() != "1200.00" {
		t.Errorf("urgency %s, income %d", ref.Urgency.Level.Text(), len(ref.Eligibility.Income))
	}
	if len(ref.Extra) == 0 {
		t.Error("what has no rule is not carried")
	}
	t.Log(d.Notes)
}

func TestRelativesStayApart(t *testing.T) {
	fields := []suggest.Field{{Path: "mother_name"}, {Path: "mother_phone"}, {Path: "guardian_name"}, {Path: "emergency_contact.name"}, {Path: "spouse_dob"}}
	matches := suggest.Chosen(suggest.Fields(fields, suggest.Options{}))
	d, err := suggest.Draft(suggest.Head{}, fields, matches, suggest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]bool{}
	for _, r := range d.Document.Rules {
		before, _, _ := strings.Cut(r.Standard, "]")
		people[before] = true
	}
	if len(matches) != 5 || len(d.Document.Rules) != 5 || len(people) != 4 {
		t.Errorf("matches %+v, %d people, notes %q", matches, len(people), d.Notes)
	}
}
