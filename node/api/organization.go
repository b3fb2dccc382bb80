package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"referworks/protocol"
)

type describeInput struct{ Body Description }

// offered is one service of a partner, for finding help.
type offered struct {
	Partner  protocol.OrgID       `json:"partner"`
	Name     string               `json:"partnerName"`
	Service  protocol.CardService `json:"service"`
	Contact  protocol.CardContact `json:"contact"`
	MaySend  bool                 `json:"maySend" doc:"We may send them referrals now."`
	Practice bool                 `json:"practice,omitempty" doc:"It is the practice partner."`
}

// profiles registers what an organization says of itself, and what its partners say of themselves.
func (s *Server) profiles() {
	addRead(s, "/v1/organization", "show-organization", "Show what the organization says of itself", func(_ context.Context, c caller, _ *none) (Profile, state, error) {
		p := c.org.Profile()
		return p, same(p), nil
	})
	now := func(c caller, _ *describeInput) (state, error) { return same(c.org.Profile()), nil }
	addChange(s, http.MethodPut, "/v1/organization", "describe-organization", "Change what the organization says of itself", now, func(ctx context.Context, c caller, in *describeInput) (Profile, error) {
		if err := c.org.Describe(ctx, in.Body); err != nil {
			return Profile{}, err
		}
		return c.org.Profile(), nil
	})
	add(s, http.MethodGet, "/v1/services", "list-services", "List what the partners offer, by their cards", func(_ context.Context, c caller, _ *none) (page[offered], error) {
		out := page[offered]{Items: []offered{}}
		for _, p := range c.org.Book().List() {
			card := p.Card()
			if card == nil || !p.Related() {
				continue
			}
			_, _, err := p.GrantOut(s.Now())
			for _, one := range card.Services {
				out.Items = append(out.Items, offered{p.ID(), card.Name, one, card.Contact, err == nil, card.Can(protocol.CapabilityPractice)})
			}
		}
		slices.SortStableFunc(out.Items, func(a, b offered) int { return strings.Compare(a.Service.Name+a.Name, b.Service.Name+b.Name) })
		return out, nil
	})
}
