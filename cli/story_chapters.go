package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"referworks/node/exchange"
	"referworks/protocol"
)

// helped is the story that everybody hopes for: asked, answered with a document, accepted, a missed appointment, and
// what became of each need.
func (l *lifeStory) helped(ctx context.Context) error {
	l.say("Harbor refers a woman to the Court Help Center, which has a question first.")
	parts, err := l.refer(ctx, "Ilse", "Quintanilla Prado", "26-0007001", "", l.c)
	if err != nil {
		return err
	}
	p := parts[0]
	if err := l.act(ctx, l.c, p, protocol.KindQuestion, map[string]any{"text": "Is there a notice of the hearing? We need the date on it."}); err != nil {
		return err
	}
	if _, err := l.waitFor(ctx, l.a, p, "the question", func(t lifeThread) bool { return len(t.Questions) == 1 && t.Turn == protocol.Sender }); err != nil {
		return err
	}
	notice := []byte("NOTICE OF HEARING\nProbate and Family Court\nThe petition will be heard in courtroom 4 at 9:30.\n")
	file, err := l.attach(ctx, l.a, "notice-of-hearing.txt", notice)
	if err != nil {
		return fmt.Errorf("upload the notice: %w", err)
	}
	if err := l.act(ctx, l.a, p, protocol.KindAnswer, map[string]any{"text": "Yes, it goes along.", "files": []string{file}}); err != nil {
		return err
	}
	if err := l.received(ctx, p, "notice-of-hearing.txt", notice); err != nil {
		return err
	}
	l.say("The Help Center accepts, makes an appointment, and makes another when she does not come.")
	first, second := nextMorning(3), nextMorning(7)
	for _, x := range []struct {
		kind protocol.MessageKind
		in   map[string]any
		then protocol.Status
	}{
		{protocol.KindAccept, map[string]any{"text": "We can file with her this week."}, protocol.StatusAccepted},
		{protocol.KindSchedule, map[string]any{"at": first, "place": "Help Center, window 2"}, protocol.StatusScheduled},
		{protocol.KindNoShow, nil, protocol.StatusNoShow},
		{protocol.KindSchedule, map[string]any{"at": second, "place": "Help Center, window 2"}, protocol.StatusScheduled},
		{protocol.KindServe, nil, protocol.StatusInService},
	} {
		if err := l.act(ctx, l.c, p, x.kind, x.in); err != nil {
			return err
		}
		if err := l.both(ctx, p, x.then); err != nil {
			return err
		}
	}
	l.say("It closes the referral with what became of each need, and Harbor sees it.")
	needs, err := l.needs(ctx, p)
	if err != nil {
		return err
	}
	var outcomes []protocol.Outcome
	for _, n := range needs {
		outcomes = append(outcomes, protocol.Outcome{Need: n, Result: "helped-fully"})
	}
	if err := l.act(ctx, l.c, p, protocol.KindClose, map[string]any{"outcomes": outcomes}); err != nil {
		return err
	}
	end, err := l.ended(ctx, "helped", p, protocol.StatusClosed)
	if err != nil {
		return err
	}
	if len(end.Outcomes) != len(needs) {
		return fmt.Errorf("harbor sees %d outcomes of %d needs", len(end.Outcomes), len(needs))
	}
	for _, o := range end.Outcomes {
		l.note("%s: need %s: %s", end.Reference, o.Need, protocol.OutcomeWords(o.Result).EN)
	}
	return nil
}

func nextMorning(days int) string {
	d := time.Now().AddDate(0, 0, days)
	return time.Date(d.Year(), d.Month(), d.Day(), 10, 0, 0, 0, d.Location()).Format(time.RFC3339)
}

// needs are the ids of what the person asks for, as the recipient reads them.
func (l *lifeStory) needs(ctx context.Context, p sentPart) (ids []string, err error) {
	var r struct{ Needs []struct{ ID string } }
	err = p.to.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id))+"/content", nil, &r)
	for _, n := range r.Needs {
		ids = append(ids, n.ID)
	}
	return ids, err
}

// rerouted is declined by one and taken by another, without asking the person again.
func (l *lifeStory) rerouted(ctx context.Context) error {
	l.say("St. Brigid has no room for the second person; Harbor sends the referral on to Elm Street, without typing it again.")
	parts, err := l.refer(ctx, "Marek", "Olszewski", "26-0007002", "", l.d)
	if err != nil {
		return err
	}
	p := parts[0]
	if err := l.act(ctx, l.d, p, protocol.KindDecline, map[string]any{"reason": "no-capacity", "text": "Full until spring."}); err != nil {
		return err
	}
	if _, err := l.ended(ctx, "declined", p, protocol.StatusDeclined); err != nil {
		return err
	}
	var next postedRow
	if err := l.a.client().call(ctx, http.MethodPost, "/v1/referrals/"+segment(string(p.id))+"/forward", map[string]any{"to": []string{l.b.name}}, &next, "Idempotency-Key", "demo-forward"); err != nil {
		return fmt.Errorf("send it on: %w", err)
	}
	if len(next.Referrals) != 1 || next.Referrals[0].ID == "" {
		return fmt.Errorf("sent on, it is %d referrals", len(next.Referrals))
	}
	onward := sentPart{next.Referrals[0].ID, l.b}
	l.note("%s: sent on as %s", p.id.Reference(), onward.id.Reference())
	if err := l.delivered(ctx, onward); err != nil {
		return err
	}
	if err := l.act(ctx, l.b, onward, protocol.KindAccept, nil); err != nil {
		return err
	}
	_, err = l.ended(ctx, "re-routed", onward, protocol.StatusAccepted)
	return err
}

// recalled is taken back before anybody decided, and what the recipient held is destroyed.
func (l *lifeStory) recalled(ctx context.Context) error {
	l.say("The third person changes his mind: Harbor recalls the referral, and Elm Street destroys what it holds.")
	parts, err := l.refer(ctx, "Tobias", "Nkemelu", "26-0007003", "", l.b)
	if err != nil {
		return err
	}
	p := parts[0]
	if _, err := l.needs(ctx, p); err != nil {
		return fmt.Errorf("elm street cannot read it before it is recalled: %w", err)
	}
	if err := l.act(ctx, l.a, p, protocol.KindRecall, map[string]any{"text": "He found help elsewhere."}); err != nil {
		return err
	}
	if _, err := l.waitFor(ctx, l.b, p, "the request to destroy", func(t lifeThread) bool {
		return t.Status == protocol.StatusRecalled && t.Purge == protocol.PurgePending
	}); err != nil {
		return err
	}
	if err := l.act(ctx, l.b, p, protocol.KindPurged, map[string]any{"agreed": true}); err != nil {
		return err
	}
	if _, err := l.waitFor(ctx, l.a, p, "the signed word that it is destroyed", func(t lifeThread) bool { return t.Purge == protocol.PurgeDone }); err != nil {
		return err
	}
	if err := l.unreadable(ctx, l.b, p); err != nil {
		return err
	}
	_, err = l.ended(ctx, "recalled", p, protocol.StatusRecalled)
	return err
}

// firstOfTwo goes to two organizations; who accepts first is the only one.
func (l *lifeStory) firstOfTwo(ctx context.Context) error {
	l.say("The fourth person's referral goes to two organizations at once; the first to accept is the only one.")
	parts, err := l.refer(ctx, "Ana", "Tamayo Ruiz", "26-0007004", protocol.GroupFirstAccepted, l.b, l.c)
	if err != nil {
		return err
	}
	won, other := parts[0], parts[1]
	if won.to != l.c {
		won, other = other, won
	}
	if err := l.act(ctx, l.c, won, protocol.KindAccept, nil); err != nil {
		return err
	}
	if _, err := l.ended(ctx, "first to accept", won, protocol.StatusAccepted); err != nil {
		return err
	}
	_, err = l.ended(ctx, "recalled, because another was first", other, protocol.StatusRecalled)
	return err
}

// lifeProof is one proof that another process checked.
type lifeProof struct {
	Referral      protocol.ReferralID `json:"referral"`
	Reference     string              `json:"reference"`
	Body          bool                `json:"body"` // with what was said
	Bytes         int                 `json:"bytes"`
	Verified      bool                `json:"verified"`
	ChangedFailed bool                `json:"changedFailed"` // with one byte changed it does not hold
}

// evidence writes the proof of each referral and has it checked by a process of its own, which knows no node.
func (l *lifeStory) evidence(ctx context.Context) error {
	l.say("Each referral leaves a proof: a file that anybody can check offline, with or without what was said.")
	for _, r := range l.result.Referrals {
		for _, body := range []bool{false, true} {
			if body && r.Purge == protocol.PurgeDone { // nothing is left of what was said
				continue
			}
			p, err := l.prove(ctx, r, body)
			if err != nil {
				return err
			}
			l.result.Proofs = append(l.result.Proofs, p)
		}
	}
	l.note("%d proofs hold; each with one byte changed is refused", len(l.result.Proofs))
	return nil
}

func (l *lifeStory) prove(ctx context.Context, r lifeReferral, body bool) (lifeProof, error) {
	out := lifeProof{Referral: r.Referral, Reference: r.Reference, Body: body}
	path := "/v1/referrals/" + segment(string(r.Referral)) + "/proof"
	if body {
		path += "?body=true"
	}
	var p exchange.Proof
	if err := l.a.client().call(ctx, "GET", path, nil, &p); err != nil {
		return out, fmt.Errorf("the proof of %s: %w", r.Reference, err)
	}
	b, err := exchange.WriteProof(&p)
	if err != nil {
		return out, err
	}
	out.Bytes = len(b)
	for _, name := range []string{"Quintanilla", "Olszewski", "Nkemelu", "Tamayo"} {
		if !body && bytes.Contains(b, []byte(name)) {
			return out, fmt.Errorf("the proof of %s without what was said names the person", r.Reference)
		}
	}
	if err := l.verify(ctx, b); err != nil {
		return out, fmt.Errorf("the proof of %s does not hold: %w", r.Reference, err)
	}
	out.Verified = true
	b[len(b)/2] ^= 1
	var exit *exec.ExitError
	if err := l.verify(ctx, b); !errors.As(err, &exit) {
		return out, fmt.Errorf("the proof of %s with one byte changed: %v", r.Reference, err)
	}
	out.ChangedFailed = true
	return out, nil
}

// verify has a proof checked by another process of this program.
func (l *lifeStory) verify(ctx context.Context, proof []byte) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	file := filepath.Join(l.folder, "proof.json")
	if err := os.WriteFile(file, proof, 0o600); err != nil {
		return err
	}
	return exec.CommandContext(ctx, self, "verify", file).Run()
}
