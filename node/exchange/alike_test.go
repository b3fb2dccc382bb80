package exchange_test

import (
	"testing"
	"testing/synctest"
	"time"

	"referworks/protocol"
)

// TestLookAlike: the same person for the same need, from whomever and however the name is written, is shown within 30
// days; another need, another person and what was erased are not.
func TestLookAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Cedar Housing", "Elm Street Food")
		a, c, b := w[0], w[1], w[2]
		send := func(from *side, change func(*protocol.Referral)) protocol.ReferralID {
			out := outgoing(b)
			out.Referral.Person.Names = out.Referral.Person.Names[:1]
			if change != nil {
				change(out.Referral)
			}
			sent, err := from.Send(ctx, out)
			must(t, err)
			time.Sleep(time.Second)
			return sent.Parts[0].Referral
		}
		first := send(a, nil)
		if v := b.show(first); v.LookAlike != "" {
			t.Errorf("the first looks like %s", v.LookAlike)
		}
		second := send(c, func(r *protocol.Referral) {
			r.Person.Names[0] = protocol.Name{Full: protocol.Of[protocol.Text]("DE LA CRUZ O BRIAIN, Maria Jose"), Use: protocol.Choose(protocol.NameLegal)}
		})
		if v := b.show(second); v.LookAlike != first {
			t.Errorf("the same person from another organization looks like %q", v.LookAlike)
		}
		if v := c.show(second); v.LookAlike != "" {
			t.Error("the sender learns of it")
		}
		other := send(a, func(r *protocol.Referral) {
			r.Needs[0].Codes[0] = protocol.CodedAs(protocol.Coding{System: "lsc", Code: "63"})
		})
		if v := b.show(other); v.LookAlike != "" {
			t.Errorf("another need looks like %s", v.LookAlike)
		}
		twin := send(a, func(r *protocol.Referral) { r.Person.Names[0].Given = protocol.Of[protocol.Text]("Josefa") })
		if v := b.show(twin); v.LookAlike != "" {
			t.Errorf("another person looks like %s", v.LookAlike)
		}
		if _, err := b.Erase(ctx, second, "test"); err != nil {
			t.Fatal(err)
		}
		third := send(a, nil)
		if v := b.show(third); v.LookAlike != "" {
			t.Errorf("what was erased is found as %s", v.LookAlike)
		}
		time.Sleep(31 * 24 * time.Hour)
		if v := b.show(send(a, nil)); v.LookAlike != "" {
			t.Errorf("after a month it looks like %s", v.LookAlike)
		}
	})
}
