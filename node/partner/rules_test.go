package partner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// opener is a first message under the newest terms from one side to the other; its terms are zero when there are none.
func opener(from, to *side) partner.Move {
	_, h, _ := from.pair(to).GrantOut(from.clock.now)
	return partner.Move{Opener: true, Terms: h, Needs: [][]protocol.NeedCode{{{System: "lsc", Code: "33"}}}}
}

func later(h protocol.Hash) partner.Move { return partner.Move{Terms: h} }

// want checks the verdict of both sides on a move from one to the other.
func want(t *testing.T, what string, from, to *side, m partner.Move, sends, receives protocol.Code) {
	t.Helper()
	err := from.pair(to).MaySend(m, from.clock.now)
	if got := codeOf(err); got != sends {
		t.Errorf("%s: sending is answered %q (%v), not %q", what, got, err, sends)
	}
	err = to.pair(from).MayReceive(m, to.clock.now)
	if got := codeOf(err); got != receives {
		t.Errorf("%s: receiving is answered %q (%v), not %q", what, got, err, receives)
	}
}

func TestGrantNeedsBothSides(t *testing.T) {
	for _, tc := range []struct {
		name       string
		a, b       partner.Allow
		aToB, bToA bool
		stateAOut  string
		stateBIn   string
	}{
		{"both permit both", both, both, true, true, "yes", "yes"},
		{"nobody permits", partner.Allow{}, partner.Allow{}, false, false, "no", "no"},
		{"only the sender", partner.Allow{WeSend: true}, partner.Allow{}, false, false, "no", "no"},
		{"only the receiver", partner.Allow{}, partner.Allow{TheySend: true}, false, false, "waiting for you", "waiting for them"},
		{"one direction", partner.Allow{WeSend: true}, partner.Allow{TheySend: true}, true, false, "yes", "yes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClock()
			a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
			meet(t, a, b)
			must(t, a.Confirm(ctx, "test", b.OrgID(), tc.a))
			must(t, b.Confirm(ctx, "test", a.OrgID(), tc.b))
			sync(t, a, b)
			code := func(ok bool) protocol.Code {
				if ok {
					return ""
				}
				return protocol.CodeNoGrant
			}
			_, h, _ := b.pair(a).GrantIn(c.now)
			if h.IsZero() {
				if s, _ := b.pair(a).Standing(partner.In, true); s != nil {
					h = s.Terms
				}
			}
			m := partner.Move{Opener: true, Terms: h}
			want(t, "a to b", a, b, m, code(tc.aToB), code(tc.aToB))
			want(t, "b to a", b, a, opener(b, a), code(tc.bToA), code(tc.bToA))
			if got := a.pair(b).StateOut(); got != tc.stateAOut {
				t.Errorf("a's state out is %q, not %q", got, tc.stateAOut)
			}
			if got := b.pair(a).StateIn(); got != tc.stateBIn {
				t.Errorf("b's state in is %q, not %q", got, tc.stateBIn)
			}
		})
	}
}

func TestRevokeByState(t *testing.T) {
	const none, hold, no, refused = protocol.Code(""), protocol.CodeSuspended, protocol.CodeNoGrant, protocol.CodeRefused
	for _, tc := range []struct {
		state               protocol.State
		open, openIn        protocol.Code // a's opener to b: sending, receiving
		later, laterIn      protocol.Code // b's reply in the same thread
		receipts, receiptsB bool
	}{
		{protocol.Active, none, none, none, none, true, true},
		{protocol.Suspended, hold, hold, hold, hold, true, true},
		{protocol.WindingDown, no, no, none, none, true, true},
		{protocol.Ended, no, no, no, no, true, true},
		{protocol.Blocked, no, refused, no, refused, false, false},
	} {
		for _, byA := range []bool{true, false} {
			name := string(tc.state) + " by the receiver"
			if byA {
				name = string(tc.state) + " by the sender"
			}
			t.Run(name, func(t *testing.T) {
				c := newClock()
				a, b := partners(t, c)
				m := opener(a, b)
				want(t, "before", a, b, m, none, none)
				who, other := b, a
				if byA {
					who, other = a, b
				}
				must(t, who.Stand(ctx, "test", other.OrgID(), tc.state))
				// Before the other side has heard of it, the one who said it holds to it alone.
				if byA && codeOf(a.pair(b).MaySend(m, c.now)) != tc.open {
					t.Errorf("the sender does not hold to its own word at once")
				}
				if !byA && codeOf(b.pair(a).MayReceive(m, c.now)) != tc.openIn {
					t.Errorf("the receiver does not hold to its own word at once")
				}
				sync(t, a, b)
				want(t, "opener", a, b, m, tc.open, tc.openIn)
				want(t, "reply", b, a, later(m.Terms), tc.later, tc.laterIn)
				if got := a.pair(b).MayAnswer() == nil; got != tc.receipts {
					t.Errorf("receipts flow: %v, not %v", got, tc.receipts)
				}
				c.pass(time.Minute)
				must(t, who.Stand(ctx, "test", other.OrgID(), protocol.Active))
				sync(t, a, b)
				want(t, "taken back", a, b, opener(a, b), none, none)
			})
		}
	}
}

func TestSentencesForPeople(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	m := opener(a, b)
	must(t, b.Stand(ctx, "test", a.OrgID(), protocol.Suspended))
	sync(t, a, b)
	var e *protocol.Error
	if err := a.pair(b).MaySend(m, c.now); !asError(err, &e) || e.Text() != "Elm Street Food has suspended this. It waits until they resume." {
		t.Errorf("suspended by them reads: %v", err)
	}
	must(t, b.Stand(ctx, "test", a.OrgID(), protocol.Active))
	must(t, a.Stand(ctx, "test", b.OrgID(), protocol.Suspended))
	sync(t, a, b)
	if err := a.pair(b).MaySend(m, c.now); !asError(err, &e) || e.Text() != "You have suspended this. It waits until you resume." {
		t.Errorf("suspended by us reads: %v", err)
	}
}

func TestOnlyTheOpenerNeedsItsOwnDirection(t *testing.T) {
	c := newClock()
	a, b := newSide(t, "Harbor Legal Aid", c), newSide(t, "Elm Street Food", c)
	meet(t, a, b)
	must(t, a.Confirm(ctx, "test", b.OrgID(), partner.Allow{WeSend: true}))
	must(t, b.Confirm(ctx, "test", a.OrgID(), partner.Allow{TheySend: true}))
	sync(t, a, b)
	m := opener(a, b)
	want(t, "opener", a, b, m, "", "")
	want(t, "reply", b, a, later(m.Terms), "", "")
	m.Terms = opener(a, b).Terms
	want(t, "opener under terms of the other direction", b, a, m, protocol.CodeNoGrant, protocol.CodeNoGrant)
	want(t, "later message under terms nobody knows", b, a, later(protocol.Hash{1}), protocol.CodeNoGrant, protocol.CodeNoGrant)
}

func TestLimitsOfTerms(t *testing.T) {
	lsc := func(code string) []protocol.NeedCode { return []protocol.NeedCode{{System: "lsc", Code: code}} }
	beyond := func(labels ...string) func([]string) []string {
		return func(withheld []string) []string {
			if slices.Contains(withheld, "person.birthDate") {
				return labels
			}
			return nil
		}
	}
	c := newClock()
	a, b := partners(t, c)
	terms := protocol.Terms{
		Needs: []protocol.NeedCode{{System: "lsc", Code: "33"}, {System: "lsc", Code: "63"}}, Withheld: []string{"person.birthDate", "P3"}, PerDay: 3,
		Attachments: protocol.AttachmentTerms{Max: 2, Bytes: 1000, Types: []string{"application/pdf"}},
	}
	must(t, b.Propose(ctx, "test", a.OrgID(), partner.In, terms))
	sync(t, a, b)
	must(t, a.Permit(ctx, "test", b.OrgID(), partner.Allow{WeSend: true}))
	sync(t, a, b)
	for _, tc := range []struct {
		name string
		edit func(*partner.Move)
		code protocol.Code
		says string
	}{
		{"within", func(*partner.Move) {}, "", ""},
		{"another need", func(m *partner.Move) { m.Needs = append(m.Needs, lsc("01")) }, protocol.CodeBeyond, "need"},
		{"one of a need's codes", func(m *partner.Move) { m.Needs = [][]protocol.NeedCode{append(lsc("01"), lsc("63")...)} }, "", ""},
		{"no need", func(m *partner.Move) { m.Needs = nil }, protocol.CodeBeyond, "need"},
		{"withheld field", func(m *partner.Move) { m.Beyond = beyond("Referred person - Birth date") }, protocol.CodeBeyond, "Referred person - Birth date"},
		{"two files", func(m *partner.Move) { m.Files, m.FileBytes, m.FileTypes = 2, 1000, []string{"application/pdf"} }, "", ""},
		{"three files", func(m *partner.Move) { m.Files = 3 }, protocol.CodeBeyond, "files"},
		{"large files", func(m *partner.Move) { m.Files, m.FileBytes = 1, 1001 }, protocol.CodeBeyond, "large"},
		{"file type", func(m *partner.Move) { m.Files, m.FileTypes = 1, []string{"text/html"} }, protocol.CodeBeyond, "type"},
		{"third today", func(m *partner.Move) { m.OpenedToday = 2 }, "", ""},
		{"fourth today", func(m *partner.Move) { m.OpenedToday = 3 }, protocol.CodeRate, ""},
		{"later message is not limited", func(m *partner.Move) { m.Opener, m.Needs, m.OpenedToday = false, nil, 9 }, "", ""},
		{"files of a later message are", func(m *partner.Move) { m.Opener, m.Needs, m.Files = false, nil, 9 }, protocol.CodeBeyond, "files"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := opener(a, b)
			tc.edit(&m)
			want(t, tc.name, a, b, m, tc.code, tc.code)
			if err := a.pair(b).MaySend(m, c.now); tc.says != "" && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("the sentence does not name it: %v", err)
			}
		})
	}
	m := opener(a, b)
	m.OpenedToday, m.Free = 3, c.now.Add(90*time.Minute)
	var e *protocol.Error
	if err := a.pair(b).MaySend(m, c.now); !asError(err, &e) || !e.RetryAt.Equal(m.Free) || e.Code.Class() != protocol.Temporary {
		t.Errorf("the daily limit is not answered with the time to try: %v", err)
	}
}

func TestTermsInTime(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	from, to := c.now.Add(time.Hour), c.now.Add(5*time.Hour)
	must(t, b.Propose(ctx, "test", a.OrgID(), partner.In, protocol.Terms{NotBefore: from.UnixMilli(), Expires: to.UnixMilli()}))
	sync(t, a, b)
	must(t, a.Permit(ctx, "test", b.OrgID(), partner.Allow{WeSend: true}))
	sync(t, a, b)
	s, _ := b.pair(a).Standing(partner.In, true)
	m := partner.Move{Opener: true, Terms: s.Terms}
	want(t, "too early", a, b, m, protocol.CodeRate, protocol.CodeRate)
	c.now = from
	want(t, "in time", a, b, m, "", "")
	c.now = to
	want(t, "too late", a, b, m, protocol.CodeNoGrant, protocol.CodeNoGrant)
	want(t, "open thread", b, a, later(m.Terms), "", "")
}

func TestReplacedTerms(t *testing.T) {
	c := newClock()
	a, b := partners(t, c)
	old := opener(a, b)
	c.pass(time.Hour)
	must(t, b.Propose(ctx, "test", a.OrgID(), partner.In, protocol.Terms{PerDay: 5}))
	sync(t, a, b)
	want(t, "before the sender agreed", a, b, opener(a, b), "", "")
	shown := func(when, sender, recipient string) {
		t.Helper()
		if out, in := a.pair(b).StateOut(), b.pair(a).StateIn(); out != sender || in != recipient {
			t.Errorf("%s: the sender sees %q, not %q; the recipient %q, not %q", when, out, sender, in, recipient)
		}
		_, _, proposed := a.pair(b).Unanswered(partner.Out, false)
		_, _, asked := b.pair(a).Unanswered(partner.In, true)
		if wanted := sender != "yes"; proposed != wanted || asked != wanted {
			t.Errorf("%s: unanswered at the sender %v, at the recipient %v", when, proposed, asked)
		}
	}
	shown("proposed", "new terms wait", "new terms wait for them")
	must(t, a.Stand(ctx, "test", b.OrgID(), protocol.Suspended))
	must(t, a.Stand(ctx, "test", b.OrgID(), protocol.Active))
	sync(t, a, b)
	shown("proposed, then paused and taken up by the sender", "new terms wait", "new terms wait for them")
	must(t, a.Permit(ctx, "test", b.OrgID(), partner.Allow{WeSend: true}))
	sync(t, a, b)
	shown("agreed", "yes", "yes")
	if opener(a, b).Terms == old.Terms {
		t.Error("a new referral names the old terms")
	}
	want(t, "old terms, at once", a, b, old, "", "")
	c.pass(partner.ReplacedFor - time.Minute)
	want(t, "old terms, in the seven days", a, b, old, "", "")
	c.pass(2 * time.Minute)
	want(t, "old terms, after", a, b, old, protocol.CodeNoGrant, protocol.CodeNoGrant)
	want(t, "a thread opened under them", a, b, later(old.Terms), "", "")
	want(t, "new terms", a, b, opener(a, b), "", "")
	must(t, b.Stand(ctx, "test", a.OrgID(), protocol.Suspended))
	want(t, "suspended covers old threads too", b, a, later(old.Terms), protocol.CodeSuspended, "")
}

// Whatever the two sides say in whatever order: an opener may leave only when both newest words that the sender holds
// are active, and is taken only when both newest words that the receiver holds are.
func TestRevokeProperty(t *testing.T) {
	states := []protocol.State{protocol.Active, protocol.Suspended, protocol.WindingDown, protocol.Ended, protocol.Blocked}
	rapid.Check(t, func(rt *rapid.T) {
		c := newClock()
		a, b := partners(t, c)
		m := opener(a, b)
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			c.pass(time.Duration(rapid.IntRange(0, 2).Draw(rt, "seconds")) * time.Second)
			switch rapid.IntRange(0, 2).Draw(rt, "who") {
			case 0:
				must(t, a.Stand(ctx, "test", b.OrgID(), rapid.SampledFrom(states).Draw(rt, "state")))
			case 1:
				must(t, b.Stand(ctx, "test", a.OrgID(), rapid.SampledFrom(states).Draw(rt, "state")))
			default:
				sync(t, a, b)
			}
			for _, v := range []struct {
				p   *partner.Pair
				d   partner.Direction
				err error
			}{{a.pair(b), partner.Out, a.pair(b).MaySend(m, c.now)}, {b.pair(a), partner.In, b.pair(a).MayReceive(m, c.now)}} {
				ours, _ := v.p.Standing(v.d, true)
				theirs, _ := v.p.Standing(v.d, false)
				active := ours.State == protocol.Active && theirs.State == protocol.Active
				if (v.err == nil) != active {
					rt.Fatalf("ours %s, theirs %s, answered %v", ours.State, theirs.State, v.err)
				}
			}
		}
		sync(t, a, b)
		if s, r := codeOf(a.pair(b).MaySend(m, c.now)), codeOf(b.pair(a).MayReceive(m, c.now)); (s == "") != (r == "") {
			rt.Fatalf("in sync, the sender says %q and the receiver %q", s, r)
		}
		// A closure reads the same as memory, and what it reads in is what was committed.
		err := a.org.View(func(tx *store.Tx) error {
			p, err := a.Pair(tx, b.OrgID())
			if err == nil && p.Version() != a.pair(b).Version() {
				rt.Fatal("a transaction reads another state than was committed")
			}
			return err
		})
		must(t, err)
	})
}
