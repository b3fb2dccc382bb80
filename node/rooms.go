package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"referworks/node/api"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// House gives the node as the API sees it.
func (n *Node) House(version string) api.House { return &rooms{n, version} }

type rooms struct {
	*Node
	version string
}

// seat is an organization as the API sees it: what is asked there is asked by whoever administers it.
type seat struct{ *Organization }

var (
	_ api.House        = (*rooms)(nil)
	_ api.Organization = seat{}
)

func (r *rooms) Organizations() []api.Organization {
	var all []api.Organization
	for _, o := range r.hosted() {
		all = append(all, seat{o})
	}
	return all
}

// hosted are the organizations of people: nobody administers the practice partner.
func (r *rooms) hosted() []*Organization {
	return slices.DeleteFunc(r.all(), (*Organization).Practice)
}

func (r *rooms) Organization(id protocol.OrgID) (api.Organization, bool) {
	o, ok := r.Org(id)
	if !ok || o.Practice() {
		return nil, false
	}
	return seat{o}, true
}

func (r *rooms) CreateOrganization(ctx context.Context, in api.NewOrganization) (api.Created, error) {
	d := api.Description{Name: in.Name, Contact: in.Contact}
	if err := described(&d); err != nil {
		return api.Created{}, err
	}
	o, kit, err := r.CreateOrg(ctx, d.Name, d.Contact)
	if err != nil {
		return api.Created{}, err
	}
	return created(o.id, d.Name, kit), nil
}

func created(id protocol.OrgID, name string, kit *Kit) api.Created {
	return api.Created{
		ID: id, Name: name, RootFile: string(kit.RootFile), RootPassphrase: kit.RootPassphrase,
		RecoveryFile: string(kit.RecoveryFile), RecoveryPassphrase: kit.RecoveryPassphrase,
	}
}

func (r *rooms) Status() api.Status {
	h := r.Health()
	s := api.Status{
		Version: r.version, URL: r.accounts.URL, Ready: true, Started: r.started, Peer: string(r.peer), Addresses: r.Addresses(),
		Organizations: len(r.hosted()), Store: checked(h.Check), FreeBytes: int64(h.Free), Warnings: append(warnings(h), r.clockWarnings()...),
	}
	s.Partners, s.Connected = r.admitted()
	return s
}

func (s seat) Invite(ctx context.Context) (string, time.Time, error) {
	return s.Organization.Invite(ctx, api.ActorOf(ctx))
}

func (s seat) Profile() api.Profile {
	o := s.Organization
	o.mu.RLock()
	defer o.mu.RUnlock()
	return api.Profile{
		ID: o.id, Description: api.Description{Name: o.about.Name, Contact: o.about.Contact, Services: o.about.Services},
		Announced: o.about.Announced, Community: o.node.cfg.Community != "",
	}
}

func (s seat) Describe(ctx context.Context, d api.Description) error {
	return s.Organization.Describe(ctx, api.ActorOf(ctx), d)
}

func (s seat) SetRules(ctx context.Context, r exchange.Rules) error {
	return s.Organization.SetRules(ctx, api.ActorOf(ctx), r)
}

func (s seat) AcceptInvitation(ctx context.Context, text string) (protocol.OrgID, error) {
	return s.Organization.AcceptInvitation(ctx, api.ActorOf(ctx), text)
}

func (s seat) Confirm(ctx context.Context, id protocol.OrgID, a api.Allow) error {
	return s.Organization.Confirm(ctx, api.ActorOf(ctx), id, partner.Allow{TheySend: a.TheySend, WeSend: a.WeSend, Needs: a.Needs, Withheld: a.Withheld, PerDay: a.PerDay, NamesFirst: a.NamesFirst})
}

func (s seat) JoinPractice(ctx context.Context) (protocol.OrgID, error) {
	p, err := s.node.JoinPractice(ctx, s.Organization, api.ActorOf(ctx))
	if err != nil {
		return "", err
	}
	return p.id, nil
}

func (s seat) Practice() (protocol.OrgID, bool) {
	p := s.node.Practice()
	if p == nil {
		return "", false
	}
	pair, ok := s.book.Current(p.id)
	return p.id, ok && pair.Confirmed()
}

func (s seat) Reject(ctx context.Context, id protocol.OrgID) error {
	return s.Organization.Reject(ctx, api.ActorOf(ctx), id)
}

func (s seat) Stand(ctx context.Context, id protocol.OrgID, state protocol.State) error {
	return s.book.Stand(ctx, api.ActorOf(ctx), id, state)
}

func checked(c store.CheckHealth) string {
	switch {
	case c.Err != nil:
		return "damage was found; see the log"
	case c.Running:
		return fmt.Sprintf("checking in the background: %d of %d rows", c.Rows, c.Of)
	case c.Done:
		return fmt.Sprintf("nothing is missing; rows: %d", c.Rows)
	}
	return "not checked yet"
}

func warnings(h store.Health) []string {
	w := []string{}
	if h.KeysOpen {
		w = append(w, "The key file is protected by its file mode only. Set a passphrase or a credential before real referrals.")
	}
	if h.Full {
		w = append(w, "The disk is nearly full: nothing new is accepted until there is room.")
	}
	if h.LaterFailed > 0 {
		w = append(w, fmt.Sprintf("%d pieces of upkeep did not finish; see the log.", h.LaterFailed))
	}
	return w
}
