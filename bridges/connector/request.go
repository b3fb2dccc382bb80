package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
)

// answers bounds what is read of an answer.
var answers = record.Limits{Size: maxAnswer, Depth: 32, Nodes: 200_000}

const (
	maxAnswer = 8 << 20
	timeout   = 30 * time.Second
	// pauseAfter429 is how long a system is left alone that wants fewer requests and does not say for how long.
	pauseAfter429 = 30 * time.Second
)

func hold(format string, args ...any) *bridges.Error {
	return &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf(format, args...)}
}

// do makes one request: signed in, within the system's limits. A sign-in that ran out is renewed once. The error is a
// *bridges.Error; an answer that says no is none.
func (c *connection) do(ctx context.Context, q *presets.Request, s scope, effect bool) (rest.Answer, error) {
	built, err := c.build(q, s)
	if err != nil {
		return rest.Answer{}, err
	}
	built.Effect = effect
	for again := false; ; again = true {
		if built.Sign, err = c.auth.signer(ctx, built.Body); err != nil {
			return rest.Answer{}, err
		}
		a, err := c.send(ctx, built)
		if err == nil && a.Status == http.StatusUnauthorized && !again && c.auth.forget(ctx) {
			continue
		}
		return a, err
	}
}

// send makes a request when the host may be asked.
func (c *connection) send(ctx context.Context, q rest.Request) (rest.Answer, error) {
	select {
	case c.gate <- struct{}{}:
		defer func() { <-c.gate }()
	case <-ctx.Done():
		return rest.Answer{}, &bridges.Error{Class: bridges.Temporary, Sentence: "Sending was interrupted before anything was sent. It is tried again.", Err: ctx.Err()}
	}
	u, err := url.Parse(q.Address)
	if err != nil {
		return rest.Answer{}, hold("The address of the request cannot be read. Check the settings of the connection.")
	}
	h, now := c.shared.host(u.Host), c.cfg.Now()
	if err := h.ready(now); err != nil {
		return rest.Answer{}, err
	}
	a, err := c.client.Ask(ctx, q)
	h.answered(now, err, a.Status)
	if err != nil {
		return a, err
	}
	limits := c.preset.Limits
	if pause := allowance(a.Header, limits.Remaining, limits.Reset, now); pause > 0 {
		h.rest(now, pause)
	}
	if a.Status == http.StatusTooManyRequests {
		pause := rest.Refusal(a, now).RetryAfter
		if pause == 0 {
			pause = time.Duration(limits.Pause)
		}
		if pause == 0 {
			pause = pauseAfter429
		}
		h.rest(now, pause)
	}
	return a, nil
}

// build fills the templates of a request.
func (c *connection) build(q *presets.Request, s scope) (rest.Request, error) {
	r := rest.Request{Method: q.Method, Header: http.Header{}, Limit: maxAnswer, Timeout: timeout}
	if t := time.Duration(c.preset.Limits.Timeout); t > 0 {
		r.Timeout = t
	}
	var err error
	if r.Address, err = c.address(q, s); err != nil {
		return r, err
	}
	if err := c.body(&r, q, s); err != nil {
		return r, err
	}
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json, application/xml;q=0.5")
	}
	for _, headers := range []map[string]string{c.preset.Headers, q.Header} {
		for name, template := range headers {
			value, err := s.expand(template, nil)
			if err != nil || !httpguts.ValidHeaderFieldValue(value) {
				return r, hold("The header %s holds characters that cannot be sent. Check the settings of the connection.", name)
			}
			if value != "" {
				r.Header.Set(name, value)
			}
		}
	}
	return r, nil
}

// address is the base, the path and the query. Parameters that come out empty are left out.
func (c *connection) address(q *presets.Request, s scope) (string, error) {
	whole := strings.HasPrefix(q.Path, "https://") || strings.HasPrefix(q.Path, "http://") || strings.HasPrefix(q.Path, "{page}")
	esc := escape
	if whole {
		esc = nil
	} else if name := presets.Whole(q.Path); strings.HasPrefix(name, "settings.") {
		esc = nil // a path that an administrator entered, with its slashes
	}
	path, err := s.expand(q.Path, esc)
	if err == nil && esc == nil && !whole { // and it may have variables of its own
		path, err = s.expand(path, escape)
	}
	if err != nil {
		return "", hold("The request cannot be made: %v.", err)
	}
	address := c.base.String() + path
	if whole {
		address = c.instead(path)
	} else if path != "" && path[0] != '/' && path[0] != '?' {
		address = c.base.String() + "/" + path
	}
	u, err := url.Parse(address)
	if err != nil || !c.mayReach(u) {
		return "", hold("The preset leads to an address that is none of %s. Nothing was sent.", c.preset.Title)
	}
	if whole && q.Path == "{page}" {
		return u.String(), nil
	}
	values := u.Query()
	for name, template := range q.Query {
		v, err := s.expand(template, nil)
		if err != nil {
			return "", hold("The request cannot be made: %v.", err)
		}
		if v != "" {
			values.Set(name, v)
		}
	}
	u.RawQuery = strings.ReplaceAll(values.Encode(), "+", "%20")
	return u.String(), nil
}

// instead gives a whole address of the preset, or what is asked in its place on a test system.
func (c *connection) instead(address string) string {
	u, err := url.Parse(address)
	if c.cfg.Settings["address"] == "" || err != nil || u.Host == c.base.Host {
		return address
	}
	if !slices.ContainsFunc(c.preset.Hosts, func(pattern string) bool { ok, err := path.Match(pattern, u.Hostname()); return ok && err == nil }) {
		return address
	}
	u.Scheme, u.Host = c.base.Scheme, c.base.Host
	return u.String()
}

func (c *connection) body(r *rest.Request, q *presets.Request, s scope) error {
	if q.As == "document" {
		r.Body = []byte(s.texts["document.bytes"])
		r.Header.Set("Content-Type", s.texts["document.type"])
		return nil
	}
	if q.Body == nil && q.As != "file" {
		return nil
	}
	n := record.NewObject()
	if q.Body != nil {
		filled, err := s.fill(q.Body)
		if err != nil {
			return hold("The request cannot be made: %v.", err)
		}
		if filled != nil {
			n = filled
		}
	}
	if q.As == "file" {
		if err := multipartForm(r, q.Field, n, s); err != nil {
			return hold("The request cannot be made: %v.", err)
		}
		return nil
	}
	if q.Text {
		asText(n)
	}
	b, err := record.EncodeJSON(n)
	if err != nil {
		return hold("The request cannot be made: %v.", err)
	}
	r.Body = b
	r.Header.Set("Content-Type", "application/json")
	if q.As == "form" {
		values := url.Values{}
		if q.Field != "" {
			values.Set(q.Field, string(b))
		} else {
			for _, m := range n.Children {
				values.Set(m.Name, m.Text)
			}
		}
		r.Body = []byte(values.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return nil
}

// judge says what an answer means. sent is what was sent, to know its fields; it may be nil.
func (c *connection) judge(a rest.Answer, ok []int, sent *record.Node) error {
	answered := rest.Decode(a, answers)
	for i := range c.rules {
		if e := c.rules[i].apply(a, answered, sent); e != nil {
			if e.RetryAfter == 0 {
				e.RetryAfter = rest.Refusal(a, c.cfg.Now()).RetryAfter
			}
			return e
		}
	}
	if ok == nil {
		ok = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent}
	}
	if !slices.Contains(ok, a.Status) {
		e := rest.Refusal(a, c.cfg.Now())
		if e.Class == bridges.Permanent {
			e.Field = rest.RefusedField(a, sent, nil)
			e.Sentence = c.refused(e.Field, a.Status)
		}
		return e
	}
	if a.Status != http.StatusNoContent && len(a.Body) > 0 && webPage(a) {
		return hold("%s answered with a web page instead of data, as sign-in pages do. Check the address and the sign-in.", c.preset.Title)
	}
	return nil
}

func (c *connection) refused(field string, status int) string {
	if field == "" {
		return fmt.Sprintf("%s refused the referral (%d). Correct the mapping or the values and send it again.", c.preset.Title, status)
	}
	return fmt.Sprintf("%s refused the referral because of its field %q (%d). Correct the mapping or the value and send it again.", c.preset.Title, field, status)
}

func webPage(a rest.Answer) bool { return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") }

// stay keeps an unknown state unknown when something before the request went wrong: else the next attempt would send again.
func stay(err error, unknown bool) error {
	var e *bridges.Error
	if unknown && errors.As(err, &e) && e.Class == bridges.Temporary {
		told := *e
		told.Class = bridges.Unknown
		return &told
	}
	return err
}
