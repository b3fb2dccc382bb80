package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/node/exchange"
)

type settingsInput struct{ Body exchange.Rules }

func (s *Server) settings() {
	addRead(s, "/v1/settings", "show-settings", "Show what the organization asks of itself", func(_ context.Context, c caller, _ *none) (exchange.Rules, state, error) {
		r := c.org.Rules()
		return r, same(r), nil
	})
	now := func(c caller, _ *settingsInput) (state, error) { return same(c.org.Rules()), nil }
	addChange(s, http.MethodPut, "/v1/settings", "set-settings", "Replace the settings", now, func(ctx context.Context, c caller, in *settingsInput) (exchange.Rules, error) {
		if err := c.org.SetRules(ctx, in.Body); errors.Is(err, exchange.ErrRules) {
			return exchange.Rules{}, huma.Error422UnprocessableEntity(err.Error())
		} else if err != nil {
			return exchange.Rules{}, err
		}
		return c.org.Rules(), nil
	})
}
