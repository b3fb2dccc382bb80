package connection_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/protocol"
)

// renewed is a medium that takes newer versions, and may also be told.
type renewed struct{ hub }

func (*renewed) Updates() bool { return true }

func (r *renewed) kinds() map[string]bridges.Kind {
	return map[string]bridges.Kind{"hub": {Name: "hub", Title: "hub", New: func(bridges.Config) (any, error) { return r, nil }}}
}

// taking is a pair whose b hands what arrives to a medium that takes newer versions.
func taking(t *testing.T, m *renewed) (a, b *desk) {
	t.Helper()
	a, b = pair(t, m.kinds())
	b.publish("intake", "court-help-center")
	c := hubConnection()
	c.Mapping, c.Consent = "intake", nil
	must(t, b.set.Put(c, nil, "test"))
	return a, b
}

// amend sends a newer version of a referral, in which the person has another name.
func (d *desk) amend(id protocol.ReferralID, family string) {
	d.t.Helper()
	r, err := d.desk.Body(id)
	must(d.t, err)
	r.Person.Names[0].Family = protocol.Of[protocol.Text](family)
	d.act(id, protocol.KindUpdate, protocol.Step{Referral: r})
}

func texts(list []bridges.Delivery) (all []string) {
	for _, d := range list {
		all = append(all, string(d.Document.Bytes))
	}
	return all
}

// What the sender changes reaches the record that the referral became, once for each version and in order, under a key of
// its own; what else it does is told.
func TestNewerVersionsAreHandedOver(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &renewed{}
		a, b := taking(t, m)
		b.run()
		id := a.send()
		time.Sleep(time.Minute)
		a.amend(id, "Zebulon")
		a.amend(id, "Quillfeather")
		a.act(id, protocol.KindRecall, protocol.Step{Text: "They found help."})
		for range 2 {
			b.halt()
			b.open(m.kinds())
			b.run()
			time.Sleep(time.Hour)
		}
		list := m.deliveries()
		if len(list) != 3 || list[0].Update || !list[1].Update || !list[2].Update {
			t.Fatalf("%d deliveries", len(list))
		}
		got := texts(list)
		if strings.Contains(got[0], "Zebulon") || !strings.Contains(got[1], "Zebulon") || !strings.Contains(got[2], "Quillfeather") {
			t.Error("the versions are not those that were sent, in order")
		}
		if list[1].Key == list[0].Key || list[1].Key == list[2].Key || list[1].Referral != list[0].Referral {
			t.Errorf("keys %q %q %q", list[0].Key, list[1].Key, list[2].Key)
		}
		if kinds(m.news()) != "update update recall" || m.news()[2].Status != protocol.StatusRecalled || m.news()[2].Reference != "4711" {
			t.Errorf("told: %s", kinds(m.news()))
		}
	})
}

// What comes before the referral itself could be handed over is handed over after it: nothing of it is lost.
func TestChangesThatOvertakeTheReferral(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &renewed{}
		m.answer = func(n int, _ bridges.Delivery) (bridges.Outcome, error) {
			if n < 4 {
				return bridges.Outcome{}, &bridges.Error{Class: bridges.Temporary, Sentence: "away", RetryAfter: 10 * time.Minute}
			}
			return bridges.Outcome{Reference: "4711"}, nil
		}
		a, b := taking(t, m)
		b.run()
		id := a.send()
		a.amend(id, "Zebulon")
		a.act(id, protocol.KindRecall, protocol.Step{Text: "They found help."})
		if len(m.news()) != 0 || slices.ContainsFunc(m.deliveries(), func(d bridges.Delivery) bool { return d.Update }) {
			t.Fatal("the medium heard of changes to what it does not have")
		}
		b.halt()
		b.open(m.kinds())
		b.run()
		time.Sleep(2 * time.Hour)
		list := m.deliveries()
		if len(list) != 5 || list[3].Update || !list[4].Update || !strings.Contains(texts(list)[4], "Zebulon") || kinds(m.news()) != "update recall" {
			t.Errorf("%d deliveries, told: %s", len(list), kinds(m.news()))
		}
	})
}

// An update climbs the same ladder as a delivery, and what the medium refuses waits for a person; what came after it waits
// behind it.
func TestAnUpdateIsTriedAgainAndHeld(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &renewed{}
		m.answer = func(n int, _ bridges.Delivery) (bridges.Outcome, error) {
			switch n {
			case 2:
				return bridges.Outcome{}, &bridges.Error{Class: bridges.Unknown, Sentence: "no answer came"}
			case 3:
				return bridges.Outcome{}, &bridges.Error{Class: bridges.Hold, Sentence: "The matter is locked."}
			}
			return bridges.Outcome{Reference: "4711"}, nil
		}
		a, b := taking(t, m)
		b.run()
		id := a.send()
		time.Sleep(time.Minute)
		a.amend(id, "Zebulon")
		a.act(id, protocol.KindNote, protocol.Step{Text: "more"})
		list, waits := m.deliveries(), waiting(t, b)
		if len(list) != 3 || list[1].Unknown || !list[2].Unknown || list[1].Key != list[2].Key || len(waits) != 1 || !strings.Contains(waits[0].Sentence, "The matter is locked.") || len(m.news()) != 0 {
			t.Fatalf("%d deliveries, %d wait, told: %s", len(list), len(waits), kinds(m.news()))
		}
		_, err := b.set.Resend(waits[0].ID, nil, "person", nil)
		must(t, err)
		time.Sleep(time.Minute)
		if len(m.deliveries()) != 4 || kinds(m.news()) != "update note" || len(waiting(t, b)) != 0 {
			t.Errorf("%d deliveries, told: %s", len(m.deliveries()), kinds(m.news()))
		}
	})
}

// Files that come later go to the record too, each step's own.
func TestFilesThatComeLaterAreHandedOver(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &renewed{}
		a, b := taking(t, m)
		b.run()
		id := a.send()
		time.Sleep(time.Minute)
		up, err := a.desk.Upload(t.Context(), "letter.txt", "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.desk.Act(t.Context(), id, exchange.Doing{Kind: protocol.KindAttach, Files: []string{up.ID}, Actor: "person"})
		must(t, err)
		time.Sleep(time.Minute)
		list := m.deliveries()
		if len(list) != 2 || !list[1].Update || len(list[1].Files) != 1 || list[1].Files[0].Name != "letter.txt" || list[1].Files[0].ID == "" {
			t.Fatalf("%d deliveries: %+v", len(list), list[len(list)-1].Files)
		}
	})
}

// A medium that takes no newer versions gets none.
func TestAMediumThatTakesNoUpdates(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{}
		a, b := receiver(t, m)
		b.run()
		id := a.send()
		time.Sleep(time.Minute)
		a.amend(id, "Zebulon")
		time.Sleep(time.Hour)
		if n := len(m.deliveries()); n != 1 {
			t.Errorf("%d deliveries", n)
		}
	})
}
