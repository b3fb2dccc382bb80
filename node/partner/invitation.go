package partner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// pairing is one use of an invitation as it is stored, by either side. What was said first is kept, so that a resumed
// attempt repeats it exactly.
type pairing struct {
	ID         protocol.Hash        `json:"id"` // HashOf the invitation
	Invitation protocol.Invitation  `json:"invitation"`
	Ours       bool                 `json:"ours"` // we invite
	Made       int64                `json:"made"`
	Closed     int64                `json:"closed,omitempty"`
	Nonce      protocol.Bytes       `json:"nonce,omitempty"`  // ours
	Commit     protocol.Hash        `json:"commit,omitzero"`  // theirs when we invite, else ours
	Answer     *protocol.PairAnswer `json:"answer,omitempty"` // ours when we invite, else theirs
	Reveal     *protocol.PairReveal `json:"reveal,omitempty"` // theirs when we invite, else ours
	Partner    protocol.OrgID       `json:"partner,omitempty"`
	Alarm      string               `json:"alarm,omitempty"`
}

// Invitation is an invitation or the acceptance of one, to show and to serve.
type Invitation struct {
	ID         protocol.Hash
	Invitation protocol.Invitation // holds the secret: not for screens or logs
	Ours       bool                // we made it
	Used       bool                // somebody took it up
	Partner    protocol.OrgID      // who, once known
	Expires    time.Time
	Alarm      string
}

// Seed gives the seed of the one-use peer that both sides derive.
func (i *Invitation) Seed() []byte { return crypto.InvitationKey(i.Invitation.Secret) }

func pairingKey(id protocol.Hash) store.Key { return store.K("pairing", id.String()) }

// ErrTooMany means that the limit of open invitations is reached.
var ErrTooMany = fmt.Errorf("there are %d open invitations already; let one expire or withdraw one", protocol.MaxInvitations)

// Invite makes an invitation and its text. It works once, for InvitationLifetime. nil means durable.
func (b *Book) Invite(ctx context.Context, actor string) (Invitation, string, error) {
	now := b.now()
	self := b.cfg.Self
	inv := protocol.Invitation{
		V: protocol.Version, Inviter: b.self, Name: self.Name(), Head: self.Chain().Mark().Hash, Peer: self.Peer(),
		Addresses: self.Addresses(), Secret: crypto.NewSecret(), Words: protocol.WordList,
		Expires: now.UnixMilli() + protocol.InvitationLifetime,
	}
	if len(inv.Addresses) > protocol.MaxAddresses {
		inv.Addresses = inv.Addresses[:protocol.MaxAddresses]
	}
	text, err := crypto.EncodeInvitation(&inv)
	if err != nil {
		return Invitation{}, "", fmt.Errorf("make invitation: %w", err)
	}
	id, err := crypto.HashOf(&inv)
	if err != nil {
		return Invitation{}, "", fmt.Errorf("make invitation: %w", err)
	}
	p := pairing{ID: id, Invitation: inv, Ours: true, Made: now.UnixMilli()}
	b.write.Lock()
	defer b.write.Unlock()
	err = b.cfg.Org.Update(ctx, func(tx *store.Tx) error {
		open := 0
		for p, err := range pairings(tx) {
			if err != nil {
				return err
			}
			if p.Ours && p.Commit.IsZero() && p.live(now) {
				open++
			}
		}
		if open >= protocol.MaxInvitations {
			return ErrTooMany
		}
		if err := p.put(tx); err != nil {
			return err
		}
		return record(tx, now, actor, "", []event{{"partner.invited", ""}})
	})
	if err != nil {
		return Invitation{}, "", fmt.Errorf("make invitation: %w", err)
	}
	return p.shown(), text, nil
}

// Withdraw closes an invitation of ours that nobody may take up any more.
func (b *Book) Withdraw(ctx context.Context, actor string, id protocol.Hash) error {
	_, err := b.step(ctx, actor, id, func(p *pairing, now time.Time) ([]event, error) {
		p.Closed = now.UnixMilli()
		return []event{{"partner.invitation-withdrawn", ""}}, nil
	})
	return err
}

// Invitations lists the invitations and acceptances that still live, the oldest first: those of ours are to be served.
func (b *Book) Invitations() ([]Invitation, error) {
	var all []Invitation
	now := b.now()
	err := b.cfg.Org.View(func(tx *store.Tx) error {
		for p, err := range pairings(tx) {
			if err != nil {
				return err
			}
			if p.live(now) {
				all = append(all, p.shown())
			}
		}
		return nil
	})
	slices.SortFunc(all, func(x, y Invitation) int { return x.Expires.Compare(y.Expires) })
	return all, err
}

func (p *pairing) live(now time.Time) bool {
	return p.Closed == 0 && now.UnixMilli() < p.Invitation.Expires
}

func (p *pairing) shown() Invitation {
	return Invitation{p.ID, p.Invitation, p.Ours, !p.Commit.IsZero(), p.Partner, time.UnixMilli(p.Invitation.Expires), p.Alarm}
}

func pairings(tx *store.Tx) func(func(pairing, error) bool) {
	return func(yield func(pairing, error) bool) {
		for it, err := range tx.Scan(store.K("pairing"), store.Key{}) {
			var p pairing
			if err == nil {
				err = json.Unmarshal(it.Row.Kept, &p)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (p *pairing) put(tx *store.Tx) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write invitation: %w", err)
	}
	return tx.Put(pairingKey(p.ID), store.Row{Kept: b})
}

func (b *Book) pairing(id protocol.Hash) (p pairing, err error) {
	err = b.cfg.Org.View(func(tx *store.Tx) error {
		r, err := tx.Get(pairingKey(id))
		if errors.Is(err, store.ErrNotFound) {
			return ErrNone
		}
		if err != nil {
			return err
		}
		p = pairing{}
		return json.Unmarshal(r.Kept, &p)
	})
	return p, err
}

// close ends the use of an invitation in the transaction that confirms its pair.
func (b *Book) close(tx *store.Tx, id protocol.Hash) error {
	row, err := tx.Get(pairingKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	var p pairing
	if err == nil {
		err = json.Unmarshal(row.Kept, &p)
	}
	if err != nil {
		return fmt.Errorf("close invitation: %w", err)
	}
	p.Closed = b.now().UnixMilli()
	return p.put(tx)
}

// step changes a live pairing; nil means durable. A refusal may change it too: see refusal.
func (b *Book) step(ctx context.Context, actor string, id protocol.Hash, alter func(p *pairing, now time.Time) ([]event, error)) (pairing, error) {
	b.write.Lock()
	defer b.write.Unlock()
	p, now, err := b.pairingNow(id)
	if err != nil {
		return p, err
	}
	events, refused := alter(&p, now)
	if refused != nil && !errors.As(refused, new(*alarmError)) {
		return p, refused
	}
	return p, errors.Join(refused, b.putPairing(ctx, actor, p, events, now))
}

func (b *Book) pairingNow(id protocol.Hash) (pairing, time.Time, error) {
	now := b.now()
	p, err := b.pairing(id)
	if err == nil && !p.live(now) {
		err = errors.New("the invitation has expired or was closed; ask for a new one")
	}
	return p, now, err
}

func (b *Book) putPairing(ctx context.Context, actor string, p pairing, events []event, now time.Time) error {
	return b.cfg.Org.Update(ctx, func(tx *store.Tx) error {
		if err := p.put(tx); err != nil {
			return err
		}
		return record(tx, now, actor, p.Partner, events)
	})
}

// alarmError is a refusal that a person must see: it is stored with the invitation.
type alarmError struct{ text string }

func (e *alarmError) Error() string { return e.text }

func (p *pairing) refuse(text string) ([]event, error) {
	p.Alarm = text
	return []event{{"partner.alarm", text}}, &alarmError{text}
}

// keptFor is how long what came to nothing is still shown.
const keptFor = 7 * 24 * time.Hour

// Sweep forgets invitations that ended more than a week ago, with their secrets, and pairings that nobody confirmed.
func (b *Book) Sweep(ctx context.Context) error {
	b.write.Lock()
	defer b.write.Unlock()
	before := b.now().Add(-keptFor).UnixMilli()
	var lapsed []protocol.OrgID
	for _, p := range b.List() {
		if !p.Confirmed() && p.row.Expires < before {
			lapsed = append(lapsed, p.ID())
		}
	}
	err := b.cfg.Org.Update(ctx, func(tx *store.Tx) error {
		for p, err := range pairings(tx) {
			if err != nil {
				return err
			}
			if p.Invitation.Expires < before {
				if err := tx.Delete(pairingKey(p.ID)); err != nil {
					return err
				}
			}
		}
		for _, id := range lapsed {
			if err := errors.Join(tx.Delete(pairKey(id)), tx.Delete(versionKey(id))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sweep invitations: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range lapsed {
		delete(b.current, id)
	}
	return nil
}
