package protocol_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/internal/sample"
	"referworks/protocol"
)

var partner = sample.Org("Elm Street Elder Services")

func problems(t *testing.T, err error) []protocol.Problem {
	t.Helper()
	if err == nil {
		return nil
	}
	var p *protocol.Problems
	if !errors.As(err, &p) {
		t.Fatalf("Validate gives a %T", err)
	}
	return p.List
}

func TestLeastValidReferral(t *testing.T) {
	if err := sample.Minimal().ValidateFor(sample.Now, partner); err != nil {
		t.Fatal(err)
	}
	for path, change := range map[string]func(*protocol.Referral){
		"referral.id":                func(r *protocol.Referral) { r.Header.ID = protocol.ReferralRef{} },
		"referral.createdAt":         func(r *protocol.Referral) { r.Header.CreatedAt = protocol.Time{} },
		"referral.mode":              func(r *protocol.Referral) { r.Header.Mode.SetAbsent(protocol.Unknown) },
		"referrer.organization":      func(r *protocol.Referral) { r.Referrer.Organization = protocol.Named{} },
		"referrer.contact":           func(r *protocol.Referral) { r.Referrer.Contact.Phone.SetAbsent(protocol.Unknown) },
		"person.names":               func(r *protocol.Referral) { r.Person.Names = nil },
		"contact.points":             func(r *protocol.Referral) { r.Contact.Points[0].Value.SetAbsent(protocol.Declined) },
		"contact.initiator":          func(r *protocol.Referral) { r.Contact.Initiator = protocol.Choice[protocol.Initiator]{} },
		"needs":                      func(r *protocol.Referral) { r.Needs = nil },
		"needs[0].id":                func(r *protocol.Referral) { r.Needs[0].ID = protocol.Token{} },
		"needs[0].codes":             func(r *protocol.Referral) { r.Needs[0].Codes = nil },
		"needs[0].text":              func(r *protocol.Referral) { r.Needs[0].Text = protocol.Text{} },
		"urgency.level":              func(r *protocol.Referral) { r.Urgency = protocol.Urgency{} },
		"consents":                   func(r *protocol.Referral) { r.Consents = nil },
		"consents[0].givenBy":        func(r *protocol.Referral) { r.Consents[0].GivenBy = protocol.Text{} },
		"consents[0].basis":          func(r *protocol.Referral) { r.Consents[0].Basis.SetAbsent(protocol.NotAsked) },
		"consents[0].expiresAt":      func(r *protocol.Referral) { r.Consents[0].ExpiresAt = protocol.Time{} },
		"consents[0].outcomeSharing": func(r *protocol.Referral) { r.Consents[0].OutcomeSharing = protocol.Flag{} },
	} {
		r := sample.Minimal()
		change(r)
		list := problems(t, r.Validate())
		if len(list) != 1 || list[0].Path != path {
			t.Errorf("without %s: %v", path, list)
		}
	}
}

func TestLeastReferralMayAlsoBe(t *testing.T) {
	for name, change := range map[string]func(*protocol.Referral){
		"without a contact point, when nobody may contact the person": func(r *protocol.Referral) {
			r.Contact = protocol.Contact{Initiator: protocol.Choose(protocol.DoNotContact)}
		},
		"for an organization": func(r *protocol.Referral) {
			r.Person = protocol.Person{OrganizationName: protocol.Of[protocol.Text]("Tidewater Tenants")}
		},
		"with reasons where machines need nothing": func(r *protocol.Referral) {
			r.Needs[0].Text.SetAbsent(protocol.Withheld)
			r.Needs[0].Codes[0].SetAbsent(protocol.Withheld)
			r.Contact.Initiator.SetAbsent(protocol.NotAsked)
			r.Consents[0].GivenBy.SetAbsent(protocol.Withheld)
			r.Consents[0].Onward.SetAbsent(protocol.NotAsked)
		},
		"from an id alone": func(r *protocol.Referral) {
			r.Referrer.Organization = protocol.Named{ID: protocol.Of[protocol.OrgRef](string(partner))}
		},
	} {
		r := sample.Minimal()
		change(r)
		if err := r.ValidateFor(sample.Now, partner); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEmptyReferralNamesAllThatIsMissing(t *testing.T) {
	var paths []string
	for _, p := range problems(t, new(protocol.Referral).Validate()) {
		paths = append(paths, p.Path)
		if p.Label == p.Path || p.Sentence == "" {
			t.Errorf("%+v has no label or sentence", p)
		}
	}
	want := []string{"referral.id", "referral.createdAt", "referral.mode", "referrer.organization", "referrer.contact", "contact.initiator", "needs", "urgency.level", "consents",
		"person.names", "contact.points"}
	slices.Sort(want)
	slices.Sort(paths)
	if paths = slices.Compact(paths); !slices.Equal(paths, want) {
		t.Errorf("got %v\nwant %v", paths, want)
	}
}

func TestValidateRefuses(t *testing.T) {
	long := strings.Repeat("é", 501)
	for path, change := range map[string]func(*protocol.Referral){
		"person.ageBand":              func(r *protocol.Referral) { r.Person.AgeBand = protocol.Of[protocol.Text](long[:102]) },
		"narrative.summary":           func(r *protocol.Referral) { r.Narrative.Summary = protocol.Of[protocol.Long]("a\rb") },
		"person.names[0].given":       func(r *protocol.Referral) { r.Person.Names[0].Given = protocol.Of[protocol.Text]("a\u202eb") },
		"person.names[0].family":      func(r *protocol.Referral) { r.Person.Names[0].Family = protocol.Of[protocol.Text]("a\nb") },
		"person.names[0].middle":      func(r *protocol.Referral) { r.Person.Names[0].Middle = protocol.Of[protocol.Text]("a\xffb") },
		"person.addresses[0].lines":   func(r *protocol.Referral) { r.Person.Addresses[0].Lines = make([]protocol.Text, 7) },
		"person.addresses[0].lines[]": func(r *protocol.Referral) { r.Person.Addresses[0].Lines = make([]protocol.Text, 1) },
		"person.birthDate.value":      func(r *protocol.Referral) { r.Person.BirthDate.Value = protocol.Of[protocol.Date]("2023-02-29") },
		"person.sexAtBirth": func(r *protocol.Referral) {
			r.Person.SexAtBirth = protocol.CodedAs(protocol.Coding{Code: "F"})
		},
		"person.maritalStatus": func(r *protocol.Referral) {
			r.Person.MaritalStatus = protocol.CodedAs(protocol.Coding{System: "x"})
		},
		"person.citizenship":          func(r *protocol.Referral) { r.Person.Citizenship = protocol.Of[protocol.Coded](long) },
		"referrer.kind":               func(r *protocol.Referral) { r.Referrer.Kind = protocol.Choose[protocol.ReferrerKind]("neighbor") },
		"household.size":              func(r *protocol.Referral) { r.Household.Size = protocol.Of[protocol.Integer]("two") },
		"referrer.organization.id":    func(r *protocol.Referral) { r.Referrer.Organization.ID = protocol.Of[protocol.OrgRef]("rw1abc") },
		"eligibility.income[].amount": func(r *protocol.Referral) { r.Eligibility.Income[0].Amount = protocol.Of[protocol.Decimal]("1,000") },
		"needs[].id":                  func(r *protocol.Referral) { r.Needs = append(r.Needs, r.Needs[0]) },
		"people[].ref":                func(r *protocol.Referral) { r.People[1].Ref = r.People[0].Ref },
		"attachments[].id":            func(r *protocol.Referral) { r.Attachments = append(r.Attachments, r.Attachments[0]) },
		"attachments[].size":          func(r *protocol.Referral) { r.Attachments[0].Size = protocol.IntegerOf(-1) },
		"consents[].expiresAt":        func(r *protocol.Referral) { r.Consents[0].ExpiresAt = r.Consents[0].ObtainedAt },
		"consents[].form":             func(r *protocol.Referral) { r.Consents[0].Form = protocol.Of[protocol.Token]("other") },
		"consents[].except[]": func(r *protocol.Referral) {
			r.Consents[0].Except = []protocol.Text{protocol.Of[protocol.Text]("P9")}
		},
		"referral.group.of": func(r *protocol.Referral) { r.Header.Group.Of = protocol.IntegerOf(0) },
		"extra[].label":     func(r *protocol.Referral) { r.Extra[0].Label.SetAbsent(protocol.Unknown) },
		"provenance.chain[].to": func(r *protocol.Referral) {
			a, b := protocol.Of[protocol.OrgRef](string(sample.Org("a"))), protocol.Of[protocol.OrgRef](string(sample.Org("b")))
			r.Provenance.Chain = []protocol.Leg{{Referral: r.Header.ID, From: a, To: b}, {Referral: r.Header.ID, From: b, To: a}}
		},
	} {
		r := sample.Full()
		change(r)
		list := problems(t, r.Validate())
		if len(list) != 1 || protocol.Label(list[0].Path) != protocol.Label(path) {
			t.Errorf("%s: %v", path, list)
		}
		if err := r.Validate(); err != nil && (strings.Contains(err.Error(), "neighbor") || strings.Contains(err.Error(), "é")) {
			t.Errorf("%s: the error repeats a value: %v", path, err)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	r := sample.Minimal()
	for range 20 {
		r.Needs = append(r.Needs, protocol.Need{Codes: make([]protocol.Coded, 20)})
	}
	r.Needs = r.Needs[:20]
	var p *protocol.Problems
	if !errors.As(r.Validate(), &p) || len(p.List) != protocol.MaxProblems || !p.More {
		t.Errorf("%d problems, more %v", len(p.List), p.More)
	}
}

func TestConsent(t *testing.T) {
	day := 24 * time.Hour
	ref := func(o protocol.OrgID) protocol.OrgRef { return protocol.Of[protocol.OrgRef](string(o)) }
	other, first := sample.Org("other"), sample.Org("first")
	onward := func(r *protocol.Referral) {
		r.Provenance.Chain = []protocol.Leg{{Referral: r.Header.ID, From: ref(first), To: ref(sample.Org("Harbor Legal Aid"))}}
	}
	for name, c := range map[string]struct {
		change func(*protocol.Referral)
		at     time.Duration
		to     protocol.OrgID
		live   bool
	}{
		"now":                            {nil, 0, partner, true},
		"before it begins":               {nil, -3 * day, partner, false},
		"within the grace":               {nil, -20*time.Hour - 9*time.Minute, partner, true},
		"after it ended":                 {nil, 70 * 365 * day, partner, false},
		"named":                          {func(r *protocol.Referral) { r.Consents[0].Recipients = []protocol.OrgRef{ref(other), ref(partner)} }, 0, partner, true},
		"others named":                   {func(r *protocol.Referral) { r.Consents[0].Recipients = []protocol.OrgRef{ref(other)} }, 0, partner, false},
		"passed on, not allowed":         {onward, 0, partner, false},
		"passed on, not allowed, named":  {func(r *protocol.Referral) { onward(r); r.Consents[0].Recipients = []protocol.OrgRef{ref(partner)} }, 0, partner, false},
		"passed on, named, not this one": {func(r *protocol.Referral) { onward(r); r.Consents[0].Onward = protocol.Choose(protocol.OnwardNamed) }, 0, partner, false},
		"passed on, named": {func(r *protocol.Referral) {
			onward(r)
			r.Consents[0].Onward = protocol.Choose(protocol.OnwardNamed)
			r.Consents[0].Recipients = []protocol.OrgRef{ref(partner)}
		}, 0, partner, true},
		"passed on, same purpose": {func(r *protocol.Referral) {
			onward(r)
			r.Consents[0].Onward = protocol.Choose(protocol.OnwardSamePurpose)
		}, 0, partner, true},
		"the second consent": {func(r *protocol.Referral) {
			ended := r.Consents[0]
			ended.ExpiresAt = protocol.TimeOf(sample.Now.Add(-time.Hour))
			r.Consents = append([]protocol.Consent{ended}, r.Consents...)
		}, 0, partner, true},
	} {
		r := sample.Minimal()
		if c.change != nil {
			c.change(r)
		}
		at := sample.Now.Add(c.at)
		if _, ok := r.LiveConsent(at, c.to); ok != c.live {
			t.Errorf("%s: live is %v", name, ok)
		}
		list := problems(t, r.ValidateFor(at, c.to))
		if (len(list) == 0) != c.live || !c.live && list[0].Path != "consents" {
			t.Errorf("%s: %v", name, list)
		}
	}
}
