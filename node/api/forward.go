package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"

	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

type forwardInput struct {
	ID   string `path:"id" maxLength:"100"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request passes it on once."`
	Body struct {
		To   []string           `json:"to" minItems:"1" maxItems:"50" doc:"Partners, by name or organization id."`
		Rule protocol.GroupRule `json:"rule,omitempty" enum:"all,first-accepted" doc:"Of several: whether all may help, or the first to accept is the only one."`
	}
}

func (s *Server) forwards() {
	add(s, http.MethodPost, "/v1/referrals/{id}/forward", "forward-referral", "Send a referral to somebody else: re-route your own after a decline, or pass on one that you received where its consent allows it", s.forward)
}

func (s *Server) forward(ctx context.Context, c caller, in *forwardInput) (posted, error) {
	p := exchange.Passing{First: in.Body.Rule == protocol.GroupFirstAccepted, Actor: c.actor, Key: in.Key}
	for _, name := range in.Body.To {
		id, err := c.org.Connections().Partner(name)
		if err != nil {
			return posted{}, err
		}
		p.To = append(p.To, id)
	}
	if in.Key != "" {
		whole, err := json.Marshal([]any{in.ID, in.Body})
		if err != nil {
			return posted{}, err
		}
		p.KeyHash = sha256.Sum256(whole)
	}
	card := c.org.Contact()
	p.Contact = protocol.Worker{Name: protocol.Of[protocol.Text](card.Name), Phone: protocol.Of[protocol.Text](card.Phone), Email: protocol.Of[protocol.Email](card.Email)}
	sent, err := c.org.Desk().PassOn(ctx, protocol.ReferralID(in.ID), p)
	if err != nil {
		return posted{}, err
	}
	return s.posted(c, connection.Result{Group: sent.Group, Parts: sent.Parts}), nil
}
