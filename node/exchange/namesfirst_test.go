package exchange_test

import (
	"testing"

	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/protocol"
)

// lawyers are two sides of which the second wants names first.
func lawyers(t *testing.T) (a, b *side) {
	w := worldOn(t, &wires{sides: map[protocol.PeerID]*side{}}, "Elm Street Food")
	a, b = w[0], newSide(t, "Harbor Legal Aid", w[0].net)
	befriendAs(t, a, both, b, partner.Allow{TheySend: true, WeSend: true, NamesFirst: true})
	return a, b
}

// TestNamesFirst: nothing but the names crosses before the recipient found no conflict; then the rest comes by itself,
// with its files.
func TestNamesFirst(t *testing.T) {
	a, b := lawyers(t)
	out := outgoing(b)
	out.Files = []string{a.upload("lease.pdf", pdf(5000)).ID}
	id := a.arrive(b, out)
	first, err := b.Body(id)
	must(t, err)
	if len(first.Person.Names) == 0 || len(first.People) != len(out.Referral.People) || len(first.Needs) != len(out.Referral.Needs) {
		t.Error("the parties are not all there")
	}
	if first.Narrative.Summary.Given() || len(first.Contact.Points) != 0 || len(first.Attachments) != 0 || len(first.Extra) != 0 || first.Needs[0].Text.Given() {
		t.Error("more than names came first")
	}
	for _, frame := range []string{out.Referral.Narrative.Summary.Text(), out.Referral.Contact.Points[0].Value.Text()} {
		if frame == "" {
			t.Fatal("the sample has nothing that must not cross")
		}
	}
	if !b.show(id).NamesFirst {
		t.Error("it does not say that the rest is to come")
	}
	if _, err := a.Act(ctx, id, exchange.Doing{Kind: protocol.KindNote, Actor: "test", Step: protocol.Step{Text: "hello"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Act(ctx, id, exchange.Doing{Kind: protocol.KindCleared, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the rest", func() bool { return b.show(id).Version == 2 })
	whole, err := b.Body(id)
	must(t, err)
	if whole.Narrative.Summary.Text() != out.Referral.Narrative.Summary.Text() || len(whole.Contact.Points) != len(out.Referral.Contact.Points) || len(whole.Attachments) != 1 {
		t.Error("the rest is not whole")
	}
	if list := b.files(id); len(list) != 1 || len(b.content(id, list[0].ID)) != 5000 {
		t.Errorf("its files: %+v", list)
	}
	if b.show(id).NamesFirst || a.show(id).NamesFirst {
		t.Error("it still says that the rest is to come")
	}
}

// TestMaskedConflict: a decline for a conflict reads like any other, and the rest never comes.
func TestMaskedConflict(t *testing.T) {
	a, b := lawyers(t)
	id := a.arrive(b, outgoing(b))
	if _, err := b.Act(ctx, id, exchange.Doing{Kind: protocol.KindDecline, Actor: "test", Step: protocol.Step{Reason: exchange.ReasonConflict, Text: "We act for her landlord."}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the decline", func() bool { return a.show(id).Status == protocol.StatusDeclined })
	list, err := a.Messages(id)
	must(t, err)
	if s := list[len(list)-1].Step; s.Reason != "unable-to-assist" || s.Text != "" {
		t.Errorf("the partner reads %q %q", s.Reason, s.Text)
	}
	r, err := b.Body(id)
	must(t, err)
	if r.Narrative.Summary.Given() {
		t.Error("the rest came")
	}
}

// TestBeyondNames: a sender that sends everything at once is refused, and nothing of it is kept.
func TestBeyondNames(t *testing.T) {
	a, b := lawyers(t)
	a.WholeFirst()
	sent, err := a.Send(ctx, outgoing(b))
	must(t, err)
	if v := a.becomes(sent.Parts[0].Referral, protocol.TurnedAway); v.Code != protocol.CodeBeyond {
		t.Errorf("it was refused with %s", v.Code)
	}
	if b.show(sent.Parts[0].Referral).State != "" {
		t.Error("the receiver keeps it")
	}
}
