package partner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/protocol"
)

// ahead is how far the number of a card or standing, which is made of its signer's clock, may lie ahead of ours: a thief
// must not end the numbering for good.
const ahead = 24 * time.Hour

// Merge takes what a partner sent of itself: chain, card, terms and standings. The newest of each wins and a part that
// does not verify is left out; only a chain that does not verify refuses the whole. Where our person permitted sending,
// the partner's first terms are signed. changed tells whether anything was learnt or signed; it is durable then.
func (b *Book) Merge(ctx context.Context, in protocol.PairState) (changed bool, err error) {
	if in.To != b.self || in.V != protocol.Version {
		return false, fmt.Errorf("merge partner: %w", ErrNone)
	}
	before, ok := b.Current(in.From)
	if !ok || !before.Confirmed() {
		return false, fmt.Errorf("merge partner: %w", ErrNone)
	}
	err = b.change(ctx, "partner", in.From, func(r *row, now time.Time) ([]event, error) {
		m := merging{book: b, row: r, now: now}
		if err := m.chain(in.Chain); err != nil {
			return nil, err
		}
		m.card(in.Card)
		for i := range in.Standings {
			if err := m.standing(in.Standings[i], in.Terms); err != nil {
				m.left = errors.Join(m.left, err)
			}
		}
		if out, err := r.Out.parse(); err == nil && r.WeSend && out.ours == nil {
			signed, err := b.agree(r, now)
			if err != nil {
				return nil, err
			}
			m.events = append(m.events, signed...)
		}
		if m.left != nil {
			b.cfg.Log.Warn("part of what a partner said of itself was left out", "partner", string(in.From), "error", m.left.Error())
		}
		return m.events, nil
	}, nil)
	if err != nil {
		return false, fmt.Errorf("merge partner: %w", err)
	}
	after, _ := b.Current(in.From)
	return after.version != before.version, nil
}

type merging struct {
	book   *Book
	row    *row
	now    time.Time
	head   *crypto.Chain
	events []event
	left   error
}

func (m *merging) chain(theirs *protocol.Chain) error {
	p, ok := m.book.Current(m.row.Org)
	if !ok {
		return ErrNone
	}
	m.head = p.chain
	if theirs == nil {
		return nil
	}
	next, change, err := p.chain.Merge(*theirs)
	if err != nil {
		return err
	}
	m.head = next
	switch change {
	case crypto.Newer:
		m.row.Chain = next.Wire()
		m.events = append(m.events, event{"partner.charter", "newer"})
	case crypto.Rotated:
		m.row.Chain, m.row.Fork = next.Wire(), nil
		m.events = append(m.events, event{"partner.charter", "rotated"})
		m.drop(next)
	case crypto.Forked:
		if f := m.row.Fork; f != nil && slices.Equal(f.Charters, theirs.Charters) {
			return nil // shown already
		}
		m.row.Fork = theirs
		m.row.alarm(m.now, "Two different charters of this partner are known, so one may be forged. Nothing is sent or taken. Phone them on a number that you already had.")
		m.events = append(m.events, event{"partner.alarm", "forked charter"})
	}
	return nil
}

// drop takes out standings of the partner that only a dropped charter vouched for.
func (m *merging) drop(next *crypto.Chain) {
	for _, d := range []Direction{In, Out} {
		g := m.row.grant(d)
		if g.Theirs == "" {
			continue
		}
		if _, err := crypto.VerifyStandingEver(g.Theirs, next); err != nil {
			g.Theirs = ""
			m.events = append(m.events, event{"partner.standing", string(d) + " dropped with the charter of its signer"})
		}
	}
}

func (m *merging) card(token string) {
	if token == "" {
		return
	}
	c, err := crypto.VerifyCard(token, m.head)
	if err != nil {
		m.left = errors.Join(m.left, err)
		return
	}
	if held, err := crypto.VerifyCard(m.row.Card, m.head); err == nil && held.N >= c.N || m.early(c.N) {
		return
	}
	m.row.Card, m.row.Name = token, c.Name
	m.events = append(m.events, event{"partner.card", ""})
}

func (m *merging) early(n int64) bool { return n > m.now.Add(ahead).UnixMilli() }

func (m *merging) standing(token string, terms []protocol.Terms) error {
	var s protocol.Standing
	if _, err := crypto.Peek([]byte(token), protocol.TypStanding, &s); err != nil {
		return err
	}
	us, them := m.book.self, m.row.Org
	if s.From != them || s.To != us {
		if s.From != us || s.To != them {
			return errors.New("merge standing: it is of another pair")
		}
	}
	if m.early(s.N) {
		return errors.New("merge standing: its number lies in the future")
	}
	d := In
	if s.From == us {
		d = Out
	}
	g := m.row.grant(d)
	held := &g.Theirs
	signer := m.head
	if s.By == us {
		held, signer = &g.Ours, m.book.cfg.Self.Chain()
	}
	last, err := readStanding(*held)
	if err != nil || last != nil && last.N >= s.N {
		return err
	}
	if _, err := crypto.VerifyStanding(token, signer); err != nil {
		if s.By == us {
			return m.above(g, d, &s, token, last, terms, err)
		}
		return err
	}
	if err := m.terms(g, &s, terms); err != nil {
		return err
	}
	*held = token
	if s.By == them && s.Door != "" {
		m.row.Door = s.Door
	}
	by := "theirs "
	if s.By == us {
		by = "ours, learnt back "
	}
	m.events = append(m.events, event{"partner.standing", string(d) + " " + by + string(s.State)})
	return nil
}

// above answers a word of ours that was signed by a key that left our charter: our own word goes above it. Where there is
// none, because this node came after it, the word is that we suspend: a person resumes, or not.
func (m *merging) above(g *grantRow, d Direction, s *protocol.Standing, token string, last *protocol.Standing, terms []protocol.Terms, cause error) error {
	now, state := s.Terms, protocol.Suspended
	if last != nil {
		now, state = last.Terms, last.State
	} else if _, err := crypto.VerifyStandingEver(token, m.book.cfg.Self.Chain()); err != nil {
		return cause
	} else if err := m.terms(g, s, terms); err != nil {
		return err
	}
	more, err := m.book.say(m.row, d, now, state, s.N, m.now)
	m.events = append(m.events, more...)
	return err
}

// terms keeps the terms that a standing names. Whoever says no needs none.
func (m *merging) terms(g *grantRow, s *protocol.Standing, terms []protocol.Terms) error {
	for i := range g.Terms {
		if g.Terms[i].Hash == s.Terms {
			return nil
		}
	}
	for _, t := range terms {
		if h, err := crypto.HashOf(&t); err != nil || h != s.Terms {
			continue
		}
		if err := t.Validate(); err != nil {
			return err
		}
		if t.From != s.From || t.To != s.To {
			return errors.New("merge standing: its terms are of the other direction")
		}
		_, err := g.add(t)
		return err
	}
	if s.State == protocol.Active {
		return errors.New("merge standing: the terms that it names are missing")
	}
	return nil
}
