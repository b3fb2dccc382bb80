package exchange_test

import (
	"errors"
	"strings"
	"testing"

	"referworks/node/exchange"
	"referworks/protocol"
)

func worker() protocol.Worker {
	return protocol.Worker{Name: protocol.Of[protocol.Text]("Intake desk"), Phone: protocol.Of[protocol.Text]("617-555-0100")}
}

// passable is a document whose consent says how it may be passed on.
func passable(onward protocol.Onward, recipients []protocol.OrgRef, to ...*side) exchange.Outgoing {
	out := outgoing(to...)
	for i := range out.Referral.Consents {
		out.Referral.Consents[i].Onward = protocol.Choose(onward)
		out.Referral.Consents[i].Recipients = recipients
	}
	return out
}

// arrive sends a document and waits until its receiver has it.
func (s *side) arrive(to *side, out exchange.Outgoing) protocol.ReferralID {
	s.t.Helper()
	sent, err := s.Send(ctx, out)
	must(s.t, err)
	id := sent.Parts[0].Referral
	s.becomes(id, protocol.OnTheirDisk)
	sink(s.t.(*testing.T), to, map[protocol.ReferralID]int{})
	return id
}

// pass passes a referral on and waits until its receiver has it.
func (s *side) pass(to *side, id protocol.ReferralID) protocol.ReferralID {
	s.t.Helper()
	sent, err := s.PassOn(ctx, id, exchange.Passing{To: []protocol.OrgID{to.OrgID()}, Contact: worker(), Actor: "test"})
	must(s.t, err)
	next := sent.Parts[0].Referral
	s.becomes(next, protocol.OnTheirDisk)
	sink(s.t.(*testing.T), to, map[protocol.ReferralID]int{})
	return next
}

// says fails unless err is for people and says so.
func says(t *testing.T, err error, what string) {
	t.Helper()
	var no *protocol.Error
	if !errors.As(err, &no) || !strings.Contains(no.Text(), what) {
		t.Errorf("%v, which does not say %q", err, what)
	}
}

// TestOnward: a referral goes on at most three times, never back, with its files and the names of who had it.
func TestOnward(t *testing.T) {
	w := world(t, "A", "B", "C", "D", "E")
	a, b, c, d, e := w[0], w[1], w[2], w[3], w[4]
	out := passable(protocol.OnwardSamePurpose, nil, b)
	out.Files = []string{a.upload("lease.pdf", pdf(5000)).ID}
	first := a.arrive(b, out)
	second := b.pass(c, first)
	got, err := c.Body(second)
	must(t, err)
	legs := got.Provenance.Chain
	if len(legs) != 1 || legs[0].From.ID() != a.OrgID() || legs[0].To.ID() != b.OrgID() || got.Header.BasedOn.Text() != string(first) || got.Referrer.Organization.ID.ID() != b.OrgID() {
		t.Errorf("it came by %+v, based on %s", legs, got.Header.BasedOn.Text())
	}
	if list := c.files(second); len(list) != 1 || len(c.content(second, list[0].ID)) != 5000 {
		t.Errorf("the files that came along: %+v", list)
	}
	_, err = c.PassOn(ctx, second, exchange.Passing{To: []protocol.OrgID{a.OrgID()}, Contact: worker(), Actor: "test"})
	says(t, err, "had this referral before")
	third := c.pass(d, second)
	fourth := d.pass(e, third)
	again := newSide(t, "F", a.net)
	befriend(t, e, again, both)
	_, err = e.PassOn(ctx, fourth, exchange.Passing{To: []protocol.OrgID{again.OrgID()}, Contact: worker(), Actor: "test"})
	says(t, err, "passed on 3 times")
}

// TestOnwardConsent: without the person's word nothing goes on, and the sentence says what to do.
func TestOnwardConsent(t *testing.T) {
	w := world(t, "A", "B", "C", "D")
	a, b, c, d := w[0], w[1], w[2], w[3]
	none := a.arrive(b, passable(protocol.OnwardNone, nil, b))
	_, err := b.PassOn(ctx, none, exchange.Passing{To: []protocol.OrgID{c.OrgID()}, Contact: worker(), Actor: "test"})
	says(t, err, "Propose it to A")
	named := a.arrive(b, passable(protocol.OnwardNamed, []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(b.OrgID())), protocol.Of[protocol.OrgRef](string(c.OrgID()))}, b))
	_, err = b.PassOn(ctx, named, exchange.Passing{To: []protocol.OrgID{d.OrgID()}, Contact: worker(), Actor: "test"})
	says(t, err, "consent does not let you pass this referral on to D")
	b.pass(c, named)
}

// TestReroute: the sender sends to somebody else what the first did not take, and only then.
func TestReroute(t *testing.T) {
	w := world(t, "A", "B", "C")
	a, b, c := w[0], w[1], w[2]
	id := a.arrive(b, outgoing(b))
	_, err := a.PassOn(ctx, id, exchange.Passing{To: []protocol.OrgID{c.OrgID()}, Actor: "test"})
	says(t, err, "B still has this referral")
	if _, err := b.Act(ctx, id, exchange.Doing{Kind: protocol.KindDecline, Actor: "test", Step: protocol.Step{Reason: "no-capacity"}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the decline", func() bool { return a.show(id).Status == protocol.StatusDeclined })
	_, err = a.PassOn(ctx, id, exchange.Passing{To: []protocol.OrgID{b.OrgID()}, Actor: "test"})
	says(t, err, "B had this referral")
	p := exchange.Passing{To: []protocol.OrgID{c.OrgID()}, Actor: "test", Key: "again", KeyHash: protocol.Hash{1}}
	sent, err := a.PassOn(ctx, id, p)
	must(t, err)
	a.becomes(sent.Parts[0].Referral, protocol.OnTheirDisk)
	twice, err := a.PassOn(ctx, id, p)
	if err != nil || twice.Parts[0].Referral != sent.Parts[0].Referral {
		t.Errorf("again under the same key: %+v, %v", twice, err)
	}
	got, err := c.Body(sent.Parts[0].Referral)
	must(t, err)
	if len(got.Provenance.Chain) != 0 || got.Header.BasedOn.Text() != string(id) || got.Referrer.Contact.Name.Text() == "" {
		t.Errorf("it says %+v", got.Header)
	}
}
