package exchange_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// TestGist: both sides list who a referral is about, by initials, and what is needed how soon; an update changes it, and
// an erasure takes it away.
func TestGist(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, b)
	out := outgoing(b)
	out.Referral.Urgency.Level = protocol.Choose(protocol.Emergency)
	sent, err := a.Send(ctx, out)
	must(t, err)
	id := sent.Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	for _, s := range w {
		g := s.show(id).Gist
		if g.Initials != "M. D." || g.System == "" || g.Code == "" || g.Need == "" || g.Urgency != protocol.Emergency {
			t.Errorf("%s shows %+v", s.name, g)
		}
	}
	r, err := a.Body(id)
	must(t, err)
	r.Needs = r.Needs[:1]
	r.Needs[0].Text = protocol.Of[protocol.Text](strings.Repeat("é", 200))
	a.do(id, protocol.KindUpdate, protocol.Step{Referral: r})
	until(t, "the update", func() bool { return b.show(id).Version == 2 })
	for _, s := range w {
		if g := s.show(id).Gist; g.Need != strings.Repeat("é", 79)+"…" {
			t.Errorf("%s shows %q after the update", s.name, g.Need)
		}
	}
	_, err = b.Erase(ctx, id, "test")
	must(t, err)
	if g := b.show(id).Gist; g != (exchange.Gist{}) {
		t.Errorf("after the erasure the list shows %+v", g)
	}
	if g := a.show(id).Gist; g.Initials != "M. D." {
		t.Errorf("the other side shows %+v", g)
	}
}

// TestInitials: whatever a name looks like, a list shows a few letters of it.
func TestInitials(t *testing.T) {
	given := func(g, f string) protocol.Name {
		return protocol.Name{Given: protocol.Of[protocol.Text](g), Family: protocol.Of[protocol.Text](f)}
	}
	full := func(s string) protocol.Name { return protocol.Name{Full: protocol.Of[protocol.Text](s)} }
	liked := given("Sam", "Rivera")
	liked.Use = protocol.Choose(protocol.NamePreferred)
	for _, c := range []struct {
		names []protocol.Name
		org   string
		want  string
	}{
		{[]protocol.Name{given("maría elena", "de la Cruz")}, "", "M. D."},
		{[]protocol.Name{given("", "'Umar")}, "", "U."},
		{[]protocol.Name{given("小明", "王")}, "", "小. 王."},
		{[]protocol.Name{full("María Elena Ruiz Ortega")}, "", "M. O."},
		{[]protocol.Name{full("Prince")}, "", "P."},
		{[]protocol.Name{given("María", "de la Cruz"), {Full: protocol.Of[protocol.Text]("Jo"), Use: protocol.Choose(protocol.NamePreferred)}}, "", "J. D."},
		{[]protocol.Name{full("Rosa Ibarra"), {Full: protocol.Of[protocol.Text]("Rosi"), Use: protocol.Choose(protocol.NamePreferred)}}, "", "R. I."},
		{[]protocol.Name{full("123 -")}, "", ""},
		{[]protocol.Name{given("Samuel", "Rivera"), liked}, "", "S. R."},
		{nil, "Northside Tenants Union of Harbor", "N. T. U."},
		{nil, "", ""},
	} {
		p := protocol.Person{Names: c.names, OrganizationName: protocol.Of[protocol.Text](c.org)}
		if c.org == "" {
			p.OrganizationName = protocol.Text{}
		}
		if got := exchange.InitialsOf(&p); got != c.want {
			t.Errorf("%v %q: %q, want %q", len(c.names), c.org, got, c.want)
		}
	}
}

// TestViews: what waits for us, what is late and whose it is are found however many newer ones there are, and counted.
func TestViews(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, b)
	send := func(level protocol.UrgencyLevel) protocol.ReferralID {
		out := outgoing(b)
		out.Referral.Urgency.Level = protocol.Choose(level)
		sent, err := a.Send(ctx, out)
		must(t, err)
		a.becomes(sent.Parts[0].Referral, protocol.OnTheirDisk)
		return sent.Parts[0].Referral
	}
	old, declined, urgent := send(protocol.Routine), send(protocol.Urgent), send(protocol.Urgent)
	b.do(declined, protocol.KindDecline, protocol.Step{Reason: "no-capacity"})
	agree(t, declined, protocol.StatusDeclined, a, b)
	must(t, b.Assign(ctx, old, "person 1", "test"))
	must(t, b.Multiply(ctx, old, 300)) // newer ones

	find := func(s *side, q exchange.Query) (ids []protocol.ReferralID) {
		for {
			list, next, err := s.Threads(q)
			must(t, err)
			for _, v := range list {
				ids = append(ids, v.Referral)
			}
			if q.After = next; next == "" {
				return ids
			}
		}
	}
	one := func(what string, got []protocol.ReferralID, want protocol.ReferralID) {
		t.Helper()
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d referrals, want %s alone", what, len(got), want)
		}
	}
	one("mine", find(b, exchange.Query{View: exchange.ViewMine, Person: "person 1"}), old)
	one("closed", find(b, exchange.Query{View: exchange.ViewClosed}), declined)
	one("closed at the sender", find(a, exchange.Query{View: exchange.ViewClosed, Direction: "out"}), declined)
	if got := find(b, exchange.Query{View: exchange.ViewMine, Person: "person 2"}); len(got) != 0 {
		t.Errorf("another's own are %d", len(got))
	}
	if got := find(b, exchange.Query{View: exchange.ViewMine}); len(got) != 0 {
		t.Errorf("nobody's own are %d", len(got))
	}
	if got := find(b, exchange.Query{View: exchange.ViewWaiting, Direction: "in"}); len(got) != 302 {
		t.Errorf("%d wait, want 302", len(got))
	}
	one("urgent", find(b, exchange.Query{View: exchange.ViewUrgent}), urgent)
	n, err := b.Count("person 1")
	must(t, err)
	if n.In[exchange.ViewWaiting] != 302 || n.In[exchange.ViewMine] != 1 || n.In[exchange.ViewClosed] != 1 || n.Out[exchange.ViewWaiting] != 0 || n.More {
		t.Errorf("counted %+v", n)
	}
	if n, err = a.Count(""); err != nil || n.Out[exchange.ViewClosed] != 1 || n.Out[exchange.ViewStuck] != 0 || n.In[exchange.ViewWaiting] != 0 {
		t.Errorf("the sender counts %+v, %v", n, err)
	}
	must(t, b.Assign(ctx, old, "", "test"))
	if v := b.show(old); v.Assignee != "" {
		t.Errorf("it is still of %q", v.Assignee)
	}
	if err := b.Assign(ctx, "urn:uuid:0198c9a0-0000-7000-8000-000000000000", "person 1", "test"); !errors.Is(err, exchange.ErrNone) {
		t.Errorf("one that is not here: %v", err)
	}
}

// TestPrivateNotes: they stay here, and go when the case is erased.
func TestPrivateNotes(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	keepAll(t, b)
	id := a.send(b).Parts[0].Referral
	a.becomes(id, protocol.OnTheirDisk)
	before := time.Now().Add(-time.Second).UnixMilli()
	must(t, b.WriteNote(ctx, id, "Call after six.", "person 1"))
	must(t, b.WriteNote(ctx, id, "Her sister helps.", "person 2"))
	list, err := b.Notes(id)
	must(t, err)
	if len(list) != 2 || list[0].Text != "Her sister helps." || list[0].By != "person 2" || list[1].Text != "Call after six." || list[1].At < before {
		t.Fatalf("notes are %+v", list)
	}
	if list, err := a.Notes(id); err != nil || len(list) != 0 {
		t.Errorf("the partner has %d, %v", len(list), err)
	}
	if m, err := a.Messages(id); err != nil || len(m) != 1 {
		t.Errorf("the partner has %d messages, %v", len(m), err)
	}
	if err := b.WriteNote(ctx, id, "", "person 1"); protocol.CodeOf(err) != protocol.CodeTooLarge {
		t.Errorf("an empty note: %v", err)
	}
	if err := b.WriteNote(ctx, id, strings.Repeat("x", exchange.MaxPrivateNote+1), "person 1"); protocol.CodeOf(err) != protocol.CodeTooLarge {
		t.Errorf("a long note: %v", err)
	}
	_, err = b.Erase(ctx, id, "test")
	must(t, err)
	if list, err := b.Notes(id); err != nil || len(list) != 0 {
		t.Errorf("after the erasure there are %d notes, %v", len(list), err)
	}
	if err := b.WriteNote(ctx, id, "Later.", "person 1"); !errors.Is(err, store.ErrErased) {
		t.Errorf("a note to an erased one: %v", err)
	}
}

// TestViewShows: what a view means, side by side.
func TestViewShows(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	here := exchange.Thread{Direction: "in", Status: protocol.StatusNew, Turn: protocol.Recipient, State: protocol.OnTheirDisk}
	with := func(change func(*exchange.Thread)) exchange.Thread {
		v := here
		change(&v)
		return v
	}
	for _, c := range []struct {
		what string
		in   exchange.Thread
		want []exchange.View
	}{
		{"new", here, []exchange.View{exchange.ViewWaiting}},
		{"erased", with(func(v *exchange.Thread) { v.Erased = true }), nil},
		{"sent, their move", with(func(v *exchange.Thread) { v.Direction = "out" }), nil},
		{"sent, our move", with(func(v *exchange.Thread) { v.Direction, v.Turn = "out", protocol.Sender }), []exchange.View{exchange.ViewWaiting}},
		{"their reply is late", with(func(v *exchange.Thread) { v.Direction, v.Late = "out", true }), []exchange.View{exchange.ViewOverdue}},
		{"declined, however late", with(func(v *exchange.Thread) { v.Status, v.Late = protocol.StatusDeclined, true }), []exchange.View{exchange.ViewClosed}},
		{"23 hours left", with(func(v *exchange.Thread) { v.ReplyBy = now.Add(23 * time.Hour) }), []exchange.View{exchange.ViewWaiting, exchange.ViewSoon}},
		{"25 hours left", with(func(v *exchange.Thread) { v.ReplyBy = now.Add(25 * time.Hour) }), []exchange.View{exchange.ViewWaiting}},
		{"urgent", with(func(v *exchange.Thread) { v.Gist.Urgency = protocol.Urgent }), []exchange.View{exchange.ViewWaiting, exchange.ViewUrgent}},
		{"soon is not urgent", with(func(v *exchange.Thread) { v.Gist.Urgency = protocol.Soon }), []exchange.View{exchange.ViewWaiting}},
		{"ana's", with(func(v *exchange.Thread) { v.Assignee = "ana" }), []exchange.View{exchange.ViewWaiting, exchange.ViewMine}},
		{"ben's", with(func(v *exchange.Thread) { v.Assignee = "ben" }), []exchange.View{exchange.ViewWaiting}},
		{"on its way", with(func(v *exchange.Thread) { v.Direction, v.State = "out", protocol.Queued }), nil},
		{"on its way and late", with(func(v *exchange.Thread) { v.Direction, v.State, v.Alarm = "out", protocol.Queued, exchange.Late }), []exchange.View{exchange.ViewStuck}},
		{"held back", with(func(v *exchange.Thread) { v.Direction, v.State = "out", protocol.Waiting }), []exchange.View{exchange.ViewStuck}},
		{"turned away", with(func(v *exchange.Thread) { v.Direction, v.State = "out", protocol.TurnedAway }), []exchange.View{exchange.ViewStuck}},
		{"held back and recalled", with(func(v *exchange.Thread) {
			v.Direction, v.State, v.Status = "out", protocol.Waiting, protocol.StatusRecalled
		}), []exchange.View{exchange.ViewClosed}},
		{"undeliverable and erased", with(func(v *exchange.Thread) { v.Direction, v.State, v.Erased = "out", protocol.Undeliverable, true }), nil},
		{"received and held here", with(func(v *exchange.Thread) { v.State = protocol.Waiting }), []exchange.View{exchange.ViewWaiting}},
	} {
		for _, v := range exchange.Views() {
			if got, want := exchange.Shows(v, &c.in, "ana", now), slices.Contains(c.want, v); got != want {
				t.Errorf("%s in %s: %v, want %v", c.what, v, got, want)
			}
		}
	}
}
