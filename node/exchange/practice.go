package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Practice is how the practice partner's desk behaves on purpose as no partner should; package practice decides when.
// Such a desk takes practice referrals only.
type Practice struct {
	// Away says until when it is out of reach for a referral; a time that is over means that it is there.
	Away func(r *protocol.Referral, written time.Time) time.Time
	// Spoils says whether files that it sends about a referral arrive broken.
	Spoils func(r *protocol.Referral) bool
}

// admit asks whether the practice partner takes an opener now.
func (p *Practice) admit(a *arrival, now time.Time) error {
	if p == nil {
		return nil
	}
	if !a.referral.Header.Mode.Is(protocol.ModePractice) {
		return protocol.Errorf(protocol.CodeBeyond, "The practice partner takes practice referrals only.")
	}
	if until := p.Away(a.referral, time.UnixMilli(a.manifest.At)); until.After(now) {
		return &protocol.Error{Code: protocol.CodeBusy, RetryAt: until}
	}
	return nil
}

// spoil breaks a chunk of a file, when that is what the practice partner was asked for.
func (d *Desk) spoil(c *protocol.Chunk, id protocol.ReferralID) {
	if d.practice == nil || len(c.Sealed) == 0 {
		return
	}
	if r, err := d.Body(id); err == nil && d.practice.Spoils(r) {
		c.Sealed[len(c.Sealed)/2] ^= 1
	}
}

// Repeat sends our newest message of a thread once more, as a system does that lost its memory. The partner answers with
// the receipt that it gave before, and nothing takes effect twice. Nothing is stored here.
func (d *Desk) Repeat(ctx context.Context, id protocol.ReferralID) error {
	s := &step{}
	err := d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if s.thread, _, err = readThread(row); err != nil {
			return err
		}
		s.to = s.thread.Partner
		if s.pair, err = d.book.Pair(tx, s.to); err != nil {
			return err
		}
		s.message, s.erased, err = readMessage(tx, messageKey(s.to, id, ours, s.thread.OurSeq))
		return err
	})
	if err != nil {
		return fmt.Errorf("repeat a message: %w", err)
	}
	if s.erased {
		return fmt.Errorf("repeat a message: %w", store.ErrErased)
	}
	if err := s.pair.MaySend(againOf(s), d.now()); err != nil {
		return fmt.Errorf("repeat a message: %w", err)
	}
	answer, err := d.hand(ctx, s, crypto.Plain{Token: s.message.token, Salt: s.message.salt, Body: s.message.body})
	switch {
	case err != nil:
		return fmt.Errorf("repeat a message: %w", err)
	case answer.Receipt == nil:
		return fmt.Errorf("repeat a message: %w", errors.New("it was answered without the receipt of before"))
	}
	return nil
}
