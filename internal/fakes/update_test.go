package fakes_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/internal/fakes"
	"referworks/internal/sample"
	"referworks/protocol"
)

// takesUpdates are the presets whose system can be brought up to date, with the settings of systems().
var takesUpdates = "legalserver civicrm salesforce primero commcare dhis2 odoo airtable generic-xml find-path generic-rest find-path"

// Newer versions change the record that is there, whatever happens to requests and to the process: no second one, and in the
// end what the newest version says.
func TestUpdatesOnceEach(t *testing.T) {
	runs := 50
	if os.Getenv("LONG") != "" {
		runs = 500
	}
	updated := ""
	for _, s := range systems() {
		p := start(t, s)
		if !p.open(t).(bridges.Updater).Updates() {
			continue
		}
		updated += " " + name(s)
		t.Run(name(s), func(t *testing.T) {
			t.Parallel()
			r := sample.Full()
			d := delivery(t, p.kind, r, 1)
			if _, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			for seed := range runs {
				family := fmt.Sprintf("Quill%cfeather%c", 'a'+seed/26%26, 'a'+seed%26)
				r.Person.Names[0].Family, r.Person.Names[0].Full = protocol.Of[protocol.Text](family), protocol.Of[protocol.Text]("Ada "+family)
				d = delivery(t, p.kind, r, 1)
				d.Update, d.Key = true, fmt.Sprintf("%s/%s/%d", sender.Short(), d.Referral, seed+2)
				n := &desk{place: p, rng: rand.New(rand.NewPCG(uint64(seed), 11))}
				n.run(t, d)
				if got, want := p.fake.Counts(), s.want(1); !maps.Equal(got, want) {
					t.Fatalf("after run %d it holds %v, want %v; what happened: %v", seed, got, want, n.story)
				}
				if !strings.Contains(fmt.Sprintf("%+v", p.fake), family) {
					t.Fatalf("after run %d it does not hold the newest name; what happened: %v", seed, n.story)
				}
			}
		})
	}
	if strings.TrimSpace(updated) != takesUpdates {
		t.Errorf("brought up to date are%s", updated)
	}
}

// What somebody did in the system stays: an update changes neither the state nor who works on it.
func TestUpdatesLeaveTheState(t *testing.T) {
	for _, s := range systems() {
		p := start(t, s)
		b := p.open(t)
		decide, ok := decides(p.fake)
		if !ok || !b.(bridges.Updater).Updates() {
			continue
		}
		d := delivery(t, p.kind, sample.Full(), 1)
		if _, err := b.(bridges.Sink).Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		decide("Being-worked-on")
		d.Update, d.Key = true, d.Key+"1"
		if _, err := b.(bridges.Sink).Deliver(t.Context(), d); err != nil {
			t.Fatalf("%s: %v", name(s), err)
		}
		if !strings.Contains(fmt.Sprintf("%+v", p.fake), "Being-worked-on") {
			t.Errorf("%s: an update took the state back", name(s))
		}
	}
}

// decides gives what sets the state of everything in a fake.
func decides(f fake) (func(string), bool) {
	switch f := f.(type) {
	case interface{ Decide(string) }:
		return f.Decide, true
	case interface{ Decide(table, status string) }:
		return func(s string) { f.Decide("Referrals", s) }, true
	}
	return nil, false
}

// A system that cannot change what it has is never sent the same person twice.
func TestNoUpdateMakesASecondRecord(t *testing.T) {
	for _, s := range systems() {
		p := start(t, s)
		b := p.open(t)
		if b.(bridges.Updater).Updates() {
			continue
		}
		d := delivery(t, p.kind, sample.Full(), 1)
		if _, err := b.(bridges.Sink).Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		d.Update, d.Key = true, d.Key+"1"
		_, err := b.(bridges.Sink).Deliver(t.Context(), d)
		if be, ok := err.(*bridges.Error); !ok || be.Class != bridges.Hold || !maps.Equal(p.fake.Counts(), s.want(1)) {
			t.Errorf("%s: %v, it holds %v", name(s), err, p.fake.Counts())
		}
	}
}

// A rehearsal of DHIS2 is its own dry run: it names what would be refused, and leaves nothing there.
func TestRehearsalLeavesNothing(t *testing.T) {
	for _, s := range systems() {
		if s.preset != "dhis2" {
			continue
		}
		p := start(t, s)
		d := delivery(t, p.kind, sample.Full(), 1)
		if err := p.open(t).(bridges.Rehearser).Rehearse(t.Context(), d); err != nil {
			t.Errorf("what it takes: %v", err)
		}
		dhis := p.fake.(*fakes.DHIS2)
		if dhis.Validated() != 1 || dhis.Counts()["entities"] != 0 {
			t.Errorf("%d dry runs, it holds %v", dhis.Validated(), dhis.Counts())
		}
		dhis.Attributes = dhisCodes[1:]
		err := p.open(t).(bridges.Rehearser).Rehearse(t.Context(), d)
		if be, ok := err.(*bridges.Error); !ok || !strings.Contains(be.Field, dhisCodes[0]) || dhis.Counts()["entities"] != 0 {
			t.Errorf("what it does not take: %v", err)
		}
	}
}
