package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/crypto"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// withoutValues strips what the framework echoes of a wrong input: a problem names the place, never the value
// (RFC 9457; docs/operate.md says why).
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	if m, ok := v.(*huma.ErrorModel); ok {
		for _, d := range m.Errors {
			d.Value = nil
		}
	}
	return v, nil
}

// problem turns an error of the house into a problem document: what happened, to what, and what to do next.
func (s *Server) problem(err error) error {
	var (
		pe         *protocol.Error
		problems   *protocol.Problems
		unreadable *connection.Unreadable
		notNow     *exchange.NotNow
		mistakes   *mapping.Problems
		notReady   *connection.NotReady
		stale      *connection.StaleDraft
		flaws      *connection.Flaws
		amiss      *Amiss
		ahead      *otherLog
	)
	if refused := accountProblem(err); refused != nil {
		return refused
	}
	if errors.Is(err, errOwners) {
		return huma.Error403Forbidden(err.Error())
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unreadable):
		return huma.Error400BadRequest("This document could not be read, so nothing was stored: " + unreadable.Error())
	case errors.As(err, &problems):
		var all []error
		for _, p := range problems.List {
			all = append(all, &huma.ErrorDetail{Message: p.Sentence, Location: p.Path})
		}
		if errors.Is(err, exchange.ErrStep) {
			return huma.Error422UnprocessableEntity("This step is not complete, so it was not taken. Correct what is named here and take it again.", all...)
		}
		return huma.Error422UnprocessableEntity("The referral is not complete, so it was not sent. Correct the fields named here and post it again.", all...)
	case errors.As(err, &mistakes):
		var all []error
		for _, p := range mistakes.All {
			all = append(all, &huma.ErrorDetail{Message: p.Sentence, Location: p.At})
		}
		return huma.Error422UnprocessableEntity("The mapping document has mistakes. Correct what is named here.", all...)
	case errors.As(err, &notReady):
		var all []error
		for _, sentence := range notReady.Failed {
			all = append(all, &huma.ErrorDetail{Message: sentence, Location: "tests"})
		}
		return huma.Error422UnprocessableEntity("Tests of the mapping fail, so it was not published. Correct the rules or the tests, or publish it untested.", all...)
	case errors.As(err, &flaws):
		var all []error
		for _, f := range flaws.List {
			all = append(all, &huma.ErrorDetail{Message: f.Sentence, Location: f.At})
		}
		return huma.Error422UnprocessableEntity(flaws.Error(), all...)
	case errors.As(err, &amiss):
		return huma.Error422UnprocessableEntity(amiss.Error(), &huma.ErrorDetail{Message: amiss.Sentence, Location: amiss.At})
	case errors.Is(err, connection.ErrInUse):
		return huma.Error409Conflict(err.Error())
	case errors.As(err, &ahead):
		return huma.Error409Conflict(ahead.Error())
	case errors.As(err, &stale):
		return huma.Error409Conflict(stale.Error())
	case errors.As(err, &notNow):
		return huma.Error409Conflict(notNow.Error())
	case errors.Is(err, exchange.ErrStep):
		return huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, store.ErrErased):
		return huma.Error404NotFound("What this referral said was destroyed here; its signatures are still in the proof.")
	case errors.Is(err, exchange.ErrFileState):
		return huma.Error409Conflict("The content of this file is not here: it is still coming, it was blocked because it is not safe, or it never came whole. Look at its state, and ask the partner to send it again.")
	case errors.Is(err, exchange.ErrKeyReused):
		return huma.Error409Conflict("This Idempotency-Key was used before with another document. Use a new key for a new document.")
	case errors.Is(err, connection.ErrLease):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, exchange.ErrUnderWay):
		return huma.Error409Conflict("This referral is being handed over just now. Look at it again in a moment.")
	case errors.Is(err, store.ErrFull):
		return huma.Error503ServiceUnavailable("The node has too little free disk space to take new work. Tell who runs it; nothing that was accepted is lost.")
	case errors.Is(err, connection.ErrNone), errors.Is(err, partner.ErrNone), errors.Is(err, exchange.ErrNone), errors.Is(err, exchange.ErrNoFile), errors.Is(err, store.ErrNotFound), errors.Is(err, errNoKey):
		return huma.Error404NotFound(err.Error())
	case errors.As(err, &pe):
		switch pe.Code.Class() {
		case protocol.Temporary:
			return huma.Error503ServiceUnavailable(pe.Text())
		default:
			return huma.NewError(http.StatusConflict, pe.Text())
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable("The node did not finish in time. Try again; with the same Idempotency-Key nothing is sent twice.")
	case errors.Is(err, errInput):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return huma.Error422UnprocessableEntity(err.Error())
}

// errOwners keeps an admin from becoming one.
var errOwners = errors.New("only an owner may make a person owner, or change what an owner may do")

var errInput = errors.New("")

// inLanguage lets a refusal speak the caller's language.
func inLanguage(err error, language string) error {
	var no *exchange.NotNow
	if errors.As(err, &no) {
		spoken := *no
		spoken.Language = language
		return &spoken
	}
	return err
}

// readReferral reads a document in the common standard, as strictly as one from a partner.
func readReferral(b []byte, r *protocol.Referral) error {
	if err := crypto.Unmarshal(b, r); err != nil {
		return fmt.Errorf("%w: the new version is not a referral of the common standard: %w", exchange.ErrStep, err)
	}
	return nil
}
