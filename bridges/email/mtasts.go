package email

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// stsProof remembers what a domain says about its mail servers (MTA-STS, RFC 8461).
type stsProof struct {
	mu    sync.Mutex
	until time.Time
	err   error
}

const stsAgain = 10 * time.Minute // after a failure; a proof lasts a day at most

// provenBySTS tells whether the domain of the mailbox promises encryption to proven servers, and the server that we hand
// over to is one of them. Then nobody stands between, as long as its certificate is asked for.
func (m *mailbox) provenBySTS(ctx context.Context) error {
	m.sts.mu.Lock()
	defer m.sts.mu.Unlock()
	if m.now().Before(m.sts.until) {
		return m.sts.err
	}
	age, err := m.askSTS(ctx)
	m.sts.err, m.sts.until = err, m.now().Add(stsAgain)
	if err == nil {
		m.sts.until = m.now().Add(min(age, 24*time.Hour))
	}
	return err
}

func (m *mailbox) askSTS(ctx context.Context) (age time.Duration, err error) {
	_, domain, _ := strings.Cut(m.to, "@")
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	none := errors.New("the mail server is not declared yours, and the mailbox's domain publishes no MTA-STS policy")
	records, err := m.dns.LookupTXT(ctx, "_mta-sts."+domain)
	if err != nil || len(records) != 1 || !strings.HasPrefix(records[0], "v=STSv1") {
		return 0, none
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.stsAddress(domain), nil)
	if err != nil {
		return 0, none
	}
	client := &http.Client{Transport: &http.Transport{DialContext: m.guard.Dialer().DialContext, DisableKeepAlives: true, TLSClientConfig: m.stsTLS}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, errors.New("the MTA-STS policy of the mailbox's domain cannot be fetched now")
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, none
	}
	mode, age, servers := readSTS(io.LimitReader(res.Body, 64<<10))
	switch {
	case mode != "enforce":
		return 0, errors.New("the MTA-STS policy of the mailbox's domain is not enforced")
	case m.pin != nil && m.roots == nil:
		return 0, errors.New("MTA-STS asks for a certificate that everybody can check, and a pin is set instead")
	}
	for _, pattern := range servers {
		if fitsServer(pattern, m.host) {
			return age, nil
		}
	}
	return 0, fmt.Errorf("the mail server %s is none of those that the MTA-STS policy of the mailbox's domain names", m.host)
}

func readSTS(r io.Reader) (mode string, age time.Duration, servers []string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "mode":
			mode = value
		case "max_age":
			if d, err := time.ParseDuration(value + "s"); err == nil {
				age = d
			}
		case "mx":
			servers = append(servers, strings.ToLower(strings.TrimSuffix(value, ".")))
		}
	}
	return mode, age, servers
}

// fitsServer compares a host with a name of a policy, whose first label may be "*" (RFC 8461, section 4.1).
func fitsServer(pattern, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if rest, wild := strings.CutPrefix(pattern, "*."); wild {
		_, parent, _ := strings.Cut(host, ".")
		return parent == rest
	}
	return pattern == host
}
