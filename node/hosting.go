package node

import (
	"context"
	"encoding/json"

	"referworks/node/api"
	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
)

// Hosting is what who runs the node lets the organization do.
func (o *Organization) Hosting() api.Hosting {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Hosting
}

// hosted is Hosting as the desk asks for it.
func (o *Organization) hosted() exchange.Hosted {
	h := o.Hosting()
	return exchange.Hosted{Suspended: h.Suspended, PerDay: h.PerDay}
}

// SetHosting suspends or resumes the organization, or changes its limit. nil means durable; the organization's own log
// says who did it and why. Since is set here.
func (o *Organization) SetHosting(ctx context.Context, actor string, h api.Hosting) error {
	o.change.Lock()
	defer o.change.Unlock()
	was, now := o.Hosting(), o.node.now().UnixMilli()
	kind := "organization.limits"
	switch {
	case h.Suspended && !was.Suspended:
		kind, h.Since = "organization.suspended", now
	case h.Suspended:
		h.Since = was.Since
	default:
		h.Since, h.Reason = 0, ""
		if was.Suspended {
			kind = "organization.resumed"
		}
	}
	details, err := json.Marshal(h)
	if err != nil {
		return err
	}
	next, err := o.put(ctx, func(a *about) { a.Hosting = h }, func(tx *store.Tx) error {
		_, err := audit.Record(tx, audit.Event{At: now, Actor: actor, Kind: kind, Subject: string(o.id), Details: details})
		return err
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.about = next
	o.mu.Unlock()
	if was.Suspended && !h.Suspended { // and their back-off ends when they hear from us
		o.desk.GoOn()
		for _, p := range o.book.List() {
			if p.Related() {
				o.desk.PartnerChanged(p.ID())
				o.node.touch.soon(pairID{o.id, p.ID()}, o.node.now())
			}
		}
	}
	return nil
}

// Created is when the organization was made, in ms since 1970.
func (o *Organization) Created() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.about.Created
}

func (s seat) SetHosting(ctx context.Context, h api.Hosting) error {
	return s.Organization.SetHosting(ctx, api.ActorOf(ctx), h)
}
