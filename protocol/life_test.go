package protocol_test

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"referworks/protocol"
)

// statuses are all of them: that of the opener and those that the table leads to.
func statuses() []protocol.Status {
	all := []protocol.Status{protocol.StatusNew}
	for _, a := range protocol.Acts() {
		for _, list := range [][]protocol.Status{a.From, valuesOf(a.To)} {
			for _, s := range list {
				if !slices.Contains(all, s) {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

func valuesOf(m map[protocol.Status]protocol.Status) []protocol.Status {
	var list []protocol.Status
	for _, s := range m {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

func TestEveryKindHasOneRow(t *testing.T) {
	count := map[protocol.MessageKind]int{}
	for _, a := range protocol.Acts() {
		count[a.Kind]++
		if !a.Kind.Known() {
			t.Errorf("%s is in the table and no kind of message", a.Kind)
		}
		if row, ok := protocol.ActOf(a.Kind); !ok || !reflect.DeepEqual(row, a) {
			t.Errorf("ActOf(%s) is another row", a.Kind)
		}
	}
	for _, k := range kindsInSource(t) {
		want := 1
		if k == protocol.KindReferral {
			want = 0
		}
		if count[k] != want {
			t.Errorf("%s has %d rows, want %d", k, count[k], want)
		}
	}
}

// kindsInSource reads the constants, so that a kind without a row is found.
func kindsInSource(t *testing.T) []protocol.MessageKind {
	var list []protocol.MessageKind
	for _, m := range regexp.MustCompile(`Kind\w+\s+MessageKind = "([a-z-]+)"`).FindAllStringSubmatch(source(t, "message.go"), -1) {
		list = append(list, protocol.MessageKind(m[1]))
	}
	if len(list) < 20 {
		t.Fatalf("only %d kinds in message.go", len(list))
	}
	return list
}

func TestRowsAreConsistent(t *testing.T) {
	for _, a := range protocol.Acts() {
		if len(a.From) == 0 {
			t.Errorf("%s can never be taken", a.Kind)
		}
		seen := map[protocol.Status]bool{}
		for _, s := range a.From {
			if seen[s] {
				t.Errorf("%s: from %s twice", a.Kind, s)
			}
			seen[s] = true
		}
		for from, next := range a.To {
			if !seen[from] {
				t.Errorf("%s: leads away from %s, where it cannot be taken", a.Kind, from)
			}
			if from == next {
				t.Errorf("%s: leads from %s to itself", a.Kind, from)
			}
		}
		for _, m := range a.Needs {
			if slices.Contains(a.Takes, m) {
				t.Errorf("%s: %s is needed and may be left out", a.Kind, m)
			}
		}
		if a.By != protocol.Sender && a.By != protocol.Recipient && a.By != protocol.Either {
			t.Errorf("%s is by %q", a.Kind, a.By)
		}
	}
}

// From the first status every other one is reached, and from every open one its end.
func TestNoStatusIsDead(t *testing.T) {
	reach := func(from protocol.Status) map[protocol.Status]bool {
		got, todo := map[protocol.Status]bool{from: true}, []protocol.Status{from}
		for len(todo) > 0 {
			s := todo[0]
			todo = todo[1:]
			for _, a := range protocol.Acts() {
				if next, ok := a.To[s]; ok && !got[next] {
					got[next] = true
					todo = append(todo, next)
				}
			}
		}
		return got
	}
	all := statuses()
	if got := reach(protocol.StatusNew); len(got) != len(all) {
		t.Errorf("%d of %d statuses are reached", len(got), len(all))
	}
	for _, s := range all {
		if s.Open() && !reach(s)[protocol.StatusClosed] {
			t.Errorf("%s cannot come to an end", s)
		}
		if s.Undecided() && !s.Open() {
			t.Errorf("%s is undecided and over", s)
		}
	}
}

// Where a referral is open, its recipient always has a step that moves it.
func TestEveryOpenStatusCanMove(t *testing.T) {
	for _, s := range statuses() {
		moves := false
		for _, a := range protocol.Acts() {
			_, to := a.To[s]
			moves = moves || to && a.By == protocol.Recipient
		}
		if s.Open() && !moves {
			t.Errorf("in %s the recipient cannot move it", s)
		}
	}
}

var bareWords = regexp.MustCompile(`^[^{}]+$`)

func complete(t *testing.T, what string, w protocol.Words, allowed ...string) {
	t.Helper()
	for _, text := range []string{w.EN, w.ES} {
		for _, p := range allowed {
			text = strings.ReplaceAll(text, p, "")
		}
		if !bareWords.MatchString(text) {
			t.Errorf("%s: %q", what, text)
		}
	}
	if w.EN == w.ES && w.EN != "" {
		t.Errorf("%s: %q is the same in both languages", what, w.EN)
	}
	if w.In("es-MX") != w.ES || w.In("en") != w.EN || w.In("fr") != w.EN {
		t.Errorf("%s: In gives another language", what)
	}
}

func TestEverythingHasWordsInBothLanguages(t *testing.T) {
	for _, k := range kindsInSource(t) {
		w := protocol.WordsOfAct(k)
		complete(t, string(k)+" button", w.Button)
		complete(t, string(k)+" means", w.Means, "{partner}")
		complete(t, string(k)+" did", w.Did)
		complete(t, string(k)+" cannot", w.Cannot)
		complete(t, string(k)+" told", w.Told)
	}
	for _, s := range statuses() {
		w := protocol.WordsOfStatus(s)
		complete(t, string(s)+" label", w.Label)
		complete(t, string(s)+" because", w.Because, "{who}", "{date}")
	}
	for _, r := range slices.Concat(protocol.DeclineReasons, protocol.ReturnReasons) {
		complete(t, r, protocol.ReasonWords(r))
	}
	for _, o := range protocol.Outcomes {
		complete(t, o, protocol.OutcomeWords(o))
	}
	labels := map[string]protocol.Status{}
	for _, s := range statuses() {
		for _, label := range []string{protocol.WordsOfStatus(s).Label.EN, protocol.WordsOfStatus(s).Label.ES} {
			if other, ok := labels[label]; ok {
				t.Errorf("%s and %s are both called %q", s, other, label)
			}
			labels[label] = s
		}
	}
}

// The sentence of every refusal, with and without a date, seen from both sides.
func TestRefusalsAreSentences(t *testing.T) {
	whys := []protocol.Why{protocol.WhyUnknown, protocol.WhySide, protocol.WhyStatus, protocol.WhyCondition, protocol.WhyTwice, protocol.WhyLate}
	for _, a := range protocol.Acts() {
		for _, s := range statuses() {
			for _, why := range whys {
				for _, made := range []protocol.Side{protocol.Sender, protocol.Recipient} {
					r := &protocol.Refusal{Kind: a.Kind, By: protocol.Sender, Status: s, Made: made, Why: why, Instead: []protocol.MessageKind{protocol.KindRecall, protocol.KindNote}}
					goodSentence(t, r, "Monday")
					goodSentence(t, r, "")
				}
			}
		}
	}
	side := &protocol.Refusal{Kind: protocol.KindAccept, By: protocol.Sender, Status: protocol.StatusNew, Made: protocol.Sender, Why: protocol.WhySide}
	if got := side.Sentence("en", "Harbor", ""); got != `"Accept": only Harbor can do this.` {
		t.Errorf("the other side's step: %q", got)
	}
	r := &protocol.Refusal{Kind: "dance", Why: protocol.WhyUnknown}
	if got := r.Sentence("es", "Harbor", ""); got != "No existe ese paso." {
		t.Errorf("an unknown step: %q", got)
	}
}

func goodSentence(t testing.TB, r *protocol.Refusal, date string) {
	t.Helper()
	for _, language := range []string{"en", "es"} {
		s := r.Sentence(language, "Harbor Legal Aid", date)
		if len(s) < 20 || strings.ContainsAny(s, "{}") || strings.Contains(s, "  ") || strings.Contains(s, " .") || !strings.HasSuffix(s, ".") ||
			strings.Contains(s, "you has") || strings.Contains(s, "because .") {
			t.Errorf("%s %s in %s: %q", r.Kind, r.Why, r.Status, s)
		}
	}
	if got := r.Error(); strings.ContainsAny(got, "{}") {
		t.Errorf("%q", got)
	}
}

// The sentence of the issue, word for word as far as it is about the table.
func TestTheRefusalOfARecallAfterAcceptance(t *testing.T) {
	c := newConversation()
	c.post(t, protocol.Recipient, protocol.KindAccept)
	c.deliver()
	c.post(t, protocol.Sender, protocol.KindRecall)
	life := c.view(protocol.Sender)
	if life.Status != protocol.StatusAccepted || !life.RecallAsked {
		t.Fatalf("after the acceptance the recall made it %s", life.Status)
	}
	err := life.May(protocol.Recipient, protocol.KindDecline, &protocol.Step{Reason: "other"})
	var no *protocol.Refusal
	if !errors.As(err, &no) {
		t.Fatalf("declining after accepting gives %v", err)
	}
	want := "You can no longer decline this referral, because you accepted it on Monday. You can: "
	if got := no.Sentence("en", "Harbor Legal Aid", "Monday"); !strings.HasPrefix(got, want) {
		t.Errorf("got %q", got)
	}
	if !slices.Contains(no.Instead, protocol.KindRecallAnswer) {
		t.Errorf("instead: %v", no.Instead)
	}
	life = c.view(protocol.Recipient)
	if b := protocol.ButtonOf(protocol.KindRecall, life.Status); b.EN != "Ask them to stop" {
		t.Errorf("the button says %q", b.EN)
	}
}
