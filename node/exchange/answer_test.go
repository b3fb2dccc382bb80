package exchange_test

import (
	"bytes"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/protocol"
)

// TestAnswersThatProveNothing: only a receipt that verifies and is about this message ends it, whatever else a partner's
// node answers.
func TestAnswersThatProveNothing(t *testing.T) {
	plainCode := func(c protocol.Code) func(*side, protocol.Answer) protocol.Answer {
		return func(*side, protocol.Answer) protocol.Answer { return protocol.Answer{V: 1, Code: c} }
	}
	altered := func(change func(*protocol.ReceiptProof)) func(*side, protocol.Answer) protocol.Answer {
		return func(_ *side, a protocol.Answer) protocol.Answer {
			p := *a.Receipt
			change(&p)
			return protocol.Answer{V: 1, Receipt: &p}
		}
	}
	signed := func(change func(*protocol.Receipt)) func(*side, protocol.Answer) protocol.Answer {
		return func(by *side, a protocol.Answer) protocol.Answer {
			r := a.Receipt.Receipt
			change(&r)
			proofs, err := crypto.SignReceipts(by.Signer(), []protocol.Receipt{r})
			if err != nil {
				panic(err)
			}
			return protocol.Answer{V: 1, Receipt: &proofs[0]}
		}
	}
	stranger := crypto.NewSigningKey()
	lies := map[string]func(*side, protocol.Answer) protocol.Answer{
		"nothing":          func(*side, protocol.Answer) protocol.Answer { return protocol.Answer{V: 1} },
		"an altered level": altered(func(p *protocol.ReceiptProof) { p.Receipt.Level = protocol.Read }),
		"another index":    altered(func(p *protocol.ReceiptProof) { p.Index++ }),
		"no signature":     altered(func(p *protocol.ReceiptProof) { p.JWS = "" }),
		"a receipt of another": signed(func(r *protocol.Receipt) {
			r.Referral = protocol.ReferralID("urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071")
		}),
		"a receipt of another content": signed(func(r *protocol.Receipt) { r.Manifest = protocol.Hash{7} }),
		"a receipt of another number":  signed(func(r *protocol.Receipt) { r.Seq++ }),
		"a receipt for another":        signed(func(r *protocol.Receipt) { r.To = protocol.OrgIDOf(protocol.Hash{9}) }),
		"a stranger's receipt": func(_ *side, a protocol.Answer) protocol.Answer {
			proofs, err := crypto.SignReceipts(stranger, []protocol.Receipt{a.Receipt.Receipt})
			if err != nil {
				panic(err)
			}
			return protocol.Answer{V: 1, Receipt: &proofs[0]}
		},
		"a new key that is none": func(*side, protocol.Answer) protocol.Answer {
			return protocol.Answer{V: 1, Code: protocol.CodeKeyUnknown, Card: "x.y.z"}
		},
		"the card that we have": func(by *side, _ protocol.Answer) protocol.Answer {
			return protocol.Answer{V: 1, Code: protocol.CodeKeyUnknown, Card: by.Card()}
		},
	}
	for _, c := range protocol.Codes() {
		lies["the code "+string(c)] = plainCode(c)
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world(t, "Harbor Legal Aid", "Elm Street Food")
				a, b := w[0], w[1]
				var frames atomic.Int64
				a.net.set(func(_, _ *side, _ []byte) (error, error) { frames.Add(1); return nil, nil })
				a.net.lie(lie)
				id := a.send(b).Parts[0].Referral
				time.Sleep(20 * time.Minute)
				v := a.show(id)
				if !slices.Contains([]protocol.Transport{protocol.Queued, protocol.Waiting, protocol.Sent}, v.State) || len(v.Receipts) != 0 {
					t.Errorf("it ended as %s with %d receipts", v.State, len(v.Receipts))
				}
				if v.Reason == "" || v.Alarm != exchange.Late || frames.Load() > 60 {
					t.Errorf("it says %q %q after %d frames", v.Reason, v.Alarm, frames.Load())
				}
				a.net.lie(nil)
				a.PartnerChanged(b.OrgID())
				time.Sleep(2 * time.Hour)
				if s := a.state(id); s != protocol.OnTheirDisk || b.arrived() != 1 {
					t.Errorf("afterwards it is %s, and %d arrived", s, b.arrived())
				}
			})
		})
	}
}

// TestRefusals: a signed refusal ends a message visibly; our own rules end what they will never allow.
func TestRefusals(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Ended)) // a has not heard
	id := a.send(b).Parts[0].Referral
	v := a.becomes(id, protocol.TurnedAway)
	if v.Code != protocol.CodeNoGrant || v.Reason == "" || len(v.Receipts) != 1 || v.Alarm != exchange.OnTime {
		t.Errorf("what the partner refused is %+v", v)
	}
	if !slices.Contains(a.kinds(), exchange.EventRefused) || !slices.Contains(b.kinds(), exchange.EventTurnedAway) {
		t.Error("a refusal left no event")
	}
	if list, _, err := b.Threads(exchange.Query{}); err != nil || len(list) != 0 {
		t.Errorf("what was refused is a referral there: %v", err)
	}
	again := b.Receive(ctx, a.Peer(), a.net.last())
	if again.Receipt == nil || again.Receipt.Receipt.Salt.String() != v.Receipts[0].Receipt.Salt.String() {
		t.Error("the same again got another refusal")
	}
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Active))
	a.net.set(cut)
	late := a.send(b).Parts[0].Referral
	until(t, "an attempt", func() bool { return a.show(late).Attempts > 0 })
	must(t, a.book.Stand(ctx, "admin", b.OrgID(), protocol.Ended))
	a.net.set(nil)
	a.PartnerChanged(b.OrgID())
	if v := a.becomes(late, protocol.TurnedAway); v.Code != protocol.CodeNoGrant || len(v.Receipts) != 0 {
		t.Errorf("what our own side ended is %+v", v)
	}
}

// TestSuspendedThereOnly: the partner suspended and we have not heard; it waits, and goes on when we do.
func TestSuspendedThereOnly(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Suspended))
	id := a.send(b).Parts[0].Referral
	if v := a.becomes(id, protocol.Waiting); v.Code != protocol.CodeSuspended || v.NextTry.IsZero() {
		t.Errorf("it is %+v", v)
	}
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Active))
	hello(t, a, b)
	a.becomes(id, protocol.OnTheirDisk)
}

// TestReceiptsFlowWhileSuspended: what was taken before is still confirmed; blocked stops that too.
func TestReceiptsFlowWhileSuspended(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	first, second := a.send(b).Parts[0].Referral, a.send(b).Parts[0].Referral
	a.becomes(first, protocol.OnTheirDisk)
	a.becomes(second, protocol.OnTheirDisk)
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Suspended))
	give := func(want protocol.ReferralID) {
		b.takeAll(2, func(it exchange.Item) {
			if it.Referral == want {
				must(t, b.Delivered(ctx, it, protocol.DeliveredBlind, protocol.Note{}))
			} else {
				must(t, b.Keep(ctx, it, nil))
			}
		})
	}
	give(first)
	a.becomes(first, protocol.HandedBlind)
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Blocked))
	must(t, b.Read(ctx, second, "intake worker"))
	must(t, b.book.Stand(ctx, "admin", a.OrgID(), protocol.Active))
	if s := a.state(second); s != protocol.OnTheirDisk {
		t.Errorf("a blocked partner was told %s", s)
	}
}

// TestLaterReceiptsThatProveNothing plays a partner's false later receipts.
func TestLaterReceiptsThatProveNothing(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "Cedar Housing")
	a, b, c := w[0], w[1], w[2]
	_, _, id := caught(t, a, b)
	good := a.show(id).Receipts[0].Receipt
	good.Level = protocol.Delivered
	try := func(from *side, change func(r *protocol.Receipt, p *crypto.Plain)) protocol.Answer {
		r, note := good, []byte(`{"reference":"M-1"}`)
		p := crypto.Plain{Salt: bytes.Repeat([]byte{7}, crypto.SaltSize), Body: note} // as if the envelope were the note
		r.Note = crypto.NoteHash(p.Salt, note)
		change(&r, &p)
		proofs, err := crypto.SignReceipts(from.Signer(), []protocol.Receipt{r})
		must(t, err)
		p.Token, err = crypto.Marshal(proofs)
		must(t, err)
		p.Body, err = crypto.Marshal([][2]protocol.Bytes{{p.Salt, p.Body}})
		must(t, err)
		return a.Receive(ctx, from.Peer(), reseal(t, from, a, p))
	}
	for name, answer := range map[string]protocol.Answer{
		"by another partner": try(c, func(*protocol.Receipt, *crypto.Plain) {}),
		"of another author":  try(c, func(r *protocol.Receipt, _ *crypto.Plain) { r.From = c.OrgID() }),
		"of another content": try(b, func(r *protocol.Receipt, _ *crypto.Plain) { r.Manifest = protocol.Hash{7} }),
		"of another number":  try(b, func(r *protocol.Receipt, _ *crypto.Plain) { r.Seq = 2 }),
		"to another":         try(b, func(r *protocol.Receipt, _ *crypto.Plain) { r.To = c.OrgID() }),
		"with another note":  try(b, func(_ *protocol.Receipt, p *crypto.Plain) { p.Body = []byte(`{"reference":"M-2"}`) }),
		"of another level":   try(b, func(r *protocol.Receipt, _ *crypto.Plain) { r.Level = protocol.Received }),
	} {
		if answer.Receipt != nil || answer.Card != "" {
			t.Errorf("%s was answered %+v", name, answer)
		}
	}
	if v := a.show(id); v.State != protocol.OnTheirDisk || len(v.Receipts) != 1 {
		t.Fatalf("it is %s with %d receipts", v.State, len(v.Receipts))
	}
	if answer := try(b, func(*protocol.Receipt, *crypto.Plain) {}); answer.Code != "" || a.state(id) != protocol.InTheirMedium {
		t.Errorf("the right one was answered %+v", answer)
	}
	if answer := try(b, func(r *protocol.Receipt, p *crypto.Plain) {
		r.Level, r.Note, p.Body = protocol.Read, protocol.Hash{}, nil
	}); answer.Code != "" || a.state(id) != protocol.SeenByPerson {
		t.Errorf("one whose note was erased was answered %+v", answer)
	}
}

func TestErasedBeforeTheSink(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	_, err := b.Erase(ctx, id, "key 1")
	must(t, err)
	short, cancel := withTimeout(300 * time.Millisecond)
	defer cancel()
	if items, err := b.ClaimInbox(short, 1); err == nil {
		t.Errorf("an erased referral was handed over: %v", items[0].Referral)
	}
	until(t, "the reason", func() bool { return b.show(id).Item == "held" && b.show(id).Reason != "" })
}

// TestTermsThatNoReferralFits: what terms keep back may be what every referral needs; the sentence says which.
func TestTermsThatNoReferralFits(t *testing.T) {
	net := &wires{sides: map[protocol.PeerID]*side{}}
	a, b := newSide(t, "Harbor Legal Aid", net), newSide(t, "Elm Street Food", net)
	befriend(t, a, b, partner.Allow{TheySend: true, WeSend: true, Withheld: []string{"P3"}})
	_, err := a.Send(ctx, outgoing(b))
	if protocol.CodeOf(err) != protocol.CodeBeyond {
		t.Errorf("Send says %v", err)
	}
}
