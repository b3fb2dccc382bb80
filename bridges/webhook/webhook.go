// Package webhook tells an organization's own program what happens to its referrals, by HTTP POST in the convention of
// Standard Webhooks: an id that stays the same at each attempt, a time, and a signature over both and the body.
//
// A program that remembers the ids is told everything once. So a lost answer is no question for a person here: the same
// event is posted again.
package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// Hook posts events to one program.
type Hook struct {
	*settings
	client *rest.Client
}

var (
	_ bridges.Sink   = (*Hook)(nil)
	_ bridges.Teller = (*Hook)(nil)
	_ bridges.Tester = (*Hook)(nil)
)

// Open opens a connection of the kind. It dials nothing.
func Open(cfg bridges.Config) (*Hook, error) {
	s, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	transport := rest.NewTransport(bridges.Guard{AllowPrivate: cfg.AllowPrivate, OnlyPrivate: s.url.Scheme == "http"}, s.tls())
	return &Hook{s, rest.NewClient(transport)}, nil
}

// Deliver tells that a referral arrived, with its document when the connection is set to that.
func (h *Hook) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	status, err := h.Post(ctx, d.Key, arrived(d, h.whole, h.now()))
	if err != nil {
		return bridges.Outcome{}, err
	}
	return bridges.Outcome{Detail: "status " + strconv.Itoa(status)}, nil
}

// Updates tells that a newer version is posted as the first one was: the program knows it by its id.
func (h *Hook) Updates() bool { return true }

// Tell tells a step of the partner. A new version of a referral is delivered and told: its two events have two ids.
func (h *Hook) Tell(ctx context.Context, n bridges.News) error {
	_, err := h.Post(ctx, n.Key+"/told", told(n))
	return err
}

// Test posts a ping, signed as everything else.
func (h *Hook) Test(ctx context.Context) error {
	_, err := h.Post(ctx, "ping-"+rand.Text(), Event{Type: typePing, Timestamp: stamp(h.now())})
	return err
}

// Post posts one event and gives the status of the answer. The error is a *bridges.Error. The id is the same whenever the
// same event is posted again.
func (h *Hook) Post(ctx context.Context, id string, e Event) (int, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return 0, &bridges.Error{Class: bridges.Hold, Sentence: "The document of this referral is not the JSON that the connection says it is. Check the connection's format.", Err: err}
	}
	at := h.now()
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	header.Set("Webhook-Signature", sign(h.secrets, id, at, body))
	a, err := h.client.Ask(ctx, rest.Request{Method: http.MethodPost, Address: h.url.String(), Header: header, Body: body, Effect: true, Keyed: true, Timeout: h.timeout})
	if err != nil {
		return 0, harmless(err)
	}
	h.log.Debug("posted to a program", "status", a.Status)
	if a.Status/100 != 2 {
		return a.Status, refusal(a, at)
	}
	return a.Status, nil
}

// harmless makes an unknown state one that is simply tried again: a program knows the id.
func harmless(err error) error {
	var e *bridges.Error
	if !errors.As(err, &e) || e.Class != bridges.Unknown {
		return err
	}
	return &bridges.Error{Class: bridges.Temporary, Sentence: "Your program did not answer in time, or its answer got lost. The same is posted again, under the same webhook-id.", RetryAfter: e.RetryAfter, Err: e.Err}
}

// refusal says what an answer other than 2xx means.
func refusal(a rest.Answer, now time.Time) *bridges.Error {
	e := rest.Refusal(a, now)
	switch code := a.Status; code {
	case http.StatusGone:
		e.Class, e.Sentence = bridges.Permanent, "Your program says that nobody listens at this address any more (410). Pause the connection or remove it, or enter the new address and send again what waits."
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("Your program did not accept our signature (%d). Check that it has the secret of this connection and that its clock is right, then send it again.", code)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Class, e.Sentence = bridges.Permanent, fmt.Sprintf("Your program refused what we posted (%d). Its log says why; it may have another secret. Correct that and send it again.", code)
	case http.StatusConflict:
		e.Class, e.Sentence = bridges.Hold, "Your program says that it has this already (409). Look there, and mark it as done. A program should answer 200 to what it knows."
	case http.StatusGatewayTimeout:
		e.Class, e.Sentence = bridges.Temporary, "A gateway before your program waited in vain for its answer (504). The same is posted again, under the same webhook-id."
	}
	return e
}
