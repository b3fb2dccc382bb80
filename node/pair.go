package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/p2p"
	"referworks/node/partner"
	"referworks/protocol"
)

// pairTimeout is for a whole pairing attempt.
const pairTimeout = 30 * time.Second

// Invite makes a one-use invitation text and opens the gate for who holds it.
func (o *Organization) Invite(ctx context.Context, actor string) (text string, expires time.Time, err error) {
	if len(o.Addresses()) == 0 {
		return "", time.Time{}, errors.New("make invitation: this node does not listen yet; try again in a moment")
	}
	inv, text, err := o.book.Invite(ctx, actor)
	if err != nil {
		return "", time.Time{}, err
	}
	return text, inv.Expires, o.serve(inv)
}

// serveInvitations opens the gate again for the invitations that still live.
func (n *Node) serveInvitations(o *Organization) error {
	all, err := o.book.Invitations()
	if err != nil {
		return err
	}
	for _, inv := range all {
		if inv.Ours {
			if err := o.serve(inv); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *Organization) serve(inv partner.Invitation) error {
	_, shut, err := o.node.host.OpenPairing(inv.Seed(), inv.Expires, func(ctx context.Context, c p2p.PairConn) error {
		err := o.servePairing(ctx, inv.ID, c)
		if err != nil {
			o.node.log.Warn("a pairing did not finish", "org", string(o.id), "error", err.Error())
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("open invitation: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.invited[inv.ID] = shut
	return nil
}

// shutInvitation takes the one-use peer of an invitation out of the gate.
func (o *Organization) shutInvitation(id protocol.Hash) {
	o.mu.Lock()
	shut := o.invited[id]
	delete(o.invited, id)
	o.mu.Unlock()
	if shut != nil {
		shut()
	}
}

// Withdraw closes an invitation that nobody may take up any more.
func (o *Organization) Withdraw(ctx context.Context, actor string, id protocol.Hash) error {
	if err := o.book.Withdraw(ctx, actor, id); err != nil {
		return fmt.Errorf("withdraw invitation: %w", err)
	}
	o.shutInvitation(id)
	return nil
}

// servePairing is the inviter's side of a pairing.
func (o *Organization) servePairing(ctx context.Context, id protocol.Hash, c p2p.PairConn) error {
	commit, err := receive[protocol.PairCommit](c, protocol.FramePairCommit)
	if err != nil {
		return err
	}
	answer, err := o.book.TakeCommit(ctx, id, *commit)
	if err != nil {
		return err
	}
	if err := c.Send(protocol.FramePairAnswer, answer); err != nil {
		return err
	}
	reveal, err := receive[protocol.PairReveal](c, protocol.FramePairReveal)
	if err != nil {
		return err
	}
	if _, err := o.book.TakeReveal(ctx, id, *reveal); err != nil {
		return err
	}
	return c.Send(protocol.FrameOK, nil)
}

// AcceptInvitation pairs with who made the text, as far as the words. It may be called again after any failure and
// goes on where it stopped.
func (o *Organization) AcceptInvitation(ctx context.Context, actor, text string) (protocol.OrgID, error) {
	inv, commit, done, err := o.book.BeginAccept(ctx, actor, text)
	if err != nil {
		return "", err
	}
	if done {
		return inv.Invitation.Inviter, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	c, err := o.node.host.DialPairing(ctx, inv.Invitation, inv.Seed())
	if err != nil {
		return "", fmt.Errorf("reach the node that invites: %w", err)
	}
	defer c.Close()
	if err := c.Send(protocol.FramePairCommit, commit); err != nil {
		return "", fmt.Errorf("pair: %w", err)
	}
	answer, err := receive[protocol.PairAnswer](c, protocol.FramePairAnswer)
	if err != nil {
		return "", fmt.Errorf("pair: the other side did not take up the invitation; ask whether it was used before: %w", err)
	}
	reveal, err := o.book.TakeAnswer(ctx, inv.ID, *answer)
	if err != nil {
		return "", err
	}
	if err := c.Send(protocol.FramePairReveal, reveal); err != nil {
		return "", fmt.Errorf("pair: %w", err)
	}
	if kind, _, err := c.Receive(); err != nil || kind != protocol.FrameOK {
		return "", fmt.Errorf("pair: the other side did not confirm; accept the same text again: %w", errors.Join(err))
	}
	return o.book.FinishAccept(ctx, inv.ID)
}

// receive reads one frame of a kind, strictly.
func receive[T any](c p2p.PairConn, want protocol.FrameKind) (*T, error) {
	kind, b, err := c.Receive()
	if err != nil {
		return nil, err
	}
	if kind != want {
		return nil, fmt.Errorf("read frame: kind %d came where %d was due", kind, want)
	}
	v := new(T)
	return v, crypto.Unmarshal(b, v)
}

// Words gives the four words of a pairing that waits for our person.
func (o *Organization) Words(id protocol.OrgID) ([4]string, error) {
	p, ok := o.book.Current(id)
	if !ok {
		return [4]string{}, partner.ErrNone
	}
	words, wait := p.Words()
	if !wait {
		return words, errors.New("no words wait to be compared with this partner")
	}
	return words, nil
}

// Confirm says that a person compared the words with the partner by phone and they match, and what is permitted; for a
// partner that was confirmed before, only what is permitted anew.
func (o *Organization) Confirm(ctx context.Context, actor string, id protocol.OrgID, allow partner.Allow) error {
	if p, ok := o.book.Current(id); ok && p.Confirmed() {
		return o.book.Permit(ctx, actor, id, allow)
	}
	if err := o.book.Confirm(ctx, actor, id, allow); err != nil {
		return err
	}
	o.shutFor(id)
	return nil
}

// Reject says that the words differ: the pairing is over.
func (o *Organization) Reject(ctx context.Context, actor string, id protocol.OrgID) error {
	if err := o.book.Reject(ctx, actor, id); err != nil {
		return err
	}
	o.shutFor(id)
	return nil
}

func (o *Organization) shutFor(id protocol.OrgID) {
	if p, ok := o.book.Current(id); ok {
		o.shutInvitation(p.Invitation())
	}
}

// TryNow dials a partner's nodes at once and clears all waiting.
func (o *Organization) TryNow(id protocol.OrgID) {
	p, ok := o.book.Current(id)
	if !ok || !p.Related() {
		return
	}
	for _, peer := range p.Peers() {
		o.node.host.TryNow(peer)
	}
	o.desk.Contact(id)
	o.node.touch.soon(pairID{o.id, id}, o.node.now())
}
