package email

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"referworks/bridges"
)

var errCut = errors.New("the process ended here")

// shelf is a folder of a mailbox elsewhere. It is what a cut cannot undo: what was put away is away.
type shelf struct {
	mails map[uint32][]byte
	cut   string // where the process ends, once
}

func (s *shelf) at(step string) error {
	if s.cut != step {
		return nil
	}
	s.cut = ""
	return errCut
}

func (*shelf) Validity() uint32 { return 7 }

func (s *shelf) Since(uid uint32) (list []entry, _ error) {
	for n, b := range s.mails {
		if n > uid {
			list = append(list, entry{n, int64(len(b))})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return int(a.uid) - int(b.uid) })
	return list, s.at("listed")
}

func (s *shelf) Fetch(uid uint32, _ bool) ([]byte, error) { return s.mails[uid], s.at("fetched") }

func (s *shelf) Done(uid uint32, _ string) error {
	if err := s.at("taken"); err != nil {
		return err
	}
	delete(s.mails, uid)
	return s.at("put away")
}

func (*shelf) Wait(context.Context, time.Duration) error { return nil }
func (*shelf) Close()                                    {}

// cursors keeps the cursor, and may be cut off before or behind that.
type cursors struct {
	forgetful
	shelf *shelf
}

func (c *cursors) Save(ctx context.Context, name string, b []byte) error {
	if err := c.shelf.at("not yet noted"); err != nil {
		return err
	}
	return errors.Join(c.forgetful.Save(ctx, name, b), c.shelf.at("noted"))
}

// A process that ends between any two steps of fetching a mail takes it in once, and leaves none in the mailbox.
func TestIMAPCutBetweenSteps(t *testing.T) {
	for _, step := range []string{"listed", "fetched", "handed", "kept", "taken", "put away", "not yet noted", "noted"} {
		n := newNode()
		s := &shelf{cut: step, mails: map[uint32][]byte{1: []byte(byProvider("1")), 2: []byte(byProvider("2")), 5: []byte(byProvider("5"))}}
		kept := &cursors{shelf: s}
		accept := func(ctx context.Context, in bridges.Inbound) (bridges.Accepted, error) {
			if err := s.at("handed"); err != nil {
				return bridges.Accepted{}, err
			}
			got, err := n.accept(ctx, in)
			return got, errors.Join(err, s.at("kept")) // the node has it, and nobody heard so
		}
		cut := false
		for {
			m := boxOf(t, map[string]string{"inbox": "imap", "imap-host": "mail.elm.example", "imap-user": "intake", "provider": "mx.provider.example"}) // as after a start
			m.state = kept
			some, err := m.collect(t.Context(), s, accept)
			if cut = cut || errors.Is(err, errCut); err != nil && !errors.Is(err, errCut) {
				t.Fatalf("%s: %v", step, err)
			}
			if err == nil && !some {
				break
			}
		}
		if !cut || len(n.all()) != 3 || len(s.mails) != 0 {
			t.Errorf("%s: cut off %t, %d mails taken, %d left in the mailbox", step, cut, len(n.all()), len(s.mails))
		}
	}
}
