package mapping_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

func TestNoConsentNoSending(t *testing.T) {
	m := compiled(t, "harbor-legalserver")
	rec := decodeJSON(t, example(t, "legalserver-matter.json"))
	ctx := harbor()
	ctx.Consent = nil
	_, _, err := m.ToReferral(rec, ctx)
	var hold *mapping.Hold
	if !errors.As(err, &hold) || !strings.Contains(err.Error(), "has not stated how it takes consent") {
		t.Errorf("a record without consent was let through: %v", err)
	}
	ref, report, err := m.ToReferral(rec, harbor())
	if err != nil {
		t.Fatal(err)
	}
	c := ref.Consents[0]
	if v, _ := c.StatedByOrganization.Bool(); !v || !slices.Contains(report.Stated, "consents") {
		t.Error("the stated consent is not marked and reported")
	}
	from, _ := c.ObtainedAt.Time()
	until, _ := c.ExpiresAt.Time()
	if days := until.Sub(from).Hours() / 24; days != 90 {
		t.Errorf("the consent lasts %v days", days)
	}
	if err := ref.ValidateFor(harbor().Now, protocol.OrgIDOf(protocol.Hash{2})); err != nil {
		t.Errorf("the stated consent does not cover the recipient: %v", err)
	}
}

// The record's own consent is used, and what it lacks is filled in without calling it stated.
func TestTheRecordsOwnConsent(t *testing.T) {
	ref, report := sent(t, "child-protection")
	c := &ref.Consents[0]
	if c.GivenBy.Text() != "Sok Bopha" || !c.Capacity.Is(protocol.CapacityGuardian) || c.StatedByOrganization.Given() || slices.Contains(report.Stated, "consents") {
		t.Errorf("the record's consent was not used")
	}
	if !slices.Contains(report.Stated, "consents[].expiresAt") || slices.Contains(report.Stated, "consents[].givenBy") {
		t.Errorf("what the organization stated of the consent: %q", report.Stated)
	}
}

func TestStatementThatIsNotEnough(t *testing.T) {
	ctx := harbor()
	ctx.Consent = &mapping.ConsentStatement{Basis: protocol.BasisConsent}
	_, _, err := compiled(t, "harbor-legalserver").ToReferral(decodeJSON(t, example(t, "legalserver-matter.json")), ctx)
	var hold *mapping.Hold
	if !errors.As(err, &hold) {
		t.Errorf("a consent without an end was let through: %v", err)
	}
}

// A problem of the referral is named at our own field.
func TestReasonsNameOurField(t *testing.T) {
	m := compiled(t, "harbor-legalserver")
	rec := decodeJSON(t, example(t, "legalserver-matter.json"))
	_ = rec.Set(record.MustPath("legal_problem_code"), &record.Node{})
	_ = rec.Set(record.MustPath("legal_problem_description"), &record.Node{})
	_, _, err := m.ToReferral(rec, harbor())
	var hold *mapping.Hold
	if !errors.As(err, &hold) {
		t.Fatalf("a record without a need was let through: %v", err)
	}
	if !slices.ContainsFunc(hold.Reasons, func(r mapping.HoldReason) bool { return r.Label == "Legal problem" && r.Rule == "problem" }) {
		t.Errorf("no reason names our field: %+v", hold.Reasons)
	}
}

func TestPreviewNeedsNoNumber(t *testing.T) {
	ctx := harbor()
	ctx.NewID = nil
	ref, _, err := compiled(t, "harbor-legalserver").ToReferral(decodeJSON(t, example(t, "legalserver-matter.json")), ctx)
	if err != nil || ref.Header.ID.Given() {
		t.Errorf("preview: %v", err)
	}
}

func TestGovernmentNumbersStayBehind(t *testing.T) {
	doc := func(more ...string) *mapping.Mapping {
		return compile(t, document(t, least+`{"id":"r","local":"x","standard":"person.pronouns"}`, more...))
	}
	rec := func() *record.Node {
		return record.NewObject(record.NewText("O").Named("_n"), record.NewText("H").Named("_need"), record.NewText("1").Named("_way"),
			record.NewText("900-12-3456").Named("Social Security Number"), record.NewText("secret").Named("diary"))
	}
	for _, c := range []struct {
		more    []string
		carried string
	}{
		{nil, "diary"},
		{[]string{`"never":[{"local":"\"Social Security Number\"","allow":true,"reason":"the court asks for it"}]`}, `"Social Security Number" diary`},
		{[]string{`"never":[{"local":"diary"}]`}, ""},
		{[]string{`"unmapped":{"policy":"drop"}`}, ""},
	} {
		ref, report, err := doc(c.more...).ToReferral(rec(), harbor())
		if err != nil {
			t.Fatal(err)
		}
		var carried []string
		for i := range ref.Extra {
			carried = append(carried, ref.Extra[i].Path.Text())
		}
		if got := strings.Join(carried, " "); got != c.carried || len(report.Carried)+len(report.Dropped) != 2 {
			t.Errorf("%v: carried %q, dropped %+v", c.more, got, report.Dropped)
		}
	}
}

// On failure the rule decides: the value travels as an extra fact, stays behind and is reported, or all waits.
func TestOnFailure(t *testing.T) {
	for _, c := range []struct {
		does            string
		extras, dropped int
		holds           bool
	}{{"flag", 1, 0, false}, {"skip", 0, 1, false}, {"hold", 1, 0, true}} {
		m := compile(t, document(t, least+`{"id":"r","label":"Born","local":"x","standard":"person.birthDate.value","onFailure":"`+c.does+`","via":[{"fn":"date"}]}`))
		ref, report, err := m.ToReferral(record.NewObject(record.NewText("O").Named("_n"), record.NewText("H").Named("_need"), record.NewText("1").Named("_way"), record.NewText("long ago").Named("x")), harbor())
		var hold *mapping.Hold
		if len(ref.Extra) != c.extras || len(report.Dropped) != c.dropped || errors.As(err, &hold) != c.holds {
			t.Errorf("%s: %d extra facts, %d dropped, %v", c.does, len(ref.Extra), len(report.Dropped), err)
		}
	}
}

func TestConditionsChoose(t *testing.T) {
	m := compile(t, document(t, least+`{"id":"a","local":"x","standard":"narrative.goals","when":{"local":[{"path":"kind","is":["goal"]}],"standard":[{"path":"urgency.level","is":["soon"]}]}},
		{"id":"b","local":"x","standard":"narrative.history","direction":"in","when":{"local":[{"path":"kind","not":["goal"]}]}},
		{"id":"c","standard":"urgency.level","direction":"in","via":[{"fn":"constant","value":"soon"}]},
		{"id":"d","local":"kind","standard":"person.ageBand"}`))
	for kind, goal := range map[string]bool{"goal": true, "other": false} {
		ref, _, err := m.ToReferral(record.NewObject(record.NewText("O").Named("_n"), record.NewText("H").Named("_need"), record.NewText("1").Named("_way"),
			record.NewText(kind).Named("kind"), record.NewText("words").Named("x")), harbor())
		if err != nil || ref.Narrative.Goals.Given() != goal || ref.Narrative.History.Given() == goal || !ref.Urgency.Level.Is(protocol.Soon) {
			t.Errorf("%s: goals %v, history %v, %v", kind, ref.Narrative.Goals.Given(), ref.Narrative.History.Given(), err)
		}
		rec, _, err := m.FromReferral(ref, elsewhere())
		if err != nil || (at(rec, "x") == "words") != goal {
			t.Errorf("%s on the way out: %v", kind, err)
		}
	}
}
