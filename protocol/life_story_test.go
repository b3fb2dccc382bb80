package protocol_test

import (
	"testing"

	"referworks/protocol"
)

// story plays one step after the other, each delivered at once, and gives what it comes to.
func story(t *testing.T, steps ...said) protocol.Life {
	t.Helper()
	c := newConversation()
	for _, s := range steps {
		c.post(t, s.by, s.kind)
		c.deliver()
	}
	return c.view(sender)
}

func TestEachUpdateIsAVersion(t *testing.T) {
	if life := story(t, said{sender, protocol.KindUpdate}, said{recipient, protocol.KindAccept}, said{sender, protocol.KindUpdate}); life.Version != 3 {
		t.Errorf("after two updates it is version %d", life.Version)
	}
}

func TestWhatIsDestroyedIsNotAskedForAgain(t *testing.T) {
	life := story(t, said{sender, protocol.KindRecall}, said{recipient, protocol.KindPurged}, said{sender, protocol.KindConsentEnded})
	if life.Purge != protocol.PurgeDone || life.Turn() != "" {
		t.Errorf("purge %q, turn %q", life.Purge, life.Turn())
	}
}

func TestReopeningTakesTheOutcomesAway(t *testing.T) {
	closed := []said{{recipient, protocol.KindAccept}, {recipient, protocol.KindClose}}
	if life := story(t, closed...); len(life.Outcomes) != 1 {
		t.Errorf("closed with %d outcomes", len(life.Outcomes))
	}
	if life := story(t, append(closed, said{recipient, protocol.KindReopen})...); len(life.Outcomes) != 0 {
		t.Errorf("reopened with %d outcomes", len(life.Outcomes))
	}
}

func TestOfEqualRanksTheSendersComesFirst(t *testing.T) {
	c := newConversation()
	c.post(t, recipient, protocol.KindQuestion)
	c.post(t, sender, protocol.KindQuestion)
	c.deliver()
	life := c.view(recipient)
	if len(life.Questions) != 2 || life.Questions[0].By != sender {
		t.Fatalf("the questions are %+v", life.Questions)
	}
	if by := life.Turn(); by != sender {
		t.Errorf("with the recipient's as the newest question it is the turn of %q", by)
	}
	c.post(t, sender, protocol.KindAnswer)
	c.deliver()
	if life = c.view(sender); life.Turn() != recipient || len(life.Questions) != 1 {
		t.Errorf("then of %q, with %d questions", life.Turn(), len(life.Questions))
	}
}

func TestOnlyTheOtherSideAnswers(t *testing.T) {
	c := newConversation()
	c.post(t, sender, protocol.KindQuestion)
	c.deliver()
	life := c.view(sender)
	if life.May(sender, protocol.KindAnswer, &protocol.Step{Of: "s1", Text: "I know it myself."}) == nil {
		t.Error("a side may answer its own question")
	}
	if life.May(recipient, protocol.KindAnswer, &protocol.Step{Of: "s2", Text: "To what?"}) == nil {
		t.Error("a question that nobody asked may be answered")
	}
	c.post(t, recipient, protocol.KindAnswer)
	c.refuse(t, recipient, protocol.KindAnswer)
}

func TestNextIDIsNew(t *testing.T) {
	c := newConversation()
	for i, want := range []string{"r1", "r2", "r3"} {
		id := protocol.NextID(c.holds(recipient), recipient)
		if id != want {
			t.Errorf("id %d is %q, want %q", i, id, want)
		}
		c.say(recipient, protocol.KindQuestion, protocol.Step{ID: id, Text: "When?"})
	}
	if id := protocol.NextID(c.holds(recipient), sender); id != "s1" {
		t.Errorf("the other side's first is %q", id)
	}
	if life := c.view(recipient); len(life.Questions) != 3 {
		t.Errorf("%d questions are open", len(life.Questions))
	}
}

// A thread of 200 messages is folded for each page that shows it.
func BenchmarkFold200(b *testing.B) {
	c := newConversation()
	c.held[recipient] = 1
	c.say(recipient, protocol.KindAccept, protocol.Step{})
	for i := 0; i < 198; i++ {
		by := sides[i%2]
		c.deliver()
		c.say(by, protocol.KindNote, protocol.Step{Text: "A note."})
	}
	c.deliver()
	list := c.holds(sender)
	for b.Loop() {
		if life := protocol.Fold(list); len(life.Taken) != 200 {
			b.Fatal("not all were taken")
		}
	}
}
