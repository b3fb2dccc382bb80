package protocol_test

import (
	"os"
	"testing"

	"referworks/protocol"
)

// conversation is a thread of two sides, each with its own view. Messages are in flight until they are delivered, each
// side's in their order.
type conversation struct {
	said map[protocol.Side][]protocol.Said // each side's own
	held map[protocol.Side]int             // how many of the other side's it holds
}

func newConversation() *conversation {
	opener := protocol.Said{By: protocol.Sender, Seq: 1, Kind: protocol.KindReferral, At: 1}
	return &conversation{
		said: map[protocol.Side][]protocol.Said{protocol.Sender: {opener}},
		held: map[protocol.Side]int{protocol.Sender: 0, protocol.Recipient: 1},
	}
}

func (c *conversation) clone() *conversation {
	d := &conversation{said: map[protocol.Side][]protocol.Said{}, held: map[protocol.Side]int{}}
	for _, side := range sides {
		own := c.said[side]
		d.said[side], d.held[side] = own[:len(own):len(own)], c.held[side]
	}
	return d
}

var sides = []protocol.Side{protocol.Sender, protocol.Recipient}

// holds gives what a side holds: its own messages, and those of the other that arrived.
func (c *conversation) holds(by protocol.Side) []protocol.Said {
	own, other := c.said[by], c.said[by.Other()][:c.held[by]]
	return append(own[:len(own):len(own)], other...)
}

func (c *conversation) view(by protocol.Side) protocol.Life { return protocol.Fold(c.holds(by)) }

func (c *conversation) inFlight(to protocol.Side) int { return len(c.said[to.Other()]) - c.held[to] }

// say appends a message without asking whether it is allowed.
func (c *conversation) say(by protocol.Side, kind protocol.MessageKind, s protocol.Step) {
	n := len(c.said[by])
	c.said[by] = append(c.said[by][:n:n], protocol.Said{By: by, Seq: int64(n) + 1, Seen: int64(c.held[by]), Kind: kind, At: int64(10*n + 2), Step: s})
}

// post says what is allowed in the side's own view, in its usual form.
func (c *conversation) post(t testing.TB, by protocol.Side, kind protocol.MessageKind) {
	t.Helper()
	s := stepFor(by, kind)
	life := c.view(by)
	if err := life.May(by, kind, &s); err != nil {
		t.Fatalf("%s by the %s: %v", kind, by, err)
	}
	c.say(by, kind, s)
}

// refuse fails unless the step is refused in the side's own view.
func (c *conversation) refuse(t testing.TB, by protocol.Side, kind protocol.MessageKind) {
	t.Helper()
	s := stepFor(by, kind)
	life := c.view(by)
	if life.May(by, kind, &s) == nil {
		t.Fatalf("%s by the %s is allowed in %s", kind, by, life.Status)
	}
}

// deliver brings everything that is in flight.
func (c *conversation) deliver() {
	for _, side := range sides {
		c.held[side] = len(c.said[side.Other()])
	}
}

// stepFor gives a body with everything that a kind needs. What asks has an id that is the side's own, what answers names
// the other side's.
func stepFor(by protocol.Side, kind protocol.MessageKind) protocol.Step {
	yes := true
	a, _ := protocol.ActOf(kind)
	id := func(s protocol.Side) string { return string(s[0]) + "1" }
	var s protocol.Step
	for _, need := range a.Needs {
		switch need {
		case "text":
			s.Text = "Please read this."
		case "reason":
			s.Reason = "no-capacity"
			if kind == protocol.KindReturn {
				s.Reason = "incomplete"
			}
		case "id":
			s.ID = id(by)
		case "of":
			s.Of = id(by.Other())
		case "agreed":
			s.Agreed = &yes
		case "at":
			s.At = "2026-11-30T10:00:00-05:00"
		case "outcomes":
			s.Outcomes = []protocol.Outcome{{Need: "n1", Result: "helped-fully"}}
		case "to":
			s.To = partner
		case "files":
			s.Files = make([]protocol.Attachment, 1)
		case "referral":
			s.Referral = &protocol.Referral{}
		}
	}
	return s
}

func source(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
