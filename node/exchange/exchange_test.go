package exchange_test

import (
	"slices"
	"testing"

	"referworks/crypto"
	"referworks/node/exchange"
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
