package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/exchange"
	"referworks/protocol"
)

// What the people at one desk do among themselves with a referral: no partner learns of it.

type counted struct {
	In   viewCounts `json:"in"`
	Out  viewCounts `json:"out"`
	More bool       `json:"more" doc:"There are more referrals than were counted; the newest were."`
}

type viewCounts struct {
	Waiting int `json:"waiting" doc:"It is your move."`
	Overdue int `json:"overdue"`
	Soon    int `json:"soon" doc:"Your move, and less than a day is left."`
	Mine    int `json:"mine" doc:"Given to whoever asks."`
	Stuck   int `json:"stuck" doc:"Sent, and does not get through by itself."`
	Closed  int `json:"closed"`
}

type assigneeInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Person string `json:"person" maxLength:"100" doc:"Id of a person of the organization who works with referrals; empty: nobody."`
	}
}

type noteInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"4000"`
	}
}

type privateNote struct {
	At   int64  `json:"at" doc:"Milliseconds UTC."`
	By   string `json:"by" doc:"The name of the person or key that wrote it; when there is none any more, what stands in the activity log."`
	Text string `json:"text"`
}

func (s *Server) desk() {
	add(s, http.MethodGet, "/v1/referrals:counts", "count-referrals", "Count referrals by what is to be done with them", func(_ context.Context, c caller, _ *none) (counted, error) {
		n, err := c.org.Desk().Count(c.person())
		return counted{countsOf(n.In), countsOf(n.Out), n.More}, err
	})
	add(s, http.MethodPut, "/v1/referrals/{id}/assignee", "assign-referral", "Say which colleague has a referral; the partner is not told", func(ctx context.Context, c caller, in *assigneeInput) (done, error) {
		if p := in.Body.Person; p != "" && !slices.Contains(ofRoles[s.roleOf(c, p)], WorkReferrals) {
			return done{}, huma.Error422UnprocessableEntity("Nobody of this organization who works with referrals has that id. Choose one of the people listed.")
		}
		return done{true}, c.org.Desk().Assign(ctx, protocol.ReferralID(in.ID), in.Body.Person, c.actor)
	})
	add(s, http.MethodGet, "/v1/referrals/{id}/notes", "list-notes", "List the private notes about a referral, the newest first", func(_ context.Context, c caller, in *idInput) (page[privateNote], error) {
		list, err := c.org.Desk().Notes(protocol.ReferralID(in.ID))
		out, names := page[privateNote]{Items: []privateNote{}}, s.names(c)
		for _, n := range list {
			out.Items = append(out.Items, privateNote{n.At, cmp.Or(names.who(n.By), n.By), n.Text})
		}
		return out, err
	})
	add(s, http.MethodPost, "/v1/referrals/{id}/notes", "write-note", "Write a private note about a referral; it never goes to the partner, and goes with the person's data", func(ctx context.Context, c caller, in *noteInput) (done, error) {
		return done{true}, c.org.Desk().WriteNote(ctx, protocol.ReferralID(in.ID), in.Body.Text, c.actor)
	})
}

func countsOf(n map[exchange.View]int) viewCounts {
	return viewCounts{n[exchange.ViewWaiting], n[exchange.ViewOverdue], n[exchange.ViewSoon], n[exchange.ViewMine], n[exchange.ViewStuck], n[exchange.ViewClosed]}
}

// person is the id of the account that calls, "" when it is none.
func (c *caller) person() string {
	if c.session == nil || c.session.Account == nil {
		return ""
	}
	return c.session.Account.ID
}
