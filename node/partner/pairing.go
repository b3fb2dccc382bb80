package partner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/protocol"
)

const otherCommit = "Somebody else tried to use this invitation. Do not confirm the words; withdraw it and send a new one by another way."

// TakeCommit is the inviter's first step: it burns the invitation for this commit and gives the answer. The same commit
// again gets the same answer; any other is refused and shown as an alarm. What it returns is durable.
func (b *Book) TakeCommit(ctx context.Context, id protocol.Hash, in protocol.PairCommit) (protocol.PairAnswer, error) {
	p, err := b.step(ctx, "partner", id, func(p *pairing, _ time.Time) ([]event, error) {
		switch {
		case !p.Ours || in.V != protocol.Version || in.Commit.IsZero():
			return nil, errors.New("it is not a commit of this version")
		case p.Commit == in.Commit:
			return nil, nil
		case !p.Commit.IsZero():
			return p.refuse(otherCommit)
		}
		self := b.cfg.Self
		p.Commit, p.Nonce = in.Commit, crypto.NewNonce()
		p.Answer = &protocol.PairAnswer{V: protocol.Version, Nonce: p.Nonce, Chain: self.Chain().Wire(), Card: self.Card(), Peer: self.Peer()}
		return []event{{"partner.invitation-used", ""}}, nil
	})
	if err != nil {
		b.alarmPartner(ctx, p, err)
		return protocol.PairAnswer{}, fmt.Errorf("take up invitation: %w", err)
	}
	return *p.Answer, nil
}

// TakeReveal is the inviter's second step: it checks that the commit was to this, and keeps the invitee as a pair whose
// words wait for our person. nil means durable.
func (b *Book) TakeReveal(ctx context.Context, id protocol.Hash, in protocol.PairReveal) (protocol.OrgID, error) {
	p, err := b.step(ctx, "partner", id, func(p *pairing, _ time.Time) ([]event, error) {
		if !p.Ours || p.Answer == nil || in.V != protocol.Version {
			return nil, errors.New("it opens no commit")
		}
		if p.Reveal != nil { // resumed: the commit fixes all that counts, and what came first stays
			in = *p.Reveal
		}
		chain, err := b.other(in.Chain, in.Peer)
		if err != nil {
			return nil, err
		}
		t, err := p.transcript(&in, chain)
		if err != nil {
			return nil, err
		}
		if !t.Opens() {
			return p.refuse("The other side changed its mind during the pairing. Do not confirm the words; send a new invitation by another way.")
		}
		if old, ok := b.Current(chain.Org()); ok && old.Confirmed() && old.row.Invitation != p.ID {
			return nil, ErrPartner
		}
		p.Reveal, p.Partner = &in, chain.Org()
		return nil, nil
	})
	if err != nil {
		return "", fmt.Errorf("open commit: %w", err)
	}
	return p.Partner, b.meet(ctx, &p, p.Reveal.Chain, p.Reveal.Card, p.Reveal.Peer)
}

// other checks the chain of the other side of a pairing.
func (b *Book) other(w protocol.Chain, peer protocol.PeerID) (*crypto.Chain, error) {
	chain, err := crypto.VerifyChain(w)
	switch {
	case err != nil:
		return nil, err
	case chain.Org() == b.self:
		return nil, errors.New("it is this same organization")
	case !chain.HasPeer(peer):
		return nil, errors.New("its charter does not name its node")
	}
	return chain, nil
}

// transcript puts together what both sides know; theirs is the other side's chain.
func (p *pairing) transcript(reveal *protocol.PairReveal, theirs *crypto.Chain) (*crypto.Pairing, error) {
	w := reveal.Chain
	if p.Ours {
		w = p.Answer.Chain
	}
	ours, err := crypto.VerifyChain(w)
	if err != nil {
		return nil, err
	}
	t := &crypto.Pairing{
		Invitation: p.ID, Commit: p.Commit, NonceInvitee: reveal.Nonce, NonceInviter: p.Answer.Nonce,
		HeadInvitee: ours.Mark().Hash, HeadInviter: theirs.Mark().Hash, PeerInvitee: reveal.Peer, PeerInviter: p.Answer.Peer,
	}
	if p.Ours {
		t.HeadInvitee, t.HeadInviter = t.HeadInviter, t.HeadInvitee
	}
	return t, nil
}

// BeginAccept reads an invitation and gives what to dial and to say first. Doing it again says the same again. done is
// true when the pairing is over as far as the words: then nothing is to be dialed.
func (b *Book) BeginAccept(ctx context.Context, actor, text string) (inv Invitation, commit protocol.PairCommit, done bool, err error) {
	in, err := crypto.DecodeInvitation(text)
	if err != nil {
		return inv, commit, false, fmt.Errorf("accept invitation: %w", err)
	}
	id, err := crypto.HashOf(in)
	if err != nil {
		return inv, commit, false, fmt.Errorf("accept invitation: %w", err)
	}
	now := b.now()
	if old, ok := b.Current(in.Inviter); ok && old.Confirmed() && old.row.Invitation != id {
		return inv, commit, false, fmt.Errorf("accept invitation: %w", ErrPartner)
	}
	switch {
	case in.Inviter == b.self:
		return inv, commit, false, errors.New("accept invitation: it is one that this organization made itself")
	case now.UnixMilli() >= in.Expires:
		return inv, commit, false, errors.New("accept invitation: it has expired; ask for a new one")
	}
	b.write.Lock()
	defer b.write.Unlock()
	p, err := b.pairing(id)
	if errors.Is(err, ErrNone) {
		self := b.cfg.Self
		p = pairing{ID: id, Invitation: *in, Made: now.UnixMilli(), Nonce: crypto.NewNonce()}
		p.Reveal = &protocol.PairReveal{V: protocol.Version, Nonce: p.Nonce, Chain: self.Chain().Wire(), Card: self.Card(), Peer: self.Peer()}
		p.Commit = crypto.Commit(id, p.Nonce, self.Chain().Mark().Hash, self.Peer())
		err = b.putPairing(ctx, actor, p, []event{{"partner.accepting", ""}}, now)
	}
	if err != nil {
		return inv, commit, false, fmt.Errorf("accept invitation: %w", err)
	}
	return p.shown(), protocol.PairCommit{V: protocol.Version, Commit: p.Commit}, p.Partner != "" && b.met(p.Partner, id), nil
}

// met tells whether the pair of an invitation is stored.
func (b *Book) met(partner protocol.OrgID, id protocol.Hash) bool {
	p, ok := b.Current(partner)
	return ok && p.row.Invitation == id
}

// TakeAnswer is the invitee's second step: it checks the inviter's answer and gives the reveal. The first answer counts;
// a resumed attempt must bring the same. What it returns is durable.
func (b *Book) TakeAnswer(ctx context.Context, id protocol.Hash, in protocol.PairAnswer) (protocol.PairReveal, error) {
	p, err := b.step(ctx, "partner", id, func(p *pairing, _ time.Time) ([]event, error) {
		if p.Ours || in.V != protocol.Version || len(in.Nonce) != crypto.NonceSize {
			return nil, errors.New("it is not an answer of this version")
		}
		chain, err := b.other(in.Chain, in.Peer)
		switch {
		case err != nil:
			return nil, err
		case chain.Org() != p.Invitation.Inviter || in.Peer != p.Invitation.Peer || !chain.Holds(p.Invitation.Head):
			return p.refuse("Who answered is not who made the invitation. Phone them and ask for a new one.")
		}
		if p.Answer == nil {
			p.Answer = &in
			return nil, nil
		}
		first, err := crypto.VerifyChain(p.Answer.Chain)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(in.Nonce, p.Answer.Nonce) || chain.Mark() != first.Mark() || in.Peer != p.Answer.Peer {
			return p.refuse("The other side answered differently than before. Do not confirm the words; ask for a new invitation.")
		}
		return nil, nil
	})
	if err != nil {
		return protocol.PairReveal{}, fmt.Errorf("pair: %w", err)
	}
	return *p.Reveal, nil
}

// FinishAccept is the invitee's last step, after the inviter took the reveal: the words wait for our person. nil means
// durable.
func (b *Book) FinishAccept(ctx context.Context, id protocol.Hash) (protocol.OrgID, error) {
	p, err := b.step(ctx, "partner", id, func(p *pairing, _ time.Time) ([]event, error) {
		if p.Ours || p.Answer == nil {
			return nil, errors.New("the inviter has not answered")
		}
		p.Partner = p.Invitation.Inviter
		return nil, nil
	})
	if err != nil {
		return "", fmt.Errorf("pair: %w", err)
	}
	return p.Partner, b.meet(ctx, &p, p.Answer.Chain, p.Answer.Card, p.Answer.Peer)
}

// meet keeps the other side as a pair that waits for the words to be compared.
func (b *Book) meet(ctx context.Context, p *pairing, wire protocol.Chain, card string, peer protocol.PeerID) error {
	chain, err := b.other(wire, peer)
	if err != nil {
		return err
	}
	known, err := p.transcript(p.Reveal, chain)
	if err != nil {
		return err
	}
	t := known.Transcript()
	return b.change(ctx, "partner", chain.Org(), func(r *row, now time.Time) ([]event, error) {
		if r.Org != "" && r.Invitation == p.ID {
			return nil, nil // resumed
		}
		if r.Confirmed != 0 {
			return nil, ErrPartner
		}
		*r = row{
			Org: chain.Org(), Invitation: p.ID, Invited: p.Ours, Expires: p.Invitation.Expires,
			Words: crypto.Words(t), Transcript: t, Peer: peer, Chain: wire,
		}
		if !p.Ours {
			r.Addresses = p.Invitation.Addresses
		}
		if c, err := crypto.VerifyCard(card, chain); err == nil {
			r.Card, r.Name = card, c.Name
		}
		if p.Alarm != "" {
			r.alarm(now, p.Alarm)
		}
		return []event{{"partner.paired", ""}}, nil
	}, nil)
}

// alarmPartner shows the alarm of an invitation at the pair that used it, if there is one.
func (b *Book) alarmPartner(ctx context.Context, p pairing, cause error) {
	var a *alarmError
	if p.Partner == "" || !errors.As(cause, &a) {
		return
	}
	err := b.change(ctx, "partner", p.Partner, func(r *row, now time.Time) ([]event, error) {
		if r.Invitation == p.ID {
			r.alarm(now, a.text)
		}
		return nil, nil
	}, nil)
	if err != nil {
		b.cfg.Log.Error("an alarm could not be stored", "partner", string(p.Partner), "error", err.Error())
	}
}
