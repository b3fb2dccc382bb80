package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/protocol"
)

// conversation is a referral as its people see it: where it stands, whose move it is, and everything that was said.
type conversation struct {
	ID          protocol.ReferralID `json:"id"`
	Side        protocol.Side       `json:"side" enum:"sender,recipient" doc:"Which side of it you are."`
	Status      protocol.Status     `json:"status"`
	Words       string              `json:"words" doc:"The status as people read it, in the language that was asked for."`
	Since       int64               `json:"since" doc:"Milliseconds UTC."`
	Turn        protocol.Side       `json:"turn,omitempty" doc:"Whose move it is; absent when nobody must do anything."`
	ReplyBy     int64               `json:"replyBy,omitempty" doc:"When that side should have answered; milliseconds UTC."`
	Late        bool                `json:"late,omitempty" doc:"That time is over: phone them."`
	Phone       string              `json:"phone,omitempty" doc:"Of the partner, when it is late."`
	Version     int                 `json:"version"`
	NamesFirst  bool                `json:"namesFirst,omitempty" doc:"The recipient knows only who the parties are, until it says that there is no conflict of interest."`
	RecallAsked bool                `json:"recallAsked,omitempty" doc:"The sender asked to stop and has no answer yet."`
	Purge       protocol.Purge      `json:"purge,omitempty" enum:"asked,done,refused" doc:"Whether the recipient destroyed what it held."`
	Questions   []openItem          `json:"questions" doc:"Not answered yet."`
	Proposals   []openItem          `json:"proposals" doc:"Not answered yet."`
	Outcomes    []protocol.Outcome  `json:"outcomes,omitempty"`
	Allowed     []allowedAct        `json:"allowed" doc:"What you can do now."`
	Messages    []spoken            `json:"messages"`
}

type openItem struct {
	By protocol.Side `json:"by"`
	ID string        `json:"id"`
	At int64         `json:"at"`
}

type allowedAct struct {
	Kind   protocol.MessageKind `json:"kind"`
	Button string               `json:"button" doc:"The word on the button."`
	Means  string               `json:"means" doc:"What happens then."`
	Needs  []string             `json:"needs,omitempty"`
	Takes  []string             `json:"takes,omitempty"`
}

type spoken struct {
	Mine     bool                 `json:"mine"`
	By       string               `json:"by" doc:"Name of the organization."`
	Seq      int64                `json:"seq,omitempty" doc:"Absent: it is yours and has no number yet."`
	Kind     protocol.MessageKind `json:"kind"`
	Did      string               `json:"did" doc:"What it did, in words: accepted it."`
	At       int64                `json:"at" doc:"By its author's clock; milliseconds UTC."`
	State    protocol.Transport   `json:"state" doc:"How far it got."`
	Void     bool                 `json:"void,omitempty" doc:"It changed nothing: it crossed another message, or its time was over."`
	Erased   bool                 `json:"erased,omitempty"`
	Text     string               `json:"text,omitempty"`
	Reason   string               `json:"reason,omitempty"`
	Because  string               `json:"because,omitempty" doc:"The reason in words."`
	ID       string               `json:"id,omitempty"`
	Of       string               `json:"of,omitempty"`
	Agreed   *bool                `json:"agreed,omitempty"`
	When     string               `json:"when,omitempty"`
	Until    string               `json:"until,omitempty"`
	Place    string               `json:"place,omitempty"`
	Outcomes []protocol.Outcome   `json:"outcomes,omitempty"`
	To       protocol.OrgID       `json:"to,omitempty"`
	ToName   string               `json:"toName,omitempty"`
	Files    []string             `json:"files,omitempty" doc:"Ids of the files that came along; GET .../files tells of them."`
}

type lifeInput struct {
	ID       string `path:"id" maxLength:"100"`
	Language string `header:"Accept-Language" doc:"en or es: the language of the words."`
}

type actInput struct {
	ID       string `path:"id" maxLength:"100"`
	Language string `header:"Accept-Language" doc:"en or es: the language of the words."`
	Key      string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same step takes it once, however often it is posted."`
	Body     struct {
		Kind     protocol.MessageKind `json:"kind" maxLength:"40" doc:"accept, decline, question ...; docs/lifecycle.md lists them."`
		Text     string               `json:"text,omitempty" maxLength:"10000" doc:"For the people at the other side."`
		Reason   string               `json:"reason,omitempty" maxLength:"40" doc:"Of a decline or a return. conflict, of a decline: the partner reads unable-to-assist, and your audit log keeps why."`
		Of       string               `json:"of,omitempty" maxLength:"40" doc:"The question or proposal that it answers; not needed when there is one."`
		Agreed   *bool                `json:"agreed,omitempty" doc:"Yes or no, of an answer; of purged: whether it cannot be read any more."`
		At       string               `json:"at,omitempty" maxLength:"40" doc:"When, RFC 3339 with offset."`
		Until    string               `json:"until,omitempty" maxLength:"40"`
		Place    string               `json:"place,omitempty" maxLength:"1000"`
		Outcomes []protocol.Outcome   `json:"outcomes,omitempty" maxItems:"100" doc:"What became of each need."`
		To       protocol.OrgID       `json:"to,omitempty" maxLength:"100" doc:"Of a proposal: the other organization."`
		ToName   string               `json:"toName,omitempty" maxLength:"300"`
		Files    []string             `json:"files,omitempty" maxItems:"64" doc:"Ids of uploaded files that go along."`
		Referral json.RawMessage      `json:"referral,omitempty" doc:"Of an update: the whole new version in the common standard."`
	}
}

func (s *Server) life() {
	add(s, http.MethodGet, "/v1/referrals/{id}/thread", "show-thread", "Show a referral's life: status, whose move it is, and what was said", s.conversation)
	add(s, http.MethodPost, "/v1/referrals/{id}/acts", "act-on-referral", "Take a step: accept, decline, ask, answer, close, recall ...", s.act)
	add(s, http.MethodGet, "/v1/referrals/{id}/content", "read-referral", "Read the referral itself, in its newest version", func(ctx context.Context, c caller, in *idInput) (content, error) {
		r, err := c.org.Desk().Body(protocol.ReferralID(in.ID))
		if err != nil {
			return nil, err
		}
		for i := range r.Attachments { // they open the chunks, and nobody here needs them
			r.Attachments[i].Root, r.Attachments[i].Key = protocol.Digest{}, protocol.Digest{}
		}
		b, err := crypto.Marshal(r)
		if err != nil {
			return nil, err
		}
		return b, c.org.Desk().Viewed(ctx, protocol.ReferralID(in.ID), c.actor)
	})
}

// content is a referral in the common standard.
type content json.RawMessage

func (r content) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// Schema describes it as any object: docs/standard.md and the schema of the standard say what is in it
// (huma.SchemaProvider).
func (content) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "A referral in the common standard (docs/standard.md)."}
}

func (s *Server) act(ctx context.Context, c caller, in *actInput) (conversation, error) {
	b := &in.Body
	step := protocol.Step{Text: b.Text, Reason: b.Reason, Of: b.Of, Agreed: b.Agreed, At: b.At, Until: b.Until, Place: b.Place, Outcomes: b.Outcomes, To: b.To, ToName: b.ToName}
	if len(b.Referral) > 0 {
		step.Referral = new(protocol.Referral)
		if err := readReferral(b.Referral, step.Referral); err != nil {
			return conversation{}, err
		}
	}
	do := exchange.Doing{Kind: b.Kind, Step: step, Files: b.Files, Actor: c.actor, Key: in.Key}
	if in.Key != "" {
		whole, err := json.Marshal([]any{in.ID, b})
		if err != nil {
			return conversation{}, err
		}
		do.KeyHash = sha256.Sum256(whole)
	}
	if _, err := c.org.Desk().Act(ctx, protocol.ReferralID(in.ID), do); err != nil {
		return conversation{}, inLanguage(err, in.Language)
	}
	return s.told(c, protocol.ReferralID(in.ID), in.Language)
}

func (s *Server) conversation(ctx context.Context, c caller, in *lifeInput) (conversation, error) {
	out, err := s.told(c, protocol.ReferralID(in.ID), in.Language)
	if err != nil {
		return out, err
	}
	return out, c.org.Desk().Viewed(ctx, protocol.ReferralID(in.ID), c.actor)
}

func (s *Server) told(c caller, id protocol.ReferralID, language string) (conversation, error) {
	desk := c.org.Desk()
	t, err := desk.Thread(id)
	if err != nil {
		return conversation{}, err
	}
	life, side, err := desk.Life(id)
	if err != nil {
		return conversation{}, err
	}
	list, err := desk.Messages(id)
	if err != nil {
		return conversation{}, err
	}
	out := conversation{
		ID: id, Side: side, Status: life.Status, Words: protocol.WordsOfStatus(life.Status).Label.In(language), Since: life.Since, Turn: life.Turn(), Late: t.Late,
		Version: life.Version, NamesFirst: t.NamesFirst, RecallAsked: life.RecallAsked, Purge: life.Purge, Outcomes: life.Outcomes,
		Questions: opens(life.Questions), Proposals: opens(life.Proposals), Allowed: []allowedAct{}, Messages: []spoken{},
	}
	partner := partnerName(c, t.Partner)
	if !t.ReplyBy.IsZero() {
		out.ReplyBy = t.ReplyBy.UnixMilli()
	}
	if pair, ok := c.org.Book().Current(t.Partner); ok && t.Late && pair.Card() != nil {
		out.Phone = pair.Card().Contact.Phone
	}
	for _, a := range life.Allowed(side) {
		if a.Kind == protocol.KindCleared && !t.NamesFirst { // there is nothing to ask for
			continue
		}
		w := protocol.WordsOfAct(a.Kind)
		out.Allowed = append(out.Allowed, allowedAct{Kind: a.Kind, Button: protocol.ButtonOf(a.Kind, life.Status).In(language), Means: strings.ReplaceAll(w.Means.In(language), "{partner}", partner), Needs: byPeople(a.Needs), Takes: byPeople(a.Takes)})
	}
	void := map[[2]int64]bool{}
	for _, k := range life.Taken {
		void[[2]int64{mine(k.By == side), k.Seq}] = k.Void
	}
	for i := range list {
		m := &list[i]
		one := spoken{Mine: m.Ours, By: partner, Seq: m.Seq, Kind: m.Kind, Did: protocol.WordsOfAct(m.Kind).Did.In(language), At: m.At.UnixMilli(), State: m.State, Erased: m.Erased}
		one.Void = m.Seq > 0 && void[[2]int64{mine(m.Ours), m.Seq}]
		if m.Ours {
			one.By = c.org.Name()
		}
		if p := m.Step; m.Kind != protocol.KindReferral {
			one.Text, one.Reason, one.ID, one.Of, one.Agreed, one.When, one.Until, one.Place = p.Text, p.Reason, p.ID, p.Of, p.Agreed, p.At, p.Until, p.Place
			one.Outcomes, one.To, one.ToName, one.Because = p.Outcomes, p.To, p.ToName, protocol.ReasonWords(p.Reason).In(language)
		}
		for _, f := range m.Step.Files {
			one.Files = append(one.Files, f.ID.Text())
		}
		out.Messages = append(out.Messages, one)
	}
	return out, nil
}

func mine(ours bool) int64 {
	if ours {
		return 1
	}
	return 0
}

// byPeople leaves out what the node gives by itself.
func byPeople(members []string) []string {
	var list []string
	for _, m := range members {
		if m != "id" {
			list = append(list, m)
		}
	}
	return list
}

func opens(list []protocol.Open) []openItem {
	out := []openItem{}
	for _, o := range list {
		out = append(out, openItem{o.By, o.ID, o.At})
	}
	return out
}

// when is a time in milliseconds, 0 for none.
func when(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
