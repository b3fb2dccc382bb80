package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/node/calendar"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/protocol"
)

func TestFromHereToTheirMedium(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	sent := a.send(b)
	if len(sent.Parts) != 1 || sent.Group != "" || sent.Parts[0].State != protocol.Queued {
		t.Fatalf("sent %+v", sent)
	}
	id := sent.Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	b.takeAll(1, func(it exchange.Item) {
		if it.From != a.OrgID() || it.Referral != id || it.Attempt != 1 || it.Body.Person.Names[0].Given.Text() == "" {
			t.Errorf("the item is %s %s, attempt %d", it.From, it.Referral, it.Attempt)
		}
		must(t, b.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M-2041", Report: []byte(`{"kept":17}`)}))
	})
	v := a.becomes(id, protocol.InTheirMedium)
	if v.Reference != "M-2041" || string(v.TheirReport) != `{"kept":17}` || string(v.OurReport) != `{"carried":3}` || v.Alarm != exchange.OnTime {
		t.Errorf("the sender sees %+v", v)
	}
	if got := levels(v.Receipts); !slices.Equal(got, []protocol.Level{protocol.Received, protocol.Delivered}) {
		t.Errorf("the sender has receipts %v", got)
	}
	must(t, b.Read(ctx, id, "intake worker"))
	a.becomes(id, protocol.SeenByPerson)
	for _, s := range w {
		p, err := s.Proof(id)
		must(t, err)
		if len(p.Messages) != 1 || len(p.Receipts) != 3 || len(p.Standings) != 2 || p.Terms == nil {
			t.Errorf("%s proves it by %d messages, %d receipts, %d standings", s.name, len(p.Messages), len(p.Receipts), len(p.Standings))
		}
		from, err := crypto.VerifyChain(p.Chains[a.OrgID()])
		must(t, err)
		to, err := crypto.VerifyChain(p.Chains[b.OrgID()])
		must(t, err)
		_, _, err = crypto.VerifyMessageEver([]byte(p.Messages[0]), from)
		must(t, err)
		for i := range p.Receipts {
			must(t, crypto.VerifyReceiptEver(&p.Receipts[i], to))
		}
	}
}

func TestSeveralRecipients(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	must(t, a.book.Stand(ctx, "admin", c.OrgID(), protocol.WindingDown))
	x := newSide(t, "Nobody", a.net)
	sent := a.send(c, b, x, b)
	var states []protocol.Transport
	for i, p := range sent.Parts {
		if p.To != []protocol.OrgID{c.OrgID(), b.OrgID(), x.OrgID()}[i] {
			t.Errorf("part %d is for another recipient", i)
		}
		if (p.State == protocol.TurnedAway) != (p.Referral == "" && p.Code != "" && p.Sentence != "") {
			t.Errorf("part %d is %+v", i, p)
		}
		states = append(states, p.State)
	}
	if want := []protocol.Transport{protocol.TurnedAway, protocol.Queued, protocol.TurnedAway}; !slices.Equal(states, want) || sent.Group == "" {
		t.Fatalf("the parts are %v", states)
	}
	a.becomes(sent.Parts[1].Referral, protocol.OnTheirDisk)
	r, err := b.Body(sent.Parts[1].Referral)
	must(t, err)
	if r.Target.Organization.ID.ID() != b.OrgID() || r.Header.Group.ID.Text() != sent.Group || r.Referrer.Organization.ID.ID() != a.OrgID() {
		t.Error("the copy does not name its own recipient, its group and its sender")
	}
	if _, err := a.Send(ctx, outgoing(c)); protocol.CodeOf(err) != protocol.CodeNoGrant {
		t.Errorf("when nobody may get it, Send says %v", err)
	}
	if _, err := a.Send(ctx, outgoing()); err == nil {
		t.Error("a referral to nobody was sent")
	}
	list, _, err := a.Threads(exchange.Query{})
	must(t, err)
	if len(list) != 1 {
		t.Errorf("%d referrals are stored", len(list))
	}
}

// TestConsentNamesOne: the consent covers one recipient of two.
func TestConsentNamesOne(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	out := outgoing(b, c)
	for i := range out.Referral.Consents {
		out.Referral.Consents[i].Recipients = []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(c.OrgID()))}
	}
	sent, err := a.Send(ctx, out)
	must(t, err)
	if sent.Parts[0].State != protocol.TurnedAway || sent.Parts[0].Code != protocol.CodeSchema || sent.Parts[1].State != protocol.Queued {
		t.Errorf("the parts are %+v", sent.Parts)
	}
	out.To = out.To[:1]
	var no *exchange.NoConsent
	if _, err := a.Send(ctx, out); !errors.As(err, &no) || !no.Override || no.To != b.OrgID() || !strings.Contains(err.Error(), "Elm Street Food") {
		t.Errorf("Send says %v", err)
	}
	out.Override = &exchange.Override{Basis: protocol.BasisVitalInterest, Reason: "He threatened to come back tonight."}
	must(t, out.Override.Check())
	out.Referral.Consents = append(out.Referral.Consents, protocol.Override(out.Override.Basis, out.Override.Reason, b.OrgID(), time.Now(), time.Now().AddDate(0, 0, 30)))
	_, err = a.Send(ctx, out)
	must(t, err)
	if !slices.Contains(a.kinds(), exchange.EventOverridden) {
		t.Errorf("the log has %v", a.kinds())
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	if err := (exchange.Rules{Calendar: calendar.Calendar{Zone: "Atlantis"}}).Check(); !errors.Is(err, exchange.ErrRules) || strings.Contains(err.Error(), "Atlantis") {
		t.Errorf("an unknown zone: %v", err)
	}
}

// TestVictimService: nothing leaves without a written release that names the recipient, whatever else allows it.
func TestVictimService(t *testing.T) {
	w := world(t, "Harbor Refuge", "Elm Street Food")
	a, b := w[0], w[1]
	a.rules.VictimService = true
	out := outgoing(b)
	var no *exchange.NoConsent
	if _, err := a.Send(ctx, out); !errors.As(err, &no) || no.Override {
		t.Errorf("Send says %v", err)
	}
	out.Referral.Consents = append(out.Referral.Consents, protocol.Override(protocol.BasisVitalInterest, "danger to life", b.OrgID(), time.Now(), time.Now().AddDate(0, 0, 30)))
	if _, err := a.Send(ctx, out); !errors.As(err, &no) {
		t.Errorf("with an override Send says %v", err)
	}
	release := &out.Referral.Consents[0]
	release.Method, release.StatedByOrganization = protocol.Choose(protocol.MethodSigned), protocol.Flag{}
	release.Recipients = []protocol.OrgRef{protocol.Of[protocol.OrgRef](string(b.OrgID()))}
	release.ExpiresAt = protocol.TimeOf(time.Now().AddDate(0, 6, 0))
	_, err := a.Send(ctx, out)
	must(t, err)
}

func TestTwoRecipientsShareACase(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	a.net.set(func(_, to *side, _ []byte) (error, error) {
		if to == c {
			return exchange.ErrUnreachable, nil
		}
		return nil, nil
	})
	sent := a.send(b, c)
	first, second := sent.Parts[0].Referral, sent.Parts[1].Referral
	a.becomes(first, protocol.OnTheirDisk)
	gone, err := a.Erase(ctx, first, "key 1")
	must(t, err)
	if len(gone) != 2 {
		t.Errorf("erased %v", gone)
	}
	v := a.becomes(second, protocol.Undeliverable)
	if v.Alarm != exchange.Phone || !v.Erased {
		t.Errorf("what was erased before its delivery is %+v", v)
	}
	if _, err := a.Body(first); err == nil {
		t.Error("the body can be read after the erasure")
	}
	p, err := a.Proof(first)
	must(t, err)
	if len(p.Messages) != 1 || len(p.Receipts) != 1 {
		t.Error("the proof went with the case")
	}
	if _, err := b.Body(first); err != nil {
		t.Errorf("an erasure here reached the partner: %v", err)
	}
	b.takeAll(1, func(it exchange.Item) {
		must(t, b.Delivered(ctx, it, protocol.DeliveredBlind, protocol.Note{Reference: "late"}))
	})
	if v := a.becomes(first, protocol.HandedBlind); v.Reference != "" {
		t.Error("a note was kept under an erased case")
	}
	if _, err := b.Erase(ctx, first, "key 1"); err != nil {
		t.Error(err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	out := outgoing(b)
	out.Key, out.KeyHash = "the number of Jane Roe's form", protocol.Hash{1}
	first, err := a.Send(ctx, out)
	must(t, err)
	again, err := a.Send(ctx, out)
	must(t, err)
	if first.Parts[0].Referral != again.Parts[0].Referral {
		t.Error("the same key sent it twice")
	}
	out.KeyHash = protocol.Hash{2}
	if _, err := a.Send(ctx, out); !errors.Is(err, exchange.ErrKeyReused) {
		t.Errorf("another document under the same key: %v", err)
	}
	many := make(chan protocol.ReferralID)
	out.Key = "another"
	for range 8 {
		go func() {
			sent, err := a.Send(ctx, out)
			if err != nil {
				t.Error(err)
				many <- ""
				return
			}
			many <- sent.Parts[0].Referral
		}()
	}
	one := <-many
	for range 7 {
		if next := <-many; next != one {
			t.Error("the same key at the same time sent it twice")
		}
	}
	until(t, "both", func() bool { return b.arrived() == 2 })
}

func TestWrongReferralIsNotSent(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	out := outgoing(w[1])
	out.Referral.Needs = nil
	out.Referral.Consents = nil
	_, err := w[0].Send(ctx, out)
	var problems *protocol.Problems
	if !errors.As(err, &problems) || len(problems.List) != 2 {
		t.Errorf("Send says %v", err)
	}
	out = outgoing(w[1])
	out.Raw = bytes.Repeat([]byte("x"), 300<<10)
	_, err = w[0].Send(ctx, out)
	must(t, err)
	out.Referral.Narrative.Summary = protocol.Of[protocol.Long](strings.Repeat("long ", 2000))
	for range 60 {
		out.Referral.Notes = append(out.Referral.Notes, protocol.CaseNote{Text: out.Referral.Narrative.Summary})
	}
	if _, err := w[0].Send(ctx, out); protocol.CodeOf(err) != protocol.CodeTooLarge {
		t.Errorf("a referral that no envelope holds: %v", err)
	}
}

func TestTermsNarrowAndLimit(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	must(t, b.book.Permit(ctx, "admin", a.OrgID(), partner.Allow{TheySend: true, WeSend: true, Withheld: []string{"person.birthDate", "legal"}, PerDay: 3}))
	hello(t, a, b)
	_, hash, err := a.pair(b).GrantOut(time.Now())
	must(t, err)
	if terms, _ := a.pair(b).Terms(hash); terms.PerDay != 3 {
		must(t, a.book.Permit(ctx, "admin", b.OrgID(), both))
		hello(t, a, b)
	}
	part := a.send(b).Parts[0]
	if len(part.Withheld) == 0 {
		t.Error("nothing was withheld although the terms keep some back")
	}
	a.becomes(part.Referral, protocol.OnTheirDisk)
	r, err := b.Body(part.Referral)
	must(t, err)
	if len(r.Beyond([]string{"person.birthDate", "legal"})) > 0 {
		t.Error("what the terms keep back is with the partner")
	}
	a.becomes(a.send(b).Parts[0].Referral, protocol.OnTheirDisk)
	a.becomes(a.send(b).Parts[0].Referral, protocol.OnTheirDisk)
	over := a.send(b).Parts[0].Referral
	until(t, "the limit", func() bool { return a.show(over).Code == protocol.CodeRate })
	v := a.show(over)
	if in := time.Until(v.NextTry); in < 23*time.Hour || in > 25*time.Hour || v.Reason == "" || b.arrived() != 3 {
		t.Errorf("the fourth of the day is %+v; %d arrived", v, b.arrived())
	}
}

func (s *side) pair(o *side) *partner.Pair {
	p, ok := s.book.Current(o.OrgID())
	if !ok {
		s.t.Fatal("no pair")
	}
	return p
}

func TestInbox(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	id := a.send(b).Parts[0].Referral
	b.takeAll(1, func(it exchange.Item) { must(t, b.Retry(ctx, it, time.Now(), "the medium is busy", true)) })
	b.takeAll(1, func(it exchange.Item) {
		if it.Attempt != 2 || !it.Unknown {
			t.Errorf("the second attempt is %d, unknown %v", it.Attempt, it.Unknown)
		}
		must(t, b.Hold(ctx, it, "a field is missing"))
	})
	if v := b.show(id); v.Item != "held" || v.Reason != "a field is missing" {
		t.Errorf("it waits for a person as %q %q", v.Item, v.Reason)
	}
	a.becomes(id, protocol.OnTheirDisk)
	must(t, b.Resume(ctx, a.OrgID(), id, nil))
	if err := b.Resume(ctx, a.OrgID(), id, nil); !errors.Is(err, exchange.ErrUnderWay) {
		t.Errorf("resume of what is under way: %v", err)
	}
	if err := b.Resume(ctx, a.OrgID(), "urn:uuid:none", nil); !errors.Is(err, exchange.ErrNone) {
		t.Errorf("resume of nothing: %v", err)
	}
	b.takeAll(1, func(it exchange.Item) { must(t, b.Keep(ctx, it, nil)) })
	must(t, b.Resume(ctx, a.OrgID(), id, nil))
	b.restart()
	b.takeAll(1, func(it exchange.Item) {
		must(t, b.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M-1"}))
		must(t, b.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M-2"}))
		must(t, b.Retry(ctx, it, time.Now(), "too late", false))
	})
	a.becomes(id, protocol.InTheirMedium)
	b.restart()
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if items, err := b.ClaimInbox(short, 1); err == nil {
		t.Errorf("what was delivered is handed over again: %v", items[0].Referral)
	}
	if got := levels(a.show(id).Receipts); len(got) != 2 || a.show(id).Reference != "M-1" {
		t.Errorf("the sender has %v and reference %q", got, a.show(id).Reference)
	}
}

func TestThreadsByPage(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	var sent []protocol.ReferralID
	for i := range 7 {
		sent = append(sent, a.send([]*side{b, c}[i%2]).Parts[0].Referral)
	}
	in := b.send(a).Parts[0].Referral
	b.becomes(in, protocol.OnTheirDisk)
	var got []protocol.ReferralID
	for q := (exchange.Query{Limit: 3}); ; {
		list, next, err := a.Threads(q)
		must(t, err)
		for _, v := range list {
			got = append(got, v.Referral)
		}
		if q.After = next; next == "" {
			break
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, append(sent, in)) {
		t.Errorf("the pages hold %d referrals in another order than they were made", len(got))
	}
	list, _, err := a.Threads(exchange.Query{Partner: c.OrgID(), Direction: "out"})
	must(t, err)
	if len(list) != 3 {
		t.Errorf("%d went to one partner", len(list))
	}
	if list, _, _ := a.Threads(exchange.Query{Direction: "in"}); len(list) != 1 {
		t.Errorf("%d came in", len(list))
	}
	if _, err := a.Thread("urn:uuid:none"); !errors.Is(err, exchange.ErrNone) {
		t.Errorf("a referral that is not here: %v", err)
	}
}

// TestReadWhileTheSinkFails: a person opens what the medium does not take; the partner hears of it, and the medium gets
// it later.
func TestReadWhileTheSinkFails(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	b.takeAll(1, func(it exchange.Item) {
		must(t, b.Retry(ctx, it, time.Now().Add(time.Hour), "the medium is down", false))
	})
	must(t, b.Read(ctx, id, "intake worker"))
	must(t, b.Read(ctx, id, "intake worker"))
	v := a.becomes(id, protocol.SeenByPerson)
	if len(v.Receipts) != 2 || b.show(id).Item != "due" {
		t.Errorf("the sender has %v, and there it is %q", levels(v.Receipts), b.show(id).Item)
	}
	if err := a.Read(ctx, id, "intake worker"); !errors.Is(err, exchange.ErrNone) {
		t.Errorf("what we sent was opened here: %v", err)
	}
}
