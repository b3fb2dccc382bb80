package connection_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"referworks/bridges/mapping"
	"referworks/internal/testnet"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// office is an organization with the sample's mapping and one connection; consent says whether it states one.
func office(t *testing.T, consent bool) *connection.Set {
	t.Helper()
	return officeOf(t, testnet.New(t).Org("harbor").Connections(), consent)
}

func officeOf(t *testing.T, set *connection.Set, consent bool) *connection.Set {
	t.Helper()
	doc, err := os.ReadFile("../../examples/mappings/harbor-legalserver.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Publish("legalserver", doc, connection.Publishing{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	c := connection.Connection{ID: "in", Name: "in", Kind: connection.KindAPI, Direction: connection.In, Format: "json", Mapping: "legalserver"}
	if consent {
		c.Consent = statement
	}
	if err := set.Put(c, nil, "test"); err != nil {
		t.Fatal(err)
	}
	return set
}

func matter(t *testing.T) []byte {
	t.Helper()
	doc, err := os.ReadFile("../../examples/legalserver-matter.json")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// No statement and no consent in the document: nothing is sent, nothing is lost, and the same post is one item.
func TestWithoutConsentItWaitsOnceWithItsOriginal(t *testing.T) {
	set := office(t, false)
	in := connection.Submission{Format: "json", Raw: matter(t), Actor: "test", Key: "case-1"}
	first, err := set.Submit(context.Background(), in)
	if err != nil || first.Waiting == "" || first.Sentence == "" {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := set.Submit(context.Background(), in)
	if err != nil || again.Waiting != first.Waiting {
		t.Errorf("the same post waits as %q and as %q: %v", first.Waiting, again.Waiting, err)
	}
	other := in
	other.Raw = append([]byte(" "), in.Raw...)
	if _, err := set.Submit(context.Background(), other); !errors.Is(err, exchange.ErrKeyReused) {
		t.Errorf("another document under the same key: %v", err)
	}
	list, err := set.WaitingList()
	if err != nil || len(list) != 1 {
		t.Fatalf("%d items wait: %v", len(list), err)
	}
	w, err := set.WaitingItem(first.Waiting)
	if err != nil || string(w.Original) != string(in.Raw) {
		t.Errorf("the original is not kept: %v", err)
	}
	if err := set.Discard(first.Waiting, "test"); err != nil {
		t.Fatal(err)
	}
	anew, err := set.Submit(context.Background(), in)
	if err != nil || anew.Waiting == "" || anew.Waiting == first.Waiting {
		t.Errorf("after it was given up, the post counts as new: %+v %v", anew.Waiting, err)
	}
}

func TestUnreadableDocumentIsRefusedAndNothingKept(t *testing.T) {
	set := office(t, true)
	_, err := set.Submit(context.Background(), connection.Submission{Format: "json", Raw: []byte(`{"first": `), Actor: "test"})
	var unreadable *connection.Unreadable
	if !errors.As(err, &unreadable) {
		t.Fatalf("got %v", err)
	}
	if list, err := set.WaitingList(); err != nil || len(list) != 0 {
		t.Errorf("%d items wait: %v", len(list), err)
	}
}

// The sample names two recipients in its own words; without a table from these words to partners a person must choose.
func TestUnknownRecipientsWait(t *testing.T) {
	set := office(t, true)
	res, err := set.Submit(context.Background(), connection.Submission{Format: "json", Raw: matter(t), Actor: "test"})
	if err != nil || res.Waiting == "" {
		t.Fatalf("%+v %v", res, err)
	}
	if _, err := set.Submit(context.Background(), connection.Submission{Format: "json", Raw: matter(t), To: []string{"Nobody"}, Actor: "test"}); err == nil {
		t.Error("a caller that names nobody known was not told")
	}
}

// What a person resends goes out under the key of its post: the same post again gets the same referral.
func TestResentIsSentOnce(t *testing.T) {
	net := testnet.New(t)
	a, b := net.Node("a").Org("harbor"), net.Node("b").Org("elm")
	net.Pair(a, b)
	set := officeOf(t, a.Connections(), true)
	in := connection.Submission{Format: "json", Raw: matter(t), Actor: "test", Key: "case-2"}
	held, err := set.Submit(context.Background(), in)
	if err != nil || held.Waiting == "" {
		t.Fatalf("%+v %v", held, err)
	}
	sent, err := set.Resend(held.Waiting, []string{string(b.ID())}, "test", nil)
	if err != nil || len(sent.Parts) != 1 || sent.Parts[0].Referral == "" {
		t.Fatalf("%+v %v", sent, err)
	}
	if list, err := set.WaitingList(); err != nil || len(list) != 0 {
		t.Errorf("%d items still wait: %v", len(list), err)
	}
	in.To = []string{string(b.ID())}
	if _, err := set.Submit(context.Background(), in); !errors.Is(err, exchange.ErrKeyReused) {
		t.Errorf("the key with another address: %v", err)
	}
	all, _, err := a.Desk().Threads(exchange.Query{})
	if err != nil || len(all) != 1 {
		t.Errorf("%d referrals were sent: %v", len(all), err)
	}
}

// The same post twice at once is one item that waits; another under its key is told so.
func TestSamePostAtOnceWaitsOnce(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, _ := pair(t, nil)
		a.publish("matter", "harbor-legalserver")
		must(t, a.set.Put(connection.Connection{ID: "in", Name: "in", Kind: connection.KindAPI, Direction: connection.In, Format: "json", Mapping: "matter"}, nil, "test"))
		const keys, posts = 12, 8
		for k := range keys {
			in := connection.Submission{Format: "json", Raw: matter(t), Actor: "test", Key: fmt.Sprintf("case-%d", k)}
			results := make(chan connection.Result, posts)
			for range posts {
				go func() {
					res, err := a.set.Submit(t.Context(), in)
					if err != nil {
						t.Error(err)
					}
					results <- res
				}()
			}
			first := <-results
			for range posts - 1 {
				if res := <-results; res.Waiting != first.Waiting || res.Sentence != first.Sentence {
					t.Errorf("the same post waits as %q and as %q", first.Waiting, res.Waiting)
				}
			}
		}
		if list, err := a.set.WaitingList(); err != nil || len(list) != keys {
			t.Errorf("%d items wait: %v", len(list), err)
		}
	})
}

// While a document waits, another one under its key is refused even when that one could be sent; the same one, once it
// can be sent, waits no more.
func TestKeyOfWhatWaits(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.publish("matter", "harbor-legalserver")
		c := connection.Connection{ID: "in", Name: "in", Kind: connection.KindAPI, Direction: connection.In, Format: "json", Mapping: "matter"}
		must(t, a.set.Put(c, nil, "test"))
		in := connection.Submission{Format: "json", Raw: matter(t), Actor: "test", Key: "case-1", To: []string{string(b.OrgID())}}
		res, err := a.set.Submit(t.Context(), in)
		if err != nil || res.Waiting == "" {
			t.Fatalf("%+v %v", res, err)
		}
		c.Consent = statement
		must(t, a.set.Put(c, nil, "test"))
		other := in
		other.Raw = append([]byte(" "), in.Raw...)
		if _, err := a.set.Submit(t.Context(), other); !errors.Is(err, exchange.ErrKeyReused) {
			t.Errorf("another document under the key of one that waits: %v", err)
		}
		res, err = a.set.Submit(t.Context(), in)
		if err != nil || len(res.Parts) != 1 {
			t.Fatalf("%+v %v", res, err)
		}
		if list, err := a.set.WaitingList(); err != nil || len(list) != 0 {
			t.Errorf("it was sent and %d items wait: %v", len(list), err)
		}
		if again, err := a.set.Submit(t.Context(), in); err != nil || again.Parts[0].Referral != res.Parts[0].Referral {
			t.Errorf("the same post again: %+v %v", again, err)
		}
	})
}

// statement is what an organization states once about consent.
var statement = &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodVerbal, Capacity: protocol.CapacitySelf, Days: 180, Purposes: []string{"referral"}}
