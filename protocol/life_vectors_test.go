package protocol_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"testing"

	"referworks/protocol"
)

var (
	updateVectors = flag.Bool("update-vectors", false, "write vectors that do not exist yet")
	forceVectors  = flag.Bool("force-vectors", false, "with -update-vectors: write over those that exist; never after a release")
)

const lifeVectors = "testdata/v1/life.json"

// talkVector is a conversation and what it comes to. Another implementation folds Said and must get Life.
type talkVector struct {
	Name string       `json:"name"`
	Said []vectorSaid `json:"said"`
	Life vectorLife   `json:"life"`
}

type vectorFile struct {
	About string       `json:"about"`
	Good  []talkVector `json:"good"`
}

type vectorSaid struct {
	By   protocol.Side        `json:"by"`
	Seq  int64                `json:"seq"`
	Seen int64                `json:"seen"`
	Kind protocol.MessageKind `json:"kind"`
	At   int64                `json:"at"`
	Body *protocol.Step       `json:"body,omitempty"`
}

type vectorLife struct {
	Status      protocol.Status        `json:"status"`
	Since       int64                  `json:"since"`
	By          protocol.Side          `json:"by"`
	Version     int                    `json:"version"`
	RecallAsked bool                   `json:"recallAsked,omitempty"`
	Purge       protocol.Purge         `json:"purge,omitempty"`
	Questions   []string               `json:"questions,omitempty"`
	Proposals   []string               `json:"proposals,omitempty"`
	Appointment string                 `json:"appointment,omitempty"` // its id
	Outcomes    []protocol.Outcome     `json:"outcomes,omitempty"`
	Reason      string                 `json:"reason,omitempty"`
	Order       []vectorTaken          `json:"order"`
	Turn        protocol.Side          `json:"turn,omitempty"`
	Sender      []protocol.MessageKind `json:"sender"` // what it may do now
	Recipient   []protocol.MessageKind `json:"recipient"`
}

type vectorTaken struct {
	By     protocol.Side   `json:"by"`
	Seq    int64           `json:"seq"`
	Status protocol.Status `json:"status"` // after it
	Void   bool            `json:"void,omitempty"`
}

func asVector(l *protocol.Life) vectorLife {
	v := vectorLife{
		Status: l.Status, Since: l.Since, By: l.By, Version: l.Version, RecallAsked: l.RecallAsked, Purge: l.Purge, Outcomes: l.Outcomes,
		Reason: l.Turned.Reason, Turn: l.Turn(), Sender: []protocol.MessageKind{}, Recipient: []protocol.MessageKind{},
	}
	for _, o := range l.Questions {
		v.Questions = append(v.Questions, o.ID)
	}
	for _, o := range l.Proposals {
		v.Proposals = append(v.Proposals, o.ID)
	}
	if l.Appointment != nil {
		v.Appointment = l.Appointment.ID
	}
	for _, m := range l.Taken {
		v.Order = append(v.Order, vectorTaken{m.By, m.Seq, m.After, m.Void})
	}
	for _, a := range l.Allowed(sender) {
		v.Sender = append(v.Sender, a.Kind)
	}
	for _, a := range l.Allowed(recipient) {
		v.Recipient = append(v.Recipient, a.Kind)
	}
	return v
}

// The scripts of the vectors: a line is what is said before everything arrives.
var vectorScripts = []struct {
	name  string
	lines [][]said
}{
	{"just sent", nil},
	{"the whole way", [][]said{
		{{recipient, protocol.KindReview}}, {{recipient, protocol.KindQuestion}}, {{sender, protocol.KindAnswer}}, {{recipient, protocol.KindAccept}},
		{{recipient, protocol.KindSchedule}}, {{recipient, protocol.KindNoShow}}, {{sender, protocol.KindUpdate}}, {{recipient, protocol.KindSchedule}}, {{recipient, protocol.KindServe}},
		{{recipient, protocol.KindClose}}, {{recipient, protocol.KindReopen}}, {{recipient, protocol.KindClose}},
	}},
	{"an appointment", [][]said{{{recipient, protocol.KindAccept}}, {{recipient, protocol.KindSchedule}}}},
	{"waiting list", [][]said{{{recipient, protocol.KindWaitlist}}}},
	{"declined", [][]said{{{recipient, protocol.KindDecline}}, {{sender, protocol.KindNote}}}},
	{"returned", [][]said{{{recipient, protocol.KindReturn}}}},
	{"acceptance taken back", [][]said{{{recipient, protocol.KindAccept}}, {{recipient, protocol.KindUnaccept}}}},
	{"recalled before anybody decided, and destroyed", [][]said{{{sender, protocol.KindRecall}}, {{recipient, protocol.KindPurged}}}},
	{"an acceptance that had not seen the recall", [][]said{{{sender, protocol.KindRecall}, {recipient, protocol.KindAccept}}}},
	{"the request to stop is granted", [][]said{{{recipient, protocol.KindAccept}}, {{sender, protocol.KindRecall}}, {{recipient, protocol.KindRecallAnswer}}, {{recipient, protocol.KindPurged}}}},
	{"the request to stop meets the acceptance taken back", [][]said{{{recipient, protocol.KindAccept}}, {{sender, protocol.KindRecall}, {recipient, protocol.KindUnaccept}}}},
	{"a recall against a decline", [][]said{{{sender, protocol.KindRecall}, {recipient, protocol.KindDecline}}}},
	{"a recall against an outcome", [][]said{{{recipient, protocol.KindAccept}}, {{sender, protocol.KindRecall}, {recipient, protocol.KindServe}, {recipient, protocol.KindClose}}}},
	{"the end of the consent against an outcome", [][]said{{{recipient, protocol.KindAccept}}, {{sender, protocol.KindConsentEnded}, {recipient, protocol.KindClose}}}},
	{"the end of the consent noted by both", [][]said{{{sender, protocol.KindConsentEnded}, {recipient, protocol.KindConsentEnded}}}},
	{"sent by mistake against the end of the consent", [][]said{{{sender, protocol.KindEnteredInError}, {recipient, protocol.KindConsentEnded}}}},
	{"questions of both sides at once", [][]said{{{sender, protocol.KindQuestion}, {recipient, protocol.KindQuestion}}}},
	{"another organization is proposed", [][]said{{{recipient, protocol.KindPropose}}}},
	{"a proposal is answered", [][]said{{{recipient, protocol.KindPropose}}, {{sender, protocol.KindProposeAnswer}, {recipient, protocol.KindNote}}}},
}

func makeLifeVectors(t *testing.T) []byte {
	t.Helper()
	file := vectorFile{About: "Conversations of two sides and what they come to (docs/protocol.md section 6.9). said may be given in any order. life.sender and life.recipient are what each side may do now."}
	for _, script := range vectorScripts {
		c := newConversation()
		c.deliver()
		for _, line := range script.lines {
			for _, s := range line {
				c.post(t, s.by, s.kind)
			}
			c.deliver()
		}
		life := c.view(sender)
		file.Good = append(file.Good, talkVector{script.name, vectorSaids(c.holds(sender)), asVector(&life)})
	}
	gap := newConversation()
	gap.post(t, recipient, protocol.KindReview)
	gap.post(t, recipient, protocol.KindAccept)
	gap.post(t, recipient, protocol.KindServe)
	list := gap.said[recipient]
	list = append(gap.said[sender], list[0], list[2])
	life := protocol.Fold(list)
	file.Good = append(file.Good, talkVector{"what is behind a gap is left out", vectorSaids(list), asVector(&life)})

	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(&file); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func vectorSaids(list []protocol.Said) []vectorSaid {
	var out []vectorSaid
	for _, m := range list {
		v := vectorSaid{By: m.By, Seq: m.Seq, Seen: m.Seen, Kind: m.Kind, At: m.At}
		if m.Kind != protocol.KindReferral {
			s := m.Step.Facts() // of the body, what a fold reads and what it hands on
			s.Reason, s.Outcomes = m.Step.Reason, m.Step.Outcomes
			v.Body = &s
		}
		out = append(out, v)
	}
	return out
}

// What the table says today is what stands in the file: a released conversation never comes to something else.
func TestLifeVectorsAreFrozen(t *testing.T) {
	made := makeLifeVectors(t)
	old, err := os.ReadFile(lifeVectors)
	switch {
	case *updateVectors && (errors.Is(err, os.ErrNotExist) || *forceVectors):
		if err := os.WriteFile(lifeVectors, made, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s was written", lifeVectors)
	case err != nil:
		t.Errorf("%v; -update-vectors writes it", err)
	case !bytes.Equal(old, made):
		t.Errorf("%s has changed: a released vector never does. If it was never released, use -update-vectors -force-vectors", lifeVectors)
	}
}

// The file alone, read as a stranger would.
func TestLifeVectorsHold(t *testing.T) {
	var file vectorFile
	d := json.NewDecoder(bytes.NewReader([]byte(source(t, lifeVectors))))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Good) < len(vectorScripts) {
		t.Errorf("%d conversations", len(file.Good))
	}
	for _, v := range file.Good {
		var list []protocol.Said
		for i := len(v.Said) - 1; i >= 0; i-- {
			m := protocol.Said{By: v.Said[i].By, Seq: v.Said[i].Seq, Seen: v.Said[i].Seen, Kind: v.Said[i].Kind, At: v.Said[i].At}
			if b := v.Said[i].Body; b != nil {
				m.Step = *b
			}
			list = append(list, m)
		}
		life := protocol.Fold(list)
		if got := asVector(&life); !reflect.DeepEqual(got, v.Life) {
			t.Errorf("%s:\n got %+v\nwant %+v", v.Name, got, v.Life)
		}
	}
}
