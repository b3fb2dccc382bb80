package rest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/go-resty/resty/v2"

	"referworks/bridges"
)

type sink struct {
	*settings
	client *resty.Client
}

var (
	_ bridges.Sink   = (*sink)(nil)
	_ bridges.Tester = (*sink)(nil)
	_ bridges.Once   = (*sink)(nil)
)

func open(cfg bridges.Config, only string) (*sink, error) {
	s, err := parse(cfg, only)
	if err != nil {
		return nil, err
	}
	transport := NewTransport(bridges.Guard{AllowPrivate: s.private, OnlyPrivate: s.url.Scheme == "http"}, s.tls())
	// On a connection that was used before, net/http sends a request with an Idempotency-Key again by itself when
	// the answer does not come. Only a system that honors the key may get that.
	transport.DisableKeepAlives = !s.idempotent
	client := resty.NewWithClient(&http.Client{Transport: transport})
	client.SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }))
	client.SetDoNotParseResponse(true) // we read the answer ourselves, within limits
	client.SetLogger(silent{}).SetDisableWarn(true)
	client.SetHeader("User-Agent", "Referworks").SetHeader("Accept", accept(only))
	client.SetPreRequestHook(func(_ *resty.Client, r *http.Request) error {
		s.sign(r)
		return nil
	})
	return &sink{s, client}, nil
}

// Once tells that the system would take a repeated post as a second referral, and cannot be asked for the first.
func (s *sink) Once() bool { return !s.idempotent && s.lookup == "" }

func accept(only string) string {
	if only == "xml" {
		return "application/xml, text/xml;q=0.9, application/json;q=0.5"
	}
	return "application/json, application/problem+json, application/xml;q=0.5"
}

// silent drops the library's log, which would name addresses.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// Deliver posts the document, or finds that it is there already.
func (s *sink) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	if s.only != "" && d.Document.Format != s.only {
		return bridges.Outcome{}, &bridges.Error{Class: bridges.Hold, Sentence: "This connection takes XML only, and its format is another one. Set the connection's format to xml."}
	}
	if s.lookup != "" {
		out, found, err := s.find(ctx, d)
		if found || err != nil {
			return out, err
		}
	} else if d.Unknown && !s.idempotent {
		return bridges.Outcome{}, hold("We do not know whether the referral arrived: the system's answer got lost. Look there for the reference number, then send it again or mark it as done.")
	}
	a, err := s.ask(ctx, http.MethodPost, s.url.String(), d)
	if err != nil {
		return bridges.Outcome{}, err
	}
	s.log.Debug("asked a system", "status", a.status, "attempt", d.Attempt)
	return s.judge(a, d)
}

// Test asks whether the system is there and accepts the sign-in. HEAD changes nothing (RFC 9110, section 9.2.1); a
// system that does not know it for this address is there all the same.
func (s *sink) Test(ctx context.Context) error {
	a, err := s.ask(ctx, http.MethodHead, s.url.String(), bridges.Delivery{})
	if err != nil {
		return err
	}
	switch {
	case a.status/100 == 3, a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusProxyAuthRequired:
		return refusal(a)
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		return fmt.Errorf("the system is there, but knows nothing at this address (%d): check the address, unless the system answers so to everything but a POST", a.status)
	case a.status/100 == 5 && a.status != http.StatusNotImplemented:
		return fmt.Errorf("the system is there, but answers with an error of its own (%d): ask who runs it", a.status)
	}
	return nil
}

// answer is what came back. The body is nil when it could not be read whole within maxAnswer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// maxAnswer bounds the body of an answer, in bytes. More is not read.
const maxAnswer = 1 << 20

// ask makes one request. The error is an *Error: Unknown once a byte of the request may have reached the system and
// no status came back.
func (s *sink) ask(ctx context.Context, method, address string, d bridges.Delivery) (answer, error) {
	var began, failed atomic.Bool
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { began.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { failed.Store(info.Err != nil) },
	}), s.timeout)
	defer cancel()
	r := s.client.R().SetContext(ctx)
	if method == http.MethodPost {
		r.SetBody(d.Document.Bytes).SetHeader("Content-Type", d.Document.MediaType).SetHeader("Idempotency-Key", d.Key)
	}
	if d.Reference != "" {
		r.SetHeader("X-Referworks-Reference", d.Reference)
	}
	if d.Practice {
		r.SetHeader("X-Referworks-Practice", "true")
	}
	response, err := r.Execute(method, address)
	if err != nil {
		return answer{}, broken(err, method == http.MethodPost && began.Load() && !failed.Load())
	}
	raw := response.RawResponse
	defer raw.Body.Close()
	a := answer{status: raw.StatusCode, header: raw.Header}
	if e := raw.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return a, nil // we asked for none, and unpack nothing
	}
	// The status is the answer. A body that breaks off or does not end takes nothing of it back.
	if body, err := io.ReadAll(io.LimitReader(raw.Body, maxAnswer+1)); err == nil && len(body) <= maxAnswer {
		a.body = body
	}
	return a, nil
}
