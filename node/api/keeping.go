package api

import (
	"context"
	"net/http"
	"time"

	"referworks/protocol"
)

// Keeper is what the owner of an organization does about its identity, mostly with a file of the recovery kit. The
// files and passphrases are in memory for one call.
type Keeper interface {
	// Charter is the newest charter that is held here.
	Charter() Charter
	// SignCharter renews it with the root file; its nodes stay.
	SignCharter(ctx context.Context, rootFile []byte, passphrase string) error
	// Recover moves to the next root with the recovery file, and names this node alone; the kit is the new one.
	Recover(ctx context.Context, recoveryFile []byte, passphrase string) (Created, error)
	// Kit tells which files of the recovery kit in force somebody has kept, as far as we know.
	Kit() []KitMark
	// CheckKit opens a file of the kit and notes that it is kept; *Amiss says what is wrong with it.
	CheckKit(ctx context.Context, file []byte, passphrase string) (KitMark, error)
	// KeepKit notes that a person said so of both files, when they were shown.
	KeepKit(ctx context.Context) error
	// HouseFile is what Restore needs beside the root file.
	HouseFile() ([]byte, error)
	// Announce says whether the card is told in the node's community topic.
	Announce(ctx context.Context, yes bool) error
	// Invitations are ours that nobody has taken up, and Withdraw closes one.
	Invitations() ([]OpenInvitation, error)
	Withdraw(ctx context.Context, id protocol.Hash) error
}

// Charter is which nodes speak for an organization.
type Charter struct {
	Org   protocol.OrgID       `json:"org"`
	Mark  protocol.CharterMark `json:"mark"`
	Nodes []protocol.PeerID    `json:"nodes" doc:"Peer ids of the nodes that it names."`
}

// OpenInvitation is an invitation without its secret.
type OpenInvitation struct {
	ID      protocol.Hash `json:"id"`
	Expires time.Time     `json:"expires"`
}

// KitMark is the last that is known of one file of the recovery kit in force.
type KitMark struct {
	File    string `json:"file" enum:"root,recovery"`
	At      int64  `json:"at" doc:"Milliseconds UTC."`
	By      string `json:"by" doc:"Who."`
	Checked bool   `json:"checked" doc:"The file was opened with its passphrase; else the person said that it is kept."`
}

// Sealed is a file of the recovery kit and what opens it.
type Sealed struct {
	File       []byte `json:"file" minLength:"1" maxLength:"100000"`
	Passphrase string `json:"passphrase" minLength:"1" maxLength:"1000"`
}

// Restoring is what taking up an organization takes whose node is gone.
type Restoring struct {
	Root  Sealed `json:"root"`
	House []byte `json:"house" minLength:"1"`
}

type (
	sealedInput   struct{ Body Sealed }
	restoreInput  struct{ Body Restoring }
	announceInput struct {
		Body struct {
			Announce bool `json:"announce"`
		}
	}
	withdrawInput struct {
		ID protocol.Hash `path:"id" maxLength:"60" doc:"From the list of invitations."`
	}
	houseFile struct {
		File []byte `json:"file"`
	}
)

func (s *Server) keeping() {
	add(s, http.MethodGet, "/v1/charter", "show-charter", "Show the charter", func(_ context.Context, c caller, _ *none) (Charter, error) {
		return c.org.Charter(), nil
	})
	add(s, http.MethodPost, "/v1/charter", "sign-charter", "Renew the charter with the root file", func(ctx context.Context, c caller, in *sealedInput) (Charter, error) {
		if err := c.org.SignCharter(ctx, in.Body.File, in.Body.Passphrase); err != nil {
			return Charter{}, err
		}
		return c.org.Charter(), nil
	})
	add(s, http.MethodPost, "/v1/recovery", "recover-organization", "Move to the next root with the recovery file", func(ctx context.Context, c caller, in *sealedInput) (Created, error) {
		return c.org.Recover(ctx, in.Body.File, in.Body.Passphrase)
	})
	add(s, http.MethodGet, "/v1/recovery", "show-kit", "Show which files of the recovery kit are kept, as far as is known", func(_ context.Context, c caller, _ *none) (page[KitMark], error) {
		return page[KitMark]{Items: c.org.Kit()}, nil
	})
	add(s, http.MethodPost, "/v1/recovery:check", "check-kit", "Open a file of the recovery kit, to see that it can be", func(ctx context.Context, c caller, in *sealedInput) (KitMark, error) {
		return c.org.CheckKit(ctx, in.Body.File, in.Body.Passphrase)
	})
	add(s, http.MethodPost, "/v1/recovery:kept", "keep-kit", "Say that both files of the recovery kit are kept", func(ctx context.Context, c caller, _ *none) (done, error) {
		return done{true}, c.org.KeepKit(ctx)
	})
	add(s, http.MethodGet, "/v1/house-file", "save-house-file", "Give the house file", func(_ context.Context, c caller, _ *none) (houseFile, error) {
		b, err := c.org.HouseFile()
		return houseFile{b}, err
	})
	add(s, http.MethodPut, "/v1/announcement", "announce-organization", "Tell the card in the community topic, or stop it", func(ctx context.Context, c caller, in *announceInput) (done, error) {
		return done{true}, c.org.Announce(ctx, in.Body.Announce)
	})
	add(s, http.MethodPost, "/v1/organizations:restore", "restore-organization", "Take up an organization whose node is gone", func(ctx context.Context, _ caller, in *restoreInput) (organizationRow, error) {
		o, err := s.House.Restore(ctx, in.Body)
		if err != nil {
			return organizationRow{}, err
		}
		return organizationRow{o.ID(), o.Name()}, nil
	})
	add(s, http.MethodGet, "/v1/partners/invitations", "list-invitations", "List invitations that nobody has taken up", func(_ context.Context, c caller, _ *none) (page[OpenInvitation], error) {
		list, err := c.org.Invitations()
		return page[OpenInvitation]{Items: list}, err
	})
	add(s, http.MethodDelete, "/v1/partners/invitations/{id}", "withdraw-invitation", "Withdraw an invitation", func(ctx context.Context, c caller, in *withdrawInput) (done, error) {
		return done{true}, c.org.Withdraw(ctx, in.ID)
	})
}
