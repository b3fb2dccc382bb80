package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/examples"
	"referworks/protocol"
)

// lifeStory is what happens to referrals after they arrived: four of them, and what both sides can show for it.
type lifeStory struct {
	*story
	result *lifeResult
	posts  *storyResult
	acts   int // taken so far, for their idempotency keys
}

// lifeResult is the story as data.
type lifeResult struct {
	Organizations []storyOrganization `json:"organizations"`
	Pairings      []storyPairing      `json:"pairings"`
	Referrals     []lifeReferral      `json:"referrals"`
	Proofs        []lifeProof         `json:"proofs"`
	Seconds       float64             `json:"seconds"`
	Start         *entrance           `json:"start,omitempty"` // without --once: the page with the doors
}

// lifeReferral is one referral at the end of the story.
type lifeReferral struct {
	Story     string              `json:"story"`
	Referral  protocol.ReferralID `json:"referral"`
	Reference string              `json:"reference"`
	To        string              `json:"to"`
	Status    protocol.Status     `json:"status"`
	Purge     protocol.Purge      `json:"purge,omitempty"`
	Outcomes  []protocol.Outcome  `json:"outcomes,omitempty"`
	Steps     []lifeStep          `json:"steps"`
	BothSame  bool                `json:"bothSame"` // both sides hold the same messages and the same status
}

type lifeStep struct {
	By       string               `json:"by"`
	Kind     protocol.MessageKind `json:"kind"`
	Did      string               `json:"did"`
	Text     string               `json:"text,omitempty"`
	Files    int                  `json:"files,omitempty"`
	Receipts bool                 `json:"receipt"` // it is signed for by the other side
}

// lifeThread is a referral's life as one side's API tells it.
type lifeThread struct {
	Status    protocol.Status
	Words     string
	Turn      protocol.Side
	Purge     protocol.Purge
	Outcomes  []protocol.Outcome
	Questions []struct{ ID string }
	Messages  []struct {
		Mine, Void, Erased bool
		By, Did, Text      string
		Kind               protocol.MessageKind
		Seq                int64
		State              protocol.Transport
		Files              []string
	}
}

// playLife sets the same four organizations up and follows four referrals to their ends.
func (s *story) playLife(ctx context.Context) (*lifeResult, error) {
	l := &lifeStory{story: s, result: &lifeResult{}, posts: &storyResult{}}
	for _, step := range []func(context.Context, *storyResult) error{s.startNodes, s.createOrganizations, s.pairAll, s.connectAll} {
		if err := step(ctx, l.posts); err != nil {
			return nil, err
		}
	}
	l.result.Organizations, l.result.Pairings = l.posts.Organizations, l.posts.Pairings
	for _, chapter := range []func(context.Context) error{l.helped, l.rerouted, l.recalled, l.firstOfTwo, l.evidence} {
		if err := chapter(ctx); err != nil {
			return nil, err
		}
	}
	l.result.Seconds = time.Since(s.started).Seconds()
	return l.result, nil
}

// matter is the sample with another person in it, so that the four referrals are four people.
func matter(first, last, number string) ([]byte, error) {
	b, err := examples.Files.ReadFile("legalserver-matter.json")
	if err != nil {
		return nil, err
	}
	for _, x := range [][2]string{{"María Elena de la Cruz Obando", first + " " + last}, {"de la Cruz Obando", last}, {`"María Elena"`, `"` + first + `"`}, {"26-0004417", number}, {"mariaelena@", strings.ToLower(first) + "@"}} {
		b = bytes.ReplaceAll(b, []byte(x[0]), []byte(x[1]))
	}
	return b, nil
}

// refer posts one person's matter and waits until every recipient's own system has it.
func (l *lifeStory) refer(ctx context.Context, first, last, number string, rule protocol.GroupRule, to ...*member) ([]sentPart, error) {
	doc, err := matter(first, last, number)
	if err != nil {
		return nil, err
	}
	q := url.Values{"connection": {"legalserver"}}
	for _, m := range to {
		q.Add("to", m.name)
	}
	if rule != "" {
		q.Set("rule", string(rule))
	}
	parts, err := l.postTo(ctx, l.posts, doc, q, to...)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := l.delivered(ctx, p); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (l *lifeStory) delivered(ctx context.Context, p sentPart) error {
	var row referralRow
	err := until(ctx, "delivery to "+p.to.name, func() (bool, string, error) {
		err := l.a.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id)), nil, &row)
		return row.State == string(protocol.InTheirMedium) || row.State == string(protocol.HandedBlind), row.State + " " + row.Reason, err
	})
	if err == nil {
		l.note("%s: delivered to %s", p.id.Reference(), p.to.name)
	}
	return err
}

// act takes a step at one organization and tells of it.
func (l *lifeStory) act(ctx context.Context, m *member, p sentPart, kind protocol.MessageKind, in map[string]any) error {
	if in == nil {
		in = map[string]any{}
	}
	in["kind"] = kind
	l.acts++
	err := m.client().call(ctx, "POST", "/v1/referrals/"+segment(string(p.id))+"/acts", in, nil, "Idempotency-Key", fmt.Sprintf("demo-%s-%d", kind, l.acts))
	if err != nil {
		return fmt.Errorf("%s, %s: %w", m.name, kind, err)
	}
	text, _ := in["text"].(string)
	if text != "" {
		text = ": " + text
	}
	l.note("%s: %s %s%s", p.id.Reference(), m.name, protocol.WordsOfAct(kind).Did.EN, text)
	return nil
}

func (l *lifeStory) thread(ctx context.Context, m *member, p sentPart) (t lifeThread, err error) {
	err = m.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id))+"/thread", nil, &t)
	return t, err
}

// waitFor waits until a side sees what ok looks for.
func (l *lifeStory) waitFor(ctx context.Context, m *member, p sentPart, what string, ok func(lifeThread) bool) (t lifeThread, err error) {
	err = until(ctx, m.name+" sees: "+what, func() (bool, string, error) {
		t, err = l.thread(ctx, m, p)
		return err == nil && ok(t), string(t.Status), err
	})
	return t, err
}

// both waits until both sides show the status.
func (l *lifeStory) both(ctx context.Context, p sentPart, status protocol.Status) error {
	for _, m := range []*member{l.a, p.to} {
		if _, err := l.waitFor(ctx, m, p, string(status), func(t lifeThread) bool { return t.Status == status }); err != nil {
			return err
		}
	}
	l.note("%s: both sides see: %s", p.id.Reference(), protocol.WordsOfStatus(status).Label.EN)
	return nil
}

// ended compares what both sides hold of a referral, message by message, and keeps the end of it for the story.
func (l *lifeStory) ended(ctx context.Context, title string, p sentPart, status protocol.Status) (lifeReferral, error) {
	out := lifeReferral{Story: title, Referral: p.id, Reference: p.id.Reference(), To: p.to.name}
	if err := l.both(ctx, p, status); err != nil {
		return out, err
	}
	err := until(ctx, "both sides hold the same of "+out.Reference, func() (bool, string, error) {
		ours, err := l.thread(ctx, l.a, p)
		if err != nil {
			return false, "", err
		}
		theirs, err := l.thread(ctx, p.to, p)
		if err != nil {
			return false, "", err
		}
		out.Status, out.Purge, out.Outcomes, out.Steps = ours.Status, ours.Purge, ours.Outcomes, nil
		for _, m := range ours.Messages {
			signed := !m.Mine || m.State == protocol.OnTheirDisk || m.State == protocol.InTheirMedium || m.State == protocol.HandedBlind
			out.Steps = append(out.Steps, lifeStep{By: m.By, Kind: m.Kind, Did: m.Did, Text: m.Text, Files: len(m.Files), Receipts: signed})
			if !signed {
				return false, "a message is on its way", nil
			}
		}
		out.BothSame = sameLife(ours, theirs)
		return out.BothSame, fmt.Sprintf("%d and %d messages, %s and %s", len(ours.Messages), len(theirs.Messages), ours.Status, theirs.Status), nil
	})
	if err == nil {
		l.result.Referrals = append(l.result.Referrals, out)
	}
	return out, err
}

// sameLife tells whether two sides hold the same thread: each message of one is one of the other's partner.
func sameLife(a, b lifeThread) bool {
	if a.Status != b.Status || a.Purge != b.Purge || len(a.Messages) != len(b.Messages) {
		return false
	}
	type said struct {
		mine bool
		seq  int64
		kind protocol.MessageKind
	}
	seen := map[said]string{}
	for _, m := range a.Messages {
		seen[said{m.Mine, m.Seq, m.Kind}] = m.Text
	}
	for _, m := range b.Messages {
		if text, ok := seen[said{!m.Mine, m.Seq, m.Kind}]; !ok || !m.Erased && text != "" && text != m.Text {
			return false
		}
	}
	return true
}

// attach uploads a document at an organization and gives its id.
func (l *lifeStory) attach(ctx context.Context, m *member, name string, content []byte) (string, error) {
	resp, err := m.client().stream(ctx, http.MethodPost, "/v1/files?"+url.Values{"name": {name}}.Encode(), bytes.NewReader(content), "Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode/100 != 2 {
		return "", problemError(resp.StatusCode, b)
	}
	var row struct{ ID string }
	return row.ID, json.Unmarshal(b, &row)
}

// received fetches a document that came along, once it is whole, and compares it.
func (l *lifeStory) received(ctx context.Context, p sentPart, name string, want []byte) error {
	var id string
	err := until(ctx, "the document at "+p.to.name, func() (bool, string, error) {
		var list struct {
			Files []struct {
				ID, Name   string
				Size, Done int64
			}
		}
		if err := p.to.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id))+"/files", nil, &list); err != nil {
			return false, "", err
		}
		for _, f := range list.Files {
			if f.Name == name && f.Done == f.Size {
				id = f.ID
				return true, "", nil
			}
		}
		return false, fmt.Sprintf("%d files", len(list.Files)), nil
	})
	if err != nil {
		return err
	}
	resp, err := p.to.client().stream(ctx, http.MethodGet, "/v1/referrals/"+segment(string(p.id))+"/files/"+segment(id), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("the document that %s saved is not the one that was sent (%d and %d bytes)", p.to.name, len(got), len(want))
	}
	l.note("%s: %s has the document, %d bytes, the same", p.id.Reference(), p.to.name, len(got))
	return nil
}

var errStillReadable = errors.New("what was to be destroyed can still be read")

// unreadable checks that a side can no longer read what a referral said.
func (l *lifeStory) unreadable(ctx context.Context, m *member, p sentPart) error {
	err := m.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id))+"/content", nil, nil)
	if err == nil {
		return fmt.Errorf("%s, %s: %w", m.name, p.id.Reference(), errStillReadable)
	}
	l.note("%s: %s asks its node for it: %v", p.id.Reference(), m.name, err)
	return nil
}

func (s *story) showLife(c *cli.Context, r *lifeResult) error {
	return show(c, mustJSON(r), func(w io.Writer) error {
		var b strings.Builder
		b.WriteString("\nWhat became of them\n")
		for _, x := range r.Referrals {
			fmt.Fprintf(&b, "  %s  %-28s %-22s %d messages, the same on both sides\n", x.Reference, x.To, protocol.WordsOfStatus(x.Status).Label.EN, len(x.Steps))
		}
		fmt.Fprintf(&b, "  %d proofs were checked offline by another process; each with one byte changed was refused.\n  It took %.1f seconds.\n", len(r.Proofs), r.Seconds)
		_, err := io.WriteString(w, b.String())
		return err
	})
}
