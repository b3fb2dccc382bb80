package partner

import (
	"slices"
	"strings"
	"time"

	"referworks/protocol"
)

// ReplacedFor is how long messages that name replaced terms may still open threads.
const ReplacedFor = 7 * 24 * time.Hour

// Move is a message as the rules see it: nothing about the person.
type Move struct {
	Opener bool          // the first message of a thread
	Terms  protocol.Hash // those of the thread's first message

	// The rest is of an opener.

	Needs       [][]protocol.NeedCode            // the codes of each need
	Beyond      func(withheld []string) []string // labels of what is there although it is withheld; nil: nothing
	Files       int                              // how many
	FileBytes   int64                            // of all
	FileTypes   []string                         // media types
	OpenedToday int                              // threads opened in this direction in the last 24 hours, without this one
	Free        time.Time                        // when the oldest of them is 24 hours old; zero: in an hour
}

// MaySend says whether our message may leave now: nil, or why not. A hold parks it until a standing or a charter
// changes, a temporary answer says when, a permanent one stays so for this message. Ask at Send and again in the
// transaction that claims each attempt.
func (p *Pair) MaySend(m Move, now time.Time) error {
	if err := p.open(); err != nil {
		return err
	}
	switch {
	case p.row.Fork != nil:
		return protocol.Errorf(protocol.CodeSuspended, "Two different charters of %s are known, so one of them may be forged. It waits until %s has settled this; phone them.", p.Name(), p.Name())
	case p.chain.Expired(now):
		return protocol.Errorf(protocol.CodeSuspended, "The charter of %s has expired. It waits until they sign a new one.", p.Name())
	}
	return p.judge(&p.out, m, now)
}

// MayReceive says whether a message of the partner may be taken, likewise. Until its signature is verified the only
// answer to the other side is CodeRefused, whatever this says. Ask in the accepting transaction.
func (p *Pair) MayReceive(m Move, now time.Time) error {
	if p.open() != nil {
		return &protocol.Error{Code: protocol.CodeRefused}
	}
	switch {
	case p.row.Fork != nil:
		return protocol.Errorf(protocol.CodeSuspended, "Two different charters of %s are known, so one of them may be forged.", p.Name())
	case p.chain.Expired(now):
		return protocol.Errorf(protocol.CodeSuspended, "The charter of %s has expired.", p.Name())
	}
	return p.judge(&p.in, m, now)
}

// MayAnswer says whether receipts may pass in either direction: they flow while a grant is suspended or over, and stop
// only when the pair is blocked or was never confirmed.
func (p *Pair) MayAnswer() error { return p.open() }

// open is about the pair as a whole.
func (p *Pair) open() error {
	switch {
	case p.row.Confirmed == 0:
		return protocol.Errorf(protocol.CodeNoGrant, "%s is not a partner yet: somebody here must compare the four words with them first.", p.Name())
	case p.BlockedByUs():
		return protocol.Errorf(protocol.CodeNoGrant, "You have blocked %s. Nothing passes.", p.Name())
	case p.says(protocol.Blocked, false):
		return protocol.Errorf(protocol.CodeNoGrant, "%s has blocked this. Nothing passes; phone them.", p.Name())
	}
	return nil
}

// judge finds the grant that a move names and applies it. own is the grant of the author's direction.
func (p *Pair) judge(own *grant, m Move, now time.Time) error {
	g := own
	t := g.find(m.Terms)
	if t == nil && !m.Opener { // a reply names terms of the other direction
		if g = &p.in; own == g {
			g = &p.out
		}
		t = g.find(m.Terms)
	}
	if t == nil {
		return protocol.Errorf(protocol.CodeNoGrant, "There are no such terms between you and %s. Agree on terms first.", p.Name())
	}
	if err := p.stands(g, t, m.Opener, now); err != nil {
		return err
	}
	if !m.Opener {
		return p.files(&t.Terms, m)
	}
	return p.within(&t.Terms, m, now)
}

// stands tells whether terms are in force for an opener, or for a later message of a thread that they opened.
func (p *Pair) stands(g *grant, t *termsRow, opener bool, now time.Time) error {
	for _, s := range []*protocol.Standing{g.ours, g.theirs} {
		if s == nil {
			continue
		}
		you, they := "You have", "you resume"
		if s.By != p.self {
			you, they = p.Name()+" has", "they resume"
		}
		switch {
		case s.State == protocol.Suspended:
			return protocol.Errorf(protocol.CodeSuspended, "%s suspended this. It waits until %s.", you, they)
		case s.State == protocol.Ended:
			return protocol.Errorf(protocol.CodeNoGrant, "%s ended this. Nothing more can be sent.", you)
		case s.State == protocol.WindingDown && opener:
			return protocol.Errorf(protocol.CodeNoGrant, "%s stopped new referrals; open ones go on.", you)
		}
	}
	switch {
	case g.ours == nil || g.theirs == nil || t.Ours == 0 || t.Theirs == 0:
		return p.notAgreed(g, t)
	case !opener:
		return nil
	case t.Terms.Expires != 0 && now.UnixMilli() >= t.Terms.Expires:
		return protocol.Errorf(protocol.CodeNoGrant, "The terms with %s have expired. Agree on new ones.", p.Name())
	case now.UnixMilli() < t.Terms.NotBefore:
		from := time.UnixMilli(t.Terms.NotBefore)
		return &protocol.Error{Code: protocol.CodeRate, RetryAt: from, Sentence: "The terms with " + p.Name() + " begin later. It waits until then."}
	case g.ours.Terms == t.Hash && g.theirs.Terms == t.Hash:
		return nil
	case t.Over != 0 && now.UnixMilli() < t.Over+ReplacedFor.Milliseconds() && g.replaced(t.Hash):
		return nil
	}
	return protocol.Errorf(protocol.CodeNoGrant, "These terms with %s were replaced. Send it again under the new ones.", p.Name())
}

func (p *Pair) notAgreed(g *grant, t *termsRow) error {
	if g.ours == nil || t.Ours == 0 {
		return protocol.Errorf(protocol.CodeNoGrant, "You have not agreed to these terms with %s.", p.Name())
	}
	return protocol.Errorf(protocol.CodeNoGrant, "%s has not agreed to these terms.", p.Name())
}

// within applies the limits of terms to an opener.
func (p *Pair) within(t *protocol.Terms, m Move, now time.Time) error {
	beyond := func(what string) error { return p.beyond(t, what) }
	for _, codes := range m.Needs {
		if !t.Allows(codes) {
			return beyond("a need is not among those agreed")
		}
	}
	if len(m.Needs) == 0 && len(t.Needs) > 0 {
		return beyond("it names no need")
	}
	if m.Beyond != nil {
		if labels := m.Beyond(t.Withheld); len(labels) > 0 {
			return beyond(listed(labels))
		}
	}
	if err := p.files(t, m); err != nil {
		return err
	}
	if t.PerDay > 0 && m.OpenedToday >= t.PerDay {
		at := m.Free
		if at.IsZero() || !at.After(now) {
			at = now.Add(time.Hour)
		}
		return &protocol.Error{Code: protocol.CodeRate, RetryAt: at, Sentence: p.sides(t, "takes a limited number of new referrals a day") + ". It goes out when the limit allows."}
	}
	return nil
}

func (p *Pair) beyond(t *protocol.Terms, what string) error {
	return protocol.Errorf(protocol.CodeBeyond, "%s: %s. Change what is sent, or agree on new terms.", p.sides(t, "did not agree to take this"), what)
}

// files applies the limits of terms to the files of any message.
func (p *Pair) files(t *protocol.Terms, m Move) error {
	beyond := func(what string) error { return p.beyond(t, what) }
	a, types := t.Attachments, t.Attachments.Types
	if len(types) == 0 {
		types = protocol.FileTypes
	}
	limit := a.Bytes
	if limit == 0 || limit > protocol.MaxFilesBytes {
		limit = protocol.MaxFilesBytes
	}
	switch {
	case m.Files > a.Max && a.Max == 0:
		return beyond("it has files")
	case m.Files > a.Max:
		return beyond("it has too many files")
	case m.FileBytes > limit:
		return beyond("its files are too large")
	case slices.ContainsFunc(m.FileTypes, func(f string) bool { return !slices.Contains(types, f) }):
		return beyond("it has a file of a type that was not agreed")
	}
	return nil
}

// sides begins a sentence with who receives under the terms.
func (p *Pair) sides(t *protocol.Terms, rest string) string {
	if t.To == p.self {
		return "This organization " + rest
	}
	return p.Name() + " " + rest
}

// listed names at most eight labels.
func listed(labels []string) string {
	const most = 8
	if len(labels) > most {
		return strings.Join(labels[:most], "; ") + " and more"
	}
	return strings.Join(labels, "; ")
}
