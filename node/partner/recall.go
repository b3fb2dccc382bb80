package partner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// An organization that moves to a new node brings its partners along in its house file: who they are and how to find
// them. Each becomes a pair again when it has answered at the door with its chain.

func recallKey(id protocol.OrgID) store.Key { return store.K("recall", string(id)) }

// Recall notes partners of a house file. Those that are pairs already are left as they are. nil means durable.
func (b *Book) Recall(ctx context.Context, actor string, partners []crypto.HousePartner) error {
	b.write.Lock()
	defer b.write.Unlock()
	now := b.now()
	err := b.cfg.Org.Update(ctx, func(tx *store.Tx) error {
		for _, p := range partners {
			if _, ok := b.Current(p.Org); ok || p.Org == b.self {
				continue
			}
			kept, err := json.Marshal(p)
			if err != nil {
				return err
			}
			if err := tx.Put(recallKey(p.Org), store.Row{Kept: kept}); err != nil {
				return err
			}
			if err := record(tx, now, actor, p.Org, []event{{"partner.recalled", ""}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recall partners: %w", err)
	}
	return nil
}

// Recalled lists the partners that have not answered yet.
func (b *Book) Recalled() ([]crypto.HousePartner, error) {
	var all []crypto.HousePartner
	err := b.cfg.Org.View(func(tx *store.Tx) error {
		all = nil
		for it, err := range tx.Scan(store.K("recall"), store.Key{}) {
			if err != nil {
				return err
			}
			var p crypto.HousePartner
			if err := json.Unmarshal(it.Row.Kept, &p); err != nil {
				return fmt.Errorf("read recalled partner: %w", err)
			}
			all = append(all, p)
		}
		return nil
	})
	return all, err
}

// Welcome makes a recalled partner a pair by what it answered at the door: its chain must hold the charter that the house
// file names. What our person once confirmed counts; what we signed then, the pair's hello brings back.
func (b *Book) Welcome(ctx context.Context, known crypto.HousePartner, answer protocol.DoorCall) error {
	chain, err := crypto.VerifyChain(answer.Chain)
	switch {
	case err != nil:
		return fmt.Errorf("welcome partner: %w", err)
	case chain.Org() != known.Org || answer.From != known.Org || answer.To != b.self:
		return fmt.Errorf("welcome partner: %w", crypto.ErrWrongOrg)
	case !chain.Holds(known.Head.Hash) && chain.Head().Epoch <= known.Head.Epoch:
		return errors.New("welcome partner: its chain does not go on from the charter in the house file")
	}
	err = b.change(ctx, "node", known.Org, func(r *row, now time.Time) ([]event, error) {
		if r.Org != "" {
			return nil, nil
		}
		*r = row{
			Org: known.Org, Name: known.Name, Confirmed: now.UnixMilli(), Peer: known.Peer, Addresses: known.Addresses,
			Door: known.Door, Chain: answer.Chain,
		}
		if c, err := crypto.VerifyCard(answer.Card, chain); err == nil {
			r.Card, r.Name = answer.Card, c.Name
		}
		return []event{{"partner.welcomed", ""}}, nil
	}, func(tx *store.Tx) error { return tx.Delete(recallKey(known.Org)) })
	if err != nil {
		return fmt.Errorf("welcome partner: %w", err)
	}
	return nil
}
