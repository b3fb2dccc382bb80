package exchange_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"referworks/crypto"
	"referworks/internal/sample"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// canaries are the values of the sample that may stand nowhere in the clear: texts of people, long enough to be found.
func canaries(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	sample.Full().Visit(func(p protocol.Place) bool {
		switch p.Leaf.Kind() {
		case protocol.LeafText, protocol.LeafLong, protocol.LeafPhone, protocol.LeafEmail, protocol.LeafDate:
			if v := p.Leaf.Text(); p.Leaf.Given() && p.Field.Class != protocol.P0 && len(v) >= 6 {
				all[v] = p.Path
			}
		}
		return true
	})
	if len(all) < 30 {
		t.Fatalf("the sample has only %d canaries", len(all))
	}
	return all
}

// TestCanary: what is kept for good, logged, said in errors, put on the wire or into events holds nothing of the person.
func TestCanary(t *testing.T) {
	w := world(t, "North", "East", "West")
	a, b, c := w[0], w[1], w[2]
	var said []byte
	out := outgoing(b, c)
	var err error
	out.Raw, err = crypto.Marshal(out.Referral)
	must(t, err)
	out.Key = "the form of somebody@example.org"
	sent, err := a.Send(ctx, out)
	must(t, err)
	ids := []protocol.ReferralID{sent.Parts[0].Referral, sent.Parts[1].Referral}
	b.takeAll(1, func(it exchange.Item) {
		said = fmt.Append(said, it, it.Body)
		must(t, b.Delivered(ctx, it, protocol.Delivered, protocol.Note{Reference: "M-1"}))
	})
	c.takeAll(1, func(it exchange.Item) { must(t, c.Hold(ctx, it, "no mapping")) })
	a.becomes(ids[0], protocol.InTheirMedium)
	a.becomes(ids[1], protocol.OnTheirDisk)
	_, plain, _ := caught(t, a, b)
	b.Receive(ctx, a.Peer(), reseal(t, a, b, another(t, a, plain))) // a conflict
	b.Receive(ctx, a.Peer(), []byte("hello"))
	for _, spoil := range []func(*protocol.Referral){
		func(r *protocol.Referral) { r.Needs = nil },
		func(r *protocol.Referral) { r.Consents = nil },
		func(r *protocol.Referral) {
			r.Person.BirthDate.Value = protocol.Of[protocol.Date](r.Narrative.Summary.Text())
		},
		func(r *protocol.Referral) { r.Consents[0].ExpiresAt = protocol.TimeOf(time.Now().Add(-time.Hour)) },
	} {
		wrong := outgoing(b)
		spoil(wrong.Referral)
		_, err := a.Send(ctx, wrong)
		if err == nil {
			t.Error("a spoiled referral was sent")
		}
		said = fmt.Append(said, err)
	}
	said = fmt.Appendf(said, "%v %+v %#v", out.Referral, out.Referral, out.Referral)

	places := map[string][]byte{"errors and printed items": said}
	for _, s := range w {
		s.logMu.Lock()
		places["log of "+s.name] = bytes.Clone(s.log.Bytes())
		s.logMu.Unlock()
		places["kept rows of "+s.name] = kept(t, s)
	}
	a.net.mu.Lock()
	places["wire"] = bytes.Join(a.net.frames, []byte("\n"))
	a.net.mu.Unlock()
	found := 0
	for value, path := range canaries(t) {
		for place, text := range places {
			if bytes.Contains(text, []byte(value)) {
				t.Errorf("%s holds the value of %s", place, path)
			}
		}
		if bytes.Contains(plain.Body, []byte(value)) {
			found++
		}
	}
	if found < 20 { // negative control: in the clear they are found
		t.Errorf("only %d canaries are in the body itself, so this test proves nothing", found)
	}
	if strings.Contains(string(places["kept rows of "+a.name]), "somebody@example.org") {
		t.Error("the idempotency key is kept in the clear")
	}
}

// kept gathers everything of a store that outlives an erasure: kept parts, keys, queues, events.
func kept(t *testing.T, s *side) []byte {
	t.Helper()
	var all []byte
	must(t, s.org.View(func(tx *store.Tx) error {
		for it, err := range tx.Scan(store.Key{}, store.Key{}) {
			must(t, err)
			all = fmt.Append(all, it.Key.Parts(), string(it.Row.Kept), "\n")
		}
		for _, p := range s.book.List() {
			for it, err := range tx.ScanLanes("thread", string(p.ID()), store.LaneKey{}) {
				must(t, err)
				all = fmt.Append(all, it.Key, it.Due.Queue, string(it.Row.Kept), "\n")
			}
		}
		return nil
	}))
	events, err := audit.List(s.org, 0, 10000)
	must(t, err)
	for _, e := range events {
		all = fmt.Append(all, e.Actor, e.Kind, e.Subject, string(e.Details), "\n")
	}
	if len(all) < 1000 {
		t.Fatal("nothing is kept")
	}
	return all
}
