package rest

import (
	"context"
	"fmt"
	"net/http"

	"referworks/bridges"
)

type sink struct {
	*settings
	client *Client
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
	return &sink{s, NewClient(transport)}, nil
}

// Once tells that the system would take a repeated post as a second referral, and cannot be asked for the first.
func (s *sink) Once() bool { return !s.idempotent && s.lookup == "" }

func accept(only string) string {
	if only == "xml" {
		return "application/xml, text/xml;q=0.9, application/json;q=0.5"
	}
	return "application/json, application/problem+json, application/xml;q=0.5"
}

// Deliver posts the document, or finds that it is there already.
func (s *sink) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	out, err := s.deliver(ctx, d)
	if err == nil && len(d.Files) > 0 {
		out.Left = "The files that came along did not go into your system, which takes the document alone: download them from the inbox."
	}
	return out, err
}

func (s *sink) deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
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
	s.log.Debug("asked a system", "status", a.Status, "attempt", d.Attempt)
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
	case a.Status/100 == 3, a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status == http.StatusProxyAuthRequired:
		return refusal(a)
	case a.Status == http.StatusNotFound, a.Status == http.StatusGone:
		return fmt.Errorf("the system is there, but knows nothing at this address (%d): check the address, unless the system answers so to everything but a POST", a.Status)
	case a.Status/100 == 5 && a.Status != http.StatusNotImplemented:
		return fmt.Errorf("the system is there, but answers with an error of its own (%d): ask who runs it", a.Status)
	}
	return nil
}

// ask makes one request. The error is an *Error: see Client.Ask.
func (s *sink) ask(ctx context.Context, method, address string, d bridges.Delivery) (Answer, error) {
	r := Request{Method: method, Address: address, Header: http.Header{}, Effect: method == http.MethodPost, Keyed: s.idempotent, Timeout: s.timeout, Sign: s.sign}
	if method == http.MethodPost {
		r.Body = d.Document.Bytes
		r.Header.Set("Content-Type", d.Document.MediaType)
		r.Header.Set("Idempotency-Key", d.Key)
	}
	if d.Reference != "" {
		r.Header.Set("X-Referworks-Reference", d.Reference)
	}
	if d.Practice {
		r.Header.Set("X-Referworks-Practice", "true")
	}
	r.Header.Set("Accept", accept(s.only))
	return s.client.Ask(ctx, r)
}
