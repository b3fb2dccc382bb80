package connection

import (
	"context"
	"errors"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// updates tells whether a medium takes a newer version of what it took before.
func updates(bridge any) bool {
	u, ok := bridge.(bridges.Updater)
	if !ok || !u.Updates() {
		return false
	}
	_, sink := bridge.(bridges.Sink)
	return sink
}

// changes tells whether a step of the sender changes what was handed over: the referral itself, or its files.
func changes(n *bridges.News) bool {
	return n.Kind == protocol.KindUpdate || len(n.Step.Files) > 0
}

// update hands the version that a step made, and the files that came with it, to the medium that has the referral. What it
// does may be repeated.
func (s *Set) update(ctx context.Context, c *Connection, sink bridges.Sink, n *bridges.News, seq int64) error {
	t, err := s.Desk.Thread(n.Referral)
	if err != nil || t.Direction != "in" {
		return err
	}
	item := exchange.Item{From: t.Partner, Referral: n.Referral, Seq: seq, Kind: protocol.KindUpdate, Practice: t.Practice, Attempt: n.Attempt, Unknown: n.Unknown, Body: n.Step.Referral}
	if item.Body == nil { // files alone
		if item.Body, err = s.Desk.Body(n.Referral); errors.Is(err, store.ErrErased) {
			return nil
		} else if err != nil {
			return err
		}
	}
	d, _, err := s.delivery(c, &item)
	if err != nil {
		return err
	}
	out, err := sink.Deliver(ctx, d)
	if err != nil {
		return s.atOurField(err, c)
	}
	if out.Left != "" {
		s.Log.Info("did not hand over all files of a referral", "organization", s.Self.Short(), "connection", c.ID, "referral", n.Referral)
	}
	return nil
}
