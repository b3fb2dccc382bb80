package node_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node"
	"referworks/node/exchange"
	"referworks/node/practice"
	"referworks/protocol"
)

// school is a node with one organization that practices, and a clock that can be put forward.
type school struct {
	t     *testing.T
	node  *testnet.Node
	org   *testnet.Org
	with  *node.Organization
	ahead atomic.Int64
}

func newSchool(t *testing.T, edit ...func(*node.Config)) *school {
	t.Helper()
	t.Parallel()
	s := &school{t: t}
	clock := func(cfg *node.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	}
	s.node = testnet.New(t).Node("one", append(edit, clock)...)
	s.org = s.node.Org("harbor")
	s.join()
	return s
}

func (s *school) join() {
	s.t.Helper()
	with, err := s.node.JoinPractice(s.t.Context(), s.org.Organization, "test")
	if err != nil {
		s.t.Fatal(err)
	}
	s.with = with
	testnet.Eventually(s.t, "both sides permit", func() bool {
		p, ok := s.org.Book().Current(with.ID())
		return ok && p.Card().Can(protocol.CapabilityPractice) && testnet.Granted(s.org, &testnet.Org{Organization: with})
	})
}

func (s *school) later(d time.Duration) { s.ahead.Add(int64(d)) }

// refer sends a referral for a person of a name.
func (s *school) refer(name string, mode protocol.Mode) protocol.ReferralID {
	s.t.Helper()
	r := sample.Minimal()
	r.Header.Mode = protocol.Choose(mode)
	r.Person.Names = []protocol.Name{{Full: protocol.Of[protocol.Text]("Blue " + name)}}
	for i := range r.Consents {
		r.Consents[i].OutcomeSharing = protocol.FlagOf(true)
	}
	sent, err := s.org.Desk().Send(s.t.Context(), exchange.Outgoing{Referral: r, To: []protocol.OrgID{s.with.ID()}, Actor: "test"})
	if err != nil || len(sent.Parts) != 1 || sent.Parts[0].Referral == "" {
		s.t.Fatalf("send to the practice partner: %+v %v", sent, err)
	}
	return sent.Parts[0].Referral
}

func (s *school) status(id protocol.ReferralID) protocol.Status {
	s.t.Helper()
	life, _, err := s.org.Desk().Life(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return life.Status
}

// becomes waits until a referral has a status; what it was on the way is told by its messages.
func (s *school) becomes(id protocol.ReferralID, want protocol.Status) {
	s.t.Helper()
	testnet.Eventually(s.t, "the referral becomes "+string(want), func() bool { return s.status(id) == want })
}

func (s *school) kinds(id protocol.ReferralID) (list []string) {
	s.t.Helper()
	all, err := s.org.Desk().Messages(id)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range all {
		list = append(list, string(all[i].Kind))
	}
	return list
}

func TestPracticeAccepts(t *testing.T) {
	s := newSchool(t)
	id := s.refer("Accept", protocol.ModeLive)
	s.becomes(id, protocol.StatusClosed)
	if got := strings.Join(s.kinds(id), " "); got != "referral accept schedule serve close" {
		t.Errorf("the thread is %s", got)
	}
	th, err := s.org.Desk().Thread(id)
	if err != nil || !th.Practice {
		t.Errorf("what goes to the practice partner is for practice, whatever was posted: %v %v", th.Practice, err)
	}
	life, _, _ := s.org.Desk().Life(id)
	if len(life.Outcomes) != 1 || life.Outcomes[0].Result != "helped-fully" {
		t.Errorf("outcomes: %+v", life.Outcomes)
	}
}

func TestPracticeDeclinesAndAsks(t *testing.T) {
	s := newSchool(t)
	no, ask := s.refer("Decline Capacity", protocol.ModePractice), s.refer("Ask Question", protocol.ModePractice)
	s.becomes(no, protocol.StatusDeclined)
	testnet.Eventually(t, "a question is asked", func() bool { return slices.Contains(s.kinds(ask), "question") })
	if s.status(ask) != protocol.StatusNew {
		t.Error("it decided before its question was answered")
	}
	if _, err := s.org.Desk().Act(t.Context(), ask, exchange.Doing{Kind: protocol.KindAnswer, Step: protocol.Step{Text: "On Monday."}, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	s.becomes(ask, protocol.StatusAccepted)
}

// Who is slow begins after half a minute; who is offline comes after three days, and nobody is told that it arrived before.
func TestPracticeSlowAndOffline(t *testing.T) {
	s := newSchool(t)
	slow, off := s.refer("Slow", protocol.ModePractice), s.refer("Offline", protocol.ModePractice)
	testnet.Eventually(t, "the slow one is there and the other waits", func() bool {
		a, err1 := s.org.Desk().Thread(slow)
		b, err2 := s.org.Desk().Thread(off)
		return err1 == nil && err2 == nil && len(a.Receipts) > 0 && b.Attempts > 0
	})
	time.Sleep(2500 * time.Millisecond) // longer than a pause
	if s.status(slow) != protocol.StatusNew {
		t.Error("slow is not slow")
	}
	th, err := s.org.Desk().Thread(off)
	if err != nil || len(th.Receipts) != 0 || th.Reason == "" || time.Until(th.NextTry) < 71*time.Hour {
		t.Errorf("offline: %d receipts, %q, next try %s, %v", len(th.Receipts), th.Reason, th.NextTry, err)
	}
	s.later(practice.Slow)
	s.becomes(slow, protocol.StatusAccepted)
	s.later(practice.Away)
	if err := s.org.Desk().TryNow(t.Context(), off); err != nil {
		t.Fatal(err)
	}
	s.becomes(off, protocol.StatusAccepted)
}

// A repeated acceptance is one acceptance; a broken document is not taken, and a note follows.
func TestPracticeRepeatsAndBreaks(t *testing.T) {
	s := newSchool(t)
	twice, broken := s.refer("Repeat", protocol.ModePractice), s.refer("Broken File", protocol.ModePractice)
	s.becomes(twice, protocol.StatusAccepted)
	testnet.Eventually(t, "a note follows the broken document", func() bool { return slices.Contains(s.kinds(broken), "note") })
	if got := s.kinds(broken); slices.Contains(got, "attach") {
		t.Errorf("the broken document was taken: %v", got)
	}
	time.Sleep(3500 * time.Millisecond) // three repetitions
	if got := strings.Join(s.kinds(twice), " "); got != "referral accept" {
		t.Errorf("the repeated thread is %s", got)
	}
	if files, err := s.org.Desk().Files(broken); err != nil || slices.ContainsFunc(files, func(f exchange.File) bool { return f.State == exchange.FileHere }) {
		t.Errorf("files of the broken one: %+v %v", files, err)
	}
}

// What is recalled is destroyed, and a request to stop gets its yes. A restart in the middle changes nothing.
func TestPracticeRecallAndRestart(t *testing.T) {
	s := newSchool(t, testnet.OnDisk(t))
	early, late := s.refer("Ask Question", protocol.ModePractice), s.refer("Somebody", protocol.ModePractice)
	s.becomes(late, protocol.StatusAccepted)
	s.node.Restart()
	s.join() // no second practice partner comes of it
	if n := s.node.Practice(); n == nil || n.ID() != s.with.ID() || len(s.org.Book().List()) != 1 {
		t.Fatal("the practice partner is another one")
	}
	for _, id := range []protocol.ReferralID{early, late} {
		if _, err := s.org.Desk().Act(context.WithoutCancel(t.Context()), id, exchange.Doing{Kind: protocol.KindRecall, Step: protocol.Step{Text: "Not any more."}, Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		s.becomes(id, protocol.StatusRecalled)
		testnet.Eventually(t, "it is destroyed", func() bool {
			life, _, err := s.org.Desk().Life(id)
			return err == nil && life.Purge == protocol.PurgeDone
		})
	}
}
