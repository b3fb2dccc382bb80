package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// What an event carries.
const (
	payloadThin     = "thin"
	payloadDocument = "document"
)

// Limits and default of the time-out, in seconds.
const (
	minTimeout     = 15
	defaultTimeout = 20
	maxTimeout     = 30
)

// Kind is the medium "webhook".
func Kind() bridges.Kind {
	return bridges.Kind{
		Name: "webhook", Title: "Webhook to your program", Group: bridges.Programs, Ways: []string{"out"},
		Help: "Your own program is told by a signed HTTP POST when a referral arrives and when the partner takes a step in it. It needs an address that this node can reach.",
		Settings: []bridges.Setting{
			{Name: "url", Label: "Address", Help: "Events are posted here. It begins with https://; http:// is possible only in your own network.", Type: bridges.URL, Required: true},
			{Name: "payload", Label: "What an event carries", Help: "thin: ids only, and your program fetches the rest with its key. document: the referral in your own format goes along when it arrives.", Type: bridges.Choice, Choices: []string{payloadThin, payloadDocument}, Default: payloadThin},
			{Name: "secret", Label: "Signing secret", Help: "Your program checks our signature with it. Make one with: referworks webhook secret", Type: bridges.Secret, Required: true},
			{Name: "secret-2", Label: "Second signing secret", Help: "Only while you change from one secret to another: events are signed with both.", Type: bridges.Secret},
			{Name: "timeout", Label: "Time-out", Help: fmt.Sprintf("Seconds to wait for an answer, %d to %d.", minTimeout, maxTimeout), Type: bridges.Integer, Default: strconv.Itoa(defaultTimeout)},
			{Name: "ca", Label: "Certificate authority", Help: "The certificate, in PEM form, of the authority that signed your program's certificate, when it is your own.", Type: bridges.Text},
		},
		New: func(cfg bridges.Config) (any, error) {
			h, err := Open(cfg)
			if err != nil {
				return nil, err
			}
			return h, nil
		},
	}
}

// settings are a connection's settings once they make sense.
type settings struct {
	url     *url.URL
	whole   bool // the document goes along
	secrets []Secret
	timeout time.Duration
	roots   *x509.CertPool
	log     *slog.Logger
	now     func() time.Time
}

// parse reads a form and says everything that is wrong with it at once.
func parse(cfg bridges.Config) (*settings, error) {
	s := &settings{log: cfg.Log, now: cfg.Now, timeout: defaultTimeout * time.Second}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	get := func(name string) string { return strings.TrimSpace(cfg.Settings[name]) }
	var problems []error
	var err error
	if s.url, err = rest.ParseURL(get("url"), cfg.AllowPrivate); err != nil {
		problems = append(problems, bridges.At("url", err))
	}
	switch get("payload") {
	case "", payloadThin:
	case payloadDocument:
		s.whole = true
	default:
		problems = append(problems, bridges.At("payload", errors.New("what an event carries is thin or document")))
	}
	if s.secrets, err = readSecrets(cfg); err != nil {
		problems = append(problems, err)
	}
	if text := get("timeout"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < minTimeout || seconds > maxTimeout {
			problems = append(problems, bridges.At("timeout", fmt.Errorf("the time-out must be a number of seconds from %d to %d", minTimeout, maxTimeout)))
		}
		s.timeout = time.Duration(seconds) * time.Second
	}
	if pem := get("ca"); pem != "" {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM([]byte(pem)) {
			problems = append(problems, bridges.At("ca", errors.New("the certificate authority holds no certificate in PEM form")))
		}
	}
	return s, errors.Join(problems...)
}

// readSecrets gives the secret, and the second one while there is one.
func readSecrets(cfg bridges.Config) ([]Secret, error) {
	var all []Secret
	for _, name := range []string{"secret", "secret-2"} {
		text, ok := "", false
		if cfg.Secrets != nil {
			text, ok = cfg.Secrets(name)
		}
		switch ok = ok && text != ""; {
		case !ok && name == "secret":
			return nil, bridges.At(name, errors.New("the signing secret is missing: make one with: referworks webhook secret"))
		case !ok:
			continue
		}
		secret, err := ParseSecret(text)
		if err != nil {
			return nil, bridges.At(name, err)
		}
		all = append(all, secret)
	}
	return all, nil
}

func (s *settings) tls() *tls.Config {
	return &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}
