package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/account"
	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// Hosting is what who runs the node lets an organization do.
type Hosting struct {
	Suspended bool   `json:"suspended" doc:"Nothing is sent or taken in. What waits is kept; partners are told to try again."`
	Reason    string `json:"reason,omitempty" maxLength:"500" doc:"What the people of the organization read about it."`
	Since     int64  `json:"since,omitempty" readOnly:"true" doc:"Milliseconds UTC."`
	PerDay    int    `json:"perDay,omitempty" minimum:"0" maximum:"1000000" doc:"New referrals in 24 hours, sent and received together; 0: no limit."`
}

// hostedRow is an organization as who runs the node sees it: numbers, and nothing of a referral or a partner.
type hostedRow struct {
	organizationRow
	Hosting
	Created  int64 `json:"created" doc:"Milliseconds UTC."`
	People   int   `json:"people" doc:"Accounts that belong to it; 0: its first owner is not invited yet."`
	Owner    bool  `json:"owner" doc:"An owner has taken up the invitation."`
	Partners int   `json:"partners"`
	Spent    int   `json:"spent" doc:"New referrals in the last 24 hours, counted while there is a limit."`
}

type hostedInput struct {
	ID string `path:"id" maxLength:"200"`
}

type storedSize struct {
	Rows  int   `json:"rows"`
	Bytes int64 `json:"bytes" doc:"What is stored about referrals, partners and settings: about what it takes on the disk."`
	Files int64 `json:"files" doc:"Bytes of files."`
}

// hosting registers what who runs the node does about the organizations on it. No operation here reads a referral.
func (s *Server) hosting() {
	add(s, http.MethodGet, "/v1/node/organizations", "list-hosted", "List the organizations on the node with their limits", func(context.Context, caller, *none) (page[hostedRow], error) {
		out := page[hostedRow]{Items: []hostedRow{}}
		for _, o := range s.House.Organizations() {
			row, err := s.rowOfHosted(o)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, row)
		}
		return out, nil
	})
	add(s, http.MethodPut, "/v1/node/organizations/{id}/hosting", "set-hosting", "Suspend or resume an organization, or set its limit", func(ctx context.Context, _ caller, in *struct {
		ID   string `path:"id" maxLength:"200"`
		Body Hosting
	}) (hostedRow, error) {
		o, err := s.hostedOf(in.ID)
		if err != nil {
			return hostedRow{}, err
		}
		if in.Body.Suspended && in.Body.Reason == "" {
			return hostedRow{}, huma.Error422UnprocessableEntity("Write why: the people of the organization read it.")
		}
		if err := o.SetHosting(ctx, in.Body); err != nil {
			return hostedRow{}, err
		}
		return s.rowOfHosted(o)
	})
	add(s, http.MethodGet, "/v1/node/organizations/{id}/size", "measure-organization", "How much an organization keeps", func(ctx context.Context, _ caller, in *hostedInput) (storedSize, error) {
		o, err := s.hostedOf(in.ID)
		if err != nil {
			return storedSize{}, err
		}
		size, err := o.Store().Measure(ctx)
		return storedSize(size), err
	})
	add(s, http.MethodGet, "/v1/node/organizations/{id}/house-file", "export-organization", "The house file of an organization that moves away", func(ctx context.Context, c caller, in *hostedInput) (houseFile, error) {
		o, err := s.hostedOf(in.ID)
		if err != nil {
			return houseFile{}, err
		}
		b, err := o.HouseFile()
		if err != nil {
			return houseFile{}, err
		}
		err = o.Store().Update(ctx, func(tx *store.Tx) error {
			_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: c.actor, Kind: "organization.exported", Subject: string(o.ID())})
			return err
		})
		return houseFile{b}, err
	})
}

func (s *Server) hostedOf(id string) (Organization, error) {
	if o, ok := s.House.Organization(protocol.OrgID(id)); ok {
		return o, nil
	}
	return nil, fmt.Errorf("this organization is not on this node: %w", store.ErrNotFound)
}

func (s *Server) rowOfHosted(o Organization) (hostedRow, error) {
	row := hostedRow{organizationRow: organizationRow{o.ID(), o.Name()}, Hosting: o.Hosting(), Created: o.Created()}
	if book := s.House.Accounts(); book != nil {
		for _, a := range book.Members(o.ID()) {
			row.People++
			row.Owner = row.Owner || a.Roles[o.ID()] == account.Owner && !a.Invited
		}
	}
	for _, p := range o.Book().List() {
		if p.Related() {
			row.Partners++
		}
	}
	var err error
	row.Spent, err = o.Desk().Spent()
	return row, err
}
