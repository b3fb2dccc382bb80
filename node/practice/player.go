package practice

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"referworks/node/exchange"
	"referworks/protocol"
)

// look is how often the practice partner looks at what it holds.
const look = time.Second

// actor is who acts, in the audit log.
const actor = "practice partner"

// Player answers what the practice partner receives. Each answer follows from the thread alone, so a restart in the
// middle changes nothing.
type Player struct {
	Desk *exchange.Desk
	Now  func() time.Time
	Log  *slog.Logger

	repeated map[protocol.ReferralID]int // since the start; a repetition leaves no trace
}

// Run answers until ctx ends.
func (p *Player) Run(ctx context.Context) error {
	p.repeated = map[protocol.ReferralID]int{}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := p.round(ctx); err != nil && ctx.Err() == nil {
			p.Log.Error("the practice partner could not answer", "error", err.Error())
		}
	}
}

// recent is how many referrals the practice partner looks at: older ones are left as they are.
const recent = 100

// round takes one step, at most, in each referral.
func (p *Player) round(ctx context.Context) error {
	list, _, err := p.Desk.Threads(exchange.Query{Direction: "in", Limit: recent})
	if err != nil {
		return err
	}
	var all []error
	for i := range list {
		t := &list[i]
		if t.Erased || !t.Status.Open() && t.Purge != protocol.PurgePending && t.Status != protocol.StatusAccepted {
			continue
		}
		all = append(all, p.answer(ctx, t))
	}
	return errors.Join(all...)
}

// answer takes the next step in a referral when it is time.
func (p *Player) answer(ctx context.Context, t *exchange.Thread) error {
	id := t.Referral
	r, err := p.Desk.Body(id)
	if err != nil {
		return err
	}
	life, side, err := p.Desk.Life(id)
	if err != nil {
		return err
	}
	list, err := p.Desk.Messages(id)
	if err != nil {
		return err
	}
	how, last := Of(r), t.Opened
	for i := range list {
		if list[i].Ours && list[i].Kind != protocol.KindReferral && pending(list[i].State) {
			return nil // one after the other
		}
		if list[i].At.After(last) && list[i].Ours {
			last = list[i].At
		}
	}
	pause := Pause
	if how == IsSlow && !slices.ContainsFunc(list, func(m exchange.Message) bool { return m.Ours }) {
		pause = Slow
	}
	if p.Now().Before(last.Add(pause)) {
		return nil
	}
	if how == Repeats && life.Status == protocol.StatusAccepted && p.repeated[id] < 3 {
		p.repeated[id]++
		return p.Desk.Repeat(ctx, id)
	}
	do, ok := next(how, r, &life, side, list, t.Act == protocol.TurnedAway, p.Now())
	if !ok {
		return nil
	}
	if do.Kind == protocol.KindAttach {
		f, err := p.Desk.Upload(ctx, "letter.txt", "text/plain", strings.NewReader("This letter was broken on its way, on purpose.\n"))
		if err != nil {
			return err
		}
		do.Files = []string{f.ID}
	}
	do.Actor = actor
	_, err = p.Desk.Act(ctx, id, do)
	var no *exchange.NotNow
	if errors.As(err, &no) { // something arrived meanwhile; the next round sees it
		return nil
	}
	return err
}

// pending tells whether a message of ours is still on its way.
func pending(s protocol.Transport) bool {
	return s == protocol.Queued || s == protocol.Sent || s == protocol.Waiting
}

// next is the step that a behavior takes where a referral stands; false when it waits, or is done. turnedAway says that
// our newest message was not taken: then it is in no list.
func next(how string, r *protocol.Referral, life *protocol.Life, side protocol.Side, list []exchange.Message, turnedAway bool, now time.Time) (exchange.Doing, bool) {
	may := func(k protocol.MessageKind) bool {
		return slices.ContainsFunc(life.Allowed(side), func(a protocol.Act) bool { return a.Kind == k })
	}
	said := func(k protocol.MessageKind) int {
		n := 0
		for i := range list {
			if list[i].Ours && list[i].Kind == k {
				n++
			}
		}
		return n
	}
	yes := true
	for _, q := range life.Questions {
		if q.By != side && may(protocol.KindAnswer) {
			return exchange.Doing{Kind: protocol.KindAnswer, Step: protocol.Step{Of: q.ID, Text: "This is what a practice answer looks like."}}, true
		}
	}
	switch {
	case life.Purge == protocol.PurgePending && may(protocol.KindPurged):
		return exchange.Doing{Kind: protocol.KindPurged, Step: protocol.Step{Agreed: &yes}}, true
	case life.RecallAsked && may(protocol.KindRecallAnswer):
		return exchange.Doing{Kind: protocol.KindRecallAnswer, Step: protocol.Step{Agreed: &yes}}, true
	case slices.ContainsFunc(life.Questions, func(q protocol.Open) bool { return q.By == side }):
		return exchange.Doing{}, false // ours waits for its answer
	case how == Declines && may(protocol.KindDecline):
		return exchange.Doing{Kind: protocol.KindDecline, Step: protocol.Step{Reason: "no-capacity", Text: "The practice partner has no room, because the name says so."}}, true
	case how == Asks && said(protocol.KindQuestion) == 0 && may(protocol.KindQuestion):
		return exchange.Doing{Kind: protocol.KindQuestion, Step: protocol.Step{Text: "When is the next date that matters?"}}, true
	case life.Status.Undecided() && may(protocol.KindAccept):
		return exchange.Doing{Kind: protocol.KindAccept, Step: protocol.Step{Text: "Accepted, for practice."}}, true
	case how == Breaks && !turnedAway && said(protocol.KindNote) == 0 && may(protocol.KindAttach):
		return exchange.Doing{Kind: protocol.KindAttach, Step: protocol.Step{Text: "A letter."}}, true
	case how == Breaks && said(protocol.KindNote) == 0 && may(protocol.KindNote):
		return exchange.Doing{Kind: protocol.KindNote, Step: protocol.Step{Text: "My letter arrived broken, and your system did not take it. So nothing wrong came to you."}}, true
	case how != Accepts:
		return exchange.Doing{}, false
	case life.Status == protocol.StatusAccepted:
		at := time.Date(now.Year(), now.Month(), now.Day()+7, 10, 0, 0, 0, now.Location())
		return exchange.Doing{Kind: protocol.KindSchedule, Step: protocol.Step{At: at.Format(time.RFC3339), Place: "Practice Street 1"}}, true
	case life.Status == protocol.StatusScheduled:
		return exchange.Doing{Kind: protocol.KindServe}, true
	case life.Status == protocol.StatusInService:
		var outcomes []protocol.Outcome
		for i := range r.Needs {
			outcomes = append(outcomes, protocol.Outcome{Need: r.Needs[i].ID.Text(), Result: "helped-fully"})
		}
		return exchange.Doing{Kind: protocol.KindClose, Step: protocol.Step{Outcomes: outcomes}}, true
	}
	return exchange.Doing{}, false
}
