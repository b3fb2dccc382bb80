package protocol_test

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"referworks/protocol"
)

// All pairs of what two sides can hold after so many acts, with messages in flight between them. Two conversations are the
// same pair when nothing that can still happen tells them apart: the part that both views begin with is final (whatever
// comes is taken behind it), so that only what it comes to is kept, and what follows it, message by message.
func TestAllPairsOfStates(t *testing.T) {
	depth, cross := 8, 1
	if os.Getenv("LONG") == "1" {
		cross = 2
	}
	x := &pairs{t: t, cross: cross, known: map[string]bool{}, sentences: map[refused]bool{}, statuses: map[protocol.Status]bool{}}
	layer := x.arrivals(newConversation())
	for d := range depth {
		var next []*conversation
		for _, c := range layer {
			for _, by := range sides {
				next = append(next, x.acts(c, by)...)
			}
		}
		layer = next
		t.Logf("after %d acts: %d pairs, %d new", d+1, len(x.known), len(layer))
	}
	t.Logf("%d pairs, %d acts allowed, %d refused (%d different sentences in two languages), of each side at most %d that may cross",
		len(x.known), x.allowed, x.refused, len(x.sentences), cross)
	if len(x.statuses) != len(statuses()) {
		t.Errorf("%d of %d statuses were met", len(x.statuses), len(statuses()))
	}
	if len(x.known) < 1000 {
		t.Error("that cannot be all")
	}
}

type pairs struct {
	t                *testing.T
	cross            int // messages of a side that are not final
	known            map[string]bool
	sentences        map[refused]bool
	statuses         map[protocol.Status]bool
	allowed, refused int
}

// refused is what a refusal's sentence is made of.
type refused struct {
	kind    protocol.MessageKind
	by      protocol.Side
	status  protocol.Status
	made    protocol.Side
	why     protocol.Why
	instead string
}

// arrivals gives what is new of a conversation and of every way in which its messages may arrive.
func (x *pairs) arrivals(c *conversation) []*conversation {
	key, most := pairKey(c)
	if most > x.cross || x.known[key] {
		return nil
	}
	x.known[key] = true
	x.settles(c)
	list := []*conversation{c}
	for _, side := range sides {
		if c.inFlight(side) > 0 {
			d := c.clone()
			d.held[side]++
			list = append(list, x.arrivals(d)...)
		}
	}
	return list
}

// settles checks that both sides come to the same once everything arrived, and that who has to move can.
func (x *pairs) settles(c *conversation) {
	d := c.clone()
	d.deliver()
	life, other := d.view(protocol.Sender), d.view(protocol.Recipient)
	if !reflect.DeepEqual(life, other) {
		x.t.Fatalf("the sides differ:\n%+v\n%+v", life, other)
	}
	oneStatus(x.t, &life)
	x.statuses[life.Status] = true
	if by := life.Turn(); by != "" && !slices.ContainsFunc(life.Allowed(by), func(a protocol.Act) bool { return settlesSomething(a, &life) }) {
		x.t.Fatalf("in %s it is the %s's turn, who can do nothing: %+v", life.Status, by, life)
	}
}

// settlesSomething tells whether an act answers what is asked or moves the referral.
func settlesSomething(a protocol.Act, l *protocol.Life) bool {
	switch {
	case l.Purge == protocol.PurgePending:
		return a.Kind == protocol.KindPurged
	case len(l.Questions) > 0:
		return a.Kind == protocol.KindAnswer
	case l.RecallAsked:
		return a.Kind == protocol.KindRecallAnswer
	case len(l.Proposals) > 0:
		return a.Kind == protocol.KindProposeAnswer
	}
	_, moves := a.To[l.Status]
	return moves
}

// acts tries every kind of message for a side, and gives the conversations that follow from what is allowed.
func (x *pairs) acts(c *conversation, by protocol.Side) []*conversation {
	var list []*conversation
	life := c.view(by)
	can := life.Allowed(by)
	for _, a := range protocol.Acts() {
		s := stepFor(by, a.Kind)
		err := life.May(by, a.Kind, &s)
		if err != nil {
			x.refusal(err, a, &life, by)
			continue
		}
		x.allowed++
		if !slices.ContainsFunc(can, func(b protocol.Act) bool { return b.Kind == a.Kind }) {
			x.t.Fatalf("%s by the %s may be done in %s and is not offered", a.Kind, by, life.Status)
		}
		for _, agreed := range answersOf(&s) {
			d := c.clone()
			s.Agreed = agreed
			d.say(by, a.Kind, s)
			x.taken(d, by)
			list = append(list, x.arrivals(d)...)
		}
	}
	return list
}

func answersOf(s *protocol.Step) []*bool {
	if s.Agreed == nil {
		return []*bool{nil}
	}
	yes, no := true, false
	return []*bool{&yes, &no}
}

// taken checks that what a side just did holds in its own view, behind everything else there.
func (x *pairs) taken(d *conversation, by protocol.Side) {
	after := d.view(by)
	last := after.Taken[len(after.Taken)-1]
	if own := d.said[by][len(d.said[by])-1]; last.By != by || last.Seq != own.Seq || last.Void {
		x.t.Fatalf("%s by the %s was allowed and changed nothing", own.Kind, by)
	}
	a, _ := protocol.ActOf(last.Kind)
	if next, ok := a.To[last.Before]; ok && next != last.After && last.After != protocol.StatusRecalled {
		x.t.Fatalf("%s led from %s to %s, not to %s", last.Kind, last.Before, last.After, next)
	}
}

func (x *pairs) refusal(err error, a protocol.Act, l *protocol.Life, by protocol.Side) {
	x.refused++
	var no *protocol.Refusal
	if !errors.As(err, &no) {
		x.t.Fatalf("%s: %v", a.Kind, err)
	}
	var instead strings.Builder
	for _, k := range no.Instead {
		instead.WriteString(string(k) + " ")
	}
	key := refused{no.Kind, no.By, no.Status, no.Made, no.Why, instead.String()}
	if x.sentences[key] {
		return
	}
	x.sentences[key] = true
	if no.Kind != a.Kind || no.By != by || no.Status != l.Status {
		x.t.Fatalf("the refusal of %s is about something else: %+v", a.Kind, no)
	}
	goodSentence(x.t, no, "Monday")
	goodSentence(x.t, no, "")
}

// pairKey names what can still matter of a conversation, and says how many messages of a side are not final at most.
func pairKey(c *conversation) (string, int) {
	views := [2]protocol.Life{c.view(protocol.Sender), c.view(protocol.Recipient)}
	final := map[protocol.Side]int{}
	for i, m := range views[0].Taken {
		if i == len(views[1].Taken) || views[1].Taken[i].By != m.By {
			break
		}
		final[m.By]++
	}
	var both []protocol.Said
	for _, side := range sides {
		both = append(both, c.said[side][:final[side]]...)
	}
	l := protocol.Fold(both)
	var b strings.Builder
	b.WriteString(string(l.Status) + "|" + string(l.Purge))
	if l.RecallAsked {
		b.WriteString("|asked")
	}
	for _, list := range [][]protocol.Open{l.Questions, l.Proposals} {
		b.WriteByte('|')
		for _, o := range list {
			b.WriteByte(o.By[0])
		}
	}
	for _, side := range sides {
		b.WriteString("|" + string(side[0]))
		for i, m := range c.said[side][final[side]:] {
			if final[side]+i == c.held[side.Other()] {
				b.WriteByte('~') // what follows is in flight
			}
			b.WriteString(" " + effect(m.Kind))
			if m.Step.Agreed != nil && *m.Step.Agreed {
				b.WriteByte('+')
			}
			b.WriteByte(byte('0' + max(0, int(m.Seen)-final[side.Other()])))
		}
	}
	return b.String(), max(len(c.said[sender])-final[sender], len(c.said[recipient])-final[recipient])
}

// effect takes together what nothing can tell apart once it was said.
func effect(k protocol.MessageKind) string {
	if k == protocol.KindAttach {
		k = protocol.KindNote
	}
	return string(k)
}
