package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"referworks/bridges"
)

// folder is a folder of a mailbox elsewhere, over a connection that ends with the context that it was opened with.
type folder interface {
	// Validity changes when the numbers of the mails do.
	Validity() uint32
	// Since lists the mails above a number, smallest first, with their sizes.
	Since(uid uint32) ([]entry, error)
	// Fetch gives a mail as it is, without marking it read; of one that is too large, only its header.
	Fetch(uid uint32, header bool) ([]byte, error)
	// Done puts a mail away.
	Done(uid uint32, processed string) error
	// Wait returns when something may have come, at the latest after d.
	Wait(ctx context.Context, d time.Duration) error
	Close()
}

type entry struct {
	uid  uint32
	size int64
}

// cursor says how far a folder was read.
type cursor struct {
	Validity uint32 `json:"validity"`
	UID      uint32 `json:"uid"`
}

const cursorName = "imap-cursor"

// poll reads a folder until ctx ends, over one connection after the other.
func (m *mailbox) poll(ctx context.Context, accept bridges.Accept) error {
	rest := time.Second
	for {
		err := m.visit(ctx, accept, func() { rest = time.Second })
		if ctx.Err() != nil {
			return nil
		}
		m.health(err)
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		rest = min(2*rest, 5*time.Minute)
	}
}

// visit reads over one connection until that breaks.
func (m *mailbox) visit(ctx context.Context, accept bridges.Accept, worked func()) error {
	f, err := m.dialFolder(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		again, err := m.collect(ctx, f, accept)
		if err != nil {
			return err
		}
		worked()
		m.health(nil)
		if again {
			continue
		}
		if err := m.sweep(ctx); err != nil {
			return err
		}
		if err := f.Wait(ctx, m.incoming.every); err != nil {
			return err
		}
	}
}

// collect takes in what is new. A mail is put away after it was taken, and then the cursor moves: whatever is cut off in
// between comes again and is known by its key.
func (m *mailbox) collect(ctx context.Context, f folder, accept bridges.Accept) (some bool, err error) {
	at, err := m.cursor()
	if err != nil {
		return false, err
	}
	if at.Validity != f.Validity() {
		at = cursor{Validity: f.Validity()}
	}
	list, err := f.Since(at.UID)
	if err != nil {
		return false, err
	}
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := m.take(ctx, f, e, accept); err != nil {
			return false, err
		}
		if err := f.Done(e.uid, m.incoming.processed); err != nil {
			return false, err
		}
		at.UID = e.uid
		b, err := json.Marshal(at)
		if err != nil {
			return false, err
		}
		if err := m.state.Save(ctx, cursorName, b); err != nil {
			return false, err
		}
	}
	return len(list) > 0, nil
}

func (m *mailbox) cursor() (cursor, error) {
	var at cursor
	b, err := m.state.Load(cursorName)
	if err != nil || len(b) == 0 {
		return at, err
	}
	if err := json.Unmarshal(b, &at); err != nil {
		return cursor{}, fmt.Errorf("read how far the mailbox was read: %w", err)
	}
	return at, nil
}

// take hands one mail over. Only what may be tried again is an error.
func (m *mailbox) take(ctx context.Context, f folder, e entry, accept bridges.Accept) error {
	if e.size > maxMail {
		head, err := f.Fetch(e.uid, true)
		if err != nil {
			return err
		}
		_, err = accept(ctx, bridges.Inbound{
			Document: original(head), Key: (&letter{}).key(head),
			Unread: fmt.Sprintf("A mail of more than %d MB is in the mailbox. Here is its header; read it in the mailbox.", maxMail>>20),
		})
		return err
	}
	raw, err := f.Fetch(e.uid, false)
	if err != nil {
		return err
	}
	_, err = m.arrive(ctx, raw, envelope{}, accept)
	if err == nil || class(err) != bridges.Permanent {
		return err
	}
	// It will never be taken as what it seems to be, so a person gets it: the mailbox cannot be told no.
	var why *bridges.Error
	errors.As(err, &why)
	_, err = accept(ctx, bridges.Inbound{Document: original(raw), Key: (&letter{}).key(raw), Unread: "A mail was not taken: " + why.Sentence + " Look at the original and decide."})
	return err
}
