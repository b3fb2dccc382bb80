package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// MaxPull is how many messages one answer to a pull has; the asker comes again for the rest.
const MaxPull = 16

// Pulled is one message that one side of a pair gives back to the other.
type Pulled struct {
	protocol.Pulled
	Envelope []byte // sealed to the asker; empty when the content was erased
}

// Pull gives messages of one thread back to the partner that asks for them: its own or ours, the signed originals with
// all receipts that are here, freshly sealed. Nothing of another pair can be asked for. The answer is empty when there is
// nothing behind ask.After.
func (d *Desk) Pull(ask protocol.PullAsk) (list []Pulled, err error) {
	by := theirs
	switch ask.By {
	case d.self.OrgID():
		by = ours
	case ask.From:
	default:
		return nil, &protocol.Error{Code: protocol.CodeRefused}
	}
	pair, ok := d.book.Current(ask.From)
	if !ok || pair.MayAnswer() != nil {
		return nil, &protocol.Error{Code: protocol.CodeRefused}
	}
	plains := []crypto.Plain{}
	err = d.org.View(func(tx *store.Tx) error {
		row, _, err := tx.Lane(laneOf(ask.From, ask.Referral))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		kept, err := receipts(tx, t)
		if err != nil {
			return err
		}
		m := t.mark()
		last := m.theirs
		if by == ours {
			last = m.ours
		}
		for seq := max(ask.After, 0) + 1; seq <= last && len(list) < MaxPull; seq++ {
			parts, erased, err := readMessage(tx, messageKey(ask.From, ask.Referral, by, seq))
			if err != nil {
				return err
			}
			p := Pulled{Pulled: protocol.Pulled{V: protocol.Version, Manifest: string(parts.token), Erased: erased}}
			if by == theirs {
				first, err := parts.given()
				if err != nil {
					return err
				}
				p.Receipts = append(p.Receipts, first)
			}
			for _, k := range kept {
				if k.proof.Receipt.Manifest == parts.content {
					p.Receipts = append(p.Receipts, k.proof)
				}
			}
			list, plains = append(list, p), append(plains, crypto.Plain{Token: parts.token, Salt: parts.salt, Body: parts.body})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("give messages back: %w", err)
	}
	for i := range list {
		if list[i].Erased {
			continue
		}
		if list[i].Envelope, err = d.seal(pair, plains[i]); err != nil {
			return nil, fmt.Errorf("give messages back: %w", err)
		}
	}
	return list, nil
}

// errLost is a message that does not fit here: what comes before it is missing too, or it is of another thread.
var errLost = errors.New("it does not follow what is here")

// TakeBack takes a message that the partner gave back, after a restore: the partner's, which we gave our receipt for, or
// our own. What proves it is that receipt, or our own signature; a grant is not asked for again, since it was taken once.
// It tells whether anything is new.
func (d *Desk) TakeBack(ctx context.Context, from protocol.OrgID, p Pulled) (taken bool, err error) {
	pair, ok := d.book.Current(from)
	if !ok || pair.MayAnswer() != nil {
		return false, &protocol.Error{Code: protocol.CodeRefused}
	}
	b, err := d.readPulled(pair, p)
	if err != nil {
		return false, fmt.Errorf("take a message back: %w", err)
	}
	err = d.org.Update(ctx, func(tx *store.Tx) (err error) {
		taken, err = d.takeBack(tx, b)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take a message back: %w", err)
	}
	if taken {
		signal(d.inbox)
		signal(d.outbox)
	}
	return taken, nil
}

// back is a message that came back and was verified.
type back struct {
	by       author
	pair     *partner.Pair
	manifest *protocol.Manifest
	parts    messageParts
	referral *protocol.Referral      // of an opener whose content is there
	receipts []protocol.ReceiptProof // verified; the first of theirs is in parts
}

func (d *Desk) readPulled(pair *partner.Pair, p Pulled) (*back, error) {
	var peek protocol.Manifest
	if _, err := crypto.Peek([]byte(p.Manifest), protocol.TypMessage, &peek); err != nil {
		return nil, err
	}
	b := &back{by: theirs, pair: pair}
	author, other := pair.Chain(), d.self.Chain()
	if peek.From == d.self.OrgID() {
		b.by, author, other = ours, other, author
	}
	m, content, err := crypto.VerifyMessageEver([]byte(p.Manifest), author)
	if err != nil {
		return nil, err
	}
	if m.From != author.Org() || m.To != other.Org() {
		return nil, errors.New("it is not of this pair")
	}
	b.manifest = m
	b.parts = messageParts{token: []byte(p.Manifest), content: content, open: true}
	if b.by == ours {
		b.parts.kid = d.self.Signer().Kid() // signed again, if it ever has to be
	}
	for i := range p.Receipts {
		r := &p.Receipts[i].Receipt
		if r.Manifest != content || r.From != other.Org() || r.To != author.Org() || r.Referral != m.Referral || r.Seq != m.Seq {
			return nil, errors.New("a receipt is about another message")
		}
		if err := d.verifier.VerifyEver(&p.Receipts[i], other); err != nil {
			return nil, err
		}
		if b.by == theirs && r.Level == protocol.Received && len(b.parts.receipt) == 0 {
			b.parts.receipt = packProof(&p.Receipts[i])
			continue
		}
		b.receipts = append(b.receipts, p.Receipts[i])
	}
	if b.by == theirs && len(b.parts.receipt) == 0 {
		return nil, errors.New("it comes without a receipt of ours, so it was never taken: its author delivers it")
	}
	if p.Erased {
		return b, nil
	}
	return b, d.openPulled(b, p.Envelope)
}

// openPulled reads the content that belongs to a verified manifest.
func (d *Desk) openPulled(b *back, sealed []byte) error {
	head, err := crypto.ReadHeader(sealed)
	if err != nil {
		return err
	}
	key := d.self.Decryption(head.Kid)
	if key == nil {
		return &protocol.Error{Code: protocol.CodeKeyUnknown}
	}
	plain, err := crypto.Open(sealed, key)
	if err != nil {
		return err
	}
	if string(plain.Token) != string(b.parts.token) || crypto.BodyHash(plain.Salt, plain.Body) != b.manifest.Body {
		return errors.New("the content is not what was signed")
	}
	b.parts.salt, b.parts.body, b.parts.open = plain.Salt, plain.Body, false
	if b.manifest.Kind != protocol.KindReferral {
		b.parts.facts = factsOf(plain.Body)
		return nil
	}
	b.referral = new(protocol.Referral)
	return crypto.Unmarshal(plain.Body, b.referral)
}

func (d *Desk) takeBack(tx *store.Tx, b *back) (taken bool, err error) {
	m := b.manifest
	key := laneOf(b.pair.ID(), m.Referral)
	row, _, err := tx.Lane(key)
	if errors.Is(err, store.ErrNotFound) {
		if m.Kind != protocol.KindReferral || m.Seq != 1 {
			return false, nil // its opener comes first
		}
		return true, d.reopen(tx, b, key)
	} else if err != nil {
		return false, err
	}
	t, _, err := readThread(row)
	if err != nil {
		return false, err
	}
	seq, head := t.TheirSeq, t.TheirHead
	if b.by == ours {
		seq, head = t.OurSeq, t.OurHead
	}
	switch {
	case m.Seq <= seq:
		return false, nil // it is here
	case m.Seq != seq+1 || m.Prev != head || m.Kind == protocol.KindReferral || m.Terms != t.Terms:
		return false, errLost
	}
	parts := b.parts
	if err := tx.Put(messageKey(b.pair.ID(), m.Referral, b.by, m.Seq), parts.row(t.held, t.erased)); err != nil {
		return false, err
	}
	if err := d.awaitAgain(tx, b, t.held); err != nil {
		return false, err
	}
	return true, d.alter(tx, key, nil, "partner", func(t *thread, _ *private) string {
		if b.by == ours {
			t.OurSeq, t.OurHead = m.Seq, b.parts.content
			t.Act.become(protocol.OnTheirDisk, "", "", d.now())
		} else {
			t.TheirSeq, t.TheirHead = m.Seq, b.parts.content
		}
		t.anew = true
		for i := range b.receipts {
			t.keepReceipt(b.by.other(), &b.receipts[i], nil)
		}
		return EventRestored
	})
}

func (a author) other() author {
	if a == ours {
		return theirs
	}
	return ours
}

// reopen makes a thread of an opener that came back. What our medium took before goes to no sink again.
func (d *Desk) reopen(tx *store.Tx, b *back, key store.LaneKey) error {
	m := b.manifest
	c, err := tx.NewCase()
	if err != nil {
		return err
	}
	if b.parts.open { // its content was destroyed at the partner: then it is at rest here too
		if err := tx.Erase(c); err != nil {
			return err
		}
	}
	t := &thread{
		Out: b.by == ours, Partner: b.pair.ID(), Referral: m.Referral, Terms: m.Terms, Opened: m.At, Expires: m.Expires, held: c, erased: b.parts.open,
		Status: protocol.StatusNew, StatusSince: m.At, Turn: protocol.Recipient, Version: 1, anew: true,
	}
	if b.referral != nil {
		t.Group, t.Mode = b.referral.Header.Group.ID.Text(), b.referral.Header.Mode.Value()
	}
	level := protocol.Received
	for i := range b.receipts {
		if r := &b.receipts[i].Receipt; rank[r.Level] >= rank[level] {
			level = r.Level
		}
		t.keepReceipt(b.by.other(), &b.receipts[i], nil)
	}
	t.become(protocol.TransportOf(level), "", "", time.UnixMilli(m.At))
	if b.by == ours {
		t.OurSeq, t.OurHead = 1, b.parts.content
	} else {
		t.TheirSeq, t.TheirHead = 1, b.parts.content
		t.Item = item{Seq: 1, State: itemDue, Since: d.now().UnixMilli()}
		if level != protocol.Received || t.erased {
			t.Item.State = itemDone
		}
	}
	parts := b.parts
	if err := tx.Put(messageKey(t.Partner, t.Referral, b.by, 1), parts.row(c, t.erased)); err != nil {
		return err
	}
	if b.referral != nil && !t.erased {
		if err := tx.Put(gistKey(t.Partner, t.Referral), store.Row{Case: c, Private: gistOf(b.referral)}); err != nil {
			return err
		}
	}
	if err := d.awaitAgain(tx, b, c); err != nil {
		return err
	}
	if err := tx.PutLane(key, t.row(&private{}), t.due(d.now())); err != nil {
		return err
	}
	return d.alter(tx, key, nil, "partner", func(now *thread, _ *private) string {
		now.also, now.anew, now.restored = t.also, true, true
		return EventRestored
	})
}
