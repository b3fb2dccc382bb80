package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"referworks/node/connection"
	"referworks/protocol"
)

type leaseInput struct {
	Body struct {
		Max        int    `json:"max,omitempty" minimum:"1" maximum:"100" default:"10" doc:"How many at most."`
		Seconds    int    `json:"seconds,omitempty" minimum:"5" maximum:"43200" default:"300" doc:"How long they are yours; then they are offered again."`
		Connection string `json:"connection,omitempty" maxLength:"40" doc:"Of which connection of the kind api; without it, of all."`
	}
}

// leased is a referral in the organization's own format, until a time.
type leased struct {
	Token      string              `json:"token" doc:"Confirm it, give it back or keep it longer with this."`
	Until      time.Time           `json:"until"`
	Connection string              `json:"connection"`
	Referral   protocol.ReferralID `json:"referral"`
	Reference  string              `json:"reference" doc:"Short number for people."`
	From       protocol.OrgID      `json:"from"`
	FromName   string              `json:"fromName,omitempty"`
	Since      int64               `json:"since" doc:"When it arrived; milliseconds UTC."`
	Practice   bool                `json:"practice,omitempty"`
	Format     string              `json:"format"`
	MediaType  string              `json:"mediaType"`
	Document   json.RawMessage     `json:"document,omitempty" doc:"In your own format, when that is JSON."`
	Text       string              `json:"text,omitempty" doc:"In your own format, when that is another."`
	Report     report              `json:"report,omitempty" doc:"What the conversion kept, changed and lost."`
	Files      []fileRow           `json:"files" doc:"That came along."`
}

type leasedList struct {
	Items []leased `json:"items"`
}

type ackInput struct {
	Body struct {
		Token     string `json:"token" maxLength:"100"`
		Reference string `json:"reference,omitempty" maxLength:"200" doc:"Your own number for it; the partner sees it. No personal data."`
	}
}

type nackInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"100"`
		Sentence string `json:"sentence,omitempty" maxLength:"500" doc:"Why a person must look, without personal data. Without it, it is offered again at once."`
	}
}

type extendInput struct {
	Body struct {
		Token   string `json:"token" maxLength:"100"`
		Seconds int    `json:"seconds,omitempty" minimum:"5" maximum:"43200" default:"300"`
	}
}

type extended struct {
	Until time.Time `json:"until"`
}

// inbox is for systems that can only poll.
func (s *Server) inbox() {
	add(s, http.MethodPost, "/v1/inbox:lease", "lease-inbox", "Fetch referrals that arrived, in your own format", s.lease)
	add(s, http.MethodPost, "/v1/inbox:ack", "ack-lease", "Say that you have a referral: the partner gets the receipt that it was delivered", func(ctx context.Context, c caller, in *ackInput) (done, error) {
		return done{true}, c.org.Connections().Ack(ctx, in.Body.Token, in.Body.Reference)
	})
	add(s, http.MethodPost, "/v1/inbox:nack", "nack-lease", "Give a referral back", func(ctx context.Context, c caller, in *nackInput) (done, error) {
		return done{true}, c.org.Connections().Nack(ctx, in.Body.Token, in.Body.Sentence)
	})
	add(s, http.MethodPost, "/v1/inbox:extend", "extend-lease", "Keep a referral for longer before you confirm it", func(_ context.Context, c caller, in *extendInput) (extended, error) {
		until, err := c.org.Connections().Extend(in.Body.Token, time.Duration(in.Body.Seconds)*time.Second)
		return extended{until}, err
	})
}

func (s *Server) lease(ctx context.Context, c caller, in *leaseInput) (leasedList, error) {
	out := leasedList{Items: []leased{}}
	list, err := c.org.Connections().Lease(ctx, in.Body.Connection, in.Body.Max, time.Duration(in.Body.Seconds)*time.Second)
	if err != nil {
		return out, err
	}
	for _, l := range list {
		row, err := leasedRow(c, l)
		if err == nil {
			err = c.org.Desk().Viewed(ctx, l.Referral, c.actor)
		}
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, row)
	}
	return out, nil
}

func leasedRow(c caller, l *connection.Leased) (leased, error) {
	d := &l.Delivery
	row := leased{
		Token: l.Token, Until: l.Until, Connection: l.Connection, Referral: l.Referral, Reference: d.Reference, From: l.From, FromName: d.From.Name,
		Since: l.Since.UnixMilli(), Practice: d.Practice, Format: d.Document.Format, MediaType: d.Document.MediaType, Files: []fileRow{},
	}
	if row.Format == "json" && json.Valid(d.Document.Bytes) {
		row.Document = d.Document.Bytes
	} else {
		row.Text = string(d.Document.Bytes)
	}
	short, err := connection.ShortReport(l.Report)
	if err != nil {
		return row, err
	}
	row.Report = report(short)
	files, err := c.org.Desk().Files(l.Referral)
	for _, f := range files {
		if !f.Ours {
			row.Files = append(row.Files, rowOfFile(f, string(l.Referral)))
		}
	}
	return row, err
}
