package connection

import (
	"context"
	"errors"
	"strings"

	"referworks/bridges"
	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/protocol"
)

var errNoDelivery = errors.New("this referral is not here any more, or was never handed over through this connection")

// again makes a delivery anew from what is stored, for the connection that it was handed over through (see
// bridges.Config.Again). A bridge asks for it to show it to a person, so the view is recorded.
func (s *Set) again(ctx context.Context, id, key string) (d bridges.Delivery, err error) {
	c, err := s.Connection(id)
	if err != nil {
		return d, errNoDelivery
	}
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return d, errNoDelivery
	}
	t, err := s.Desk.Thread(protocol.ReferralID(parts[1]))
	if err != nil || t.Direction != "in" {
		return d, errNoDelivery
	}
	if through, err := s.through(&t); err != nil || through != id {
		return d, errNoDelivery
	}
	list, err := s.Desk.Messages(t.Referral)
	if err != nil {
		return d, errNoDelivery
	}
	for _, m := range list {
		if m.Ours || deliveryKey(t.Partner, t.Referral, m.Seq) != key || m.Kind != protocol.KindReferral {
			continue
		}
		if m.Erased {
			return d, errors.New("what this referral said was destroyed here")
		}
		item := exchange.Item{From: t.Partner, Referral: t.Referral, Seq: m.Seq, Kind: m.Kind, Practice: t.Practice, Attempt: 1, Body: new(protocol.Referral)}
		if err := crypto.Unmarshal(m.Body, item.Body); err != nil {
			return d, errNoDelivery
		}
		if d, _, err = s.delivery(&c, &item); err != nil {
			return d, err
		}
		return d, s.Desk.Viewed(ctx, t.Referral, "connection "+id)
	}
	return d, errNoDelivery
}
