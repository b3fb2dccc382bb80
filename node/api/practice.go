package api

import (
	"context"
	"net/http"

	"referworks/node/practice"
	"referworks/protocol"
)

// practicing says whether an organization can practice, and how.
type practicing struct {
	Ready     bool                `json:"ready" doc:"The practice partner is a partner; it may take a moment until it can be sent to."`
	Partner   protocol.OrgID      `json:"partner,omitempty"`
	Name      string              `json:"name" doc:"Name it as the recipient."`
	Behaviors []practice.Behavior `json:"behaviors" doc:"A word in the name of the referred person decides how it answers; the one without a word is for every other name."`
}

func (s *Server) practice() {
	add(s, http.MethodGet, "/v1/practice", "show-practice", "Show the practice partner and how it answers", func(_ context.Context, c caller, _ *struct{}) (practicing, error) {
		id, ok := c.org.Practice()
		return practicingWith(id, ok), nil
	})
	add(s, http.MethodPost, "/v1/practice", "start-practice", "Make the node's practice partner a partner; again is no error", func(ctx context.Context, c caller, _ *struct{}) (practicing, error) {
		id, err := c.org.JoinPractice(ctx)
		return practicingWith(id, err == nil), err
	})
}

func practicingWith(id protocol.OrgID, ready bool) practicing {
	out := practicing{Ready: ready, Name: practice.Name, Behaviors: practice.Behaviors}
	if ready {
		out.Partner = id
	}
	return out
}
