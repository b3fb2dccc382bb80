package rest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
)

// Client makes single requests: no redirect is followed, nothing is sent twice, and answers are read within limits.
type Client struct{ resty *resty.Client }

// NewClient returns a client over a transport of NewTransport.
func NewClient(t *http.Transport) *Client {
	client := resty.NewWithClient(&http.Client{Transport: t})
	client.SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }))
	client.SetDoNotParseResponse(true) // we read the answer ourselves, within limits
	client.SetLogger(silent{}).SetDisableWarn(true)
	client.SetHeader("User-Agent", "Referworks")
	client.SetPreRequestHook(func(_ *resty.Client, r *http.Request) error {
		q, ok := r.Context().Value(asking{}).(*Request)
		if !ok {
			return nil
		}
		if q.Effect && !q.Keyed {
			r.GetBody = nil // else net/http itself sends it again when it has an Idempotency-Key and the answer does not come
		}
		if q.Sign != nil {
			q.Sign(r)
		}
		return nil
	})
	return &Client{client}
}

type asking struct{}

// silent drops the library's log, which would name addresses.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// Request is one request to a system.
type Request struct {
	Method  string
	Address string
	Header  http.Header
	Body    []byte
	Effect  bool                // it may change something there: a lost answer leaves an unknown state
	Keyed   bool                // its Idempotency-Key is honored: net/http may send it again by itself
	Timeout time.Duration       // of the whole request, with its answer
	Limit   int                 // bytes of the answer's body that are read; 0: 1 MiB
	Sign    func(*http.Request) // adds the sign-in; may be nil
}

// Answer is what came back. The body is nil when it could not be read whole within the limit.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// maxAnswer bounds the body of an answer, in bytes. More is not read.
const maxAnswer = 1 << 20

// Ask makes one request. The error is a *bridges.Error: Unknown once a byte of a request with an effect may have reached the
// system and no status came back.
func (c *Client) Ask(ctx context.Context, q Request) (Answer, error) {
	var began, failed atomic.Bool
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(context.WithValue(ctx, asking{}, &q), &httptrace.ClientTrace{
		WroteHeaders: func() { began.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { failed.Store(info.Err != nil) },
	}), q.Timeout)
	defer cancel()
	r := c.resty.R().SetContext(ctx)
	for name, values := range q.Header {
		r.Header[name] = values
	}
	if q.Body != nil {
		r.SetBody(q.Body)
	}
	response, err := r.Execute(q.Method, q.Address)
	if err != nil {
		return Answer{}, broken(err, q.Effect && began.Load() && !failed.Load())
	}
	raw := response.RawResponse
	defer raw.Body.Close()
	a := Answer{Status: raw.StatusCode, Header: raw.Header}
	if e := raw.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return a, nil // we asked for none, and unpack nothing
	}
	limit := maxAnswer
	if q.Limit > 0 {
		limit = q.Limit
	}
	// The status is the answer. A body that breaks off or does not end takes nothing of it back.
	if body, err := io.ReadAll(io.LimitReader(raw.Body, int64(limit)+1)); err == nil && len(body) <= limit {
		a.Body = body
	}
	return a, nil
}
