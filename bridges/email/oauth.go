package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// oauth gets access to a mailbox from a provider that takes no passwords: with a refresh token that an administrator got
// once, or as a client for itself.
type oauth struct {
	url, client, scope, secret, refresh string

	mu     sync.Mutex
	token  string
	expiry time.Time
}

// access gives a token that is good for some minutes more.
func (o *oauth) access(ctx context.Context, m *mailbox) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.token != "" && m.now().Before(o.expiry) {
		return o.token, nil
	}
	form := url.Values{"client_id": {o.client}, "grant_type": {"client_credentials"}}
	if o.refresh != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", o.refresh)
	}
	if o.secret != "" {
		form.Set("client_secret", o.secret)
	}
	if o.scope != "" {
		form.Set("scope", o.scope)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, strings.NewReader(form.Encode()))
	if err != nil {
		return "", errors.New("the OAuth token address is none. Check it in the connection")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DialContext: m.guard.Dialer().DialContext, DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("the provider that gives access to the mailbox cannot be reached now: %w", errors.Unwrap(err))
	}
	defer func() { _ = res.Body.Close() }()
	var got struct {
		Access  string `json:"access_token"`
		Expires int    `json:"expires_in"`
		Refresh string `json:"refresh_token"`
		Error   string `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&got)
	if res.StatusCode != http.StatusOK || err != nil || got.Access == "" {
		return "", fmt.Errorf("the provider gave no access to the mailbox (answer %d, %s). Check the OAuth settings of the connection, or give access anew", res.StatusCode, shown(got.Error))
	}
	o.token, o.expiry = got.Access, m.now().Add(time.Duration(max(got.Expires-120, 30))*time.Second)
	return o.token, nil
}
