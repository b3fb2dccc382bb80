package partner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Allow is what a person permits. Each direction is one act: nothing moves in it before both sides permitted it.
type Allow struct {
	TheySend bool // they may send us; the terms below are written and signed
	WeSend   bool // we may send them; their first terms are signed when they arrive
	Needs    []protocol.NeedCode
	Withheld []string
	PerDay   int
	// NamesFirst has partners send who the parties are before anything else, for a check on conflicts of interest.
	NamesFirst bool
}

// terms writes the terms for what the partner may send us.
func (a *Allow) terms(partner, self protocol.OrgID) protocol.Terms {
	return protocol.Terms{
		From: partner, To: self, Needs: a.Needs, Withheld: a.Withheld, PerDay: a.PerDay, NamesFirst: a.NamesFirst,
		Attachments: protocol.AttachmentTerms{Max: protocol.MaxFiles},
	}
}

// Confirm says that a person of ours compared the four words with the partner by phone and that they match. From now on
// the partner's node belongs into the gate, and our side signs what allow says. nil means durable.
func (b *Book) Confirm(ctx context.Context, actor string, partner protocol.OrgID, allow Allow) error {
	var invitation protocol.Hash
	err := b.change(ctx, actor, partner, func(r *row, now time.Time) ([]event, error) {
		switch {
		case r.Org == "":
			return nil, ErrNone
		case r.Confirmed != 0:
			return nil, ErrPartner
		case r.Rejected != 0:
			return nil, errors.New("the words did not match before, so this pairing is over; make a new invitation")
		case now.UnixMilli() >= r.Expires:
			return nil, errors.New("the invitation has expired; make a new one")
		}
		invitation = r.Invitation
		r.Confirmed, r.WeSend = now.UnixMilli(), allow.WeSend
		events := []event{{"partner.confirmed", ""}}
		if !allow.TheySend {
			return events, nil
		}
		more, err := b.propose(r, allow.terms(partner, b.self), now)
		return append(events, more...), err
	}, func(tx *store.Tx) error { return b.close(tx, invitation) })
	if err != nil {
		return fmt.Errorf("confirm the words: %w", err)
	}
	return nil
}

// Reject says that the words differ: the pairing is over and nothing of it is trusted.
func (b *Book) Reject(ctx context.Context, actor string, partner protocol.OrgID) error {
	var invitation protocol.Hash
	err := b.change(ctx, actor, partner, func(r *row, now time.Time) ([]event, error) {
		switch {
		case r.Org == "":
			return nil, ErrNone
		case r.Confirmed != 0:
			return nil, errors.New("the words were confirmed before; block the partner instead")
		}
		invitation, r.Rejected = r.Invitation, now.UnixMilli()
		return []event{{"partner.rejected", ""}}, nil
	}, func(tx *store.Tx) error { return b.close(tx, invitation) })
	if err != nil {
		return fmt.Errorf("reject the words: %w", err)
	}
	return nil
}

// Permit is Allow for a partner that was confirmed before: new terms for what they may send, where TheySend is set, and
// our word on theirs, where WeSend is set.
func (b *Book) Permit(ctx context.Context, actor string, partner protocol.OrgID, allow Allow) error {
	err := b.change(ctx, actor, partner, func(r *row, now time.Time) (events []event, err error) {
		if r.Confirmed == 0 {
			return nil, ErrNone
		}
		if allow.TheySend {
			if events, err = b.propose(r, allow.terms(partner, b.self), now); err != nil {
				return nil, err
			}
		}
		if allow.WeSend {
			r.WeSend = true
			more, err := b.agree(r, now)
			if err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		return events, nil
	}, nil)
	if err != nil {
		return fmt.Errorf("permit: %w", err)
	}
	return nil
}

// Propose writes new terms for one direction and signs active on them. V, From, To, Replaces and Salt are filled in.
// They are in force when the other side has signed them too; until then, and for ReplacedFor, the ones before go on.
func (b *Book) Propose(ctx context.Context, actor string, partner protocol.OrgID, d Direction, t protocol.Terms) error {
	t.From, t.To = partner, b.self
	if d == Out {
		t.From, t.To = b.self, partner
	}
	err := b.change(ctx, actor, partner, func(r *row, now time.Time) ([]event, error) {
		if r.Confirmed == 0 {
			return nil, ErrNone
		}
		if d == Out {
			r.WeSend = true
		}
		return b.propose(r, t, now)
	}, nil)
	if err != nil {
		return fmt.Errorf("propose terms: %w", err)
	}
	return nil
}

func (b *Book) propose(r *row, t protocol.Terms, now time.Time) ([]event, error) {
	d := In
	if t.From == b.self {
		d = Out
	}
	g := r.grant(d)
	before, err := g.parse()
	if err != nil {
		return nil, err
	}
	t.V, t.Salt, t.Replaces = protocol.Version, make([]byte, 16), protocol.Hash{}
	rand.Read(t.Salt)
	for _, s := range []*protocol.Standing{before.theirs, before.ours} {
		if s != nil {
			t.Replaces = s.Terms
		}
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	for _, w := range t.Withheld {
		if !protocol.KnownWithheld(w) {
			return nil, fmt.Errorf("%q is neither a field of the standard nor a class such as P2", w)
		}
	}
	h, err := g.add(t)
	if err != nil {
		return nil, err
	}
	return b.say(r, d, h, protocol.Active, 0, now)
}

// agree signs active on the terms that the partner's newest word in the direction out names.
func (b *Book) agree(r *row, now time.Time) ([]event, error) {
	g, err := r.Out.parse()
	if err != nil || g.theirs == nil || g.theirs.State != protocol.Active {
		return nil, err
	}
	if g.ours != nil && g.ours.Terms == g.theirs.Terms && g.ours.State == protocol.Active {
		return nil, nil
	}
	return b.say(r, Out, g.theirs.Terms, protocol.Active, 0, now)
}

// say signs our side's next standing. above is the highest number known of ours elsewhere.
func (b *Book) say(r *row, d Direction, terms protocol.Hash, state protocol.State, above int64, now time.Time) ([]event, error) {
	g := r.grant(d)
	last, err := readStanding(g.Ours)
	if err != nil {
		return nil, err
	}
	s := protocol.Standing{V: protocol.Version, From: r.Org, To: b.self, By: b.self, Terms: terms, State: state, At: now.UnixMilli(), N: max(now.UnixMilli(), above+1)}
	if d == Out {
		s.From, s.To = s.To, s.From
	}
	if last != nil {
		s.N = max(s.N, last.N+1)
	} else {
		s.Door = b.cfg.Self.Door(r.Org)
	}
	token, err := crypto.SignStanding(&s, b.cfg.Self.Signer())
	if err != nil {
		return nil, err
	}
	g.Ours = token
	return []event{{"partner.standing", string(d) + " " + string(state)}}, nil
}

// Stand says active, suspended, winding-down, ended or blocked for both directions that our side has spoken on. Active
// takes a suspension, an end or a block back; it agrees to no new terms (Permit does). nil means durable, and in force
// for everything that is judged after it.
func (b *Book) Stand(ctx context.Context, actor string, partner protocol.OrgID, state protocol.State) error {
	return b.stand(ctx, actor, partner, state, In, Out)
}

// StandOn is Stand for one direction. Blocked is always about both.
func (b *Book) StandOn(ctx context.Context, actor string, partner protocol.OrgID, d Direction, state protocol.State) error {
	if state == protocol.Blocked {
		return b.Stand(ctx, actor, partner, state)
	}
	return b.stand(ctx, actor, partner, state, d)
}

func (b *Book) stand(ctx context.Context, actor string, partner protocol.OrgID, state protocol.State, ds ...Direction) error {
	if !state.Valid() {
		return fmt.Errorf("change standing: %q is not a state", state)
	}
	err := b.change(ctx, actor, partner, func(r *row, now time.Time) ([]event, error) {
		if r.Confirmed == 0 {
			return nil, ErrNone
		}
		var events []event
		if was := r.Blocked; state == protocol.Blocked && was == 0 {
			r.Blocked = now.UnixMilli()
			events = append(events, event{"partner.blocked", ""})
		} else if state != protocol.Blocked && was != 0 {
			r.Blocked = 0
			events = append(events, event{"partner.unblocked", ""})
		}
		for _, d := range ds {
			more, err := b.standOn(r, d, state, now)
			if err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		if state != protocol.Active && r.Blocked == 0 && r.In.Ours == "" && r.Out.Ours == "" {
			return nil, errors.New("there are no terms to say this about yet")
		}
		return events, nil
	}, nil)
	if err != nil {
		return fmt.Errorf("change standing: %w", err)
	}
	return nil
}

func (b *Book) standOn(r *row, d Direction, state protocol.State, now time.Time) ([]event, error) {
	g, err := r.grant(d).parse()
	if err != nil {
		return nil, err
	}
	terms := protocol.Hash{}
	switch {
	case g.ours != nil:
		terms = g.ours.Terms
	case state == protocol.Active && d == Out && r.WeSend:
		return b.agree(r, now)
	case state != protocol.Active && g.theirs != nil: // not agreed to, and now refused aloud
		terms = g.theirs.Terms
	default:
		return nil, nil
	}
	if g.ours != nil && g.ours.State == state && g.ours.Terms == terms {
		return nil, nil
	}
	return b.say(r, d, terms, state, 0, now)
}

// Resign signs our own newest standings again where their signer is no longer in our charter, with the same words: call
// it after the charter changed.
func (b *Book) Resign(ctx context.Context, actor string) error {
	var all error
	for _, p := range b.List() {
		err := b.change(ctx, actor, p.ID(), func(r *row, now time.Time) (events []event, err error) {
			for _, d := range []Direction{In, Out} {
				g := r.grant(d)
				if g.Ours == "" {
					continue
				}
				if _, err := crypto.VerifyStanding(g.Ours, b.cfg.Self.Chain()); err == nil {
					continue
				}
				last, err := readStanding(g.Ours)
				if err != nil {
					return nil, err
				}
				more, err := b.say(r, d, last.Terms, last.State, 0, now)
				if err != nil {
					return nil, err
				}
				events = append(events, more...)
			}
			return events, nil
		}, nil)
		all = errors.Join(all, err)
	}
	return all
}
