package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

// socketName is the control socket in the data folder, which only the node's owner can open.
const socketName = "control.sock"

// client talks to the running node over its control socket.
type client struct {
	http *http.Client
	data string
	org  string
}

func newClient(data, org string, timeout time.Duration) *client {
	path := filepath.Join(data, socketName)
	return &client{data: data, org: org, http: &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}},
	}}
}

func clientOf(c *cli.Context) *client {
	return newClient(c.String("data"), c.String("org"), c.Duration("timeout"))
}

// call asks the node; in is sent as JSON unless it is []byte with its own content type in header. out may be nil.
func (cl *client) call(ctx context.Context, method, path string, in, out any, header ...string) error {
	status, body, err := cl.raw(ctx, method, path, in, header...)
	if err != nil {
		return err
	}
	if status >= 400 {
		return problemError(status, body)
	}
	if raw, ok := out.(*json.RawMessage); ok {
		*raw = body
		return nil
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return nil
}

// stream sends a body as it is read and gives the answer to be read as it comes; the caller closes it.
func (cl *client) stream(ctx context.Context, method, path string, body io.Reader, header ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://node"+path, body)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if cl.org != "" {
		req.Header.Set(api.OrgHeader, cl.org)
	}
	resp, err := cl.http.Do(req)
	if err != nil {
		return nil, cl.unreachable(err)
	}
	return resp, nil
}

func (cl *client) raw(ctx context.Context, method, path string, in any, header ...string) (int, []byte, error) {
	var body io.Reader
	media := "application/json"
	switch v := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(b)
	}
	if body != nil {
		header = append([]string{"Content-Type", media}, header...)
	}
	resp, err := cl.stream(ctx, method, path, body, header...)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("read the node's answer: %w", err)
	}
	return resp.StatusCode, b, nil
}

func (cl *client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	if _, statErr := os.Stat(filepath.Join(cl.data, configName)); errors.Is(statErr, os.ErrNotExist) {
		return fail(exitNotInit, "Make a node with: referworks init", "there is no node in %s", cl.data)
	}
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() {
		return fail(exitUnreachable, "Ask again with a longer --timeout, or look with: referworks status", "the node in %s did not answer in time", cl.data)
	}
	return fail(exitUnreachable, "Start it with: referworks serve --data "+cl.data, "the node in %s is not running", cl.data)
}

// problemError turns a problem document (RFC 9457) into an error with an exit code.
func problemError(status int, body []byte) error {
	var p struct {
		Detail string `json:"detail"`
		Title  string `json:"title"`
		Errors []struct{ Message, Location string }
	}
	if json.Unmarshal(body, &p) != nil || p.Detail == "" && p.Title == "" {
		p.Title = strings.TrimSpace(string(body))
	}
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	for _, e := range p.Errors {
		text += "\n  " + strings.TrimSpace(e.Location+" "+e.Message)
	}
	code := exitError1
	switch status {
	case http.StatusNotFound:
		code = exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		code = exitNotAllowed
	case http.StatusServiceUnavailable:
		code = exitUnreachable
	}
	return &exitError{code: code, err: errors.New(text)}
}

func segment(s string) string { return url.PathEscape(s) }
