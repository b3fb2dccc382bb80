package node

import (
	"context"
	"fmt"

	"referworks/node/api"
	"referworks/protocol"
)

// Restore takes up an organization whose node is gone.
func (r *rooms) Restore(ctx context.Context, in api.Restoring) (api.Organization, error) {
	o, err := r.Node.Restore(ctx, in.Root.File, in.Root.Passphrase, in.House)
	if err != nil {
		return nil, err
	}
	return seat{o}, nil
}

func (s seat) Charter() api.Charter {
	chain := s.Chain()
	c := api.Charter{Org: s.id, Mark: chain.Mark(), Nodes: []protocol.PeerID{}}
	for _, d := range chain.Head().Nodes {
		c.Nodes = append(c.Nodes, d.Peer)
	}
	return c
}

func (s seat) SignCharter(ctx context.Context, rootFile []byte, passphrase string) error {
	return s.node.SignCharter(ctx, s.id, rootFile, passphrase, nil)
}

func (s seat) Recover(ctx context.Context, recoveryFile []byte, passphrase string) (api.Created, error) {
	kit, err := s.node.Recover(ctx, s.id, recoveryFile, passphrase)
	if err != nil {
		return api.Created{}, err
	}
	return created(s.id, s.Name(), kit), nil
}

func (s seat) Announce(ctx context.Context, yes bool) error {
	if yes && s.node.cfg.Community == "" {
		return fmt.Errorf("this node is in no community topic, so nothing can be announced")
	}
	return s.Organization.Announce(ctx, api.ActorOf(ctx), yes)
}

func (s seat) Invitations() ([]api.OpenInvitation, error) {
	all, err := s.book.Invitations()
	if err != nil {
		return nil, err
	}
	open := []api.OpenInvitation{}
	for _, i := range all {
		if i.Ours && !i.Used {
			open = append(open, api.OpenInvitation{ID: i.ID, Expires: i.Expires})
		}
	}
	return open, nil
}

func (s seat) Withdraw(ctx context.Context, id protocol.Hash) error {
	return s.Organization.Withdraw(ctx, api.ActorOf(ctx), id)
}

func (s seat) CheckKit(ctx context.Context, file []byte, passphrase string) (api.KitMark, error) {
	return s.Organization.CheckKit(ctx, api.ActorOf(ctx), file, passphrase)
}

func (s seat) KeepKit(ctx context.Context) error {
	return s.Organization.KeepKit(ctx, api.ActorOf(ctx))
}
