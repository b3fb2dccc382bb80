package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"referworks/node/partner"
	"referworks/protocol"
)

// Neighbor is a partner as it is listed.
type neighbor struct {
	ID       protocol.OrgID       `json:"id"`
	Name     string               `json:"name"`
	State    string               `json:"state" doc:"In words: what stands between us."`
	TheySend string               `json:"theySend" doc:"State of the grant from them to us."`
	WeSend   string               `json:"weSend" doc:"State of the grant from us to them."`
	Words    []string             `json:"words,omitempty" doc:"Compare these four by phone, on a number that you already had."`
	Contact  protocol.CardContact `json:"contact"`
	Alarm    string               `json:"alarm,omitempty"`
	Reached  bool                 `json:"reached" doc:"Their node is reached now."`
	Lapses   int64                `json:"lapses,omitempty" doc:"Until when the words can be confirmed; milliseconds UTC."`
	In       *permitted           `json:"in,omitempty" doc:"What they may send us, in force now."`
	Out      *permitted           `json:"out,omitempty" doc:"What we may send them, in force now."`
	Proposed *permitted           `json:"proposed,omitempty" doc:"What they wrote about what we may send them, and wait for our yes to."`
	Asked    *permitted           `json:"asked,omitempty" doc:"What we wrote about what they may send us, and wait for their yes to."`
}

// permitted is what terms allow.
type permitted struct {
	Needs         []protocol.NeedCode `json:"needs,omitempty" doc:"Empty: every need."`
	Withheld      []string            `json:"withheld,omitempty" doc:"Fields or classes that must not travel."`
	PerDay        int                 `json:"perDay,omitempty"`
	NamesFirst    bool                `json:"namesFirst,omitempty"`
	RespondWithin int64               `json:"respondWithin,omitempty" doc:"Milliseconds; 0: two working days."`
	Files         int                 `json:"files" doc:"Of one referral."`
}

func permittedBy(t *protocol.Terms, _ protocol.Hash, err error) *permitted {
	if err != nil {
		return nil
	}
	return &permitted{t.Needs, t.Withheld, t.PerDay, t.NamesFirst, t.RespondIn, t.Attachments.Max}
}

type invited struct {
	Invitation string    `json:"invitation" doc:"Give this text to the other organization, by any way that both of you trust."`
	Expires    time.Time `json:"expires"`
}

type acceptInput struct {
	Body struct {
		Invitation string `json:"invitation" minLength:"20" maxLength:"8000"`
	}
}

type partnerInput struct {
	ID string `path:"id" maxLength:"300" doc:"The partner's organization id, or its name."`
}

type confirmInput struct {
	ID   string `path:"id" maxLength:"300" doc:"The partner's organization id, or its name."`
	Body struct {
		Allow
		Match bool `json:"match" doc:"true: a person compared the four words by phone and they are the same."`
	}
}

type standInput struct {
	ID   string `path:"id" maxLength:"300" doc:"The partner's organization id, or its name."`
	Body struct {
		State protocol.State `json:"state" enum:"active,suspended,winding-down,ended,blocked"`
	}
}

func (s *Server) partners() {
	add(s, http.MethodGet, "/v1/partners", "list-partners", "List partners", func(_ context.Context, c caller, _ *none) (page[neighbor], error) {
		out := page[neighbor]{Items: []neighbor{}}
		for _, p := range c.org.Book().List() {
			out.Items = append(out.Items, s.neighborOf(c, p))
		}
		return out, nil
	})
	addRead(s, "/v1/partners/{id}", "show-partner", "Show one partner", func(_ context.Context, c caller, in *partnerInput) (neighbor, state, error) {
		return s.partner(c, in.ID)
	})
	add(s, http.MethodPost, "/v1/partners/invitations", "invite-partner", "Make an invitation", func(ctx context.Context, c caller, _ *none) (invited, error) {
		text, expires, err := c.org.Invite(ctx)
		return invited{text, expires}, err
	})
	add(s, http.MethodPost, "/v1/partners:accept", "accept-invitation", "Accept an invitation", func(ctx context.Context, c caller, in *acceptInput) (neighbor, error) {
		id, err := c.org.AcceptInvitation(ctx, in.Body.Invitation)
		if err != nil {
			return neighbor{}, err
		}
		return s.neighbor(c, id)
	})
	add(s, http.MethodPost, "/v1/partners/{id}/confirmation", "confirm-words", "Say that the words match, and what is permitted", func(ctx context.Context, c caller, in *confirmInput) (neighbor, error) {
		id, err := partnerID(c, in.ID)
		if err != nil {
			return neighbor{}, err
		}
		if !in.Body.Match {
			return neighbor{ID: id, State: "rejected"}, c.org.Reject(ctx, id)
		}
		if err := c.org.Confirm(ctx, id, in.Body.Allow); err != nil {
			return neighbor{}, err
		}
		return s.neighbor(c, id)
	})
	now := func(c caller, in *standInput) (state, error) {
		_, st, err := s.partner(c, in.ID)
		return st, err
	}
	addChange(s, http.MethodPut, "/v1/partners/{id}/standing", "set-standing", "Suspend, resume, wind down, end or block", now, func(ctx context.Context, c caller, in *standInput) (neighbor, error) {
		id, err := partnerID(c, in.ID)
		if err != nil {
			return neighbor{}, err
		}
		if err := c.org.Stand(ctx, id, in.Body.State); err != nil {
			return neighbor{}, err
		}
		return s.neighbor(c, id)
	})
	add(s, http.MethodPost, "/v1/partners/{id}/try", "try-partner", "Try to reach a partner now", func(_ context.Context, c caller, in *partnerInput) (done, error) {
		id, err := partnerID(c, in.ID)
		if err == nil {
			c.org.TryNow(id)
		}
		return done{err == nil}, err
	})
}

// partner finds one as people name it, with its state: whether its node is reached comes and goes.
func (s *Server) partner(c caller, named string) (neighbor, state, error) {
	id, err := partnerID(c, named)
	if err != nil {
		return neighbor{}, state{}, err
	}
	n, err := s.neighbor(c, id)
	set := n
	set.Reached, set.Alarm = false, ""
	return n, state{set, n}, err
}

func (s *Server) neighbor(c caller, id protocol.OrgID) (neighbor, error) {
	p, ok := c.org.Book().Current(id)
	if !ok {
		return neighbor{}, fmt.Errorf("there is no partner %s", id.Short())
	}
	return s.neighborOf(c, p), nil
}

func (s *Server) neighborOf(c caller, p *partner.Pair) neighbor {
	now := s.Now()
	n := neighbor{
		In: permittedBy(p.GrantIn(now)), Out: permittedBy(p.GrantOut(now)), Reached: c.org.Reaches(p.ID()),
		ID: p.ID(), Name: p.Name(), State: p.State(), TheySend: p.StateIn(), WeSend: p.StateOut(), Contact: p.Contact(), Alarm: p.Alarm(),
	}
	if t, h, ok := p.Unanswered(partner.Out, false); ok {
		n.Proposed = permittedBy(t, h, nil)
	}
	if t, h, ok := p.Unanswered(partner.In, true); ok {
		n.Asked = permittedBy(t, h, nil)
	}
	if !p.Confirmed() {
		n.Lapses = p.Lapses().UnixMilli()
	}
	if words, err := c.org.Words(p.ID()); err == nil {
		n.Words = words[:]
	}
	return n
}

// partnerID reads a partner as people name it: by id, by the beginning of the id, or by name.
func partnerID(c caller, text string) (protocol.OrgID, error) {
	return c.org.Connections().Partner(text)
}
