package protocol_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"referworks/protocol"
)

// wrong gives what is wrong with a step, by member.
func wrong(t testing.TB, s protocol.Step, kind protocol.MessageKind) []string {
	t.Helper()
	err := s.Check(kind)
	if err == nil {
		return nil
	}
	var p *protocol.Problems
	if !errors.As(err, &p) || len(p.List) == 0 {
		t.Fatalf("%s: %v", kind, err)
	}
	var names []string
	for _, one := range p.List {
		if one.Label == "" || one.Sentence == "" {
			t.Errorf("%s: a problem without words: %v", kind, one)
		}
		names = append(names, one.Path)
	}
	return names
}

// Every row's own members are enough, each is needed, and no other is taken.
func TestStepMembersAreThoseOfTheTable(t *testing.T) {
	full := fullStep()
	for _, a := range protocol.Acts() {
		s := stepFor(protocol.Sender, a.Kind)
		if got := wrong(t, s, a.Kind); got != nil {
			t.Errorf("%s with all that it needs: %v", a.Kind, got)
		}
		if got := wrong(t, protocol.Step{}, a.Kind); !slices.Equal(got, a.Needs) {
			t.Errorf("an empty %s lacks %v, want %v", a.Kind, got, a.Needs)
		}
		var foreign []string
		for _, name := range memberNames() {
			if !slices.Contains(a.Needs, name) && !slices.Contains(a.Takes, name) {
				foreign = append(foreign, name)
			}
		}
		got := slices.DeleteFunc(wrong(t, full, a.Kind), func(name string) bool { return name == "reason" && !slices.Contains(foreign, "reason") })
		slices.Sort(foreign)
		if got = slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(got, foreign) {
			t.Errorf("%s with every member refuses %v, want %v", a.Kind, got, foreign)
		}
	}
	for _, k := range []protocol.MessageKind{protocol.KindReferral, "dance", ""} {
		if s := (&protocol.Step{}); s.Check(k) == nil {
			t.Errorf("%q passed", k)
		}
	}
}

// memberNames reads the members of a Step from its type.
func memberNames() []string {
	var names []string
	typ := reflect.TypeFor[protocol.Step]()
	for i := range typ.NumField() {
		if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func fullStep() protocol.Step {
	yes := true
	return protocol.Step{
		Text: "t", Reason: "other", ID: "s1", Of: "r1", Agreed: &yes, At: "2026-11-30T10:00:00-05:00", Until: "2026-11-30T11:00:00-05:00", Place: "p",
		Outcomes: []protocol.Outcome{{Need: "n1", Result: "unknown"}}, To: partner, ToName: "n", Files: make([]protocol.Attachment, 1), Referral: &protocol.Referral{},
	}
}

func TestStepLimits(t *testing.T) {
	long := strings.Repeat("ñ", 10_001)
	many := make([]protocol.Outcome, 101)
	for i := range many {
		many[i] = protocol.Outcome{Need: "n", Result: "unknown"}
	}
	for _, c := range []struct {
		name string
		kind protocol.MessageKind
		edit func(*protocol.Step)
		want []string
	}{
		{"a text of the greatest length", protocol.KindNote, func(s *protocol.Step) { s.Text = long[2:] }, nil},
		{"a text that is too long", protocol.KindNote, func(s *protocol.Step) { s.Text = long }, []string{"text"}},
		{"a text that is no text", protocol.KindNote, func(s *protocol.Step) { s.Text = "\xff" }, []string{"text"}},
		{"an id with a space", protocol.KindQuestion, func(s *protocol.Step) { s.ID = "a b" }, []string{"id"}},
		{"an id that is too long", protocol.KindQuestion, func(s *protocol.Step) { s.ID = long[:82] }, []string{"id"}},
		{"a time without offset", protocol.KindSchedule, func(s *protocol.Step) { s.At = "2026-11-30T10:00:00" }, []string{"at"}},
		{"a day", protocol.KindSchedule, func(s *protocol.Step) { s.Until = "2026-11-30" }, []string{"until"}},
		{"a reason of the other list", protocol.KindReturn, func(s *protocol.Step) { s.Reason = "no-capacity" }, []string{"reason"}},
		{"a reason of nobody's", protocol.KindDecline, func(s *protocol.Step) { s.Reason = "mood" }, []string{"reason"}},
		{"an outcome of nobody's", protocol.KindClose, func(s *protocol.Step) { s.Outcomes[0].Result = "fine" }, []string{"outcomes[0]"}},
		{"an outcome of no need", protocol.KindClose, func(s *protocol.Step) { s.Outcomes[0].Need = "" }, []string{"outcomes[0]"}},
		{"too many outcomes", protocol.KindClose, func(s *protocol.Step) { s.Outcomes = many }, []string{"outcomes"}},
		{"no organization's id", protocol.KindPropose, func(s *protocol.Step) { s.To = "rw1nobody" }, []string{"to"}},
		{"too many files", protocol.KindAttach, func(s *protocol.Step) { s.Files = make([]protocol.Attachment, protocol.MaxFiles+1) }, []string{"files"}},
	} {
		s := stepFor(protocol.Sender, c.kind)
		c.edit(&s)
		if got := wrong(t, s, c.kind); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStepsShowNothingWhenPrinted(t *testing.T) {
	s := fullStep()
	s.Text = "Maribel-canary"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, "canary") {
			t.Errorf("%s prints it", verb)
		}
	}
}

var quoted = regexp.MustCompile(`canary`)

// Whatever stands in a body: no panic, the same answer twice, and no value in the answer.
func FuzzStepCheck(f *testing.F) {
	for _, a := range protocol.Acts() {
		b, err := json.Marshal(stepFor(protocol.Sender, a.Kind))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Kind), b)
	}
	f.Add("note", []byte(`{"text":"canary","place":"canary","id":"canary canary","to":"canary","outcomes":[{"need":"canary","result":"canary"}]}`))
	f.Add("dance", []byte(`{"agreed":false,"files":[{}]}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		var s protocol.Step
		if json.Unmarshal(body, &s) != nil {
			return
		}
		before, again := s.Check(protocol.MessageKind(kind)), s.Check(protocol.MessageKind(kind))
		if (before == nil) != (again == nil) || before != nil && before.Error() != again.Error() {
			t.Fatalf("two answers: %v, %v", before, again)
		}
		if before != nil && !strings.Contains(kind, "canary") && quoted.MatchString(before.Error()) {
			t.Fatalf("a value stands in the answer: %v", before)
		}
		if f := s.Facts(); !reflect.DeepEqual(f, f.Facts()) {
			t.Fatal("facts of facts are others")
		}
	})
}

// Fold over lists that nobody can have sent: no panic, the same twice and in reverse, every message taken at most once.
func FuzzFold(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 1, 1, 0, 2, 0, 2, 0, 13})
	f.Add([]byte{0, 1, 0, 0, 0, 2, 9, 13, 1, 1, 9, 2, 1, 1, 9, 3})
	f.Add([]byte{1, 255, 255, 255, 0, 128, 7, 7})
	acts := protocol.Acts()
	f.Fuzz(func(t *testing.T, b []byte) {
		var list []protocol.Said
		for ; len(b) >= 4; b = b[4:] {
			by := []protocol.Side{protocol.Sender, protocol.Recipient, "nobody"}[b[0]%3]
			kind := protocol.KindReferral
			if b[3] > 0 {
				kind = acts[int(b[3])%len(acts)].Kind
			}
			m := protocol.Said{By: by, Seq: int64(b[1]), Seen: int64(b[2]), Kind: kind, At: int64(b[0])}
			if b[1] > 250 {
				m.Seq = -1 << 63
			}
			if kind != protocol.KindReferral {
				m.Step = stepFor(by, kind)
			}
			list = append(list, m)
		}
		life := protocol.Fold(list)
		if !reflect.DeepEqual(life, protocol.Fold(list)) {
			t.Fatal("folded twice it is another life")
		}
		slices.Reverse(list)
		if !reflect.DeepEqual(life, protocol.Fold(list)) {
			t.Fatal("in reverse it is another life")
		}
		oneStatus(t, &life)
		if len(life.Taken) > len(list) {
			t.Fatal("a message was taken twice")
		}
		for _, side := range sides {
			life.Allowed(side)
			if id := protocol.NextID(list, side); id == "" {
				t.Fatal("no id")
			}
		}
		life.Turn()
	})
}
